"""``collect-xl check``: everything that is wrong, and everything that would be sent, without sending it."""

from __future__ import annotations

import json
from dataclasses import replace

from collect_xl.cli.exits import code_of_check
from collect_xl.cli.live import select_first_wrong
from collect_xl.cli.screen import Screen
from collect_xl.domain.model import Rejected
from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.followup.overdue import undelivered_rows
from collect_xl.planning.limits import Caps
from collect_xl.planning.plan import Batch
from collect_xl.workflow import stories
from collect_xl.workflow.book import Prepared
from collect_xl.workflow.open import WRITE, Access, Paths, collect_of, opened


def run_check(paths: Paths, choices: Choices, screen: Screen, *, row: int | None, online: bool, caps: Caps) -> int:
    """Show the plan and every error by cell; opens no socket unless ``online`` was asked for."""
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
    return code_of_check(plan, problems, compared=not prepared.note)


def _checked(paths: Paths, choices: Choices, *, online: bool, caps: Caps) -> Prepared:
    """Check a workbook; in an open one errors stand beside their rows afterwards, and the first is selected."""
    access = WRITE if paths.live else Access(write=False, remember=online and paths.new_journal)
    with opened(paths, access, limits=caps) as session:
        prepared = stories.check(session, choices, collect_of(session) if online else None)
        if paths.live:
            stories.mark(session, prepared)
    if paths.live:
        select_first_wrong(paths, prepared)
    return prepared


def _show_row(number: int, prepared: Prepared, screen: Screen) -> None:
    """Say in words exactly what one row would send."""
    batch = next((b for b in prepared.plan.batches if any(row.number == number for row in b.rows)), None)
    if batch is not None:
        for line in _row_lines(number, batch):
            screen.say(line)
        return
    left_out = next((each for each in prepared.plan.left_out if each.row == number), None)
    rejected = next((each for each in prepared.book.rows if isinstance(each, Rejected) and each.number == number), None)
    if left_out is None and rejected is None:
        rows = [each.number for each in prepared.book.rows]
        span = f"{rows[0]}-{rows[-1]}" if rows else "none"
        raise UsageError(
            f"Row {number} is not among the contacts (rows {span}).", tip="Give a row as Excel numbers it."
        )
    screen.say(f"Row {number} would not be sent: {left_out.reason if left_out else 'invalid'}.")
    if rejected is not None:
        screen.problems(rejected.problems)
    elif left_out is not None and left_out.words:
        screen.say(left_out.words)


def _row_lines(number: int, batch: Batch) -> list[str]:
    index = next(i for i, row in enumerate(batch.rows) if row.number == number)
    lines = [f"Row {number} would be sent in batch {batch.number}, with {len(batch.rows) - 1} others:"]
    lines += call_lines(batch, index)
    lines.append(f"  round (ours alone, not sent): {batch.round or 'none'}")
    return [*lines, *(f"  note: {note}" for note in batch.rows[index].notes)]


def call_lines(batch: Batch, index: int) -> list[str]:
    """Return in words what a call says of one of its contacts, and of all."""
    contact = batch.contacts[index]
    if isinstance(contact, str):
        lines = [f"  existing contact: {contact}"]
    else:
        lines = [f"  {name}: {_plain(value)}" for name, value in contact.items()]
    return [*lines, *(f"  {name}: {_plain(value)}" for name, value in batch.options.items())]


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
