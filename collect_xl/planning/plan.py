"""From checked rows to a plan: batches of at most 50 in sheet order, and a reason for every row left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from collect_xl.domain.garbage import pause_garbage_search
from collect_xl.domain.identity import round_key
from collect_xl.domain.model import Account, Campaign, Claim, Options, Problem, Row
from collect_xl.domain.rows import Choices, LeftOut
from collect_xl.planning.asked_again import NO_ONE, AskedAgain, NewCampaign, NewRound, asked_again
from collect_xl.planning.eligibility import NO_REQUESTS, Assessment, Elsewhere, Sorted, sort_rows
from collect_xl.planning.history import Known
from collect_xl.planning.payload import (
    MOST_CONTACTS,
    ContactPayload,
    body_of,
    contact_payload,
    content_digest,
    options_payload,
)


@dataclass(frozen=True, slots=True)
class Batch:
    """One call to Collect, frozen when the plan is made."""

    number: int
    campaign: Campaign
    round: str
    options: Mapping[str, Any]
    """The body without its contacts."""
    rows: tuple[Row, ...]

    @property
    def contacts(self) -> tuple[ContactPayload, ...]:
        """What is sent of each row's person, in the same order; made each time, since 100,000 of them fill 50 MB."""
        return tuple(contact_payload(row.contact) for row in self.rows)

    def only(self, numbers: Iterable[int]) -> Batch:
        """Return the call for some of its rows alone.

        Args:
            numbers: of rows, whether they are in this call or not.
        """
        chosen = frozenset(numbers)
        return replace(self, rows=tuple(row for row in self.rows if row.number in chosen))

    def one_by_one(self) -> Iterator[Batch]:
        """Yield a call for each of its rows."""
        for row in self.rows:
            yield replace(self, rows=(row,))

    @property
    def body(self) -> str:
        """The JSON text."""
        return body_of(self.options, self.contacts)


def rows_of(batches: Iterable[Batch]) -> tuple[Row, ...]:
    """Return the rows of some calls, in the order of the calls."""
    return tuple(row for batch in batches for row in batch.rows)


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be sent, exactly, and what would not."""

    batches: tuple[Batch, ...]
    left_out: tuple[LeftOut, ...]
    """In sheet order."""
    again: AskedAgain = NO_ONE
    """Who of these people was asked in other rounds, or in other campaigns of the same name."""
    freed: int = 0
    """Planned rows whose earlier request was cancelled."""
    known_contacts: int = 0
    """Planned people whose contact Collect has already, by an ID in the row or by what it named before."""
    fingerprint: str | None = None
    """None while the account is not known: no one may approve what was not compared."""

    @property
    def new_rounds(self) -> tuple[NewRound, ...]:
        """The rounds that ask people again."""
        return self.again.rounds

    @property
    def new_campaigns(self) -> tuple[NewCampaign, ...]:
        """The campaigns behind names that meant other campaigns before."""
        return self.again.campaigns

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with options, as only Collect could tell; an option of many rows once."""
        return tuple(dict.fromkeys(problem for each in self.left_out for problem in each.problems))

    @property
    def beyond_cap(self) -> tuple[int, ...]:
        """The rows that are left for the next run, because no more people may be asked."""
        return tuple(each.row for each in self.left_out if each.reason == "beyond cap")

    @property
    def people(self) -> frozenset[str]:
        """Each person with all that would be sent to them, as digests, so that a later plan can be compared.

        What they were asked elsewhere is a part of it: who was asked since is another matter than the one approved.
        """
        digests = set()
        for batch in self.batches:
            call = [batch.campaign.id, round_key(batch.round), batch.options]
            for row, contact in zip(batch.rows, batch.contacts, strict=True):
                asked = sorted(self.again.claims.get(row.number, ()))
                text = json.dumps([call, contact, asked], sort_keys=True)
                digests.add(hashlib.sha256(text.encode()).hexdigest()[:24])
        return frozenset(digests)

    @property
    def rows(self) -> tuple[Row, ...]:
        """The rows that would be sent, in the order of the calls."""
        return rows_of(self.batches)

    @property
    def row_numbers(self) -> frozenset[int]:
        """The numbers of the rows that would be sent."""
        return frozenset(row.number for row in self.rows)

    @property
    def size(self) -> int:
        """How many people would be asked."""
        return len(self.rows)


def make_plan(
    assessment: Assessment,
    choices: Choices,
    account: Account | None,
    *,
    elsewhere: Elsewhere = NO_REQUESTS,
    most: int | None = None,
) -> Plan:
    """Decide for every row whether it is sent, and in which batch.

    Args:
        assessment: all rows of the sheet, with what is known of them.
        choices: what the user chose.
        account: None when nothing is known of it yet; campaigns are then taken as they are written.
        elsewhere: requests that others made.
        most: how many people the limits allow; None for all.
    """
    with pause_garbage_search():
        rows = sort_rows(assessment, choices, elsewhere)
    chosen = rows.planned[: choices.first]
    kept = chosen[:most]
    beyond_cap = [LeftOut(row.number, "beyond cap") for row, _ in chosen[len(kept) :]]
    beyond_first = [LeftOut(row.number, "beyond first") for row, _ in rows.planned[len(chosen) :]]
    left_out = sorted((*rows.left_out, *beyond_cap, *beyond_first), key=lambda each: each.row)
    batches = tuple(_batches(rows, kept, account.team.zone if account else "UTC"))
    again = asked_again(batches, assessment.known, account.campaigns if account else ())
    contacts = _known_contacts(batches, assessment.known)
    return Plan(batches, tuple(left_out), again, rows.freed, contacts, _fingerprint(batches, choices, account, again))


@dataclass(slots=True)
class _Group:
    """Rows that share a call: one campaign, one round, equal options."""

    campaign: Campaign
    options: dict[str, Any]
    rows: list[Row] = field(default_factory=list)

    def batch(self, number: int, rows: Iterable[Row]) -> Batch:
        """Return a call for some of the rows."""
        in_order = tuple(sorted(rows, key=lambda row: row.number))
        return Batch(number, self.campaign, in_order[0].options.round, self.options, in_order)


def _batches(rows: Sorted, planned: Sequence[tuple[Row, Campaign]], zone: str) -> Iterator[Batch]:
    """Yield batches of rows with equal effective options, each in sheet order.

    Rows by address go out before rows by contact ID: their answers teach whose address it is, so that a person who
    is in one row by address and in another by ID is seen to be one. What was refused before goes out alone.
    """
    groups = list(_groups(planned, zone))
    calls = [*_calls_of_many(groups, rows.refused), *_calls_of_one(groups, rows.refused)]
    for number, (group, of_call) in enumerate(calls, 1):
        yield group.batch(number, of_call)


def _calls_of_many(groups: Iterable[_Group], refused: Collection[int]) -> Iterator[tuple[_Group, Sequence[Row]]]:
    """Yield the calls of rows that were not refused before, those by address first."""
    unrefused = [(group, [row for row in group.rows if row.number not in refused]) for group in groups]
    for belongs in (_is_by_address, _is_by_id):
        for group, rows in unrefused:
            part = list(filter(belongs, rows))
            for start in range(0, len(part), MOST_CONTACTS):
                yield group, part[start : start + MOST_CONTACTS]


def _calls_of_one(groups: Iterable[_Group], refused: Mapping[int, Claim]) -> Iterator[tuple[_Group, Sequence[Row]]]:
    """Yield a call for each row that was refused before."""
    singles = [(group, row) for group in groups for row in group.rows if row.number in refused]
    # A row that was refused alone, and is as it was, comes last: nothing is held up by it.
    singles.sort(key=lambda each: (_is_refused_again(each[0], each[1], refused), each[1].number))
    for group, row in singles:
        yield group, [row]


def _is_by_address(row: Row) -> bool:
    return not row.contact.id


def _is_by_id(row: Row) -> bool:
    return bool(row.contact.id)


def _is_refused_again(group: _Group, row: Row, refused: Mapping[int, Claim]) -> bool:
    claim = refused[row.number]
    return claim.why == "refused alone" and claim.content == content_digest(group.options, row.contact)


def _groups(planned: Iterable[tuple[Row, Campaign]], zone: str) -> Iterable[_Group]:
    """Group rows by what their call says; options may be written differently and mean the same."""
    group_of_written: dict[tuple[str, Options], _Group] = {}
    group_of_meaning: dict[tuple[str, str], _Group] = {}
    for row, campaign in sorted(planned, key=_row_number):
        written = (campaign.id, row.options)
        group = group_of_written.get(written)
        if group is None:
            options = options_payload(row.options, campaign.id, zone)
            meaning = (round_key(row.options.round), json.dumps(options, sort_keys=True))
            group = group_of_meaning.setdefault(meaning, _Group(campaign, options))
            group_of_written[written] = group
        group.rows.append(row)
    return group_of_meaning.values()


def _row_number(planned: tuple[Row, Campaign]) -> int:
    return planned[0].number


def _known_contacts(batches: Iterable[Batch], known: Known) -> int:
    """Return how many people Collect has as contacts, as far as is known here."""
    count = 0
    for row in rows_of(batches):
        count += bool(row.contact.id or known.has_contact(row.contact.email))
    return count


def _fingerprint(batches: Iterable[Batch], choices: Choices, account: Account | None, again: AskedAgain) -> str | None:
    """Return ten letters over exactly what would be sent, who is asked again, and the choices that cut it."""
    if account is None:
        return None
    rows = None if choices.rows is None else sorted(choices.rows)
    what = {
        "to": [account.origin, account.team.id],
        "choices": [choices.first, rows, choices.only_to, choices.include_hidden, choices.send_edited],
        "elsewhere": [choices.recent, choices.even_if_asked],
    }
    digest = hashlib.sha256(json.dumps(what, sort_keys=True).encode())
    for batch in batches:
        digest.update(f"\n{json.dumps(round_key(batch.round))} {batch.body}".encode())
    for row, claims in sorted(again.claims.items()):
        digest.update(f"\n{row} {sorted(claims)}".encode())
    return digest.hexdigest()[:10]
