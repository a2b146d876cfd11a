"""What stands before a sheet's rows: its dimension, and the widths and styles of its columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.domain.a1 import Area, integer
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern, with_attribute

__all__ = ["column_styles", "hidden_columns", "with_dimension", "with_widths"]


def _columns(head: bytes, prefix: bytes) -> list[tuple[int, int, bytes]]:
    """Return first column, last column and tag of each ``<col>``."""
    tags = [found[0] for found in tag_pattern("col", prefix).finditer(head)]
    return [(integer(attribute(tag, b"min")), integer(attribute(tag, b"max")), tag) for tag in tags]


def column_styles(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[bytes, ...]:
    """Return the style that each column gives to its new cells; ``b""`` for none."""
    ranges = _columns(head, prefix)
    return tuple(
        next((attribute(tag, b"style") or b"" for first, last, tag in ranges if first <= index <= last), b"")
        for index in indexes
    )


def hidden_columns(head: bytes, prefix: bytes, indexes: Sequence[int]) -> tuple[int, ...]:
    """Return those of the columns that the sheet hides."""
    hidden = [(first, last) for first, last, tag in _columns(head, prefix) if is_true(attribute(tag, b"hidden"))]
    return tuple(index for index in indexes if any(first <= index <= last for first, last in hidden))


def with_dimension(head: bytes, prefix: bytes, right: int, bottom: int) -> bytes:
    """Return the head with a dimension, where it has one, that reaches as far as the cells do.

    A stale one makes some readers drop what lies beyond.
    """
    found = tag_pattern("dimension", prefix).search(head)
    area = Area.parse(attribute(found[0], b"ref")) if found else None
    if not found or not area:
        return head
    wider = area._replace(right=max(area.right, right), bottom=max(area.bottom, bottom))
    if wider == area:
        return head
    return head[: found.start()] + with_attribute(found[0], b"ref", bytes(wider)) + head[found.end() :]


def with_widths(head: bytes, prefix: bytes, widths: Mapping[int, float]) -> bytes:
    """Return the head with widths for columns at the right of all that have one; others stay as they are."""
    last = max((last for _, last, _ in _columns(head, prefix)), default=0)
    new = b"".join(
        b'<%scol min="%d" max="%d" width="%s" customWidth="1"/>' % (prefix, index, index, b"%g" % width)
        for index, width in sorted(widths.items())
        if index > last
    )
    if not new:
        return head
    end = b"</%scols>" % prefix
    at = head.rfind(end)
    if at < 0:
        at, new = head.rfind(b"<%ssheetData" % prefix), b"<%scols>%s%s" % (prefix, new, end)
    return head[:at] + new + head[at:]
