"""The buttons that send: read, plan, ask the person, send, fill in, tell."""

from __future__ import annotations

import threading
import webbrowser
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from collect_xl.addin.button_context import ButtonContext, opened_book, selected_rows
from collect_xl.addin.connect import reach
from collect_xl.addin.progress import Progress, watched
from collect_xl.addin.words import (
    campaign_question,
    counted_requests,
    end_words,
    left_out_words,
    round_question,
    send_question,
)
from collect_xl.config.settings import Settings, set_config
from collect_xl.domain.events import Event
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.excel.find_workbook import address_of
from collect_xl.journal.places import unsafe
from collect_xl.planning.approval import Approval
from collect_xl.sending.trial import Trial, TrialEnd, member
from collect_xl.workflow import stories, trial_story
from collect_xl.workflow.book import Book, Prepared
from collect_xl.workflow.dialogue import HowToSend, SendFront
from collect_xl.workflow.open import READ_AND_REMEMBER, WRITE, stop_file_of

NO_KEY = "Nothing was done: there is no API key for Collect."


def send(context: ButtonContext) -> None:
    """Send everything that was not sent yet, once the user has agreed."""
    _send(context, lambda _: Choices())


def send_first(context: ButtonContext) -> None:
    """Send the first row that was not sent yet."""
    _send(context, lambda _: Choices(first=1))


def send_selected(context: ButtonContext) -> None:
    """Send the selected rows; what holds one of them back is asked about."""
    _send(context, lambda book: Choices(rows=selected_rows(context, book)))


def _send(context: ButtonContext, choose: Callable[[Book], Choices]) -> None:
    with opened_book(context, WRITE) as session, ExitStack() as stack:
        choices = choose(session.book)
        collect = reach(context.front, session)
        if collect is None:
            context.front.tell(NO_KEY)
            return
        context.front.status("Collect: checking every row ...")
        stop_file = stop_file_of(session.settings, Path(session.run.workbook))
        front = _RibbonFront(context, session.settings, stack, stop_file)
        sent = stories.send(session, collect, choices, front, how=HowToSend(as_you_go=True))
        stack.close()  # the window of the run closes before the words about its end
        if not sent.prepared.plan.batches:
            _tell_nothing(context, sent.prepared)
        elif sent.finished is not None:
            well = not sent.finished.failure and len(sent.finished.report.rows("sent")) == sent.prepared.plan.size
            context.front.tell(end_words(sent.finished, sent.prepared), bad=not well)


QUESTIONS = {
    "edited": "of the selected rows were changed after they were sent:",
    "asked elsewhere": "of the selected people were asked already, by requests that were not made from here:",
}

MOST_SHOWN = 3
"""Held rows that a question shows; more are not read."""


class _RibbonFront(SendFront):
    """The ribbon while it sends.

    Args:
        context: the button that was pressed.
        settings: whose journal counts.
        stack: closed when the run is over.
        stop_file: is there once Stop was pressed in the ribbon.
    """

    def __init__(self, context: ButtonContext, settings: Settings, stack: ExitStack, stop_file: Path) -> None:
        self._context, self._settings, self._stack, self._stop_file = context, settings, stack, stop_file
        self._progress: Progress | None = None

    def reconsider(self, prepared: Prepared) -> Choices | None:
        """Ask about selected rows that would be held back otherwise."""
        choices = prepared.choices
        if choices.rows is None:
            return None
        send_edited = self._asks_about(prepared, "edited")
        even_if_asked = self._asks_about(prepared, "asked elsewhere")
        if not send_edited and not even_if_asked:
            return None
        return replace(choices, send_edited=send_edited, even_if_asked=even_if_asked)

    def approve(self, prepared: Prepared) -> Approval | None:
        """Ask about the plan, and again about each round and campaign that asks people once more."""
        if not prepared.plan.batches:
            return prepared.approval()
        front = self._context.front
        warning = sharing_warning(address_of(self._context.book), self._settings)
        yes = f"Send {counted_requests(prepared.plan.batches)}"
        if not front.ask(send_question(prepared, [warning] if warning else []), yes):
            return None
        rounds = []
        for new in prepared.plan.new_rounds:
            if not front.ask(round_question(new), "Ask again"):
                return None
            rounds.append(new.round)
        campaigns = []
        for other in prepared.plan.new_campaigns:
            if not front.ask(campaign_question(other), "Ask in this campaign"):
                return None
            campaigns.append(other.campaign.id)
        return prepared.approval(new_rounds=tuple(rounds), new_campaigns=tuple(campaigns))

    def started(self, prepared: Prepared) -> None:
        """Open the window that shows the progress."""
        run = watched(prepared.plan.size, self._context.front.status, self._stop_file)
        self._progress = self._stack.enter_context(run)

    def on_event(self, event: Event) -> None:
        """Show a step."""
        if self._progress is not None:
            self._progress.on_event(event)

    @property
    def stop(self) -> threading.Event:
        """Set by the button Stop."""
        return self._progress.stop if self._progress is not None else threading.Event()

    def _asks_about(self, prepared: Prepared, reason: str) -> bool:
        """Return whether the user wants to send the rows that are held back for this reason."""
        held = [each for each in prepared.plan.left_out if each.reason == reason]
        if not held:
            return False
        lines = [f"Row {each.row}: {each.words}" for each in held[:MOST_SHOWN]]
        if len(held) > MOST_SHOWN:
            lines.append(f"... and {len(held) - MOST_SHOWN} more.")
        words = "\n\n".join((f"{len(held)} {QUESTIONS[reason]}", *lines))
        return self._context.front.ask(f"{words}\n\nAsk them again?", "Ask them again")


def _tell_nothing(context: ButtonContext, prepared: Prepared) -> None:
    """Say why nothing is sent, as the rows do, too."""
    problems = prepared.book.option_problems
    reasons = [left_out_words(prepared.plan.left_out), *(str(problem) for problem in problems[:MOST_SHOWN])]
    words = "\n\n".join(("Nothing to send.", *(reason for reason in reasons if reason)))
    context.front.tell(words, bad=bool(problems))


def sharing_warning(fullname: str, settings: Settings) -> str:
    """Return a warning where others may press Send in the same workbook with a memory of their own; else nothing.

    Args:
        fullname: the workbook's path, or its address in a cloud.
        settings: whose journal counts; one in a database is shared already.
    """
    if settings.journal and "://" in settings.journal:
        return ""
    cloud = fullname.casefold().startswith(("http://", "https://"))
    if not cloud and not unsafe(Path(fullname)):
        return ""
    return (
        "This workbook is shared with others, and the memory of who was asked is on this computer alone: when two "
        "people press Send at the same moment, someone may be asked twice. Let one person send, or use a shared "
        "send history (Settings)."
    )


def try_on_me(context: ButtonContext) -> None:
    """Send the request of the first row that would be sent to the user who pressed the button instead."""
    with opened_book(context, READ_AND_REMEMBER) as session:
        collect = reach(context.front, session)
        if collect is None:
            context.front.tell(NO_KEY)
            return
        me = session.settings.me or _asked_address(context, collect)
        if not me:
            return

        def approve(trial: Trial, team: str) -> bool:
            question = _question(trial, team, session.settings.foreign_address)
            return context.front.ask(question, "Send the test")

        end = trial_story.send_trial(session, collect, me, None, approve, threading.Event())
    if end is not None:
        _tell(context, end)


def _asked_address(context: ButtonContext, collect: Collect) -> str | None:
    """Ask once for the user's own address, one of the team's, and keep it with the settings of this user."""
    from collect_xl.addin.settings_dialog import ask_address  # noqa: PLC0415

    users = collect.users()

    def keep(address: str) -> None:
        set_config("me", member(address, users).email)

    root = context.front.window()
    if root is None:
        tip = "In a terminal run once: python -m collect_xl config set me YOUR-ADDRESS"
        raise UsageError("Your e-mail address is not set yet, so there is nowhere to send the test.", tip=tip)
    return ask_address(root, keep, [user.email for user in users if user.email])


def _question(trial: Trial, team: str, warning: str) -> str:
    campaign = trial.batch.campaign
    silent = trial.batch.options.get("sendMessage") is False
    lines = [
        f"{team} team: send the request of row {trial.row} to {trial.to} instead, for {campaign.called}.",
        "The options say that Collect sends no e-mail: you get a portal only." if silent else "You get the e-mail.",
        "No one else is asked, and no row changes. The test is in Collect like any other request: cancel it there.",
    ]
    warnings = [warning] if warning else []
    return "\n\n".join((*lines, *warnings, "Send the test now?"))


def _tell(context: ButtonContext, end: TrialEnd) -> None:
    if end.state != "sent":
        state = (end.state or "not sent").replace("_", " ")
        context.front.tell(f"The test to {end.to} is {state}.\n\n{end.words}", bad=True)
    elif not may_link(end.portal_url):
        context.front.tell(f"The test is on its way to {end.to}.")
    else:
        question = f"The test is on its way to {end.to}.\n\nOpen its portal now, as your client would see it?"
        if context.front.ask(question, "Open the portal"):
            webbrowser.open(end.portal_url)
