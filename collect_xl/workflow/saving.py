"""What the sheet shows while a run is on, and what is written of it before the run waits."""

from __future__ import annotations

from dataclasses import replace

from collect_xl.domain.model import Written
from collect_xl.errors import CollectXlError
from collect_xl.results.as_you_go import Showing, joined
from collect_xl.workflow.book import Book
from collect_xl.workflow.session import Connected
from collect_xl.workflow.steps import save


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
        return joined(self._written, written)
