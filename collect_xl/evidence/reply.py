"""Which request of an answer belongs to which row: by contact id, then address, never by position alone."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard
from unicodedata import normalize

from collect_xl.domain.identity import addresses_by_id, consistent_pairs, id_key, mail_key

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from collect_xl.domain.model import PostAnswer, RemoteRequest


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of a batch, in the order of the batch, with what was sent of the person."""

    row: int
    contact_id: str
    email: str


@dataclass(frozen=True, slots=True)
class Matched:
    """What an answer says of each row; it is silent about a row that appears nowhere here."""

    by_row: Mapping[int, RemoteRequest]
    """The request that is certainly the row's."""
    blamed: Mapping[int, str]
    """What Collect complains of, for rows that an entry of ``errors`` names."""
    batch_errors: tuple[str, ...]
    """Complaints that name no row, or several."""
    unexplained: tuple[RemoteRequest, ...]
    """Requests that belong to no row for certain: they fit none, or several, or several fit one."""
    probable: Mapping[int, RemoteRequest]
    """The only row and the only unexplained request that are left over: for people to look at, never a fact."""


@dataclass(frozen=True, slots=True)
class _Index:
    """The rows of a batch and the contacts that Collect echoed, by contact ID and by key of the address.

    It is built once for each reply, so that each request is looked up instead of compared with every row.
    """

    rows_by_id: Mapping[str, Sequence[Sent]]
    rows_by_mail: Mapping[str, Sequence[Sent]]
    mails_by_id: Mapping[str, Collection[str]]
    """Contact ID -> keys of the addresses that Collect echoed for it."""
    ids_by_mail: Mapping[str, Collection[str]]
    """Key of an address -> contact IDs that Collect echoed for it."""


def match(sent: Sequence[Sent], answer: PostAnswer) -> Matched:
    """Give each request of an answer to the row that it was made for.

    Collect promises neither an order nor a count, spells addresses in its own way, and may echo other data than were
    sent (``collect_api.md`` 6.4 and 15). A request without an id belongs to no row.

    Args:
        sent: the batch.
        answer: an accepted one.
    """
    answer = _without_placeholders(answer, frozenset(each.contact_id for each in sent))
    index = _index(sent, answer.contacts)
    requests = tuple(dict.fromkeys(answer.requests))
    rows_of = {request: _rows_of(request, index) for request in requests}
    by_row = _one_to_one(rows_of)
    blamed, batch_errors = _blame(answer.errors, sent, answer.contacts, by_row)
    certain = set(by_row.values())
    unexplained = tuple(request for request in requests if request not in certain)
    silent = [each.row for each in sent if each.row not in by_row and each.row not in blamed]
    probable = {}
    # With a second candidate on either side the pair would be a guess.
    if len(silent) == 1 and len(unexplained) == 1:
        (stranger,) = unexplained
        if stranger.id and not rows_of[stranger]:
            probable[silent[0]] = stranger
    return Matched(by_row, blamed, batch_errors, unexplained, probable)


def learnable_pairs(answer: PostAnswer) -> list[tuple[str, str]]:
    """Return the pairs of contact ID and address of a reply that may be learned, in order."""
    return sorted(consistent_pairs(answer.requests, answer.contacts))


def _without_placeholders(answer: PostAnswer, sent_ids: Collection[str]) -> PostAnswer:
    """Return an answer without contact IDs that come with several addresses: they identify no one.

    IDs that were sent are kept: Collect has them.
    """
    addresses = addresses_by_id(answer.requests, answer.contacts)
    placeholders = {contact_id for contact_id, of_id in addresses.items() if len(of_id) > 1}.difference(sent_ids)
    if not placeholders:
        return answer
    requests = [replace(each, contact_id="") if each.contact_id in placeholders else each for each in answer.requests]
    contacts = [pair for pair in answer.contacts if pair[0] not in placeholders]
    return replace(answer, requests=tuple(requests), contacts=tuple(contacts))


def _index(sent: Sequence[Sent], echoed: Sequence[tuple[str, str]]) -> _Index:
    rows_by_id: defaultdict[str, list[Sent]] = defaultdict(list)
    rows_by_mail: defaultdict[str, list[Sent]] = defaultdict(list)
    for each in sent:
        rows_by_id[each.contact_id].append(each)
        if each.email:
            rows_by_mail[mail_key(each.email)].append(each)
    mails_by_id: defaultdict[str, set[str]] = defaultdict(set)
    ids_by_mail: defaultdict[str, set[str]] = defaultdict(set)
    for contact_id, email in echoed:
        mail = mail_key(email)
        mails_by_id[contact_id].add(mail)
        ids_by_mail[mail].add(contact_id)
    return _Index(rows_by_id, rows_by_mail, mails_by_id, ids_by_mail)


def _rows_of(request: RemoteRequest, index: _Index) -> frozenset[int]:
    """Return the rows that a request may be for, by the strongest evidence that names any."""
    if not request.id:
        return frozenset()
    for candidates in _evidence(request, index):
        rows = frozenset(each.row for each in candidates if not _is_another_contact(each, request))
        if rows:
            return rows
    return frozenset()


def _evidence(request: RemoteRequest, index: _Index) -> Iterator[Sequence[Sent]]:
    """Yield the rows that each kind of evidence names, the strongest kind first."""
    mail = mail_key(request.email) if request.email else ""
    if request.contact_id:
        yield index.rows_by_id.get(request.contact_id, ())
    if mail:
        yield index.rows_by_mail.get(mail, ())
    echoed_mails = index.mails_by_id.get(request.contact_id, ())
    yield [each for key in echoed_mails for each in index.rows_by_mail.get(key, ())]
    if mail and not request.contact_id:
        echoed_ids = index.ids_by_mail.get(mail, ())
        yield [each for contact_id in echoed_ids for each in index.rows_by_id.get(contact_id, ())]


def _is_another_contact(each: Sent, request: RemoteRequest) -> bool:
    """Return whether a row was sent with another ID than the request has: then the address says nothing."""
    if not each.contact_id or not request.contact_id:
        return False
    return each.contact_id != request.contact_id


def _one_to_one(rows_of: Mapping[RemoteRequest, frozenset[int]]) -> dict[int, RemoteRequest]:
    """Keep the pairs in which row and request have only each other, and no other request has the same ID."""
    requests_of: defaultdict[int, list[RemoteRequest]] = defaultdict(list)
    for request, rows in rows_of.items():
        for row in rows:
            requests_of[row].append(request)
    uses = Counter(request.id for request in rows_of)
    pairs = {}
    for row, requests in requests_of.items():
        request = requests[0]
        if len(requests) == 1 and len(rows_of[request]) == 1 and uses[request.id] == 1:
            pairs[row] = request
    return pairs


def _blame(
    errors: Sequence[str],
    sent: Sequence[Sent],
    echoed: Sequence[tuple[str, str]],
    by_row: Mapping[int, RemoteRequest],
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return the complaints by row, and those that name no row, or several."""
    if not errors:
        return {}, ()
    names = _names(sent, echoed)
    blamed: defaultdict[int, list[str]] = defaultdict(list)
    rest: list[str] = []
    for error in errors:
        rows = _named(error, names) or _numbered(error, sent, by_row)
        if len(rows) == 1:
            blamed[rows.pop()].append(error)
        else:
            rest.append(error)
    return {row: "; ".join(texts) for row, texts in blamed.items()}, tuple(rest)


def _names(sent: Sequence[Sent], echoed: Sequence[tuple[str, str]]) -> list[tuple[str, int]]:
    """Return the keys by which a complaint may name a row, each with the row."""
    names: list[tuple[str, int]] = []
    row_of_mail: dict[str, int] = {}
    for each in sent:
        if each.contact_id:
            names.append((id_key(each.contact_id), each.row))
        if each.email:
            mail = mail_key(each.email)
            names.append((mail, each.row))
            row_of_mail[mail] = each.row
    for contact_id, email in echoed:
        row = row_of_mail.get(mail_key(email))
        if row is not None:
            names.append((id_key(contact_id), row))
    return names


def _named(error: str, names: Sequence[tuple[str, int]]) -> set[int]:
    """Return the rows whose id or address appears anywhere in a complaint."""
    hits = [(span, row) for name, row in names for span in _spans(name, error)]
    spans = {span for span, _ in hits}
    # The longest name wins, so that bob@a.com is not blamed for o'bob@a.com, if that is in the batch too.
    hidden = {span for span in spans if any(_is_inside(span, other) for other in spans)}
    return {row for span, row in hits if span not in hidden}


def _spans(name: str, error: str) -> Iterator[tuple[int, int]]:
    kind, _, text = name.partition(":")
    if not text:
        return
    searched = error if kind == "id" else normalize("NFC", error).casefold()
    pattern = re.compile(_BOUNDED[kind].format(re.escape(text)))
    for hit in pattern.finditer(searched):
        yield hit.span()


_BOUNDED = {
    "id": r"(?<![\w-]){}(?![\w-])",  # ids are case-sensitive
    "mail": r"(?<![\w.+%-]){}(?![\w-]|\.\w)",  # a full stop may end the sentence, not go on with the domain
}


def _is_inside(span: tuple[int, int], other: tuple[int, int]) -> bool:
    return span != other and other[0] <= span[0] and span[1] <= other[1]


def _numbered(error: str, sent: Sequence[Sent], by_row: Mapping[int, RemoteRequest]) -> set[int]:
    """Return the row that a complaint's own number means, counted from 0, unless that row has its request."""
    try:
        numbers = set(_numbers(json.loads(error)))
    except (ValueError, RecursionError):
        return set()
    rows = {sent[number].row for number in numbers if number < len(sent)}
    return rows - by_row.keys()


def _numbers(value: object) -> Iterator[int]:
    """Yield the positions that are anywhere in a JSON value."""
    if isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"index", "position"} and _is_position(each):
                yield each
            yield from _numbers(each)


def _is_position(value: object) -> TypeGuard[int]:
    # JSON's true is an int in Python; it must not point at the second row.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
