"""The .xlam as a zip of parts: the template's adjusted, each exactly once, and written the same way every time."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from collect_xl.errors import AddinError

SETTINGS_SHEET: Final = "collect_xl.conf"
VBA: Final = "xl/vbaProject.bin"
RIBBON: Final = "customUI/customUI14.xml"

_RIBBON_TYPE = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
"""Read by Excel 2010 and later, on macOS too, where its target is a ``customUI14`` part of the namespace of 2009."""

_EMPTY_STRINGS = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" count="0" uniqueCount="0"/>'
)

# Part, what must occur in it exactly once, and what replaces that.
CHANGES: tuple[tuple[str, str, str], ...] = (
    ("xl/workbook.xml", r'name="_myaddin\.conf"', f'name="{SETTINGS_SHEET}"'),
    # Where its author kept the template.
    ("xl/workbook.xml", r"<mc:AlternateContent .*?</mc:AlternateContent>", ""),
    ("docProps/core.xml", r"<dc:creator>.*?</dc:creator>", "<dc:creator>collect-xl</dc:creator>"),
    (
        "docProps/core.xml",
        r"<cp:lastModifiedBy>.*?</cp:lastModifiedBy>",
        "<cp:lastModifiedBy>collect-xl</cp:lastModifiedBy>",
    ),
    # When its author saved the template.
    ("docProps/core.xml", r"<dcterms:created .*?</dcterms:created>", ""),
    ("docProps/core.xml", r"<dcterms:modified .*?</dcterms:modified>", ""),
    ("docProps/core.xml", r"<dc:title />", "<dc:title>Collect</dc:title>"),
    (
        "_rels/.rels",
        r'<Relationship Id="(\w+)" Type="[^"]*/ui/extensibility" Target="[^"]*" />',
        rf'<Relationship Id="\1" Type="{_RIBBON_TYPE}" Target="{RIBBON}" />',
    ),
    ("xl/sharedStrings.xml", r"(?s)\A.*\Z", _EMPTY_STRINGS),
    ("xl/worksheets/sheet1.xml", r'<dimension ref="[^"]*" />', ""),
)

_SETTINGS_PART = "xl/worksheets/sheet1.xml"
_FIRST_PARTS = ("[Content_Types].xml", "_rels/.rels")


def adjusted(
    template: Mapping[str, bytes], vba: bytes, ribbon: bytes, settings: Sequence[tuple[str, str]]
) -> dict[str, bytes]:
    """Return the parts of our add-in, made from those of the template.

    Args:
        template: the parts of xlwings' add-in with a ribbon, by name.
        vba: our VBA project.
        ribbon: our ribbon's XML.
        settings: name and value of each line of the settings sheet.

    Raises:
        AddinError: the template does not look as each change expects.
    """
    parts = {name: data for name, data in template.items() if not name.startswith("customUI/")}
    for part, pattern, replacement in CHANGES:
        parts[part] = _changed(part, parts.get(part, b""), pattern, replacement)
    # A backslash in a path must not be taken for a reference to a group of the pattern.
    rows = _rows(settings).replace("\\", r"\\")
    parts[_SETTINGS_PART] = _changed(_SETTINGS_PART, parts[_SETTINGS_PART], r"<sheetData>.*?</sheetData>", rows)
    parts[VBA] = vba
    parts[RIBBON] = ribbon
    return parts


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the zip: the same parts give the same bytes."""
    # Nothing is deflated, since libraries that deflate differ in their bytes. Without a date, ZipInfo gives each
    # part the first day that a zip can name; system and rights are set, so that no computer shows in the file.
    names = [*_FIRST_PARTS, *sorted(parts.keys() - set(_FIRST_PARTS))]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name in names:
            info = zipfile.ZipInfo(name)
            info.create_system = 0
            info.external_attr = 0
            package.writestr(info, parts[name])
    return out.getvalue()


def _changed(part: str, data: bytes, pattern: str, replacement: str) -> bytes:
    result, times = re.subn(pattern, replacement, data.decode("utf-8"), flags=re.DOTALL)
    if times != 1:
        raise AddinError(
            f"The template of xlwings holds {pattern} {times} times in {part}; expected once.",
            tip="Install the release of xlwings that collect-xl asks for: pip install --force-reinstall collect-xl",
        )
    return result.encode("utf-8")


def _rows(settings: Sequence[tuple[str, str]]) -> str:
    rows = []
    for number, (name, value) in enumerate(settings, 1):
        cells = _cell(f"A{number}", name) + _cell(f"B{number}", value)
        rows.append(f'<row r="{number}">{cells}</row>')
    return f"<sheetData>{''.join(rows)}</sheetData>"


def _cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
