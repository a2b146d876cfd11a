"""A file that another program holds is called held, as Windows says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from collect_xl.ooxml.held_file import unreadable


@pytest.mark.parametrize("number", [32, 33])
def test_file_that_another_program_holds(number):
    """Windows refuses a held file as it refuses one without rights; its number says which it was."""
    error = PermissionError(13, "Permission denied")
    error.winerror = number

    refusal = unreadable(Path("folder", "clients.xlsx"), error)
    assert refusal.message == "Another program holds clients.xlsx."
    assert refusal.tip.startswith("Close it there")


def test_file_without_rights():
    """Whatever else keeps a file from being read is said in the system's words."""
    refusal = unreadable(Path("clients.xlsx"), PermissionError(13, "Permission denied"))

    assert refusal.message == "clients.xlsx cannot be read: Permission denied."
