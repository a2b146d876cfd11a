"""The words that VBA puts on the command line."""

from __future__ import annotations

import pytest

from collect_xl.addin.click import parse_click, parse_selection
from collect_xl.errors import UsageError


def test_click_is_read():
    """Button, workbook, Excel and selection are read from the line that VBA starts."""
    words = ["send-selected", "--wb=clients.xlsx", "--from_xl=1", "--hwnd=1234", "--selection=Contacts!$A$5:$C$9"]

    click = parse_click(words)

    assert (click.button.id, click.workbook, click.hwnd) == ("send-selected", "clients.xlsx", 1234)
    assert click.selection == "Contacts!$A$5:$C$9"


@pytest.mark.parametrize("name", ["a=b.xlsx", "Łukasz & Søn.xlsx", "a=1=2.xlsm", "100 %.xlsx", " a.xlsx"])
def test_names_with_signs_are_whole(name):
    """Only the first equals sign separates: a workbook may have others in its name."""
    assert parse_click(["check", f"--wb={name}", "--hwnd=0"]).workbook == name


@pytest.mark.parametrize("hwnd", ["", "0", "abc", "\u0661"])
def test_unknown_window_is_none(hwnd):
    """On macOS there is no window number, and nonsense is none either."""
    assert parse_click(["check", "--wb=a.xlsx", f"--hwnd={hwnd}"]).hwnd is None


@pytest.mark.parametrize("words", [[], ["format-disk"], ["--wb=a.xlsx"]])
def test_unknown_button_says_which_command_repairs_it(words):
    """An unknown button means an add-in that is newer or older than the program; the tip repairs it."""
    with pytest.raises(UsageError) as caught:
        parse_click(words)

    assert "collect-xl addin install" in caught.value.tip


@pytest.mark.parametrize(
    ("text", "sheet", "rows"),
    [
        ("Contacts!$A$5:$C$9", "Contacts", [5, 6, 7, 8, 9]),
        ("Contacts!$A$12", "Contacts", [12]),
        ("Contacts!$A$5:$C$6,$B$9", "Contacts", [5, 6, 9]),
        ("Contacts!$5:$7", "Contacts", [5, 6, 7]),
        ("Contacts!$A:$C", "Contacts", list(range(1, 13))),
        ("'It''s mine!'!$A$3", "It's mine!", [3]),
        ("Contacts!$A$9:$A$7", "Contacts", [7, 8, 9]),
    ],
)
def test_selection_is_rows(text, sheet, rows):
    """Cells, areas, whole rows and whole columns select rows of a sheet."""
    found = parse_selection(text)

    assert (found.sheet, sorted(found.numbers(12))) == (sheet, rows)


@pytest.mark.parametrize("text", ["", "Contacts", "Contacts!", "Contacts!Chart 1", "Contacts!$A$5,Chart"])
def test_no_selection(text):
    """What names no cells selects nothing, rather than something else."""
    assert parse_selection(text) is None
