"""Results of a run that go into a saved workbook every few seconds, so that a kill leaves nearly all in the sheet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, tzinfo

from collect_xl.domain.model import Outcome, Written
from collect_xl.domain.ports import Sink
from collect_xl.domain.rows import Checked
from collect_xl.results.as_you_go import outcome_results

LEAST = 5.0
"""Seconds between two writes, however quick they are."""

SHARE = 10
"""A write waits until the run has lasted this many times as long as the last one took: writing gets a tenth of a run.

To write a result, the whole file is written: at 100,000 rows that is two seconds of work."""


class WritePace:
    """Decides when the next write has become due.

    Args:
        clock: seconds by a clock that cannot be set.
        cost: seconds that a write is expected to take.
    """

    def __init__(self, clock: Callable[[], float], cost: float = 0.0) -> None:
        self._clock = clock
        self._ended = clock()
        """When the last write ended; at first when the run began."""
        self._cost = cost

    def is_due(self, ahead: float = 0.0) -> bool:
        """Return whether enough of the run has passed since the last write.

        Args:
            ahead: seconds that the run will wait now: it can be used for writing.
        """
        passed = self._clock() - self._ended + ahead
        return passed >= max(LEAST, SHARE * self._cost)

    def time(self, work: Callable[[], Written | None]) -> Written | None:
        """Do a write, and remember how long it took."""
        began = self._clock()
        try:
            return work()
        finally:
            # also one that failed has its cost: a workbook that is open elsewhere is not tried after each batch
            self._ended = self._clock()
            self._cost = self._ended - began


class PeriodicWrite:
    """Writes the outcomes of a run when a write has become due.

    It is a courtesy, not the write-back: the end of the run writes every one of these rows again, so that nothing
    depends on what became of the file in between. Each write holds all outcomes so far, for the same reason.

    Args:
        workbook: where to write.
        rows: all rows of the sheet, as read.
        fields: the result fields that the sheet has or is to get.
        may_link: returns whether a portal URL may become a hyperlink.
        pace: says when a write is due.
        zone: the team's, in which the sheet shows dates.
    """

    def __init__(
        self,
        workbook: Sink,
        rows: Iterable[Checked],
        fields: Collection[str],
        may_link: Callable[[str], bool],
        pace: WritePace,
        zone: tzinfo,
    ) -> None:
        self._workbook = workbook
        self._rows = {row.number: row for row in rows}
        self._fields = fields
        self._may_link = may_link
        self._pace = pace
        self._zone = zone
        self._outcomes: dict[int, Outcome] = {}
        self._is_behind = False
        """Whether there are outcomes that no write has tried to write."""
        self.written: Written | None = None
        """What the writes did, with the notes that the user must see; None while there was none."""

    def show(self, outcomes: Mapping[int, Outcome], now: datetime, *, ahead: float = 0.0) -> None:
        """Take the outcomes of a batch, and write if that has become due.

        Args:
            outcomes: by row; none where the run only waits.
            now: the moment, for the cells.
            ahead: seconds that the run will wait now.
        """
        self._outcomes.update(outcomes)
        self._is_behind = self._is_behind or bool(outcomes)
        if self._is_behind and self._pace.is_due(ahead):
            self._is_behind = False
            self._pace.time(lambda: self._write(now))

    def _write(self, now: datetime) -> Written | None:
        results = outcome_results(self._rows, self._outcomes, now, self._fields, self._may_link, self._zone)
        try:
            written = self._workbook.fill_in(results)
        except Exception:  # noqa: BLE001  # people are being asked: no trouble with the file may end that
            return None
        if written.rows:
            notes = written.notes if self.written is None else (*self.written.notes, *written.notes)
            self.written = replace(written, lost=(), notes=tuple(dict.fromkeys(notes)))
        return written
