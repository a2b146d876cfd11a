"""``collect-xl send --test-to``: one row's request to yourself, and nothing on the sheet."""

from __future__ import annotations

from collect_xl.cli.answers import Answers
from collect_xl.cli.exits import code_of_report
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.row_words import request_lines
from collect_xl.cli.screen import Screen
from collect_xl.errors import UsageError
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.results.row_ends import RowEnd
from collect_xl.sending.trial import Trial, TrialEnd
from collect_xl.workflow import trial_story
from collect_xl.workflow.open import READ_AND_REMEMBER, Paths, collect_of, opened


def run_test_to(  # one parameter for each thing that was said
    paths: Paths, me: str, rows: frozenset[int] | None, answers: Answers, screen: Screen, caps: Caps = NO_CAPS
) -> int:
    """Show what would go to the member of the team, ask, and send it."""
    if rows is not None and len(rows) != 1:
        raise UsageError("--test-to tries one row.", tip="Name one: --rows 7; without it the first is tried.")
    row = next(iter(rows)) if rows else None
    CURRENT.work_on(paths)
    screen.quiet = screen.quiet and answers.yes  # who is asked must see what about

    def approve(trial: Trial, _team: str) -> bool:
        return _approved(trial, answers, screen)

    with opened(paths, READ_AND_REMEMBER, limits=caps) as session, stop_on_signals() as stop:
        screen.warn(session.settings.foreign_address)
        ended = trial_story.send_trial(session, collect_of(session), me, row, approve, stop)
    if ended is None:
        return screen.declined("Nothing was sent.")
    code = code_of_report(ended.report)
    _tell(ended, screen)
    _as_json(ended, code, screen.lines)
    return code


def _approved(trial: Trial, answers: Answers, screen: Screen) -> bool:
    screen.say(f"The request of row {trial.row}, to {trial.to} instead of its client:")
    screen.say_each(request_lines(trial.batch, 0, None, None))
    if trial.batch.options.get("sendMessage") is False:
        screen.warn("Collect sends no messages, as the options say: you get no e-mail, only the portal.")
    return answers.confirm(
        f"Send it to {trial.to}? [y/N]",
        screen,
        unanswered="No one can answer the question here. Nothing was sent.",
        tip="Look at the request, then add --yes.",
    )


def _tell(ended: TrialEnd, screen: Screen) -> None:
    state = (ended.state or "not sent").replace("_", " ")
    screen.say(f"Run {ended.report.run}: {state}. Row {ended.row} and its client are as they were.")
    if ended.portal_url:
        screen.say(f"Your portal: {ended.portal_url}")
        screen.say(f"Cancel request {ended.request_id} in Collect when you have seen it.")
    screen.warn(ended.words)


def _as_json(ended: TrialEnd, code: int, lines: JsonLines) -> None:
    """Print for programs the row that was tried, its recipient, and a summary."""
    state = ended.state or "not_sent"
    lines.row(RowEnd(ended.row, state, ended.request_id, ended.words, ended.portal_url, email=ended.to))
    lines.summary(code, {state: 1}, {"run": ended.report.run, "stopped": ended.report.stopped})
