"""Which request of an answer belongs to which row: by contact id, then address, never by position alone."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import normalize

from collect_xl.domain.identity import id_key, mail_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from collect_xl.domain.model import PostAnswer, RemoteRequest

__all__ = ["Matched", "Sent", "match"]


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of a batch, in the order of the batch, with what was sent of the person."""

    row: int
    contact_id: str | None
    email: str | None


@dataclass(frozen=True, slots=True)
class Matched:
    """What an answer says of each row. Rows that stand nowhere here were passed over in silence."""

    by_row: Mapping[int, RemoteRequest]
    """The request that is certainly the row's."""
    blamed: Mapping[int, str]
    """What Collect complains of, for rows that an entry of ``errors`` names."""
    batch_errors: tuple[str, ...]
    """Complaints that name no row, or several."""
    unexplained: tuple[RemoteRequest, ...]
    """Requests that are certainly nobody's: they fit no row, or several, or several fit one."""
    probable: Mapping[int, RemoteRequest]
    """The one row and the one unexplained request that are left over, if so: for people to look at, never a fact."""


def match(sent: Sequence[Sent], answer: PostAnswer) -> Matched:
    """Give each request of an answer to the row that it was made for.

    Collect promises neither an order nor a count, spells addresses in its own way, and may echo other data than were
    sent (``collect_api.md`` 6.4 and 15). A request without an id can be given to nobody.

    Args:
        sent: the batch.
        answer: an accepted one.
    """
    told = tuple(dict.fromkeys(answer.requests))
    fitting = {request: _rows_of(request, sent, answer.contacts) for request in told}
    by_row = _one_to_one(fitting)
    blamed, batch_errors = _blame(answer.errors, sent, answer.contacts, by_row)
    certain = set(by_row.values())
    unexplained = tuple(request for request in told if request not in certain)
    silent = [each.row for each in sent if each.row not in by_row and each.row not in blamed]
    strangers = [request for request in unexplained if request.id and not fitting[request]]
    alone = len(silent) == 1 and len(strangers) == len(unexplained) == 1
    probable = {silent[0]: strangers[0]} if alone else {}
    return Matched(by_row, blamed, batch_errors, unexplained, probable)


def _rows_of(request: RemoteRequest, sent: Sequence[Sent], echoed: Sequence[tuple[str, str]]) -> frozenset[int]:
    """Return the rows that a request may be for, by the strongest evidence that names any."""
    if not request.id:
        return frozenset()
    contact, mail = request.contact_id, mail_key(request.email) if request.email else ""
    # A row that sent another id than the request has is somebody else, whatever the address says.
    others = [each for each in sent if not (contact and each.contact_id and each.contact_id != contact)]
    mails = {mail_key(email) for known, email in echoed if known == contact}
    ids = {known for known, email in echoed if mail and mail_key(email) == mail}
    evidence = (
        {each.row for each in others if contact and each.contact_id == contact},
        {each.row for each in others if mail and each.email and mail_key(each.email) == mail},
        {each.row for each in others if each.email and mail_key(each.email) in mails},
        {each.row for each in others if not contact and each.contact_id in ids},
    )
    return frozenset(next((rows for rows in evidence if rows), set()))


def _one_to_one(fitting: Mapping[RemoteRequest, frozenset[int]]) -> dict[int, RemoteRequest]:
    """Keep the pairs in which row and request have nobody else, and the request's id stands for one request only."""
    claims: dict[int, list[RemoteRequest]] = defaultdict(list)
    uses: dict[str, int] = defaultdict(int)
    for request, rows in fitting.items():
        uses[request.id] += 1
        for row in rows:
            claims[row].append(request)
    sole = {row: requests[0] for row, requests in claims.items() if len(requests) == 1}
    return {row: request for row, request in sole.items() if len(fitting[request]) == 1 and uses[request.id] == 1}


def _blame(
    errors: Iterable[str],
    sent: Sequence[Sent],
    echoed: Sequence[tuple[str, str]],
    by_row: Mapping[int, RemoteRequest],
) -> tuple[dict[int, str], tuple[str, ...]]:
    blamed: dict[int, list[str]] = defaultdict(list)
    rest: list[str] = []
    for error in errors:
        named = _named(error, sent, echoed) or _indexed(error, sent, by_row)
        (blamed[named.pop()] if len(named) == 1 else rest).append(error)
    return {row: "; ".join(texts) for row, texts in blamed.items()}, tuple(rest)


def _named(error: str, sent: Sequence[Sent], echoed: Sequence[tuple[str, str]]) -> set[int]:
    """Return the rows whose id or address stands anywhere in a complaint."""
    names = [(name, each.row) for each in sent for name in (id_key(each.contact_id or ""), mail_key(each.email or ""))]
    mails = {mail_key(each.email): each.row for each in sent if each.email}
    names += [(id_key(known), mails[mail_key(email)]) for known, email in echoed if mail_key(email) in mails]
    spans = [(span, row) for name, row in names for span in _spans(name, error)]
    # The longest name wins, so that bob@a.com is not blamed for o'bob@a.com, if that is in the batch too.
    return {row for span, row in spans if not any(_inside(span, other) for other, _ in spans)}


def _spans(name: str, error: str) -> Iterator[tuple[int, int]]:
    kind, _, text = name.partition(":")
    if not text:
        return
    found = re.compile(_BOUNDED[kind].format(re.escape(text)))
    yield from (hit.span() for hit in found.finditer(error if kind == "id" else normalize("NFC", error).casefold()))


_BOUNDED = {
    "id": r"(?<![\w-]){}(?![\w-])",  # ids are case-sensitive
    "mail": r"(?<![\w.+%-]){}(?![\w-]|\.\w)",  # a full stop may end the sentence, not go on with the domain
}


def _inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _indexed(error: str, sent: Sequence[Sent], by_row: Mapping[int, RemoteRequest]) -> set[int]:
    """Return the row that a complaint's own number means, counted from 0, unless that row has its request."""
    try:
        numbers = set(_numbers(json.loads(error)))
    except (ValueError, RecursionError):
        return set()
    return {sent[number].row for number in numbers if number < len(sent)} - by_row.keys()


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"index", "position"} and isinstance(each, int) and not isinstance(each, bool) and each >= 0:
                yield each
            yield from _numbers(each)
