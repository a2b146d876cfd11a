"""Sheets as the checker sees them, without a workbook; and every cell that a workbook could hold."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, get_args

from hypothesis import strategies as st

from collect_xl.domain.model import Column, Fault, FaultKind, Layout, Number, OptionCell, SheetRow
from collect_xl.validation import Checker

if TYPE_CHECKING:
    from collect_xl.domain.model import CellValue, Row

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)

ALL_COLUMNS = (
    *("contactId", "email", "firstName", "lastName", "company", "tags", "custom:loan_ref", "custom:a.b"),
    *("campaignId", "round", "items", "samples", "dueDate", "assignedTo"),
    *("sendMessage", "sendCompletionMessage", "sendRejectionMessage", "sendReopenMessage"),
    *("result.status", "result.requestId", "result.portalUrl", "result.error"),
)
"""Columns A to V."""


def layout(*fields: str) -> Layout:
    return Layout("Contacts", 1, tuple(Column(field, at, field) for at, field in enumerate(fields or ALL_COLUMNS, 1)))


def lines(*pairs: tuple[str, CellValue | None]) -> tuple[OptionCell, ...]:
    return tuple(
        OptionCell(name, f"Options!A{at}", value, f"Options!B{at}") for at, (name, value) in enumerate(pairs, 2)
    )


def checker(*options: tuple[str, CellValue | None], columns: tuple[str, ...] = ()) -> Checker:
    """A checker whose options sheet has a campaign, unless it says otherwise."""
    options = options if any(name == "Campaign ID" for name, _ in options) else (("Campaign ID", "camp"), *options)
    return Checker(layout(*columns), lines(*options))


def row(number: int = 2, **cells: CellValue) -> SheetRow:
    """A row; ``custom_x`` stands for the field ``custom:x``, and everybody has an address unless they have an id."""
    named = {field.replace("custom_", "custom:").replace("result_", "result."): cell for field, cell in cells.items()}
    return SheetRow(number, False, named if {"email", "contactId"} & set(named) else {"email": "ann@b.co", **named})


def accepted(checked: object) -> Row:
    """The row, or the problems as the test's failure."""
    assert type(checked).__name__ == "Row", getattr(checked, "problems", checked)
    return checked


FAULTS = st.builds(Fault, st.sampled_from(get_args(FaultKind)), st.text(max_size=8))
TYPED = st.sampled_from(
    [
        *("ann@b.co", " <ann@b.co>\u200b", "mailto:a@b.co", "a@b", "a;b\nc", "yes", "non", "x", "1", "-", "="),
        *("2026-12-31", "31/12/2026", "03/04/2026", "9999-12-31", "0001-01-01", "2026-12-31T10:00:00+14:00"),
        *("a -> https://b.co", "a: http://[", "a = ftp://b", "https://b.co", "DMY", "2026 Q1", "\ud800", "\x00"),
    ]
)
CELLS = st.one_of(
    TYPED,
    st.text(max_size=20),
    st.text(max_size=20).map(Number),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.datetimes(
        timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
        min_value=datetime(1900, 1, 1),  # noqa: DTZ001  # hypothesis adds the zone
    ),
    st.times(),
    FAULTS,
)
"""Whatever a cell may hold."""

TOMORROW = date(2026, 6, 16)
