"""Which result columns are written into a sheet, under which headers, and how wide new ones are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from collect_xl.domain.headings import (
    DATE_RESULTS,
    DETAIL_FIELDS,
    ITEM_FIELDS,
    RESULT_COLUMNS,
    RESULT_FIELDS,
    RESULT_WIDTHS,
    Field,
)
from collect_xl.domain.model import Layout
from collect_xl.domain.named_results import WIDTH, item_of
from collect_xl.ooxml.date_cells import DAY, DAY_AND_TIME

DATE_COLUMNS = {**dict.fromkeys(DATE_RESULTS, DAY), "result.created": DAY_AND_TIME}
"""Column of dates -> its format; whole days everywhere but where the time is the news."""


def result_headers(layout: Layout, more: Sequence[Field] = ()) -> dict[str, str]:
    """Return the result columns to write: field -> header.

    The headers are as the sheet has them, else our own.

    Args:
        layout: of the sheet.
        more: columns that are added beside the usual ones.
    """
    present = layout.headers
    added = (*RESULT_COLUMNS, *more)
    usual = (*RESULT_FIELDS, *DETAIL_FIELDS, *ITEM_FIELDS)
    headers = {each.key: present.get(each.key, each.title) for each in usual if each in added or each.key in present}
    headers |= {field: header for field, header in present.items() if item_of(field)}
    for field in more:
        headers.setdefault(field.key, field.title)
    return headers


def date_headers(headers: Mapping[str, str]) -> dict[str, int]:
    """Return the headers of the columns that hold dates, each with the number of its format.

    Args:
        headers: field -> header.
    """
    return {headers[field]: number for field, number in DATE_COLUMNS.items() if field in headers}


def result_widths(fields: Sequence[str]) -> tuple[float, ...]:
    """Return how wide new columns of these fields are, in characters."""
    return tuple(RESULT_WIDTHS.get(field, WIDTH) for field in fields)
