"""Rows that fill in while a run is on: each batch is written as soon as it is answered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, tzinfo

from collect_xl.domain.model import Blank, Outcome, Rejected, Row, RowResult, Written
from collect_xl.domain.ports import Sink
from collect_xl.domain.rows import Checked
from collect_xl.errors import CollectXlError
from collect_xl.results.cells import of_columns, outcome_cells
from collect_xl.results.item_cells import with_named_items_cleared
from collect_xl.results.shown_dates import shown_cells


class Showing:
    """Writes the outcomes of a run's batches, and remembers what the sheet shows now.

    It is a courtesy, not the write-back: what cannot be written now (Excel is busy, a row is gone) is left to the end
    of the run, which writes whatever the sheet does not show by then and reports it.

    Args:
        workbook: where to write.
        rows: all rows of the sheet, as read.
        fields: the result fields that the sheet has or is to get.
        may_link: returns whether a portal URL may become a hyperlink.
        zone: the team's, in which the sheet shows dates.
    """

    def __init__(
        self,
        workbook: Sink,
        rows: Iterable[Checked],
        fields: Collection[str],
        may_link: Callable[[str], bool],
        zone: tzinfo,
    ) -> None:
        self._workbook = workbook
        self._fields = fields
        self._may_link = may_link
        self._zone = zone
        self._rows = {row.number: row for row in rows}
        self._written: Written | None = None

    def show(self, outcomes: Mapping[int, Outcome], now: datetime) -> None:
        """Write the outcomes of a batch, if that can be done now."""
        results = outcome_results(self._rows, outcomes, now, self._fields, self._may_link, self._zone)
        if not results:
            return
        try:
            written = self._workbook.fill_in(results)
        except CollectXlError:
            # The end of the run writes it again, and reports what goes wrong then; the run itself must go on.
            return
        for each in results:
            if each.row not in written.lost:
                self._remember(each)
        self._written = joined(self._written, replace(written, lost=()))

    def keep(self, rows: Iterable[Checked]) -> None:
        """Hear what the sheet shows after another write."""
        self._rows = {row.number: row for row in rows}

    def rows(self) -> tuple[Checked, ...]:
        """Return all rows with what their result cells show now."""
        return tuple(self._rows.values())

    def with_these(self, written: Written | None) -> Written | None:
        """Return what was written in all, when the end of the run has written the rest."""
        return joined(self._written, written)

    def _remember(self, result: RowResult) -> None:
        row = self._rows[result.row]
        if isinstance(row, Row | Rejected):
            self._rows[result.row] = with_written(row, result)


def outcome_results(  # as row_result
    rows: Mapping[int, Checked],
    outcomes: Mapping[int, Outcome],
    now: datetime,
    fields: Collection[str],
    may_link: Callable[[str], bool],
    zone: tzinfo,
) -> list[RowResult]:
    """Return what is written of outcomes while their run is on, in the order of their rows.

    Args:
        rows: as read, by number.
        outcomes: by row; one of a row that the sheet does not have is passed over.
        now: as for ``row_result``.
        fields: as for ``row_result``.
        may_link: as for ``row_result``.
        zone: as for ``row_result``.
    """
    results: list[RowResult] = []
    for number, outcome in sorted(outcomes.items()):
        result = row_result(rows.get(number), outcome, now, fields, may_link, zone)
        if result is not None:
            results.append(result)
    return results


def row_result(  # what a row shows depends on each of them
    row: Checked | None,
    outcome: Outcome,
    now: datetime,
    fields: Collection[str],
    may_link: Callable[[str], bool],
    zone: tzinfo,
) -> RowResult | None:
    """Return what is written of an outcome while its run is on; None where the sheet has no such row.

    Args:
        row: as read.
        outcome: the outcome of the batch.
        now: the moment, for the cells.
        fields: the result fields that the sheet has or is to get.
        may_link: returns whether a portal URL may become a hyperlink.
        zone: the team's, in which the sheet shows dates.
    """
    if row is None or isinstance(row, Blank):
        return None
    belongs = with_named_items_cleared(outcome_cells(outcome, now), fields)
    cells = of_columns(belongs, fields)
    link = may_link(cells.get("result.portalUrl", ""))
    return RowResult(row.number, row.anchor, shown_cells(cells, zone), link)


def with_written(row: Row | Rejected, result: RowResult) -> Row | Rejected:
    """Return a row with what its result cells show after a write."""
    seen = dict(row.seen)
    dates = dict(row.dates)
    for field, value in result.cells.items():
        if value is None:
            continue
        seen.pop(field, None)
        dates.pop(field, None)
        if isinstance(value, date):
            dates[field] = value
            seen[field] = value.isoformat()
        elif value:
            seen[field] = value
    return replace(row, seen=seen, dates=dates)


def joined(first: Written | None, then: Written | None) -> Written | None:
    """Return what two writes did together; rows that are lost are those that the last one did not find."""
    if first is None:
        return then
    if then is None:
        return first
    moved = tuple(dict.fromkeys((*first.moved, *then.moved)))
    notes = tuple(dict.fromkeys((*first.notes, *then.notes)))
    return Written(then.path, first.rows + then.rows, moved, then.lost, notes)
