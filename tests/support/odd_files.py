"""Hostile and odd files, each with how the command must end on it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import xlsxwriter

from support.books import make_book, person
from support.raw_workbook import raw_workbook

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
LAST_ROW = 1_048_576
HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c></row>'
ANN = '<c r="A{row}" t="inlineStr"><is><t>ann@example.com</t></is></c>'


def cell(row: int, body: str) -> str:
    """Return a row with an address, and a cell B of some kind."""
    return f'<row r="{row}">{ANN.format(row=row)}{body}</row>'


def sheet_data(*rows: str) -> str:
    """Return the rows of a sheet."""
    return f"<sheetData>{HEAD}{''.join(rows)}</sheetData>"


def rezipped(path: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """Write a zip anew with each member changed, or left out where the change says None."""
    old = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return path


def _bytes(content: bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(content)


def _zip(**members: bytes) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
            for name, content in members.items():
                made.writestr(name, content)

    return make


def _cut(tenths: int) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        whole = make_book(path, 30).read_bytes()
        path.write_bytes(whole[: len(whole) * tenths // 10])

    return make


def _without(part: str) -> Callable[[Path], object]:
    return lambda path: rezipped(make_book(path, 2), lambda name, content: None if part in name else content)


def _with_prolog(part: str, prolog: bytes) -> Callable[[Path], object]:
    def change(name: str, content: bytes) -> bytes:
        if part not in name:
            return content
        declaration, _, rest = content.partition(b"?>")
        return declaration + b"?>" + prolog + rest

    return lambda path: rezipped(make_book(path, 2), change)


def _sheet(xml: str, **more: object) -> Callable[[Path], object]:
    options = (
        '<sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Option</t></is></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>Campaign ID</t></is></c>'
        '<c r="B2" t="inlineStr"><is><t>Yearly documents</t></is></c></row></sheetData>'
    )
    return lambda path: raw_workbook(path, {"Contacts": xml, "Options": options}, **more)


def _book(headers: tuple[str, ...], *rows: tuple[object, ...]) -> Callable[[Path], object]:
    return lambda path: make_book(path, rows, headers=headers)


def _bomb(path: Path) -> None:
    rezipped(make_book(path, 2), lambda name, content: content + b" " * 200_000_000 if "sheet1" in name else content)


def _wide(path: Path) -> None:
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Contacts")
        page.write_row(0, 0, [f"Column {number}" for number in range(16_383)])
        page.write(0, 16_383, "Email")
        page.write(1, 16_383, "ann@example.com")
        book.add_worksheet("Options").write_row(0, 0, ("Option", "Value"))
        book.get_worksheet_by_name("Options").write_row(1, 0, ("Campaign ID", "Yearly documents"))


_LAUGHS = b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
_OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
_ANY_PERSON = person(2)


def filled(path: Path) -> None:
    """Make a sheet with somebody in each row that there is, the last of whom has no address."""
    people = (f"p{row}@example.com" for row in range(2, LAST_ROW))
    rows = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>{address}</t></is></c></row>'
        for row, address in enumerate((*people, "nobody(at)example.com"), start=2)
    )
    _sheet(sheet_data(rows))(path)


# name -> how it is made, the exit code of a check, what the words must name
ODD_FILES: Mapping[str, tuple[Callable[[Path], object], int, str]] = {
    "empty file": (_bytes(b""), 6, "empty|workbook"),
    "text": (_bytes(b"Email\nann@example.com\n"), 6, "save it as Excel"),
    "page of a proxy": (_bytes(b"<!doctype html><title>Sign in</title>"), 6, "HTML|web page|workbook"),
    "picture": (_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), 6, "workbook"),
    "encrypted": (_bytes(OLE + "EncryptedPackage".encode("utf-16-le") + bytes(600)), 6, "password|encrypted"),
    "xls": (_bytes(OLE + "Workbook".encode("utf-16-le") + bytes(600)), 6, r"\.xls"),
    "xlsb": (_zip(**{"[Content_Types].xml": b"<Types/>", "xl/workbook.bin": b"\x83\x01"}), 6, "xlsb|binary"),
    "ods": (
        _zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"<x/>"}),
        6,
        "ods|Open",
    ),
    "docx": (_zip(**{"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<x/>"}), 6, "Word|workbook"),
    "other zip": (_zip(readme=b"hello"), 6, "zip"),
    **{f"cut at {tenths}0 %": (_cut(tenths), 6, "cut short|damaged|workbook") for tenths in range(1, 10)},
    "zip bomb": (_bomb, 6, "exhaust"),
    "entities in the sheet": (_with_prolog("sheet1.xml", _LAUGHS), 6, "document type|DOCTYPE|hostile|entit"),
    "entities in the texts": (_with_prolog("sharedStrings", _LAUGHS), 6, "document type|DOCTYPE|hostile|entit"),
    "entity from outside": (_with_prolog("workbook.xml", _OUTSIDE), 6, "document type|DOCTYPE|hostile|entit"),
    "no content types": (_without("Content_Types"), 6, "damaged|workbook"),
    "no relationships": (_without("_rels/.rels"), 6, "damaged|workbook"),
    "no workbook part": (_without("xl/workbook.xml"), 6, "damaged|workbook"),
    "no sheet part": (_without("worksheets/sheet1"), 6, "damaged|sheet"),
    "no styles": (_without("styles.xml"), 0, ""),
    "no shared strings": (_without("sharedStrings"), 6, "shared text"),
    "header twice": (_book(("Email", "Email"), ("ann@example.com", "bob@example.com")), 6, "Contacts!B1"),
    "no header": (_book(("Colour", "Size"), ("red", "XL")), 6, "header|Email"),
    "no rows": (_book(("Email", "First name")), 0, ""),
    "blank rows only": (_book(("Email", "First name"), (None, None), (" ", "")), 0, ""),
    "1,048,576 rows": (_sheet(sheet_data(f'<row r="1048576">{ANN.format(row=1048576)}</row>')), 0, ""),
    "a row below the last": (_sheet(sheet_data(f'<row r="1048577">{ANN.format(row=1048577)}</row>')), 6, "1048577|row"),
    "16,384 columns": (_wide, 0, ""),
    "formula": (_sheet(sheet_data(cell(2, '<c r="B2"><f>1/0</f><v>1</v></c>'))), 0, ""),
    "error value": (_book(("Email", "First name"), ("#N/A", "Ann")), 3, "Contacts!A2"),
    "error cell": (_sheet(sheet_data('<row r="2"><c r="A2" t="e"><v>#REF!</v></c></row>')), 3, "Contacts!A2"),
    "boolean as address": (_sheet(sheet_data('<row r="2"><c r="A2" t="b"><v>1</v></c></row>')), 3, "Contacts!A2"),
    "number as address": (_sheet(sheet_data('<row r="2"><c r="A2"><v>1e308</v></c></row>')), 3, "Contacts!A2"),
    "no number": (_sheet(sheet_data('<row r="2"><c r="A2"><v>abc</v></c></row>')), 3, "Contacts!A2"),
    "text of nowhere": (_sheet(sheet_data('<row r="2"><c r="A2" t="s"><v>999</v></c></row>')), 6, "damaged|text"),
    "unknown type": (_sheet(sheet_data('<row r="2"><c r="A2" t="zzz"><v>1</v></c></row>')), 3, "Contacts!A2"),
    "right to left": (_book(("Email", "First name"), ("ann@example.com", "\u202eאבג\u202c")), 0, ""),
    "combining": (_book(("Email", "First name"), ("ann@example.com", "e" + "\u0301" * 300)), 0, ""),
    "lone surrogates": (
        _sheet(sheet_data('<row r="2"><c r="A2" t="inlineStr"><is><t>a_xD800_@example.com</t></is></c></row>')),
        3,
        "Contacts!A2",
    ),
    "control characters": (
        _sheet(sheet_data('<row r="2"><c r="A2" t="inlineStr"><is><t>a_x0000_@example.com</t></is></c></row>')),
        3,
        "Contacts!A2",
    ),
    "32,767 letters": (_book(("Email", "First name"), ("a" * 32_000 + "@example.com", "Ann")), 3, "Contacts!A2"),
    "two people in a cell": (_book(("Email",), ("ann@example.com; bob@example.com",)), 3, "Contacts!A2"),
}

FULL = frozenset({"16,384 columns"})
"""Files that are well, but have no room for results: a send refuses them."""
