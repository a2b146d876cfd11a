"""The steps that the stories are made of: restore, compare with others, plan, write."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from collect_xl.domain.identity import person_of
from collect_xl.domain.items import KeptItems
from collect_xl.domain.model import Campaign, Claim, Outcome, Rejected, Row, RowResult, Written
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.rows import Checked, Choices, LeftOut
from collect_xl.domain.statuses import is_undelivered
from collect_xl.errors import CollectXlError
from collect_xl.followup.overdue import asked_rows
from collect_xl.planning.asked_elsewhere import ask_elsewhere, go_on
from collect_xl.planning.below_gaps import below_gaps
from collect_xl.planning.campaigns import campaign_ids, is_open
from collect_xl.planning.eligibility import NO_REQUESTS, Sorted, assess_rows, request_of_others, sort_rows
from collect_xl.planning.limits import LEFT, Room, left_words
from collect_xl.planning.plan import make_plan
from collect_xl.remedies import Advice, Remedy
from collect_xl.results.as_you_go import with_written
from collect_xl.results.cell_changes import row_results
from collect_xl.results.cells import Cells, asked_meanwhile_cells, outcome_cells, row_cells
from collect_xl.results.row_ends import row_ends
from collect_xl.results.shown_dates import moment_text
from collect_xl.sending.report import Report
from collect_xl.workflow.book import Book, Finished, Prepared
from collect_xl.workflow.session import (
    Connected,
    Identified,
    Session,
    SessionT,
    read_book,
    with_news,
    without_account,
)

LEFT_BY_CHOICE = frozenset({"hidden", "not chosen", "not allowed", "beyond first"})
"""The user's own doing: on such a row only what was lost is written."""

ALWAYS_REPORTED = frozenset({"unknown", "busy"})
"""Reasons that count for the outcome even on rows that were not chosen this time."""

NO_ROWS = Choices(rows=frozenset())


def restore(session: SessionT) -> tuple[SessionT, Written | None]:
    """Write what the sheet lost, what a sort moved, and what a run that died had no time to write.

    The journal alone knows it: Collect is not asked.

    Returns:
        the session, with what the sheet shows now; what was written, if anything.
    """
    if session.journal.take_over():
        session = with_news(session)
    if session.account is None:
        return session, None
    truth = session.truth()
    everyone = {row.number for row in session.book.rows}
    cells = row_cells(truth, session.known, ())
    results, written = _write(session, truth, cells, everyone)
    if written is None:
        return session, None
    return with_news(session, _book_after(session, results, written)), written


def keep_typed_ids(session: Connected) -> Connected:
    """Keep contact IDs that were only learned for a claim, and that its row gives by now: they are certain then.

    So a user parts two people who share an address: each row is given its contact ID.
    """
    typed: dict[int, str] = {}
    for candidate in session.assessment.candidates.values():
        claim, contact_id = candidate.standing.claim, candidate.person.id
        if claim is None or candidate.standing.word not in {"sent", "unknown"}:
            continue
        if contact_id in set(claim.keys).difference(claim.own):
            typed[claim.id] = contact_id
    if not typed:
        return session
    session.journal.keep_typed_ids(typed)
    return with_news(session)


def look_elsewhere(session: Connected, choices: Choices) -> Connected:
    """Ask Collect, once a campaign, who was asked already by others; these people are then left out.

    Raises:
        CollectUnavailable: a list could not be read to its end, and the user did not choose to send anyway.
    """
    planned = _planned(session, choices)
    others = campaign_ids(session.book.campaigns, session.account.campaigns) - {campaign.id for _, campaign in planned}
    if go_on(session.context, others, session.patience):
        session = with_news(session)
        planned = _planned(session, choices)
    campaigns = dict.fromkeys(campaign for _, campaign in planned)
    found = ask_elsewhere(session.context, campaigns, choices, session.known.aliases, session.patience)
    if found.learned:
        session = with_news(session)
    warnings = (*session.warnings, *found.warnings)
    session = replace(session, elsewhere=found.requests, lists=found.lists, warnings=warnings)
    return _asking_again(session, planned) if choices.even_if_asked else session


def _asking_again(session: Connected, planned: Sequence[tuple[Row, Campaign]]) -> Connected:
    """Return a session that leaves no one out, although others have asked; its warnings say how many there are."""
    known, again = session.known, 0
    for row, campaign in planned:
        person = person_of(row.contact)
        if request_of_others(session.elsewhere, campaign.id, person, known.keys(person), known.aliases):
            again += 1
    warnings = session.warnings
    if again:
        warning = f"{again} of these people were asked already, by requests that were not made from here."
        warnings = (*warnings, warning)
    return replace(session, elsewhere=NO_REQUESTS, warnings=warnings)


def _planned(session: Session, choices: Choices) -> Sequence[tuple[Row, Campaign]]:
    if session.book.option_problems:
        return ()
    return sort_rows(session.assessment, choices).planned


def _not_compared(why: str) -> Advice:
    return Advice(f"Earlier sends were not compared: {why}.", (Remedy.CHECK_ACCOUNT,))


def prepare(session: Session, choices: Choices) -> Prepared:
    """Make the plan from what is known now; no network is used.

    Args:
        session: the workbook; where the account is not known well enough, the plan says that nothing was compared.
        choices: which rows.
    """
    session.book.require_rows(choices.rows)
    note = None
    if session.account is None:
        note = _not_compared("nothing is known of the account yet")
    elif not isinstance(session, Identified) and not _campaigns_are_open(session):
        note = _not_compared("Collect last showed no such open campaign")
        session = without_account(session)
    room = Room.of(session.limits, session.account, session.journal, session.now())
    assessment = session.assessment
    if session.book.option_problems:
        # No row can be right while the options sheet is wrong: only the problems are shown.
        assessment = assess_rows((), session.account, session.known)
    plan = make_plan(assessment, choices, session.account, elsewhere=session.elsewhere, most=room.most)
    warnings = list(session.warnings)
    people_below = below_gaps(session.book.rows, plan)
    if people_below:
        warnings.append(people_below)
    if plan.beyond_cap:
        warnings.append(left_words(room.why, plan.beyond_cap))
    return Prepared(session.book, session.account, choices, plan, note, tuple(warnings), room, session.refusal)


def finish(
    session: Identified,
    report: Report,
    prepared: Prepared,
    seen: frozenset[int] = frozenset(),
    again: Collection[int] = (),
) -> Finished:
    """Write the results of a run, or of a look-up, and say how every row stands.

    Args:
        session: knowing what the run did (``with_news``).
        report: what the run did.
        prepared: what was to be sent.
        seen: claims whose request Collect showed today.
        again: rows that were written while the run was on: they are written whole, whatever the file shows by now.
    """
    report.leave(prepared.plan, prepared.room.why)
    truth = session.truth()
    report.free(_freed(truth, prepared))
    open_requests = asked_rows(truth, session.known)
    cells = row_cells(truth, session.known, _attempted(report, prepared))
    for row, claim in open_requests.items():
        if claim.id in seen:
            cells[row] = {**cells[row], "result.checkedOn": moment_text(session.now())}
    cells |= _cells_of_report(report, prepared, cells)
    by_choice = {each.row for each in prepared.plan.left_out if each.reason in LEFT_BY_CHOICE}
    written, failure = None, None
    try:
        _, written = _write(session, truth, cells, by_choice, again=again)
    except CollectXlError as error:  # whatever was sent is in the journal; the next run writes it
        failure = error
    return Finished(
        report=report,
        rows=row_ends(session.book.rows, cells, prepared.plan.left_out),
        left_out=_reported(truth, by_choice),
        written=written,
        failure=failure,
        undelivered=tuple(row for row, claim in open_requests.items() if is_undelivered(claim)),
    )


def _cells_of_report(report: Report, prepared: Prepared, cells: Mapping[int, Cells]) -> dict[int, Cells]:
    """Return the cells of rows of which the run knows more than the journal: those left, those asked meanwhile."""
    known_better: dict[int, Cells] = {}
    for row in report.beyond:
        if cells.get(row, {}).get("result.status") == "skipped":
            known_better[row] = {**cells[row], "result.error": LEFT}
    for planned in prepared.plan.rows:
        if planned.number in report.asked_meanwhile:
            known_better[planned.number] = asked_meanwhile_cells(planned, report.asked_meanwhile[planned.number])
    return known_better


def finish_without_news(
    session: Session, report: Report, prepared: Prepared, outcomes: Mapping[int, Outcome], error: CollectXlError
) -> Finished:
    """Write what the answers said of each row, where the journal can no longer be read.

    Args:
        session: as before the run.
        report: what the run did.
        prepared: what was to be sent.
        outcomes: by row, as the answers gave them.
        error: why the journal cannot be read.
    """
    report.leave(prepared.plan, prepared.room.why)
    cells = {row: outcome_cells(outcome, session.now()) for row, outcome in outcomes.items()}
    written = None
    try:
        _, written = _write(session, session.truth(), cells, set(), again=outcomes)
    except CollectXlError:  # the journal is the news; whatever was sent is in it
        written = None
    return Finished(
        report=report,
        rows=row_ends(session.book.rows, cells, prepared.plan.left_out),
        left_out=tuple(each for each in prepared.plan.left_out if each.reason in ALWAYS_REPORTED),
        written=written,
        failure=error,
    )


def finish_without_sending(session: Identified, seen: frozenset[int] = frozenset()) -> Finished:
    """Write what the journal knows now beside every row; nothing was sent."""
    return finish(session, Report(session.run.id), prepare(session, NO_ROWS), seen)


def save(session: SessionT) -> tuple[SessionT, Written | None]:
    """Write what the journal knows now beside every row, while the run goes on."""
    session = with_news(session)
    truth = session.truth()
    results, written = _write(session, truth, row_cells(truth, session.known, ()), set(), is_over=False)
    if written is None:
        return session, None
    return with_news(session, _book_after(session, results, written)), written


def open_requests(session: Session) -> Mapping[int, Claim]:
    """Return the claim of each row whose request is open at Collect, as the journal last heard."""
    if session.account is None:
        return {}
    return asked_rows(session.truth(), session.known)


def kept_items(session: Session) -> Mapping[str, KeptItems]:
    """Return the items of requests as of the last look, by request ID."""
    if session.account is None:
        return {}
    return session.journal.items(session.account.origin, session.account.team.id)


def _campaigns_are_open(session: Session) -> bool:
    account = session.account
    return account is not None and all(is_open(text, account.campaigns) for text in session.book.campaigns)


def _attempted(report: Report, prepared: Prepared) -> frozenset[int]:
    """Return the rows that were to be sent, without those that another run holds."""
    return (prepared.plan.row_numbers - report.held.keys()) | set(report.beyond)


def _freed(truth: Sorted, prepared: Prepared) -> list[int]:
    """Return the rows that were unknown when the plan was made, and that nothing holds any more."""
    unknown = {each.row for each in prepared.plan.left_out if each.reason == "unknown"}
    return [row.number for row, _ in truth.planned if row.number in unknown]


def _reported(truth: Sorted, by_choice: set[int]) -> tuple[LeftOut, ...]:
    return tuple(each for each in truth.left_out if each.row not in by_choice or each.reason in ALWAYS_REPORTED)


def _write(
    session: Session,
    truth: Sorted,
    cells: Mapping[int, Cells],
    by_choice: set[int],
    *,
    again: Collection[int] = (),
    is_over: bool = True,
) -> tuple[list[RowResult], Written | None]:
    """Write what differs from what the sheet shows; while the run is not over, into the workbook itself alone."""
    results = row_results(
        truth,
        session.known,
        cells,
        session.result_fields,
        by_choice=by_choice,
        may_link=may_link,
        zone=session.zone,
        again=again,
    )
    workbook = session.workbook
    if results:
        written = workbook.write(results) if is_over else workbook.fill_in(results)
        return results, replace(written, notes=(*written.notes, *workbook.add_links()))
    notes = workbook.add_links()  # for the batches that were written while the run was on
    return results, replace(workbook.write(()), notes=notes) if notes else None


def _book_after(session: Session, results: list[RowResult], written: Written) -> Book:
    """Return the book as the sheet shows it after a write of our own."""
    is_elsewhere = written.path != session.run.workbook
    if written.moved or written.lost or is_elsewhere:  # the file was changed meanwhile, or is not the one that was read
        return read_book(session.workbook)
    rows: dict[int, Checked] = {row.number: row for row in session.book.rows}
    for result in results:
        row = rows[result.row]
        if isinstance(row, Row | Rejected):
            rows[result.row] = with_written(row, result)
    return replace(session.book, rows=tuple(rows.values()))
