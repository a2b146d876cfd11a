"""The rows of the contacts in a workbook that is open in Excel, as they are at one moment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from collect_xl.domain.a1 import Area, column_name
from collect_xl.domain.cell_content import names_person
from collect_xl.domain.headings import RESULT_COLUMNS
from collect_xl.domain.identity import ANCHOR_FIELDS
from collect_xl.domain.model import NO_CELLS, CellValue, Fault, Layout, SheetRow
from collect_xl.excel.open_sheet import Lines, OpenSheet
from collect_xl.excel.retry import PassOverRefusals
from collect_xl.excel.typed_cells import cell_value, is_formula, is_number
from collect_xl.ooxml.number_formats import seen
from collect_xl.workbook.address_links import MAILTO
from collect_xl.workbook.contact_list import blank_rows, merge_faults, other_columns
from collect_xl.workbook.headers import ListTable

_MOST_LABELS = 500
"""Cells that are asked for a link; a column of more labels is none of addresses."""

DATA_TYPE = Fault("rich", "#VALUE!")
"""A data type of Excel or a picture, as the file has it."""

Grid = dict[int, dict[str, CellValue]]
"""Row -> field -> what the cell holds; blank cells are absent."""


@dataclass(frozen=True, slots=True)
class Contacts:
    """Where the contacts are, and until where the sheet is used."""

    sheet: OpenSheet
    layout: Layout
    header: Mapping[int, str]
    """What the columns of the layout have in the header row."""
    last: int
    """The last row that belongs to the list for certain; the last used one where only its content decides."""
    bottom: int
    """The last row that is used."""
    continues: bool
    """Whether rows directly below ``last`` belong to the list as well."""
    table: ListTable | None
    merged: tuple[Area, ...] = ()
    """Merged areas that make it unclear whose value a cell of the list holds."""
    rich: tuple[Area, ...] = ()
    """Parts of columns whose cells are data types or pictures."""

    @property
    def columns(self) -> dict[str, int]:
        """Field -> column."""
        return self.layout.places

    @property
    def has_odd_keys(self) -> bool:
        """Whether what identifies rows may be merged, a data type or a picture."""
        columns = self.columns
        key_columns = {columns[field] for field in ANCHOR_FIELDS if field in columns}
        return bool(self.merged) or any(part.left in key_columns for part in self.rich)

    @property
    def other_places(self) -> dict[str, int]:
        """Letters -> column, of those that we do not use, and that belong to the list even so."""
        return {column_name(column.index): column.index for column in other_columns(self.layout)}

    @property
    def complete(self) -> bool:
        """Whether the sheet has all result columns that every sheet gets."""
        columns = self.columns
        return all(result.key in columns for result in RESULT_COLUMNS)

    @property
    def body(self) -> Area:
        """The rows below the header, over the columns that mean something; at least one row."""
        places = self.columns.values()
        first = self.layout.header_row + 1
        return Area(min(places), first, max(places), max(self.bottom, first))

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the header in order, as ``Source.rows`` says."""
        body = self.body
        hidden = self.sheet.hidden(body)
        before = self.layout.header_row
        area = self._with_others(body)
        lines = self.sheet.values(area)
        grid = dict(self._with_faults(self.typed(area, lines)))
        persons = {row for row, cells in grid.items() if names_person(cells)}
        others = self._others(area, lines, persons)
        formulas = self._formulas(area, lines, {*others, *grid} - persons)
        links = self._links(grid, persons)
        for number in sorted({*grid, *others}):
            if self._ends_before(number, before):
                break
            yield from blank_rows(before, number, hidden)
            yield SheetRow(
                number=number,
                hidden=number in hidden,
                cells=grid.get(number, {}),
                others=others.get(number, NO_CELLS),
                formulas=formulas.get(number, frozenset()),
                link=links.get(number, ""),
            )
            before = number

    def _with_others(self, body: Area) -> Area:
        """Return an area that reaches over the columns of the list that we do not use, too."""
        columns = [body.left, body.right, *self.other_places.values()]
        return body._replace(left=min(columns), right=max(columns))

    def _others(self, area: Area, lines: Lines, persons: Collection[int]) -> Grid:
        """Return what rows that name no person hold under headers that we do not use, by column letters."""
        places = self.other_places
        others: Grid = {}
        for row, line in enumerate(lines, area.top):
            if row in persons:
                continue
            for letters, column in places.items():
                # how a number is shown does not matter here: no format is asked for
                value = cell_value(line[column - area.left])
                if value is not None:
                    others.setdefault(row, {})[letters] = value
        return others

    def _links(self, grid: Grid, persons: Collection[int]) -> dict[int, str]:
        """Return where labels lead that are in the place of an address; a call each, since they are few."""
        column = self.columns.get("email")
        labels = [row for row, cells in grid.items() if row not in persons and isinstance(cells.get("email"), str)]
        if column is None or len(labels) > _MOST_LABELS:
            return {}
        links: dict[int, str] = {}
        for row in labels:
            cell = self.sheet.cell(column, row)
            # a cell without a link is an error for xlwings
            with PassOverRefusals():
                target = str(cell.hyperlink)
                if target.lower().startswith(MAILTO):
                    links[row] = target
        return links

    def _formulas(self, area: Area, lines: Lines, rows: Collection[int]) -> dict[int, frozenset[str]]:
        """Return which cells of some rows are formulas, by field or column letters; one call to Excel."""
        if not rows:
            return {}
        top, bottom = min(rows), max(rows)
        shown = self.sheet.formulas(area._replace(top=top, bottom=bottom))
        places = {**self.columns, **self.other_places}
        formulas: dict[int, frozenset[str]] = {}
        for row in rows:
            texts, values = shown[row - top], lines[row - area.top]
            computed: set[str] = set()
            for place, column in places.items():
                step = column - area.left
                if is_formula(texts[step], values[step]):
                    computed.add(place)
            formulas[row] = frozenset(computed)
        return formulas

    def _ends_before(self, number: int, before: int) -> bool:
        """Return whether the list has ended before a row that holds something.

        Args:
            number: the row.
            before: the last row of the list so far.
        """
        if number <= self.last:
            return False
        # below a table that did not grow only what follows without a gap was meant for it
        return not self.continues or number > max(before, self.last) + 1

    def grid(self, area: Area, fields: Collection[str] | None = None) -> Grid:
        """Return what the rows of an area hold in the columns of the list.

        Args:
            area: the rows; as wide as the list.
            fields: the only fields to return, None for all.
        """
        return self.typed(area, self.sheet.values(area), fields)

    def typed(self, area: Area, lines: Lines, fields: Collection[str] | None = None) -> Grid:
        """Return what lines that were read hold, as ``grid`` does."""
        grid: Grid = {}
        for field, column in self.columns.items():
            if fields is None or field in fields:
                raw_values = [line[column - area.left] for line in lines]
                for row, value in self._values(column, area.top, raw_values):
                    grid.setdefault(row, {})[field] = value
        return dict(sorted(grid.items()))

    def _values(self, column: int, top: int, raw_values: Sequence[object]) -> Iterator[tuple[int, CellValue]]:
        """Yield the cells of a column that hold something: row and value."""
        # only numbers have a format that matters: a column of texts costs no call for it
        number_rows = [row for row, raw in enumerate(raw_values, top) if is_number(raw)]
        readers = self.sheet.number_readers(column, number_rows)
        for row, raw in enumerate(raw_values, top):
            value = cell_value(raw, readers.get(row, seen))
            if value is not None:
                yield row, value

    def keyed(self, area: Area, lines: Lines) -> Grid:
        """Return what lines that were read hold of what identifies rows, as ``rows`` would."""
        return dict(self._with_faults(self.typed(area, lines, ANCHOR_FIELDS)))

    def _with_faults(self, grid: Grid) -> Iterator[tuple[int, dict[str, CellValue]]]:
        """Yield the rows, with a fault in each cell that is no plain one, or that a merged area covers."""
        for part in self.rich:
            (field,) = [column.field for column in self.layout.columns if column.index == part.left]
            for row in range(part.top, part.bottom + 1):
                if field in grid.get(row, {}):
                    grid[row][field] = DATA_TYPE
        for area in self.merged:
            faults = merge_faults(area, self.layout.columns)
            for row in range(area.top, area.bottom + 1):
                grid.setdefault(row, {}).update(faults)
        yield from sorted(grid.items())
