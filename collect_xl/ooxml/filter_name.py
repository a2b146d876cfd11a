"""The hidden name of a sheet's filter, which grows with the filter."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from collect_xl.domain.a1 import Area, column_letters
from collect_xl.ooxml.package import Package, grandchildren
from collect_xl.ooxml.xml_bytes import attribute, blanked, tag_pattern

_NAME = b"_xlnm._FilterDatabase"


def with_wider_filter(package: Package, workbook: bytes, sheet: str, old: Area, new: Area) -> bytes:
    """Return the workbook's main part with the name of a sheet's filter over a wider area.

    A name that stands for other cells, or for none, stays as it is: what it means then is not known.

    Args:
        package: the open workbook.
        workbook: the part as it stands.
        sheet: the name of the sheet.
        old: the filter's area before.
        new: its area now.
    """
    position = _position(package.xml(package.workbook), sheet)
    prefix = _prefix_of_names(workbook)
    plain = blanked(workbook, package.workbook)
    for tag in tag_pattern("definedName", prefix).finditer(plain):
        if attribute(tag[0], b"name") != _NAME or attribute(tag[0], b"localSheetId") != b"%d" % position:
            continue
        end = plain.find(b"<", tag.end())
        reference = workbook[tag.end() : end]
        owner, mark, area = reference.rpartition(b"!")
        if mark and Area.parse(area.strip()) == old:
            return workbook[: tag.end()] + owner + mark + _absolute(new) + workbook[end:]
    return workbook


def _position(workbook: Element, sheet: str) -> int:
    """Return which of all sheets a sheet is; charts and the like count, too."""
    return [each.get("name") for each in grandchildren(workbook, "sheets")].index(sheet)


def _prefix_of_names(workbook: bytes) -> bytes:
    before, _, _ = workbook.partition(b"definedName ")
    return before[before.rfind(b"<") + 1 :]


def _absolute(area: Area) -> bytes:
    left = column_letters(area.left)
    right = column_letters(area.right)
    return b"$%b$%d:$%b$%d" % (left, area.top, right, area.bottom)
