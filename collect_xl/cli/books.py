"""Several workbooks in one command: which files are meant, one after another, and how each ended."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.errors import CollectXlError, UsageError
from collect_xl.workbook.copies import lies_beside

if TYPE_CHECKING:
    from collect_xl.cli.screen import Screen

__all__ = ["Books", "chosen", "one_by_one", "table"]


@dataclass(frozen=True, slots=True)
class Books:
    """The workbooks that the words of a command mean."""

    paths: tuple[Path, ...]
    """Each once, as it was named."""
    passed_over: tuple[Path, ...] = ()
    """Files that only lie beside workbooks: Excel's own lock files, and the copies that the first write keeps."""

    @property
    def only(self) -> Path | None:
        """The one workbook, where there is one."""
        return self.paths[0] if len(self.paths) == 1 else None


def chosen(words: Sequence[Path] | None, *, live: bool = False) -> Books:
    """Return the workbooks of a command's words; with ``live`` the open one of a name, or the one in front.

    Windows leaves ``inbox/*.xlsx`` to us; elsewhere the shell has resolved it, along with what only lies there.

    Raises:
        UsageError: a pattern fits nothing, or the words do not go with ``live``.
    """
    if live:
        return _open_one(words or ())
    if not words:
        raise UsageError("No workbook is named.", tip="Name one, or work on the one that is open in Excel: --live")
    _refuse_numbers(words)
    named = list(dict.fromkeys(path for word in words for path in _expanded(word)))
    once = list({os.path.realpath(path): path for path in reversed(named)}.values())[::-1]
    if len(words) == 1 and named == list(words):
        return Books(tuple(once))
    aside = [path for path in once if lies_beside(path)]
    paths = tuple(path for path in once if path not in aside)
    if not paths:
        raise UsageError("No workbook is meant by these words.", tip="Name a workbook, or a pattern: inbox/*.xlsx")
    return Books(paths, tuple(aside))


def _refuse_numbers(words: Sequence[Path]) -> None:
    """Refuse a number among the workbooks: behind ``--yes`` it is meant as a limit, and must not be passed over."""
    for word in words:
        if str(word).isdecimal() and not word.exists():
            message = f'"{word}" is a number, not a workbook. Nothing was sent.'
            raise UsageError(message, tip=f"--yes takes no number. To limit what is sent, write --at-most {word}")


def _open_one(words: Sequence[Path]) -> Books:
    if len(words) > 1:
        raise UsageError("--live works on one open workbook.", tip="Name one, or none for the one in front.")
    return Books(tuple(words) or (Path(),))


def _expanded(word: Path) -> Iterable[Path]:
    if word.exists() or not glob.has_magic(str(word)):  # a name may hold [brackets]
        return [word]
    found = sorted(Path(each) for each in glob.glob(str(word), recursive=True))  # noqa: PTH207  # Path.glob takes no drive
    if not found:
        raise UsageError(f"No workbook fits {word}.", tip="Check the folder and the pattern.")
    return found


def one_by_one(books: Books, run: Callable[[Path], int], screen: Screen) -> int:
    """Run a command on each workbook, tell how each ended, and return the worst of their exit codes."""
    if books.only:
        return run(books.only)
    tell_passed_over(books, screen)
    ends: list[tuple[str, int, str]] = []
    for path in books.paths:
        screen.book = str(path)
        screen.say(f"\n{path}", "bold")
        code, words = _run(run, path, screen)
        ends.append((str(path), code, words))
    screen.say("")
    for line in table(("Workbook", "Exit", ""), [(book, str(code), words) for book, code, words in ends]):
        screen.people.print(line, markup=False, soft_wrap=True)
    from collect_xl.cli.exits import surest  # noqa: PLC0415

    return surest({code for _, code, _ in ends} - {0}, something_sent=True)


def tell_passed_over(books: Books, screen: Screen) -> None:
    """Say which files are no workbooks to work on: nobody is left out in silence."""
    if books.passed_over:
        names = ", ".join(path.name for path in books.passed_over)
        screen.warn(f"Passed over, as copies and lock files: {names}.")


def _run(run: Callable[[Path], int], path: Path, screen: Screen) -> tuple[int, str]:
    try:
        return run(path), ""
    except CollectXlError as error:
        from collect_xl.cli.exits import code_of_error  # noqa: PLC0415

        screen.error(error.message, error.tip)
        return code_of_error(error), error.message


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield the lines of a table; the last column runs on, since nothing of a path or a reason may be cut off."""
    widths = [max(len(line[column]) for line in (head, *lines)) for column in range(len(head) - 1)]
    for line in (head, *lines):
        cells = [
            text.rjust(width) if _is_number(lines, column) else text.ljust(width)
            for column, (text, width) in enumerate(zip(line, widths, strict=False))
        ]
        yield "  ".join([*cells, line[-1]]).rstrip()


def _is_number(lines: Sequence[Sequence[str]], column: int) -> bool:
    return all(line[column].isdigit() or line[column] in {"", "-", "?"} for line in lines)
