"""``collect-xl check``: show what is wrong and what would be sent, without sending it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from collect_xl.cli.exits import code_of_check, code_of_error
from collect_xl.cli.live import select_first_wrong
from collect_xl.cli.remedies import tip_of
from collect_xl.cli.screen import Screen
from collect_xl.domain.model import Rejected
from collect_xl.domain.rows import Choices, LeftOut
from collect_xl.errors import UsageError
from collect_xl.followup.overdue import undelivered_rows
from collect_xl.planning.groups import not_known_yet
from collect_xl.planning.limits import Caps
from collect_xl.planning.plan import Batch, Plan
from collect_xl.workflow import stories
from collect_xl.workflow.book import Prepared
from collect_xl.workflow.open import WRITE, Access, Paths, collect_of, opened


def run_check(paths: Paths, choices: Choices, screen: Screen, *, row: int | None, online: bool, caps: Caps) -> int:
    """Show the plan and every error by cell; open no socket unless ``online``."""
    prepared = _checked(paths, choices, online=online, caps=caps)
    plan, problems = prepared.plan, prepared.book.option_problems
    if row is None:
        screen.preview(prepared)
        screen.undelivered(undelivered_rows(plan.left_out))
    elif problems:
        screen.problems(problems)
        screen.warn("Nothing can be sent before the options sheet is right.")
    else:
        _show_row(row, prepared, screen)
        plan = replace(plan, left_out=tuple(each for each in plan.left_out if each.row == row))
    refusal = prepared.refusal
    if refusal is not None:
        screen.error(f"Nothing can be sent from this workbook as it is. {refusal.message}", tip_of(refusal))
        return code_of_error(refusal)
    return code_of_check(plan, problems, compared=not prepared.note)


def _checked(paths: Paths, choices: Choices, *, online: bool, caps: Caps) -> Prepared:
    """Check a workbook; in an open one, mark the errors and select the first."""
    access = WRITE if paths.live else Access(write=False, remember=online and paths.new_journal, rehearse=True)
    with opened(paths, access, limits=caps) as session:
        prepared = stories.check(session, choices, collect_of(session) if online else None)
        if paths.live:
            stories.mark(session, prepared)
    if paths.live:
        select_first_wrong(paths, prepared)
    return prepared


def _show_row(number: int, prepared: Prepared, screen: Screen) -> None:
    """Print exactly what one row would send, or why it would not be sent."""
    batch = _batch_of(number, prepared.plan)
    if batch is not None:
        for line in _row_lines(number, batch):
            screen.say(line)
        for line in not_known_yet([batch], prepared.account):
            screen.warn(line)
        return
    left_out = _left_out_row(number, prepared.plan)
    rejected = _rejected_row(number, prepared)
    if left_out is None and rejected is None:
        raise _no_such_row(number, prepared)
    reason = left_out.reason if left_out is not None else "invalid"
    screen.say(f"Row {number} would not be sent: {reason}.")
    if rejected is not None:
        screen.problems(rejected.problems)
    elif left_out is not None and left_out.words:
        screen.say(left_out.words)


def _batch_of(number: int, plan: Plan) -> Batch | None:
    for batch in plan.batches:
        for row in batch.rows:
            if row.number == number:
                return batch
    return None


def _left_out_row(number: int, plan: Plan) -> LeftOut | None:
    for left_out in plan.left_out:
        if left_out.row == number:
            return left_out
    return None


def _rejected_row(number: int, prepared: Prepared) -> Rejected | None:
    for row in prepared.book.rows:
        if isinstance(row, Rejected) and row.number == number:
            return row
    return None


def _no_such_row(number: int, prepared: Prepared) -> UsageError:
    rows = [row.number for row in prepared.book.rows]
    span = f"{rows[0]}-{rows[-1]}" if rows else "none"
    message = f"Row {number} is not among the contacts (rows {span})."
    return UsageError(message, tip="Give a row as Excel numbers it.")


def _row_lines(number: int, batch: Batch) -> list[str]:
    numbers = [row.number for row in batch.rows]
    index = numbers.index(number)
    lines = [f"Row {number} would be sent in batch {batch.number}, with {len(batch.rows) - 1} others:"]
    lines += call_lines(batch, index)
    lines.append(f"  round (ours alone, not sent): {batch.round or 'none'}")
    for note in batch.rows[index].notes:
        lines.append(f"  note: {note}")
    return lines


def call_lines(batch: Batch, index: int) -> list[str]:
    """Return lines with what a call says of one contact, and of all."""
    contact = batch.contacts[index]
    if isinstance(contact, str):
        return [f"  existing contact: {contact}", *_value_lines(batch.options)]
    return _value_lines(contact) + _value_lines(batch.options)


def _value_lines(values: Mapping[str, object]) -> list[str]:
    return [f"  {name}: {_plain(value)}" for name, value in values.items()]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
