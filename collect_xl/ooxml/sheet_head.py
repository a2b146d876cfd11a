"""What stands before a sheet's rows: its dimension, and the widths and styles of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from collect_xl.domain.a1 import Area, integer
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern, with_attribute


class _ColumnRange(NamedTuple):
    """A ``<col>``: columns side by side that share width, style and visibility."""

    first: int
    last: int
    tag: bytes


def _column_ranges(head: bytes, prefix: bytes) -> list[_ColumnRange]:
    ranges = []
    for match in tag_pattern("col", prefix).finditer(head):
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
    return tuple(attribute(_tag_of(index, ranges), b"style") or b"" for index in indexes)


def hidden_columns(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[int, ...]:
    """Return those of the columns that the sheet hides."""
    ranges = _column_ranges(head, prefix)
    return tuple(index for index in indexes if is_true(attribute(_tag_of(index, ranges), b"hidden")))


def with_dimension(head: bytes, prefix: bytes, right: int, bottom: int) -> bytes:
    """Return the head with a dimension, if it has one, that reaches all cells."""
    match = tag_pattern("dimension", prefix).search(head)
    if match is None:
        return head
    tag = match[0]
    area = Area.parse(attribute(tag, b"ref"))
    if area is None:
        return head
    # a stale dimension makes some readers drop what lies beyond it
    wider = area._replace(right=max(area.right, right), bottom=max(area.bottom, bottom))
    if wider == area:
        return head
    return head[: match.start()] + with_attribute(tag, b"ref", bytes(wider)) + head[match.end() :]


def with_widths(head: bytes, prefix: bytes, widths: Mapping[int, float]) -> bytes:
    """Return the head with widths for those columns that no range of the sheet holds."""
    # a column in two ranges makes Excel repair the file, and ranges have to stand in order
    last = max((each.last for each in _column_ranges(head, prefix)), default=0)
    free = sorted(index for index in widths if index > last)
    new = b"".join(_new_range(prefix, index, widths[index]) for index in free)
    if not new:
        return head
    end_tag = b"</%scols>" % prefix
    place = head.rfind(end_tag)
    if place < 0:
        # a sheet whose columns all have the usual width has no list of them
        place = head.rfind(b"<%ssheetData" % prefix)
        new = b"<%scols>%s%s" % (prefix, new, end_tag)
    return head[:place] + new + head[place:]


def _new_range(prefix: bytes, index: int, width: float) -> bytes:
    return b'<%scol min="%d" max="%d" width="%s" customWidth="1"/>' % (prefix, index, index, b"%g" % width)
