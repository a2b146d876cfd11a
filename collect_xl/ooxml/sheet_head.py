"""What comes before a sheet's rows: where these begin, its dimension, and the widths and styles of its columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from xml.parsers import expat

from collect_xl.domain.a1 import Area, integer
from collect_xl.errors import DamagedWorkbook
from collect_xl.ooxml.xml_bytes import (
    Element,
    attribute,
    attribute_or_blank,
    blanked,
    child_named,
    document_type_declared,
    elements,
    is_true,
    not_well_formed,
    start_tag,
    tag_pattern,
    with_changed_element,
)

_CHILD = 2
"""The depth of a child of the root."""


class _RowsFound(Exception):  # no error: it stops the parser
    """The parser has reached the rows."""


class RowsFinder:
    """Finds where a sheet's rows begin, in a part that is given chunk by chunk.

    Args:
        sheet: how messages call it.
    """

    def __init__(self, sheet: str) -> None:
        self._sheet = sheet
        self.place: int | None = None
        """Where the tag ``sheetData`` begins; None until it has been found."""
        self.prefix = b""
        """Of its name, with the colon."""
        self._depth = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._opened
        self._parser.EndElementHandler = self._closed
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def feed(self, chunk: bytes) -> None:
        """Look through the next chunk; an empty one is the end."""
        try:
            self._parser.Parse(chunk, not chunk)
        except _RowsFound:
            return
        except (expat.ExpatError, ValueError, LookupError) as wrong:
            raise not_well_formed(self._sheet, wrong) from wrong

    def _opened(self, name: str, _attributes: object) -> None:
        self._depth += 1
        prefix, _, local_name = name.rpartition(":")
        if self._depth == _CHILD and local_name == "sheetData":
            self.place = self._parser.CurrentByteIndex
            self.prefix = f"{prefix}:".encode() if prefix else b""
            raise _RowsFound

    def _closed(self, _name: str) -> None:
        self._depth -= 1

    def _refuse_doctype(self, *_: object) -> None:
        raise document_type_declared(self._sheet)


class _ColumnRange(NamedTuple):
    """A ``<col>``: columns side by side that share width, style and visibility."""

    first: int
    last: int
    tag: bytes


_ROOT = re.compile(rb"<([A-Za-z_][\w.:-]*)(?=[\s/>])[^<>]*>")
_HERE = "The sheet"


def root_of(head: bytes) -> re.Match[bytes]:
    """Return the start tag of the worksheet; the first group is its name."""
    root = _ROOT.search(blanked(head, _HERE))
    if root is None:
        raise DamagedWorkbook(f"{_HERE} has no beginning.", tip="Open the workbook in Excel and save it.")
    return root


def _children(head: bytes, prefix: bytes) -> tuple[Element, ...]:
    closing = b"</%ssheetData></%s>" % (prefix, root_of(head)[1])
    return elements(head + closing, _HERE)


def _child(head: bytes, prefix: bytes, name: str) -> Element | None:
    """Return the sheet's own element of a name; an extension may hold one, and a comment the text of one."""
    return child_named(_children(head, prefix), name)


def _column_ranges(head: bytes, prefix: bytes) -> list[_ColumnRange]:
    ranges: list[_ColumnRange] = []
    columns = _child(head, prefix, "cols")
    if columns is None:
        return ranges
    for match in tag_pattern("col", prefix).finditer(blanked(head, _HERE), columns.start, columns.end):
        tag = match[0]
        first = integer(attribute(tag, b"min"))
        last = integer(attribute(tag, b"max"))
        ranges.append(_ColumnRange(first, last, tag))
    return ranges


def _tag_of(index: int, ranges: Sequence[_ColumnRange]) -> bytes:
    """Return the tag that says how a column looks; nothing where none does."""
    for first, last, tag in ranges:
        if first <= index <= last:
            return tag
    return b""


def column_styles(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[bytes, ...]:
    """Return the style that each column gives to its new cells; ``b""`` for none."""
    ranges = _column_ranges(head, prefix)
    return tuple(attribute_or_blank(_tag_of(index, ranges), b"style") for index in indexes)


def hidden_columns(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[int, ...]:
    """Return those of the columns that the sheet hides."""
    ranges = _column_ranges(head, prefix)
    return tuple(index for index in indexes if is_true(attribute(_tag_of(index, ranges), b"hidden")))


def with_dimension(head: bytes, prefix: bytes, right: int, bottom: int) -> bytes:
    """Return the head with a dimension, if it has one, that reaches all cells."""
    dimension = _child(head, prefix, "dimension")
    if dimension is None:
        return head
    area = Area.parse(attribute(start_tag(head, dimension), b"ref"))
    if area is None:
        return head
    # a stale dimension makes some readers drop what is beyond it
    wider = area._replace(right=max(area.right, right), bottom=max(area.bottom, bottom))
    if wider == area:
        return head
    return with_changed_element(head, dimension, b"ref", bytes(wider))


def with_widths(head: bytes, prefix: bytes, widths: Mapping[int, float]) -> bytes:
    """Return the head with widths for those columns that no range of the sheet holds."""
    # a column in two ranges makes Excel repair the file, and ranges have to be in order
    last = max((each.last for each in _column_ranges(head, prefix)), default=0)
    free = sorted(index for index in widths if index > last)
    new = b"".join(_new_range(prefix, index, widths[index]) for index in free)
    # which of several alternatives a program takes is not known, and a second list of columns breaks the file
    if not new or _has_alternative_columns(head, prefix):
        return head
    end_tag = b"</%scols>" % prefix
    columns = _child(head, prefix, "cols")
    if columns is None:
        # a sheet whose columns all have the usual width has no list of them
        place = head.rindex(b"<%ssheetData" % prefix)
        return b"%s<%scols>%s%s%s" % (head[:place], prefix, new, end_tag, head[place:])
    if head.endswith(b"/>", 0, columns.end):
        opened = head[: columns.end - 2].rstrip() + b">"
        return opened + new + end_tag + head[columns.end :]
    place = head.rindex(b"</", columns.start, columns.end)
    return head[:place] + new + head[place:]


def _has_alternative_columns(head: bytes, prefix: bytes) -> bool:
    """Return whether a sheet has lists of columns from which each program takes one."""
    for child in _children(head, prefix):
        if child.name == "AlternateContent" and b"cols" in head[child.start : child.end]:
            return True
    return False


def _new_range(prefix: bytes, index: int, width: float) -> bytes:
    return b'<%scol min="%d" max="%d" width="%s" customWidth="1"/>' % (prefix, index, index, b"%g" % width)
