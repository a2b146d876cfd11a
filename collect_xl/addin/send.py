"""The buttons that send: read, plan, ask the person, send, fill in, tell."""

from __future__ import annotations

import webbrowser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from collect_xl.addin.button_context import ButtonContext, desk_of, selected_rows
from collect_xl.addin.connect import reach
from collect_xl.addin.progress import watched
from collect_xl.addin.words import end_words, for_buttons, left_out_words, round_question, send_question
from collect_xl.config.settings import Settings, set_config
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.ports import Collect
from collect_xl.domain.rows import Choices
from collect_xl.errors import UsageError
from collect_xl.excel.find_workbook import address_of
from collect_xl.journal.places import unsafe
from collect_xl.sending.report import Report
from collect_xl.sending.trial import Trial, TrialEnd, member
from collect_xl.workflow.session import Desk, Prepared

__all__ = ["NO_KEY", "run", "send", "send_first", "send_selected", "sharing_warning", "try_on_me"]

NO_KEY = "Nothing was done: there is no API key for Collect."


def send(context: ButtonContext) -> None:
    """Send everything that was not sent yet, once somebody has said yes."""
    _send(context, lambda _: Choices())


def send_first(context: ButtonContext) -> None:
    """Send the first row that was not sent yet."""
    _send(context, lambda _: Choices(first=1))


def send_selected(context: ButtonContext) -> None:
    """Send the selected rows; what holds one of them back is asked about."""
    _send(context, lambda desk: Choices(rows=selected_rows(context, desk)))


def _send(context: ButtonContext, choose: Callable[[Desk], Choices]) -> None:
    with desk_of(context, write=True) as (desk, settings):
        choices = choose(desk)
        collect = reach(context.front, settings, desk)
        if collect is None:
            context.front.tell(NO_KEY)
            return
        context.front.status("Collect: checking every row ...")
        desk.restore()
        desk.preflight(collect)
        prepared = _prepared(context, desk, collect, choices)
        if not prepared.plan.batches:
            _tell_nothing(context, desk, prepared)
        elif _agreed(context, prepared, settings):
            run(context, desk, prepared, collect)


def run(context: ButtonContext, desk: Desk, prepared: Prepared, collect: Collect) -> None:
    """Send what was agreed to, fill in the rows batch by batch, and tell what came of it."""
    with watched(prepared.plan.size, context.front.status) as progress:
        finished = desk.send(prepared, collect, on_event=progress.on_event, stop=progress.stop, at_once=True)
    well = not finished.failure and len(finished.report.rows("sent")) == prepared.plan.size
    context.front.tell(end_words(finished, prepared), bad=not well)


def _prepared(context: ButtonContext, desk: Desk, collect: Collect, choices: Choices) -> Prepared:
    """Make the plan; for rows that somebody selected, ask about those that would be held back otherwise."""
    desk.look_elsewhere(collect, choices)
    prepared = desk.prepare(choices)
    if choices.rows is None:
        return prepared
    said = {reason: _asked_about(context, prepared, reason) for reason in ("edited", "asked elsewhere")}
    if not any(said.values()):
        return prepared
    choices = replace(choices, send_edited=said["edited"], even_if_asked=said["asked elsewhere"])
    desk.look_elsewhere(collect, choices)
    return desk.prepare(choices)


QUESTIONS = {
    "edited": "of the selected rows were changed after they were sent:",
    "asked elsewhere": "of the selected people were asked already, by requests that were not made from here:",
}


def _asked_about(context: ButtonContext, prepared: Prepared, reason: str) -> bool:
    held = [each for each in prepared.plan.left_out if each.reason == reason]
    if not held:
        return False
    lines = [f"Row {each.row}: {each.words}" for each in held[:3]]
    more = [f"... and {len(held) - 3} more."] if len(held) > 3 else []  # noqa: PLR2004  # three are read
    words = "\n\n".join((f"{len(held)} {QUESTIONS[reason]}", *map(for_buttons, lines), *more))
    return context.front.ask(f"{words}\n\nAsk them all the same?")


def _agreed(context: ButtonContext, prepared: Prepared, settings: Settings) -> bool:
    """Tell whether somebody said yes to the plan, and again to each round that asks people once more."""
    warning = sharing_warning(address_of(context.book), settings)
    question = send_question(prepared, [warning] if warning else [])
    return context.front.ask(question) and all(
        context.front.ask(round_question(new)) for new in prepared.plan.new_rounds
    )


def _tell_nothing(context: ButtonContext, desk: Desk, prepared: Prepared) -> None:
    """Say why nobody is asked, and write it beside the rows."""
    desk.finish(Report(desk.run.id), prepared)
    problems = prepared.book.checker.problems
    reasons = [left_out_words(prepared.plan.left_out), *(str(problem) for problem in problems[:3])]
    told = "\n\n".join(("Nothing to send.", *(reason for reason in reasons if reason)))
    context.front.tell(told, bad=bool(problems))


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
        "people press Send at the same moment, somebody may be asked twice. Let one person send, or use a shared "
        "journal (Settings)."
    )


def try_on_me(context: ButtonContext) -> None:
    """Send the request of the first row that would be sent to the person who pressed the button instead."""
    with desk_of(context, write=False, remember=True) as (desk, settings):
        collect = reach(context.front, settings, desk)
        if collect is None:
            context.front.tell(NO_KEY)
            return
        desk.preflight(collect)
        me = settings.me or _asked_address(context, collect)
        if not me:
            return
        trial = desk.trial(me, collect)
        if context.front.ask(_question(trial, desk)):
            _tell(context, desk.send_trial(trial, collect))


def _asked_address(context: ButtonContext, collect: Collect) -> str | None:
    """Ask once for the user's own address, one of the team's, and keep it with the settings of this user."""
    from collect_xl.addin.settings_dialog import ask_address  # noqa: PLC0415

    users = collect.users()

    def keep(address: str) -> None:
        set_config("me", member(address, users).email)

    root = context.front.window()
    if root is None:
        tip = "In a terminal run once: python -m collect_xl config set me YOUR-ADDRESS"
        raise UsageError("It is not known where tests go to.", tip=tip)
    return ask_address(root, keep, [user.email for user in users if user.email])


def _question(trial: Trial, desk: Desk) -> str:
    team = f"{desk.account.team.name} team: " if desk.account else ""
    campaign = trial.batch.campaign
    silent = trial.batch.options.get("sendMessage") is False
    lines = [
        f"{team}send the request of row {trial.row} to {trial.to} instead, for {campaign.name or campaign.id}.",
        "The options say that Collect sends no e-mail: you get a portal only." if silent else "You get the e-mail.",
        "Nobody else is asked, and no row changes. The test stands in Collect like any request: cancel it there.",
    ]
    return "\n\n".join((*lines, "Send the test now?"))


def _tell(context: ButtonContext, end: TrialEnd) -> None:
    if end.state != "sent":
        state = (end.state or "not sent").replace("_", " ")
        context.front.tell(f"The test to {end.to} is {state}.\n\n{for_buttons(end.words)}", bad=True)
    elif not may_link(end.portal_url):
        context.front.tell(f"The test is on its way to {end.to}.")
    elif context.front.ask(f"The test is on its way to {end.to}.\n\nOpen its portal now, as your client would see it?"):
        webbrowser.open(end.portal_url)
