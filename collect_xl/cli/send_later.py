"""``collect-xl send --not-before TIME``: agreed upon now, judged again then, and sent only as it was agreed upon."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from dataclasses import replace

from collect_xl.cli.countdown import countdown, shown_wait
from collect_xl.cli.option_values import stop_on_signals
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_one import Agreed, CommandFront, Order, begin, run_send
from collect_xl.domain.ports import utc_now
from collect_xl.planning.approval import Approval
from collect_xl.workflow import stories
from collect_xl.workflow.book import Prepared
from collect_xl.workflow.open import WRITE, collect_of, opened
from collect_xl.workflow.start_time import StartTime, await_start, start_time


def run_send_later(order: Order, text: str, screen: Screen) -> int:
    """Ask now, wait until it is time, send, and return the exit code.

    Args:
        order: what was ordered.
        text: the time, as it was typed.
        screen: where everything is shown.
    """
    agreed = _agree(order, text, screen)
    if agreed is None:
        return screen.declined("Nothing was sent.")
    # Nothing is held while it waits, neither workbook nor journal: others may work, and the plan is judged again then.
    with stop_on_signals() as stop:
        is_time = _wait(agreed.start, screen, stop)
    if not is_time:
        return screen.declined(f"Stopped before it was {agreed.start.words}. Nothing was sent.")
    return run_send(order, screen, agreed)


def _agree(order: Order, text: str, screen: Screen) -> Agreed | None:
    """Show the plan, and return its approval with the time; None for a no."""
    begin(order, screen)
    with opened(order.paths, WRITE, limits=order.caps) as session, ExitStack() as stack:
        front = _LaterFront(session.run.id, order, screen, stack, text)
        ready = stories.prepare_to_send(session, collect_of(session), order.choices, front, order.first)
        approval = front.approve(ready.prepared)
        if approval is None:
            return None
        return Agreed(approval, front.start_of(ready.prepared))


class _LaterFront(CommandFront):
    """The command line while it asks about a send that begins later.

    Args:
        run: the run's ID, for the log.
        order: what was ordered.
        screen: where everything is shown.
        stack: closed when the run is over.
        text: the time, as it was typed.
    """

    def __init__(self, run: str, order: Order, screen: Screen, stack: ExitStack, text: str) -> None:
        super().__init__(run, order, screen, stack)
        self._text = text

    def start_of(self, prepared: Prepared) -> StartTime:
        """Return when a plan begins; one that sends nothing has nothing to wait for."""
        zone = prepared.account.team.zone if prepared.account else "UTC"
        now = utc_now()
        if not prepared.plan.batches:
            return StartTime(now, zone)
        return start_time(self._text, zone, now)

    def approve(self, prepared: Prepared) -> Approval | None:
        """Show the plan, and ask whether to send it at that time."""
        start = self.start_of(prepared)
        self._screen.preview(prepared)
        left = start.left(utc_now())
        if not left:
            return self._order.answers.of(prepared, self._screen)
        self._screen.warn(f"Nothing is sent before {start.words}, in {countdown(left)}. Keep the workbook closed then.")
        answers = self._order.answers
        when = f"at {start.words}{answers.when.removeprefix('now')}"
        return replace(answers, when=when).of(prepared, self._screen)


def _wait(start: StartTime, screen: Screen, stop: threading.Event) -> bool:
    with shown_wait(screen, start.words) as show:
        return await_start(start, show, stop)
