"""What a file really is, by its content, and what to do when it is no workbook that we can work on."""

from __future__ import annotations

import os
from pathlib import Path

from collect_xl.domain.own_files import open_regular
from collect_xl.errors import NotAWorkbook
from collect_xl.ooxml.held_file import unreadable

SAVE_AS = "Open it in Excel and save it as Excel Workbook (.xlsx)."

OLE_KINDS = (  # the name of a stream -> what such a file is, and the remedy; the first that occurs decides
    (
        "EncryptedPackage",
        "protected by a password or by rights management",
        "Open it in Excel, remove the password (File > Info > Protect Workbook > Encrypt with Password), and save it.",
    ),
    ("Workbook", "an Excel 97-2003 workbook (.xls)", SAVE_AS),
    ("Book", "an Excel 5 workbook (.xls)", SAVE_AS),
    ("WordDocument", "a Word document", "Choose the workbook instead."),
)

ZIP_KINDS = (  # a member that only this kind has -> what it is
    ("xl/workbook.bin", "a binary workbook (.xlsb)", SAVE_AS),
    ("index/document.iwa", "an Apple Numbers document", "In Numbers choose File > Export To > Excel."),
    ("index.zip", "an Apple Numbers document", "In Numbers choose File > Export To > Excel."),
    ("word/document.xml", "a Word document", "Choose the workbook instead."),
    ("ppt/presentation.xml", "a PowerPoint presentation", "Choose the workbook instead."),
    (
        "mimetype",
        "an OpenDocument file (.ods)",
        "Open it in LibreOffice or Excel and save it as Excel Workbook (.xlsx).",
    ),
)

TEXT_KINDS = (  # a word near the beginning -> what such a text is
    (b"%pdf-", "a PDF document", "Choose the workbook instead."),
    (b"urn:schemas-microsoft-com:office:spreadsheet", "an XML Spreadsheet 2003", SAVE_AS),
    (b"<html", "a web page", SAVE_AS),
    (b"<table", "a web page", SAVE_AS),
    (b"<?xml", "an XML file", SAVE_AS),
)

CONTENT_TYPES = {  # of the workbook part -> the kind of workbook
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml": "workbook",
    "application/vnd.ms-excel.sheet.macroenabled.main+xml": "workbook",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": "template",
    "application/vnd.ms-excel.template.macroenabled.main+xml": "template",
    "application/vnd.ms-excel.addin.macroenabled.main+xml": "add-in",
    "application/vnd.ms-excel.sheet.binary.macroenabled.main": "binary",
}

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_SNIFF = 4096
_OLE_DIRECTORY = 64 << 20
"""Bytes in which the names of an OLE file's streams are looked for."""


def refuse_other_kinds(path: Path) -> None:
    """Raise ``NotAWorkbook`` for a file that is no zip, naming what it is; ``DiskError`` where it cannot be read."""
    try:
        with open_regular(path) as file:
            start = file.read(_SNIFF)
            if start.startswith(b"PK"):
                return
            is_ole = start.startswith(_OLE)
            content = start + file.read(_OLE_DIRECTORY) if is_ole else start
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong
    if is_ole:
        raise _ole(path, content)
    raise _text(path, content)


def not_a_workbook(path: Path, names: frozenset[str]) -> NotAWorkbook:
    """Return the error for a zip without a workbook part.

    Args:
        path: the file.
        names: its members in lower case.
    """
    for name, kind, tip in ZIP_KINDS:
        if name in names:
            return _error(path, kind, tip)
    return _error(path, "a zip archive that holds no workbook", "If the workbook is inside, unpack it first.")


def _ole(path: Path, content: bytes) -> NotAWorkbook:
    for stream, kind, tip in OLE_KINDS:
        if f"{stream}\0".encode("utf-16-le") in content:
            return _error(path, kind, tip)
    return _error(path, "an older Office file", SAVE_AS)


def _text(path: Path, start: bytes) -> NotAWorkbook:
    if not start:
        return _error(path, "an empty file", "If it is in a synced folder, wait until it has been downloaded.")
    for word, kind, tip in TEXT_KINDS:
        if word in start.lower():
            return _error(path, kind, tip)
    # A single zero between other bytes is no text, unless it is UTF-16 with its mark; pairs of zeros are padding.
    has_zeros = b"\0" in start.replace(b"\0\0", b"").strip(b"\0")
    if has_zeros and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _error(path, "of a kind that is not known here", SAVE_AS)
    return _error(path, "a text file, perhaps CSV", SAVE_AS)


def _error(path: Path, kind: str, tip: str) -> NotAWorkbook:
    return NotAWorkbook(f"{os.fspath(path.name)} is {kind}, not an Excel workbook (.xlsx or .xlsm).", tip=tip)
