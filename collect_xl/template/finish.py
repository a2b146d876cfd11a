"""The last touch: the same bytes on each computer at any time, and formulas that carry their results."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from openpyxl.packaging.custom import IntProperty

from collect_xl.ooxml.cell_text import escaped
from collect_xl.workbook.template_version import TEMPLATE_PROPERTY, TEMPLATE_VERSION

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

Cached = Mapping[str, Mapping[str, str | int]]
"""Sheet's name -> cell -> what its formula gives."""

MADE = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in every template: the day of its making would make each one different."""
ZIP_TIME = (1980, 1, 1, 0, 0, 0)
MAKER = "collect-xl"
EXCEL_ENGINE = 191029
"""The calculation engine of today's Excel: what an older one calculated would be calculated again on opening."""

CORE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" \
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" \
xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:creator>{MAKER}</dc:creator>\
<dcterms:created xsi:type="dcterms:W3CDTF">{MADE:%Y-%m-%dT%H:%M:%SZ}</dcterms:created>\
<dcterms:modified xsi:type="dcterms:W3CDTF">{MADE:%Y-%m-%dT%H:%M:%SZ}</dcterms:modified></cp:coreProperties>"""
APP = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">\
<Application>{MAKER}</Application></Properties>"""

_CONTENT_TYPES = "[Content_Types].xml"
_FIXED = {"docProps/core.xml": CORE.encode(), "docProps/app.xml": APP.encode()}
_FORMULA = re.compile(rb'<c r="([A-Z]+\d+)"([^>]*?)(?: t="\w+")?><f>(.*?)</f><v\s*(?:/>|></v>)</c>')


def workbook_bytes(book: Workbook, cached: Cached) -> bytes:
    """Return the bytes of a complete workbook.

    Args:
        book: complete, except for what is the same in every template.
        cached: the results of its formulas, for programs that show without calculating.
    """
    version = IntProperty(name=TEMPLATE_PROPERTY, value=TEMPLATE_VERSION)
    book.custom_doc_props.append(version)  # type: ignore[attr-defined]  # the stubs lack it
    # An Excel that calculates on opening asks on closing whether to save, although the user changed nothing.
    book.calculation.fullCalcOnLoad = None
    book.calculation.calcId = EXCEL_ENGINE
    saved = io.BytesIO()
    book.save(saved)
    results_of_part = {}
    for number, name in enumerate(book.sheetnames, 1):
        results_of_part[f"xl/worksheets/sheet{number}.xml"] = cached.get(name, {})
    return _rewritten(saved, results_of_part)


def _rewritten(saved: io.BytesIO, results_of_part: Mapping[str, Mapping[str, str | int]]) -> bytes:
    """Return the zip in a form that is the same on each computer."""
    rewritten = io.BytesIO()
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(rewritten, "w", zipfile.ZIP_DEFLATED) as new:
        for name in _ordered(old.namelist()):
            content = _FIXED.get(name)
            if content is None:
                content = _with_results(old.read(name), results_of_part.get(name, {}))
            # A zip keeps the moment and the system of its making, unless they are set.
            info = zipfile.ZipInfo(name, ZIP_TIME)
            info.create_system = 0
            info.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(info, content, compresslevel=9)
    return rewritten.getvalue()


def _ordered(names: list[str]) -> list[str]:
    """Return the names of the parts in order, the content types first."""
    return sorted(names, key=lambda name: (name != _CONTENT_TYPES, name))


def _with_results(sheet: bytes, results: Mapping[str, str | int]) -> bytes:
    """Return a sheet whose formulas carry their results."""
    if not results:
        return sheet

    def with_result(match: re.Match[bytes]) -> bytes:
        place, attributes, formula = match.groups()
        result = results[place.decode()]
        kind = b' t="str"' if isinstance(result, str) else b""
        value = escaped(str(result))
        return b'<c r="%s"%s%s><f>%s</f><v>%s</v></c>' % (place, attributes, kind, formula, value)

    return _FORMULA.sub(with_result, sheet)
