"""What belongs into the cells about items: how many came in, what is missing, and how each named item stands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from collect_xl.domain.headings import ITEM_FIELDS
from collect_xl.domain.items import Item, count_in, item_named, outstanding
from collect_xl.domain.model import Rejected, Row
from collect_xl.domain.named_results import item_of
from collect_xl.domain.statuses import FINISHED, status_word
from collect_xl.planning.history import Known

LONGEST_MISSING: Final = 2_000
"""Characters of *Collect missing*; a cell that is longer is not read."""

NO_ITEMS: Final[Mapping[str, str]] = {each.key: "" for each in ITEM_FIELDS}


def is_about_items(field: str) -> bool:
    """Return whether a result field is about items."""
    return field in NO_ITEMS or bool(item_of(field))


def with_named_items_cleared(cells: Mapping[str, str], fields: Iterable[str]) -> Mapping[str, str]:
    """Return cells that empty the columns of named items, too, where they empty what is missing.

    Args:
        cells: what belongs on a row.
        fields: the result fields that the sheet has.
    """
    if cells.get("result.missing") != "":
        return cells
    named = {field: "" for field in fields if item_of(field)}
    return {**named, **cells}


def with_items(cells: Mapping[str, str], row: Row | Rejected, known: Known) -> Mapping[str, str]:
    """Return the cells of a row with those about its request's items.

    Args:
        cells: what belongs on the row otherwise.
        row: as read.
        known: what the journal knows; without the items of requests nothing is added.
    """
    request_id = cells.get("result.requestId")
    if known.items is None or request_id is None:
        return cells
    if "result.missing" in cells:  # the row was cleared
        return with_named_items_cleared(cells, known.item_fields)
    kept = known.items.get(request_id)
    blank = dict.fromkeys(known.item_fields, "")
    if kept is not None:
        # What was missing before the request was finished would be asked of the client again.
        is_outdated = _is_finished(cells) and status_word(kept.status) != cells["result.status"]
        return {**cells, **(blank if is_outdated else _cells_of(kept.items, known.item_fields))}
    # Never asked about here: what is beside this very request is a colleague's news of it, and stays. Beside
    # another one, as after a sort that left our columns behind, it is another person's.
    is_beside_its_request = request_id != "" and row.seen.get("result.requestId", "").strip() == request_id
    return cells if is_beside_its_request else {**cells, **blank}


def _is_finished(cells: Mapping[str, str]) -> bool:
    return cells.get("result.status", "").casefold() in FINISHED


def _cells_of(items: Collection[Item], fields: Iterable[str]) -> dict[str, str]:
    """Return the cells of a request whose items are known; a column of another campaign's item stays blank."""
    whole = {"result.progress": _progress(items), "result.missing": _missing(items)}
    return {field: whole[field] if field in whole else _state(items, item_of(field)) for field in fields}


def _progress(items: Collection[Item]) -> str:
    return f"{count_in(tuple(items))} of {len(items)}" if items else ""


def _missing(items: Iterable[Item]) -> str:
    """Return what is missing, as many names as fit, and how many more there are."""
    names = outstanding(items)
    text = "; ".join(names)
    if len(text) <= LONGEST_MISSING:
        return text
    shown: list[str] = []
    length = 0
    for name in names:
        length += len(name) + 2
        if length > LONGEST_MISSING:
            break
        shown.append(name)
    return f"{'; '.join(shown)}; and {len(names) - len(shown)} more"


def _state(items: Iterable[Item], name: str) -> str:
    item = item_named(items, name)
    if item is None:
        return ""
    return item.word if item.state == "unclear" else item.state
