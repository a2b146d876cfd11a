"""The run of an approved plan: rows fill in, results are saved before a wait, and the end says what is so."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace

from collect_xl.domain.due_dates import days_of
from collect_xl.domain.events import BatchEnded, Event, Waiting
from collect_xl.domain.model import Outcome, Written
from collect_xl.domain.portal_urls import may_link
from collect_xl.errors import CollectXlError
from collect_xl.results.as_you_go import Showing, joined
from collect_xl.results.cells import outcome_cells
from collect_xl.results.periodic_write import PeriodicWrite, WritePace
from collect_xl.results.row_ends import row_ends
from collect_xl.sending.run import send
from collect_xl.sending.terms import Terms
from collect_xl.workflow.book import Book, Finished, Prepared
from collect_xl.workflow.dialogue import HowToSend, SendFront
from collect_xl.workflow.session import Connected, with_news
from collect_xl.workflow.steps import finish, finish_without_news, save


def run_plan(
    online: Connected, prepared: Prepared, shown: frozenset[int], front: SendFront, *, how: HowToSend
) -> Finished:
    """Send an approved plan, write what happened beside each row, and say how every row stands.

    Args:
        online: the session.
        prepared: the plan.
        shown: claims whose request Collect showed today.
        front: called at each step.
        how: the way in which it is sent.
    """
    saved = Saving(online, as_you_go=how.as_you_go)
    outcomes: dict[int, Outcome] = {}

    def on_event(event: Event) -> None:
        # Nothing is written at other events: between claim and call a write would use up the lease.
        if isinstance(event, BatchEnded):
            outcomes.update(event.outcomes)
            saved.show(event.outcomes)
        elif isinstance(event, Waiting):
            saved.show({}, ahead=event.seconds)
        # a screen, a pipe or a log that fails is no reason to leave people without their results
        with suppress(OSError):
            front.on_event(event)

    def go_on() -> bool:
        # What the user is to look at must be in the sheet, and a kill at the question must lose nothing.
        saved.save()
        cells = {row: outcome_cells(outcome, online.now()) for row, outcome in outcomes.items()}
        rows = [row for row in online.book.rows if row.number in cells]
        return front.go_on(row_ends(rows, cells, ()), prepared.plan.size - len(rows))

    report = send(
        prepared.plan,
        online.context,
        terms=replace(_terms(online, prepared, may_wait=front.may_wait), canary=how.canary),
        on_event=on_event,
        before_wait=saved.save,
        go_on=go_on,
        stop=front.stop,
    )
    try:
        online = with_news(saved.online, saved.book())
        if report.elsewhere:
            online = replace(online, elsewhere={**online.elsewhere, **report.elsewhere})
        finished = finish(online, report, prepared, shown, again=outcomes if saved.has_written else ())
    except CollectXlError as error:  # people were asked even so: the sheet and the words say what is known of it
        finished = finish_without_news(saved.online, report, prepared, outcomes, error)
    return replace(finished, written=saved.with_these(finished.written))


def _terms(online: Connected, prepared: Prepared, *, may_wait: bool) -> Terms:
    choices = prepared.choices
    return Terms(
        room=prepared.room,
        lists=online.lists,
        patience=online.patience,
        recent=days_of(choices.recent),
        asks_again=choices.even_if_asked,
        may_wait=may_wait,
    )


class Saving:
    """What the sheet shows while a run is on.

    Args:
        online: the session of the run.
        as_you_go: as ``HowToSend`` has it.
    """

    def __init__(self, online: Connected, *, as_you_go: bool) -> None:
        self.online = online
        book, fields = online.workbook, online.result_fields
        self._showing: Showing | None = None
        self._periodic: PeriodicWrite | None = None
        if as_you_go:
            self._showing = Showing(book, online.book.rows, fields, may_link, online.zone)
        else:
            pace = WritePace(online.context.monotonic, book.write_seconds)
            self._periodic = PeriodicWrite(book, online.book.rows, fields, may_link, pace, online.zone)
        self._written: Written | None = None

    @property
    def has_written(self) -> bool:
        """Whether a saved workbook was written while the run was on: its end then takes nothing for granted."""
        return self._periodic is not None and (self._written or self._periodic.written) is not None

    def show(self, outcomes: Mapping[int, Outcome], *, ahead: float = 0.0) -> None:
        """Fill in the outcome of a batch, if that can and should be done now.

        Args:
            outcomes: by row.
            ahead: seconds that the run will wait now.
        """
        if self._periodic is not None:
            self._periodic.show(outcomes, self.online.now(), ahead=ahead)
        elif self._showing is not None and outcomes:
            self._showing.show(outcomes, self.online.now())

    def save(self) -> None:
        """Write what is known before a wait; what cannot be written now, the end of the run writes."""
        try:
            online, written = save(replace(self.online, book=self.book()))
        except CollectXlError:
            return
        self.online = online
        self._written = joined(self._written, written)
        if self._showing is not None:
            self._showing.keep(online.book.rows)

    def book(self) -> Book:
        """Return the book as the sheet shows it now."""
        if self._showing is None:
            return self.online.book
        return replace(self.online.book, rows=self._showing.rows())

    def with_these(self, written: Written | None) -> Written | None:
        """Return what was written in all, when the end of the run has written the rest."""
        if self._showing is not None:
            written = self._showing.with_these(written)
        earlier = self._written
        if self._periodic is not None:
            earlier = joined(earlier, self._periodic.written)
        if earlier is not None and written is not None and self.has_written:
            # The end has written all rows once more.
            earlier = replace(earlier, rows=0)
        together = joined(earlier, written)
        if together is None:
            return None
        # A row that was written before the wait and at the end is one row.
        return replace(together, rows=min(together.rows, len(self.online.book.rows)))
