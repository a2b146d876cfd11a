"""The cells of a row: its bytes taken apart, and what is not known among them refused, never passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple, TypeAlias

from collect_xl.domain.a1 import column_letters, column_number
from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.xml_bytes import attribute, attribute_or_blank, tag_pattern, unknown_markup

CellToken: TypeAlias = tuple[bytes, bytes, bytes, bytes, bytes, bytes]
"""Column letters, style (``s``), type (``t``), formula element, value, inside of ``<is>``; what is absent is ``b""``.

Value and inline string are still escaped. A formula without a stored result has an empty value and another type than
``str`` (an empty text as a result is written as ``t="str"`` with an empty value).
"""


class CellElement(NamedTuple):
    """Where a cell is in its row's body, however it is written."""

    column: int
    style: bytes
    tag: bytes
    content: bytes
    start: int
    end: int


def cells(body: bytes, prefix: bytes = b"", sheet: str = "A sheet") -> list[CellToken]:
    """Return the cells of a row in order.

    Args:
        body: what is between ``<row>`` and ``</row>``.
        prefix: of the sheet's elements.
        sheet: how messages call it.

    Raises:
        WorkbookRefused: something among the cells, or in one, is not known here.
    """
    plain = _plain_cells(prefix)(body)
    # the pattern takes the rest of a row that it does not know as one last cell without a column
    if not plain or plain[-1][0]:
        return plain
    return list(_cells_with_care(body, prefix, sheet))


def _cells_with_care(body: bytes, prefix: bytes, sheet: str) -> Iterator[CellToken]:
    usual = _inside_pattern(prefix)
    for cell in cell_elements(body, prefix, sheet):
        kind = attribute_or_blank(cell.tag, b"t")
        content = usual.fullmatch(cell.content)
        inside = content.groups(b"") if content else _inside_in_any_order(cell.content, prefix, sheet)
        formula, value, inline = inside
        yield column_letters(cell.column), cell.style, kind, formula, value, inline


def cell_elements(body: bytes, prefix: bytes, sheet: str, first: int = 0) -> Iterator[CellElement]:
    """Yield the cells of a row with their places; a cell without a reference is right of the one before.

    Args:
        body: what is between ``<row>`` and ``</row>``.
        prefix: of the sheet's elements.
        sheet: how messages call it.
        first: where to begin; a cell with a reference when it is not 0.

    Raises:
        WorkbookRefused: something that is no cell is between them, or behind them.
    """
    column = 0
    end = first
    for cell in _cell_pattern(prefix).finditer(body, first):
        # a cell in another prefix would be read as blank, and written over
        _refuse_unknown(body[end : cell.start()], prefix, sheet)
        end = cell.end()
        tag, letters, style, content = cell.groups(b"")
        # The pattern looks for column and style in their usual places only; they may be anywhere in the tag.
        if not letters:
            letters = _letters_of(tag, sheet) or column_letters(column + 1)
        if not style and b"s" in tag:
            style = attribute_or_blank(tag, b"s")
        column = column_number(letters)
        yield CellElement(column, style, tag, content, cell.start(), end)
    _refuse_unknown(body[end:], prefix, sheet)


def _letters_of(tag: bytes, sheet: str) -> bytes:
    """Return the letters of a cell's reference; nothing where it has none."""
    written = attribute(tag, b"r")
    if written is None:
        return b""
    reference = _REFERENCE.fullmatch(written)
    if reference is None:
        raise _unknown(tag, sheet)
    return reference[1].upper()


def _refuse_unknown(between: bytes, prefix: bytes, sheet: str) -> None:
    """Raise ``WorkbookRefused`` unless a text between cells is blank, or an extension of later versions of Excel."""
    if not between or between.isspace():
        return
    rest = _extension_pattern(prefix).sub(b"", between)
    if rest and not rest.isspace():
        raise _unknown(rest, sheet)


def _unknown(text: bytes, sheet: str) -> WorkbookRefused:
    return unknown_markup(text, f"{sheet} holds something among its cells")


def _inside_in_any_order(content: bytes, prefix: bytes, sheet: str) -> tuple[bytes, bytes, bytes]:
    """Return formula, value and inline string of a cell; each may be in any place, and once."""
    found: dict[str, bytes] = {}
    end = 0
    for piece in _piece_pattern(prefix).finditer(content):
        _refuse_unknown(content[end : piece.start()], prefix, sheet)
        end = piece.end()
        kind = piece.lastgroup or ""
        if kind in found:
            raise _unknown(piece[0], sheet)
        # one element at a time: two of the three hold nothing
        parts = piece.groupdict(b"")
        found[kind] = parts["formula"] + parts["written"] + parts["inline"]
    _refuse_unknown(content[end:], prefix, sheet)
    return found.get("formula", b""), found.get("v", b""), found.get("is", b"")


_REFERENCE = re.compile(rb"([A-Za-z]{1,3})\d{1,7}")

_PLAIN_CELL = (
    rb'<c r="([A-Z]++)\d++"(?: s="(\d++)"|)(?: t="(\w++)"|)'
    rb"(?:>(<f(?:\s[^>]*?|)(?:/>|>[^<]*</f>)|)"
    rb"(?:<v>([^<]*+)</v>|<v/>|<is>((?>(?:[^<]++|<(?!/?(?:[\w.-]+:)?(?:is|c)[\s/>]))*))</is>|)</c>|/>)"
)
"""A cell as Excel and nearly all others write it.

What may be absent is ``(?:...|)`` rather than ``(?:...)?``, and what cannot give back is possessive: together twice as
fast, and cells of all rows go through here. No group is repeated possessively, which matches nothing before Python
3.11.5.
"""
_REST = rb"|[\s\S]++"
"""Where no plain cell begins: everything up to the row's end, so that nothing between two cells goes unseen."""


@cache
def _plain_cells(prefix: bytes) -> Callable[[bytes], list[CellToken]]:
    """Return what finds the plain cells of a row, and last of all the rest, if there is one."""
    prefixed = re.sub(rb"<(/?)(?=[cfvi])", rb"<\g<1>" + prefix, _PLAIN_CELL)
    return re.compile(prefixed + _REST).findall


@cache
def _cell_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a cell however it is written; column and style are found at once where they come first."""
    tag = tag_pattern("c", prefix).pattern.replace(
        rb"(?=[\s/>])", rb'(?=[\s/>])(?: r="([A-Z]{1,3})\d{1,7}"(?=[\s/>]))?(?: s="(\d+)")?', 1
    )
    return re.compile(rb"(%s)(?:(?<=/>)|((?>(?:[^<]++|<(?!/?%sc[\s/>]))*))</%sc\s*>)" % (tag, prefix, prefix))


def _element(name: str, prefix: bytes, inside: bytes) -> bytes:
    """Return the pattern of an element that may be empty."""
    return rb"%s(?:(?<=/>)|%s</%s%s\s*>)" % (tag_pattern(name, prefix).pattern, inside, prefix, name.encode())


@cache
def _inside_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of what is in a cell, in the usual order; its groups are formula, value, inline string."""
    formula = _element("f", prefix, b"[^<]*")
    value = _element("v", prefix, b"([^<]*)")
    inline = _element("is", prefix, _up_to_next(prefix, b"is"))
    return re.compile(rb"\s*+(%s)?\s*+(?:%s\s*+)?(?:%s\s*+)?" % (formula, value, inline))


@cache
def _piece_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of one of the elements that may be in a cell."""
    formula = _element("f", prefix, b"[^<]*")
    value = _element("v", prefix, b"(?P<written>[^<]*)")
    inline = _element("is", prefix, b"(?P<inline>%s)" % _up_to_next(prefix, b"is")[1:-1])
    return re.compile(
        rb"(?P<formula>%s)|(?P<v>%s)|(?P<is>%s)|(?P<extension>%s)"
        % (formula, value, inline, _extension_pattern(prefix).pattern)
    )


def _up_to_next(prefix: bytes, name: bytes) -> bytes:
    """Return a group of everything up to the next tag of a name."""
    return rb"((?>(?:[^<]++|<(?!/?%s%s[\s/>]))*))" % (prefix, name)


@cache
def _extension_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of what later versions of Excel add at the end of a cell or a row."""
    return re.compile(_element("extLst", prefix, rb"(?>(?:[^<]++|<(?!/?%sextLst[\s/>]))*)" % prefix))
