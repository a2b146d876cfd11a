"""Which row is the header of the contacts, and what each of its columns means; for saved and for open workbooks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import MAX_ROW, Area, column_name
from collect_xl.domain.headings import (
    CONTACTS_SHEET,
    SKIP,
    TEMPLATE_SHEETS,
    field_of,
    fold,
    is_result,
    similar_field,
    title_of,
)
from collect_xl.domain.model import Column, Layout
from collect_xl.domain.skip_words import is_about_permission
from collect_xl.errors import LayoutError
from collect_xl.remedies import Remedy
from collect_xl.workbook.labels import area_name, cell_name

HEADER_ROWS = 50
"""How far down the header of a plain range is looked for; a table says where its own is."""

PERSON = frozenset({"contactId", "email"})
"""A list of contacts has at least one of these columns."""
_LOOKED_FOR = "Email (E-mail, Courriel, Correo ...) or Contact ID"
_ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
_APART = "Move the contacts to a sheet of their own, so that no one of the other list is asked by accident."
_RENAME = "Write Email (or Contact ID) above the column that holds it, in the same row as the other headers."


@dataclass(frozen=True, slots=True)
class ListTable:
    """An Excel table, as far as a list of contacts is concerned."""

    name: str
    area: Area
    has_header: bool = True
    totals: int = 0
    """How many of its last rows are totals."""


@dataclass(frozen=True, slots=True)
class Page:
    """A sheet on which a header is looked for."""

    name: str
    visible: bool
    texts: Mapping[int, Mapping[int, str]]
    """What is in the first rows and in the first row of each table: row -> column -> text that is not blank."""
    tables: Sequence[ListTable] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A row of headers on a sheet."""

    page: Page
    row: int
    texts: Mapping[int, str]
    """Column -> header."""
    fields: frozenset[str]
    """The fields that its texts mean."""
    table: ListTable | None = None

    @property
    def of_people(self) -> bool:
        """Whether it is the header of a list of contacts."""
        return bool(self.fields & PERSON)


def header_of(page: Page) -> Header | None:
    """Return the header of a sheet's list.

    It is that of a table, else the first of the rows that have most of our fields.

    Raises:
        LayoutError: two tables have contacts, or a table and a list outside it.
    """
    in_tables = [header for header in _table_headers(page) if header.of_people]
    if len(in_tables) > 1:
        raise _two_tables(in_tables)
    if in_tables:
        _refuse_list_beside(in_tables[0], ())
        return in_tables[0]
    # a title or an example may name a field, too: the row with most fields is the header, and of two the first
    plain = [header for header in _plain_headers(page) if header.of_people]
    if not plain:
        return None
    header = max(plain, key=_likeness)
    # one that is met again in the same columns is found among the rows
    _refuse_list_beside(header, header.texts.keys())
    return header


def _likeness(header: Header) -> tuple[bool, int, int]:
    """Return what makes a row the header rather than another one."""
    # a person's own row may have words of ours beside it, in a note or as the header of another list
    names_person = any(_ADDRESS.fullmatch(text.strip()) for text in header.texts.values())
    return not names_person, len(header.fields), len(header.texts)


def header_row_missing(page: Page) -> LayoutError:
    """Return the error for a sheet that was meant and has no header."""
    return LayoutError(
        f"Sheet {page.name}: no header row was found in its first {HEADER_ROWS} rows or in its tables; "
        f"it needs a cell that says {_LOOKED_FOR}.",
        tip=_suggestion([page]) + _RENAME,
    )


def _suggestion(pages: Iterable[Page]) -> str:
    """Return a sentence about a cell that may be meant as the header of the addresses, or nothing."""
    for page in pages:
        for row, texts in page.texts.items():
            for column, text in texts.items():
                if similar_field(text, ()) in PERSON:
                    where = cell_name(page.name, column, row)
                    return f"{where} says {' '.join(text.split())}: did you mean Email? "
    return ""


def only_header(pages: Sequence[Page]) -> Header:
    """Return the header of the only sheet that has one.

    Args:
        pages: the visible sheets.

    Raises:
        LayoutError: none has one, or several have.
    """
    # what is on our own template's sheets is an example, whose people must not be asked
    searched = [page for page in pages if page.name.strip() not in TEMPLATE_SHEETS]
    headers: list[Header] = []
    for page in searched:
        header = header_of(page)
        if header is not None:
            headers.append(header)
    if not headers:
        raise _no_header(searched)
    if len(headers) > 1:
        raise _several_sheets(headers)
    return headers[0]


def layout_of(header: Header) -> Layout:
    """Return what the columns below a header mean.

    Raises:
        LayoutError: a field has two columns.
    """
    columns, ignored = _columns(header)
    return Layout(
        sheet=header.page.name,
        header_row=header.row,
        columns=columns,
        ignored=ignored,
        table=header.table.name if header.table else None,
        notes=tuple(_notes(header, ignored)),
    )


def _notes(header: Header, ignored: Iterable[Column]) -> Iterator[str]:
    if not header.page.visible:
        yield f"The sheet {header.page.name} is hidden."
    for column in ignored:
        field = similar_field(column.header, header.fields)
        if field is not None:
            yield f"{_header_cell(header, column)} means nothing to Collect. Did you mean {title_of(field)}?"
        elif is_about_permission(fold(column.header)):
            where = _header_cell(header, column)
            yield f"{where} holds no one out, whatever it says. For that, add a column Skip with yes or no."


def last_row(header: Header, columns: Sequence[Column]) -> int:
    """Return the last row that belongs to the list.

    The sheet's very last one where only its content decides.
    """
    if header.table:
        return header.table.area.bottom - header.table.totals
    places = [column.index for column in columns]
    last = MAX_ROW
    for table in header.page.tables:
        if table.area.top <= header.row or not table.area.holds_any(places):
            continue
        if table.has_header or table.area.top > header.row + 1:
            # a plain list ends where a table begins in its columns: what is in that table is another list
            last = min(last, table.area.top - 1)
        elif table.totals:
            # a table that hides its own header is below this one
            last = min(last, table.area.bottom - table.totals)
    return last


def may_continue(header: Header) -> bool:
    """Return whether rows directly below the list belong to it too.

    They do below a table without totals, which may not have grown with what was typed there.
    """
    return header.table is not None and not header.table.totals


def _header(page: Page, row: int, texts: Mapping[int, str], table: ListTable | None = None) -> Header:
    fields = [field_of(text) for text in texts.values()]
    return Header(
        page=page,
        row=row,
        texts=texts,
        fields=frozenset(filter(None, fields)),
        table=table,
    )


def _table_headers(page: Page) -> Iterator[Header]:
    for table in page.tables:
        if table.has_header:
            row_texts = page.texts.get(table.area.top, {})
            own_texts = {
                column: text for column, text in row_texts.items() if _belongs(column, table, row_texts, page.tables)
            }
            yield _header(page, table.area.top, own_texts, table)


def _belongs(column: int, table: ListTable, texts: Mapping[int, str], tables: Sequence[ListTable]) -> bool:
    """Return whether a cell in a table's header row is one of its columns.

    A column typed right beside a table belongs to it for every reader of the sheet, though the table did not grow;
    so do result columns, which are apart where the table cannot grow.
    """
    area = table.area
    if area.left <= column <= area.right:
        return True
    # left of a table nothing belongs to it, and what another table holds is that one's
    if column < area.left or _is_in_table(column, area.top, tables):
        return False
    touches = all(between in texts for between in range(area.right + 1, column))
    field = field_of(texts[column])
    return touches or (field is not None and is_result(field))


def _plain_headers(page: Page) -> Iterator[Header]:
    """Yield the first rows of a sheet, without what belongs to its tables."""
    for row, row_texts in page.texts.items():
        if row <= HEADER_ROWS:
            outside = {column: text for column, text in row_texts.items() if not _is_in_table(column, row, page.tables)}
            yield _header(page, row, outside)


def _is_in_table(column: int, row: int, tables: Iterable[ListTable]) -> bool:
    return any(table.area.holds(column, row) for table in tables)


def _refuse_list_beside(header: Header, passed_over: Collection[int]) -> None:
    """Raise ``LayoutError`` when people are outside the list, too, under headers of their own.

    Args:
        header: of the list.
        passed_over: columns in which further headers do not count.
    """
    for other in _plain_headers(header.page):
        own_columns = header.texts.keys() if other.row == header.row else passed_over
        outside = _contact_fields(other, own_columns)
        # one field alone is a word in a note, and without anything below it a label; neither is a list
        if len(outside) > 1 and _has_people_below(other, outside):
            raise _list_beside(header, other.row, min(outside))


def _contact_fields(header: Header, passed_over: Collection[int]) -> dict[int, str]:
    """Return the columns of a header that are about contacts: column -> field.

    Args:
        header: the header.
        passed_over: columns that do not count.
    """
    fields: dict[int, str] = {}
    for column, text in header.texts.items():
        field = field_of(text)
        if field is not None and column not in passed_over and not is_result(field):
            fields[column] = field
    return fields


def _has_people_below(header: Header, fields: Mapping[int, str]) -> bool:
    below = header.page.texts.get(header.row + 1, {})
    return any(field in PERSON and column in below for column, field in fields.items())


def _columns(header: Header) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that mean something to us, and the others."""
    columns: dict[str, Column] = {}
    ignored: list[Column] = []
    for index, text in sorted(header.texts.items()):
        field = field_of(text)
        if field is None:
            ignored.append(Column("", index, text))
            continue
        if field == SKIP.key and field in columns:
            # a row held out by one column is let through by no other: *Do not contact* may be beside *Unsubscribed*
            field = f"{SKIP.key}:{column_name(index)}"
        column = Column(field, index, text)
        if field in columns:
            raise _twice(header, columns[field], column)
        columns[field] = column
    return tuple(columns.values()), tuple(ignored)


def _no_header(pages: Sequence[Page]) -> LayoutError:
    if not pages:
        return LayoutError(
            f"No sheet is called {CONTACTS_SHEET}, and no other sheet that is visible can hold contacts.",
            tip=f"Call the sheet with the contacts {CONTACTS_SHEET}, or unhide it.",
        )
    names = ", ".join(page.name for page in pages)
    return LayoutError(
        f"No sheet is called {CONTACTS_SHEET}, and none of the visible sheets "
        f"({names}) has a header that says {_LOOKED_FOR}.",
        tip=_suggestion(pages) + _RENAME,
    )


def _several_sheets(headers: Sequence[Header]) -> LayoutError:
    names = ", ".join(header.page.name for header in headers)
    return LayoutError(
        f"No sheet is called {CONTACTS_SHEET}, and several have a column of contacts: {names}.",
        tip=f"Call one of them {CONTACTS_SHEET}.",
        remedies=(Remedy.NAME_SHEET,),
    )


def _two_tables(headers: Sequence[Header]) -> LayoutError:
    tables = [header.table for header in headers if header.table]
    names = " and ".join(f"{table.name} ({area_name(table.area)})" for table in tables)
    return LayoutError(
        f"Sheet {headers[0].page.name} has several tables with a column of contacts: {names}.",
        tip=_APART,
    )


def _list_beside(header: Header, row: int, column: int) -> LayoutError:
    sheet = header.page.name
    place = f"in the table {header.table.name}" if header.table else f"below its header in row {header.row}"
    return LayoutError(
        f"Sheet {sheet} has a column of contacts {place}, and another one outside it, "
        f"under {cell_name(sheet, column, row)}.",
        tip=_APART,
    )


def _twice(header: Header, one: Column, other: Column) -> LayoutError:
    first = _header_cell(header, one)
    second = _header_cell(header, other)
    return LayoutError(
        f"{first} and {second} both mean {title_of(one.field)}; each field can have only one column.",
        tip="Rename or remove one of the two.",
    )


def _header_cell(header: Header, column: Column) -> str:
    """Return a header's cell with its text on one line: ``Contacts!C2 (Courriel)``."""
    text = " ".join(column.header.split())
    return f"{cell_name(header.page.name, column.index, header.row)} ({text})"
