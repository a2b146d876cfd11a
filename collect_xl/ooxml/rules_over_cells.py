"""Rules of the user's that are over columns that are added: data validations and conditional formats."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from collect_xl.domain.a1 import Area, columns_in_words
from collect_xl.ooxml.xml_bytes import attribute_or_blank, tag_pattern

_KINDS = (  # element -> how messages call it, and what it does there
    ("dataValidation", "a data validation", "Excel may offer a list there, or refuse what people type"),
    ("conditionalFormatting", "a conditional format", "results may look otherwise than beside it"),
)
_EXTENDED = re.compile(rb"<[\w.-]+:(dataValidation|conditionalFormatting)[\s>]|<[\w.-]+:sqref\s*>([^<]*)<")
"""A rule of a later version of Excel, and the element in it that names its cells."""
_SHOWN = 3


def rules_over(tail: bytes, prefix: bytes, sheet: str, columns: Sequence[int], header_row: int) -> Iterator[str]:
    """Yield a sentence for each kind of rule that is over columns that are added.

    Args:
        tail: what follows the sheet's rows, without comments.
        prefix: of the sheet's elements.
        sheet: its name.
        columns: those that are added, side by side.
        header_row: the row above the results.
    """
    if not columns:
        return
    added = columns_in_words(columns)
    for element, name, effect in _KINDS:
        areas = list(_areas_over(_areas(tail, prefix, element), columns, header_row))
        if areas:
            shown = ", ".join(map(str, areas[:_SHOWN]))
            more = " and more" if len(areas) > _SHOWN else ""
            yield f"What is added to {sheet} (columns {added}) is inside {name} of yours ({shown}{more}): {effect}."


def _areas_over(areas: Iterable[Area], columns: Sequence[int], header_row: int) -> Iterator[Area]:
    """Yield the areas that reach into our columns, below the header."""
    for area in areas:
        if area.bottom > header_row and area.reaches_over(columns[0], columns[-1]):
            yield area


def _areas(tail: bytes, prefix: bytes, element: str) -> Iterator[Area]:
    """Yield the areas that the rules of one kind are laid over."""
    tags = tag_pattern(element, prefix).finditer(tail)
    references = [attribute_or_blank(tag[0], b"sqref") for tag in tags]
    if b":sqref" in tail:
        references += _extended(tail, element.encode())
    return Area.parse_all(b" ".join(references).split())


def _extended(tail: bytes, element: bytes) -> Iterator[bytes]:
    kind = b""
    for found in _EXTENDED.finditer(tail):
        if found[1]:
            kind = found[1]
        elif kind == element:
            yield found[2]
