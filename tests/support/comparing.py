"""What differs between a workbook and the same with columns added, judged without any code of the package."""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

_FACTS = [
    "filename",
    "date_time",
    "compress_type",
    "comment",
    "extra",
    "create_system",
    "create_version",
    "extract_version",
    "flag_bits",
    "internal_attr",
    "external_attr",
    "CRC",
    "compress_size",
    "file_size",
]
_RECALCULATION = re.compile(rb'<([\w.-]+:)?calcPr( fullCalcOnLoad="[01]")?\s*/>| fullCalcOnLoad="[01]"')

Cells = dict[tuple[int, int], ET.Element]
"""``(row, column)`` -> the cell's element, without its reference."""


def raw_members(path: Path) -> dict[str, tuple[object, ...]]:
    """Return everything that the zip says of each member, and its compressed bytes, in order."""
    with zipfile.ZipFile(path) as archive, path.open("rb") as file:
        found = {}
        for info in archive.infolist():
            file.seek(info.header_offset + 26)
            name, extra = int.from_bytes(file.read(2), "little"), int.from_bytes(file.read(2), "little")
            file.seek(name + extra, 1)
            facts = tuple(getattr(info, fact) for fact in _FACTS)
            found[info.filename] = (*facts, file.read(info.compress_size))
        return found


def changed_members(before: Path, after: Path) -> set[str]:
    """Return the members that differ; those that both have must stand in the same order."""
    old, new = raw_members(before), raw_members(after)
    assert [name for name in new if name in old] == list(old)
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


def content(path: Path, member: str) -> bytes:
    """Return a member's content."""
    with zipfile.ZipFile(path) as archive:
        return archive.read(member)


def differs_in_recalculation_alone(before: Path, after: Path, member: str) -> bool:
    """Tell whether the workbook part gained the one attribute and nothing else."""
    plain = _RECALCULATION.sub(b"", content(before, member))
    return _RECALCULATION.sub(b"", content(after, member)) == plain


def column(letters: str) -> int:
    """Return 28 for ``AB``."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def local(element: ET.Element) -> str:
    """Return an element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def sheet_cells(root: ET.Element) -> Cells:
    """Return the cells of a parsed worksheet."""
    found: Cells = {}
    number = 0
    for row in next(child for child in root if local(child) == "sheetData"):
        number = int(row.get("r", number + 1))
        at = 0
        for cell in (child for child in row if local(child) == "c"):
            letters = re.match("[A-Z]*", cell.attrib.pop("r", ""))[0]
            at = column(letters) if letters else at + 1
            cell.tail = None
            found[number, at] = cell
    return found


def row_attributes(root: ET.Element) -> dict[int, dict[str, str]]:
    """Return each row's attributes but for ``spans``."""
    found, number = {}, 0
    for row in next(child for child in root if local(child) == "sheetData"):
        number = int(row.get("r", number + 1))
        found[number] = {name: value for name, value in row.attrib.items() if name not in {"r", "spans"}}
    return found


def around(root: ET.Element, leave_out: Collection[str]) -> list[bytes]:
    """Return what stands around the rows, element by element."""
    for child in root:
        child.tail = None
    return [ET.tostring(child) for child in root if local(child) not in {"sheetData", "dimension", *leave_out}]


def assert_sheet_kept(before: bytes, after: bytes, columns: Collection[int], leave_out: Collection[str] = ()) -> None:
    """Make sure that a worksheet differs in the cells of some columns alone.

    Args:
        before: the part.
        after: the part with columns written.
        columns: their indexes.
        leave_out: names of elements around the rows that may differ, too.
    """
    old, new = ET.fromstring(before), ET.fromstring(after)
    assert {name: old.get(name) for name in old.attrib} == {name: new.get(name) for name in new.attrib}
    assert around(old, leave_out) == around(new, leave_out)
    old_rows, new_rows = row_attributes(old), row_attributes(new)
    assert old_rows == {number: new_rows[number] for number in old_rows}
    assert _beside(sheet_cells(old), columns) == _beside(sheet_cells(new), columns)


def _beside(cells: Cells, columns: Collection[int]) -> dict[tuple[int, int], object]:
    return {place: all_of(cell) for place, cell in cells.items() if place[1] not in columns}


def all_of(element: ET.Element) -> list[tuple[object, ...]]:
    """Return everything that an element holds."""
    return [(each.tag, each.attrib, each.text, each.tail) for each in element.iter()]


def texts(xml: bytes, index: int) -> Mapping[int, str]:
    """Return the inline texts of a column by row; an emptied cell is absent."""
    root = ET.fromstring(xml)
    found = {}
    for (row, at), cell in sheet_cells(root).items():
        parts = [each.text or "" for each in cell.iter() if local(each) == "t"] if at == index else []
        if parts:
            found[row] = "".join(parts)
    return found
