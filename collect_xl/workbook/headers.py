"""Which row is the header of the contacts, and what each of its columns means; for saved and for open workbooks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters
from collect_xl.domain.headings import CONTACTS_SHEET, TEMPLATE_SHEETS, field_of, title_of
from collect_xl.domain.model import Column, Fault, Layout
from collect_xl.errors import LayoutError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from collect_xl.domain.model import CellValue

__all__ = [
    "HEADER_ROWS",
    "PERSON",
    "Header",
    "ListTable",
    "Page",
    "cell_name",
    "header_of",
    "header_row_missing",
    "last_row",
    "layout_of",
    "may_continue",
    "only_header",
    "shown",
]

HEADER_ROWS = 50
"""How far down the header of a plain range is looked for; a table tells where its own stands."""

PERSON = frozenset({"contactId", "email"})
"""A list of contacts has at least one of these columns."""
_LOOKED_FOR = "Email (E-mail, Courriel, Correo ...) or Contact ID"
_APART = "Move the contacts to a sheet of their own, so that nobody of the other list is asked by accident."
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
    """What stands in the first rows and in the first row of each table: row -> column -> text that is not blank."""
    tables: Sequence[ListTable] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """A row of headers on a sheet."""

    page: Page
    row: int
    texts: Mapping[int, str]
    """Column -> header."""
    table: ListTable | None = None
    fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", frozenset(filter(None, map(field_of, self.texts.values()))))

    @property
    def of_people(self) -> bool:
        """Whether it is the header of a list of contacts."""
        return bool(self.fields & PERSON)


def cell_name(sheet: str, column: int, row: int) -> str:
    """Return a cell as people name it: ``Contacts!C7``."""
    return f"{sheet}!{column_letters(column).decode()}{row}"


def shown(value: CellValue | None) -> str:
    """Return a header or a name as text, whatever the cell holds."""
    return value.shown if isinstance(value, Fault) else "" if value is None else str(value)


def header_of(page: Page) -> Header | None:
    """Return the header of a sheet's list: that of a table, else the first of the rows that have most of our fields.

    Raises:
        LayoutError: two tables have contacts, or a table and a list outside it.
    """
    fitting = [header for header in _table_headers(page) if header.of_people]
    if len(fitting) > 1:
        raise _two_tables(fitting)
    if fitting:
        _refuse_list_beside(fitting[0])
        return fitting[0]
    plain = [header for header in _plain_headers(page) if header.of_people]
    return max(plain, key=lambda header: (len(header.fields), len(header.texts)), default=None)


def header_row_missing(sheet: str) -> LayoutError:
    """Return the error for a sheet that was meant and has no header."""
    return LayoutError(
        f"Sheet {sheet}: no header row was found in its first {HEADER_ROWS} rows or in its tables; "
        f"it needs a cell that says {_LOOKED_FOR}.",
        tip=_RENAME,
    )


def only_header(pages: Sequence[Page]) -> Header:
    """Return the header of the only sheet that has one.

    Args:
        pages: the visible sheets.

    Raises:
        LayoutError: none has one, or several have.
    """
    pages = [page for page in pages if page.name.strip() not in TEMPLATE_SHEETS]
    found = [header for page in pages if (header := header_of(page))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(header.page.name for header in found)
        raise LayoutError(
            f"No sheet is called {CONTACTS_SHEET}, and several have a column of contacts: {names}.",
            tip=f"Say which one is meant (--contacts-sheet), or call it {CONTACTS_SHEET}.",
        )
    raise LayoutError(
        f"No sheet is called {CONTACTS_SHEET}, and none of the visible sheets "
        f"({', '.join(page.name for page in pages) or 'there are none'}) has a header that says {_LOOKED_FOR}.",
        tip=_RENAME,
    )


def layout_of(header: Header) -> Layout:
    """Return what the columns below a header mean.

    Raises:
        LayoutError: a field has two columns.
    """
    known, ignored = _columns(header)
    return Layout(
        sheet=header.page.name,
        header_row=header.row,
        columns=known,
        ignored=ignored,
        table=header.table.name if header.table else None,
        notes=() if header.page.visible else (f"The sheet {header.page.name} is hidden.",),
    )


def last_row(header: Header, columns: Sequence[Column]) -> int:
    """Return the last row that belongs to the list; the sheet's very last one where only its content decides."""
    if header.table:
        return header.table.area.bottom - header.table.totals
    below = (
        table.area.top - 1
        for table in header.page.tables
        if table.area.top > header.row and any(table.area.left <= c.index <= table.area.right for c in columns)
    )
    return min(below, default=MAX_ROW)


def may_continue(header: Header) -> bool:
    """Tell whether rows directly below the list belong to it too: a table that did not grow with what was typed."""
    return header.table is not None and not header.table.totals


def _table_headers(page: Page) -> Iterator[Header]:
    for table in page.tables:
        if table.has_header:
            texts = page.texts.get(table.area.top, {})
            mine = {column: text for column, text in texts.items() if _belongs(column, table, texts, page.tables)}
            yield Header(page, table.area.top, mine, table)


def _belongs(column: int, table: ListTable, texts: Mapping[int, str], tables: Sequence[ListTable]) -> bool:
    """Tell whether a cell beside a table's header row is one more of its columns.

    A column typed right beside a table belongs to it for every reader of the sheet, though the table did not grow;
    so do result columns, which stand apart where the table cannot grow.
    """
    if table.area.left <= column <= table.area.right:
        return True
    if column < table.area.left or any(other.area.holds(column, table.area.top) for other in tables):
        return False
    touching = all(between in texts for between in range(table.area.right + 1, column))
    return touching or (field_of(texts[column]) or "").startswith("result.")


def _plain_headers(page: Page) -> Iterator[Header]:
    for number, texts in page.texts.items():
        if number <= HEADER_ROWS:
            free = {c: t for c, t in texts.items() if not any(table.area.holds(c, number) for table in page.tables)}
            yield Header(page, number, free)


def _two_tables(headers: Sequence[Header]) -> LayoutError:
    names = " and ".join(f"{each.table.name} ({bytes(each.table.area).decode()})" for each in headers if each.table)
    return LayoutError(
        f"Sheet {headers[0].page.name} has several tables with a column of contacts: {names}.",
        tip=_APART,
    )


def _refuse_list_beside(header: Header) -> None:
    """Raise ``LayoutError`` when people stand outside the table, too, under headers of their own: who is meant?"""
    for each in _plain_headers(header.page):
        below = header.page.texts.get(each.row + 1, {})
        mine = header.texts if each.row == header.row else {}
        ours = {c: key for c, text in each.texts.items() if c not in mine and (key := field_of(text))}
        asked = {column: key for column, key in ours.items() if not key.startswith("result.")}
        if len(asked) > 1 and any(key in PERSON and column in below for column, key in asked.items()):
            name = header.table.name if header.table else ""
            raise LayoutError(
                f"Sheet {header.page.name} has a column of contacts in the table {name}, and another one outside it, "
                f"under {cell_name(header.page.name, min(asked), each.row)}.",
                tip=_APART,
            )


def _columns(header: Header) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that mean something to us, and the others."""
    known: dict[str, Column] = {}
    ignored = []
    for index, text in sorted(header.texts.items()):
        key = field_of(text)
        if key is None:
            ignored.append(Column("", index, text))
        elif key in known:
            raise _twice(header, key, known[key], Column(key, index, text))
        else:
            known[key] = Column(key, index, text)
    return tuple(known.values()), tuple(ignored)


def _twice(header: Header, key: str, one: Column, other: Column) -> LayoutError:
    first, second = (
        f"{cell_name(header.page.name, each.index, header.row)} ({' '.join(each.header.split())})"
        for each in (one, other)
    )
    return LayoutError(
        f"{first} and {second} both mean {title_of(key)}; each field can have only one column.",
        tip="Rename or remove one of the two.",
    )
