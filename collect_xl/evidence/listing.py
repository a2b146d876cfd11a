"""What a list of a campaign's requests proves about claims whose outcome is not known; the law is design section 5.

A clock is a hint for people, never proof: what decides is what earlier lists showed, and who a request is for.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from collect_xl.domain.identity import (
    Pairs,
    Person,
    keys_to_look_up,
    person_of_claim,
    person_of_request,
)
from collect_xl.domain.model import Claim, Listing, Outcome, RemoteRequest
from collect_xl.domain.people_index import PeopleIndex
from collect_xl.domain.ports import Unsettled
from collect_xl.domain.why import Why

CLOCK_TOLERANCE = timedelta(seconds=5)
"""What two clocks that were compared through a ``Date`` header of whole seconds may still differ by."""

FAR_OFF = timedelta(hours=48)
"""A request whose own time is further away than this from the call is not bound by a list alone, for any person."""

NO_ANSWER_NAMED: frozenset[Why] = frozenset({"found in list", "taken over", "person said"})
"""Why claims are sent whose request no answer to a call of this journal named."""

Blindness = Literal["", "broken off", "other key", "lagging"]
"""Why a list proves no absence: it was not read to its end; another key posted, which may see other requests; it does
not show yet what an answer has named already."""


@dataclass(frozen=True, slots=True)
class View:
    """A list of a campaign, with what is known of its requests."""

    listing: Listing
    bound: Collection[str]
    """IDs of requests that are a claim's already."""
    listed: Mapping[str, int]
    """ID of a request of others -> number of the list that showed it first."""
    claims: Sequence[Claim]
    """Every claim of the campaign, of every round."""
    pairs: Pairs
    key_print: Callable[[str], str]
    """Hash of a salt and the key with which the list was read."""
    number: int | None = None
    """Of the list, in the journal; None where it could not be read to its end."""

    def named_since(self, batch: int) -> frozenset[str]:
        """Return the IDs of requests that answers to a batch, or to a later one, have named."""
        later = [claim for claim in self.claims if claim.batch >= batch and claim.why not in NO_ANSWER_NAMED]
        return frozenset(claim.request_id for claim in later) - {""}


@dataclass(frozen=True, slots=True)
class Doubt:
    """Requests that may be a claim's, and why that is not certain."""

    requests: tuple[RemoteRequest, ...]
    why: Literal["several", "two claims", "far off", "which contact", "older"]


@dataclass(slots=True)
class Findings:
    """What a list says of the claims that were looked for."""

    found: dict[int, RemoteRequest] = field(default_factory=dict)
    doubtful: dict[int, Doubt] = field(default_factory=dict)
    blocked: dict[int, tuple[RemoteRequest, ...]] = field(default_factory=dict)
    """Claims that the list does not show, and new requests for no one we know, one of which may be theirs."""
    missing: set[int] = field(default_factory=set)
    """Claims that the list does not show; that proves their absence only where it can see."""


def window(batch: Unsettled, listing: Listing, late: timedelta) -> tuple[float, float]:
    """Return when the server may have made a batch's requests, by its own clock, as seconds since 1970.

    Only for batches of journals without a base, and for words.

    Args:
        batch: claimed and ended by our clock.
        listing: with the server's offset, where the batch has none.
        late: how long after the end a request may still appear.
    """
    offset = listing.server_offset if batch.server_offset is None else batch.server_offset
    tolerance = CLOCK_TOLERANCE + timedelta(seconds=listing.round_trip)
    if offset is None:  # no Date header was ever seen: an hour covers every clock that TLS accepts
        tolerance += timedelta(hours=1)
    shift = timedelta(seconds=offset or 0.0)
    since = batch.claimed_at + shift - tolerance
    until = batch.quiet_from + shift + late + tolerance
    return since.timestamp(), until.timestamp()


def broken_off(listing: Listing) -> str:
    """Return what to say of a list that is not complete, behind its name."""
    return "could not be read to its end" + (f": {listing.limit}" if listing.limit else "")


def blindness(batch: Unsettled, view: View) -> Blindness:
    """Return why what a list lacks proves nothing about a batch; empty where it proves something."""
    if not view.listing.complete:
        return "broken off"
    salt, _, key_print = batch.base.key_print.partition(":")
    if salt and view.key_print(salt) != key_print:
        return "other key"
    if view.named_since(batch.batch).difference(view.listing.ids):
        return "lagging"
    return ""


def look(batches: Sequence[Unsettled], view: View, late: timedelta) -> Findings:
    """Compare claims of unknown outcome with a list.

    Args:
        batches: with their unknown claims.
        view: the list.
        late: how long after a call its requests may still appear, for batches of journals without a base.
    """
    return _Look(batches, view, late).findings()


def sent_outcome(claim: int, request: RemoteRequest, why: Why = "") -> Outcome:
    """Return the outcome of a claim whose request was found, with the keys that the request teaches."""
    return Outcome(claim, "sent", request=request, keys=tuple(sorted(person_of_request(request).keys)), why=why)


@dataclass(frozen=True, slots=True)
class _Sought:
    """A claim to look for."""

    claim: Claim
    person: Person
    keys: Collection[str]
    """Every key by which the person is found."""
    batch: Unsettled


class _Look:
    """One list, held against batches."""

    def __init__(self, batches: Sequence[Unsettled], view: View, late: timedelta) -> None:
        self._view = view
        self._windows = {batch.batch: window(batch, view.listing, late) for batch in batches}
        self._sought = list(_claims_to_look_for(batches, view.pairs))
        self._sought_of = PeopleIndex[_Sought](view.pairs)
        for each in self._sought:
            self._sought_of.add(each, each.person, each.keys)
        self._open_claims_of = _open_claims(view)
        self._same: defaultdict[int, list[RemoteRequest]] = defaultdict(list)
        self._perhaps: defaultdict[int, list[RemoteRequest]] = defaultdict(list)
        self._strangers = [*self._give_all(), *self._surplus()]
        self._contacts = frozenset(person_of_request(request).id for request in view.listing.requests)

    def _give_all(self) -> Iterator[RemoteRequest]:
        """Note of each request whose it may be; yield those that are of no one for certain."""
        for request in self._view.listing.requests:
            if request.id in self._view.bound:
                continue
            person = person_of_request(request)
            keys = keys_to_look_up(person, self._view.pairs)
            if not self._give(request, person, keys) and not self._is_of_an_open_claim(person, keys):
                yield request

    def _give(self, request: RemoteRequest, person: Person, keys: Collection[str]) -> bool:
        """Note whose request this may be; return whether it is someone's for certain."""
        found = {"same": self._same, "ask": self._perhaps}
        is_someones = False
        for each, likeness in self._sought_of.alike(person, keys):
            if self._is_new(request, each.batch):
                found[likeness][each.claim.id].append(request)
                is_someones |= likeness == "same"
        return is_someones

    def _surplus(self) -> Sequence[RemoteRequest]:
        """Return the requests of people who have several, or several open claims: some may be someone else's.

        Where Collect merges two contacts, it shows what was made for the one as the other's; where it shows no IDs, as
        that of any person with the same address. As many requests as open claims prove nothing either: the call of one
        claim may have made nothing, and the request be that of the contact that was merged.
        """
        claims_of_request = Counter(request.id for requests in self._same.values() for request in requests)
        surplus: dict[str, RemoteRequest] = {}
        for requests in self._same.values():
            is_shared = any(claims_of_request[request.id] > 1 for request in requests)
            if len(requests) > 1 or is_shared:
                surplus |= {request.id: request for request in requests}
        return tuple(surplus.values())

    def _is_new(self, request: RemoteRequest, batch: Unsettled) -> bool:
        """Return whether a request was not there before a batch was claimed."""
        if batch.base.list_number is not None:
            first = self._view.listed.get(request.id)
            return first is None or first > batch.base.list_number
        if request.created is None:
            return True
        since, until = self._windows[batch.batch]
        return since <= request.created.timestamp() <= until

    def findings(self) -> Findings:
        """Return what the list says of each claim."""
        findings = Findings()
        for each in self._sought:
            number = each.claim.id
            candidates = [*self._same[number], *self._perhaps[number]]
            if candidates:
                doubt = self._doubt(each, candidates)
                if doubt is None:
                    findings.found[number] = candidates[0]
                else:
                    findings.doubtful[number] = doubt
                continue
            strangers = tuple(request for request in self._strangers if self._may_be_of(request, each))
            if strangers:
                findings.blocked[number] = strangers
            else:
                findings.missing.add(number)
        return findings

    def _doubt(self, each: _Sought, candidates: Sequence[RemoteRequest]) -> Doubt | None:
        """Return why the requests that may be a claim's cannot be bound to it; None where the only one can."""
        requests = tuple(candidates)
        if len(requests) > 1:
            return Doubt(requests, "several")
        if self._perhaps[each.claim.id]:
            return Doubt(requests, "which contact")
        # Another call of ours to this person is open, too, in whatever round: the request may belong to that call.
        if self._has_another_open_claim(each):
            return Doubt(requests, "two claims")
        created = requests[0].created
        if created is None:
            return None if each.batch.base.list_number is not None else Doubt(requests, "older")
        since, until = self._windows[each.batch.batch]
        off = FAR_OFF.total_seconds()
        if not since - off <= created.timestamp() <= until + off:
            return Doubt(requests, "far off")
        return None

    def _is_of_an_open_claim(self, person: Person, keys: Collection[str]) -> bool:
        """Return whether a request is that of another call of ours, whose answer is lost or under way."""
        return any(likeness == "same" for _, likeness in self._open_claims_of.alike(person, keys))

    def _has_another_open_claim(self, each: _Sought) -> bool:
        open_claims = self._open_claims_of.alike(each.person, each.keys)
        return any(claim.id != each.claim.id for claim, _ in open_claims)

    def _may_be_of(self, stranger: RemoteRequest, each: _Sought) -> bool:
        """Return whether a new request for no one we know may still have been made for a claim.

        Collect may spell an address in its own way, and merge contacts.
        """
        if not self._is_new(stranger, each.batch):
            return False
        # Collect accepted the call of a row that its answer does not name: whatever appeared may be this row's.
        if not each.person.id or each.claim.why in {"not named", "other name"}:
            return True
        known_mails = self._view.pairs.get(each.person.id, frozenset()).union(each.person.mails)
        has_its_address = not known_mails.isdisjoint(person_of_request(stranger).mails)
        return has_its_address or each.person.id not in self._contacts


def _claims_to_look_for(batches: Sequence[Unsettled], pairs: Pairs) -> Iterator[_Sought]:
    for batch in batches:
        for claim in batch.claims:
            person = person_of_claim(claim)
            yield _Sought(claim, person, keys_to_look_up(person, pairs), batch)


def _open_claims(view: View) -> PeopleIndex[Claim]:
    """Return the claims of the campaign whose request is not known, of every round, by their people.

    A person who said that one was sent has not said which request it is: a new one is probably that claim's.
    """
    index = PeopleIndex[Claim](view.pairs)
    for claim in view.claims:
        was_said = claim.why == "person said" and claim.state == "sent" and not claim.request_id
        if was_said or claim.state in {"intent", "unknown"}:
            person = person_of_claim(claim)
            index.add(claim, person, keys_to_look_up(person, view.pairs))
    return index


def shown_ids(requests: Iterable[RemoteRequest], most: int = 5) -> str:
    """Return the IDs of some requests, for people."""
    ids = [request.id for request in requests]
    more = f" and {len(ids) - most} more" if len(ids) > most else ""
    return ", ".join(ids[:most]) + more
