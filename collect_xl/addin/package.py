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

CHANGES: tuple[tuple[str, str, str], ...] = (  # part, what must be found in it exactly once, what stands there then
    ("xl/workbook.xml", r'name="_myaddin\.conf"', f'name="{SETTINGS_SHEET}"'),
    # Where its author kept the template.
    ("xl/workbook.xml", r"<mc:AlternateContent .*?</mc:AlternateContent>", ""),
    ("docProps/core.xml", r"<dc:creator>.*?</dc:creator>", "<dc:creator>collect-xl</dc:creator>"),
    (
        "docProps/core.xml",
        r"<cp:lastModifiedBy>.*?</cp:lastModifiedBy>",
        "<cp:lastModifiedBy>collect-xl</cp:lastModifiedBy>",
    ),
    ("docProps/core.xml", r"<dc:title />", "<dc:title>Collect</dc:title>"),
    (
        "_rels/.rels",
        r'<Relationship Id="(\w+)" Type="[^"]*/ui/extensibility" Target="[^"]*" />',
        rf'<Relationship Id="\1" Type="{_RIBBON_TYPE}" Target="{RIBBON}" />',
    ),
    ("xl/sharedStrings.xml", r"(?s)\A.*\Z", _EMPTY_STRINGS),
    ("xl/worksheets/sheet1.xml", r'<dimension ref="[^"]*" />', ""),
)


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
    rows = ("xl/worksheets/sheet1.xml", r"<sheetData>.*?</sheetData>", _rows(settings).replace("\\", r"\\"))
    for part, pattern, replacement in (*CHANGES, rows):
        parts[part] = _changed(part, parts.get(part, b"").decode("utf-8"), pattern, replacement).encode("utf-8")
    return parts | {VBA: vba, RIBBON: ribbon}


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the zip: the same parts give the same bytes.

    Nothing is deflated, since libraries that deflate differ in their bytes; nor does any time or user enter.
    """
    first = ("[Content_Types].xml", "_rels/.rels")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name in (*first, *sorted(parts.keys() - set(first))):
            info = zipfile.ZipInfo(name)  # 1980, the first day that a zip can tell
            info.create_system, info.external_attr = 0, 0
            package.writestr(info, parts[name])
    return out.getvalue()


def _changed(part: str, text: str, pattern: str, replacement: str) -> str:
    result, times = re.subn(pattern, replacement, text, flags=re.DOTALL)
    if times != 1:
        raise AddinError(
            f"The template of xlwings holds {pattern} {times} times in {part}; expected once.",
            tip="Install the release of xlwings that collect-xl asks for: pip install --force-reinstall collect-xl",
        )
    return result


def _rows(settings: Sequence[tuple[str, str]]) -> str:
    rows = "".join(
        f'<row r="{number}">{_cell(f"A{number}", name)}{_cell(f"B{number}", value)}</row>'
        for number, (name, value) in enumerate(settings, 1)
    )
    return f"<sheetData>{rows}</sheetData>"


def _cell(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
