"""Names that Windows gives to no file are known before it writes into a device, or says "Invalid argument"."""

from __future__ import annotations

import pytest

from collect_xl.domain.windows_names import kept_by_windows, refuse_kept_name, words_of
from collect_xl.errors import UsageError


@pytest.mark.parametrize("name", ["con", "con.xlsx", "NUL.xlsx", "com1.old.xlsx", "COM\u00b9.xlsx", "aux .xlsx"])
def test_names_that_windows_keeps_for_devices(name):
    """Windows makes no file of such a name, but writes to a device."""
    assert kept_by_windows(name) == f"Windows keeps the name {name} for a device."


@pytest.mark.parametrize("sign", ['"', "<", ">", ":", "|", "?", "*"])
def test_signs_that_windows_keeps(sign):
    """A sign that Windows allows in no name is named; after a colon it would write beside another file's content."""
    assert f"holds {sign}, which Windows allows in no" in kept_by_windows(f"clients{sign}2026.xlsx")


def test_sign_that_is_not_seen():
    """A line break in a name is not printed into the sentence about it as if it were one."""
    assert "a sign that is not seen" in kept_by_windows("clients\n.xlsx")


@pytest.mark.parametrize(
    "name", ["contacts.xlsx", "con2.xlsx", "console.xlsx", "com10.xlsx", "my con.xlsx", "\u540d.xlsx"]
)
def test_other_names_are_files(name):
    """What only resembles a device is a file like any other, whatever its letters."""
    assert kept_by_windows(name) == ""


def test_other_systems_give_such_names():
    """Only Windows refuses: elsewhere a file may be called so."""
    refuse_kept_name("con.xlsx", "posix")

    with pytest.raises(UsageError, match="for a device"):
        refuse_kept_name("con.xlsx", "nt")


def test_error_about_a_device_says_so():
    """Windows says "Invalid handle" of a device's name; the words say what the name is."""
    error = OSError(9, "Invalid handle", "C:\\lists\\CON")

    assert words_of(error, "nt") == "Windows keeps the name CON for a device."
    assert words_of(error, "posix") == "The system refused: Invalid handle (C:\\lists\\CON)."
    assert words_of(OSError(5, "Input/output error"), "nt") == "The system refused: Input/output error."
