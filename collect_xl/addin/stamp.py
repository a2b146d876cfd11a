"""What an add-in's file says of itself: who made it, for which Python, from which versions."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from collect_xl.errors import AddinError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LARGEST = 1 << 20
"""No part of ours comes near a megabyte."""

_UNREADABLE = (
    OSError,
    EOFError,
    RuntimeError,  # a part is encrypted, or packed in a way that Python does not know
    KeyError,
    ValueError,
    IndexError,
    zipfile.BadZipFile,
    zlib.error,
    ParseError,
    DefusedXmlException,
)
"""What reading another program's file as an add-in may raise."""


def read_stamp(file: Path) -> dict[str, str]:
    """Return the settings sheet of an add-in that collect-xl made.

    Args:
        file: the ``.xlam``, which may have been signed, or saved by Excel, since it was made.

    Returns:
        ``Interpreter``, ``Proof``, ``Repair``, ``Terminal``, ``collect-xl`` and ``xlwings``.

    Raises:
        AddinError: it is no add-in of ours.
    """
    try:
        with zipfile.ZipFile(file) as package:
            stamp = _settings(package)
    except _UNREADABLE as error:
        raise _not_ours(file, type(error).__name__) from None
    if "collect-xl" not in stamp:
        raise _not_ours(file, "its settings are missing")
    return stamp


def _not_ours(file: Path, why: str) -> AddinError:
    return AddinError(
        f"{file} is no add-in that collect-xl made ({why}), and is left as it is.", tip="Move or delete that file."
    )


def _settings(package: zipfile.ZipFile) -> dict[str, str]:
    """Return the first two cells of each row of the settings sheet."""
    shared_strings = _shared_strings(package)
    settings = {}
    for row in _part(package, "xl/worksheets/sheet1.xml").iter(f"{_NS}row"):
        texts = [_cell_text(cell, shared_strings) for cell in row]
        # A row may have fewer cells than two; it stands for blank ones.
        name, value = (*texts, "", "")[:2]
        settings[name] = value
    return settings


def _shared_strings(package: zipfile.ZipFile) -> list[str]:
    """Return the shared strings, into which Excel turns ours when it saves the add-in."""
    items = _part(package, "xl/sharedStrings.xml").findall(f"{_NS}si")
    return [_text_below(item) for item in items]


def _part(package: zipfile.ZipFile, name: str) -> Element:
    # Checked before it is unpacked: a small file may unpack to gigabytes.
    if package.getinfo(name).file_size > _LARGEST:
        raise ValueError(name)
    root: Element = fromstring(package.read(name))
    return root


def _cell_text(cell: Element, shared_strings: list[str]) -> str:
    if cell.get("t") == "s":
        index = int(cell.findtext(f"{_NS}v") or "")
        return shared_strings[index]
    return _text_below(cell)


def _text_below(element: Element) -> str:
    return "".join(text.text or "" for text in element.iter(f"{_NS}t"))
