"""Where a row stands before anything is sent: free to be asked, asked already, or not to be told apart from that.

The journal is the first witness, the sheet the second: a row that carries a request id or ``unknown`` which this
journal does not know was sent by somebody, somewhere, and is never sent again from here.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.identity import round_key
from collect_xl.domain.model import Claim, Row
from collect_xl.planning.history import Known

StandingWord = Literal["free", "sent", "unknown", "busy", "elsewhere", "edited"]
"""``busy``: another run holds it right now; ``elsewhere``: sent from another computer; ``edited``: sent, and then the
address or id was changed."""

NEVER_SENT = frozenset({"", "invalid", "duplicate", "skipped", "refused"})
"""Words in the status column that prove nothing; every other word says that somebody sent something."""

_ANSWERED = ("Collect accepted the call", "Collect answered with request")
"""How the words on a row begin that is unknown although Collect has answered, as ``sending`` writes them."""

TAKEN_OVER = "Sent from another computer, where its answer was lost"
"""What the journal keeps of a row that was unknown elsewhere, and is now unknown here."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a row stands, and the claim that says so."""

    word: StandingWord
    claim: Claim | None = None
    stray: bool = False
    """Whether the results on the row are another person's, brought there by a sort or a copy."""


def carries_evidence(seen: Mapping[str, str]) -> bool:
    """Tell whether a row's result cells say that it was sent, whoever sent it."""
    status = seen.get("result.status", "").strip().casefold()
    return _shows_request(seen) or status not in NEVER_SENT


def stand(row: Row, keys: Collection[str], campaign: str, known: Known, present: Collection[str]) -> Standing:
    """Say where a row stands.

    Args:
        row: a row that passed validation.
        keys: every key that is known of its person.
        campaign: the id of its campaign.
        known: what the journal knows.
        present: the keys of everybody in the sheet; who is here has not been edited away.
    """
    bound = known.bound.get(row.seen["result.requestId"].strip()) if "result.requestId" in row.seen else None
    stray = bound is not None and set(known.keys(bound.keys)).isdisjoint(keys)
    claim = known.holder(campaign, round_key(row.options.round), keys)
    if claim is not None:
        return Standing(_held(claim), claim, stray)
    if bound is not None:
        return _beside(bound, known, present) if stray else Standing("free", bound)
    freed = known.last(campaign, round_key(row.options.round), keys)
    if carries_evidence(row.seen) and not _is_settled(row.seen, freed):
        return Standing("elsewhere")
    return Standing("free", freed)


def _held(claim: Claim) -> StandingWord:
    match claim.state:
        case "sent":
            return "sent"
        case "unknown":
            return "unknown"
        case _:
            return "busy"


def _beside(bound: Claim, known: Known, present: Collection[str]) -> Standing:
    """Judge a row that shows another person's request: the sheet was sorted, or the person was edited."""
    if bound.state == "cancelled" or not set(known.keys(bound.keys)).isdisjoint(present):
        return Standing("free", stray=True)
    return Standing("edited", bound)


def _is_settled(seen: Mapping[str, str], freed: Claim | None) -> bool:
    """Tell whether this journal knows what became of a row without a request: only then it is no evidence any more.

    A refusal of ours never stood as ``unknown`` in a sheet, so that such a word is somebody else's.
    """
    if freed is None or _shows_request(seen):
        return False
    unknown = seen.get("result.status", "").strip().casefold() == "unknown"
    return freed.state == "cancelled" or (freed.state == "not_sent" and unknown)


def _shows_request(seen: Mapping[str, str]) -> bool:
    """Tell whether a row shows a request."""
    return bool(seen.get("result.requestId") or seen.get("result.portalUrl"))


def answer_told(claim: Claim) -> str:
    """Return what Collect answered about a row that is unknown all the same; empty where the answer was lost."""
    if not claim.words.startswith(_ANSWERED):
        return ""
    return claim.words.removesuffix("Run: collect-xl settle").strip()
