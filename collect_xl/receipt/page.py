"""The page of a receipt, complete in itself, and the file that it is kept in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.errors import DiskError, UsageError
from collect_xl.ooxml.atomic_save import Draft, refuse_unwritable
from collect_xl.receipt.endings import ENDINGS, Ending, EndingWord
from collect_xl.receipt.lines import Line, lines_of

if TYPE_CHECKING:
    from collect_xl.domain.ports import Run
    from collect_xl.workflow.book import Finished, Prepared

MARK = "<!-- receipt of collect-xl -->"
"""Stands in the first line, so that a receipt is replaced by a later one, and nothing else ever is."""

_FIRST_LINE = 200
"""Bytes within which the mark must stand."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """One piece of the chart, in per cent of its width."""

    ending: Ending
    count: int
    start: float
    width: float


def refuse_receipt(path: Path) -> None:
    """Raise what writing a receipt would meet; called before anything is sent.

    Args:
        path: where the receipt is to go.

    Raises:
        UsageError: another file, not a receipt, is there.
        DiskError: the folder takes no new file.
    """
    if not path.parent.is_dir():
        raise DiskError(f"{path.parent} is no folder.", tip="Name a folder that exists for the receipt.")
    refuse_unwritable(path)
    if not path.exists():
        return
    if path.is_dir() or not _is_receipt(path):
        raise UsageError(f"{path} exists and is no receipt. Nothing was sent.", tip="Give the receipt another name.")


def _is_receipt(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.readline(_FIRST_LINE)
    except OSError as error:
        raise DiskError(f"{path} cannot be read: {error.strerror}.", tip="Give the receipt another name.") from error


def keep_receipt(path: Path, page: str) -> None:
    """Write a receipt whole or not at all; raise ``DiskError`` when the disk refuses."""
    with Draft(path) as draft:
        draft.file.write(page.encode("utf-8", "replace"))
        draft.keep()


def receipt_page(finished: Finished, prepared: Prepared, run: Run, ended: datetime, *, links: bool = False) -> str:
    """Return the page, without scripts and without anything to load.

    Args:
        finished: how the run ended.
        prepared: the plan that was confirmed.
        run: who ran, on what.
        ended: an aware moment, shown in its own zone.
        links: whether portal addresses may stand in it; each one opens the client's documents.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # only a receipt needs it

    # Names and addresses come from the sheet, and may hold HTML: everything is escaped.
    environment = Environment(
        loader=PackageLoader("collect_xl.receipt", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    lines = lines_of(finished, prepared, links=links)
    lines_by_ending: dict[EndingWord, list[Line]] = {ending.word: [] for ending in ENDINGS}
    for line in lines:
        lines_by_ending[line.ending].append(line)
    return environment.get_template("page.html").render(
        mark=MARK,
        book=Path(run.workbook).name,
        team=prepared.account.team.name if prepared.account else "",
        run=run,
        ended=ended.strftime("%Y-%m-%d %H:%M %Z").strip(),
        total=len(lines),
        bars=_bars(lines_by_ending),
        asked=_by_request(lines_by_ending["asked"]),
        sections=_sections(lines_by_ending),
        notes=_notes(finished),
    )


def _by_request(lines: Sequence[Line]) -> list[tuple[str, list[Line]]]:
    """Return the lines of the people who were asked, by request."""
    # groupby joins neighbours only.
    in_order = sorted(lines, key=lambda line: (line.asked, line.row))
    groups = groupby(in_order, key=lambda line: line.asked)
    return [(request, list(group)) for request, group in groups]


def _sections(lines: Mapping[EndingWord, Sequence[Line]]) -> list[tuple[Ending, Sequence[Line]]]:
    """Return the lists of the people who were not asked now."""
    # Those who were asked before need no attention, and come last.
    _, earlier, *others = ENDINGS
    return [(ending, lines[ending.word]) for ending in (*others, earlier) if lines[ending.word]]


def _bars(lines: Mapping[EndingWord, Sequence[Line]]) -> list[_Bar]:
    """Return the pieces of the chart, one behind the other."""
    total = sum(len(some) for some in lines.values())
    bars = []
    start = 0.0
    for ending in ENDINGS:
        count = len(lines[ending.word])
        if count:
            width = 100 * count / total
            bars.append(_Bar(ending, count, start, width))
            start += width
    return bars


def _notes(finished: Finished) -> list[str]:
    """Return what the run had to say that belongs to no single row."""
    notes = []
    if finished.report.words:
        notes.append(finished.report.words)
    if finished.failure:
        words = f"The results could not be written into the workbook: {finished.failure.message}"
        notes.append(f"{words} They are in the send history.")
    if finished.written and finished.written.lost:
        rows = ", ".join(str(number) for number in finished.written.lost)
        notes.append(f"These rows were gone from the sheet when the results were written: {rows}.")
    return notes
