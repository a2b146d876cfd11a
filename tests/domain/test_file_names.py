"""Names of files and folders, made of whatever clients and servers call things."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.file_names import LONGEST, LONGEST_BYTES, free_name, name_key, safe_file_name, safe_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("passport.pdf", "passport.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ann\\scan.png", "scan.png"),
        ("a:b*c?.pdf", "a_b_c_.pdf"),
        ("CON", "_CON"),
        ("con.tar.gz", "_con.tar.gz"),
        ("COM¹.txt", "_COM¹.txt"),
        ("console.txt", "console.txt"),
        ("name. . .", "name"),
        (".htaccess", "htaccess"),
        ("~$clients.xlsx", "clients.xlsx"),
        ("  ", "File"),
        ("...", "File"),
        ("invoice\u202efdp.exe", "invoice fdp.exe"),
        ("line\nbreak\t.pdf", "line break.pdf"),
        ("Zoe\u0308.pdf", "Zoë.pdf"),
        ("no suffix", "no suffix"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
    ],
)
def test_names_hold_on_every_system(text, name):
    """A file's name has nothing that Windows, macOS or Linux would refuse, obey or hide, and keeps its suffix."""
    assert safe_file_name(text, "File") == name


@pytest.mark.parametrize(
    ("text", "name"), [("Acme / Sons - Ann", "Acme _ Sons - Ann"), ("Fa. Müller", "Fa. Müller"), ("..", "Client")]
)
def test_folders_keep_their_dots(text, name):
    """The name of a folder is no path, and its last part is no suffix."""
    assert safe_name(text, "Client") == name


@given(st.text(max_size=400))
def test_any_text_gives_a_name(text):
    """Whatever a client calls a file, its name is one part of a path, of bounded length, that no system changes."""
    name = safe_file_name(text, "File")
    assert name
    assert not set(name) & set('/\\<>:"|?*\0')
    assert name.strip(" ") == name
    assert not name.endswith(".")
    assert len(name) <= LONGEST + 1
    assert len(name.encode()) <= LONGEST_BYTES + 1
    assert safe_file_name(name, "File") == name


def test_free_names_differ_as_windows_and_macos_compare():
    """Two names that differ in case or composition alone are one file there: the second one gets a number."""
    taken = {name_key("Passport.PDF"), name_key("passport (2).pdf")}

    assert free_name("passport.pdf", taken) == "passport (3).pdf"
    assert free_name("Visa.pdf", taken) == "Visa.pdf"
    assert name_key("Zoe\u0308") == name_key("ZO\u00cb")
    assert free_name("Acme", {name_key("ACME")}) == "Acme (2)"
