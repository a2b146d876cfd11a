"""Rows that were sent from another computer: looked up at Collect, and remembered here as Collect describes them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from collect_xl.domain.identity import (
    Pairs,
    Person,
    compare,
    consistent_pairs,
    keys_of,
    person_of,
    person_of_request,
    round_key,
)
from collect_xl.domain.model import Account, Campaign, Claim, Listing, RemoteRequest, Row, Scope
from collect_xl.domain.ports import Adopted, Context
from collect_xl.domain.rows import LeftOut, by_row, claims_of, filled
from collect_xl.domain.why import TAKEN_OVER
from collect_xl.errors import CampaignError
from collect_xl.planning.asked_elsewhere import keeps
from collect_xl.planning.campaigns import find_campaign
from collect_xl.planning.eligibility import Sorted
from collect_xl.planning.history import Known, bound_claim
from collect_xl.planning.standing import shown_status
from collect_xl.remedies import Remedy

TODO = (
    "Look it up on the computer that sent it, or if that one is lost, empty the row's result "
    "cells: the next send then checks again who was asked in Collect."
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person said of the rows to take over."""

    round: str
    """In which they were sent, wherever that was."""
    rows: frozenset[int] | None = None
    """None for all."""
    default_round: str = ""
    """What the options sheet says; a row with another round of its own belongs to that one."""

    def chosen(self, row: int) -> bool:
        """Return whether a row is among those that were said."""
        return self.rows is None or row in self.rows


@dataclass(frozen=True, slots=True)
class Left:
    """A row that shows another person's request and is not taken over, and why."""

    row: int
    words: str


@dataclass(frozen=True, slots=True)
class Adoption:
    """What would be taken over, as Collect describes it."""

    round: str
    """As it was said."""
    found: Mapping[str, tuple[Adopted, ...]]
    """Campaign id -> rows that are remembered as sent, or as unknown where Collect has nothing for them."""
    left: tuple[Left, ...]

    @property
    def rows(self) -> tuple[Adopted, ...]:
        """Every row that is taken over, in sheet order."""
        return tuple(sorted((each for some in self.found.values() for each in some), key=lambda each: each.row))


@dataclass(frozen=True, slots=True)
class _Stranger:
    """A row that says that it was sent, which this journal does not know."""

    row: Row
    person: Person
    pairs: Pairs

    @property
    def shown(self) -> str:
        """The request id that is on it."""
        return self.row.seen.get("result.requestId", "").strip()

    def owns(self, request: RemoteRequest) -> bool:
        """Return whether a request is certainly this contact's."""
        return compare(self.person, person_of_request(request), self.pairs) == "same"


def look_up(context: Context, truth: Sorted, wanted: Wanted, known: Known, *, recent: timedelta) -> Adoption:
    """Ask Collect about every row that was sent from another computer; one listing a campaign, nothing is changed.

    Args:
        context: whose account it is, Collect and the journal.
        truth: how all rows stand by what this journal knows.
        wanted: what was said.
        known: what this journal knows.
        recent: how long a request that is done may be the one of a row that shows no id.
    """
    found: dict[str, tuple[Adopted, ...]] = {}
    account = context.account
    strangers, left = _strangers(truth, wanted, account, known)
    for campaign, rows in strangers.items():
        try:
            listing = context.collect.listing(campaign.id)
        except CampaignError as gone:
            left += [Left(each.row.number, str(gone.advice)) for each in rows]
            continue
        bound = context.journal.bound(account.origin, listing.ids)
        looking = _Looking(campaign, listing, bound, {each.shown for each in rows}, listing.started - recent)
        for each in rows:
            looking.judge(each)
        left += looking.left
        found[campaign.id] = tuple(looking.taken)
    return Adoption(wanted.round, found, tuple(sorted(left, key=lambda each: each.row)))


def adopt(context: Context, adoption: Adoption) -> tuple[Left, ...]:
    """Remember what was looked up, each campaign in one write; return the rows already held by a claim here."""
    account = context.account
    held: list[Left] = []
    for campaign, rows in adoption.found.items():
        scope = Scope(account.origin, account.team.id, campaign, round_key(adoption.round))
        requests = [each.request for each in rows if each.request is not None]
        context.journal.learn(account.origin, account.team.id, sorted(consistent_pairs(requests)))
        lost = context.journal.adopt(context.run, scope, rows, context.collect.server_offset)
        for row, claim in lost.items():
            by = claim.request_id or claim.state
            held.append(Left(row, f"This send history has the contact in this round already: {by}."))
    return tuple(held)


def taken_over_rows(truth: Sorted, known: Known) -> dict[int, Claim]:
    """Return the rows that were taken over, in whatever round, with their claims.

    A row that was taken over into the wrong round shows a request of the wrong round, though it is in another one.
    """
    claims = claims_of(truth.left_out)
    taken = {}
    for row in filled(truth.rows):
        claim = bound_claim(row, known) or claims.get(row.number)
        if claim is not None and claim.why in TAKEN_OVER:
            taken[row.number] = claim
    return taken


def stranger_rows(truth: Sorted) -> tuple[int, ...]:
    """Return the rows that say that they were sent, and of which this journal knows nothing."""
    return tuple(each.row for each in truth.left_out if _is_stranger(each))


def _is_stranger(each: LeftOut) -> bool:
    return each.claim is None and each.reason in {"elsewhere", "unknown"}


def _may_be_a_strangers(each: LeftOut) -> bool:
    """Return whether a row may have been sent, since its status column says something."""
    return _is_stranger(each) or each.reason == "typed"


def _strangers(
    truth: Sorted, wanted: Wanted, account: Account, known: Known
) -> tuple[dict[Campaign, list[_Stranger]], list[Left]]:
    """Return the rows to look up by campaign, and those that show a request of others and cannot be looked up."""
    reasons = by_row(truth.left_out)
    strangers: dict[Campaign, list[_Stranger]] = {}
    left: list[Left] = []
    for row in filled(truth.rows):
        each = reasons.get(row.number)
        if each is None or not wanted.chosen(row.number):
            continue
        if isinstance(row, Row) and _may_be_a_strangers(each):
            if _is_of_the_round(row, wanted):
                campaign = find_campaign(row.options.campaign, account.campaigns)
                strangers.setdefault(campaign, []).append(_Stranger(row, person_of(row.contact), known.aliases))
            else:
                words = f'The row says round "{row.options.round}". {Remedy.TAKE_OVER_ROUND.value}'
                left.append(Left(row.number, words))
        elif each.reason in {"invalid", "duplicate"} and _shows_strange_id(row.seen, known):
            left.append(Left(row.number, f"The row is {each.reason}: {each.words}"))
    return strangers, left


def _is_of_the_round(row: Row, wanted: Wanted) -> bool:
    """Return whether a row belongs to the round that was said; who names rows means exactly these."""
    own = round_key(row.options.round)
    return wanted.rows is not None or own in {round_key(wanted.round), round_key(wanted.default_round)}


def _shows_strange_id(seen: Mapping[str, str], known: Known) -> bool:
    shown = seen.get("result.requestId", "").strip()
    return bool(shown) and shown not in known.bound


class _Looking:
    """One listing of a campaign, held against the rows that others sent in it.

    Args:
        campaign: whose listing it is.
        listing: every request of it.
        bound: ids of requests that this journal knows.
        shown: ids that rows show: these requests are theirs.
        since: a request that is done counts for a row without an id only from here on.
    """

    def __init__(
        self, campaign: Campaign, listing: Listing, bound: Collection[str], shown: Collection[str], since: datetime
    ) -> None:
        self._name, self._complete = campaign.called, listing.complete
        self._by_id = listing.by_id
        self._free = [each for each in listing.requests if each.id not in bound and each.id not in shown]
        self._how_far = ". Is the row of another campaign or team, or was the request deleted there?"
        if not listing.complete:
            self._how_far = " so far; its list could not be read to its end. Run adopt again."
        self._since = since
        self._row_of: dict[str, int] = {}
        """Request ID -> the first row that shows it; a request is on one row."""
        self.taken: list[Adopted] = []
        """What rows will be remembered as."""
        self.left: list[Left] = []

    def judge(self, stranger: _Stranger) -> None:
        """Find out what a row will be remembered as, or why it is left."""
        end = self._end_of(stranger)
        if isinstance(end, Left):
            self.left.append(end)
        else:
            self.taken.append(end)

    def _end_of(self, stranger: _Stranger) -> Adopted | Left:
        if stranger.shown:
            return self._by_shown_id(stranger)
        portal = stranger.row.seen.get("result.portalUrl", "").strip()
        mine = [each for each in self._free if stranger.owns(each)]
        behind = [each for each in mine if each.portal_url == portal]
        if portal and len(behind) == 1:
            return self._taken(stranger, behind[0], "the portal link is on the row")
        return self._by_contact(stranger, mine)

    def _by_shown_id(self, stranger: _Stranger) -> Adopted | Left:
        request = self._by_id.get(stranger.shown)
        number = stranger.row.number
        if request is None:
            return Left(number, f"Collect shows no request {stranger.shown} in {self._name}{self._how_far}")
        other_row = self._row_of.setdefault(request.id, number)
        if other_row != number:
            return Left(number, f"Request {request.id} is on row {other_row}, too. Clear it on one of the rows.")
        if not stranger.owns(request):
            whose = request.email or request.contact_id or "a person Collect does not name"
            return Left(number, f"Request {request.id} is of {whose}, not of this row's contact.")
        return self._taken(stranger, request, "")

    def _by_contact(self, stranger: _Stranger, mine: Sequence[RemoteRequest]) -> Adopted | Left:
        """Judge a row without an id by the only request that may be its own; of two, neither is certain."""
        number, status = stranger.row.number, shown_status(stranger.row.seen)
        if not self._complete:
            return Left(number, "Collect's list of requests could not be read to its end. Run adopt again.")
        counting = [each for each in mine if keeps(each, self._since)]
        ids = ", ".join(f"{each.id}, {each.status}" for each in mine)
        if len(counting) == 1:
            return self._taken(stranger, counting[0], "the contact's only open or recent request")
        if counting:
            return Left(number, f"Collect shows several of this contact ({ids}); only you know which is meant.")
        if mine:
            return Left(number, f"Collect shows only requests that are done or cancelled ({ids}). {TODO}")
        if status == "unknown":
            return Adopted(number, keys_of(stranger.row.contact), None)
        return Left(number, f"Collect shows no request of this contact in {self._name}. {TODO}")

    def _taken(self, stranger: _Stranger, request: RemoteRequest, by: str) -> Adopted:
        return Adopted(stranger.row.number, keys_of(stranger.row.contact), request, by)
