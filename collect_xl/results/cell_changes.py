"""What has to change in the sheet: of the cells that belong on each row only those that differ."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, tzinfo

from collect_xl.domain.model import Rejected, ResultValue, Row, RowResult
from collect_xl.domain.rows import filled
from collect_xl.planning.eligibility import Sorted
from collect_xl.planning.history import Known
from collect_xl.results.cells import CLEARED, Cells, of_columns, says_unknown
from collect_xl.results.item_cells import with_named_items_cleared
from collect_xl.results.shown_dates import shown_cells


def row_results(  # noqa: PLR0913  # options are by name
    truth: Sorted,
    known: Known,
    cells: Mapping[int, Cells],
    fields: Collection[str],
    *,
    by_choice: Collection[int],
    may_link: Callable[[str], bool],
    zone: tzinfo,
    again: Collection[int] = (),
) -> list[RowResult]:
    """Return what has to change in the sheet.

    Args:
        truth: as for ``row_cells``.
        known: as for ``row_cells``.
        cells: what belongs on each row.
        fields: the result fields that the sheet has or is to get.
        by_choice: the numbers of the rows that the user left out (hidden, not chosen): on those only lost results are
            restored and strangers' results are cleared.
        may_link: returns whether a portal URL is one of Collect's own, so that it may become a hyperlink.
        zone: the team's, in which the sheet shows dates.
        again: the numbers of rows that were written since the sheet was read, so that what they show is not certain.
    """
    restored = _rows_with_a_result(truth, cells)
    strays = _rows_with_a_strangers_result(truth, known)
    results = []
    for row in filled(truth.rows):
        belongs = cells.get(row.number, {})
        if row.number in by_choice:
            belongs = _on_a_row_left_out(
                row, belongs, fields, is_restored=row.number in restored, is_stray=row.number in strays
            )
        texts = of_columns(belongs, fields)
        wanted = shown_cells(texts, zone)
        different = wanted if row.number in again else differing_cells(row, wanted)
        if different:
            link = may_link(texts.get("result.portalUrl", ""))
            results.append(RowResult(row.number, row.anchor, different, link))
    return results


def differing_cells(row: Row | Rejected, cells: Mapping[str, ResultValue]) -> dict[str, ResultValue]:
    """Return the cells whose text or date is another one than the sheet shows.

    A date that is a text in the sheet, as older versions wrote it, differs: it becomes a real one.
    """
    return {field: value for field, value in cells.items() if value != _shown_now(row, field, value)}


def _shown_now(row: Row | Rejected, field: str, value: ResultValue) -> ResultValue | None:
    return row.dates.get(field) if isinstance(value, date) else row.seen.get(field, "")


def _on_a_row_left_out(
    row: Row | Rejected, belongs: Cells, fields: Collection[str], *, is_restored: bool, is_stray: bool
) -> Cells:
    """Return what is written on a row that the user left out."""
    if not is_restored and not says_unknown(row):
        return with_named_items_cleared(CLEARED, fields) if is_stray else {}
    if isinstance(row, Rejected):
        # Its request is news; what is wrong in the row is not, since the user did not ask about it.
        return {field: text for field, text in belongs.items() if field != "result.error"}
    return belongs


def _rows_with_a_result(truth: Sorted, cells: Mapping[int, Cells]) -> set[int]:
    """Return the rows whose request is known, so that lost results are restored."""
    rows = {each.row for each in truth.left_out if each.reason in {"sent", "unknown"}}
    for number, cell in cells.items():
        if cell.get("result.requestId"):
            rows.add(number)
    return rows


def _rows_with_a_strangers_result(truth: Sorted, known: Known) -> set[int]:
    """Return the rows whose results are another person's.

    An edited row shows another person's request, too, but is none of them: cleared, it would no longer be held back.
    """
    rows = {each.row for each in truth.left_out if each.stray}
    for row, _ in truth.planned:
        if known.shows_anothers(row):
            rows.add(row.number)
    return rows
