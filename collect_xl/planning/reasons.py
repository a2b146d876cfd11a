"""Why a row is not sent, in words for the preview and the sheet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from collect_xl.domain.identity import keys_of, round_words
from collect_xl.domain.model import Claim, RemoteRequest, Row
from collect_xl.domain.rows import Reason
from collect_xl.domain.why import Why
from collect_xl.planning.standing import Standing
from collect_xl.remedies import Remedy

REMEDIES: Final[Mapping[Reason, tuple[Remedy, ...]]] = {
    "unknown": (Remedy.LOOK_UP,),
    "elsewhere": (Remedy.TAKE_OVER, Remedy.BRING_JOURNAL),
    "edited": (Remedy.SEND_EDITED,),
    "asked elsewhere": (Remedy.SEND_ANYWAY,),
}
"""What a user can do about rows that are left out, where a command or a button does it."""

_UNKNOWN: Final[Mapping[Why, str]] = {
    "answer lost": "the answer was lost",
    "sender ended": "the run ended before the answer came",
    "answered": "Collect refused the batch of this row, and may have done a part of it",
    "answered alone": "Collect refused this row",
    "turned away": "Collect was asked too often and refused the batch of this row",
    "not named": "Collect accepted the call, but its answer does not name this row",
    "row refused": "Collect complained of this row",
    "other name": "Collect answered with a request under another name, which is probably this row's",
    "another's request": "Collect named a request that is another contact's already",
}
"""Why it is not known whether a row was asked."""

_SENT_ELSEWHERE: Final = (
    "Skipped: sent from another computer. Take it over, or bring that computer's send history here."
)

_LONGEST_WORD: Final = 60
"""Characters of a typed word that a message repeats."""

_LONGEST_SAYING: Final = 500
"""Characters of Collect's own words that a cell shows."""


def standing_words(standing: Standing, row: Row) -> str:
    """Return why a row is not free to be sent, and what to do."""
    claim = standing.claim
    if claim is None:
        return _typed_words(row) if standing.word == "typed" else _SENT_ELSEWHERE
    when = f"{claim.claimed_at:%Y-%m-%d}"
    request = claim.request_id or "a request whose ID is not known"
    match standing.word:
        case "sent":
            return f"Already sent on {when} as {request}."
        case "unknown":
            return _unknown_words(claim, when)
        case "ask":
            return (
                f"Held back: this may be the same person as {_people(claim.own or claim.keys)}, who was sent {request} "
                f"on {when}. If it is another person, give both rows their contact IDs; if not, delete this row."
            )
        case "edited":
            old = _people(claim.keys)
            new = _people(keys_of(row.contact))
            return (
                f"Held back: sent on {when} as {request} to {old}; the row now says {new}. Put the old address back, "
                "or, if that is another person, send the edited row as it is now."
            )
        case _:
            return f"Another run is sending this row right now ({claim.holder}). Wait until it has ended."


def _typed_words(row: Row) -> str:
    word = row.seen.get("result.status", "").strip()
    return (
        f'Held out: Collect status says "{word[:_LONGEST_WORD]}", which no program wrote. Empty that cell to send '
        "the row; to hold it out, use a column Skip."
    )


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
            f"({request.id}, {request.status}). First look up the unknown rows, then send again."
        )
    return (
        f"Skipped: asked{when} already, by a request that was not made from here ({request.id}, {request.status}). "
        "To ask again anyway, cancel that request in Collect first."
    )


def asked_meanwhile_words(claim: Claim) -> str:
    """Return why a row was left out whose person was asked in another round or campaign since the plan was made."""
    return (
        f"Left out: {claim.holder} asked this person on {claim.claimed_at:%Y-%m-%d}, after the plan was made, in "
        f"{round_words(claim.scope.round)} of campaign {claim.scope.campaign}. "
        "To ask again anyway, look at the plan again."
    )


def twin_words(other: str) -> str:
    """Return why a row is not sent whose person another row is about: ``in row 7``, or who that is."""
    return f"The same person as {other}, asked once. Delete one of the two rows, or type another round."


def alike_words(other: str) -> str:
    """Return why a row is held back that may be the same person as another one: ``in row 7``, or who that is."""
    return (
        f"Held back: this may be the same person as {other}. If it is another person, give both rows their "
        "contact IDs; if not, delete one of the two rows."
    )


def unknown_words(why: Why, said: str, when: str) -> str:
    """Return why it is not known whether a row was asked, and what to do.

    Args:
        why: the claim's.
        said: what Collect said of it, how the call ended, or which request it is about; may be empty.
        when: on which day it was sent, or empty.
    """
    sent = f"Sent on {when}, but " if when else ""
    if why == "sent elsewhere":
        reason = "Sent from another computer, where its answer was lost"
    else:
        reason = f"{sent}{_UNKNOWN.get(why, _UNKNOWN['answer lost'])}"
    match why:
        case "answer lost" if said:  # these words are ours: no one said them
            ending = f": {_cut(said)}."
        case "other name" if said:
            ending = f" ({_cut(said)})."
        case _:
            ending = f".{_quoted(said)}"
    return f"{reason[:1].upper()}{reason[1:]}{ending} {Remedy.LOOK_UP.value}"


def not_sent_words(why: Why, said: str) -> str:
    """Return why a row was not sent, and what to do."""
    match why:
        case "absent":
            return "Not sent: Collect never received it. Send again."
        case "absent after refusal":
            return f"Not sent: its batch was refused.{_quoted(said)} Send again: it is then sent alone."
        case "absent after error" if not said:
            return "Not sent: Collect's answer does not name this row, and its lists do not show it. Send again."
        case "absent after error":
            return f"Not sent: Collect complained of this row.{_quoted(said)} Fix that, then send again."
        case "person said":
            return f"Not sent, as {said} said. Send again."
        case _:
            return f"Not sent: {said}. Send again." if said else ""


def refused_words(said: str) -> str:
    """Return what to do about a row that Collect refused when it was sent alone."""
    return f"Collect refused this row.{_quoted(said)} Nothing was sent. Fix that, then send again."


def sent_without_request_words(claim: Claim) -> str:
    """Return what is known of a row that was sent, as a person said, while its request is not known."""
    return f"Sent, as {claim.words} said. Which request it is, is not known yet. {Remedy.REFRESH.value}"


def _quoted(said: str) -> str:
    text = _cut(said)
    return f" It said: {text}." if text else ""


def _cut(said: str) -> str:
    return said[:_LONGEST_SAYING].strip().rstrip(".")


def _unknown_words(claim: Claim, when: str) -> str:
    return unknown_words(claim.why, claim.words, when)


def _people(keys: tuple[str, ...]) -> str:
    return ", ".join(key.partition(":")[2] for key in keys)
