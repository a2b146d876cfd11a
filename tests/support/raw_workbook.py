"""Workbooks written as XML by hand, for what no library writes: odd types, no references, prefixes, Strict."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
LINKS = {
    TRANSITIONAL: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def raw_workbook(
    path: Path,
    sheets: Mapping[str, str],
    *,
    strings: str | bytes = "",
    formats: Sequence[str] = (),
    date1904: bool = False,
    namespace: str = TRANSITIONAL,
) -> Path:
    """Write a workbook.

    Args:
        path: where.
        sheets: name -> the whole XML of the worksheet part, or only what stands inside ``<worksheet>``.
        strings: the ``<si>`` elements of the shared strings, or the whole part as bytes.
        formats: number format codes; a cell style ``s="n"`` has the n-th one, counted from 1 (0 is General).
        date1904: whether dates count from 1904.
        namespace: of all spreadsheet parts.
    """
    main, links = f'xmlns="{namespace}"', LINKS[namespace]
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(sheets, start=1)
    )
    related = "".join(
        f'<Relationship Id="rId{n}" Type="{links}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="{TYPES}.worksheet+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPES}.styles+xml"/>'
        f'<Override PartName="/xl/sharedStrings.xml" ContentType="{TYPES}.sharedStrings+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{links}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{links}"><workbookPr date1904="{int(date1904)}"/>'
        f"<sheets>{listed}</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{PACKAGE}/relationships">{related}'
        f'<Relationship Id="rId90" Type="{links}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId91" Type="{links}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": styles(main, formats),
        "xl/sharedStrings.xml": strings if isinstance(strings, bytes) else f"<sst {main}>{strings}</sst>",
    }
    for n, xml in enumerate(sheets.values(), start=1):
        whole = xml if "<?xml" in xml or "worksheet" in xml else f"<worksheet {main}>{xml}</worksheet>"
        parts[f"xl/worksheets/sheet{n}.xml"] = whole
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def styles(main: str, formats: Sequence[str]) -> str:
    """Return a styles part; a code that is a number names a built-in format."""
    custom = "".join(f'<numFmt numFmtId="{170 + n}" formatCode={quoteattr(code)}/>' for n, code in enumerate(formats))
    ids = [
        code if code.isdigit() and code != "0" and not code.startswith("00") else str(170 + n)
        for n, code in enumerate(formats)
    ]
    entries = "".join(f'<xf numFmtId="{number}"/>' for number in ["0", *ids])
    return (
        f"<styleSheet {main}><numFmts>{custom}</numFmts><fonts><font/></fonts>"
        "<fills><fill><patternFill/></fill></fills><borders><border/></borders><cellStyleXfs><xf/></cellStyleXfs>"
        f'<cellXfs>{entries}</cellXfs><cellStyles><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def rows(*lines: Sequence[str | None], first: int = 1) -> str:
    """Return ``sheetData`` of inline texts; None leaves a cell out."""
    return f"<sheetData>{''.join(row(number, line) for number, line in enumerate(lines, start=first))}</sheetData>"


def row(number: int, line: Sequence[str | None], attributes: str = "") -> str:
    """Return one row of inline texts."""
    cells = "".join(
        f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
        for column, text in enumerate(line)
        if text is not None
    )
    return f'<row r="{number}"{attributes}>{cells}</row>'


_PIVOT = '<pivotTableDefinition xmlns="{}" name="{}"><location ref="{}"/></pivotTableDefinition>'


def add_pivot(path: Path, name: str, area: str) -> None:
    """Lay a pivot table over cells of the first sheet of a workbook, which has no other relationships."""
    kind = f"{LINKS[TRANSITIONAL]}/pivotTable"
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/pivotTables/pivotTable1.xml", _PIVOT.format(TRANSITIONAL, name, area))
        archive.writestr(
            "xl/worksheets/_rels/sheet1.xml.rels",
            f'<Relationships xmlns="{PACKAGE}/relationships"><Relationship Id="rId1" Type="{kind}" '
            'Target="../pivotTables/pivotTable1.xml"/></Relationships>',
        )
