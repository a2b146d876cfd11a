"""Decide for every row whether it is sent, or why not: one pass, in sheet order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from collect_xl.errors import CampaignError
from collect_xl.identity import keys_of, round_key
from collect_xl.known import Known
from collect_xl.model import Account, Blank, Campaign, Claim, Rejected, Row
from collect_xl.standing import Standing, stand

__all__ = ["Checked", "Choices", "LeftOut", "Reason", "Triage", "resolve_campaign"]

Reason = Literal[
    "invalid", "duplicate", "sent", "unknown", "busy", "elsewhere", "edited",
    "hidden", "blank", "not chosen", "not allowed", "beyond first",
]  # fmt: skip
"""``not chosen``: outside ``--rows``; ``not allowed``: outside ``--only-to``; ``beyond first``: after ``--first N``."""

Checked = Row | Rejected | Blank
Place = tuple[str, str, str]
"""Campaign, round (compared form), key: where one person can be asked once."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the user said about which rows to send. All of it enters the fingerprint."""

    first: int | None = None
    rows: frozenset[int] | None = None
    only_to: tuple[str, ...] = ()
    """``@domain`` or whole addresses, casefolded."""
    include_hidden: bool = False
    send_edited: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that is not sent, and why."""

    row: int
    reason: Reason
    words: str = ""
    """For the sheet and the preview: what is so, and what to do about it."""
    claim: Claim | None = None
    stray: bool = False
    """Whether the results that stand on the row are another person's."""


def resolve_campaign(text: str | None, campaigns: Sequence[Campaign]) -> Campaign:
    """Return the campaign that an id or a name means.

    Raises:
        CampaignError: none or two fit, or it is closed or archived.
    """
    wanted = (text or "").strip()
    found = [each for each in campaigns if each.id == wanted]
    found = found or [each for each in campaigns if each.name.strip().casefold() == wanted.casefold()]
    if len(found) > 1:
        ids = ", ".join(each.id for each in found)
        raise CampaignError(f'Two campaigns are called "{wanted}": {ids}.', tip="Write the campaign's id instead.")
    if not found:
        raise CampaignError(
            f'No campaign with the id or name "{wanted}" is visible to this key.',
            tip="Check the option Campaign ID. A private campaign must be shared with the owner of the key.",
        )
    if found[0].status in {"closed", "archived"}:
        raise CampaignError(
            f'The campaign "{found[0].name}" is {found[0].status}: it takes no new requests.',
            tip="Open it again in Collect, or choose another campaign.",
        )
    return found[0]


class Triage:
    """The sheet's rows, sorted into planned and left out.

    Args:
        rows: all rows of the sheet, in order.
        choices: what the user said.
        account: None when nothing is known of it; campaigns are then taken as they are written.
        known: what the journal knows of these people.
    """

    def __init__(self, rows: Sequence[Checked], choices: Choices, account: Account | None, known: Known) -> None:
        self.planned: list[tuple[Row, Campaign]] = []
        self.left_out: list[LeftOut] = []
        self.freed = 0
        self._choices, self._account, self._known = choices, account, known
        self._campaigns: dict[str, Campaign | CampaignError] = {}
        valid = [row for row in rows if isinstance(row, Row)]
        self._present = {key for row in valid for key in known.keys(keys_of(row.contact))}
        self._taken = self._reserve(valid)
        for row in rows:
            reason = self._place(row)
            if reason is not None:
                self.left_out.append(reason)

    def _reserve(self, rows: Iterable[Row]) -> dict[Place, int]:
        """Return for each place that somebody holds already the row that speaks for the person.

        A row that shows the person's request comes first, so that its results do not move to a twin above it;
        and a twin without results is never sent while the other one shows that somebody sent it elsewhere.
        """
        shown: dict[Place, int] = {}
        lost: dict[Place, int] = {}
        for row in rows:
            campaign = self._campaign(row)
            if isinstance(campaign, CampaignError):
                continue
            standing = stand(row, campaign.id, self._known, self._present)
            if standing.word != "free":
                into = shown if _shows(row, standing) else lost
                for place in self._places(row, campaign, standing):
                    into.setdefault(place, row.number)
        return lost | shown

    def _place(self, row: Checked) -> LeftOut | None:
        if isinstance(row, Blank):
            return LeftOut(row.number, "blank")
        if self._choices.rows is not None and row.number not in self._choices.rows:
            return LeftOut(row.number, "not chosen")
        if isinstance(row, Rejected):
            return self._place_rejected(row)
        campaign = self._campaign(row)
        if isinstance(campaign, CampaignError):
            return LeftOut(row.number, "invalid", f"{campaign.message} {campaign.tip}")
        return self._place_valid(row, campaign)

    def _place_rejected(self, row: Rejected) -> LeftOut:
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden")
        return LeftOut(row.number, "invalid", " ".join(str(problem) for problem in row.problems))

    def _place_valid(self, row: Row, campaign: Campaign) -> LeftOut | None:
        standing = stand(row, campaign.id, self._known, self._present)
        places = self._places(row, campaign, standing)
        twin = next((self._taken[place] for place in places if place in self._taken), row.number)
        if twin != row.number:
            words = f"The same person as in row {twin}, asked once. Delete one of the two rows, or type another round."
            return LeftOut(row.number, "duplicate", words, stray=standing.stray)
        if standing.word != "free" and not (standing.word == "edited" and self._choices.send_edited):
            return LeftOut(row.number, standing.word, _why(standing, row), standing.claim, standing.stray)
        if row.hidden and not self._choices.include_hidden:
            return LeftOut(row.number, "hidden", stray=standing.stray)
        self._taken.update(dict.fromkeys(places, row.number))
        if self._choices.only_to and not self._allowed(row):
            words = "Outside the addresses that this run may write to (--only-to)."
            return LeftOut(row.number, "not allowed", words, stray=standing.stray)
        self.freed += standing.claim is not None and standing.claim.state == "cancelled"
        self.planned.append((row, campaign))
        return None

    def _campaign(self, row: Row) -> Campaign | CampaignError:
        text = (row.options.campaign or "").strip()
        if text not in self._campaigns:
            try:
                found = resolve_campaign(text, self._account.campaigns) if self._account else Campaign(text, text, "")
            except CampaignError as error:
                self._campaigns[text] = error
            else:
                self._campaigns[text] = found
        return self._campaigns[text]

    def _places(self, row: Row, campaign: Campaign, standing: Standing) -> list[Place]:
        own = keys_of(row.contact)
        held = standing.claim.keys if standing.claim and standing.word in {"sent", "unknown", "busy"} else ()
        return [(campaign.id, round_key(row.options.round), key) for key in self._known.keys((*own, *held))]

    def _allowed(self, row: Row) -> bool:
        """Tell whether the row's address is one that this run may write to; a bare id never is."""
        address = (row.contact.email or "").casefold()
        ends = self._choices.only_to
        return bool(address) and any(address.endswith(end) if end.startswith("@") else address == end for end in ends)


def _shows(row: Row, standing: Standing) -> bool:
    """Tell whether the row itself carries what makes it not free."""
    shown = row.seen.get("result.requestId", "").strip()
    return standing.word in {"elsewhere", "edited"} or bool(
        standing.claim and shown == standing.claim.request_id and shown
    )


def _why(standing: Standing, row: Row) -> str:
    """Say in words why a row is not free to be sent, and what to do."""
    claim = standing.claim
    if claim is None:
        return (
            "Skipped: sent from another computer, whose journal this one does not know. "
            "Send from there, or bring its journal here: collect-xl journal merge FILE"
        )
    when = f"{claim.claimed_at:%Y-%m-%d}"
    match standing.word:
        case "sent":
            return f"Already sent on {when} as {claim.request_id}."
        case "unknown":
            return (
                f"Sent on {when}, but the answer was lost: it is unknown whether Collect has it. Run: collect-xl settle"
            )
        case "edited":
            was, now = (", ".join(key.partition(":")[2] for key in keys) for keys in (claim.keys, keys_of(row.contact)))
            return (
                f"Held back: sent on {when} as {claim.request_id} to {was}; the row now says {now}. If that is somebody "
                "else who must be asked too, send with --send-edited; else put the old address back."
            )
        case _:
            return f"Another run is sending this row right now ({claim.holder}). Wait until it has ended."
