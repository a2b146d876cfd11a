"""The texts of a workbook: shared strings kept without their markup, rich text joined, escapes undone."""

from __future__ import annotations

import re
import sys
from array import array
from itertools import accumulate
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused
from collect_xl.ooxml.xml_bytes import hides_text, unknown_markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

REPAIR = "Open the workbook in Excel, let it repair the file, save it, and try again."

MAX_TEXTS = 1 << 30
"""Bytes of the shared strings, which are kept in memory; a million rows of ten different texts have half of it."""

MAX_ITEM = 16 << 20
"""Bytes of one text with its formats; a cell holds at most 32,767 characters."""

# No pattern looks further than the next element of its name: an end that never comes would be looked for each time.
_ITEM = re.compile(
    rb"<((?:[\w.-]+:)?)si(?:\s[^<>]*?)?(?:/>|>"
    rb"(?:<\1t(?: xml:space=\"preserve\")?>([^<]*)</\1t></\1si>"
    rb"|((?>(?:[^<]++|<(?!/?(?:[\w.-]+:)?si[\s/>]))*))</\1si\s*>))"
)
"""Groups: prefix, the text of a plain item, the inside of any other."""
_PLAIN_ITEM = re.compile(rb'<si><t(?: xml:space="preserve"|)>([^<]*+)</t></si>')
_TO_LAST_END = re.compile(rb".*(?:</(?:[\w.-]+:)?si\s*>|<(?:[\w.-]+:)?si(?:\s[^<>]*)?/>)", re.DOTALL)
"""Greedy: looks from the end on. No ``<`` is in an attribute, and comments are gone."""
_FIRST_ITEM = re.compile(rb"<(?:[\w.-]+:)?si[\s/>]")
_TEXT = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^<>]*)?>([^<]*)</(?:[\w.-]+:)?t\s*>")
_PHONETIC = re.compile(rb"<((?:[\w.-]+:)?)rPh[\s>](?>(?:[^<]++|<(?!/?(?:[\w.-]+:)?rPh[\s>]))*)</\1rPh\s*>")
_FORMAT = re.compile(rb"<((?:[\w.-]+:)?)rPr(?:\s[^<>]*)?>(?>(?:[^<]++|<(?!/?(?:[\w.-]+:)?rPr[\s/>]))*)</\1rPr\s*>")
_UNKNOWN = re.compile(rb"<(?!/?(?:[\w.-]+:)?(?:r|t|rPr|rPh|phoneticPr)[\s/>])/?[\w.:-]{1,60}")
"""A tag that is in no text as ECMA-376 part 1, 18.4.8 describes it."""
_ENTITY = re.compile(r"&(?:#x([0-9A-Fa-f]{1,9})|#([0-9]{1,9})|(\w+));")
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
        self._texts = bytearray()
        """All texts as UTF-8, one directly behind the other."""
        self._ends = array("I", (0,))
        for items in _whole_items(chunks):
            self._add(items)

    def _add(self, xml: bytes) -> None:
        plain = _PLAIN_ITEM.findall(xml)
        # an item that the pattern passed over would give each text behind it to another cell
        if not plain or _length_of_plain(plain, xml) != len(xml):
            self._keep([_text(item) for item in _items(xml)])
        elif _may_have_escapes(b"".join(plain)):
            self._keep([_utf8(text) for text in plain])
        else:
            self._keep(plain)

    def _keep(self, texts: Sequence[bytes]) -> None:
        self._texts += b"".join(texts)
        self._ends.extend(accumulate(map(len, texts), initial=self._ends.pop()))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, index: int) -> str:
        try:
            return self._texts[self._ends[index] : self._ends[index + 1]].decode()
        except UnicodeDecodeError as wrong:
            raise _not_utf8() from wrong


def _length_of_plain(texts: Sequence[bytes], xml: bytes) -> int:
    """Return how long some plain items are together; no text holds the ``<`` of the tag that is counted."""
    preserved = xml.count(b'<t xml:space="preserve">')
    return sum(map(len, texts)) + len(texts) * len(b"<si><t></t></si>") + preserved * len(b' xml:space="preserve"')


def _items(xml: bytes) -> Iterator[re.Match[bytes]]:
    """Yield the items of a text that begins and ends with one; refuse what is none."""
    end = 0
    for item in _ITEM.finditer(xml):
        _refuse_unknown(xml[end : item.start()])
        end = item.end()
        yield item
    _refuse_unknown(xml[end:])


def _refuse_unknown(between: bytes) -> None:
    """Raise ``WorkbookRefused`` unless a text between two items is blank."""
    if between and not between.isspace():
        raise _unknown(between)


def _unknown(text: bytes) -> WorkbookRefused:
    return unknown_markup(text, "The workbook holds something among its texts")


def some_texts(chunks: Iterable[bytes], indexes: Iterable[int]) -> dict[int, str]:
    """Return some shared strings by their index, reading no further than the last of them and keeping no other."""
    missing = set(indexes)
    texts: dict[int, str] = {}
    if not missing:
        return texts
    index = 0
    for items in _whole_items(chunks):
        for item in _items(items):
            if index in missing:
                texts[index] = _text(item).decode()
                missing.remove(index)
                if not missing:
                    return texts
            index += 1
    return texts


def _whole_items(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the items of the part, some at a time, as UTF-8 without comments and CDATA."""
    chunks = _within_limits(chunks)
    head = b""
    rest = b""
    for chunk in chunks:
        rest += chunk
        is_other_encoding = not head and _OTHER_ENCODING.match(rest)
        # what a part begins with is its declaration, and no instruction
        behind_declaration = 0 if head else len(b"<?xml")
        if is_other_encoding or hides_text(rest, behind_declaration):
            # Only a parser sees through these: it gets all of the part that is still to come, and this loop ends.
            rest = _rewritten(head + rest + b"".join(chunks))
        first_item = None if head else _FIRST_ITEM.search(rest)
        if first_item:
            head = rest[: first_item.start()]
            rest = rest[first_item.start() :]
        whole = _TO_LAST_END.match(rest)
        if whole:
            yield whole[0]
            rest = rest[whole.end() :]
        if len(rest) > MAX_ITEM:
            raise _endless(f"a text of more than {MAX_ITEM >> 20} MB")


def _text(item: re.Match[bytes]) -> bytes:
    _, plain, rich = item.groups(b"")
    if plain:
        return _utf8(plain)
    return text_of(rich).encode()


def _within_limits(chunks: Iterable[bytes]) -> Iterator[bytes]:
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_TEXTS:
            raise _endless(f"more than {MAX_TEXTS >> 20:,} MB of texts")
        yield chunk


def _endless(what: str) -> HostileWorkbook:
    return HostileWorkbook(
        f"The workbook has {what}, far beyond any list of contacts.",
        tip="If you trust the workbook, copy the contacts into a new one.",
    )


def _may_have_escapes(raw: bytes) -> bool:
    return b"&" in raw or b"_x" in raw or b"\r" in raw


def _utf8(raw: bytes) -> bytes:
    """Return the text behind escapes; one that is no UTF-8 is refused when it is asked for."""
    if _may_have_escapes(raw):
        return plain_text(raw).encode()
    return raw


def _rewritten(xml: bytes) -> bytes:
    """Return the part as UTF-8 without comments and CDATA, which patterns cannot see through."""
    try:
        rewritten: bytes = ET.tostring(fromstring(xml, forbid_dtd=True), encoding="utf-8")
    except DefusedXmlException as hostile:
        raise HostileWorkbook(
            "The workbook's shared strings declare a document type; no spreadsheet program writes one.",
            tip="Do not trust this file. Ask its sender for a copy saved by Excel.",
        ) from hostile
    except (ET.ParseError, ValueError, LookupError) as wrong:
        # The latter two are raised for an encoding that does not exist.
        raise DamagedWorkbook(f"The workbook's shared strings are no well-formed XML: {wrong}.", tip=REPAIR) from wrong
    return rewritten


def text_of(inside: bytes | bytearray) -> str:
    """Return the text of what is inside ``<si>`` or ``<is>``: runs joined, phonetic hints left out."""
    single = _TEXT.fullmatch(inside)
    if single:
        return plain_text(single[1])
    shown = _FORMAT.sub(b"", _PHONETIC.sub(b"", inside))
    unknown = _UNKNOWN.search(shown)
    # a text in a tag that is not known would be lost, or come twice
    if unknown:
        raise _unknown(unknown[0])
    runs = _TEXT.findall(shown)
    return plain_text(b"".join(runs))


def plain_text(raw: bytes | bytearray) -> str:
    """Return the text behind XML's and Excel's escapes, with line breaks as LF.

    Excel writes a character that XML does not allow, and CR, as ``_xHHHH_`` (ECMA-376 part 1, 22.9.2.19).
    """
    try:
        text = raw.decode()
    except UnicodeDecodeError as wrong:
        raise _not_utf8() from wrong
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "&" in text:
        text = _ENTITY.sub(_character, text)
    if "_x" in text:
        text = _with_whole_characters(_ESCAPE.sub(_escaped_character, text))
    # An escaped CR before a line feed: what was typed as CR LF is one line break.
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    return text


def _not_utf8() -> DamagedWorkbook:
    return DamagedWorkbook("The workbook holds a text that is not UTF-8.", tip=REPAIR)


def _character(entity: re.Match[str]) -> str:
    hexadecimal, decimal, name = entity.groups()
    if name:
        return _NAMED.get(name, entity[0])
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    is_surrogate = 0xD800 <= code <= 0xDFFF  # noqa: PLR2004  # Unicode's own
    if code > sys.maxunicode or is_surrogate:
        return "\ufffd"
    return chr(code)


def _escaped_character(escape: re.Match[str]) -> str:
    return chr(int(escape[1], 16))


def _with_whole_characters(text: str) -> str:
    """Join escaped surrogate pairs; a lone half could be neither stored nor sent."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
