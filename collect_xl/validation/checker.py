"""Rows of a sheet -> rows that can be sent, or everything that is wrong in them."""

from __future__ import annotations

from datetime import date, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collect_xl.domain.headings import OPTION_FIELDS, column_letters, title_of
from collect_xl.domain.identity import anchor
from collect_xl.domain.model import (
    Blank,
    CellValue,
    Contact,
    Fault,
    Layout,
    OptionCell,
    Options,
    Problem,
    Rejected,
    Row,
    SheetRow,
)
from collect_xl.validation.contact import contact_schema
from collect_xl.validation.fields import CustomValue
from collect_xl.validation.options import CAMPAIGN, read_options
from collect_xl.validation.reader import Reader, Refusals
from collect_xl.validation.refusal import NOTHING, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["Checker"]

_RESULT = "result."
_EMAIL = "email"
_NOTHING_SEEN: Mapping[str, str] = MappingProxyType({})
_MOST_OVERRIDES = 10_000
"""Different sets of overrides that are remembered."""

_ID_GOES_FIRST = "the contact ID is sent, not the e-mail address beside it"
_NOBODY = Refusal(NOTHING, "an e-mail address or a contact ID", "Fill in whom to ask, or empty the row.")
_NO_CAMPAIGN = Refusal(
    NOTHING, "a campaign ID or name, here or on the options sheet", "Fill in the campaign in one of the two places."
)


class Checker:
    """Checks the rows of one sheet, one at a time, remembering what repeats.

    Sample usage::

        checker = Checker(source.layout(), source.options())
        checked = [checker.check(row) for row in source.rows()]

    Args:
        layout: where the contacts stand.
        options: the lines of the options sheet.
    """

    defaults: Options
    """What the options sheet says, without what is wrong in it."""
    problems: tuple[Problem, ...]
    """Everything that is wrong on the options sheet. While there is any, nothing may be sent: rows are checked all the
    same, but the options of their ``Row`` lack what is wrong."""

    def __init__(self, layout: Layout, options: Sequence[OptionCell]) -> None:
        self._sheet = layout.sheet
        self._columns = {column.field: column.index for column in layout.columns}
        self._results = tuple(field for field in self._columns if field.startswith(_RESULT))
        self._overridable = tuple(field.key for field in OPTION_FIELDS if field.key in self._columns)
        contacts = contact_schema(layout.columns)
        self._contacts = Reader(contacts)
        self._custom = tuple(name for name, field in contacts.fields.items() if isinstance(field, CustomValue))
        self._options = read_options(options, campaign_by_row=CAMPAIGN in self._columns)
        self._campaign_by_row = CAMPAIGN in self._columns and CAMPAIGN not in self._options.given
        self.defaults = self._options.defaults
        self.problems = self._options.problems
        self._remembered: dict[tuple[object, ...], tuple[Options, Refusals]] = {}

    def check(self, row: SheetRow) -> Row | Rejected | Blank:
        """Return what a row asks for, or all that is wrong in it, or that it names nobody."""
        values, refusals = self._contacts.read(row.cells)
        if not values and not refusals:
            return Blank(row.number)
        if not values.keys() & {"id", "email"} and not refusals.keys() & {"contactId", _EMAIL}:
            refusals = {_EMAIL: [_NOBODY], **refusals}
        options, wrong = self._effective(row.cells)
        found_again_by, seen = anchor(row.cells), self._seen(row.cells)
        if refusals or wrong:
            problems = tuple(self._problems(row.number, {**refusals, **wrong}))
            return Rejected(row.number, row.hidden, found_again_by, seen, problems)
        contact, notes = self._contact(values)
        return Row(row.number, row.hidden, contact, options, found_again_by, seen, notes)

    def _contact(self, values: dict[str, Any]) -> tuple[Contact, tuple[str, ...]]:
        notes = (_ID_GOES_FIRST,) if {"id", "email"} <= values.keys() else ()
        for name in ("id", "email"):
            if name in values:
                values[name], note = values[name]
                notes = (*notes, note) if note else notes
        custom = tuple(values.pop(name) for name in self._custom if name in values)
        return Contact(**values, custom=custom), notes

    def _effective(self, cells: Mapping[str, CellValue]) -> tuple[Options, Refusals]:
        said = tuple(map(cells.get, self._overridable))
        key = (*said, *map(type, said))  # True is no 1, and a number no text
        known = self._remembered.get(key)
        if known is None:
            if len(self._remembered) >= _MOST_OVERRIDES:
                self._remembered.clear()
            known = self._remembered[key] = self._overridden(cells)
        return known

    def _overridden(self, cells: Mapping[str, CellValue]) -> tuple[Options, Refusals]:
        values, refusals = self._options.reader.read(cells)
        options = Options(**{**self._options.values, **values})
        if self._campaign_by_row and not options.campaign and CAMPAIGN not in refusals:
            refusals = {CAMPAIGN: [_NO_CAMPAIGN], **refusals}
        return options, refusals

    def _seen(self, cells: Mapping[str, CellValue]) -> Mapping[str, str]:
        if not self._results:
            return _NOTHING_SEEN
        texts = {field: _text(cells[field]) for field in self._results if field in cells}
        return {field: text for field, text in texts.items() if text} or _NOTHING_SEEN

    def _problems(self, number: int, refusals: Refusals) -> Iterator[Problem]:
        for field in sorted(refusals, key=lambda field: self._columns.get(field, 0)):
            for each in refusals[field]:
                where = self._cell(field, number)
                yield Problem(where, title_of(field), each.found, each.expected, each.todo, number)

    def _cell(self, field: str, number: int) -> str:
        index = self._columns.get(field)
        return f"{self._sheet}!{column_letters(index) if index else f'{number}:'}{number}"


def _text(value: CellValue) -> str:
    if isinstance(value, Fault):
        return value.shown
    return value.isoformat() if isinstance(value, date | time) else str(value).strip()
