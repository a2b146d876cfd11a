"""Excel without redrawing and calculating while many cells are written, and with its own settings afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from collect_xl.excel.retry import PAUSES

if TYPE_CHECKING:
    import xlwings as xw

_CALCULATION = "calculation"
_REDRAWING = "screen_updating"
_MANUAL = "manual"


class ScreenUpdating:
    """Settings of an Excel that are changed for a while.

    They belong to the whole Excel, in which several runs may work at a time, each in a process of its own. Only one of
    them changes the settings, or the second would take the changed ones for the user's own and put those back for good.

    Args:
        book: a workbook that is open in it.
        wait: waits that many seconds.
    """

    def __init__(self, book: xw.Book, wait: Callable[[float], None]) -> None:
        self._book = book
        self._wait = wait
        self._before: dict[str, object] = {}
        self._turn: _Turn | None = None
        self._has_written = False

    @contextmanager
    def paused(self, *, worth_it: bool) -> Iterator[None]:
        """Pause the updates for a while, where that is worth the calls it takes."""
        self._has_written = True
        if worth_it:
            self._pause()
        try:
            yield
        finally:
            self._restore()

    def close(self) -> None:
        """Give back what a busy Excel did not take; called when nothing more is written."""
        # xlwings on macOS stops the redrawing to clear cells, and does not go on where Excel was busy.
        if self._has_written and not self._before and self._takes_turn():
            self._before[_REDRAWING] = True
        self._restore()
        if self._turn is not None:
            # What Excel still has not taken is in the note, for the next run.
            self._turn.release()
            self._turn = None

    def _pause(self) -> None:
        # an Excel that goes on updating only takes longer
        with suppress(Exception):
            if not self._takes_turn() or self._turn is None:
                return
            app = self._book.app
            if _CALCULATION not in self._before:
                before = self._turn.before_a_death() or app.calculation
                # noted first: a run that dies in between leaves an Excel that the next one can put right
                self._turn.note(before)
                self._before[_CALCULATION] = before
            self._before[_REDRAWING] = True
            setattr(app, _REDRAWING, False)
            setattr(app, _CALCULATION, _MANUAL)

    def _takes_turn(self) -> bool:
        """Return whether this run alone may change the settings now."""
        if self._turn is None:
            with suppress(Exception):
                self._turn = _Turn.take(self._book.app.pid)
        return self._turn is not None

    def _restore(self) -> None:
        """Give the settings back.

        What a busy Excel does not take now is tried again after the next write.
        """
        for name, value in list(self._before.items()):
            if self._given_back(name, value):
                del self._before[name]
        if not self._before and self._turn is not None:
            self._turn.forget()
            self._turn.release()
            self._turn = None

    def _given_back(self, name: str, value: object) -> bool:
        """Set a setting; return whether Excel took it before the last pause."""
        for pause in (*PAUSES, None):
            try:
                self._give_back(name, value)
            except Exception:  # noqa: BLE001  # busy, in the words of each engine
                if pause is not None:
                    self._wait(pause)
            else:
                return True
        return False

    def _give_back(self, name: str, value: object) -> None:
        app = self._book.app
        # Another way of calculating than ours is one that the user has chosen meanwhile.
        if name == _CALCULATION and app.calculation != _MANUAL:
            return
        setattr(app, name, value)


class _Turn:
    """The right of one run to change the settings of an Excel; it ends with the process.

    Args:
        lock: held.
        note: what the way of calculating was before it was changed.
    """

    def __init__(self, lock: FileLock, note: Path) -> None:
        self._lock = lock
        self._note = note

    @classmethod
    def take(cls, pid: int) -> _Turn | None:
        """Return the right for an Excel; None while another run has it."""
        folder = turns_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = FileLock(folder / f"{pid}.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return None
        return cls(lock, folder / f"{pid}.json")

    def before_a_death(self) -> str:
        """Return what a run that died left to be put back; empty where none did."""
        try:
            before = json.loads(self._note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return ""
        return before if isinstance(before, str) else ""

    def note(self, before: object) -> None:
        """Keep what has to be put back."""
        self._note.write_text(json.dumps(before), encoding="utf-8")

    def forget(self) -> None:
        """Keep nothing: all is as it was."""
        self._note.unlink(missing_ok=True)

    def release(self) -> None:
        """Let others have it."""
        self._lock.release()


def turns_folder() -> Path:
    """Return where runs tell each other that they change an Excel's settings."""
    import platformdirs  # noqa: PLC0415  # only where much is written

    return platformdirs.user_cache_path("collect-xl", appauthor=False) / "excel"
