"""Excel tables of a sheet, and how one grows by columns at its right edge."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import Area, integer
from collect_xl.ooxml.cell_text import escaped
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.shared_strings import plain_text
from collect_xl.ooxml.xml_bytes import attribute, elements, tag_pattern, with_attribute

__all__ = ["Table", "foreign", "grown", "tables_of", "why_not"]

MAX_NAME = 255
"""Characters of a table column's name."""

_FOREIGN = {b"queryTable": "it is filled by a query", b"xml": "it is filled from an XML map"}


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
        found = tag_pattern("table", self.prefix).search(self.xml)
        return found[0] if found else b""


def tables_of(package: Package, sheet: str) -> tuple[Table, ...]:
    """Return the tables of a worksheet part."""
    parts = [each.target for each in package.relationships(sheet, "table")]
    return tuple(table for part in parts if package.has(part) and (table := _table(package, part)))


def _table(package: Package, part: str) -> Table | None:
    tree, xml = package.xml(part), package.read(part)
    area = Area.parse(tree.get("ref", "").encode())
    root = re.search(rb"<((?:[\w.-]+:)?)table(?=[\s>])", xml)
    if not area:
        return None
    return Table(part, tree.get("displayName", ""), area, xml, root[1] if root else b"")


def why_not(table: Table, names: Sequence[str]) -> str | None:
    """Return why a table cannot take columns of these names, or None."""
    if source := foreign(table):
        return source
    if attribute(table.tag, b"headerRowCount") == b"0":
        return "it has no header row"
    if not table.tag or b"<!" in table.xml:
        return "its part is written in an unusual way"
    taken = {name.casefold() for name in _names(table)}
    if any(name.casefold() in taken for name in names):
        return "it has a column of the same name already"
    if any(len(name) > MAX_NAME for name in names):
        return f"a header is longer than {MAX_NAME} characters"
    return None


def foreign(table: Table) -> str:
    """Return what fills a table that is not filled by hand, in words; nothing for one that is."""
    kind = attribute(table.tag, b"tableType") or b"worksheet"
    return "" if kind == b"worksheet" else _FOREIGN.get(kind, "it is filled from elsewhere")


def _columns(table: Table) -> list[bytes]:
    return [found[0] for found in tag_pattern("tableColumn", table.prefix).finditer(table.xml)]


def _names(table: Table) -> list[str]:
    return [plain_text(attribute(tag, b"name") or b"") for tag in _columns(table)]


def grown(table: Table, names: Sequence[str]) -> bytes:
    """Return the part of a table with further columns at its right edge.

    Args:
        table: one that ``why_not`` has nothing against.
        names: the headers of the new columns, from left to right.
    """
    columns = _columns(table)
    top = max(integer(attribute(tag, b"id")) for tag in columns)
    new = b"".join(
        b'<%stableColumn id="%d" name="%s"/>' % (table.prefix, top + step, _attribute_text(name))
        for step, name in enumerate(names, start=1)
    )
    xml = table.xml
    for name in ("table", "autoFilter"):
        xml = tag_pattern(name, table.prefix).sub(lambda old: _wider(old[0], len(names)), xml, count=1)
    count = b"%d" % (len(columns) + len(names))
    xml = tag_pattern("tableColumns", table.prefix).sub(
        lambda old: with_attribute(old[0], b"count", count), xml, count=1
    )
    end = next(each.end for each in elements(xml, table.part) if each.name == "tableColumns")
    close = xml.rindex(b"</", 0, end)
    return xml[:close] + new + xml[close:]


def _attribute_text(name: str) -> bytes:
    # a line break in an attribute would be read as a blank
    return escaped(name).replace(b'"', b"&quot;").replace(b"\n", b"_x000a_").replace(b"\t", b"_x0009_")


def _wider(tag: bytes, columns: int) -> bytes:
    area = Area.parse(attribute(tag, b"ref"))
    return with_attribute(tag, b"ref", bytes(area._replace(right=area.right + columns))) if area else tag
