"""The functions that Python programs call; ``import collect_xl`` offers them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from collect_xl.domain.due_dates import days_of
from collect_xl.domain.events import Event
from collect_xl.domain.model import Claim
from collect_xl.domain.rows import Choices
from collect_xl.followup.cancel import Wish
from collect_xl.followup.fetch import FetchWish
from collect_xl.followup.takeover import Adoption
from collect_xl.planning.approval import Approval
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.results.row_ends import RowEnd
from collect_xl.sending.trial import Trial, TrialEnd
from collect_xl.template.offers import Offers
from collect_xl.workbook.lists import lists_of, require_lists, write_lists
from collect_xl.workflow import fetch_story, stories, trial_story
from collect_xl.workflow.book import Finished, Prepared
from collect_xl.workflow.dialogue import (
    ChangeFinished,
    ChangeFront,
    HowToSend,
    LookedUp,
    Overdue,
    RefreshEnd,
    SendFront,
    TakeOverEnd,
)
from collect_xl.workflow.fetch_story import FetchEnd
from collect_xl.workflow.items_story import ItemsWish
from collect_xl.workflow.open import READ, READ_AND_REMEMBER, WRITE, Access, Paths, collect_of, opened

ALL_ROWS = Choices()

Book = str | Path
"""A saved workbook."""


@dataclass(frozen=True, slots=True)
class Sheets:
    """The sheets of a workbook, where they are not called *Contacts* and *Options*."""

    contacts: str | None = None
    options: str | None = None


USUAL_SHEETS = Sheets()


@dataclass(frozen=True, slots=True)
class LoadedLists:
    """What the drop-downs of a workbook offer since they were filled."""

    offers: Offers
    path: Path
    """The file that has them: another one beside the workbook where another program held that one."""
    notes: tuple[str, ...] = ()


def check(
    book: Book,
    choices: Choices = ALL_ROWS,
    *,
    online: bool = False,
    limits: Caps = NO_CAPS,
    sheets: Sheets = USUAL_SHEETS,
) -> Prepared:
    """Validate everything and plan; nothing is sent or written.

    Args:
        book: the workbook.
        choices: which rows.
        online: whether to ask Collect for team and campaigns; without it no socket is opened.
        limits: how many people may be asked, where that is less than the settings say.
        sheets: the names of its sheets.

    Returns:
        the plan, with what is wrong; ``rows`` has one entry for each row, and ``refusal`` says why a send would be
        refused as a whole.
    """
    access = Access(write=False, remember=online, rehearse=True)
    with opened(_paths(book, sheets), access, limits=limits) as session:
        return stories.check(session, choices, collect_of(session) if online else None)


def send(  # noqa: PLR0913  # options are by name
    book: Book,
    choices: Choices = ALL_ROWS,
    *,
    approve: Callable[[Prepared], Approval | bool | None],
    on_event: Callable[[Event], None] | None = None,
    stop: threading.Event | None = None,
    limits: Caps = NO_CAPS,
    sheets: Sheets = USUAL_SHEETS,
    output: Book | None = None,
    wait: bool = True,
    canary: int | None = None,
    go_on: Callable[[tuple[RowEnd, ...]], bool] | None = None,
) -> Finished | None:
    """Send what the workbook asks for, each person once, and write what happened beside each row.

    Args:
        book: the workbook.
        choices: which rows.
        approve: shown the very plan that would be sent; returns ``prepared.approval()`` or True, or None to send
            nothing. Rounds and campaigns that ask people again must be named:
            ``prepared.approval(new_rounds=("2027-01",), new_campaigns=("xvr6",))``.
        on_event: called with every step.
        stop: when set, the batch in flight is finished and no other begun.
        limits: how many people may be asked, where that is less than the settings say.
        sheets: the names of its sheets.
        output: a copy for the results; None writes them into the workbook.
        wait: whether it waits about a minute to learn what became of refused rows; else the next run does.
        canary: how many people are sent alone before ``go_on`` decides about the others; None for none.
        go_on: shown how the rows of the first people stand; only True sends the others. It is not called where not
            every one of the first was sent.

    Returns:
        how it ended, on every row; None when it was not approved.

    Raises:
        PlanChanged: another plan was approved.
        UsageError: a round or campaign asks people again and was not named.
    """
    front = _SendFront(approve, on_event, stop or threading.Event(), go_on, may_wait=wait)
    with opened(_paths(book, sheets, output), WRITE, limits=limits) as session:
        return stories.send(session, collect_of(session), choices, front, how=HowToSend(canary=canary)).finished


def send_trial(
    book: Book,
    me: str,
    *,
    approve: Callable[[Trial], bool],
    row: int | None = None,
    limits: Caps = NO_CAPS,
    sheets: Sheets = USUAL_SHEETS,
) -> TrialEnd | None:
    """Send one row's request to a member of the team instead of its client; the workbook is only read.

    Args:
        book: the workbook.
        me: an address of a member.
        approve: shown exactly what would be sent; only True sends it.
        row: whose request; None for the first one that would be sent.
        limits: as for ``send``.
        sheets: the names of its sheets.

    Returns:
        how it ended; None when it was not approved.
    """
    with opened(_paths(book, sheets), READ_AND_REMEMBER, limits=limits) as session:
        collect = collect_of(session)
        return trial_story.send_trial(session, collect, me, row, lambda trial, _team: approve(trial), threading.Event())


def lookup(book: Book, *, sheets: Sheets = USUAL_SHEETS) -> LookedUp:
    """Look up unknown rows at Collect, and write what was found; nothing is ever sent again.

    Args:
        book: the workbook.
        sheets: the names of its sheets.
    """
    with opened(_paths(book, sheets), WRITE) as session:
        return stories.look_up(session, collect_of(session))


def refresh(book: Book, *, sheets: Sheets = USUAL_SHEETS, items: bool = False) -> RefreshEnd:
    """Ask Collect how everything that was sent stands now, and write it; nothing is sent.

    Args:
        book: the workbook.
        sheets: the names of its sheets.
        items: whether to ask which documents and forms came in.
    """
    with opened(_paths(book, sheets), WRITE) as session:
        return stories.refresh(session, collect_of(session), ItemsWish(wanted=items))


def fetch(
    book: Book,
    folder: str | Path,
    *,
    rows: Collection[int] | None = None,
    items: Collection[str] = (),
    again: bool = False,
    sheets: Sheets = USUAL_SHEETS,
) -> FetchEnd:
    """Fetch what clients uploaded into a folder, each file once; nothing else is changed.

    Args:
        book: the workbook.
        folder: where the files go, made where it is missing: a folder for each request, in it one for each document.
        rows: whose; None for all.
        items: the names of documents; none for all.
        again: whether what was moved or deleted since it was fetched is fetched again.
        sheets: the names of its sheets.
    """
    chosen = None if rows is None else frozenset(rows)
    wish = FetchWish(tuple(items), again)
    with opened(_paths(book, sheets), READ_AND_REMEMBER) as session:
        return fetch_story.fetch(session, collect_of(session), Path(folder), chosen, wish, fetch_story.FetchFront())


def cancel(
    book: Book,
    rows: Collection[int] | None = None,
    *,
    run: str | None = None,
    approve: Callable[[Mapping[int, Claim]], bool],
    sheets: Sheets = USUAL_SHEETS,
) -> ChangeFinished | None:
    """Take back the requests of some rows, or of all that a run sent; the rows are free to be sent again.

    Args:
        book: the workbook.
        rows: row numbers as Excel shows them; leave it out with ``run``.
        run: the ID of a run.
        approve: shown the requests by row; only True cancels them.
        sheets: the names of its sheets.

    Returns:
        how it ended; None when it was not approved.

    Raises:
        ValueError: neither rows nor a run is named, or both are.
    """
    if (rows is None) == (run is None):
        raise ValueError("Name either rows or a run.")
    chosen = run if run is not None else frozenset(rows or ())
    with opened(_paths(book, sheets), WRITE) as session:
        return stories.cancel(session, collect_of(session), chosen, _ChangeFront(approve))


def change_due_date(
    book: Book,
    rows: Collection[int],
    due: str,
    *,
    approve: Callable[[Mapping[int, Claim]], bool],
    sheets: Sheets = USUAL_SHEETS,
) -> ChangeFinished | None:
    """Give the requests of some rows another due date.

    Args:
        book: the workbook.
        rows: row numbers as Excel shows them.
        due: a date such as ``2026-12-31``; it ends at 23:59 in the team's zone.
        approve: shown the requests by row; only True changes them.
        sheets: the names of its sheets.

    Returns:
        how it ended; None when it was not approved.
    """
    with opened(_paths(book, sheets), WRITE) as session:
        return stories.change_due_date(session, collect_of(session), frozenset(rows), due, _ChangeFront(approve))


def take_over(
    book: Book,
    round: str,  # noqa: A002  # the word of the workbook
    rows: Collection[int] | None = None,
    *,
    approve: Callable[[Adoption], bool],
    sheets: Sheets = USUAL_SHEETS,
) -> TakeOverEnd | None:
    """Take over what another computer sent, as Collect confirms it.

    Args:
        book: the workbook.
        round: in which these rows were sent.
        rows: row numbers as Excel shows them; None for all.
        approve: shown what would be taken over; only True remembers it.
        sheets: the names of its sheets.

    Returns:
        how it ended; None when it was not approved.
    """
    chosen = None if rows is None else frozenset(rows)
    with opened(_paths(book, sheets), WRITE) as session:
        return stories.take_over(session, collect_of(session), round, chosen, approve)


def overdue(book: Book, *, within: int = 3, sheets: Sheets = USUAL_SHEETS) -> Overdue:
    """Return what is overdue, due soon or undelivered, as of the last refresh; no socket is opened.

    Args:
        book: the workbook.
        within: days ahead in which a due date counts as soon.
        sheets: the names of its sheets.
    """
    with opened(_paths(book, sheets), READ) as session:
        return stories.overdue(session, days_of(within))


def load_lists(book: Book, *, sheets: Sheets = USUAL_SHEETS) -> LoadedLists:
    """Fill the drop-downs of a workbook made by ``new_workbook`` with what the account has.

    Args:
        book: the workbook; nothing else in it changes.
        sheets: the names of its sheets.

    Raises:
        LayoutError: the workbook has no lists to fill.
        AccountError: the key is refused.
        CollectUnavailable: Collect did not answer.
    """
    path = Path(book)
    require_lists(path)
    with opened(_paths(path, sheets), WRITE) as session:
        offers = stories.offers(session, collect_of(session))
        added = write_lists(path, lists_of(offers.campaigns, offers.assignees, offers.items))
    return LoadedLists(offers, added.path, added.notes)


class _SendFront(SendFront):
    """A program that sends: one function approves, another may hear of every step."""

    def __init__(
        self,
        approve: Callable[[Prepared], Approval | bool | None],
        on_event: Callable[[Event], None] | None,
        stop: threading.Event,
        go_on: Callable[[tuple[RowEnd, ...]], bool] | None,
        *,
        may_wait: bool,
    ) -> None:
        self._approve, self._on_event, self._stop, self._may_wait = approve, on_event, stop, may_wait
        self._go_on = go_on

    def approve(self, prepared: Prepared) -> Approval | bool | None:
        """Return the program's answer."""
        return self._approve(prepared)

    def go_on(self, first: tuple[RowEnd, ...], rest: int) -> bool:
        """Return the program's answer; without one the others are not sent."""
        del rest
        return self._go_on is not None and self._go_on(first) is True

    def on_event(self, event: Event) -> None:
        """Pass a step on."""
        if self._on_event is not None:
            self._on_event(event)

    @property
    def may_wait(self) -> bool:
        """Whether the run waits for proofs."""
        return self._may_wait

    @property
    def stop(self) -> threading.Event:
        """The program's own event."""
        return self._stop


class _ChangeFront(ChangeFront):
    """A program that changes requests."""

    def __init__(self, approve: Callable[[Mapping[int, Claim]], bool]) -> None:
        self._approve = approve

    def approve(self, requests: Mapping[int, Claim], wish: Wish, zone: str) -> bool:
        """Return the program's answer."""
        del wish, zone  # the program named both
        return self._approve(requests) is True


def _paths(book: Book, sheets: Sheets, output: Book | None = None) -> Paths:
    return Paths(Path(book), sheets.contacts, sheets.options, Path(output) if output is not None else None)
