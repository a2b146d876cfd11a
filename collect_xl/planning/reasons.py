"""Why a row is not sent, in words for the preview and the sheet."""

from __future__ import annotations

from collect_xl.domain.identity import keys_of
from collect_xl.domain.model import Claim, RemoteRequest, Row
from collect_xl.planning.standing import TAKEN_OVER, Standing, answer_told

_UNKNOWN = "Whether it was asked is unknown. Run: collect-xl settle"


def standing_words(standing: Standing, row: Row) -> str:
    """Return why a row is not free to be sent, and what to do."""
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
            return _unknown_words(claim, when)
        case "edited":
            old = _people(claim.keys)
            new = _people(keys_of(row.contact))
            return (
                f"Held back: sent on {when} as {request} to {old}; the row now says {new}. If that is "
                "somebody else who must be asked too, send with --send-edited; else put the old address back."
            )
        case _:
            return f"Another run is sending this row right now ({claim.holder}). Wait until it has ended."


def asked_elsewhere_words(request: RemoteRequest, *, may_be_ours: bool) -> str:
    """Return by which request a person was asked that this journal did not make, and what to do.

    Args:
        request: as Collect lists it.
        may_be_ours: whether a request from here whose answer was lost may be this one.
    """
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


def _unknown_words(claim: Claim, when: str) -> str:
    answer = answer_told(claim)
    if answer:
        return f"Sent on {when}. {answer} {_UNKNOWN}"
    lost = TAKEN_OVER if claim.words == TAKEN_OVER else f"Sent on {when}, but the answer was lost"
    return f"{lost}: it is unknown whether Collect has it. Run: collect-xl settle"


def _people(keys: tuple[str, ...]) -> str:
    return ", ".join(key.partition(":")[2] for key in keys)
