"""Who is sent and who is not: each row assessed by what is known, then sorted by what the user chose."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from collect_xl.domain.identity import (
    Likeness,
    Pairs,
    Person,
    compare,
    id_key,
    mail_key,
    person_of,
    person_of_request,
    round_key,
)
from collect_xl.domain.model import Account, Blank, Campaign, Claim, Rejected, RemoteRequest, Row
from collect_xl.domain.people_index import PeopleIndex
from collect_xl.domain.problems import said, said_in_cell
from collect_xl.domain.rows import Checked, Choices, LeftOut, valid
from collect_xl.domain.why import Why
from collect_xl.errors import CampaignError
from collect_xl.planning.campaigns import CampaignFinder, closed_error
from collect_xl.planning.held_out import left_out_by_mark, left_out_by_twin
from collect_xl.planning.history import Known, bound_claim
from collect_xl.planning.names import AS_WRITTEN, Resolver
from collect_xl.planning.reasons import alike_words, asked_elsewhere_words, standing_words, twin_words
from collect_xl.planning.sheet_people import People
from collect_xl.planning.standing import Standing, carries_evidence, shown_status, stand

Scope = tuple[str, str]
"""Campaign and round (compared form), in which a person is asked once."""

Elsewhere = Mapping[tuple[str, str], tuple[RemoteRequest, ...]]
"""Campaign and key of a person -> requests that this journal did not make, newest first, which may keep the person from
being asked."""

NO_REQUESTS: Elsewhere = MappingProxyType({})

REFUSED_BEFORE: frozenset[Why] = frozenset({"absent after refusal", "refused alone"})
"""Why claims are free that a refusal of Collect was about."""

_OUTSIDE_LIMITS = "Outside the addresses that this run may write to."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid row of a campaign that exists, with what is known of its person."""

    row: Row
    campaign: Campaign
    scope: Scope
    person: Person
    keys: Collection[str]
    """Every key by which a row or a claim of the same person is found."""
    standing: Standing

    @property
    def shows_its_claim(self) -> bool:
        """Whether the row itself carries what makes it not free."""
        if self.standing.word in {"elsewhere", "typed", "edited"}:
            return True
        shown = self.row.seen.get("result.requestId", "").strip()
        claim = self.standing.claim
        return bool(shown) and claim is not None and claim.request_id == shown

    @property
    def own_claim(self) -> Claim | None:
        """The claim that holds this very person; None where nothing does, or it may be another person's."""
        if self.standing.word in {"free", "ask"}:
            return None
        return self.standing.claim

    @property
    def was_claimed_here(self) -> bool:
        """Whether the claim was made for a row of this number: only a hint, since sorting moves numbers."""
        return self.standing.claim is not None and self.standing.claim.row == self.row.number


@dataclass(frozen=True, slots=True)
class Assessment:
    """All rows with what is known of them; it holds until something is learned, whatever the user chooses."""

    rows: tuple[Checked, ...]
    candidates: Mapping[int, Candidate]
    """By row number."""
    campaign_errors: Mapping[int, CampaignError]
    """Valid rows whose campaign cannot be determined, by row number."""
    known: Known
    resolver: Resolver
    people: People
    """Everyone in the sheet."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The sheet's rows, sorted into those that are sent and those that are left out."""

    rows: tuple[Checked, ...]
    planned: tuple[tuple[Row, Campaign], ...]
    left_out: tuple[LeftOut, ...]
    freed: int = 0
    """Planned rows whose earlier request was cancelled."""
    refused: Mapping[int, Claim] = field(default_factory=dict)
    """Planned rows that were refused before, alone or with their batch: each goes out alone."""


def assess_rows(
    rows: Sequence[Checked], account: Account | None, known: Known, resolver: Resolver = AS_WRITTEN
) -> Assessment:
    """Find out for every row how its person stands.

    Args:
        rows: all rows of the sheet, in order.
        account: None when nothing is known of it; campaigns are then taken as they are written.
        known: what the journal knows of these people.
        resolver: replaces names by what Collect calls them.
    """
    valid_rows = tuple(valid(rows))
    people = People({row.number: person_of(row.contact) for row in valid_rows}, known)
    campaigns = CampaignFinder(account)
    candidates: dict[int, Candidate] = {}
    errors: dict[int, CampaignError] = {}
    for row in valid_rows:
        campaign = campaigns.find(row.options.campaign)
        if isinstance(campaign, CampaignError):
            errors[row.number] = campaign
            continue
        person = people.of_row[row.number]
        standing = stand(row, person, campaign.id, known, people.has)
        scope = (campaign.id, round_key(row.options.round))
        candidates[row.number] = Candidate(row, campaign, scope, person, known.keys(person), standing)
    return Assessment(tuple(rows), candidates, errors, known, resolver, people)


def sort_rows(assessment: Assessment, choices: Choices, elsewhere: Elsewhere = NO_REQUESTS) -> Sorted:
    """Decide for every row whether it is sent, or why not: one pass, in sheet order.

    Args:
        assessment: what is known of the rows.
        choices: what the user chose.
        elsewhere: requests that others made.
    """
    sorting = _Sorting(assessment, choices, elsewhere)
    left_out = []
    for row in assessment.rows:
        reason = sorting.place(row)
        if reason is not None:
            left_out.append(reason)
    return Sorted(assessment.rows, tuple(sorting.planned), tuple(left_out), sorting.freed, sorting.refused)


def request_of_others(
    elsewhere: Elsewhere, campaign: str, person: Person, keys: Iterable[str], pairs: Pairs
) -> RemoteRequest | None:
    """Return a request that others made for a person, or for someone who may be this person.

    Args:
        elsewhere: requests of others, by campaign and key.
        campaign: its ID.
        person: a row's.
        keys: by which the person's requests are found.
        pairs: which IDs and addresses Collect showed together.
    """
    for key in keys:
        for request in elsewhere.get((campaign, key), ()):
            if compare(person, person_of_request(request), pairs) != "different":
                return request
    return None


class _Sorting:
    """One pass over the rows: who is planned, and which people each row speaks for."""

    def __init__(self, assessment: Assessment, choices: Choices, elsewhere: Elsewhere) -> None:
        self.planned: list[tuple[Row, Campaign]] = []
        self.freed = 0
        self.refused: dict[int, Claim] = {}
        self._assessment = assessment
        self._choices = choices
        self._elsewhere = elsewhere
        self._row_of_claim: dict[int, int] = {}
        """Claim -> the row that it belongs to."""
        self._speakers = defaultdict[Scope, PeopleIndex[Candidate]](partial(PeopleIndex, assessment.known.aliases))
        """The rows that speak for people, by scope."""
        self._held_out: set[int] = set()
        """Rows that the list holds out."""
        self._reserve()

    def _reserve(self) -> None:
        """Note for everyone who is not free which row speaks for the person.

        A row that shows the person's request comes first, then the one that was sent, so that its results do not move
        to a twin above it. A twin without results is never sent while another row shows that the person was asked
        from another computer.
        """
        held = [each for each in self._assessment.candidates.values() if each.standing.word != "free"]
        # The sort is stable: among equals the order of the sheet decides.
        held.sort(key=lambda each: (not each.shows_its_claim, not each.was_claimed_here))
        for candidate in held:
            if candidate.own_claim is not None:
                self._row_of_claim.setdefault(candidate.own_claim.id, candidate.row.number)
            self._speak(candidate)
        # A person held out by one row is asked by no other row, whichever of them comes first.
        for candidate in self._assessment.candidates.values():
            if candidate.standing.word == "free" and candidate.row.skip is not None:
                self._held_out.add(candidate.row.number)
                self._speak(candidate)

    def _speak(self, candidate: Candidate) -> None:
        """Let a row speak for its person: other rows of the same person are duplicates from now on."""
        self._speakers[candidate.scope].add(candidate, candidate.person, candidate.keys)

    def place(self, row: Checked) -> LeftOut | None:
        """Plan a row, or return why it is left out."""
        if isinstance(row, Blank):
            return LeftOut(row.number, "blank")
        if self._choices.rows is not None and row.number not in self._choices.rows:
            return LeftOut(row.number, "not chosen")
        candidate = self._assessment.candidates.get(row.number)
        if candidate is not None:
            return self._place_candidate(candidate)
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden")
        return self._left_out_without_person(row)

    def _left_out_without_person(self, row: Row | Rejected) -> LeftOut:
        """Return why a row is left out that is wrong, or whose campaign cannot be determined."""
        is_stray = self._shows_a_strangers_result(row)
        if row.skip is not None:
            return left_out_by_mark(row, row.skip, stray=is_stray)
        if isinstance(row, Rejected):
            return LeftOut(row.number, "invalid", said(row.problems), said_in_cell(row.problems), stray=is_stray)
        return self._invalid(row, self._assessment.campaign_errors[row.number], is_stray=is_stray)

    def _place_candidate(self, candidate: Candidate) -> LeftOut | None:
        row, standing = candidate.row, candidate.standing
        alike = self._alike(candidate)
        same = [number for number, likeness in alike if likeness == "same"]
        sends_edited = standing.word == "edited" and self._choices.send_edited
        if standing.word == "free" or sends_edited:
            return self._held_out_by_list(candidate, same) or self._place_sendable(candidate, alike, same)
        duplicate = self._duplicate(candidate, same)
        if duplicate is not None:
            return duplicate
        reason = "unknown" if _is_unknown_elsewhere(candidate) else standing.word
        words = standing_words(standing, row)
        return LeftOut(row.number, reason, words, claim=standing.claim, stray=standing.stray)

    def _place_sendable(
        self, candidate: Candidate, alike: Sequence[tuple[int, Likeness]], same: Sequence[int]
    ) -> LeftOut | None:
        """Plan a row that nothing holds, unless another row speaks for its person, or it is hidden or unwelcome."""
        row, standing = candidate.row, candidate.standing
        duplicate = self._duplicate(candidate, same)
        if duplicate is not None:
            return duplicate
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden", stray=standing.stray)
        refusal = closed_error(candidate.campaign)
        if refusal is not None:
            return self._invalid(row, refusal, is_stray=standing.stray)
        return self._place_free(candidate, alike)

    def _duplicate(self, candidate: Candidate, same: Sequence[int]) -> LeftOut | None:
        """Return that a row's person is spoken for by another row, where one is."""
        twin = self._twin(candidate, same)
        if twin is None:
            return None
        standing = candidate.standing
        words, cell = twin_words(f"in row {twin}"), twin_words(f"{self._who(twin)} in another row")
        return LeftOut(candidate.row.number, "duplicate", words, cell, standing.claim, stray=standing.stray)

    def _alike(self, candidate: Candidate) -> list[tuple[int, Likeness]]:
        """Return the other rows that speak for the same person, or may do so."""
        alike = self._speakers[candidate.scope].alike(candidate.person, candidate.keys)
        return [(other.row.number, likeness) for other, likeness in alike if other is not candidate]

    def _held_out_by_list(self, candidate: Candidate, same: Sequence[int]) -> LeftOut | None:
        """Return why the list itself forbids to ask a row's person, by a mark on this row or on a twin's."""
        row, stray = candidate.row, candidate.standing.stray
        if row.skip is not None:
            return left_out_by_mark(row, row.skip, stray=stray)
        for twin in same:
            if twin in self._held_out:
                return left_out_by_twin(row, twin, self._who(twin), stray=stray)
        return None

    def _twin(self, candidate: Candidate, same: Sequence[int]) -> int | None:
        """Return the other row that speaks for this person, if there is one.

        A row with a claim of its own is no other row's duplicate.
        """
        claim, own_row = candidate.own_claim, candidate.row.number
        if claim is None:
            return next(iter(same), None)
        row = self._row_of_claim.get(claim.id, own_row)
        return row if row != own_row else None

    def _place_free(self, candidate: Candidate, alike: Sequence[tuple[int, Likeness]]) -> LeftOut | None:
        """Plan a row that nothing holds, unless its options, another's request or ``--only-to`` forbid it."""
        stray = candidate.standing.stray
        row = self._assessment.resolver.resolve(candidate.row, candidate.campaign.id)
        if isinstance(row, tuple):
            return LeftOut(candidate.row.number, "invalid", said(row), said_in_cell(row), stray=stray, problems=row)
        request = self._request_of_others(candidate)
        if request is not None:
            words = asked_elsewhere_words(request, may_be_ours=self._may_be_ours(candidate))
            return LeftOut(row.number, "asked elsewhere", words, stray=stray)
        if alike:
            other_row, _ = alike[0]
            words, cell = alike_words(f"in row {other_row}"), alike_words(self._who(other_row))
            return LeftOut(row.number, "ask", words, cell, stray=stray)
        self._speak(candidate)
        if self._choices.only_to and not self._is_allowed(row):
            return LeftOut(row.number, "not allowed", _OUTSIDE_LIMITS, stray=stray)
        self._plan(candidate, row)
        return None

    def _plan(self, candidate: Candidate, row: Row) -> None:
        """Plan a row, and note what its person's last claim came to."""
        claim = candidate.standing.claim
        if claim is not None:
            self.freed += claim.state == "cancelled"
            if claim.why in REFUSED_BEFORE:
                self.refused[row.number] = claim
        self.planned.append((row, candidate.campaign))

    def _request_of_others(self, candidate: Candidate) -> RemoteRequest | None:
        """Return a request that others made for this person, or for someone who may be this person."""
        if not self._elsewhere:
            return None
        pairs = self._assessment.known.aliases
        return request_of_others(self._elsewhere, candidate.campaign.id, candidate.person, candidate.keys, pairs)

    def _may_be_ours(self, candidate: Candidate) -> bool:
        """Return whether a request from here whose answer was lost may be the one that Collect shows."""
        known = self._assessment.known
        claims = [known.lost.get((candidate.campaign.id, key)) for key in candidate.keys]
        return any(claim is not None and not known.is_anothers(claim, candidate.person) for claim in claims)

    def _invalid(self, row: Row, error: CampaignError, *, is_stray: bool) -> LeftOut:
        """Leave out a row whose campaign takes nothing, with all else that is wrong in it."""
        # What was sent before is not made wrong by a date that has passed since.
        problems = () if carries_evidence(row.seen) else self._assessment.resolver.problems(row)
        words = f"{error.advice} {said(problems)}".strip()
        cell = f"{error.advice} {said_in_cell(problems)}".strip()
        return LeftOut(row.number, "invalid", words, cell, stray=is_stray, problems=problems)

    def _who(self, row: int) -> str:
        """Return what a message calls the person of another row."""
        contact = self._assessment.candidates[row].row.contact
        return contact.email or contact.id or ""

    def _shows_a_strangers_result(self, row: Row | Rejected) -> bool:
        """Return whether the results on an invalid row belong to another person.

        Of a row that can be read that is anyone else; of one that cannot, only someone who is in the sheet.
        """
        known = self._assessment.known
        if isinstance(row, Row):
            return known.shows_anothers(row)
        claim = bound_claim(row, known)
        return claim is not None and self._assessment.people.has(claim)

    def _is_allowed(self, row: Row) -> bool:
        """Return whether this run may write to the row's person; an ID goes to the addresses that Collect named."""
        contact = row.contact
        if contact.id:
            keys: Iterable[str] = self._assessment.known.aliases.get(id_key(contact.id), ())
        else:
            keys = [mail_key(contact.email)]
        addresses = [key.partition(":")[2] for key in keys]
        if not addresses:
            return False
        return all(_fits(address, self._choices.only_to) for address in addresses)


def _is_unknown_elsewhere(candidate: Candidate) -> bool:
    """Return whether the sheet says that another computer sent the row, and does not know what became of it."""
    status = shown_status(candidate.row.seen)
    return candidate.standing.word == "elsewhere" and status == "unknown"


def _fits(address: str, limits: Sequence[str]) -> bool:
    """Return whether an address is one of the limits, or ends in one that begins with ``@``."""
    # In the form of keys, so that a domain means the same in whatever spelling.
    canonical = [mail_key(limit).removeprefix("mail:") for limit in limits]
    domains = tuple(limit for limit in canonical if limit.startswith("@"))
    return address in canonical or address.endswith(domains)
