"""Decide for every row whether it is sent, or why not: one pass, in sheet order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from collect_xl.domain.identity import id_key, keys_of, mail_key, round_key
from collect_xl.domain.model import Account, Blank, Campaign, Problem, Rejected, RemoteRequest, Row
from collect_xl.domain.rows import Checked, Choices, LeftOut
from collect_xl.errors import CampaignError
from collect_xl.planning.campaigns import _closed, find_campaign
from collect_xl.planning.history import Known
from collect_xl.planning.names import AS_WRITTEN, Resolver
from collect_xl.planning.standing import TAKEN_OVER, Standing, answer_told, stand

__all__ = ["Triage"]

Scope = tuple[str, str]
"""Campaign and round (compared form), in which a person is asked once."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A valid row with all that decides about it."""

    row: Row
    campaign: Campaign
    keys: tuple[str, ...]
    standing: Standing

    @property
    def scope(self) -> Scope:
        return self.campaign.id, round_key(self.row.options.round)

    @property
    def is_unknown_elsewhere(self) -> bool:
        """Whether the sheet says that somebody sent it from another computer without learning what came of it."""
        status = self.row.seen.get("result.status", "").strip().casefold()
        return self.standing.word == "elsewhere" and status == "unknown"

    @property
    def shows(self) -> bool:
        """Whether the row itself carries what makes it not free."""
        claim, shown = self.standing.claim, self.row.seen.get("result.requestId", "").strip()
        return self.standing.word in {"elsewhere", "edited"} or bool(claim and shown and shown == claim.request_id)

    @property
    def was_sent(self) -> bool:
        """Whether the claim was made for a row of this number: a hint between twins, since sorting moves numbers."""
        return self.standing.claim is not None and self.standing.claim.row == self.row.number


class Triage:
    """The sheet's rows, sorted into planned and left out.

    Args:
        rows: all rows of the sheet, in order.
        choices: what the user said.
        account: None when nothing is known of it; campaigns are then taken as they are written.
        known: what the journal knows of these people.
        resolver: puts what Collect calls them in the place of names.
    """

    def __init__(
        self,
        rows: Sequence[Checked],
        choices: Choices,
        account: Account | None,
        known: Known,
        resolver: Resolver = AS_WRITTEN,
    ) -> None:
        self.rows = rows
        self.planned: list[tuple[Row, Campaign]] = []
        self.left_out: list[LeftOut] = []
        self.freed = 0
        self._choices, self._account, self._known = choices, account, known
        self._resolver = resolver
        self._campaigns: dict[str, Campaign | CampaignError] = {}
        self._taken: dict[Scope, dict[str, int]] = {}
        self._present: frozenset[str] = frozenset()
        cases = self._cases([row for row in rows if isinstance(row, Row)])
        self._reserve(cases.values())
        for row in rows:
            reason = self._place(row, cases.get(row.number))
            if reason is not None:
                self.left_out.append(reason)

    def _cases(self, rows: Sequence[Row]) -> dict[int, _Case]:
        """Return what is known of each row that names a campaign, by row number."""
        keys = {row.number: self._known.keys(keys_of(row.contact)) for row in rows}
        if self._known.bound:
            self._present = frozenset(key for each in keys.values() for key in each)
        cases = {}
        for row in rows:
            campaign = self._campaign(row)
            if isinstance(campaign, Campaign):
                standing = stand(row, keys[row.number], campaign.id, self._known, self._present)
                cases[row.number] = _Case(row, campaign, keys[row.number], standing)
        return cases

    def _reserve(self, cases: Iterable[_Case]) -> None:
        """Note for everybody whom something holds already which row speaks for the person.

        A row that shows the person's request comes first, then the one that was sent, so that its results do not move
        to a twin above it; and a twin without results is never sent while the other one shows that somebody sent it
        elsewhere.
        """
        held = [case for case in cases if case.standing.word != "free"]
        for case in sorted(held, key=lambda case: (not case.shows, not case.was_sent)):  # stable: then in sheet order
            taken = self._taken.setdefault(case.scope, {})
            for key in self._all_keys(case):
                taken.setdefault(key, case.row.number)

    def _place(self, row: Checked, case: _Case | None) -> LeftOut | None:
        if isinstance(row, Blank):
            return LeftOut(row.number, "blank")
        if self._choices.rows is not None and row.number not in self._choices.rows:
            return LeftOut(row.number, "not chosen")
        if case is not None:
            return self._place_case(case)
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden")
        return LeftOut(row.number, "invalid", self._wrong(row), stray=self._is_strangers(row))

    def _is_strangers(self, row: Row | Rejected) -> bool:
        """Tell whether the results on an invalid row are another person's, of an unreadable row: of one who is here."""
        claim = self._known.bound.get(row.seen.get("result.requestId", "").strip())
        if claim is None:
            return False
        theirs = set(self._known.keys(claim.keys))
        if isinstance(row, Row):
            return theirs.isdisjoint(self._known.keys(keys_of(row.contact)))
        return not theirs.isdisjoint(self._present)

    def _wrong(self, row: Row | Rejected) -> str:
        if isinstance(row, Rejected):
            return " ".join(str(problem) for problem in row.problems)
        campaign = self._campaign(row)
        return f"{campaign.message} {campaign.tip}" if isinstance(campaign, CampaignError) else ""

    def _place_case(self, case: _Case) -> LeftOut | None:
        row, standing = case.row, case.standing
        taken, keys = self._taken.setdefault(case.scope, {}), self._all_keys(case)
        twin = next((taken[key] for key in keys if key in taken), row.number)
        if twin != row.number:
            words = f"The same person as in row {twin}, asked once. Delete one of the two rows, or type another round."
            return LeftOut(row.number, "duplicate", words, stray=standing.stray)
        if standing.word != "free" and not (standing.word == "edited" and self._choices.send_edited):
            reason = "unknown" if case.is_unknown_elsewhere else standing.word
            return LeftOut(row.number, reason, _why(standing, row), standing.claim, standing.stray)
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden", stray=standing.stray)
        if refusal := _closed(case.campaign):
            return LeftOut(row.number, "invalid", f"{refusal.message} {refusal.tip}", stray=standing.stray)
        return self._place_free(case, keys)

    def _place_free(self, case: _Case, keys: Iterable[str]) -> LeftOut | None:
        """Plan a row that nothing holds, unless its options or ``--only-to`` forbid it."""
        row, standing = self._resolver.resolve(case.row, case.campaign.id), case.standing
        if isinstance(row, Problem):
            return LeftOut(case.row.number, "invalid", str(row), stray=standing.stray, problem=row)
        if request := self._known.asked_elsewhere(case.campaign.id, keys):
            may_be_ours = any((case.campaign.id, key) in self._known.lost for key in keys)
            words = _told(request, may_be_ours=may_be_ours)
            return LeftOut(row.number, "asked elsewhere", words, stray=standing.stray)
        self._taken[case.scope].update(dict.fromkeys(keys, row.number))
        if self._choices.only_to and not self._allowed(row):
            words = "Outside the addresses that this run may write to (--only-to)."
            return LeftOut(row.number, "not allowed", words, stray=standing.stray)
        self.freed += standing.claim is not None and standing.claim.state == "cancelled"
        self.planned.append((row, case.campaign))
        return None

    def _all_keys(self, case: _Case) -> tuple[str, ...]:
        """Return a person's keys, with those under which the journal holds her."""
        claim = case.standing.claim
        held = claim.keys if claim and case.standing.word in {"sent", "unknown", "busy"} else ()
        return self._known.keys((*case.keys, *held)) if held else case.keys

    def _campaign(self, row: Row) -> Campaign | CampaignError:
        text = (row.options.campaign or "").strip()
        if text not in self._campaigns:
            try:
                found = find_campaign(text, self._account.campaigns) if self._account else Campaign(text, text, "")
            except CampaignError as error:
                self._campaigns[text] = error
            else:
                self._campaigns[text] = found
        return self._campaigns[text]

    def _allowed(self, row: Row) -> bool:
        """Tell whether this run may write to a row's person; an id goes to the address that Collect told of it."""
        contact, ends = row.contact, self._choices.only_to
        told = self._known.aliases.get(id_key(contact.id), ()) if contact.id else [mail_key(contact.email or "")]
        addresses = [key.partition(":")[2] for key in told]
        return bool(addresses) and all(
            any(address.endswith(end) if end.startswith("@") else address == end for end in ends)
            for address in addresses
        )


def _told(request: RemoteRequest, *, may_be_ours: bool) -> str:
    """Say by which request a person was asked that this journal does not know as its own, and what to do."""
    when = f" on {request.created:%Y-%m-%d}" if request.created else ""
    if may_be_ours:
        return (
            f"Skipped: asked{when} already, by a request that may be one from here whose answer was lost "
            f"({request.id}, {request.status}). First find that out: collect-xl settle. Then send again"
        )
    return (
        f"Skipped: asked{when} already, by a request that was not made from here ({request.id}, {request.status}). "
        "To ask again all the same, cancel that request in Collect, or send with --even-if-asked"
    )


_UNKNOWN = "Whether it was asked is unknown. Run: collect-xl settle"


def _why(standing: Standing, row: Row) -> str:
    """Say in words why a row is not free to be sent, and what to do."""
    claim = standing.claim
    if claim is None:
        return (
            "Skipped: sent from another computer, whose journal this one does not know. "
            "Take it over: collect-xl adopt BOOK --round ROUND. "
            "Or bring that journal here: collect-xl journal merge FILE"
        )
    when = f"{claim.claimed_at:%Y-%m-%d}"
    request = claim.request_id or "a request whose ID is not known"
    match standing.word:
        case "sent":
            return f"Already sent on {when} as {request}."
        case "unknown":
            lost = TAKEN_OVER if claim.words == TAKEN_OVER else f"Sent on {when}, but the answer was lost"
            if told := answer_told(claim):
                return f"Sent on {when}. {told} {_UNKNOWN}"
            return f"{lost}: it is unknown whether Collect has it. Run: collect-xl settle"
        case "edited":
            was, now = (", ".join(key.partition(":")[2] for key in keys) for keys in (claim.keys, keys_of(row.contact)))
            return (
                f"Held back: sent on {when} as {request} to {was}; the row now says {now}. If that is "
                "somebody else who must be asked too, send with --send-edited; else put the old address back."
            )
        case _:
            return f"Another run is sending this row right now ({claim.holder}). Wait until it has ended."
