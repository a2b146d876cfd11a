"""Who is sent and who is not: each row assessed by what is known, then sorted by what the user chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from collect_xl.domain.identity import id_key, keys_of, mail_key, round_key
from collect_xl.domain.model import Account, Blank, Campaign, Problem, Rejected, RemoteRequest, Row
from collect_xl.domain.rows import Checked, Choices, LeftOut
from collect_xl.errors import CampaignError
from collect_xl.planning.campaigns import closed_error, find_campaign
from collect_xl.planning.history import Known
from collect_xl.planning.names import AS_WRITTEN, Resolver
from collect_xl.planning.reasons import asked_elsewhere_words, standing_words
from collect_xl.planning.standing import Standing, stand

Scope = tuple[str, str]
"""Campaign and round (compared form), in which a person is asked once."""

Elsewhere = Mapping[tuple[str, str], RemoteRequest]
"""Campaign and key of a person -> a request that this journal did not make, and that keeps the person from being
asked."""

NO_REQUESTS: Elsewhere = MappingProxyType({})

_OUTSIDE_LIMITS = "Outside the addresses that this run may write to (--only-to)."


@dataclass(frozen=True, slots=True)
class Candidate:
    """A valid row of a campaign that exists, with what is known of its person."""

    row: Row
    campaign: Campaign
    scope: Scope
    keys: tuple[str, ...]
    """Every key of the person, also those under which the journal holds the claim."""
    standing: Standing

    @property
    def shows_its_claim(self) -> bool:
        """Whether the row itself carries what makes it not free."""
        if self.standing.word in {"elsewhere", "edited"}:
            return True
        shown = self.row.seen.get("result.requestId", "").strip()
        claim = self.standing.claim
        return bool(shown) and claim is not None and claim.request_id == shown

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
    """Valid rows whose campaign cannot be told, by row number."""
    known: Known
    resolver: Resolver
    people: frozenset[str]
    """The keys of everyone in the sheet."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """The sheet's rows, sorted into those that are sent and those that are left out."""

    rows: tuple[Checked, ...]
    planned: tuple[tuple[Row, Campaign], ...]
    left_out: tuple[LeftOut, ...]
    freed: int = 0
    """Planned rows whose earlier request was cancelled."""


def assess_rows(
    rows: Sequence[Checked], account: Account | None, known: Known, resolver: Resolver = AS_WRITTEN
) -> Assessment:
    """Find out for every row where its person stands.

    Args:
        rows: all rows of the sheet, in order.
        account: None when nothing is known of it; campaigns are then taken as they are written.
        known: what the journal knows of these people.
        resolver: replaces names by what Collect calls them.
    """
    valid_rows = [row for row in rows if isinstance(row, Row)]
    keys_of_row = {row.number: known.keys(keys_of(row.contact)) for row in valid_rows}
    # Only a row that shows a request asks who else is in the sheet; without such rows the set is not needed.
    people = frozenset(key for keys in keys_of_row.values() for key in keys) if known.bound else frozenset()
    campaigns = _CampaignFinder(account)
    candidates: dict[int, Candidate] = {}
    errors: dict[int, CampaignError] = {}
    for row in valid_rows:
        campaign = campaigns.find(row.options.campaign)
        if isinstance(campaign, CampaignError):
            errors[row.number] = campaign
            continue
        keys = keys_of_row[row.number]
        standing = stand(row, keys, campaign.id, known, people)
        scope = (campaign.id, round_key(row.options.round))
        candidates[row.number] = Candidate(row, campaign, scope, _with_held_keys(keys, standing, known), standing)
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
    return Sorted(assessment.rows, tuple(sorting.planned), tuple(left_out), sorting.freed)


class _CampaignFinder:
    """Finds the campaign of a cell's text; each text is looked up once."""

    def __init__(self, account: Account | None) -> None:
        self._account = account
        self._found: dict[str, Campaign | CampaignError] = {}

    def find(self, written: str | None) -> Campaign | CampaignError:
        text = (written or "").strip()
        if text not in self._found:
            self._found[text] = self._look_up(text)
        return self._found[text]

    def _look_up(self, text: str) -> Campaign | CampaignError:
        if self._account is None:
            return Campaign(text, text, "")
        try:
            return find_campaign(text, self._account.campaigns)
        except CampaignError as error:
            return error


def _with_held_keys(keys: tuple[str, ...], standing: Standing, known: Known) -> tuple[str, ...]:
    """Add the keys under which the journal holds the person, so that a row with only those is no second person."""
    claim = standing.claim
    if claim is None or standing.word not in {"sent", "unknown", "busy"}:
        return keys
    if set(claim.keys).issubset(keys):
        return keys
    return known.keys((*keys, *claim.keys))


class _Sorting:
    """One pass over the rows: who is planned, and whom each person's row speaks for."""

    def __init__(self, assessment: Assessment, choices: Choices, elsewhere: Elsewhere) -> None:
        self.planned: list[tuple[Row, Campaign]] = []
        self.freed = 0
        self._assessment = assessment
        self._choices = choices
        self._elsewhere = elsewhere
        self._row_of_person: dict[Scope, dict[str, int]] = {}
        """For each scope: key of a person -> the row that speaks for the person."""
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
            rows = self._row_of_person.setdefault(candidate.scope, {})
            for key in candidate.keys:
                rows.setdefault(key, candidate.row.number)

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
        return LeftOut(row.number, "invalid", self._invalid_words(row), stray=self._shows_a_strangers_result(row))

    def _place_candidate(self, candidate: Candidate) -> LeftOut | None:
        row, standing = candidate.row, candidate.standing
        twin = self._twin(candidate)
        if twin is not None:
            words = f"The same person as in row {twin}, asked once. Delete one of the two rows, or type another round."
            return LeftOut(row.number, "duplicate", words, stray=standing.stray)
        sends_edited = standing.word == "edited" and self._choices.send_edited
        if standing.word != "free" and not sends_edited:
            reason = "unknown" if _is_unknown_elsewhere(candidate) else standing.word
            return LeftOut(row.number, reason, standing_words(standing, row), standing.claim, standing.stray)
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden", stray=standing.stray)
        refusal = closed_error(candidate.campaign)
        if refusal is not None:
            return LeftOut(row.number, "invalid", f"{refusal.message} {refusal.tip}", stray=standing.stray)
        return self._place_free(candidate)

    def _twin(self, candidate: Candidate) -> int | None:
        """Return the other row that speaks for this person, if there is one."""
        rows = self._row_of_person.get(candidate.scope, {})
        for key in candidate.keys:
            if key in rows:
                return rows[key] if rows[key] != candidate.row.number else None
        return None

    def _place_free(self, candidate: Candidate) -> LeftOut | None:
        """Plan a row that nothing holds, unless its options, another's request or ``--only-to`` forbid it."""
        stray = candidate.standing.stray
        row = self._assessment.resolver.resolve(candidate.row, candidate.campaign.id)
        if isinstance(row, Problem):
            return LeftOut(candidate.row.number, "invalid", str(row), stray=stray, problem=row)
        request = self._request_of_others(candidate)
        if request is not None:
            words = asked_elsewhere_words(request, may_be_ours=self._may_be_ours(candidate))
            return LeftOut(row.number, "asked elsewhere", words, stray=stray)
        rows = self._row_of_person.setdefault(candidate.scope, {})
        rows.update(dict.fromkeys(candidate.keys, row.number))
        if self._choices.only_to and not self._is_allowed(row):
            return LeftOut(row.number, "not allowed", _OUTSIDE_LIMITS, stray=stray)
        claim = candidate.standing.claim
        if claim is not None and claim.state == "cancelled":
            self.freed += 1
        self.planned.append((row, candidate.campaign))
        return None

    def _request_of_others(self, candidate: Candidate) -> RemoteRequest | None:
        if not self._elsewhere:
            return None
        for key in candidate.keys:
            request = self._elsewhere.get((candidate.campaign.id, key))
            if request is not None:
                return request
        return None

    def _may_be_ours(self, candidate: Candidate) -> bool:
        """Return whether a request from here whose answer was lost may be the one that Collect shows."""
        lost = self._assessment.known.lost
        return any((candidate.campaign.id, key) in lost for key in candidate.keys)

    def _invalid_words(self, row: Row | Rejected) -> str:
        if isinstance(row, Rejected):
            return " ".join(str(problem) for problem in row.problems)
        error = self._assessment.campaign_errors[row.number]
        return f"{error.message} {error.tip}"

    def _shows_a_strangers_result(self, row: Row | Rejected) -> bool:
        """Return whether the results on an invalid row belong to another person.

        Of a row that can be read that is anyone else; of one that cannot, only someone who is in the sheet.
        """
        known = self._assessment.known
        claim = known.bound.get(row.seen.get("result.requestId", "").strip())
        if claim is None:
            return False
        keys_of_claim = set(known.keys(claim.keys))
        if isinstance(row, Row):
            return keys_of_claim.isdisjoint(known.keys(keys_of(row.contact)))
        return not keys_of_claim.isdisjoint(self._assessment.people)

    def _is_allowed(self, row: Row) -> bool:
        """Return whether this run may write to the row's person; an ID goes to the addresses that Collect named."""
        contact = row.contact
        if contact.id:
            keys: Iterable[str] = self._assessment.known.aliases.get(id_key(contact.id), ())
        else:
            keys = [mail_key(contact.email or "")]
        addresses = [key.partition(":")[2] for key in keys]
        if not addresses:
            return False
        return all(_fits(address, self._choices.only_to) for address in addresses)


def _is_unknown_elsewhere(candidate: Candidate) -> bool:
    """Return whether the sheet says that another computer sent the row, and does not know what became of it."""
    status = candidate.row.seen.get("result.status", "").strip().casefold()
    return candidate.standing.word == "elsewhere" and status == "unknown"


def _fits(address: str, limits: Sequence[str]) -> bool:
    """Return whether an address is one of the limits, or ends in one that begins with ``@``."""
    domains = tuple(limit for limit in limits if limit.startswith("@"))
    return address in limits or address.endswith(domains)
