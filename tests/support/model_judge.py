"""Holds a journal against the log of the Collect in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from collect_xl.domain.model import Claim, Row
from support.model_collect import Made, Person


def judged(requests: Sequence[Made], claims: Sequence[Claim], people_of_rows: Mapping[int, Person]) -> list[str]:
    """Return what must never be: who was asked twice, freed too early, or is shown another's request."""
    return [*_asked_twice(requests), *_freed_too_early(requests, claims), *_bound(requests, claims, people_of_rows)]


def forgotten_people(rows: Sequence[Row], people_of_rows: Mapping[int, Person], states: Mapping[int, str]) -> list[str]:
    """Return who is not sent in the end, where nothing but the network and Collect itself failed.

    Two open calls to one person in two rounds only a person can tell apart.
    """
    rows_of_person: dict[int, list[Row]] = {}
    for row in rows:
        rows_of_person.setdefault(people_of_rows[row.number].number, []).append(row)
    faults = []
    for number, of_person in rows_of_person.items():
        is_refused = people_of_rows[of_person[0].number].is_refused
        rounds = {row.options.round for row in of_person}
        ends = [states.get(row.number) for row in of_person]
        if not is_refused and len(rounds) == 1 and "sent" not in ends:
            faults.append(f"forgotten: person {number}, rows {[row.number for row in of_person]}: {ends}")
    return faults


def _asked_twice(made: Sequence[Made]) -> list[str]:
    """Return who has two requests from us in one campaign and round, the first not cancelled before the second."""
    of_place: dict[tuple[int, str, str], list[Made]] = {}
    for each in made:
        if each.claim is not None:
            of_place.setdefault((each.person.number, each.campaign, each.round), []).append(each)
    faults = []
    for place, requests in of_place.items():
        requests.sort(key=lambda each: each.at)
        for earlier, later in pairwise(requests):
            if earlier.cancelled_at is None or earlier.cancelled_at > later.at:
                faults.append(f"asked twice: person {place}: {earlier.id} and {later.id}")
    return faults


def _freed_too_early(made: Sequence[Made], claims: Sequence[Claim]) -> list[str]:
    """Return claims of which it is said that nothing was done, although Collect made a request, or will."""
    request_of_claim = {each.claim: each for each in made if each.claim is not None}
    return [
        f"row {claim.row} is {claim.state} ({claim.why}), and {request_of_claim[claim.id].id} was made for it"
        for claim in claims
        if claim.state in {"not_sent", "refused"} and claim.id in request_of_claim
    ]


def _bound(made: Sequence[Made], claims: Sequence[Claim], people_of_rows: Mapping[int, Person]) -> list[str]:
    """Return claims with a request of another person, or with a colleague's that no list showed as theirs."""
    requests = {each.id: each for each in made}
    faults = []
    for claim in claims:
        request = requests.get(claim.request_id)
        if request is None:
            continue
        person = people_of_rows[claim.row]
        if person is not request.person and person is not request.shown:
            faults.append(f"row {claim.row} has request {request.id} of person {request.person.number}")
        if request.claim is None and claim.why != "found in list":
            faults.append(f"row {claim.row} has a colleague's request {request.id}, {claim.why!r}")
    return faults
