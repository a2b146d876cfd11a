"""Rules as Excel's own cell validations and drop-downs."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from openpyxl.worksheet.datavalidation import DataValidation

from collect_xl.template.rules import LAST_DAY, rule_of

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

    from collect_xl.template.rules import Rule
    from collect_xl.template.words import Words

TITLE_LENGTH = 32
"""Characters that Excel allows in the title of an error."""


def validate(sheet: Worksheet, key: str, cells: str, words: Words) -> None:
    """Give cells the rule that ``check`` applies to them, and a word on what is meant, where there is one.

    Args:
        sheet: where they are.
        key: the field.
        cells: such as ``B6`` or ``G2:G1048576``.
        words: for the message that Excel shows.
    """
    rule = rule_of(key, words)
    prompt = words.prompts.get(key)
    if rule is None and prompt is None:
        return
    first_cell = cells.partition(":")[0]
    # A validation without a type takes anything, and says what is meant.
    validation = _validation(rule, first_cell, words) if rule is not None else DataValidation()
    validation.allow_blank = True
    # A campaign or a colleague that pick has not seen yet may be typed nevertheless.
    validation.showErrorMessage = rule is not None and rule.kind != "offer"
    validation.errorTitle = words.header(key)[:TITLE_LENGTH]
    if prompt is not None:
        validation.showInputMessage = True
        validation.promptTitle = words.header(key)[:TITLE_LENGTH]
        validation.prompt = prompt
    validation.add(cells)
    sheet.add_data_validation(validation)


def _validation(rule: Rule, first: str, words: Words) -> DataValidation:
    """Return the validation for a rule."""
    match rule.kind:
        case "choice":
            error = words.choose.format(choices=", ".join(rule.choices))
            choices = ",".join(rule.choices)
            return DataValidation("list", formula1=f'"{choices}"', error=error)
        case "offer":
            return DataValidation("list", formula1=rule.name)
        case "day":
            # Excel evaluates TODAY only when the user types, so it makes no cell volatile.
            return DataValidation("date", operator="between", formula1="TODAY()", formula2=LAST_DAY, error=words.day)
        case "text":
            # Excel shifts the reference to the first cell for all others.
            return DataValidation("custom", formula1=f"ISTEXT({first})", error=words.round)
        case _:
            assert_never(rule.kind)
