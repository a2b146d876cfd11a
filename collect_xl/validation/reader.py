"""Reads cells by a schema at the speed that a hundred thousand rows need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from marshmallow import Schema, ValidationError

from collect_xl.validation.fields import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from collect_xl.domain.model import CellValue
    from collect_xl.validation.refusal import Refusal

Refusals = dict[str, "Sequence[Refusal]"]
"""Field key -> why its cell is refused."""


class Reader:
    """Loads what ``Schema.load`` would, from the same fields and with the same errors, in a third of its time.

    ``load`` passes every field through hooks, processors and validators, which no cell has; here the fields of one
    schema instance are asked directly.
    """

    def __init__(self, schema: Schema) -> None:
        self._cells = [
            (name, field.data_key or name, field.read)
            for name, field in schema.load_fields.items()
            if isinstance(field, Cell)
        ]

    def read(self, cells: Mapping[str, CellValue]) -> tuple[dict[str, Any], Refusals]:
        """Return the values by name, without the blank ones, and the refusals by field key."""
        # The hot loop of every check: a hundred thousand rows go through it, with each of their cells.
        values: dict[str, Any] = {}
        refusals: Refusals = {}
        for name, key, read in self._cells:
            cell = cells.get(key)
            if cell is None:
                continue
            try:
                value = read(cell)
            except ValidationError as error:
                refusals[key] = cast("list[Refusal]", error.messages)
            else:
                if value is not None:
                    values[name] = value
        return values, refusals
