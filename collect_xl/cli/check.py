"""``collect-xl check``: show what is wrong and what would be sent, without sending it."""

from __future__ import annotations

from dataclasses import replace

from collect_xl.cli.exits import code_of_check, code_of_error, codes_of_write, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.live import select_first_wrong
from collect_xl.cli.remedies import tip_of
from collect_xl.cli.row_words import row_lines
from collect_xl.cli.run_end import plan_as_json
from collect_xl.cli.screen import REASONS, Screen
from collect_xl.domain.model import Rejected, Written
from collect_xl.domain.rows import Choices, LeftOut, rejected
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
    CURRENT.work_on(paths)
    prepared, run, marked = _checked(paths, choices, online=online, caps=caps)
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
    code = code_of_check(plan, problems, compared=not prepared.note)
    if marked is not None:
        screen.written_notes(marked)
        code = surest({code, *codes_of_write(marked)}, something_sent=False)
    refusal = prepared.refusal
    if refusal is not None:
        screen.error(f"Nothing can be sent from this workbook as it is. {refusal.message}", tip_of(refusal))
        code = code_of_error(refusal)
    if row is None:
        plan_as_json(prepared, run, code, screen)
    else:
        _row_as_json(row, prepared, code, screen)
    return code


def _checked(paths: Paths, choices: Choices, *, online: bool, caps: Caps) -> tuple[Prepared, str, Written | None]:
    """Check a workbook; in an open one, mark the errors and select the first."""
    access = WRITE if paths.live else Access(write=False, remember=online and paths.new_journal, rehearse=True)
    with opened(paths, access, limits=caps) as session:
        prepared = stories.check(session, choices, collect_of(session) if online else None)
        marked = stories.mark(session, prepared) if paths.live else None
    if paths.live:
        select_first_wrong(paths, prepared)
    return prepared, session.run.id, marked


def _show_row(number: int, prepared: Prepared, screen: Screen) -> None:
    """Print exactly what one row would send, or why it would not be sent."""
    batch = _batch_of(number, prepared.plan)
    if batch is not None:
        screen.say_each(row_lines(number, batch, prepared))
        screen.warn_each(not_known_yet([batch], prepared.account))
        return
    left_out = _left_out_row(number, prepared.plan)
    rejected = _rejected_row(number, prepared)
    if left_out is None and rejected is None:
        raise _no_such_row(number, prepared)
    reason = left_out.reason if left_out is not None else "invalid"
    screen.say(f"Row {number} would not be sent: {REASONS[reason]}.")
    if rejected is not None:
        screen.problems(rejected.problems)
    elif left_out is not None and left_out.words:
        screen.say(left_out.words)


def _batch_of(number: int, plan: Plan) -> Batch | None:
    batch_of_row = {row.number: batch for batch in plan.batches for row in batch.rows}
    return batch_of_row.get(number)


def _left_out_row(number: int, plan: Plan) -> LeftOut | None:
    by_row = {left_out.row: left_out for left_out in plan.left_out}
    return by_row.get(number)


def _rejected_row(number: int, prepared: Prepared) -> Rejected | None:
    for row in rejected(prepared.book.rows):
        if row.number == number:
            return row
    return None


def _no_such_row(number: int, prepared: Prepared) -> UsageError:
    rows = [row.number for row in prepared.book.rows]
    span = f"{rows[0]}-{rows[-1]}" if rows else "none"
    message = f"Row {number} is not among the contacts (rows {span})."
    return UsageError(message, tip="Give a row as Excel numbers it.")


def _row_as_json(number: int, prepared: Prepared, code: int, screen: Screen) -> None:
    """Print for programs how one row stands, what would be sent of it, and a summary."""
    if not screen.as_json:
        return
    batch = _batch_of(number, prepared.plan)
    request: dict[str, object] | None = None
    if batch is not None:
        index = [row.number for row in batch.rows].index(number)
        request = {**batch.options, "contact": batch.contacts[index]}
    for end in prepared.rows:
        if end.row == number:
            screen.lines.row(end, request=request)
    screen.lines.summary(code, {"rows": 1, "planned": int(batch is not None)}, plan=prepared.plan.fingerprint)
