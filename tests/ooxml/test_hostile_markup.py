"""Markup that is never closed, numbers of thousands of digits: refused at once, never looked through twice."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from collect_xl.errors import CollectXlError
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.raw_workbook import raw_workbook, row

MANY = 150_000
"""Of some bytes each; a pattern that begins again at each of them would take an hour and not a second."""

LOOK = "import sys; from ooxml.test_hostile_markup import look_at; look_at(sys.argv[1])"
UNCLOSED = {  # what is repeated -> where it stands: the body of a row, or the shared strings
    "a cell's text": ('<c r="A1" t="inlineStr"><is>', "row"),
    "a formula": ('<c r="A1"><f>', "row"),
    "a cell": ("<c>", "row"),
    "an attribute": ("<c a='", "row"),
    "a tag of a cell": ("<c ", "row"),
    "a shared text": ("<si>", "strings"),
    "shared texts of many prefixes": ("<p{n}:si>", "strings"),
    "a phonetic hint": ("<rPh >", "strings"),
    "a tag of a text": ("<t ", "strings"),
}


def unclosed(path: Path, text: str, where: str) -> Path:
    """Write a workbook in which a start has no end, many times over."""
    many = "".join(text.format(n=number) for number in range(MANY)) if "{n}" in text else text * MANY
    inside = {
        "row": f'<sheetData>{row(1, ("Email",))}<row r="2">{many}</row></sheetData>',
        "strings": '<sheetData><row r="1"><c r="A1" t="s"><v>0</v></c></row></sheetData>',
    }[where]
    strings = f"<si>{many}</si>" if where == "strings" else "<si/>"
    return raw_workbook(path, {"Contacts": inside}, strings=strings)


@pytest.mark.slow
@pytest.mark.parametrize(("text", "where"), UNCLOSED.values(), ids=UNCLOSED)
def test_what_is_never_closed_is_told_at_once(tmp_path, text, where):
    """A workbook built so that each of many starts looks for its end in vain is read or refused, and never hangs."""
    path = unclosed(tmp_path / "book.xlsx", text, where)
    command = [sys.executable, "-c", LOOK, str(path)]
    subprocess.run(command, timeout=60, check=True, cwd=Path(__file__).parents[1])


@pytest.mark.parametrize(
    "inside",
    [
        pytest.param('<row r="1"><c r="A1" t="s"><v>{digits}</v></c></row>', id="shared text"),
        pytest.param('<row r="{digits}"><c r="A1"><v>1</v></c></row>', id="row"),
        pytest.param('<row r="1"><c r="A1" s="{digits}"><v>1</v></c></row>', id="style"),
        pytest.param('<row r="1" spans="1:{digits}"><c r="A1"><v>1</v></c></row>', id="spans"),
        pytest.param('<row r="1"><c r="A1" t="str"><v>&#{digits};</v></c></row>', id="character"),
    ],
)
def test_numbers_of_thousands_of_digits_are_no_numbers(tmp_path, inside):
    """What Python would refuse to read as a number ends in one of our errors, or counts as no number."""
    sheet = f"<sheetData>{inside.format(digits='9' * 5_000)}</sheetData>"
    look_at(raw_workbook(tmp_path / "book.xlsx", {"Contacts": sheet}, strings="<si><t>Email</t></si>"))


def look_at(path: str | Path) -> None:
    """Read a workbook and write into it; only our own errors may come of it."""
    with suppress(CollectXlError):
        list(open_saved(path).rows())
    with suppress(CollectXlError):
        add_columns(path, "Contacts", 1, ("Status",), [(2, ("sent",))], f"{path}.new.xlsx")
