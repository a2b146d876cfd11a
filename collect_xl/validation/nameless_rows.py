"""Rows without address and contact ID: people who cannot be asked, rows prepared for later, and headers met again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from collect_xl.domain.cell_content import shows_nothing
from collect_xl.domain.headings import (
    CONTACT_FIELDS,
    CUSTOM,
    OPTION_FIELDS,
    field_of,
    fold,
    is_result,
    is_skip,
    similar_field,
)
from collect_xl.domain.model import CellValue, Fault, Layout, Number, SheetRow
from collect_xl.domain.rows import row_spans
from collect_xl.errors import LayoutError
from collect_xl.validation.refusal import describe

_PERSON = frozenset({"email", "contactId"})
_OF_CONTACTS = frozenset(field.key for field in CONTACT_FIELDS)
_OF_OPTIONS = frozenset(field.key for field in OPTION_FIELDS)
_FEWEST_ALIKE = 3
"""Rows with equal cells from which on they are no people, since no one types a person three times in a row."""

_FEWEST_ALIKE_FORMULAS = 2
"""The same where all that is equal are formulas."""

Content = Mapping[str, CellValue]
"""Field or column letters -> what a cell says, without what says nothing."""

Meaning = Literal["person", "blank", "prepared", "header"]


@dataclass(frozen=True, slots=True)
class Nameless:
    """A row without address and contact ID, and what it is."""

    row: SheetRow
    meaning: Meaning


def content_of(row: SheetRow) -> Content:
    """Return what is in a row that may be about a person: what was typed, and texts that formulas show.

    Numbers, dates and truth values of formulas are left out: rows that were filled down for later show them too.
    """
    cells = {**row.cells, **row.others}
    return {place: value for place, value in cells.items() if _says_something(place, value, row.formulas)}


def meanings_of(rows: Sequence[SheetRow], above: SheetRow | None, layout: Layout) -> Iterator[Nameless]:
    """Yield what each of the rows is that follow each other without a person in between.

    Args:
        rows: none of them names a person.
        above: the row before them; None for the header.
        layout: of the list.

    Raises:
        LayoutError: the header is met again below a blank row or a title, so that another list begins there.
    """
    contents = _without_filled_options(rows, above)
    prepared = _prepared(rows, contents)
    header = _Header(layout)
    before = above.number if above is not None else layout.header_row
    for index, row in enumerate(rows):
        if header.is_repeated_by(row):
            if row.number != before + 1 or not header.means_the_same(row):
                raise _second_list(row, layout)
            before = row.number
            yield Nameless(row, "header")
        elif index in prepared:
            yield Nameless(row, "prepared")
        else:
            yield Nameless(row, "person" if contents[index] else "blank")


def nameless_notes(rows: Sequence[Nameless]) -> Iterator[str]:
    """Yield what the preview says of rows that follow each other without a person in between."""
    prepared = [each.row.number for each in rows if each.meaning == "prepared"]
    if prepared:
        yield (
            f"Rows {row_spans(prepared)} hold the same as each other and no e-mail address: they count as prepared for "
            "later, and not as people."
        )
    for each in rows:
        if each.meaning == "header":
            yield f"Row {each.row.number} repeats the header, and is passed over."


def title_note(last: Nameless) -> str:
    """Return what the preview says of the row above people where it looks like the title of another list."""
    row = last.row
    content = content_of(row) if last.meaning == "person" else {}
    texts = [value for value in content.values() if isinstance(value, str)]
    if len(content) != 1 or not texts or row.link:
        return ""
    return (
        f"Row {row.number} holds only {describe(texts[0])}. If that is the title of another list, move the people "
        "below it to a sheet of their own: they would be asked as well."
    )


def _says_something(place: str, value: CellValue, formulas: Collection[str]) -> bool:
    if is_result(place):
        return False
    if isinstance(value, Fault):
        # An error in the place of a name may be a person; elsewhere it is about no one.
        return place in _OF_CONTACTS or place.startswith(CUSTOM)
    is_text = isinstance(value, str) and not isinstance(value, Number)
    if place in formulas and not is_text:
        return False
    return not shows_nothing(value)


def _without_filled_options(rows: Sequence[SheetRow], above: SheetRow | None) -> list[Content]:
    """Return what the rows hold without options that are filled down: those which the row above or below has, too."""
    contents = {row.number: content_of(row) for row in rows}
    # Each row is compared with what its neighbours hold, and not with what is left of them.
    held = dict(contents)
    if above is not None:
        held[above.number] = above.cells
    kept: list[Content] = []
    for number, content in contents.items():
        neighbours = (held.get(number - 1, {}), held.get(number + 1, {}))
        kept.append(_without_shared_options(content, neighbours))
    return kept


def _without_shared_options(content: Content, neighbours: Sequence[Content]) -> Content:
    kept: dict[str, CellValue] = {}
    for place, value in content.items():
        is_shared = any(neighbour.get(place) == value for neighbour in neighbours)
        if not is_shared or not _is_option(place, value):
            kept[place] = value
    return kept


def _is_option(place: str, value: CellValue) -> bool:
    return place in _OF_OPTIONS or is_skip(place) or isinstance(value, bool)


def _prepared(rows: Sequence[SheetRow], contents: Sequence[Content]) -> Collection[int]:
    """Return the places of rows that were filled down: several in a row that hold the same, or only count on."""
    prepared: set[int] = set()
    for run in _runs(rows, contents):
        first = contents[run.start]
        is_by_formulas = rows[run.start].formulas.issuperset(first)
        fewest = _FEWEST_ALIKE_FORMULAS if is_by_formulas else _FEWEST_ALIKE
        if first and len(run) >= fewest:
            prepared.update(run)
    return prepared


def _runs(rows: Sequence[SheetRow], contents: Sequence[Content]) -> Iterator[range]:
    """Yield the places of rows that follow each other, each filled down from the one above it."""
    start = 0
    for index in range(1, len(rows) + 1):
        goes_on = index < len(rows) and rows[index].number == rows[index - 1].number + 1
        if not goes_on or not _is_filled_down(contents[index - 1], contents[index]):
            yield range(start, index)
            start = index


def _is_filled_down(above: Content, below: Content) -> bool:
    if above.keys() != below.keys():
        return False
    # A number alone may count the rows; beside other cells it is a customer's.
    if len(above) == 1 and _counts_on(*above.values(), *below.values()):
        return True
    return all(_is_same(value, below[place]) for place, value in above.items())


def _counts_on(value: CellValue, below: CellValue) -> bool:
    if not isinstance(value, Number) or not isinstance(below, Number):
        return False
    return value.isdecimal() and below.isdecimal() and int(below) == int(value) + 1


def _is_same(value: CellValue, below: CellValue) -> bool:
    # What is broken may be a person in each row, however alike it looks.
    return not isinstance(value, Fault) and type(value) is type(below) and value == below


class _Header:
    """The header of a list, to be known again.

    Args:
        layout: of the list.
    """

    def __init__(self, layout: Layout) -> None:
        self._columns = layout.columns
        self._persons = _PERSON.intersection(column.field for column in layout.columns)
        self._headers = {fold(column.header) for column in (*layout.columns, *layout.ignored)}

    def is_repeated_by(self, row: SheetRow) -> bool:
        """Return whether a row repeats the header, in whatever spelling."""
        texts = _texts(row)
        if any(field_of(texts.get(field, "")) in _PERSON for field in self._persons):
            return True
        # The word Mail in another cell is not enough: it may say how a person likes to be reached.
        known: set[str] = set()
        names_address = False
        for place, text in texts.items():
            field = field_of(text)
            if field is not None or fold(text) in self._headers:
                known.add(place)
            if field in _PERSON:
                names_address = True
        if similar_field(texts.get("email", ""), ()) == "email":
            # *Email perso* in the column of addresses is a header only where other headers are beside it.
            known.add("email")
            names_address = True
        return names_address and len(known) > 1 and 2 * len(known) >= len(texts)

    def means_the_same(self, row: SheetRow) -> bool:
        """Return whether each column still means in a row what the header says."""
        for column in self._columns:
            text = str(row.cells.get(column.field, column.header))
            if fold(text) != fold(column.header) and field_of(text) != column.field:
                return False
        return True


def _texts(row: SheetRow) -> dict[str, str]:
    cells = {**row.cells, **row.others}
    return {place: value for place, value in cells.items() if isinstance(value, str) and not shows_nothing(value)}


def _second_list(row: SheetRow, layout: Layout) -> LayoutError:
    return LayoutError(
        f"Sheet {layout.sheet}: the header is met again in row {row.number}, so that another list begins there. "
        "Whether its people should be asked is not clear.",
        tip=f"Move the other list to a sheet of its own. If it is the same list, delete row {row.number}.",
    )
