"""Which requests a change is about, and what a typed due date means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from collect_xl.domain.due_dates import UnclearDateError, instant, is_past, read_due, times_around_gap
from collect_xl.domain.model import Claim
from collect_xl.errors import UsageError
from collect_xl.remedies import Remedy
from collect_xl.workflow.dialogue import ChangeFront
from collect_xl.workflow.session import Connected
from collect_xl.workflow.steps import open_requests


def chosen_requests(online: Connected, chosen: frozenset[int] | str, front: ChangeFront) -> Mapping[int, Claim]:
    """Return the open requests that will be changed, by row.

    Args:
        online: the workbook.
        chosen: row numbers, or the ID of a run.
        front: receives the rows and requests that cannot be changed from here.

    Raises:
        UsageError: none of the rows is a contact's, or the run has no open request in this sheet.
    """
    if isinstance(chosen, str):
        return _requests_of_run(online, chosen, front)
    online.book.require_rows(chosen)
    requests = open_requests(online)
    idle = sorted(chosen - requests.keys())
    if idle:
        front.without_request(idle)
    return {row: claim for row, claim in requests.items() if row in chosen}


def _requests_of_run(online: Connected, run: str, front: ChangeFront) -> Mapping[int, Claim]:
    requests = {row: claim for row, claim in open_requests(online).items() if claim.run == run}
    if not requests:
        raise UsageError(
            f"No row of this sheet has an open request that run {run} sent.",
            tip="The summary of each send names its run.",
            remedies=(Remedy.FIND_RUN,),
        )
    of_run = {claim.id for claim in online.known.held.values() if claim.run == run and claim.state == "sent"}
    elsewhere = len(of_run) - len(requests)
    if elsewhere:
        front.elsewhere(elsewhere)
    return requests


def due_moment(text: str, zone: str, now: datetime) -> str:
    """Return a due date as Collect takes it.

    Args:
        text: as people type it.
        zone: the team's.
        now: an aware moment.

    Raises:
        UsageError: the date is unclear or past.
    """
    try:
        due = read_due(text.strip())
    except UnclearDateError as error:
        raise UsageError(f'Due date: found "{text}"; expected {error.expected}.', tip=error.todo) from None
    if is_past(due, now, zone):
        raise UsageError(f"Due date: {text} is past.", tip="Give a date in the future.")
    around = times_around_gap(due, zone)
    if around is not None:
        before, after = (f"{each:%H:%M}" for each in around)
        raise UsageError(
            f"Due date: {text} does not exist: the clocks of {zone} skip that time.",
            tip=f"Give {before} or {after} instead.",
        )
    return instant(due, zone)
