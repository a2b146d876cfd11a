"""The texts of a workbook: shared strings kept as one blob and decoded on demand, rich text joined, escapes undone."""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from collect_xl.errors import DamagedWorkbook, HostileWorkbook

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["SharedStrings", "plain_text", "text_of"]

REPAIR = "Open the workbook in Excel, let it repair the file, save it, and try again."

MAX_TEXTS = 1 << 30
"""Bytes of the shared strings, which are kept in memory; a million rows of ten different texts have half of it."""

_ITEM = re.compile(
    rb"<((?:[\w.-]+:)?)si(?:\s[^>]*?)?"
    rb"(?:/>|>(?:<\1t(?: xml:space=\"preserve\")?>([^<]*)</\1t></\1si>|(.*?)</\1si\s*>))",
    re.DOTALL,
)
"""Groups: prefix, the text of a plain item, the inside of any other."""
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)</(?:[\w.-]+:)?t\s*>")
_PHONETIC = re.compile(rb"<((?:[\w.-]+:)?)rPh[\s>].*?</\1rPh\s*>", re.DOTALL)
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]+)|#([0-9]+)|(\w+));")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_OTHER_ENCODING = re.compile(
    rb"\xff\xfe|\xfe\xff|\s*<\?xml[^>]*\sencoding\s*=\s*[\"'](?!utf-?8|us-ascii)", re.IGNORECASE
)


class SharedStrings:
    """The shared strings of a workbook, by index.

    Sample usage::

        strings = SharedStrings(package.stream(part))
        strings[0]
    """

    def __init__(self, chunks: Iterable[bytes] = ()) -> None:
        self._xml = bytearray()
        for chunk in chunks:
            self._xml += chunk
            if len(self._xml) > MAX_TEXTS:
                raise HostileWorkbook(
                    f"The workbook has more than {MAX_TEXTS >> 20:,} MB of texts, far beyond any list of contacts.",
                    tip="If you trust the workbook, copy the contacts into a new one.",
                )
        if b"<!" in self._xml or _OTHER_ENCODING.match(self._xml):
            self._xml = _rewritten(bytes(self._xml))
        width = "I" if len(self._xml) < 1 << 32 else "Q"
        self._starts, self._ends = array(width), array(width)
        for item in _ITEM.finditer(self._xml):
            start, end = max(item.span(2), item.span(3), (0, 0))  # (-1, -1) where a group is absent
            self._starts.append(start)
            self._ends.append(end)

    def __len__(self) -> int:
        return len(self._starts)

    def __getitem__(self, index: int) -> str:
        raw = self._xml[self._starts[index] : self._ends[index]]
        if b"<" in raw:
            return text_of(raw)
        return plain_text(raw)


def _rewritten(xml: bytes) -> bytearray:
    """Return the part as UTF-8 without comments and CDATA, which patterns cannot see through."""
    try:
        return bytearray(ET.tostring(fromstring(xml, forbid_dtd=True), encoding="utf-8"))
    except DefusedXmlException as hostile:
        raise HostileWorkbook(
            "The workbook's shared strings declare a document type; no spreadsheet program writes one.",
            tip="Do not trust this file. Ask its sender for a copy saved by Excel.",
        ) from hostile
    except (ET.ParseError, ValueError, LookupError) as wrong:  # the latter two: an encoding that does not exist
        raise DamagedWorkbook(f"The workbook's shared strings are no well-formed XML: {wrong}.", tip=REPAIR) from wrong


def text_of(inside: bytes | bytearray) -> str:
    """Return the text of what stands inside ``<si>`` or ``<is>``: runs joined, phonetic hints left out."""
    single = _TEXT.fullmatch(inside)
    return plain_text(single[1] if single else b"".join(_TEXT.findall(_PHONETIC.sub(b"", inside))))


def plain_text(raw: bytes | bytearray) -> str:
    """Return the text behind XML's and Excel's escapes, with line breaks as LF.

    Excel writes a character that XML does not allow, and CR, as ``_xHHHH_`` (ECMA-376 part 1, 22.9.2.19).
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise DamagedWorkbook("The workbook holds a text that is not UTF-8.", tip=REPAIR) from wrong
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "_x" in text:
        text = _whole(_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text))
    return text.replace("\r\n", "\n") if "\r" in text else text


def _character(entity: re.Match[str]) -> str:
    hexadecimal, decimal, name = entity.groups()
    if name:
        return _NAMED.get(name, entity[0])
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\ufffd"  # noqa: PLR2004  # Unicode's own


def _whole(text: str) -> str:
    """Join escaped surrogate pairs; a lone half could be neither stored nor sent."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
