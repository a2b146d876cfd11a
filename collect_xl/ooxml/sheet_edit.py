"""The edit of one sheet: which parts of the workbook change, and the new zip written part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import BinaryIO

from collect_xl.domain.a1 import Area, columns_in_words
from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.ooxml.content_types import CONTENT_TYPES, with_type_of_relationships
from collect_xl.ooxml.date_cells import DateStyles, date_cells
from collect_xl.ooxml.excel_tables import with_new_columns
from collect_xl.ooxml.filter_name import with_wider_filter
from collect_xl.ooxml.highlights import Highlight, Highlighter
from collect_xl.ooxml.hyperlinks import MAX_LINKS, Link, Links, NoLinks
from collect_xl.ooxml.package import Package, SheetPart, rels_part
from collect_xl.ooxml.placement import filter_area, place
from collect_xl.ooxml.recalculation import forgetful, has_formulas, recalculated
from collect_xl.ooxml.row_edit import Columns, Values
from collect_xl.ooxml.rules_over_cells import rules_over
from collect_xl.ooxml.sheet_head import column_styles, hidden_columns, with_dimension, with_widths
from collect_xl.ooxml.splice import Splice
from collect_xl.ooxml.survey import survey_sheet, tail_elements
from collect_xl.ooxml.tokenizer import open_sheet
from collect_xl.ooxml.updates import Block, as_texts, in_blocks
from collect_xl.ooxml.wellformed import PROVED, WellFormed
from collect_xl.ooxml.xml_bytes import Element, attribute, child_named, start_tag, with_changed_element
from collect_xl.ooxml.zip_reader import Member
from collect_xl.ooxml.zip_writer import Rewrite

WIDTH = 18.0
"""Characters; enough for a status or an id."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the caller knows of a workbook and the editor cannot know."""

    is_key: Callable[[str], bool] = lambda _: False
    """Whether a header names a column that says who a row is about: the list that has it is the one that grows."""
    summary: Callable[[Package], str | None] = lambda _: None
    """The worksheet whose formulas count what is written, so that their stored results are dropped."""


NO_MEANING = Meaning()


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumns:
    """Columns of texts that are written into a sheet."""

    sheet: str
    """The worksheet's name."""
    header_row: int
    """The row of the headers; 1 for the first."""
    headers: tuple[str, ...]
    widths: tuple[float, ...] = ()
    """Of columns that the sheet lacks, in characters, in the order of the headers."""
    link: Link | None = None
    """Which column carries hyperlinks."""
    meaning: Meaning = NO_MEANING
    highlights: tuple[Highlight, ...] = ()
    """Colours of columns that the sheet lacks."""
    dates: Mapping[str, int] = field(default_factory=dict)
    """Headers of the columns that hold dates -> the number of their format."""


def _refuse_shared_part(package: Package, sheet: SheetPart) -> None:
    """Raise ``DamagedWorkbook`` when what is written on a sheet would be on another one, too."""
    names = [other.name for other in package.sheets() if other.part == sheet.part]
    if len(names) > 1:
        raise DamagedWorkbook(
            f"The sheets {', '.join(names)} of {package.path.name} are one and the same part.",
            tip="Open the workbook in Excel, let it repair the file, and save it.",
        )


@dataclass(frozen=True, slots=True)
class _LatePart:
    """A part that is written behind the sheet: whether it changes is known only when the rows have passed."""

    name: str
    member: Member | None
    """None where the workbook lacks it."""
    content: Callable[[], Iterable[bytes]]
    """What is in it when any link has changed."""


class Edit:
    """Columns of texts on their way into a sheet.

    Args:
        package: the open workbook.
        columns: what is written, and where.

    Raises:
        WorkbookError: there is no place for them, or no safe one.
        UsageError: the headers do not fit together.
    """

    def __init__(self, package: Package, columns: TextColumns) -> None:
        self._package = package
        self._columns = columns
        self._sheet = package.sheet(columns.sheet)
        _refuse_shared_part(package, self._sheet)
        self._survey = survey_sheet(package, self._sheet.part, columns.header_row)
        self.placement = place(
            self._survey, self._sheet.name, columns.header_row, columns.headers, columns.meaning.is_key
        )
        self._indexes = tuple(sorted(self.placement.indexes))
        self._order = [self.placement.indexes.index(index) for index in self._indexes]
        """Positions of the headers from left to right."""
        self._rels = rels_part(package.member(self._sheet.part).name)
        self._filter = self._wider_filter()
        self._rules = tuple(
            rules_over(self._survey.tail, self._survey.prefix, self._sheet.name, self.placement.new, columns.header_row)
        )
        self._linked = 0
        """Position of the header whose column carries hyperlinks."""
        self._late: tuple[_LatePart, ...] = ()
        """The parts that links are in besides the sheet."""
        self._links_left_out = ""
        """Why links are not written; nothing where they are, or none were asked for."""
        self._links = self._find_links(columns.link)
        self._texts_changed = False
        self._date_styles = DateStyles(package) if columns.dates else None
        self._highlighter = Highlighter(
            package, self._survey, columns.highlights, self._new_columns(), columns.header_row + 1
        )

    def _new_columns(self) -> dict[str, int]:
        """Return the columns that the sheet lacks, by header."""
        columns = dict(zip(self._columns.headers, self.placement.indexes, strict=True))
        return {header: index for header, index in columns.items() if index in self.placement.new}

    def _find_links(self, link: Link | None) -> Links | NoLinks:
        if link is None or link.header not in self._columns.headers or not self._links_can_be_found():
            return NoLinks()
        self._linked = self._columns.headers.index(link.header)
        column = self.placement.indexes[self._linked]
        try:
            types = self._types_with_links()
            links = Links(self._package, self._survey, column, link.allowed)
        except WorkbookRefused:
            # a result without a link is worth more than none
            self._links_left_out = "the parts that would lead to them are written in an unusual way"
            return NoLinks()
        rels = _LatePart(self._rels, self._package.member_or_none(self._rels), links.rels)
        self._late = (rels, *types)
        return links

    def _types_with_links(self) -> tuple[_LatePart, ...]:
        """Return the part of all types, where it has to name the relationships of our links."""
        package = self._package
        if package.has(self._rels) or package.content_type(self._rels):
            return ()
        types = with_type_of_relationships(package.read(CONTENT_TYPES), self._rels)
        return (_LatePart(CONTENT_TYPES, package.member(CONTENT_TYPES), lambda: [types]),)

    def _links_can_be_found(self) -> bool:
        """Return whether every program finds the sheet's links."""
        # some mind the case of a part's name, and fail on a link whose relationship they do not find
        rels = self._package.member_or_none(self._rels)
        if rels is None or rels.name == self._rels or b"hyperlink" in self._survey.tail:
            return True
        self._links_left_out = f"its part {rels.name} is not called {self._rels}, and some programs would not find it"
        return False

    @property
    def changed(self) -> bool:
        """Whether anything in the sheet is new or differs; certain when it has been written."""
        return self._texts_changed or self._links.changed

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; complete when the sheet has been written."""
        count = self._links.left_plain
        if not count:
            return self.sheet_notes
        plain = f"{count} addresses in {self._sheet.name} are plain text: Excel keeps at most {MAX_LINKS:,} links."
        return (*self.sheet_notes, plain)

    @property
    def sheet_notes(self) -> tuple[str, ...]:
        """Sentences for the user about the sheet, which hold whatever is written."""
        name = self._sheet.name
        notes = [*self.placement.notes, *self._rules]
        if self._survey.protected:
            notes.append(f"{name} is protected; results are written, and its protection stays as it is.")
        hidden = hidden_columns(self._survey.head, self._survey.prefix, self._indexes)
        if hidden:
            notes.append(f"{name} hides the columns {columns_in_words(hidden)} that results are written to.")
        if self._links_left_out:
            notes.append(
                f"The addresses in {name} are plain text, without links: {self._links_left_out}. "
                "Open the workbook in Excel and save it."
            )
        return tuple(notes)

    def write(self, file: BinaryIO, rows: Iterable[tuple[int, Values]]) -> None:
        """Write the whole workbook, with the columns in it, into an empty file.

        Args:
            file: open for writing and reading.
            rows: row number and texts in the order of the headers.
        """
        archive = self._package.archive
        rewrite = Rewrite(archive, file)
        sheet = self._package.member(self._sheet.part)
        late_members = [part.member for part in self._late]
        changed = dict(self._small_parts())
        dated = self._date_styles
        styles = self._package.member(dated.part) if dated is not None and dated.part else None
        for member in archive.members:
            if member is sheet:
                rewrite.change(member, self._content(rows))
            elif member is styles:
                continue
            elif member.name in changed:
                rewrite.change(member, [changed[member.name]])
            elif member not in late_members:
                rewrite.copy(member)
        for part in self._late:
            self._write_late(rewrite, part)
        if styles is not None and dated is not None:
            # which styles must become those of dates is known only then, too
            self._write_styles(rewrite, styles, changed.get(styles.name), dated)
        rewrite.close()

    def _write_styles(self, rewrite: Rewrite, part: Member, changed: bytes | None, dated: DateStyles) -> None:
        """Write the part of styles, with those that show dates behind the others.

        Args:
            rewrite: the new zip.
            part: the part of styles.
            changed: what it holds with our colours; None where there are none.
            dated: the styles of dates.
        """
        if not dated.changed and changed is None:
            rewrite.copy(part)
            return
        styles = self._package.read(dated.part) if changed is None else changed
        rewrite.change(part, [dated.with_ours(styles) if dated.changed else styles])

    def _write_late(self, rewrite: Rewrite, part: _LatePart) -> None:
        if part.member is None:
            if self._links.changed:
                rewrite.add(part.name, part.content())
        elif self._links.changed:
            rewrite.change(part.member, part.content())
        else:
            rewrite.copy(part.member)

    def _small_parts(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and new content of the small parts that change."""
        yield from self._highlighter.styles.items()
        table = self.placement.table
        if table is not None:
            # new columns are right of all others
            positions = self._order[-len(self.placement.new) :]
            new_headers = [self._columns.headers[position] for position in positions]
            yield self._package.member(table.part).name, with_new_columns(table, new_headers)
        calculates = self._survey.formulas or has_formulas(self._package, self._sheet.part)
        if calculates or self._filter is not None:
            yield from self._main_part(calculates=calculates)
        if calculates:
            yield from self._summary_part()

    def _main_part(self, *, calculates: bool) -> Iterator[tuple[str, bytes]]:
        """Yield name and new content of the workbook's main part, if it changes."""
        package = self._package
        old = package.read(package.workbook)
        new = old
        if self._filter is not None:
            new = with_wider_filter(package, new, self._sheet.name, *self._filter)
        if calculates:
            new = recalculated(new, package.workbook)
        if new != old:
            yield package.member(package.workbook).name, new

    def _summary_part(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and new content of a sheet whose formulas count what is written."""
        package = self._package
        summary = self._columns.meaning.summary(package)
        if summary is not None and summary != self._sheet.part:
            yield package.member(summary).name, forgetful(package.read(summary))

    def _content(self, rows: Iterable[tuple[int, Values]]) -> Iterator[bytes]:
        """Yield the sheet with the texts in it."""
        survey = self._survey
        stream = open_sheet(self._package, self._sheet.part)
        # links may make the tail large, and it is read once more
        survey.tail = b""
        splice = Splice(stream, self._resolved_columns(), [*survey.merges, *survey.spreads])
        # what is written is parsed on its way: a file that no program opens must not take the old one's place
        proof = WellFormed(stream.sheet)
        yield proof.feed(self._head(rows))
        for block in splice.rows(self._blocks(rows)):
            yield proof.feed(block) if proof.size < PROVED else block
        self._texts_changed = splice.changed
        tail = self._highlighter.tail(self._filtered(stream.tail))
        for piece in self._links.tail(tail):
            yield proof.feed(piece)
        proof.end()

    def _resolved_columns(self) -> Columns:
        survey = self._survey
        styles = column_styles(survey.head, survey.prefix, self._indexes)
        return Columns(
            sheet=self._sheet.name,
            indexes=self._indexes,
            styles=styles,
            header_row=self._columns.header_row,
            header_style=survey.header_style,
            date_styles=self._styles_by_column(),
            rest_of_dates=date_cells(self._package, self._date_styles, survey.prefix) if self._date_styles else None,
        )

    def _styles_by_column(self) -> dict[int, Callable[[bytes], bytes]]:
        """Return for each column of dates what makes of a style one that shows them."""
        dated = self._date_styles
        if dated is None:
            return {}
        by_column: dict[int, Callable[[bytes], bytes]] = {}
        for header, index in zip(self._columns.headers, self.placement.indexes, strict=True):
            number_format = self._columns.dates.get(header)
            if number_format is not None:
                by_column[index] = partial(dated.style, number_format=number_format)
        return by_column

    def _head(self, rows: Iterable[tuple[int, Values]]) -> bytes:
        """Return what comes before the rows, with our columns in it."""
        survey = self._survey
        last_row = rows[-1][0] if isinstance(rows, Sequence) and rows else 0
        bottom = max(survey.bottom, self._columns.header_row, last_row)
        right = max(survey.right, self._indexes[-1])
        head = with_dimension(survey.head, survey.prefix, right, bottom)
        return with_widths(head, survey.prefix, self._widths())

    def _widths(self) -> dict[int, float]:
        """Return the widths of new columns, by column."""
        widths = dict.fromkeys(self.placement.new, WIDTH)
        # fewer widths than headers may be given
        for index, width in zip(self.placement.indexes, self._columns.widths, strict=False):
            if index in widths:
                widths[index] = width
        return widths

    def _blocks(self, rows: Iterable[tuple[int, Values]]) -> Iterator[Block]:
        """Yield the header row and the rows, their columns from left to right."""
        titles = [self._title(position) for position in self._order]
        yield Block((self._columns.header_row,), [(title,) for title in titles])
        for block in in_blocks(rows, len(self._columns.headers), self._columns.header_row):
            self._links.watch(block.numbers, as_texts(block.columns[self._linked]))
            yield Block(block.numbers, [block.columns[position] for position in self._order])

    def _title(self, position: int) -> str | None:
        """Return what is written into a header cell; None where the header is there already."""
        is_new = self.placement.indexes[position] in self.placement.new
        return self._columns.headers[position] if is_new else None

    def _wider_filter(self) -> tuple[Area, Area] | None:
        """Return the area of the list's filter, and that with the new columns; None where it does not grow."""
        tail = self._survey.tail
        auto_filter = self._auto_filter(tail)
        if auto_filter is None:
            return None
        area = Area.parse(attribute(start_tag(tail, auto_filter), b"ref"))
        if area is None:
            return None
        wider = filter_area(area, self._columns.header_row, self.placement)
        return None if wider == area else (area, wider)

    def _auto_filter(self, tail: bytes) -> Element | None:
        # to look for the filter is to parse the tail, which may hold 65,530 links
        if not self.placement.new or b"autoFilter" not in tail:
            return None
        return child_named(tail_elements(self._survey, tail), "autoFilter")

    def _filtered(self, tail: bytes) -> bytes:
        """Return the tail with the list's filter over the new columns, too."""
        if self._filter is None:
            return tail
        auto_filter = self._auto_filter(tail)
        if auto_filter is None:
            return tail
        _, wider = self._filter
        return with_changed_element(tail, auto_filter, b"ref", bytes(wider))
