"""Every hand-made oddity: read and written rightly, as another reader sees it, or refused before a send."""

from __future__ import annotations

import re
import shutil
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import openpyxl
import pytest

from collect_xl.domain.identity import anchor
from collect_xl.domain.model import RowResult
from collect_xl.errors import WorkbookError
from collect_xl.ooxml.package import Package
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.comparing import (
    all_of,
    assert_sheet_kept,
    changed_members,
    column,
    local,
    sheet_cells,
    texts,
)
from support.corpus import nasty_workbooks

if TYPE_CHECKING:
    from pathlib import Path

FILTER = re.compile(r"\$[A-Z]+\$[0-9]+:\$[A-Z]+\$[0-9]+")
HEADERS = ("Collect status", "Collect portal URL")
REFUSED = {  # the file's number -> what the refusal must say
    "08": "not an Excel workbook",
    "10": "two parts of the name",
    "12": "Sheet Contacts is not written in UTF-8",
    "16": "Sheet Contacts is not written in UTF-8.*ISO-8859-1",
    "21": "Sheet Contacts",
    "22": "Sheet Contacts holds something among its cells that is not known here: <y:c>",
    "23": "Sheet Contacts holds something among its cells that is not known here: <y:c>",
    "27": "Sheet Contacts holds something between its rows",
    "31": "Sheet Contacts holds comments, CDATA",
    "33": "Sheet Contacts holds comments, CDATA or processing instructions",
    "41": "Sheet Contacts writes the ends of its rows in an unusual way",
    "42": "Sheet Contacts holds something among its cells",
    "49": "out of order",
    "50": "below row 5",
    "51": "twice",
    "52": "several rows",
    "53": "no room",
    "56": "1048577",
    "57": "XFE",
    "59": "shared text",
    "61": "shared text number 77",
    "97": "one and the same part",
    "B9": "calls its encoding 'utf8'",
    "C0": "no header row",
    "F2": "AlternateContent",
}
OPTIONAL_LINKS = {"96"}
"""Workbooks whose relationships cannot take links: results are written without them, and a note says so."""
UNUSUAL_TYPES = {"95"}
"""Workbooks whose part of types gets an entry for the relationships that are added."""


@dataclass(frozen=True)
class Sheet:
    """A sheet as the XML parser of Python's library sees it."""

    member: str
    people: dict[int, str]
    """Row -> the text under the header ``Email``, where it holds an ``@``."""


def shared_texts(path: Path, package: Package) -> list[str]:
    name = package.related(package.workbook, "sharedStrings")
    if name is None:
        return []
    root = ET.fromstring(part(path, package.member(name).name))
    return [text_below(item) for item in root if local(item) == "si"]


def text_below(element: ET.Element) -> str:
    """Return the texts in an element, without phonetic hints."""
    pieces = []
    for child in element:
        if local(child) == "t":
            pieces.append(child.text or "")
        elif local(child) != "rPh":
            pieces.append(text_below(child))
    return "".join(pieces)


def shown(cell: ET.Element, strings: list[str]) -> str:
    """Return the text of a cell."""
    value = next((child.text or "" for child in cell if local(child) == "v"), "")
    if cell.get("t") == "s":
        return strings[int(value)]
    inline = next((text_below(child) for child in cell if local(child) == "is"), "")
    return inline or value


def look(path: Path, sheet: str) -> Sheet:
    """Read a sheet without our reader; only the name of its part is ours."""
    with Package.open(path) as package:
        member = package.member(package.sheet(sheet).part).name
        strings = shared_texts(path, package)
    found = {place: shown(cell, strings) for place, cell in sheet_cells(ET.fromstring(part(path, member))).items()}
    email = next((at for (_, at), text in sorted(found.items()) if text.strip() in {"Email", "E-Mail"}), 0)
    people = {row: text for (row, at), text in found.items() if at == email and "@" in text}
    return Sheet(member, people)


def look_before_a_send(path: Path) -> None:
    """Do to a workbook what a command does before anything is sent."""
    book = open_saved(path)
    list(book.rows())
    book.probe()


def number_of(path: Path) -> str:
    return path.name.partition("_")[0]


@pytest.mark.parametrize("path", nasty_workbooks())
def test_an_odd_workbook_is_read_and_written_rightly_or_refused(path, tmp_path):
    """Nobody is passed over, no cell or part of the user's changes, our cells stand where they should; or words."""
    output = tmp_path / path.name
    words = REFUSED.get(number_of(path))
    if words is not None:
        with pytest.raises(WorkbookError, match=words) as refused:
            look_before_a_send(path)
        assert refused.value.tip
        return
    book = open_saved(path)
    layout = book.layout()
    rows = [row.number for row in book.rows() if row.cells]
    before = look(path, layout.sheet)
    emails = {row.number: row.cells["email"] for row in book.rows() if "@" in str(row.cells.get("email", ""))}
    assert emails == {row: text for row, text in before.people.items() if row > layout.header_row}
    book.probe()
    lines = [(row, ("pending", f"https://acme.usecollect.com/{row}")) for row in rows]
    added = add_columns(path, layout.sheet, layout.header_row, HEADERS, lines, output)
    assert_rightly_written(path, output, before, added.columns, layout.header_row, rows)
    assert_links(path, output, before.member, added, rows)
    assert_openpyxl_opens_it_as_before(path, output)


def assert_rightly_written(
    path: Path, output: Path, before: Sheet, columns: tuple[int, ...], header_row: int, rows: list[int]
) -> None:
    """Make sure that the sheet's other cells and all other parts are as they were, and ours where they should be."""
    changed = changed_members(path, output)
    assert before.member in {member.replace("\\", "/") for member in changed}
    for member in changed:
        ET.fromstring(part(output, member))
        may_change = r"worksheets.sheet1.xml$|_rels/[^/]*\.rels$|tables/table\d*\.xml$|workbook\.xml$|\[Content_Types\]"
        assert re.search(may_change, member, re.IGNORECASE), member
        if member.casefold().endswith("workbook.xml"):
            assert rest_of_workbook(path, member) == rest_of_workbook(output, member)
    assert ("[Content_Types].xml" in changed) == (number_of(path) in UNUSUAL_TYPES)
    new = part(output, before.member)
    assert_sheet_kept(part(path, before.member), new, set(columns), {"hyperlinks", "cols", "autoFilter"})
    names = [local(child) for child in ET.fromstring(new)]
    single = [name for name in names if name in {"cols", "dimension", "sheetData", "hyperlinks", "autoFilter"}]
    assert len(single) == len(set(single))
    assert texts(new, columns[0]) == {header_row: HEADERS[0], **dict.fromkeys(rows, "pending")}


def rest_of_workbook(path: Path, member: str) -> list[object]:
    """Return what the workbook's main part holds, but for what asks for calculation and follows a filter."""
    root = ET.fromstring(part(path, member))
    kept = []
    for child in root:
        child.tail = None
        if local(child) == "calcPr":
            child.attrib.pop("fullCalcOnLoad", None)
        if local(child) != "calcPr" or child.attrib:
            kept.append(all_of(child))
    return [FILTER.sub("", repr(each)) for each in kept]


def part(path: Path, name: str) -> bytes:
    """Return a member's content, however its name is spelled."""
    with zipfile.ZipFile(path) as archive:
        spelled = {each.replace("\\", "/").casefold(): each for each in archive.namelist()}
        return archive.read(spelled[name.replace("\\", "/").casefold()])


def assert_links(path: Path, output: Path, member: str, added, rows: list[int]) -> None:
    """Make sure that each address is a link that leads there, or that a note says why it is none."""
    letters = column_name(added.columns[1])
    expected = {f"{letters}{row}": f"https://acme.usecollect.com/{row}" for row in rows}
    if not rows:
        return
    if number_of(path) in OPTIONAL_LINKS:
        assert [note for note in added.notes if "without links" in note]
        return
    assert expected.items() <= links_of(output, member).items()


def column_name(index: int) -> str:
    return next(letters for letters in map(openpyxl.utils.get_column_letter, [index]) if column(letters) == index)


def links_of(path: Path, member: str) -> dict[str, str]:
    """Return the addresses that a sheet's cells lead to, found through the relationships."""
    folder, _, name = member.replace("\\", "/").rpartition("/")
    wanted = f"{folder}/_rels/{name}.rels".casefold()
    relationships = ET.fromstring(part(path, wanted))
    targets = {each.get("Id", ""): each.get("Target", "") for each in relationships}
    found = {}
    for link in ET.fromstring(part(path, member)).iterfind("{*}hyperlinks/{*}hyperlink"):
        identifier = next((value for key, value in link.items() if key.endswith("elationships}id")), "")
        found[link.get("ref", "")] = targets.get(identifier, "")
    return found


def assert_openpyxl_opens_it_as_before(path: Path, output: Path) -> None:
    """Make sure that a workbook that openpyxl could open can still be opened, with the same sheets."""
    try:
        names = openpyxl.load_workbook(path).sheetnames
    except Exception:  # noqa: BLE001  # whatever it stumbles over is not ours
        return
    assert openpyxl.load_workbook(output).sheetnames == names


@pytest.mark.parametrize("path", nasty_workbooks())
def test_what_the_rehearsal_accepted_is_written(path, tmp_path):
    """After people were asked no oddity keeps their results from the sheet: what can fail has failed before."""
    copy = tmp_path / path.name
    shutil.copy(path, copy)
    if number_of(path) in REFUSED:
        return
    book = open_saved(copy)
    rows = [row for row in book.rows() if row.cells]
    book.probe()
    cells = {"result.status": "pending", "result.portalUrl": "https://acme.usecollect.com/1"}
    written = book.write([RowResult(row.number, anchor(row.cells), cells, link=True) for row in rows])
    assert (written.rows, written.lost) == (len(rows), ())
    found = [row.number for row in open_saved(copy).rows() if row.cells.get("result.status") == "pending"]
    assert found == [row.number for row in rows]
