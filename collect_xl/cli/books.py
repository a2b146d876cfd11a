"""Several workbooks in one command: which files are meant, one after another, and how each ended."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.cli.invocation import CURRENT
from collect_xl.domain.own_files import is_there
from collect_xl.errors import CollectXlError, UsageError
from collect_xl.workbook.copies import lies_beside

if TYPE_CHECKING:
    from collect_xl.cli.screen import Screen


@dataclass(frozen=True, slots=True)
class Books:
    """The workbooks that the words of a command mean."""

    paths: tuple[Path, ...]
    """Each once, as it was named."""
    passed_over: tuple[Path, ...] = ()
    """Files that are only beside workbooks: Excel's own lock files, and the copies that the first write keeps."""

    @property
    def only(self) -> Path | None:
        """The one workbook, where there is one."""
        return self.paths[0] if len(self.paths) == 1 else None


def chosen(words: Sequence[Path] | None, *, live: bool = False) -> Books:
    """Return the workbooks of a command's words; with ``live`` the open one of a name, or the one in front.

    Windows leaves ``inbox/*.xlsx`` to us; elsewhere the shell has resolved it, along with what is only there.

    Raises:
        UsageError: a pattern fits nothing, or the words do not go with ``live``.
    """
    if live:
        return _open_one(words or ())
    if not words:
        raise UsageError("No workbook is named.", tip="Name one, or work on the one that is open in Excel: --live")
    _refuse_numbers(words)
    named = _all_expanded(words)
    different = _each_file_once(named)
    # One file that is named in full is meant, whatever its name looks like.
    if len(words) == 1 and named == list(words):
        return Books(different)
    return _without_copies(different)


def _all_expanded(words: Sequence[Path]) -> list[Path]:
    return list(chain.from_iterable(map(_expanded, words)))


def _without_copies(different: Sequence[Path]) -> Books:
    """Return the workbooks, and what is only beside them: to send a copy would ask people twice."""
    passed_over = tuple(path for path in different if lies_beside(path))
    paths = tuple(path for path in different if path not in passed_over)
    if not paths:
        raise UsageError("No workbook is meant by these words.", tip="Name a workbook, or a pattern: inbox/*.xlsx")
    return Books(paths, passed_over)


def _each_file_once(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return the paths without those that lead to a file that is named already."""
    # The file counts, not its name: two links to one workbook would send it twice.
    by_file: dict[str, Path] = {}
    for path in paths:
        by_file.setdefault(os.path.realpath(path), path)
    return tuple(by_file.values())


def without_count(words: Sequence[Path] | None, *, yes: bool) -> tuple[list[Path], int | None]:
    """Return the workbooks among a command's words, and the number behind ``--yes``: how many people were approved.

    Raises:
        UsageError: two numbers.
    """
    named = words or ()
    numbers = [word for word in named if yes and _is_count(word)]
    if len(numbers) > 1:
        message = f"--yes takes one number, not {' and '.join(map(str, numbers))}. Nothing was sent."
        raise UsageError(message, tip="Write the number of people that the preview showed.")
    books = [word for word in named if word not in numbers]
    exactly = next(map(int, map(str, numbers)), None)
    return books, exactly


def _is_count(word: Path) -> bool:
    """Return whether a word is a number, and no workbook that is called so."""
    return str(word).isdecimal() and not is_there(word)


def _refuse_numbers(words: Sequence[Path]) -> None:
    """Refuse a number among the workbooks: it is meant for something else, and must not be passed over."""
    for word in words:
        if _is_count(word):
            message = f'"{word}" is a number, not a workbook. Nothing was sent.'
            raise UsageError(message, tip=f"To limit what is sent, write --abort-above {word}")


def _open_one(words: Sequence[Path]) -> Books:
    if len(words) > 1:
        raise UsageError("--live works on one open workbook.", tip="Name one, or none for the one in front.")
    return Books(tuple(words) or (Path(),))


def _expanded(word: Path) -> Sequence[Path]:
    """Return the files that a pattern fits; a word that is none stands for itself."""
    # A file's own name may hold [brackets], so a file that is there is no pattern.
    if is_there(word) or not glob.has_magic(str(word)):
        return [word]
    names = glob.glob(str(word), recursive=True)  # noqa: PTH207  # Path.glob takes no drive
    if not names:
        raise UsageError(f"No workbook fits {word}.", tip="Check the folder and the pattern.")
    return sorted(map(Path, names))


def one_by_one(books: Books, run: Callable[[Path], int], screen: Screen) -> int:
    """Run a command on each workbook, and return the worst of their exit codes."""
    from collect_xl.cli.exits import surest  # noqa: PLC0415

    if books.only:
        return run(books.only)
    tell_passed_over(books, screen)
    lines: list[tuple[str, str, str]] = []
    codes: set[int] = set()
    for path in books.paths:
        screen.say("")
        screen.say(str(path), "bold")
        CURRENT.book = str(path)
        code, words = _run(run, path, screen)
        lines.append((str(path), str(code), words))
        codes.add(code)
    screen.say("")
    screen.line_each(table(("Workbook", "Exit", ""), lines))
    code = surest(codes - {0}, something_sent=True)
    CURRENT.work_on_several()
    screen.lines.summary(code, {}, {"books": len(lines)})
    return code


def tell_passed_over(books: Books, screen: Screen) -> None:
    """Say which files are not worked on, so that none is passed over in silence."""
    if books.passed_over:
        names = ", ".join(path.name for path in books.passed_over)
        screen.warn(f"Passed over, as copies and lock files: {names}.")


def _run(run: Callable[[Path], int], path: Path, screen: Screen) -> tuple[int, str]:
    """Return the exit code of one workbook, and what went wrong: the others go on."""
    from collect_xl.cli.exits import code_of_error  # noqa: PLC0415
    from collect_xl.cli.remedies import tip_of  # noqa: PLC0415

    try:
        return run(path), ""
    except CollectXlError as error:
        screen.error(error.message, tip_of(error))
        code = code_of_error(error)
        screen.lines.error(error.message, tip_of(error), code)
        return code, error.message


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> Iterable[str]:
    """Yield the lines of a table; the last column runs on, since nothing of a path or a reason may be cut off."""
    *columns, last = zip(head, *lines, strict=True)
    aligned = map(_aligned, columns)
    for cells in zip(*aligned, last, strict=True):
        yield "  ".join(cells).rstrip()


def _aligned(column: Sequence[str]) -> list[str]:
    """Return a column's header and cells, filled up to one width: numbers on their left."""
    width = max(map(len, column))
    holds_numbers = all(map(_is_number, column[1:]))
    fill = str.rjust if holds_numbers else str.ljust
    return [fill(cell, width) for cell in column]


def _is_number(cell: str) -> bool:
    """Return whether a cell is a number, or stands for one that is not known."""
    return cell.isdigit() or cell in {"", "-", "?"}
