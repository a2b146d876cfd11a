"""The edit of one sheet: which parts of the workbook change, and the new zip written part by part."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import lt
from typing import BinaryIO

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters
from collect_xl.errors import UsageError
from collect_xl.ooxml.hyperlinks import MAX_LINKS, Link, Links
from collect_xl.ooxml.package import Package, SheetPart, rels_part
from collect_xl.ooxml.placement import filter_area, place
from collect_xl.ooxml.recalculation import forgetful, has_formulas, recalculated
from collect_xl.ooxml.row_edit import Columns, Values
from collect_xl.ooxml.sheet_head import column_styles, hidden_columns, with_dimension, with_widths
from collect_xl.ooxml.splice import UPDATES, Splice
from collect_xl.ooxml.survey import survey_sheet, tail_elements
from collect_xl.ooxml.tables import grown
from collect_xl.ooxml.tokenizer import SheetStream
from collect_xl.ooxml.wellformed import PROVED, WellFormed
from collect_xl.ooxml.xml_bytes import attribute, with_attribute
from collect_xl.ooxml.zip_writer import Rewrite

WIDTH = 18.0
"""Characters; enough for a status or an id."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the caller knows of a workbook and the editor cannot know."""

    is_key: Callable[[str], bool] = lambda _: False
    """Whether a header names a column that says whom a row is about: the list that has it is the one that grows."""
    summary: Callable[[Package], str | None] = lambda _: None
    """The worksheet whose formulas count what is written, so that their stored results are dropped."""


NO_MEANING = Meaning()


class Edit:
    """Columns of texts on their way into a sheet.

    Args:
        package: the open workbook.
        sheet: where they go.
        header_row: the row of the headers.
        columns: the headers.
        link: which column carries hyperlinks.
        meaning: what the caller knows of the workbook.

    Raises:
        WorkbookError: there is no place for them, or no safe one.
        UsageError: the headers do not fit together.
    """

    def __init__(  # what an edit consists of, once
        self,
        package: Package,
        sheet: SheetPart,
        header_row: int,
        columns: tuple[str, ...],
        link: Link | None,
        meaning: Meaning = NO_MEANING,
    ) -> None:
        self._package, self._sheet, self._header_row, self._headers = package, sheet, header_row, columns
        self._survey = survey_sheet(package, sheet.part, header_row)
        self.placement = place(self._survey, sheet.name, header_row, columns, meaning.is_key)
        self._meaning = meaning
        self._order = sorted(range(len(columns)), key=self.placement.indexes.__getitem__)
        """Positions of the headers from left to right."""
        self._indexes = tuple(sorted(self.placement.indexes))
        self._widths = dict.fromkeys(self.placement.new, WIDTH)
        self._linked = columns.index(link.header) if link and link.header in columns else None
        self._rels = rels_part(package.member(sheet.part).name)
        self._links = self._links_of(link)
        self._splice: Splice | None = None

    def _links_of(self, link: Link | None) -> Links | None:
        if link is None or self._linked is None or not self._links_are_found():
            return None
        return Links(self._package, self._survey, self.placement.indexes[self._linked], link.allowed)

    def _links_are_found(self) -> bool:
        """Tell whether every program finds the sheet's links, also one that minds the case of a part's name."""
        rels = self._package.member_or_none(self._rels)
        return rels is None or rels.name == self._rels or b"hyperlink" in self._survey.tail

    def set_widths(self, widths: Sequence[float]) -> None:
        """Give widths to the columns, in the order of the headers; only new ones take them."""
        given = zip(self.placement.indexes, widths, strict=False)
        self._widths.update({index: width for index, width in given if index in self._widths})

    @property
    def changed(self) -> bool:
        """Whether anything in the sheet is new or differs; known when it has been written."""
        return bool(self._splice and self._splice.changed) or bool(self._links and self._links.changed)

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences for the user; complete when the sheet has been written."""
        return tuple(self._notes())

    def _notes(self) -> Iterator[str]:
        name = self._sheet.name
        yield from self.placement.notes
        if self._survey.protected:
            yield f"{name} is protected; results are written, and its protection stays as it is."
        hidden = hidden_columns(self._survey.head, self._survey.prefix, self._indexes)
        if hidden:
            letters = ", ".join(column_letters(index).decode() for index in hidden)
            yield f"{name} hides the columns {letters} that results are written to."
        if self._links and self._links.left_plain:
            yield (
                f"{self._links.left_plain} addresses in {name} are plain text: Excel keeps at most {MAX_LINKS:,} links."
            )

    def write(self, file: BinaryIO, rows: Iterable[tuple[int, Values]]) -> None:
        """Write the whole workbook, with the columns in it, into an empty file.

        Args:
            file: open for writing and reading.
            rows: row number and texts in the order of the headers.
        """
        archive = self._package.archive
        rewrite = Rewrite(archive, file)
        links = self._package.member_or_none(self._rels) if self._links else None
        changed = dict(self._small_parts())
        sheet = self._package.member(self._sheet.part)
        for member in archive.members:
            if member is sheet:
                rewrite.change(member, self._content(rows))
            elif member.name in changed:
                rewrite.change(member, [changed[member.name]])
            elif member is not links:
                rewrite.copy(member)
        # where the links point to is known only when the rows have passed
        if self._links and self._links.changed and links:
            rewrite.change(links, self._links.rels())
        elif self._links and self._links.changed:
            rewrite.add(self._rels, self._links.rels())
        elif links:
            rewrite.copy(links)
        rewrite.close()

    def _small_parts(self) -> Iterator[tuple[str, bytes]]:
        """Yield name and new content of the small parts that change."""
        package, table = self._package, self.placement.table
        if table:
            names = [self._headers[position] for position in self._order]
            yield package.member(table.part).name, grown(table, names[-len(self.placement.new) :])
        if self._survey.formulas or has_formulas(package, self._sheet.part):
            old = package.read(package.workbook)
            new = recalculated(old, package.workbook)
            if new != old:
                yield package.member(package.workbook).name, new
            summary = self._meaning.summary(package)
            if summary and summary != self._sheet.part:
                yield package.member(summary).name, forgetful(package.read(summary))

    def _content(self, rows: Iterable[tuple[int, Values]]) -> Iterator[bytes]:
        survey, indexes, new = self._survey, self._indexes, self.placement.new
        stream = SheetStream(self._package.stream(self._sheet.part), self._sheet.part)
        survey.tail = b""  # links may make it large, and it is read once more
        styles = column_styles(survey.head, survey.prefix, indexes)
        columns = Columns(self._sheet.name, indexes, styles, self._header_row, survey.header_style)
        obstacles = [*survey.merges, *survey.spreads]
        self._splice = splice = Splice(stream, columns, obstacles)
        bottom = max(survey.bottom, self._header_row, rows[-1][0] if isinstance(rows, Sequence) and rows else 0)
        head = with_dimension(survey.head, survey.prefix, max(survey.right, indexes[-1]), bottom)
        proof = WellFormed(self._sheet.part)
        yield proof.feed(with_widths(head, survey.prefix, {index: self._widths[index] for index in new}))
        for block in splice.rows(self._updates(rows)):
            yield proof.feed(block) if proof.size < PROVED else block
        tail = self._filtered(stream.tail)
        yield from map(proof.feed, self._links.tail(tail) if self._links else (tail,))
        proof.end()

    def _updates(self, rows: Iterable[tuple[int, Values]]) -> Iterator[tuple[int, Values]]:
        """Yield the header row and the rows, their texts from left to right."""
        count, order, linked = len(self._headers), self._order, self._linked
        in_order = order == list(range(count))
        header = zip(self._headers, self.placement.indexes, strict=True)
        titles = [text if index in self.placement.new else None for text, index in header]
        yield self._header_row, tuple(titles[position] for position in order)
        rows, last = iter(rows), self._header_row
        while block := tuple(itertools.islice(rows, UPDATES)):
            numbers, lines = zip(*block, strict=True)
            if set(map(len, lines)) != {count} or not all(map(lt, (last, *numbers), (*numbers, MAX_ROW + 1))):
                raise _unordered(block, last, count)
            last = numbers[-1]
            if self._links and linked is not None:
                self._links.watch(numbers, [values[linked] for values in lines])
            yield from (
                block if in_order else ((number, tuple(map(values.__getitem__, order))) for number, values in block)
            )

    def _filtered(self, tail: bytes) -> bytes:
        """Return the tail with the sheet's filter over the new columns, too, when it stands at their edge."""
        if not self.placement.new or b"autoFilter" not in tail:
            return tail
        for child in tail_elements(self._survey, tail):
            if child.name == "autoFilter":
                end = tail.index(b">", child.start) + 1
                tag = tail[child.start : end]
                area = Area.parse(attribute(tag, b"ref"))
                wider = filter_area(area, self._header_row, self.placement) if area else None
                return tail if wider == area else _with_ref(tail, child.start, end, wider)
        return tail


def _unordered(rows: Iterable[tuple[int, Values]], last: int, count: int) -> UsageError:
    for number, values in rows:
        if len(values) != count or not last < number <= MAX_ROW:
            break
        last = number
    return UsageError(
        f"Row {number} with {len(values)} texts comes after row {last}; {count} texts are expected.",
        tip="Give rows below the header in ascending order, each with one text, or None, for each header.",
    )


def _with_ref(tail: bytes, start: int, end: int, area: Area | None) -> bytes:
    return tail[:start] + with_attribute(tail[start:end], b"ref", bytes(area or b"")) + tail[end:]
