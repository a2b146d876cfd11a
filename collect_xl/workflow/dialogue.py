"""What a story asks of the face that tells it, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from collect_xl.domain.events import Event
from collect_xl.domain.model import Claim, Written
from collect_xl.domain.rows import Choices
from collect_xl.followup.cancel import Changed, Wish
from collect_xl.followup.item_lookup import ItemsLooked
from collect_xl.followup.lookup import Settled
from collect_xl.followup.overdue import Late
from collect_xl.followup.refresh import Refreshed
from collect_xl.followup.takeover import Adoption, Left
from collect_xl.planning.approval import Approval
from collect_xl.results.row_ends import RowEnd
from collect_xl.workflow.book import Finished, Prepared
from collect_xl.workflow.start_time import StartTime


class SendFront:
    """What a face reports and asks while a workbook is sent; it overrides what it has words for."""

    def restored(self, written: Written) -> None:
        """Hear that results which the sheet had lost were written again."""

    def looked_up(self, settled: Settled) -> None:
        """Hear what became of unknown rows."""

    def refreshed(self, refreshed: Refreshed) -> None:
        """Hear how everything that was sent stands now."""

    def reconsider(self, prepared: Prepared) -> Choices | None:
        """Return other choices for another plan, or None to go on with this one. Asked once."""

    def approve(self, prepared: Prepared) -> Approval | bool | None:
        """Show the very plan that would be sent, and return its approval.

        True approves the plan without any round or campaign that asks people again; None and False send nothing.
        """
        raise NotImplementedError

    def started(self, prepared: Prepared) -> None:
        """Hear that the plan is being sent from now on."""

    def on_event(self, event: Event) -> None:
        """Hear of every step of the run."""

    def go_on(self, first: tuple[RowEnd, ...], rest: int) -> bool:
        """Show the outcome for the first people, who were sent alone; only True sends the others.

        Args:
            first: how their rows stand now.
            rest: how many others the approved plan holds.
        """
        del first, rest
        # Where no one is asked the others are not sent.
        return False

    @property
    def may_wait(self) -> bool:
        """Whether the run waits until the outcome of refused rows is proved; else the next run goes on."""
        return True

    @property
    def stop(self) -> threading.Event:
        """When set, the batch in flight is finished and no other begun."""
        return threading.Event()


class ChangeFront:
    """What a face reports and asks while requests are changed."""

    def without_request(self, rows: list[int]) -> None:
        """Hear which chosen rows have no open request."""

    def elsewhere(self, count: int) -> None:
        """Hear how many requests of the run are not in this sheet any more."""

    def not_named(self, created: Mapping[int, datetime | None]) -> None:
        """Hear when Collect made the requests that no answer named, by row: a colleague may have made them."""

    def approve(self, requests: Mapping[int, Claim], wish: Wish, zone: str) -> bool:
        """Show the requests that would be changed; only True changes them."""
        raise NotImplementedError

    @property
    def stop(self) -> threading.Event:
        """When set, the request in hand is finished and no other begun."""
        return threading.Event()


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """What is done with earlier requests before the plan is made."""

    look_up: bool = False
    """Look up unknown rows."""
    refresh: bool = False
    """Ask how everything that was sent stands now."""


SEND_ONLY = FirstSteps()


@dataclass(frozen=True, slots=True)
class HowToSend:
    """The way in which an approved plan is sent."""

    as_you_go: bool = False
    """Whether each batch is filled in at once, as in open Excel; else every few seconds, as their cost allows."""
    canary: int | None = None
    """How many people are sent alone and shown before the face is asked about the others; None for none."""
    start: StartTime | None = None
    """Before which nothing is sent; None for at once. The face waits for it, the core only looks at the clock."""


AT_ONCE = HowToSend()


@dataclass(frozen=True, slots=True)
class Sent:
    """How a send ended."""

    prepared: Prepared
    """The plan that was approved, or was not."""
    finished: Finished | None
    """None when it was not approved."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """How a look-up ended."""

    settled: Settled
    finished: Finished

    @property
    def rows(self) -> tuple[RowEnd, ...]:
        """How every row stands now."""
        return self.finished.rows


@dataclass(frozen=True, slots=True)
class RefreshEnd:
    """How a refresh ended."""

    refreshed: Refreshed
    finished: Finished
    strangers: tuple[int, ...]
    """Rows that another computer sent, so that nothing here follows them."""
    items: ItemsLooked | None = None
    """What was learned of the items of requests; None where they were not asked for."""

    @property
    def rows(self) -> tuple[RowEnd, ...]:
        """How every row stands now."""
        return self.finished.rows


@dataclass(frozen=True, slots=True)
class ChangeFinished:
    """How a change of requests ended."""

    changed: Changed
    wish: Wish
    finished: Finished

    @property
    def rows(self) -> tuple[RowEnd, ...]:
        """How every row stands now."""
        return self.finished.rows


@dataclass(frozen=True, slots=True)
class TakeOverEnd:
    """How a take-over ended."""

    adoption: Adoption
    held: tuple[Left, ...]
    """Rows whose person this history has in that round already."""
    finished: Finished

    @property
    def rows(self) -> tuple[RowEnd, ...]:
        """How every row stands now."""
        return self.finished.rows


@dataclass(frozen=True, slots=True)
class Overdue:
    """What needs someone."""

    rows: tuple[Late, ...]
    strangers: tuple[int, ...]
    zone: str | None
    """The team's; None where this computer knows of nothing that was sent."""
