"""Excel tables of a sheet, and how one grows by columns at its right edge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import Area, integer
from collect_xl.ooxml.cell_text import escaped
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.shared_strings import plain_text
from collect_xl.ooxml.xml_bytes import attribute, attribute_or_blank, blanked, elements, tag_pattern, with_attribute

MAX_NAME = 255
"""Characters of a table column's name."""

_SOURCES = {
    b"": "",
    b"worksheet": "",
    b"queryTable": "it is filled by a query",
    b"xml": "it is filled from an XML map",
}
"""Type of a table -> what fills it; nothing where people do, as in a table without a type."""

_ROOT = re.compile(rb"<((?:[\w.-]+:)?)table(?=[\s>])")


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a sheet."""

    part: str
    name: str
    area: Area
    xml: bytes
    prefix: bytes

    @property
    def tag(self) -> bytes:
        """The start tag of the root."""
        match = tag_pattern("table", self.prefix).search(blanked(self.xml, self.part))
        return match[0] if match else b""


def tables_of(package: Package, sheet: str) -> tuple[Table, ...]:
    """Return the tables of a worksheet part."""
    # all relationships are read first: damage in them is found before any table is read
    parts = [each.target for each in package.relationships(sheet, "table")]
    tables = [_read_table(package, part) for part in parts if package.has(part)]
    return tuple(table for table in tables if table is not None)


def _read_table(package: Package, part: str) -> Table | None:
    """Return a table; None for one that is nowhere."""
    tree = package.xml(part)
    xml = package.read(part)
    area = Area.parse(tree.get("ref", "").encode())
    if area is None:
        return None
    root = _ROOT.search(blanked(xml, part))
    prefix = root[1] if root else b""
    return Table(part, tree.get("displayName", ""), area, xml, prefix)


def why_it_cannot_grow(table: Table, names: Sequence[str]) -> str | None:
    """Return why a table cannot take columns of these names, or None."""
    source = external_source(table)
    if source:
        return source
    if attribute(table.tag, b"headerRowCount") == b"0":
        return "it has no header row"
    # the entries of a comment or an instruction would be taken for columns
    if not table.tag or b"<!" in table.xml or b"<?" in table.xml.partition(b"?>")[2]:
        return "its part is written in an unusual way"
    # names of a table's columns are unique for Excel, whatever their case
    taken = set(map(str.casefold, _column_names(table)))
    if not taken.isdisjoint(map(str.casefold, names)):
        return "it has a column of the same name already"
    if max(map(len, names), default=0) > MAX_NAME:
        return f"a header is longer than {MAX_NAME} characters"
    return None


def external_source(table: Table) -> str:
    """Return in words what fills a table; nothing where people do."""
    return _SOURCES.get(attribute_or_blank(table.tag, b"tableType"), "it is filled from elsewhere")


def _column_tags(table: Table) -> list[bytes]:
    return [match[0] for match in tag_pattern("tableColumn", table.prefix).finditer(table.xml)]


def _column_names(table: Table) -> list[str]:
    return [plain_text(attribute_or_blank(tag, b"name")) for tag in _column_tags(table)]


def with_new_columns(table: Table, names: Sequence[str]) -> bytes:
    """Return the part of a table with further columns at its right edge.

    Args:
        table: one that ``why_it_cannot_grow`` has nothing against.
        names: the headers of the new columns, from left to right.
    """
    tags = _column_tags(table)
    xml = table.xml
    for element in ("table", "autoFilter"):
        xml = tag_pattern(element, table.prefix).sub(lambda match: _wider(match[0], len(names)), xml, count=1)
    count = b"%d" % (len(tags) + len(names))
    list_pattern = tag_pattern("tableColumns", table.prefix)
    xml = list_pattern.sub(lambda match: with_attribute(match[0], b"count", count), xml, count=1)
    list_end = next(each.end for each in elements(xml, table.part) if each.name == "tableColumns")
    end_tag = xml.rindex(b"</", 0, list_end)
    return xml[:end_tag] + _new_column_tags(table.prefix, tags, names) + xml[end_tag:]


def _new_column_tags(prefix: bytes, tags: Sequence[bytes], names: Sequence[str]) -> bytes:
    # an id must be unique in the table, and ids are no positions: columns may have been moved or deleted
    highest = max(integer(attribute(tag, b"id")) for tag in tags)
    numbered = enumerate(map(_attribute_text, names), start=highest + 1)
    return b"".join(b'<%stableColumn id="%d" name="%s"/>' % (prefix, number, name) for number, name in numbered)


def _attribute_text(name: str) -> bytes:
    # a line break in an attribute would be read as a blank
    return escaped(name).replace(b'"', b"&quot;").replace(b"\n", b"_x000a_").replace(b"\t", b"_x0009_")


def _wider(tag: bytes, columns: int) -> bytes:
    area = Area.parse(attribute(tag, b"ref"))
    if area is None:
        return tag
    return with_attribute(tag, b"ref", bytes(area._replace(right=area.right + columns)))
