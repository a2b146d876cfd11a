"""Which request of an answer belongs to which row: by contact id, then address, never by position alone."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeGuard
from unicodedata import normalize

from collect_xl.domain.identity import (
    addresses_by_id,
    consistent_pairs,
    id_key,
    keys_of_pair,
    mail_key,
    person_of_request,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from collect_xl.domain.model import PostAnswer, RemoteRequest


@dataclass(frozen=True, slots=True)
class Sent:
    """A row of a batch, in the order of the batch, with what was sent of the person."""

    row: int
    contact_id: str
    email: str

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of what was sent of the person."""
        return keys_of_pair(self.contact_id, self.email)


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


class _Index:
    """The rows of a batch and the contacts that Collect echoed, by the keys of contact IDs and addresses.

    It is built once for each reply, so that each request is looked up instead of compared with every row.

    Args:
        sent: the rows.
        echoed: pairs of contact ID and address.
    """

    def __init__(self, sent: Sequence[Sent], echoed: Sequence[tuple[str, str]]) -> None:
        self._rows: defaultdict[str, list[Sent]] = defaultdict(list)
        for each in sent:
            for key in each.keys:
                self._rows[key].append(each)
        self._echoed: defaultdict[str, set[str]] = defaultdict(set)
        self._pairs = [(id_key(contact_id), mail_key(email)) for contact_id, email in echoed]
        for contact, mail in self._pairs:
            self._echoed[contact].add(mail)
            self._echoed[mail].add(contact)

    def rows(self, keys: Iterable[str]) -> list[Sent]:
        """Return the rows that were sent with one of some keys."""
        return [each for key in keys for each in self._rows.get(key, ())]

    def echoed_with(self, keys: Iterable[str]) -> list[str]:
        """Return the addresses that Collect echoed for IDs, the IDs that it echoed for addresses."""
        return [other for key in keys for other in self._echoed.get(key, ())]

    def names(self) -> Iterator[tuple[str, int]]:
        """Yield the keys by which a complaint may name a row, each with the row."""
        for key, rows in self._rows.items():
            for each in rows:
                yield key, each.row
        for contact, mail in self._pairs:
            for each in self._rows.get(mail, [])[-1:]:
                yield contact, each.row


def match(sent: Sequence[Sent], answer: PostAnswer) -> Matched:
    """Give each request of an answer to the row that it was made for.

    Collect promises neither an order nor a count, spells addresses in its own way, and may echo other data than were
    sent (``collect_api.md`` 6.4 and 15). A request without an id belongs to no row.

    Args:
        sent: the batch.
        answer: an accepted one.
    """
    answer = _without_placeholders(answer, frozenset(each.contact_id for each in sent))
    index = _Index(sent, answer.contacts)
    requests = tuple(dict.fromkeys(answer.requests))
    rows_of = {request: _rows_of(request, index) for request in requests}
    by_row = _one_to_one(rows_of)
    blamed, batch_errors = _blame(answer.errors, sent, index, by_row)
    certain = set(by_row.values())
    unexplained = tuple(request for request in requests if request not in certain)
    explained_rows = by_row.keys() | blamed.keys()
    silent = [each.row for each in sent if each.row not in explained_rows]
    probable = {}
    # With a second candidate on either side the pair would be a guess.
    if len(silent) == len(unexplained) == 1:
        (stranger,) = unexplained
        # A request that fits several rows is not the silent one's alone.
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
    person = person_of_request(request)
    yield index.rows([person.id])
    yield index.rows(person.mails)
    # A request that has an ID is not looked for by the IDs that its address was echoed with.
    yield index.rows(index.echoed_with([person.id] if person.id else person.mails))


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
    index: _Index,
    by_row: Mapping[int, RemoteRequest],
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return the complaints by row, and those that name no row, or several."""
    if not errors:
        return {}, ()
    names = tuple(index.names())
    blamed: defaultdict[int, list[str]] = defaultdict(list)
    rest: list[str] = []
    for error in errors:
        rows = _named(error, names) or _numbered(error, sent, by_row)
        if len(rows) == 1:
            blamed[rows.pop()].append(error)
        else:
            rest.append(error)
    return {row: "; ".join(texts) for row, texts in blamed.items()}, tuple(rest)


def _named(error: str, names: Iterable[tuple[str, int]]) -> set[int]:
    """Return the rows whose id or address appears anywhere in a complaint."""
    rows_of_span: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
    for name, row in names:
        for span in _spans(name, error):
            rows_of_span[span].add(row)
    named: set[int] = set()
    for span, rows in rows_of_span.items():
        # The longest name wins, so that bob@a.com is not blamed for o'bob@a.com, if that is in the batch too.
        is_hidden = any(_is_inside(span, other) for other in rows_of_span)
        if not is_hidden:
            named |= rows
    return named


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
    numbers: set[int] = set()
    try:
        # The objects of a JSON text are handed over one by one, however deep they are in it.
        json.loads(error, object_hook=lambda entry: numbers.update(_positions(entry)))
    except (ValueError, RecursionError):
        return set()
    rows = {sent[number].row for number in numbers if number < len(sent)}
    return rows - by_row.keys()


def _positions(entry: Mapping[str, object]) -> Iterator[int]:
    for name in ("index", "position"):
        value = entry.get(name)
        if _is_position(value):
            yield value


def _is_position(value: object) -> TypeGuard[int]:
    # JSON's true is an int in Python; it must not point at the second row.
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0
