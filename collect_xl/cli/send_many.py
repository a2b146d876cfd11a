"""``collect-xl send`` for several workbooks: one preview, one yes, one summary, one exit code."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from collect_xl.cli.answers import SendAnswers, new_campaign_question, says_yes, send_question
from collect_xl.cli.books import Books, table, tell_passed_over
from collect_xl.cli.exits import code_of_error, code_of_run, surest
from collect_xl.cli.invocation import CURRENT, quoted
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.remedies import advice_words, tip_of
from collect_xl.cli.run_end import rows_as_json
from collect_xl.cli.screen import REASONS, Screen
from collect_xl.cli.send_one import note
from collect_xl.config.settings import Settings, load_settings
from collect_xl.domain.amounts import amount
from collect_xl.domain.events import Event
from collect_xl.domain.identity import round_key
from collect_xl.planning.approval import (
    campaign_not_confirmed,
    is_confirmed_by,
    new_campaign_words,
    round_not_confirmed,
    unconfirmed_campaigns,
    unconfirmed_rounds,
)
from collect_xl.planning.limits import Caps
from collect_xl.remedies import Advice
from collect_xl.workflow.many_workbooks import Crew
from collect_xl.workflow.workbook_job import End, Job, Shown

_log = logging.getLogger("collect_xl")

_STATES = ("sent", "unknown", "refused")
"""The ends of rows that have a column of their own."""

_TOTALS = {"sent": "sent", "unknown": "unknown", "refused": "refused", "left": "left for the next run"}

HEAD = ("Sent", "Unknown", "Refused", "Left out", "Next run", "Exit", "Workbook", "Error")


def run_many(books: Books, jobs: Sequence[Job], answers: SendAnswers, screen: Screen, crew: Crew) -> int:
    """Send what several workbooks ask for, once all of it is approved, and return the exit code.

    Args:
        books: which, for what was passed over.
        jobs: one for each.
        answers: those given in advance, and whether a person is there to be asked.
        screen: where everything is shown.
        crew: what does the jobs.
    """
    screen.quiet = screen.quiet and answers.given
    tell_passed_over(books, screen)
    previews = _in_order(jobs, crew.preview(jobs), screen)
    new_rounds = _confirmed_rounds(previews, answers, screen)
    new_campaigns = _confirmed_campaigns(previews, answers, screen)
    sendable = [_without_unconfirmed(each, new_rounds, new_campaigns) for each in previews]
    confirmed_jobs = [replace(job, new_rounds=new_rounds, new_campaigns=new_campaigns) for job in jobs]
    entries = _shared_out(confirmed_jobs, sendable)
    _preview(entries, screen)
    teams = [entry.shown.team for entry in entries if entry.share]
    if not _approved(_size(entries), teams, answers, screen):
        return screen.declined("Nothing was sent.")
    ends = _sent(entries, crew, screen)
    return _finish(entries, ends, screen)


def on_cluster(books: Books, jobs: Sequence[Job], answers: SendAnswers, screen: Screen, scheduler: str) -> int:
    """Do the same on a Dask cluster, with this computer's settings; keys and passwords stay where they are."""
    from collect_xl.workflow.dask_cluster import cluster_at, require_shared  # noqa: PLC0415  # slow, and optional

    settings = load_settings(os.environ)
    require_shared(settings.journal)
    # A worker has another current folder and other settings, and must find the same workbook and the same journal.
    portable = [_portable(job, settings) for job in jobs]
    with cluster_at(scheduler, screen.warn) as cluster:
        return run_many(books, portable, answers, screen, cluster)


def _portable(job: Job, settings: Settings) -> Job:
    """Return a job that means the same on another computer."""
    paths = replace(job.paths, book=Path(os.path.realpath(job.book)))
    return replace(job, paths=paths, settings=settings)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One workbook of the preview."""

    job: Job
    shown: Shown
    share: int
    """How many people of it will be asked."""

    @property
    def beyond(self) -> int:
        """How many people of it are left for the next run."""
        return self.shown.beyond + self.shown.size - self.share

    @property
    def left_out(self) -> int:
        """How many of its rows are left out."""
        return sum(self.shown.left_out.values())


def _size(entries: Sequence[_Entry]) -> int:
    """Return how many people will be asked in all."""
    return sum(entry.share for entry in entries)


def _in_order(jobs: Sequence[Job], previews: Iterable[Shown], screen: Screen) -> list[Shown]:
    """Return the previews in the order of the command, in whatever order they come."""
    by_book: dict[Path, Shown] = {}
    for shown in previews:
        by_book[shown.book] = shown
        screen.say(f"Looked at {shown.book} ({len(by_book)} of {len(jobs)}).")
    return [by_book[job.book] for job in jobs]


def _confirmed_rounds(previews: Sequence[Shown], answers: SendAnswers, screen: Screen) -> tuple[str, ...]:
    """Return the new rounds that were confirmed, in advance or one by one at the terminal."""
    confirmed = list(answers.new_rounds)
    if not answers.terminal:
        return tuple(confirmed)
    for shown in previews:
        # A round that one workbook's question confirmed is not asked about again for the next.
        for new in unconfirmed_rounds(shown, tuple(confirmed)):
            question = f'Round "{new.round}" is new, and asks people again. To ask them, type it once more:'
            if round_key(screen.ask(question)) == round_key(new.round):
                confirmed.append(new.round)
    return tuple(confirmed)


def _confirmed_campaigns(previews: Sequence[Shown], answers: SendAnswers, screen: Screen) -> tuple[str, ...]:
    """Return the campaigns behind other campaigns' names that were confirmed, in advance or at the terminal."""
    confirmed = list(answers.new_campaigns)
    if not answers.terminal:
        return tuple(confirmed)
    for shown in previews:
        for new in unconfirmed_campaigns(shown, tuple(confirmed)):
            typed = screen.ask(f"{new_campaign_words(new)} {new_campaign_question(new)}")
            if is_confirmed_by(new, typed):
                confirmed.append(new.campaign.id)
    return tuple(confirmed)


def _without_unconfirmed(shown: Shown, new_rounds: tuple[str, ...], new_campaigns: tuple[str, ...]) -> Shown:
    """Leave a workbook aside whose new round or campaign asks people again and was not confirmed."""
    errors = [round_not_confirmed(each) for each in unconfirmed_rounds(shown, new_rounds)]
    errors += [campaign_not_confirmed(each) for each in unconfirmed_campaigns(shown, new_campaigns)]
    return Shown(shown.book, error=errors[0], left_out=shown.left_out) if errors else shown


def _shared_out(jobs: Sequence[Job], previews: Sequence[Shown]) -> list[_Entry]:
    """Share what the caps allow out among the workbooks, in their order."""
    rooms = [each.room for each in previews if each.room is not None]
    # Each workbook was counted by itself against one common cap: the smallest room is what all of them have together.
    left = min(rooms, default=sum(each.size for each in previews))
    entries = []
    for job, shown in zip(jobs, previews, strict=True):
        share = min(shown.size, left)
        left -= share
        caps = job.caps.lowered(Caps(share=share)) if rooms else job.caps
        # The job promises to ask only those who were shown, also when the workbook is changed in between.
        approved = replace(job, caps=caps, promised=shown.people)
        entries.append(_Entry(approved, shown, share))
    return entries


def _preview(entries: Sequence[_Entry], screen: Screen) -> None:
    """Show what will be sent, workbook by workbook and in all."""
    lines = [_preview_line(entry) for entry in entries]
    screen.say("")
    screen.line_each(table(("To send", "Left out", "Next run", "Workbook", ""), lines))
    for entry in entries:
        _notes(entry.shown, screen)
    size = _size(entries)
    beyond = sum(entry.beyond for entry in entries)
    later = f" The caps leave {beyond} for the next run." if beyond else ""
    screen.say(f"{amount(size, 'person')} will be asked, from {len(entries)} workbooks.{later}")


def _preview_line(entry: _Entry) -> tuple[str, ...]:
    error = entry.shown.error
    words = error.message if error else "; ".join(entry.shown.what)
    return str(entry.share), str(entry.left_out), str(entry.beyond), str(entry.job.book), words


def _notes(shown: Shown, screen: Screen) -> None:
    """Show what is worth knowing about one workbook."""
    name = shown.book.name
    screen.say_each(f"{name}: {line}." for line in shown.groups)
    if shown.left_out:
        counts = ", ".join(f"{count} {REASONS[reason]}" for reason, count in shown.left_out.items())
        screen.say(f"{name}: left out: {counts}.")
    screen.warn_each(f"{name}: {words}" for words in shown.words)
    for new in shown.new_rounds:
        again = sum(each.people for each in new.earlier)
        screen.warn(f'{name}: round "{new.round}" is new; {again} of its people are asked again.')
    screen.warn_each(f"{name}: {new_campaign_words(campaign)}" for campaign in shown.new_campaigns)
    if shown.error and tip_of(shown.error):
        screen.warn(f"{name}: {tip_of(shown.error)}")


def _approved(size: int, teams: Sequence[str], answers: SendAnswers, screen: Screen) -> bool:
    if not size and answers.exactly is None:
        return True
    answers.require_size(size, f"Add --yes (best with its number: --yes {size}).")
    return answers.given or says_yes(screen.ask(send_question(size, teams)))


def _sent(entries: Sequence[_Entry], crew: Crew, screen: Screen) -> dict[Path, End]:
    """Send what was approved; a workbook that failed in the preview is not tried again."""
    ends: dict[Path, End] = {}
    jobs: list[Job] = []
    for entry in entries:
        if entry.shown.error:
            ends[entry.job.book] = End(entry.job.book, error=entry.shown.error)
        else:
            jobs.append(entry.job)
    begun: set[Path] = set()
    with stop_on_signals() as stop, screen.progress(_size(entries)) as draw:

        def on_event(book: Path, event: Event) -> None:
            note(book.name, event)
            if book not in begun:
                begun.add(book)
                screen.say(f"{book}")
            draw(event)

        for end in crew.send(jobs, on_event, stop):
            ends[end.book] = end
            _log.info("workbook=%s sent=%d unknown=%d", end.book.name, end.count("sent"), end.count("unknown"))
    return ends


def _finish(entries: Sequence[_Entry], ends: dict[Path, End], screen: Screen) -> int:
    """Show how each workbook and all of them ended, and return the worst of the exit codes."""
    ordered = [(entry, ends[entry.job.book]) for entry in entries]
    codes = {book: _code(end) for book, end in ends.items()}
    totals = _totals(ordered)
    anything_sent = totals["sent"] + totals["unknown"] > 0
    code = surest(set(codes.values()) - {0}, something_sent=anything_sent)
    screen.say("")
    lines = [_line(entry, end, codes[end.book]) for entry, end in ordered]
    screen.line_each(table(HEAD, lines))
    _sum_up(ends, totals, screen)
    _as_json(ordered, codes, screen)
    CURRENT.work_on_several()
    screen.lines.summary(code, totals, {"books": len(ordered)})
    return code


def _totals(ordered: Sequence[tuple[_Entry, End]]) -> dict[str, int]:
    """Return how many rows of all workbooks ended how."""
    totals = dict.fromkeys(_STATES, 0)
    left = 0
    for entry, end in ordered:
        for state in _STATES:
            totals[state] += end.count(state)
        # How far a worker came that was lost is not known, so its rows count neither as sent nor as left.
        if not end.lost:
            left += _beyond(entry, end)
    return {**totals, "left": left}


def _line(entry: _Entry, end: End, code: int) -> tuple[str, ...]:
    sent, unknown, refused = [str(end.count(state)) for state in _STATES]
    later = str(_beyond(entry, end))
    if end.lost:
        sent = unknown = refused = later = "?"
    return sent, unknown, refused, str(entry.left_out), later, str(code), str(end.book), _words(end)


def _sum_up(ends: dict[Path, End], totals: dict[str, int], screen: Screen) -> None:
    """Print one line about all workbooks, and what to do about unknown rows."""
    counts = [f"{count} {_TOTALS[name]}" for name, count in totals.items() if count or name == "sent"]
    failed = sum(end.finished is None for end in ends.values())
    more = f"; {failed} failed or not begun" if failed else ""
    screen.line(f"{len(ends)} workbooks: {', '.join(counts)}{more}.")
    if totals["unknown"]:
        unknown = [quoted(str(book)) for book, end in ends.items() if end.count("unknown")]
        screen.warn(f"Unknown rows are never sent again by themselves. Run: collect-xl lookup {' '.join(unknown)}")


def _code(end: End) -> int:
    if end.finished is None:
        return code_of_error(end.error) if end.error else 1
    return code_of_run(end.finished, range(end.problems))


def _beyond(entry: _Entry, end: End) -> int:
    if end.finished is None:
        return entry.beyond + entry.share
    return len(end.finished.report.beyond)


def _words(end: End) -> str:
    """Return what the user must know about a workbook, in one line."""
    finished = end.finished
    if finished is None:
        return f"{end.error.message} {tip_of(end.error)}".strip() if end.error else ""
    sentences = []
    if end.meanwhile:
        sentences.append(f"{end.meanwhile} asked meanwhile, or held back now.")
    if finished.report.words:
        sentences.append(advice_words(Advice(finished.report.words, finished.report.remedies)))
    if finished.failure:
        sentences.append(f"The results could not be written: {finished.failure.message}")
    if finished.undelivered:
        sentences.append(f"Collect could not deliver {len(finished.undelivered)}.")
    return " ".join(sentences)


def _as_json(ordered: Sequence[tuple[_Entry, End]], codes: dict[Path, int], screen: Screen) -> None:
    """Print for programs how each workbook ended."""
    for entry, end in ordered:
        CURRENT.work_on(entry.job.paths)
        if end.finished is not None:
            rows_as_json(end.finished, codes[end.book], screen)
        elif end.error is not None:
            screen.lines.error(end.error.message, tip_of(end.error), codes[end.book])
        else:
            screen.lines.error("Not begun.", "Run the same command again.", codes[end.book])
