"""Rows of a sheet -> rows that can be sent, or everything that is wrong in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from collect_xl.domain.a1 import column_name
from collect_xl.domain.cell_content import names_person, shows_nothing
from collect_xl.domain.garbage import pause_garbage_search
from collect_xl.domain.headings import CUSTOM, DATE_RESULTS, OPTION_FIELDS, is_result, is_skip, title_of
from collect_xl.domain.identity import anchor
from collect_xl.domain.model import (
    NO_DATES,
    Blank,
    CellValue,
    Column,
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
from collect_xl.validation.doubtful_names import Kind, doubt_words, is_odd
from collect_xl.validation.email import address_of_link
from collect_xl.validation.fields import CustomValue
from collect_xl.validation.nameless_rows import Nameless, content_of, meanings_of, nameless_notes, title_note
from collect_xl.validation.options import CAMPAIGN, read_options
from collect_xl.validation.reader import Reader, Refusals
from collect_xl.validation.refusal import NOTHING, Refusal, describe
from collect_xl.validation.skip_marks import skip_mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from collect_xl.domain.rows import Checked

_EMAIL = "email"
_NOTHING_SEEN: Mapping[str, str] = MappingProxyType({})
_MOST_OVERRIDES = 10_000
"""Different sets of overrides that are remembered."""

_ID_GOES_FIRST = "the contact ID is sent, not the e-mail address beside it"
_OF_NEW_CONTACTS = {
    "first_name": title_of("firstName"),
    "last_name": title_of("lastName"),
    "company": title_of("company"),
    "tags": title_of("tags"),
}
"""Cells of a contact that Collect takes of new ones alone, by their names in ``model.Contact``."""
_NO_PERSON = Refusal(
    "no e-mail address", "an e-mail address or a contact ID", "Enter an address or a contact ID, or clear the row."
)
_NO_CAMPAIGN = Refusal(
    NOTHING, "a campaign ID or name, here or on the options sheet", "Fill in the campaign in one of the two places."
)


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a sheet, by what they are for."""

    index: Mapping[str, int]
    """Field -> the column's number."""
    skip: tuple[Column, ...]
    """Those that hold rows out."""
    results: tuple[str, ...]
    """The fields of results."""
    overridable: tuple[str, ...]
    """The fields of options, which a row may say otherwise than the options sheet."""
    dates: tuple[str, ...]
    """The fields of results that are dates."""
    headers: Mapping[str, str]
    """Field -> what the sheet calls it, in one line."""

    @classmethod
    def of(cls, layout: Layout) -> _Columns:
        """Return the columns of a sheet."""
        index = layout.places
        skip = tuple(column for column in layout.columns if is_skip(column.field))
        results = tuple(field for field in index if is_result(field))
        overridable = tuple(option.key for option in OPTION_FIELDS if option.key in index)
        dates = tuple(field for field in DATE_RESULTS if field in index)
        headers = {column.field: " ".join(column.header.split()) for column in layout.columns}
        return cls(index, skip, results, overridable, dates, headers)


class Checker:
    """Checks the rows of one sheet, one at a time, remembering what repeats.

    Sample usage::

        checker = Checker(source.layout(), source.options())
        checked = checker.check_all(source.rows())

    Args:
        layout: where the contacts are.
        options: the lines of the options sheet.
    """

    defaults: Options
    """What the options sheet says, without what is wrong in it."""
    problems: tuple[Problem, ...]
    """Everything that is wrong on the options sheet. While there is any, nothing may be sent: rows are checked even so,
    but the options of their ``Row`` lack what is wrong."""
    notes: list[str]
    """What the preview must say about the rows that were checked."""

    def __init__(self, layout: Layout, options: Sequence[OptionCell]) -> None:
        self._layout = layout
        self._sheet = layout.sheet
        self.notes: list[str] = []
        self._columns = _Columns.of(layout)
        schema = contact_schema(layout.columns)
        self._contacts = Reader(schema)
        custom = {name: field for name, field in schema.fields.items() if isinstance(field, CustomValue)}
        self._key_of_custom = {name: field.data_key or "" for name, field in custom.items()}
        self._useless_words: dict[tuple[str, ...], str] = {}
        has_campaign_column = CAMPAIGN in self._columns.overridable
        self._options = read_options(options, campaign_by_row=has_campaign_column, other_sheets=layout.sheets)
        self._campaign_by_row = has_campaign_column and CAMPAIGN not in self._options.given
        self.defaults = self._options.defaults
        self.items_in_sheet = self._options.items_in_sheet
        self.problems = self._options.problems
        self._remembered: dict[tuple[object, ...], tuple[Options, Refusals]] = {}

    def check_all(self, rows: Iterable[SheetRow]) -> tuple[Checked, ...]:
        """Return what each row asks for, or that it is wrong or blank, in order; blank ones at the end are no rows.

        Raises:
            LayoutError: the header is met again, where another list begins.
        """
        with pause_garbage_search():
            checked = list(self._check_each(rows))
        while checked and isinstance(checked[-1], Blank):
            checked.pop()
        return tuple(checked)

    def _check_each(self, rows: Iterable[SheetRow]) -> Iterator[Checked]:
        """Check rows in order; those that name no person are judged together with their neighbours."""
        above: SheetRow | None = None
        nameless: list[SheetRow] = []
        for row in rows:
            if not row.link and not names_person(row.cells):
                nameless.append(row)
                continue
            if nameless:
                judged = self._judged(nameless, above)
                if above is not None:
                    self.notes += filter(None, [title_note(judged[-1])])
                yield from map(self._check_nameless, judged)
                nameless = []
            yield self.check(row)
            above = row
        yield from map(self._check_nameless, self._judged(nameless, above))

    def _judged(self, rows: Sequence[SheetRow], above: SheetRow | None) -> tuple[Nameless, ...]:
        judged = tuple(meanings_of(rows, above, self._layout))
        self.notes += nameless_notes(judged)
        return judged

    def _check_nameless(self, nameless: Nameless) -> Checked:
        row = nameless.row
        if nameless.meaning == "person":
            return self.check(row)
        return Blank(row.number, repeats_header=nameless.meaning == "header")

    def check(self, row: SheetRow) -> Row | Rejected | Blank:
        """Return what a row asks for, or all that is wrong in it, or that it is blank."""
        cells = {**row.cells, _EMAIL: address_of_link(row.link)} if row.link else row.cells
        is_nameless = not names_person(cells)
        if is_nameless and not content_of(row):
            return Blank(row.number)
        values, refusals = self._read_contact(cells, is_nameless=is_nameless)
        mark = skip_mark(cells, self._columns.skip)
        options, refused_options = self._effective(cells)
        is_held_out = mark is not None and not is_nameless and not _is_person_refused(refusals)
        wrong = _wrong_in_campaign(refused_options) if is_held_out else {**refusals, **refused_options}
        found_again_by = anchor(row.cells)
        seen = self._seen(cells)
        dates = self._dates(cells)
        # Everything that is wrong is collected first: the user repairs a row once, not once for each of its cells.
        if wrong:
            return Rejected(
                number=row.number,
                hidden=row.hidden,
                anchor=found_again_by,
                seen=seen,
                problems=tuple(self._problems(row.number, wrong)),
                skip=mark,
                dates=dates,
            )
        contact, notes = self._contact(values)
        if row.link:
            notes = (f"took the address of the link, {contact.email}, since the cell's text is none", *notes)
        doubts = self._doubts(contact, row.number)
        return Row(
            number=row.number,
            hidden=row.hidden,
            contact=contact,
            options=options,
            anchor=found_again_by,
            seen=seen,
            notes=(*doubts, *notes),
            skip=mark,
            dates=dates,
        )

    def _read_contact(self, cells: Mapping[str, CellValue], *, is_nameless: bool) -> tuple[dict[str, Any], Refusals]:
        """Return the values of a row's contact, and what is wrong in its cells."""
        values, refusals = self._contacts.read(cells)
        if _EMAIL in refusals and shows_nothing(cells[_EMAIL]):
            del refusals[_EMAIL]  # a zero is what a formula shows of a blank cell
        if is_nameless:
            values.pop("id", None)
        names_someone = "id" in values or "email" in values
        # An address that is wrong is one problem, not two.
        if not names_someone and not _is_person_refused(refusals):
            refusals = {_EMAIL: [_NO_PERSON], **refusals}
        return values, refusals

    def _contact(self, values: dict[str, Any]) -> tuple[Contact, tuple[str, ...]]:
        """Return the contact of a row's values, and what was done to them that the user would not see."""
        notes: list[str] = []
        if "id" in values:
            notes += self._useless(values)
        for name in ("id", "email"):
            cleaned = values.get(name)
            if cleaned is None:
                continue
            values[name] = cleaned.text
            if cleaned.note:
                notes.append(cleaned.note)
        custom = tuple([values.pop(name) for name in self._key_of_custom if name in values])
        contact = Contact(**values, custom=custom)
        return contact, tuple(notes)

    def _doubts(self, contact: Contact, number: int) -> list[str]:
        """Return what the user should look at before it is sent, by cell."""
        # Nearly every row has none: it is recognised before anything is made for it.
        named: tuple[tuple[str, str, Kind], ...] = (
            ("firstName", contact.first_name, "name"),
            ("lastName", contact.last_name, "name"),
            ("company", contact.company, "company"),
        )
        odd = [(field, text, kind) for field, text, kind in named if is_odd(text, kind)]
        for variable, text in contact.custom:
            if is_odd(text, "value"):
                odd.append((f"{CUSTOM}{variable}", text, "value"))
        doubts = [(field, doubt_words(text, kind)) for field, text, kind in odd]
        if len(contact.tags) == 1 and "," in contact.tags[0]:
            words = f"{describe(contact.tags[0])} is one tag, since ; separates tags, and a comma does not"
            doubts.append(("tags", words))
        return [f"{self._cell(field, number)} ({title_of(field)}): {words}" for field, words in doubts if words]

    def _useless(self, values: Mapping[str, Any]) -> Iterator[str]:
        """Yield what is not sent of a row because it has a contact ID: Collect knows the contact already."""
        if "email" in values:
            yield _ID_GOES_FIRST
        names = tuple(name for name in (*_OF_NEW_CONTACTS, *self._key_of_custom) if name in values)
        if not names:
            return
        if names not in self._useless_words:
            titles = [_OF_NEW_CONTACTS.get(name) or title_of(self._key_of_custom[name]) for name in names]
            self._useless_words[names] = f"the contact ID is sent alone, without {', '.join(titles)}"
        # One text for all rows alike: a copy for each of 100,000 rows adds up.
        yield self._useless_words[names]

    def _effective(self, cells: Mapping[str, CellValue]) -> tuple[Options, Refusals]:
        """Return the options of a row, and what is wrong in its own; worked out once for equal cells."""
        overrides = tuple(map(cells.get, self._columns.overridable))
        # The types belong to the key: True equals 1, and a number's text equals a text that was typed.
        key = (*overrides, *map(type, overrides))
        effective = self._remembered.get(key)
        if effective is None:
            if len(self._remembered) >= _MOST_OVERRIDES:
                self._remembered.clear()
            effective = self._overridden(cells)
            self._remembered[key] = effective
        return effective

    def _overridden(self, cells: Mapping[str, CellValue]) -> tuple[Options, Refusals]:
        own_values, refusals = self._options.reader.read(cells)
        options = Options(**{**self._options.values, **own_values})
        lacks_campaign = self._campaign_by_row and not options.campaign
        if lacks_campaign and CAMPAIGN not in refusals:
            refusals = {CAMPAIGN: [_NO_CAMPAIGN], **refusals}
        return options, refusals

    def _seen(self, cells: Mapping[str, CellValue]) -> Mapping[str, str]:
        """Return what the result columns hold, blank ones left out."""
        texts = {}
        for field in self._columns.results:
            text = _text(cells[field]) if field in cells else ""
            if text:
                texts[field] = text
        return texts or _NOTHING_SEEN

    def _dates(self, cells: Mapping[str, CellValue]) -> Mapping[str, date]:
        """Return what the columns of dates hold, as far as it is a real date."""
        if not self._columns.dates:
            return NO_DATES
        dates = {}
        for field in self._columns.dates:
            value = cells.get(field)
            if isinstance(value, date):
                dates[field] = value
        return dates or NO_DATES

    def _problems(self, number: int, refusals: Refusals) -> Iterator[Problem]:
        """Yield the problems of a row from left to right; those of cells that the sheet lacks come first."""
        for field in sorted(refusals, key=self._column):
            for refusal in refusals[field]:
                yield Problem(
                    where=self._cell(field, number),
                    field=title_of(field),
                    found=refusal.found,
                    expected=refusal.expected,
                    todo=refusal.todo,
                    row=number,
                    header=self._columns.headers.get(field, ""),
                )

    def _column(self, field: str) -> int:
        return self._columns.index.get(field, 0)

    def _cell(self, field: str, number: int) -> str:
        column = self._column(field)
        if not column:
            return f"{self._sheet}!{number}:{number}"
        return f"{self._sheet}!{column_name(column)}{number}"


def _wrong_in_campaign(refused_options: Refusals) -> Refusals:
    """Return what is wrong with the campaign, which alone counts of a row that is held out.

    Whose row it is, is clear: it is not sent, nor is a twin of it. Without a campaign there is no twin, and nothing
    that could be compared.
    """
    return {field: why for field, why in refused_options.items() if field == CAMPAIGN}


def _is_person_refused(refusals: Refusals) -> bool:
    """Return whether a cell is wrong that says whose row it is."""
    return "contactId" in refusals or _EMAIL in refusals


def _text(value: CellValue) -> str:
    if isinstance(value, Fault):
        return value.shown
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value).strip()
