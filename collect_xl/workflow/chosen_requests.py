"""Which requests a change is about, and what a typed due date means."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

from collect_xl.domain.due_dates import UnclearDateError, instant, is_past, read_due, times_around_gap
from collect_xl.domain.model import Claim
from collect_xl.errors import AccountError, CollectUnavailable, UsageError
from collect_xl.remedies import Remedy
from collect_xl.workflow.dialogue import ChangeFront
from collect_xl.workflow.session import Connected
from collect_xl.workflow.steps import open_requests


def chosen_requests(online: Connected, chosen: frozenset[int] | str, front: ChangeFront) -> Mapping[int, Claim]:
    """Return the open requests that will be changed, by row.

    Args:
        online: the workbook.
        chosen: row numbers, or the ID of a run.
        front: receives the rows and requests that cannot be changed from here, and those that may not be ours.

    Raises:
        UsageError: none of the rows is a contact's, or the run has no open request in this sheet.
    """
    if isinstance(chosen, str):
        requests = _requests_of_run(online, chosen, front)
    else:
        requests = _requests_of_rows(online, chosen, front)
    front.not_named(dates_of_found(online, requests))
    return requests


def _requests_of_rows(online: Connected, chosen: frozenset[int], front: ChangeFront) -> Mapping[int, Claim]:
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


def dates_of_found(online: Connected, requests: Mapping[int, Claim]) -> Mapping[int, datetime | None]:
    """Return when Collect made the requests that no answer named, by row; None where it does not say.

    A list alone gave them to their rows, and a colleague may have made one in the same minute: people see the date
    before such a request is cancelled or changed.
    """
    found = {row: claim for row, claim in requests.items() if claim.why == "found in list"}
    created: dict[str, datetime | None] = {}
    for campaign in dict.fromkeys(claim.scope.campaign for claim in found.values()):
        with suppress(AccountError, CollectUnavailable):  # what Collect does not show has no date, and is said so
            listing = online.collect.listing(campaign)
            created |= {request.id: request.created for request in listing.requests}
    return {row: created.get(claim.request_id) for row, claim in found.items()}


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
