"""One row's request in the sheet's own words: its headers, the names of campaign and items, the team's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from collect_xl.domain.amounts import amount
from collect_xl.domain.headings import title_of

if TYPE_CHECKING:
    from collect_xl.domain.model import Account, Layout
    from collect_xl.planning.plan import Batch
    from collect_xl.workflow.book import Prepared

_TITLES: Final[Mapping[str, str]] = {"campaignId": "Campaign"}
"""What we call an option where its name stands and not its ID."""

_LEAST_WIDTH: Final = 12
"""Characters of the column of headers."""


def row_lines(number: int, batch: Batch, prepared: Prepared) -> Sequence[str]:
    """Return what one row would send.

    Args:
        number: of the row.
        batch: the call that it is a part of.
        prepared: the plan, with the sheet's headers and the account.
    """
    index = [row.number for row in batch.rows].index(number)
    others = len(batch.rows) - 1
    beside = f", in one call with {amount(others, 'other')}" if others else ""
    lines = [
        f"Row {number} would be sent{beside}:",
        *request_lines(batch, index, prepared.account, prepared.book.layout),
    ]
    lines += [f"  note: {note}" for note in batch.rows[index].notes]
    return lines


def request_lines(batch: Batch, index: int, account: Account | None, layout: Layout | None) -> Sequence[str]:
    """Return what a call says of one contact, and of all, a line for each header.

    Args:
        batch: the call.
        index: of the contact in it.
        account: for names and the team's zone; None where it is not known.
        layout: for the sheet's own headers; None takes ours.
    """
    headers = layout.headers if layout else {}
    pairs = [*_contact_pairs(batch, index), *_option_pairs(batch, account)]
    if layout:  # a request to oneself has no round that means anything
        pairs.append(("round", f"{batch.round or 'none'} (kept here, not sent)"))
    titles = {**_TITLES, **headers}
    named = [(titles.get(key) or title_of(key), words) for key, words in pairs]
    width = max(_LEAST_WIDTH, *(len(name) for name, _ in named))
    return [f"  {name:<{width}}  {words}" for name, words in named]


def _contact_pairs(batch: Batch, index: int) -> Iterator[tuple[str, str]]:
    """Yield the fields of a contact that are sent, by their keys."""
    payload = batch.contacts[index]
    if isinstance(payload, str):
        yield "contactId", f"{payload} (an existing contact)"
        return
    for key, value in payload.items():
        if key == "customFields":
            yield from _custom_pairs(value)
        elif isinstance(value, list):
            yield key, ", ".join(map(str, value))
        else:
            yield key, str(value)


def _custom_pairs(fields: Sequence[Mapping[str, str]]) -> Iterator[tuple[str, str]]:
    for each in fields:
        yield f"custom:{each['variable']}", each["value"]


def _option_pairs(batch: Batch, account: Account | None) -> Iterator[tuple[str, str]]:
    """Yield the options of a call by their keys, with names for IDs and the team's time."""
    for key, value in batch.options.items():
        words = _WORDS.get(key, _plain)
        yield key, words(value, batch, account)


def _plain(value: object, _batch: Batch, _account: Account | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _campaign(_value: str, batch: Batch, _account: Account | None) -> str:
    return batch.campaign.called


def _due(value: str, _batch: Batch, account: Account | None) -> str:
    zone = account.team.zone if account else "UTC"
    local = datetime.fromisoformat(value).astimezone(ZoneInfo(zone))
    return f"{local:%Y-%m-%d %H:%M} ({zone})"


def _items(value: Sequence[str], batch: Batch, account: Account | None) -> str:
    names = _item_names(batch, account)
    return ", ".join(names.get(item, item) for item in value)


def _samples(value: Sequence[Mapping[str, str]], batch: Batch, account: Account | None) -> str:
    names = _item_names(batch, account)
    return ", ".join(f"{names.get(each['itemId'], each['itemId'])} -> {each['url']}" for each in value)


def _item_names(batch: Batch, account: Account | None) -> Mapping[str, str]:
    return account.items.get(batch.campaign.id, {}) if account else {}


_WORDS: Final[Mapping[str, Callable[[Any, Batch, Account | None], str]]] = {
    "campaignId": _campaign,
    "dueDate": _due,
    "items": _items,
    "samples": _samples,
}
"""Options whose value in a call is an ID or a moment in UTC."""
