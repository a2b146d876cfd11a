"""Where the contacts stand: on which sheet, below which header row, and what each of its columns means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from collect_xl.columns import CONTACTS_SHEET, CONTACTS_SHEETS, OPTIONS_SHEETS, TEMPLATE_SHEETS, field_of, title_of
from collect_xl.errors import LayoutError
from collect_xl.model import Column, Fault, Layout
from collect_xl.workbook.markup import MAX_ROW, attribute, column_letters, column_number
from collect_xl.workbook.sheet import SheetStream, cells
from collect_xl.workbook.tables import Table, tables_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from collect_xl.model import CellValue
    from collect_xl.workbook.cells import Cells
    from collect_xl.workbook.package import Package, SheetPart

__all__ = ["HEADER_ROWS", "Place", "cell_name", "find_contacts", "named_sheet", "shown"]

HEADER_ROWS = 50
"""How far down the header of a plain range is looked for; a table tells where its own stands."""

_PERSON = frozenset({"contactId", "email"})
"""A list of contacts has at least one of these columns."""
_LOOKED_FOR = "Email (E-mail, Courriel, Correo ...) or Contact ID"
_RENAME = "Write Email (or Contact ID) above the column that holds it, in the same row as the other headers."


@dataclass(frozen=True, slots=True)
class Place:
    """Where the list of contacts begins and ends."""

    part: str
    """The worksheet's part."""
    layout: Layout
    last: int
    """The last row that belongs to the list; the sheet's very last one where only its content decides."""
    may_continue: bool
    """Whether rows directly below ``last`` belong to it too: a table that did not grow with what was typed."""


@dataclass(frozen=True, slots=True)
class _Header:
    sheet: SheetPart
    row: int
    texts: Mapping[int, str]
    """Column -> header."""
    tables: Sequence[Table]
    """All tables of the sheet."""
    table: Table | None = None

    @property
    def fields(self) -> frozenset[str]:
        return frozenset(filter(None, map(field_of, self.texts.values())))

    @property
    def of_people(self) -> bool:
        return bool(self.fields & _PERSON)


def find_contacts(package: Package, values: Cells, contacts_sheet: str | None) -> Place:
    """Return where the contacts are.

    Args:
        package: the open workbook.
        values: the values of its cells.
        contacts_sheet: the sheet, ignoring case; None for ``Contacts``, else the only sheet with a fitting header.

    Raises:
        LayoutError: no such sheet, no header, two that fit, or a field that has two columns.
    """
    sheet = package.sheet(contacts_sheet) if contacts_sheet else named_sheet(package, CONTACTS_SHEETS)
    if sheet is None:
        return _place(_only_header(package, values))
    header = _header_of(package, values, sheet)
    if header is None:
        raise LayoutError(
            f"Sheet {sheet.name}: no header row was found in its first {HEADER_ROWS} rows or in its tables; "
            f"it needs a cell that says {_LOOKED_FOR}.",
            tip=_RENAME,
        )
    return _place(header)


def named_sheet(package: Package, names: Sequence[str]) -> SheetPart | None:
    """Return the sheet that has the first of some names that any sheet has, ignoring case."""
    sheets = {each.name.strip().casefold(): each for each in reversed(package.sheets())}
    return next((sheets[name.casefold()] for name in names if name.casefold() in sheets), None)


def cell_name(sheet: str, column: int, row: int) -> str:
    """Return a cell as people name it: ``Contacts!C7``."""
    return f"{sheet}!{column_letters(column).decode()}{row}"


def shown(value: CellValue | None) -> str:
    """Return a header or a name as text, whatever the cell holds."""
    return value.shown if isinstance(value, Fault) else "" if value is None else str(value)


def _only_header(package: Package, values: Cells) -> _Header:
    """Return the header of the only visible sheet that has one."""
    other = named_sheet(package, OPTIONS_SHEETS)
    sheets = [each for each in package.sheets() if each.state == "visible" and each != other]
    sheets = [each for each in sheets if each.name.strip() not in TEMPLATE_SHEETS]
    found = [header for each in sheets if (header := _header_of(package, values, each))]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(header.sheet.name for header in found)
        raise LayoutError(
            f"No sheet is called {CONTACTS_SHEET}, and several have a column of contacts: {names}.",
            tip=f"Say which one is meant (--contacts-sheet), or call it {CONTACTS_SHEET}.",
        )
    raise LayoutError(
        f"No sheet is called {CONTACTS_SHEET}, and none of the visible sheets "
        f"({', '.join(each.name for each in sheets) or 'there are none'}) has a header that says {_LOOKED_FOR}.",
        tip=_RENAME,
    )


def _header_of(package: Package, values: Cells, sheet: SheetPart) -> _Header | None:
    """Return the header of a sheet's list: that of a table, else the first of the rows that have most of our fields."""
    tables = tables_of(package, sheet.part)
    rows = _texts(package, values, sheet, {table.area.top for table in tables})
    fitting = [header for header in _table_headers(sheet, rows, tables) if header.of_people]
    if len(fitting) > 1:
        raise _two_tables(fitting)
    if fitting:
        return fitting[0]
    plain = [header for header in _plain_headers(sheet, rows, tables) if header.of_people]
    return max(plain, key=lambda header: (len(header.fields), len(header.texts)), default=None)


def _texts(package: Package, values: Cells, sheet: SheetPart, others: set[int]) -> dict[int, dict[int, str]]:
    """Return the texts of the first rows and of some others: row -> column -> text."""
    stream = SheetStream(package.stream(sheet.part), sheet.part)
    last, found = max(HEADER_ROWS, *others, 0), {}
    for row in stream.rows():
        if row.number > last:
            break
        if row.number <= HEADER_ROWS or row.number in others:
            read = ((column_number(token[0]), shown(values.read(token))) for token in cells(row.body, stream.prefix))
            found[row.number] = {column: text for column, text in read if text.strip()}
    return found


def _table_headers(
    sheet: SheetPart, rows: Mapping[int, Mapping[int, str]], tables: Sequence[Table]
) -> Iterator[_Header]:
    for table in tables:
        if attribute(table.tag, b"headerRowCount") != b"0":
            texts = rows.get(table.area.top, {})
            mine = {column: text for column, text in texts.items() if _belongs(column, table, texts, tables)}
            yield _Header(sheet, table.area.top, mine, tables, table)


def _belongs(column: int, table: Table, texts: Mapping[int, str], tables: Sequence[Table]) -> bool:
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


def _plain_headers(
    sheet: SheetPart, rows: Mapping[int, Mapping[int, str]], tables: Sequence[Table]
) -> Iterator[_Header]:
    for number, texts in rows.items():
        if number <= HEADER_ROWS:
            free = {c: text for c, text in texts.items() if not any(table.area.holds(c, number) for table in tables)}
            yield _Header(sheet, number, free, tables)


def _two_tables(headers: Sequence[_Header]) -> LayoutError:
    names = " and ".join(f"{each.table.name} ({bytes(each.table.area).decode()})" for each in headers if each.table)
    return LayoutError(
        f"Sheet {headers[0].sheet.name} has several tables with a column of contacts: {names}.",
        tip="Move the contacts to a sheet of their own, so that nobody of the other list is asked by accident.",
    )


def _place(header: _Header) -> Place:
    known, ignored = _columns(header)
    table = header.table
    totals = int(attribute(table.tag, b"totalsRowCount") or 0) if table else 0
    layout = Layout(
        sheet=header.sheet.name,
        header_row=header.row,
        columns=known,
        ignored=ignored,
        table=table.name if table else None,
        notes=() if header.sheet.state == "visible" else (f"The sheet {header.sheet.name} is hidden.",),
    )
    last = table.area.bottom - totals if table else _last_above_tables(header, known)
    return Place(header.sheet.part, layout, last, may_continue=table is not None and not totals)


def _columns(header: _Header) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that mean something to us, and the others."""
    known: dict[str, Column] = {}
    ignored = []
    for index, text in sorted(header.texts.items()):
        field = field_of(text)
        if field is None:
            ignored.append(Column("", index, text))
        elif field in known:
            raise _twice(header, field, known[field], Column(field, index, text))
        else:
            known[field] = Column(field, index, text)
    return tuple(known.values()), tuple(ignored)


def _twice(header: _Header, field: str, one: Column, other: Column) -> LayoutError:
    first, second = (
        f"{cell_name(header.sheet.name, each.index, header.row)} ({' '.join(each.header.split())})"
        for each in (one, other)
    )
    return LayoutError(
        f"{first} and {second} both mean {title_of(field)}; each field can have only one column.",
        tip="Rename or remove one of the two.",
    )


def _last_above_tables(header: _Header, columns: Sequence[Column]) -> int:
    """Return the row above the first table that begins below a plain range, in its columns."""
    below = (
        table.area.top - 1
        for table in header.tables
        if table.area.top > header.row and any(table.area.left <= c.index <= table.area.right for c in columns)
    )
    return min(below, default=MAX_ROW)
