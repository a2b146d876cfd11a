"""How a row stands before anything is sent: free to be asked, asked already, or perhaps asked already.

The journal is the first witness, the sheet the second: a row that carries a request id or ``unknown`` which this
journal does not know was sent from somewhere else, and is never sent again from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.holder import HOLDING, Holder
from collect_xl.domain.identity import Person, round_key
from collect_xl.domain.model import Claim, ClaimState, Row
from collect_xl.domain.statuses import LISTED
from collect_xl.planning.history import Known, bound_claim

StandingWord = Literal["free", "sent", "unknown", "busy", "elsewhere", "typed", "edited", "ask"]
"""``busy``: another run holds it right now; ``elsewhere``: sent from another computer; ``typed``: a
word is in the status column that no program wrote; ``edited``: sent, and then the
address or id was changed; ``ask``: whether it is the person who was asked already, only the user can say."""

_MEANING_OF_STATUS: Mapping[str, StandingWord] = {
    # These prove nothing.
    **dict.fromkeys(("", "invalid", "duplicate", "skipped", "refused"), "free"),
    # These are there after a send; accounts may have others, but then a request ID beside them.
    **dict.fromkeys(LISTED | {"unknown"}, "elsewhere"),
}
"""What a word in the status column says of a row that this journal does not know; any other was typed."""

_HELD: Mapping[ClaimState, StandingWord] = {"sent": "sent", "unknown": "unknown", "intent": "busy"}
"""How a row stands that a claim holds."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a row stands, and the claim that says so."""

    word: StandingWord
    claim: Claim | None = None
    stray: bool = False
    """Whether the results on the row are another person's, brought there by a sort or a copy."""


def carries_evidence(seen: Mapping[str, str]) -> bool:
    """Return whether a row's result cells say that it was sent, from anywhere."""
    if not seen:  # as in every row before its first send
        return False
    return _meaning_of(seen) != "free"


def _meaning_of(seen: Mapping[str, str]) -> StandingWord:
    """Return what a row's result cells say of it, where this journal knows nothing."""
    if _shows_request(seen):
        return "elsewhere"
    return _MEANING_OF_STATUS.get(shown_status(seen), "typed")


def shown_status(seen: Mapping[str, str]) -> str:
    """Return the word in a row's status column, as it is compared."""
    return seen.get("result.status", "").strip().casefold()


def stand(row: Row, person: Person, campaign: str, known: Known, is_present: Callable[[Claim], bool]) -> Standing:
    """Return how a row stands.

    Args:
        row: a row that passed validation.
        person: the row's.
        campaign: the id of its campaign.
        known: what the journal knows.
        is_present: returns whether the person of a claim may be in some row of the sheet; then the person has not
            been edited away.
    """
    round_ = round_key(row.options.round)
    bound = bound_claim(row, known)
    if bound is None:
        return _stand_without_request(row, person, campaign, known)
    stray = known.is_anothers(bound, person)
    if not stray and _is_held_in(bound, campaign, round_):
        # Its own request is on the row: this is what was sent for it, even if others have the address, too.
        return Standing(_HELD[bound.state], bound)
    holder = known.holder(campaign, round_, person)
    if holder is not None:
        return _held_by(holder, stray=stray)
    return _beside(bound, is_present) if stray else Standing("free", bound)


def _stand_without_request(row: Row, person: Person, campaign: str, known: Known) -> Standing:
    """Return how a row stands that shows no request which this journal knows."""
    round_ = round_key(row.options.round)
    holder = known.holder(campaign, round_, person)
    if holder is not None:
        return _held_by(holder, stray=False)
    freed = known.last(campaign, round_, person)
    meaning = _meaning_of(row.seen)
    if meaning == "free" or _is_settled(row.seen, freed):
        return Standing("free", freed)
    return Standing(meaning)


def _held_by(holder: Holder, *, stray: bool) -> Standing:
    return Standing(_HELD[holder.claim.state] if holder.is_certain else "ask", holder.claim, stray)


def _is_held_in(claim: Claim, campaign: str, round_: str) -> bool:
    return claim.state in HOLDING and (claim.scope.campaign, claim.scope.round) == (campaign, round_)


def _beside(bound: Claim, is_present: Callable[[Claim], bool]) -> Standing:
    """Judge a row that shows another person's request: the sheet was sorted, or the person was edited."""
    if bound.state == "cancelled" or is_present(bound):
        return Standing("free", stray=True)
    return Standing("edited", bound)


def _is_settled(seen: Mapping[str, str], freed: Claim | None) -> bool:
    """Return whether this journal knows what became of a row without a request: only then it is no evidence any more.

    What was taken over and given back is another computer's as before.
    """
    if freed is None or freed.why == "taken back" or _shows_request(seen):
        return False
    if freed.state == "cancelled":
        return True
    # A refusal of ours stood as unknown until it was proved; one of version 0.1 never did.
    was_ours = freed.state == "not_sent" or freed.why == "refused alone"
    return was_ours and shown_status(seen) == "unknown"


def _shows_request(seen: Mapping[str, str]) -> bool:
    """Return whether a row shows a request."""
    return bool(seen.get("result.requestId") or seen.get("result.portalUrl"))
