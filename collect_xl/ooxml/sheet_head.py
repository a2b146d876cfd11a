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

    def covers(self, index: int) -> bool:
        return self.first <= index <= self.last


def _column_ranges(head: bytes, prefix: bytes) -> list[_ColumnRange]:
    ranges = []
    for match in tag_pattern("col", prefix).finditer(head):
        tag = match[0]
        first = integer(attribute(tag, b"min"))
        last = integer(attribute(tag, b"max"))
        ranges.append(_ColumnRange(first, last, tag))
    return ranges


def column_styles(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[bytes, ...]:
    """Return the style that each column gives to its new cells; ``b""`` for none."""
    ranges = _column_ranges(head, prefix)
    return tuple(_style_of(index, ranges) for index in indexes)


def _style_of(index: int, ranges: Sequence[_ColumnRange]) -> bytes:
    for each in ranges:
        if each.covers(index):
            return attribute(each.tag, b"style") or b""
    return b""


def hidden_columns(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[int, ...]:
    """Return those of the columns that the sheet hides."""
    ranges = _column_ranges(head, prefix)
    hidden = [each for each in ranges if is_true(attribute(each.tag, b"hidden"))]
    return tuple(index for index in indexes if _is_covered(index, hidden))


def _is_covered(index: int, ranges: Sequence[_ColumnRange]) -> bool:
    return any(each.covers(index) for each in ranges)


def with_dimension(head: bytes, prefix: bytes, right: int, bottom: int) -> bytes:
    """Return the head with a dimension, where it has one, that reaches as far as the cells do.

    A stale one makes some readers drop what lies beyond.
    """
    match = tag_pattern("dimension", prefix).search(head)
    if match is None:
        return head
    area = Area.parse(attribute(match[0], b"ref"))
    if area is None:
        return head
    wider = area._replace(right=max(area.right, right), bottom=max(area.bottom, bottom))
    if wider == area:
        return head
    return head[: match.start()] + with_attribute(match[0], b"ref", bytes(wider)) + head[match.end() :]


def with_widths(head: bytes, prefix: bytes, widths: Mapping[int, float]) -> bytes:
    """Return the head with widths for columns at the right of all that have one; others stay as they are."""
    # a column in two ranges makes Excel repair the file, and ranges have to stand in order
    last = max((each.last for each in _column_ranges(head, prefix)), default=0)
    new = b""
    for index, width in sorted(widths.items()):
        if index > last:
            new += b'<%scol min="%d" max="%d" width="%s" customWidth="1"/>' % (prefix, index, index, b"%g" % width)
    if not new:
        return head
    end_tag = b"</%scols>" % prefix
    place = head.rfind(end_tag)
    if place < 0:
        place = head.rfind(b"<%ssheetData" % prefix)
        new = b"<%scols>%s%s" % (prefix, new, end_tag)
    return head[:place] + new + head[place:]
