"""Excel kept still while many cells are written, and given back its settings whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from collect_xl.excel.retry import PAUSES

if TYPE_CHECKING:
    import xlwings as xw

__all__ = ["Stillness"]

_STILL = {"screen_updating": False, "calculation": "manual"}


class Stillness:
    """Settings of an Excel, which are remembered until it has taken them back.

    Args:
        book: a workbook that is open in it.
        wait: waits so many seconds.
    """

    def __init__(self, book: xw.Book, wait: Callable[[float], None]) -> None:
        self._book, self._wait = book, wait
        self._before: dict[str, object] = {}

    @contextmanager
    def kept(self, *, worth_it: bool) -> Iterator[None]:
        """Keep Excel still for a while, where that is worth the calls it takes."""
        if worth_it:
            self._still()
        try:
            yield
        finally:
            self._restore()

    def _still(self) -> None:
        with suppress(Exception):  # an Excel that does not stay still only takes longer
            app = self._book.app
            for name, value in _STILL.items():
                self._before.setdefault(name, getattr(app, name))
                setattr(app, name, value)

    def _restore(self) -> None:
        """Give the settings back; what a busy Excel does not take now is tried again after the next write."""
        for name, value in list(self._before.items()):
            for pause in (*PAUSES, None):
                try:
                    setattr(self._book.app, name, value)
                except Exception:  # noqa: BLE001  # busy, in the words of each engine
                    if pause is not None:
                        self._wait(pause)
                else:
                    del self._before[name]
                    break
