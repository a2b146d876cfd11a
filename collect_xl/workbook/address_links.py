"""Addresses that are beneath a label: links to ``mailto:`` over cells, and formulas that make such links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.hyperlink_xml import area_of, id_of, link_pattern, old_addresses
from collect_xl.ooxml.tokenizer import SheetStream

if TYPE_CHECKING:
    from collect_xl.ooxml.package import Package

MAILTO = "mailto:"
_LONGEST = 1_000
"""Rows that one link may be laid over; a link over a whole column is no person's."""
_FORMULA = re.compile(r'HYPERLINK\(\s*"(mailto:[^"]+)"', re.IGNORECASE)


def link_of_formula(formula: str) -> str:
    """Return the address link that a formula makes, or an empty text.

    Args:
        formula: as Excel writes it in English, entities resolved.
    """
    link = _FORMULA.search(formula)
    return link[1] if link else ""


def address_links(package: Package, part: str, column: int | None) -> dict[int, str]:
    """Return the links to ``mailto:`` over the cells of one column: row -> target.

    Args:
        package: the open workbook.
        part: the worksheet's.
        column: that of the addresses; None for a list without.
    """
    if column is None:
        return {}
    try:
        links = list(old_addresses(package, part))
    except WorkbookRefused:
        # Links in an unusual form stop no one from reading the list; the rehearsal of the write says what it meets.
        return {}
    targets = {identifier: target for identifier, target in links if target.lower().startswith(MAILTO)}
    # Few sheets have such links, and no other is read to its end for them.
    return _laid_over(package, part, column, targets) if targets else {}


def _laid_over(package: Package, part: str, column: int, targets: dict[str, str]) -> dict[int, str]:
    stream = SheetStream(package.stream(part), part)
    for _ in stream.batches():
        pass
    links: dict[int, str] = {}
    for link in link_pattern(stream.prefix).finditer(stream.tail):
        area = area_of(link[0])
        target = targets.get(id_of(link[0]))
        if target is None or not area.left <= column <= area.right:
            continue
        if area.bottom - area.top < _LONGEST:
            links.update(dict.fromkeys(range(area.top, area.bottom + 1), target))
    return links
