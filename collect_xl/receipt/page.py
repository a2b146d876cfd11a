"""The page of a receipt, complete in itself, and the file that it is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.domain.own_files import open_regular
from collect_xl.domain.rows import row_spans
from collect_xl.errors import DiskError, UsageError
from collect_xl.ooxml.atomic_save import Draft, refuse_unwritable
from collect_xl.receipt.endings import ENDINGS, Ending, EndingWord
from collect_xl.receipt.lines import Line, lines_of

if TYPE_CHECKING:
    from collect_xl.domain.ports import Run
    from collect_xl.workflow.book import Finished, Prepared

MARK = "<!-- receipt of collect-xl -->"
"""Written in the first line, so that a receipt is replaced by a later one, and nothing else ever is."""

_FIRST_LINE = 200
"""Bytes within which the mark must be."""


@dataclass(frozen=True, slots=True)
class _Bar:
    """One piece of the chart, in per cent of its width."""

    ending: Ending
    count: int
    start: float
    width: float


@dataclass(frozen=True, slots=True)
class _Group:
    """Lines with one reason, which is named once above them."""

    reason: str
    rows: str
    """As spans: ``2-50, 60``."""
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class _Section:
    """All rows that ended in one way."""

    ending: Ending
    groups: Sequence[_Group]
    size: int
    has_notes: bool
    has_requests: bool


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
        with open_regular(path) as file:
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
        links: whether portal addresses may be in it; each one opens the client's documents.
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
    lines_by_ending: dict[EndingWord, list[Line]] = {ending.word: [] for ending in ENDINGS}
    for line in lines_of(finished, prepared, links=links):
        lines_by_ending[line.ending].append(line)
    sections = list(_sections(lines_by_ending))
    decisions = [section for section in sections if section.ending.todo]
    # What needs the reader comes before hundreds of lines that do not.
    others = [section for section in sections if not section.ending.todo]
    return environment.get_template("page.html").render(
        mark=MARK,
        version=version("collect-xl"),
        book=Path(run.workbook).name,
        team=prepared.account.team.name if prepared.account else "",
        run=run,
        ended=_moment(ended),
        asked=len(lines_by_ending["asked"]),
        total=sum(section.size for section in sections),
        undecided=sum(section.size for section in decisions),
        bars=_bars(lines_by_ending),
        sections=[*decisions, *others],
        notes=_notes(finished),
        links=links,
    )


def _moment(at: datetime) -> str:
    """Return a moment as people write it, such as ``28 November 2026, 11:23 CET``."""
    return f"{at.day} {at:%B %Y, %H:%M %Z}".strip()


def _sections(lines: Mapping[EndingWord, Sequence[Line]]) -> Iterator[_Section]:
    """Yield the rows of each ending that a row has come to."""
    for ending in ENDINGS:
        if lines[ending.word]:
            yield _section(ending, lines[ending.word])


def _section(ending: Ending, lines: Sequence[Line]) -> _Section:
    """Return the rows of one ending, in groups of the same reason, in the order of the sheet."""
    by_reason: dict[str, list[Line]] = {}
    for line in lines:
        by_reason.setdefault(line.reason, []).append(line)
    groups = []
    for reason, alike in by_reason.items():
        spans = row_spans(line.row for line in alike)
        groups.append(_Group(reason, spans.replace(",", ", "), alike))
    has_notes = any(line.note for line in lines)
    has_requests = any(line.request_id or line.link for line in lines)
    return _Section(ending, groups, len(lines), has_notes, has_requests)


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
