"""``collect-xl fetch``: what clients uploaded, in folders on this computer."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from collect_xl.cli.exits import ATTENTION, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines, end_of, snake
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.screen import MOST_PROBLEMS, Screen, progress
from collect_xl.domain.rows import row_spans
from collect_xl.followup.fetch import Fetched, FetchWish, Left
from collect_xl.workflow.fetch_story import FetchEnd, FetchFront, fetch
from collect_xl.workflow.open import READ_AND_REMEMBER, Paths, collect_of, opened

_STOPPED: Final = 7
_FAILED: Final = 1

_EVERY: Final = 25
"""Requests between two lines about the progress."""

_WHY: Final = {
    "infected": "Collect holds it back: a virus was found in it",
    "restricted": "Collect shows it only in its own pages: it is marked as sensitive",
    "expired": "Collect does not have it any more: it was archived or has expired",
    "without a link": "Collect gave no link to it",
    "moved": "it was fetched before, and has been moved or deleted since",
}
"""Why a file was left -> in words."""

_NEEDS_A_LOOK: Final = frozenset({"infected", "restricted", "expired", "without a link"})


class _Front(FetchFront):
    """The command line while files are fetched.

    Args:
        screen: where the progress is shown.
        stop: set by signals.
    """

    def __init__(self, screen: Screen, stop: threading.Event) -> None:
        self._screen = screen
        self._stop = stop

    @property
    def stop(self) -> threading.Event:
        """Set by signals: the file that is on its way is finished."""
        return self._stop

    def without_request(self, rows: list[int]) -> None:
        """Say which chosen rows have nothing to fetch."""
        self._screen.say(f"No request: row {row_spans(rows)}.")

    def fetching(self, done: int, total: int) -> None:
        """Show the progress now and then."""
        if done % _EVERY == 0:
            self._screen.say(f"Fetching files: {progress(done, total)}.")


def run_fetch(paths: Paths, folder: Path, rows: frozenset[int] | None, wish: FetchWish, screen: Screen) -> int:
    """Fetch the files of a sheet's requests, and say what came and what did not.

    Args:
        paths: which workbook.
        folder: where the files go.
        rows: which rows; None for all.
        wish: which of their files.
        screen: where everything is shown.
    """
    CURRENT.work_on(paths)
    with opened(paths, READ_AND_REMEMBER) as session, ExitStack() as stack:
        front = _Front(screen, stack.enter_context(stop_on_signals()))
        end = fetch(session, collect_of(session), folder, rows, wish, front)
    fetched = end.fetched
    _tell(fetched, folder, screen)
    code = surest(_codes(fetched), something_sent=True)
    _print_lines(end, code, screen.lines)
    return code


def _tell(fetched: Fetched, folder: Path, screen: Screen) -> None:
    screen.say(f"Files fetched into {folder}: {fetched.count}. There already: {fetched.here}.")
    for name in fetched.missing_items:
        screen.warn(f'No request has a file for "{name}".')
    for each in fetched.left[:MOST_PROBLEMS]:
        screen.warn(f"Row {each.row}: {each.item}: {each.name}: {_words(each)}.")
    if len(fetched.left) > MOST_PROBLEMS:
        screen.warn(f"... and {len(fetched.left) - MOST_PROBLEMS} more files that did not come.")
    for row, words in list(fetched.failed.items())[:MOST_PROBLEMS]:
        screen.warn(f"Row {row}: its files could not be asked for. {words}")
    if any(each.why == "moved" for each in fetched.left):
        screen.say("To have again what was moved or deleted: the same command with --again.")
    if not fetched.is_whole:
        screen.warn(f"Requests not reached: {fetched.unreached}. The same command goes on there, and tries again.")


def _words(left: Left) -> str:
    return left.words.rstrip(".") if left.why == "failed" else _WHY[left.why]


def _codes(fetched: Fetched) -> set[int]:
    codes = set()
    if fetched.stopped:
        codes.add(_STOPPED)
    elif not fetched.is_whole:
        codes.add(_FAILED)
    if fetched.missing_items or any(each.why in _NEEDS_A_LOOK for each in fetched.left):
        codes.add(ATTENTION)
    return codes


def _print_lines(end: FetchEnd, code: int, lines: JsonLines) -> None:
    """Print a line for each row that has or lacks files, and a summary."""
    fetched = end.fetched
    left: dict[int, list[dict[str, str]]] = {}
    for each in fetched.left:
        file = {"item": each.item, "name": each.name, "why": snake(each.why), "message": each.words}
        left.setdefault(each.row, []).append(file)
    for row in sorted({*fetched.folders, *fetched.failed, *left}):
        stands = end_of(end.requests[row], row, status="sent", message=fetched.failed.get(row, ""))
        folder, files = fetched.folders.get(row, ""), fetched.files.get(row, [])
        lines.row(stands, folder=folder, files=files, left=left.get(row, []))
    counts = {"files": fetched.count, "here": fetched.here, "left": len(fetched.left), "unreached": fetched.unreached}
    lines.summary(code, counts)
