"""What a cell of the template takes: the schema's own field for it decides, so that Excel and ``check`` agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from collect_xl.domain.headings import DATE_ORDER
from collect_xl.validation.fields import DueDate, Order, Round, YesNo
from collect_xl.validation.options import OptionsSchema
from collect_xl.workbook.lists import LISTS

if TYPE_CHECKING:
    from marshmallow.fields import Field

    from collect_xl.template.words import Words

RuleKind = Literal["choice", "offer", "day", "text"]
"""``choice``: one of these words; ``offer``: a drop-down beside which anything may be typed; ``day``: a date to come;
``text``: text, but no number and no date."""

LAST_DAY = "DATE(2199,12,31)"
"""The schema refuses the year 9999."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a cell takes."""

    kind: RuleKind
    choices: tuple[str, ...] = ()
    name: str = ""
    """Of the range that an offer is taken from."""


_OFFERED = {each.key: each.name for each in LISTS if each.key}


def rule_of(key: str, words: Words) -> Rule | None:
    """Return the rule for a field's cells; None where any text is allowed."""
    if key in _OFFERED:
        return Rule("offer", name=_OFFERED[key])
    match _field(key):
        case YesNo():
            return Rule("choice", (words.yes, words.no))
        case Order():
            # Several words mean the same order; each order is offered once.
            orders = dict.fromkeys(Order.WORDS.values())
            return Rule("choice", tuple(orders))
        case DueDate():
            return Rule("day")
        case Round():
            return Rule("text")
        case _:
            return None


def _field(key: str) -> Field[Any] | None:
    """Return the field that ``check`` reads these cells by."""
    if key == DATE_ORDER.key:
        return Order()
    for field in OptionsSchema(None).load_fields.values():
        if field.data_key == key:
            return field
    return None
