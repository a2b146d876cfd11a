"""Lists that a pivot table shows: when it is refreshed, its rows move, and results stay where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.domain.a1 import Area
from collect_xl.ooxml.package import children_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from collect_xl.domain.model import Layout
    from collect_xl.ooxml.package import Package

Pivot = tuple[str, Area]
"""The name of a pivot table, and the cells that it fills."""


def pivots_of(package: Package, part: str) -> Iterator[Pivot]:
    """Yield the pivot tables of a worksheet part."""
    targets = [each.target for each in package.relationships(part, "pivotTable")]
    for target in targets:
        if not package.has(target):
            continue
        root = package.xml(target)
        references = [each.get("ref", "").encode() for each in children_named(root, "location")]
        for area in Area.parse_all(references):
            yield root.get("name", ""), area


def pivot_notes(pivots: Iterable[Pivot], layout: Layout) -> Iterator[str]:
    """Yield a sentence for each pivot table that fills the list."""
    columns = [column.index for column in layout.columns]
    for name, area in pivots:
        has_header = area.top <= layout.header_row <= area.bottom
        if has_header and area.holds_any(columns):
            yield (
                f"The contacts are what the pivot table {name} shows: results are written beside it, and when it is "
                "refreshed, its rows may move away from them. Copy them as values to a sheet of their own."
            )
