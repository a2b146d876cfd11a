"""From checked rows to a plan: batches of at most 50 in sheet order, and a reason for every row left out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collect_xl.domain.identity import keys_of, round_key
from collect_xl.domain.model import Account, Campaign, EarlierRound, Options, Problem, Row
from collect_xl.domain.rows import Checked, Choices, LeftOut
from collect_xl.planning.eligibility import Triage
from collect_xl.planning.history import NOTHING_KNOWN, Known
from collect_xl.planning.names import AS_WRITTEN, Resolver
from collect_xl.planning.payload import MOST_CONTACTS, ContactPayload, body_of, contact_payload, options_payload

__all__ = ["Batch", "NewRound", "Plan", "make_plan"]


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
        """What is said of each row's person, in the same order; made anew, since 100,000 of them fill 50 MB."""
        return tuple(contact_payload(row.contact) for row in self.rows)

    def body(self, rows: Iterable[int]) -> str:
        """Return the JSON text for some of its rows: those that were won."""
        wanted = set(rows)
        return body_of(self.options, (contact_payload(row.contact) for row in self.rows if row.number in wanted))


@dataclass(frozen=True, slots=True)
class NewRound:
    """A round in which nobody was asked yet, while some of its people were asked in earlier ones."""

    campaign: Campaign
    round: str
    earlier: tuple[EarlierRound, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be sent, exactly, and what would not."""

    batches: tuple[Batch, ...]
    left_out: tuple[LeftOut, ...]
    """In sheet order."""
    new_rounds: tuple[NewRound, ...] = ()
    freed: int = 0
    """Planned rows whose earlier request was cancelled."""
    fingerprint: str | None = None
    """None while the account is not known: nobody may approve what was not compared."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with options, as only Collect could tell; an option of many rows once."""
        return tuple(dict.fromkeys(each.problem for each in self.left_out if each.problem))

    @property
    def beyond_cap(self) -> tuple[int, ...]:
        """The rows that are left for the next run, because no more people may be asked."""
        return tuple(each.row for each in self.left_out if each.reason == "beyond cap")

    @property
    def people(self) -> frozenset[str]:
        """Each person with all that would be sent to her, as digests: what a preview showed can be held against."""
        return frozenset(
            hashlib.sha256(json.dumps([of, contact], sort_keys=True).encode()).hexdigest()[:24]
            for batch in self.batches
            for of in [[batch.campaign.id, round_key(batch.round), batch.options]]
            for contact in batch.contacts
        )

    @property
    def size(self) -> int:
        """How many people would be asked."""
        return sum(len(batch.rows) for batch in self.batches)


def make_plan(
    rows: Sequence[Checked],
    choices: Choices,
    account: Account | None,
    known: Known = NOTHING_KNOWN,
    resolver: Resolver = AS_WRITTEN,
    room: int | None = None,
) -> Plan:
    """Decide for every row whether it is sent, and in which batch.

    Args:
        rows: all rows of the sheet, in order.
        choices: what the user said.
        account: None when nothing is known of it yet; campaigns are then taken as they are written.
        known: what the journal knows of these people.
        resolver: puts what Collect calls them in the place of names.
        room: how many people the caps allow; None: all.
    """
    triage = Triage(rows, choices, account, known, resolver)
    planned, left_out = _cut(triage.planned, choices.first, room)
    batches = tuple(_batches(planned, account.team.zone if account else "UTC"))
    everybody_else = tuple(sorted((*triage.left_out, *left_out), key=lambda each: each.row))
    new_rounds = tuple(_new_rounds(batches, known))
    return Plan(batches, everybody_else, new_rounds, triage.freed, _fingerprint(batches, choices, account))


def _cut(
    planned: list[tuple[Row, Campaign]], first: int | None, room: int | None
) -> tuple[list[tuple[Row, Campaign]], list[LeftOut]]:
    """Keep the first N planned rows, counted after all exclusions, and of these what the caps allow."""
    chosen = planned[:first]
    kept = chosen[:room]
    beyond = [LeftOut(row.number, "beyond cap") for row, _ in chosen[len(kept) :]]
    return kept, [*beyond, *(LeftOut(row.number, "beyond first") for row, _ in planned[len(chosen) :])]


def _batches(planned: Iterable[tuple[Row, Campaign]], zone: str) -> Iterable[Batch]:
    """Yield batches of rows with equal effective options, each in sheet order."""
    alike: dict[tuple[str, Options], list[Row]] = {}
    campaigns: dict[str, Campaign] = {}
    for row, campaign in planned:
        campaigns[campaign.id] = campaign
        alike.setdefault((campaign.id, row.options), []).append(row)
    groups: dict[tuple[str, str], tuple[Campaign, dict[str, Any], list[Row]]] = {}
    for (campaign_id, written), rows in alike.items():  # options may be written differently and mean the same
        options = options_payload(written, campaign_id, zone)
        group = (round_key(written.round), json.dumps(options, sort_keys=True))
        groups.setdefault(group, (campaigns[campaign_id], options, []))[2].extend(rows)
    number = 0
    for campaign, options, unsorted in groups.values():
        rows = sorted(unsorted, key=lambda row: row.number)
        for start in range(0, len(rows), MOST_CONTACTS):
            number += 1
            part = tuple(rows[start : start + MOST_CONTACTS])
            yield Batch(number, campaign, part[0].options.round, options, part)


def _new_rounds(batches: Iterable[Batch], known: Known) -> Iterable[NewRound]:
    if not known.held:
        return
    people: dict[tuple[str, str], tuple[Batch, list[str]]] = {}
    for batch in batches:
        keys = people.setdefault((batch.campaign.id, round_key(batch.round)), (batch, []))[1]
        keys += [key for row in batch.rows for key in known.keys(keys_of(row.contact))]
    for (campaign, round_), (batch, keys) in people.items():
        earlier = known.earlier_rounds(campaign, round_, keys) if known.is_new_round(campaign, round_) else ()
        if earlier:
            yield NewRound(batch.campaign, batch.round, earlier)


def _fingerprint(batches: Iterable[Batch], choices: Choices, account: Account | None) -> str | None:
    """Return ten letters over exactly what would be sent, and over the choices that cut it."""
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
        digest.update(f"\n{json.dumps(round_key(batch.round))} {body_of(batch.options, batch.contacts)}".encode())
    return digest.hexdigest()[:10]
