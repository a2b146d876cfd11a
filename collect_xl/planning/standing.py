"""How a row stands before anything is sent: free to be asked, asked already, or perhaps asked already.

The journal is the first witness, the sheet the second: a row that carries a request id or ``unknown`` which this
journal does not know was sent from somewhere else, and is never sent again from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.identity import Person, round_key
from collect_xl.domain.model import Claim, Row
from collect_xl.domain.statuses import LISTED
from collect_xl.planning.history import Known

StandingWord = Literal["free", "sent", "unknown", "busy", "elsewhere", "typed", "edited", "ask"]
"""``busy``: another run holds it right now; ``elsewhere``: sent from another computer; ``typed``: a
word is in the status column that no program wrote; ``edited``: sent, and then the
address or id was changed; ``ask``: whether it is the person who was asked already, only the user can say."""

NEVER_SENT = frozenset({"", "invalid", "duplicate", "skipped", "refused"})
"""Words in the status column that prove nothing; every other word says that a request was sent."""

_WRITTEN_BY_PROGRAMS = LISTED | {"unknown"}
"""Words that are in the status column after a send; accounts may have others, but then a request ID beside them."""


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
    status = seen.get("result.status", "").strip().casefold()
    return _shows_request(seen) or status not in NEVER_SENT


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
    bound = known.bound.get(row.seen["result.requestId"].strip()) if "result.requestId" in row.seen else None
    stray = bound is not None and known.is_anothers(bound, person)
    if bound is not None and not stray and _is_held_in(bound, campaign, round_):
        # Its own request is on the row: this is what was sent for it, even if others have the address, too.
        return Standing(_held(bound), bound)
    holder = known.holder(campaign, round_, person)
    if holder is not None:
        return Standing(_held(holder.claim) if holder.is_certain else "ask", holder.claim, stray)
    if bound is not None:
        return _beside(bound, is_present) if stray else Standing("free", bound)
    freed = known.last(campaign, round_, person)
    if carries_evidence(row.seen) and not _is_settled(row.seen, freed):
        return Standing("elsewhere" if _tells_of_a_request(row.seen) else "typed")
    return Standing("free", freed)


def _is_held_in(claim: Claim, campaign: str, round_: str) -> bool:
    return claim.state in HOLDING and (claim.scope.campaign, claim.scope.round) == (campaign, round_)


def _held(claim: Claim) -> StandingWord:
    match claim.state:
        case "sent":
            return "sent"
        case "unknown":
            return "unknown"
        case _:
            return "busy"


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
    return was_ours and seen.get("result.status", "").strip().casefold() == "unknown"


def _tells_of_a_request(seen: Mapping[str, str]) -> bool:
    """Return whether a row shows a request, or a word that a program writes beside one."""
    return _shows_request(seen) or seen.get("result.status", "").strip().casefold() in _WRITTEN_BY_PROGRAMS


def _shows_request(seen: Mapping[str, str]) -> bool:
    """Return whether a row shows a request."""
    return bool(seen.get("result.requestId") or seen.get("result.portalUrl"))
