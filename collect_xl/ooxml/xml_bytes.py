"""XML as bytes: tags, attributes and A1 references read and changed in place, so that every other byte stays."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from html import unescape
from xml.parsers import expat

from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused

_ATTRIBUTES = rb"""(?>(?:[^<>"']++|"[^<"]*+"|'[^<']*+')*)"""
"""The inside of a tag; a ``>`` may be between quotes, a ``<`` nowhere. Atomic, and never beyond the next tag, so
that no input makes it look through the same bytes again and again."""


@cache
def tag_pattern(name: str, prefix: bytes = b"") -> re.Pattern[bytes]:
    """Return a pattern of the start tag (or empty-element tag) of an element."""
    return re.compile(rb"<%s%s(?=[\s/>])%s>" % (re.escape(prefix), name.encode(), _ATTRIBUTES))


@cache
def _attribute_pattern(name: bytes) -> re.Pattern[bytes]:
    # the attributes before it are passed one by one: the value of one may read like another
    before = rb"""\s+[^\s<>="'/]+\s*=\s*(?:"[^"]*+"|'[^']*+')"""
    return re.compile(rb"""(\s*<[^\s<>/]+(?:%s)*?\s+%s\s*=\s*)(?:"([^"]*+)"|'([^']*+)')""" % (before, re.escape(name)))


def attribute(tag: bytes, name: bytes) -> bytes | None:
    """Return an attribute's value as it is in a tag, still escaped, or None."""
    match = _attribute_pattern(name).match(tag)
    if not match:
        return None
    _, in_double_quotes, in_single_quotes = match.groups()
    return in_double_quotes if in_double_quotes is not None else in_single_quotes


def attribute_or_blank(tag: bytes, name: bytes) -> bytes:
    """Return an attribute's value as ``attribute`` does; empty where the tag has none."""
    return attribute(tag, name) or b""


def is_true(value: bytes | None) -> bool:
    """Return whether an ``xsd:boolean`` is true."""
    return value in {b"1", b"true"}


def with_attribute(tag: bytes, name: bytes, value: bytes) -> bytes:
    """Return a tag with one attribute set, in its old place or else as the last one."""
    old = _attribute_pattern(name).match(tag)
    if old:
        return old[1] + b'"' + value + b'"' + tag[old.end() :]
    inside = tag[:-1].removesuffix(b"/").rstrip()
    end = tag[len(inside) :]
    return b'%s %s="%s"%s' % (inside, name, value, end)


def quoted(text: str) -> bytes:
    """Return a text as the value of an attribute in double quotes."""
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;")):
        text = text.replace(plain, escaped)
    return text.encode()


def plain(value: bytes) -> str:
    """Return the text behind an attribute's or an element's escapes."""
    return unescape(value.decode())


_HIDING = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}
"""What may hold the text of a tag that is none: comments, CDATA, processing instructions; how each begins and ends."""
_HIDING_START = re.compile(rb"<!--|<!\[CDATA\[|<\?")


def hides_text(xml: bytes, behind: int = 0) -> bool:
    """Return whether comments, CDATA or processing instructions begin in a text, so that no pattern may be trusted.

    Args:
        xml: the text.
        behind: where an instruction counts from on: what a part begins with is its declaration.
    """
    # A search for one byte is ten times faster than for two, and nearly always enough.
    has_comments = b"!" in xml and b"<!" in xml
    has_instructions = b"?" in xml and xml.find(b"<?", behind) >= 0
    return has_comments or has_instructions


def blanked(xml: bytes, part: str) -> bytes:
    """Return XML with blanks for comments, CDATA and processing instructions; every offset stays.

    Args:
        xml: a part, or a piece of one that begins and ends outside of these.
        part: how messages call it.

    Raises:
        DamagedWorkbook: one of them has no end.
    """
    pieces: list[bytes] = []
    end = 0
    # each end is looked for once: a pattern would begin again at every start of a part made of starts
    while start := _HIDING_START.search(xml, end):
        closing = _HIDING[start[0]]
        place = xml.find(closing, start.end())
        if place < 0:
            raise not_well_formed(part, "a comment or instruction has no end")
        pieces.append(xml[end : start.start()])
        end = place + len(closing)
        pieces.append(b" " * (end - start.start()))
    if not pieces:
        return xml
    return b"".join([*pieces, xml[end:]])


_DECLARATION = 100
"""Bytes in which UTF-16 shows itself by a zero."""

_CHILD = 2
"""The depth of a child of the root."""

_ANY_TAG = re.compile(rb"<%s>" % _ATTRIBUTES)


@dataclass(frozen=True, slots=True)
class Element:
    """Where a child of a part's root is in the part's bytes."""

    name: str
    """Without prefix."""
    start: int
    end: int
    """Just behind the end tag."""


def elements(xml: bytes, part: str) -> tuple[Element, ...]:
    """Return the children of a small UTF-8 part's root in order, by offset.

    Namespaces are not looked at, so a fragment whose prefixes are declared elsewhere may be given.

    Raises:
        DamagedWorkbook: the bytes are no well-formed XML.
        WorkbookRefused: they are UTF-16.
    """
    if b"\0" in xml[:_DECLARATION]:
        raise WorkbookRefused(f"{part} is not written in UTF-8.", tip="Open the workbook in Excel and save it.")
    depth = 0
    spans: list[tuple[str, int, int]] = []
    parser = expat.ParserCreate()

    def opened(name: str, _attributes: object) -> None:
        nonlocal depth
        depth += 1
        if depth == _CHILD:
            spans.append((name.rpartition(":")[2], parser.CurrentByteIndex, 0))

    def closed(_name: str) -> None:
        nonlocal depth
        if depth == _CHILD:
            name, start, _ = spans[-1]
            spans[-1] = name, start, parser.CurrentByteIndex
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as wrong:
        raise not_well_formed(part, wrong) from wrong
    return tuple(Element(name, start, _end_of(xml, start, closing)) for name, start, closing in spans)


def child_named(children: Iterable[Element], name: str) -> Element | None:
    """Return the first child of a name."""
    return next((child for child in children if child.name == name), None)


def end_of_last(children: Iterable[Element], names: Collection[str]) -> int:
    """Return where the last child that has one of some names ends; 0 where there is none."""
    return max((child.end for child in children if child.name in names), default=0)


def start_tag(xml: bytes, element: Element) -> bytes:
    """Return the start tag of an element."""
    return xml[element.start : xml.index(b">", element.start) + 1]


def with_changed_element(xml: bytes, element: Element, name: bytes, value: bytes) -> bytes:
    """Return XML in which one attribute of an element is set, as ``with_attribute`` does for a tag."""
    tag = start_tag(xml, element)
    end = element.start + len(tag)
    return xml[: element.start] + with_attribute(tag, name, value) + xml[end:]


def not_well_formed(part: str, what: object) -> DamagedWorkbook:
    """Return the error for a part that is no well-formed XML.

    Args:
        part: how messages call it.
        what: the parser's error, or words for it.
    """
    return DamagedWorkbook(
        f"{part} is no well-formed XML: {what}.",
        tip="Open the workbook in Excel, let it repair the file, and save it.",
    )


def document_type_declared(part: str) -> HostileWorkbook:
    """Return the error for a part that declares a document type, where a parser has met it."""
    return HostileWorkbook(
        f"{part} declares a document type, which no workbook does.",
        tip="If you trust its sender, copy the contacts into a new workbook.",
    )


_TAG_NAME = re.compile(rb"<[!?/]?[\w.:-]{1,60}")


def unknown_markup(text: bytes, what: str) -> WorkbookRefused:
    """Return the error for something that is not known here, and would be lost if it were passed over.

    Args:
        text: what was found; its first tag is named.
        what: the beginning of the sentence: ``Sheet Contacts holds something among its cells``.
    """
    tag = _TAG_NAME.search(text)
    shown = tag[0].decode(errors="replace") + ">" if tag else "a text"
    return WorkbookRefused(
        f"{what} that is not known here: {shown}.",
        tip="Open the workbook in Excel and save it; Excel writes it plainly.",
    )


def _end_of(xml: bytes, start: int, closing: int) -> int:
    # For an empty-element tag the parser names the tag's own beginning as its end.
    tag = _ANY_TAG.match(xml, start)
    if tag and tag[0].endswith(b"/>"):
        return tag.end()
    return xml.index(b">", closing) + 1
