"""The arrows between the states of a claim: all that may happen, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collect_xl.domain.model import ClaimState

Teller = Literal["sender", "settler"]
"""Who brings the news: the run that posted, or a look-up or a person afterwards."""

_NONE: frozenset[ClaimState] = frozenset()

# The sender knows first-hand, but late: others may have taken its claim over. What it learned of the server still
# counts (an id is never lost, a doubt re-opens), its word that nothing happened no longer does.
_SENDER: Mapping[ClaimState, frozenset[ClaimState]] = {
    "intent": frozenset({"sent", "refused", "not_sent", "unknown"}),
    "unknown": frozenset({"sent"}),
    "not_sent": frozenset({"sent", "unknown"}),
    "refused": frozenset({"sent", "unknown"}),
    "sent": _NONE,
    "cancelled": _NONE,
}
# A look-up or a person decides about what is unknown, and never about a claim whose sender may still be at work.
_SETTLER: Mapping[ClaimState, frozenset[ClaimState]] = {
    "intent": _NONE,
    "unknown": frozenset({"sent", "not_sent", "refused"}),
    "not_sent": frozenset({"sent"}),
    "refused": frozenset({"sent"}),
    "sent": frozenset({"cancelled"}),
    "cancelled": _NONE,
}


def may(teller: Teller, old: ClaimState, new: ClaimState) -> bool:
    """Return whether news may turn a claim from one state into another."""
    match teller:
        case "sender":
            return new in _SENDER[old]
        case "settler":
            return new in _SETTLER[old]
