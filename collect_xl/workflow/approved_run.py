"""The run of an approved plan: rows fill in, results are saved before a wait, and the end says what is so."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

from collect_xl.domain.due_dates import days_of
from collect_xl.domain.events import BatchEnded, Event
from collect_xl.domain.model import Outcome, Written
from collect_xl.domain.portal_urls import may_link
from collect_xl.errors import CollectXlError
from collect_xl.results.as_you_go import Showing, joined
from collect_xl.sending.run import send
from collect_xl.sending.terms import Terms
from collect_xl.workflow.book import Book, Finished, Prepared
from collect_xl.workflow.dialogue import SendFront
from collect_xl.workflow.session import Connected, with_news
from collect_xl.workflow.steps import finish, finish_without_news, save


def run_plan(
    online: Connected, prepared: Prepared, shown: frozenset[int], front: SendFront, *, as_you_go: bool
) -> Finished:
    """Send an approved plan, write what happened beside each row, and say how every row stands.

    Args:
        online: the session.
        prepared: the plan.
        shown: claims whose request Collect showed today.
        front: told of each step.
        as_you_go: whether rows are filled in while the run is on; its end writes them in any case.
    """
    showing = None
    if as_you_go:
        showing = Showing(online.workbook, online.book.rows, online.result_fields, may_link)
    saved = Saving(online, showing)

    outcomes: dict[int, Outcome] = {}

    def on_event(event: Event) -> None:
        if isinstance(event, BatchEnded):
            outcomes.update(event.outcomes)
            if showing is not None:
                showing.show(event.outcomes, online.now())
        # a screen, a pipe or a log that fails is no reason to leave people without their results
        with suppress(OSError):
            front.on_event(event)

    report = send(
        prepared.plan,
        online.context,
        terms=_terms(online, prepared, may_wait=front.may_wait),
        on_event=on_event,
        before_wait=saved.save,
        stop=front.stop,
    )
    try:
        online = with_news(saved.online, saved.book())
        if report.elsewhere:
            online = replace(online, elsewhere={**online.elsewhere, **report.elsewhere})
        finished = finish(online, report, prepared, shown)
    except CollectXlError as error:  # people were asked all the same: the sheet and the words say what is known of it
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
        showing: what fills rows in batch by batch, if anything does.
    """

    def __init__(self, online: Connected, showing: Showing | None) -> None:
        self.online = online
        self._showing = showing
        self._written: Written | None = None

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
        together = joined(self._written, written)
        if together is None:
            return None
        # A row that was written before the wait and at the end is one row.
        return replace(together, rows=min(together.rows, len(self.online.book.rows)))
