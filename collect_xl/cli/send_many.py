"""``collect-xl send`` for several workbooks: one preview, one yes, one summary, one exit code."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from collect_xl.cli.answers import SendAnswers, says_yes
from collect_xl.cli.books import Books, table, tell_passed_over
from collect_xl.cli.exits import code_of_error, code_of_run, surest
from collect_xl.cli.parameters import stop_on_signals
from collect_xl.cli.screen import REASONS, Screen
from collect_xl.cli.send_one import note
from collect_xl.config.settings import load_settings
from collect_xl.domain.events import Event
from collect_xl.domain.identity import round_key
from collect_xl.planning.approval import round_not_confirmed, unconfirmed_rounds
from collect_xl.planning.limits import Caps
from collect_xl.workflow.many_workbooks import Crew
from collect_xl.workflow.workbook_job import End, Job, Shown

__all__ = ["on_cluster", "run_many"]

_log = logging.getLogger("collect_xl")

HEAD = ("Sent", "Unknown", "Refused", "Left out", "Next run", "Exit", "Workbook", "Error")


def run_many(books: Books, jobs: Sequence[Job], answers: SendAnswers, screen: Screen, crew: Crew) -> int:
    """Send what several workbooks ask for, once all of it is approved, and return the exit code.

    Args:
        books: which, for what was passed over.
        jobs: one for each.
        answers: those given in advance, and whether a person is there to be asked.
        screen: where all is told.
        crew: who does the jobs.
    """
    screen.quiet = screen.quiet and answers.given
    tell_passed_over(books, screen)
    previews = list(_in_order(jobs, crew.preview(jobs), screen))
    new_rounds = _confirmed_rounds(previews, answers, screen)
    entries = _shared_out(jobs, [_without_unconfirmed(each, new_rounds) for each in previews], new_rounds)
    _preview(entries, screen)
    if not _approved(sum(entry.share for entry in entries), answers, screen):
        return screen.declined("Nothing was sent.")
    return _finish(entries, _sent(entries, crew, screen), screen)


def on_cluster(books: Books, jobs: Sequence[Job], answers: SendAnswers, screen: Screen, scheduler: str) -> int:
    """Do the same on a Dask cluster, with this computer's settings; keys and passwords stay where they are."""
    from collect_xl.workflow.dask_cluster import cluster_at, require_shared  # noqa: PLC0415  # slow, and optional

    settings = load_settings(os.environ)
    require_shared(settings.journal)
    here = [replace(job, paths=replace(job.paths, book=job.book.resolve()), settings=settings) for job in jobs]
    with cluster_at(scheduler, screen.warn) as cluster:
        return run_many(books, here, answers, screen, cluster)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One workbook of the preview."""

    job: Job
    shown: Shown
    share: int
    """How many people of it will be asked."""

    @property
    def beyond(self) -> int:
        return self.shown.beyond + self.shown.size - self.share


def _in_order(jobs: Sequence[Job], done: Iterable[Shown], screen: Screen) -> Iterable[Shown]:
    """Return the previews in the order of the command, in whatever order they come."""
    found: dict[Path, Shown] = {}
    for shown in done:
        found[shown.book] = shown
        screen.say(f"Looked at {shown.book} ({len(found)} of {len(jobs)}).")
    return [found[job.book] for job in jobs]


def _confirmed_rounds(shown: Sequence[Shown], answers: SendAnswers, screen: Screen) -> tuple[str, ...]:
    """Return the new rounds that were confirmed, in advance or one by one at the terminal."""
    confirmed = list(answers.new_rounds)
    for each in shown:
        for new in unconfirmed_rounds(each, tuple(confirmed)):
            if not answers.terminal:
                continue
            question = f'Round "{new.round}" is new, and asks people again. To ask them, type it once more:'
            if round_key(screen.ask(question)) == round_key(new.round):
                confirmed.append(new.round)
    return tuple(confirmed)


def _without_unconfirmed(shown: Shown, confirmed: tuple[str, ...]) -> Shown:
    """Leave a workbook aside whose new round asks people again and was not confirmed."""
    unconfirmed = unconfirmed_rounds(shown, confirmed)
    if not unconfirmed:
        return shown
    return Shown(shown.book, error=round_not_confirmed(unconfirmed[0]), left_out=shown.left_out)


def _shared_out(jobs: Sequence[Job], shown: Sequence[Shown], new_rounds: tuple[str, ...]) -> list[_Entry]:
    """Share what the caps allow out among the workbooks, in their order."""
    rooms = [each.room for each in shown if each.room is not None]
    left = min(rooms) if rooms else sum(each.size for each in shown)
    entries = []
    for job, each in zip(jobs, shown, strict=True):
        share = min(each.size, left)
        left -= share
        caps = job.caps.lowered(Caps(share=share)) if rooms else job.caps
        approved = replace(job, caps=caps, promised=each.people, new_rounds=new_rounds)
        entries.append(_Entry(approved, each, share))
    return entries


def _preview(entries: Sequence[_Entry], screen: Screen) -> None:
    lines = [
        (str(entry.share), str(sum(entry.shown.left_out.values())), str(entry.beyond), str(entry.job.book), what)
        for entry in entries
        for what in [entry.shown.error.message if entry.shown.error else "; ".join(entry.shown.what)]
    ]
    screen.say("")
    for line in table(("To send", "Left out", "Next run", "Workbook", ""), lines):
        screen.people.print(line, markup=False, soft_wrap=True)
    for entry in entries:
        _notes(entry.shown, screen)
    size, beyond = sum(entry.share for entry in entries), sum(entry.beyond for entry in entries)
    later = f" The caps leave {beyond} for the next run." if beyond else ""
    screen.say(f"{size} {'person' if size == 1 else 'people'} will be asked, from {len(entries)} workbooks.{later}")


def _notes(shown: Shown, screen: Screen) -> None:
    """Tell what is worth knowing of one workbook."""
    if shown.left_out:
        told = ", ".join(f"{count} {REASONS[reason]}" for reason, count in shown.left_out.items())
        screen.say(f"{shown.book.name}: left out: {told}.")
    for words in shown.words:
        screen.warn(f"{shown.book.name}: {words}")
    for new in shown.new_rounds:
        again = sum(each.people for each in new.earlier)
        screen.warn(f'{shown.book.name}: round "{new.round}" is new; {again} of its people are asked again.')
    if shown.error and shown.error.tip:
        screen.warn(f"{shown.book.name}: {shown.error.tip}")


def _approved(size: int, answers: SendAnswers, screen: Screen) -> bool:
    if not size:
        return True
    answers.require_size(size, f"Add --yes (best with --at-most {size}).")
    return answers.given or says_yes(screen.ask(f"Send {size} requests now? [y/N]"))


def _sent(entries: Sequence[_Entry], crew: Crew, screen: Screen) -> dict[Path, End]:
    """Send what was approved; a workbook that failed in the preview is not tried again."""
    ends = {entry.job.book: End(entry.job.book, error=entry.shown.error) for entry in entries if entry.shown.error}
    jobs = [entry.job for entry in entries if not entry.shown.error]
    with stop_on_signals() as stop, screen.progress(sum(entry.share for entry in entries)) as draw:
        begun: list[Path] = []

        def on_event(book: Path, event: Event) -> None:
            note(book.name, event)
            if book not in begun:
                begun.append(book)
                screen.say(f"{book}")
            draw(event)

        for end in crew.send(jobs, on_event, stop):
            ends[end.book] = end
            _log.info("workbook=%s sent=%d unknown=%d", end.book.name, end.count("sent"), end.count("unknown"))
    return ends


def _finish(entries: Sequence[_Entry], ends: dict[Path, End], screen: Screen) -> int:
    """Tell how each workbook and all of them ended, and return the worst of the exit codes."""
    codes = {book: _code(end) for book, end in ends.items()}
    ordered = [(entry, ends[entry.job.book]) for entry in entries]
    totals = {state: sum(end.count(state) for end in ends.values()) for state in ("sent", "unknown", "refused")}
    totals["left"] = sum(_beyond(entry, end) for entry, end in ordered if not end.lost)
    code = surest(set(codes.values()) - {0}, something_sent=bool(totals["sent"] or totals["unknown"]))
    screen.people.print()
    for line in table(HEAD, [_line(entry, end, codes[end.book]) for entry, end in ordered]):
        screen.people.print(line, markup=False, soft_wrap=True)
    _sum_up(ends, totals, screen)
    if screen.as_json:
        _as_json(ordered, codes, screen, {"exit": code, **totals})
    return code


def _line(entry: _Entry, end: End, code: int) -> tuple[str, ...]:
    counts = ["?" if end.lost else end.count(state) for state in ("sent", "unknown", "refused")]
    later = "?" if end.lost else _beyond(entry, end)
    numbers = (*counts, sum(entry.shown.left_out.values()), later, code)
    return (*map(str, numbers), str(end.book), _words(end))


def _sum_up(ends: dict[Path, End], totals: dict[str, int], screen: Screen) -> None:
    names = {"sent": "sent", "unknown": "unknown", "refused": "refused", "left": "left for the next run"}
    told = [f"{count} {names[name]}" for name, count in totals.items() if count or name == "sent"]
    failed = sum(end.finished is None for end in ends.values())
    more = f"; {failed} failed or not begun" if failed else ""
    screen.people.print(f"{len(ends)} workbooks: {', '.join(told)}{more}.", markup=False)
    if totals["unknown"]:
        screen.warn("Unknown rows are never sent again by themselves. Run: collect-xl settle WORKBOOK...")


def _code(end: End) -> int:
    if end.finished is None:
        return code_of_error(end.error) if end.error else 1
    return code_of_run(end.finished, range(end.problems))


def _beyond(entry: _Entry, end: End) -> int:
    if end.finished is None:
        return entry.beyond + entry.share
    return len(end.finished.report.beyond)


def _words(end: End) -> str:
    """Return what a person must know of a workbook, in one line."""
    if end.finished is None:
        return f"{end.error.message} {end.error.tip}".strip() if end.error else ""
    failure = end.finished.failure
    lost = f"The results could not be written: {failure.message}" if failure else ""
    undelivered = f"Collect could not deliver {len(end.finished.undelivered)}." if end.finished.undelivered else ""
    meanwhile = f"{end.meanwhile} asked meanwhile, or held back now." if end.meanwhile else ""
    return " ".join(each for each in (meanwhile, end.finished.report.words, lost, undelivered) if each)


def _as_json(
    ordered: Sequence[tuple[_Entry, End]], codes: dict[Path, int], screen: Screen, totals: dict[str, int]
) -> None:
    for _, end in ordered:
        screen.book = str(end.book)
        if end.finished is None:
            screen.json({"schema": 1, "exit": codes[end.book], "error": _words(end)})
        else:
            screen.rows_as_json(end.finished, codes[end.book])
    screen.book = None
    screen.json({"schema": 1, "books": len(ordered), **totals})
