"""The one attribute of the workbook part that changes: formulas are calculated when the workbook is opened next."""

from __future__ import annotations

import re

from collect_xl.ooxml.package import Package
from collect_xl.ooxml.xml_bytes import (
    Element,
    attribute,
    blanked,
    child_named,
    elements,
    is_true,
    start_tag,
    with_changed_element,
)

_BEFORE = {  # children of <workbook> that come before <calcPr> (ECMA-376 part 1, 18.2.27)
    "fileVersion",
    "fileSharing",
    "workbookPr",
    "AlternateContent",
    "revisionPtr",
    "absPath",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
}
_ROOT = re.compile(rb"<((?:[\w.-]+:)?)workbook[\s>]")
_FORMULA = re.compile(rb"<(?:[\w.-]+:)?f[\s/>]")
_LONGEST_TAG_START = 64
_STORED = re.compile(rb"(<c\s[^<>]*)>(<f(?:\s[^<>]*)?(?:/>|>[^<]*</f>))<v>[^<]*</v></c>")
_TYPE = re.compile(rb"""\st=["']\w+["']""")


def has_formulas(package: Package, without: str) -> bool:
    """Return whether any sheet holds a formula; a calculation chain says so at once.

    Args:
        package: the open workbook.
        without: a worksheet that certainly holds none.
    """
    if package.related(package.workbook, "calcChain"):
        return True
    return any(_holds_formula(package, sheet.part) for sheet in package.sheets() if sheet.part != without)


def _holds_formula(package: Package, part: str) -> bool:
    end = b""
    for chunk in package.stream(part):
        # a tag may be cut in two where a chunk ends
        text = end + chunk
        # plain searches are many times faster than the pattern
        may_hold_one = b"<f" in text or b":f" in text
        if may_hold_one and _FORMULA.search(text):
            return True
        end = chunk[-_LONGEST_TAG_START:]
    return False


def recalculated(workbook: bytes, part: str) -> bytes:
    """Return the workbook part with ``fullCalcOnLoad`` set, all other bytes as they were."""
    children = elements(workbook, part)
    properties = child_named(children, "calcPr")
    if properties is not None:
        return _with_full_calculation(workbook, properties)
    place = max(child.end for child in children if child.name in _BEFORE)
    return workbook[:place] + b'<%scalcPr fullCalcOnLoad="1"/>' % _prefix(workbook) + workbook[place:]


def _with_full_calculation(workbook: bytes, properties: Element) -> bytes:
    if is_true(attribute(start_tag(workbook, properties), b"fullCalcOnLoad")):
        return workbook
    return with_changed_element(workbook, properties, b"fullCalcOnLoad", b"1")


def forgetful(sheet: bytes) -> bytes:
    """Return a sheet without the stored results of its formulas, so that all are calculated.

    LibreOffice heeds no ``fullCalcOnLoad`` in a file that Excel or itself has saved: its charts would show the counts
    of before. Only for a sheet that the caller made: what other sheets store is not ours to drop.
    """
    return _STORED.sub(_without_result, sheet)


def _without_result(cell: re.Match[bytes]) -> bytes:
    tag, formula = cell.groups()
    return b"%s>%s</c>" % (_TYPE.sub(b"", tag), formula)


def _prefix(workbook: bytes) -> bytes:
    root = _ROOT.search(blanked(workbook, "The workbook's main part"))
    return root[1] if root else b""
