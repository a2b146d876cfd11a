"""The receipt of a run: one page that says who was asked what, who was not and why, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.domain.model import Account, Blank, Rejected, Row
from collect_xl.domain.portal_urls import may_link
from collect_xl.errors import DiskError, UsageError
from collect_xl.ooxml.atomic_save import Draft, refuse_unwritable
from collect_xl.receipt.endings import ENDINGS, OF_REASON, OF_STATE, Ending, EndingWord

if TYPE_CHECKING:
    from collect_xl.domain.ports import Run
    from collect_xl.planning.plan import Batch
    from collect_xl.workflow.book import Finished, Prepared

__all__ = ["Line", "keep_receipt", "receipt_page", "refuse_receipt"]

MARK = "<!-- receipt of collect-xl -->"
"""Stands in the first line, so that a receipt is replaced by a later one, and nothing else ever is."""

REASON_WORDS = {
    "hidden": "The row is hidden.",
    "not chosen": "Not among the rows that were chosen.",
    "beyond first": "Beyond the first rows that were asked for.",
    "beyond cap": "No more people may be asked in this run, or today. Send again later.",
    "": "The run ended before this row.",
}
"""For ends that bring no words of their own."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the sheet, as the page tells it."""

    row: int
    person: str
    address: str
    ending: EndingWord
    asked: str
    """What for: campaign, round, items, due date and who looks after it; empty where nothing was asked."""
    words: str
    request_id: str
    link: str
    """The portal's address, where links were wanted and it is one of Collect's."""


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
        UsageError: another file, not a receipt, stands there.
        DiskError: the folder takes no new file.
    """
    if not path.parent.is_dir():
        raise DiskError(f"{path.parent} is no folder.", tip="Name a folder that exists for the receipt.")
    refuse_unwritable(path)
    if path.is_dir() or (path.exists() and not _is_receipt(path)):
        raise UsageError(f"{path} exists and is no receipt. Nothing was sent.", tip="Give the receipt another name.")


def _is_receipt(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return MARK.encode() in file.readline(200)
    except OSError as wrong:
        raise DiskError(f"{path} cannot be read: {wrong.strerror}.", tip="Give the receipt another name.") from wrong


def keep_receipt(path: Path, page: str) -> None:
    """Put a receipt in its place, at once or not at all; raise ``DiskError`` when the disk refuses."""
    with Draft(path) as draft:
        draft.file.write(page.encode("utf-8", "replace"))
        draft.keep()


def receipt_page(finished: Finished, prepared: Prepared, run: Run, ended: datetime, *, links: bool = False) -> str:
    """Return the page, complete in itself: no script, and nothing is loaded from anywhere.

    Args:
        finished: what came of the run.
        prepared: the plan that was confirmed.
        run: who ran, on what.
        ended: an aware moment, shown in its own zone.
        links: whether portal addresses may stand in it; whoever has one can see the client's documents.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined  # noqa: PLC0415  # only a receipt needs it

    shelf = PackageLoader("collect_xl.receipt", ".")
    page = Environment(loader=shelf, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    lines = list(_lines(finished, prepared, links=links))
    by_ending = {each.word: [line for line in lines if line.ending == each.word] for each in ENDINGS}
    return page.get_template("page.html").render(
        mark=MARK,
        book=Path(run.workbook).name,
        team=prepared.account.team.name if prepared.account else "",
        run=run,
        ended=ended.strftime("%Y-%m-%d %H:%M %Z").strip(),
        total=len(lines),
        bars=list(_bars(by_ending)),
        asked=[(what, list(some)) for what, some in groupby(_by_what(by_ending["asked"]), key=lambda line: line.asked)],
        sections=[(each, by_ending[each.word]) for each in ENDINGS[2:] if by_ending[each.word]] + _earlier(by_ending),
        notes=list(_notes(finished)),
    )


def _by_what(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (line.asked, line.row))


def _earlier(lines: Mapping[EndingWord, list[Line]]) -> list[tuple[Ending, list[Line]]]:
    return [(ENDINGS[1], lines["earlier"])] if lines["earlier"] else []


def _bars(lines: Mapping[EndingWord, list[Line]]) -> Iterator[_Bar]:
    total, start = sum(map(len, lines.values())), 0.0
    for each in ENDINGS:
        if count := len(lines[each.word]):
            width = 100 * count / total
            yield _Bar(each, count, start, width)
            start += width


def _notes(finished: Finished) -> Iterator[str]:
    """Yield what the run had to say that belongs to no single row."""
    if finished.report.words:
        yield finished.report.words
    if finished.failure:
        yield f"The results could not be written into the workbook: {finished.failure.message} They are in the journal."
    if finished.written and finished.written.lost:
        rows = ", ".join(map(str, finished.written.lost))
        yield f"These rows were gone from the sheet when the results were written: {rows}."


def _lines(finished: Finished, prepared: Prepared, *, links: bool) -> Iterator[Line]:
    asked = {row.number: _what(batch, row, prepared.account) for batch in prepared.plan.batches for row in batch.rows}
    ends, endings = {end.row: end for end in finished.rows}, _endings(finished, prepared)
    for row in prepared.book.rows:
        if not isinstance(row, Blank):
            end, ending = ends[row.number], endings[row.number]
            words = "" if ending == "asked" else end.message or REASON_WORDS.get(end.status, end.status)
            link = end.portal_url if links and may_link(end.portal_url) else ""
            yield Line(row.number, *_who(row), ending, asked.get(row.number, ""), words, end.request_id, link)


def _what(batch: Batch, row: Row, account: Account | None) -> str:
    items, users = ({}, ()) if account is None else (account.items.get(batch.campaign.id, {}), account.users)
    members = {user.id: user.email for user in users if user.email}
    named = [items.get(each) or each for each in row.options.items]
    assigned = row.options.assigned_to or ""
    parts = (
        batch.campaign.name or batch.campaign.id,
        f"round {batch.round}" if batch.round else "",
        f"items {'; '.join(named)}" if named else "",
        f"due {row.options.due}" if row.options.due else "",
        f"assigned to {members.get(assigned, assigned)}" if assigned else "",
        "without a message from Collect" if batch.options.get("sendMessage") is False else "",
    )
    return ", ".join(part for part in parts if part)


def _endings(finished: Finished, prepared: Prepared) -> Mapping[int, EndingWord]:
    """Return how each row ended; what is said later is the surer."""
    endings: dict[int, EndingWord] = {each.row: OF_REASON[each.reason] for each in prepared.plan.left_out}
    endings.update((row.number, "not reached") for batch in prepared.plan.batches for row in batch.rows)
    endings.update(dict.fromkeys(finished.report.held, "held"))
    endings.update({row: OF_STATE[state] for row, state in finished.report.states.items()})
    endings.update(dict.fromkeys(finished.undelivered, "undelivered"))
    return endings


def _who(row: Row | Rejected) -> tuple[str, str]:
    """Return name and address of a row's person, as far as the sheet tells."""
    if isinstance(row, Rejected):
        return "", row.anchor[1] or row.anchor[0]
    contact = row.contact
    name = " ".join(part for part in (contact.first_name, contact.last_name) if part)
    return name or contact.company or "", contact.email or contact.id or ""
