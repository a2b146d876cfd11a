"""Workbook, Collect and journal put together: the one door that programs, the command line and the ribbon use."""

from __future__ import annotations

import getpass
import os
import platform
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.config.settings import Settings, load_settings
from collect_xl.domain.events import Event
from collect_xl.domain.ports import Run
from collect_xl.domain.rows import Choices
from collect_xl.followup.lookup import Settled
from collect_xl.followup.refresh import Refreshed
from collect_xl.journal import Journal, open_journal
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.sending.report import Report
from collect_xl.sending.trial import Trial, TrialEnd
from collect_xl.template.offers import Offers, gather
from collect_xl.workbook.interface import Workbook
from collect_xl.workbook.lists import lists_of, require_lists, write_lists
from collect_xl.workbook.saved import open_saved
from collect_xl.workflow.run_lock import hold
from collect_xl.workflow.session import Desk, Finished, Prepared

if TYPE_CHECKING:
    from collect_xl.domain.ports import Collect

__all__ = [
    "Paths",
    "Picked",
    "check",
    "collect_of",
    "desk_on",
    "journal_of",
    "offers_for",
    "opened_desk",
    "pick",
    "refresh",
    "send",
    "settle",
    "try_out",
    "who_runs",
]

NOBODY_SAID = Choices()


@dataclass(frozen=True, slots=True)
class Paths:
    """Which workbook, which of its sheets, and where the results go."""

    book: Path
    contacts_sheet: str | None = None
    """None: ``Contacts``, else the only sheet with an e-mail column."""
    options_sheet: str | None = None
    """None: ``Options``."""
    output: Path | None = None
    """A copy for the results; None writes them into the workbook."""
    live: bool = False
    """The workbook that is open in Excel, found by its name; a book without a name is the one in front."""
    new_journal: bool = True
    """Whether a journal may be made where there is none. Nobody who runs in the night can tell a first run from a lost
    memory, so that such a run says False unless a person has said that nobody was asked before."""
    force: bool = False
    """Write although this breaks a digital signature, or a log of tracked changes."""


@dataclass(frozen=True, slots=True)
class Picked:
    """What the drop-downs of a workbook offer since they were filled."""

    offers: Offers
    path: Path
    """The file that has them: another one beside the workbook where that one was held."""
    notes: tuple[str, ...] = ()


def check(paths: Paths, choices: Choices = NOBODY_SAID, *, online: bool = False, caps: Caps = NO_CAPS) -> Prepared:
    """Validate everything and plan; nothing is sent or written.

    Args:
        paths: the workbook.
        choices: which rows.
        online: whether to ask Collect for team and campaigns; without it no socket is opened.
        caps: how many people may be asked, where that is less than the settings say.
    """
    with opened_desk(paths, write=False, remember=online and paths.new_journal, caps=caps) as (desk, settings):
        if online:
            collect = collect_of(settings, desk)
            desk.preflight(collect)
            desk.look_elsewhere(collect, choices)
        return desk.prepare(choices)


def send(
    paths: Paths,
    choices: Choices = NOBODY_SAID,
    *,
    approve: Callable[[Prepared], bool],
    on_event: Callable[[Event], None] = lambda _: None,
    stop: threading.Event | None = None,
    caps: Caps = NO_CAPS,
) -> Finished | None:
    """Send what the workbook asks for, each person once, and write what happened beside each row.

    Args:
        paths: the workbook.
        choices: which rows.
        approve: shown the very plan that would be sent; whatever it shows, only True sends it.
        on_event: told of every step.
        stop: when set, the batch in flight is finished and no other begun.
        caps: how many people may be asked, where that is less than the settings say.

    Returns:
        What came of it; None when it was not approved.
    """
    with opened_desk(paths, write=True, caps=caps) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        desk.preflight(collect)
        desk.look_elsewhere(collect, choices)
        prepared = desk.prepare(choices)
        return desk.send(prepared, collect, on_event=on_event, stop=stop) if approve(prepared) is True else None


def try_out(
    paths: Paths,
    me: str,
    *,
    row: int | None = None,
    approve: Callable[[Trial], bool],
    stop: threading.Event | None = None,
    caps: Caps = NO_CAPS,
) -> TrialEnd | None:
    """Send one row's request to a member of the team instead of its client; the workbook is only read.

    Args:
        paths: the workbook, which may be open elsewhere.
        me: an address of a member.
        row: whose request; None for the first one that would be sent.
        approve: shown exactly what would be sent; only True sends it.
        stop: when set before the call, nothing is sent.
        caps: as for ``send``.

    Returns:
        What came of it; None when it was not approved.
    """
    with opened_desk(paths, write=False, remember=True, caps=caps) as (desk, settings):
        collect = collect_of(settings, desk)
        desk.preflight(collect)
        trial = desk.trial(me, collect, row)
        return desk.send_trial(trial, collect, stop=stop) if approve(trial) is True else None


def settle(paths: Paths) -> tuple[Settled, Finished]:
    """Look up unknown rows at Collect, and write what was found; nothing is ever sent again."""
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        desk.preflight(collect, sending=False)
        settled = desk.settle(collect, timedelta(seconds=settings.settle_after))
        return settled, desk.finish(Report(desk.run.id), desk.prepare(Choices(rows=frozenset())))


def refresh(paths: Paths) -> tuple[Refreshed, Finished]:
    """Ask Collect how everything that was sent stands now, and write it; nothing is sent."""
    with opened_desk(paths, write=True) as (desk, settings):
        desk.restore()
        collect = collect_of(settings, desk)
        desk.preflight(collect, sending=False)
        refreshed = desk.refresh(collect)
        return refreshed, desk.finish(Report(desk.run.id), desk.prepare(Choices(rows=frozenset())))


def pick(paths: Paths) -> Picked:
    """Fill the drop-downs of a workbook made by ``new`` with what the account has; nothing else in it changes.

    Raises:
        LayoutError: the workbook has no lists to fill.
        AccountError: the key is refused.
        CollectUnavailable: Collect did not answer.
    """
    require_lists(paths.book)
    with opened_desk(paths, write=True) as (desk, settings):
        offers = offers_for(desk, collect_of(settings, desk))
        added = write_lists(paths.book, lists_of(offers.campaigns, offers.assignees, offers.items))
    return Picked(offers, added.path, added.notes)


def offers_for(desk: Desk, collect: Collect) -> Offers:
    """Return what the drop-downs of a workbook, saved or open in Excel, should offer; nothing is written."""
    account = desk.preflight(collect, sending=False)
    return gather(account, desk.book.checker.defaults.campaign, collect)


@contextmanager
def opened_desk(
    paths: Paths,
    *,
    write: bool,
    remember: bool = False,
    caps: Caps = NO_CAPS,
    settings: Settings | None = None,
) -> Iterator[tuple[Desk, Settings]]:
    """Open workbook and journal.

    With ``write`` the workbook is held for this run, and it is tried first whether results can be written back: what
    cannot be written must not be asked. With ``remember`` a journal is made where there is none, to keep what Collect
    tells; else an absent one stays absent. ``caps`` lower those of the settings, which are this user's where none are
    given.
    """
    workbook, place = _opened_live(paths) if paths.live else (_opened_saved(paths), paths.book)
    knobs = {"write": write, "remember": remember, "new_journal": paths.new_journal}
    with desk_on(workbook, place, **knobs, caps=caps, settings=settings) as opened:
        yield opened


@contextmanager
def desk_on(  # noqa: PLR0913  # the knobs are keywords
    workbook: Workbook,
    place: Path,
    *,
    write: bool,
    remember: bool = False,
    new_journal: bool = True,
    caps: Caps = NO_CAPS,
    settings: Settings | None = None,
) -> Iterator[tuple[Desk, Settings]]:
    """Put a workbook that is open already, saved or live, on a desk.

    Args:
        workbook: the workbook.
        place: where it lies; two runs of one place exclude each other.
        write: whether results will be written; then the place is held.
        remember: as for ``opened_desk``.
        new_journal: as for ``Paths``.
        caps: as for ``opened_desk``.
        settings: as for ``opened_desk``.
    """
    settings = settings or load_settings(os.environ)
    run = _new_run(place)
    with ExitStack() as stack:
        journal = stack.enter_context(journal_of(settings, run.who, create=write or remember, new=new_journal))
        warnings: tuple[str, ...] = ()
        if write:
            stack.enter_context(hold(journal.place.folder / "books", place, f"{run.who} (run {run.id})"))
            warnings = workbook.probe()
            journal.begin(run)
        desk = Desk(workbook, journal, settings.origin, run=run, warnings=warnings)
        desk.caps = Caps(settings.per_minute, settings.most, settings.most_per_day).lowered(caps)
        yield desk, settings


def _opened_saved(paths: Paths) -> Workbook:
    return open_saved(
        paths.book,
        contacts_sheet=paths.contacts_sheet,
        options_sheet=paths.options_sheet,
        output=paths.output,
        force=paths.force,
    )


def _opened_live(paths: Paths) -> tuple[Workbook, Path]:
    from collect_xl.excel.find_workbook import find_book, place_of  # noqa: PLC0415  # Excel only where it is asked for
    from collect_xl.excel.open_workbook import open_live  # noqa: PLC0415

    book = find_book(paths.book.name)
    workbook = open_live(book, contacts_sheet=paths.contacts_sheet, options_sheet=paths.options_sheet)
    return workbook, place_of(book)


def journal_of(settings: Settings, who: str, *, create: bool = True, new: bool = True) -> Journal:
    """Return the journal that the settings name, to be closed.

    Args:
        settings: its place; the password of a server comes from the environment or the system's store.
        who: for the history.
        create: False to leave the disk alone where there is no journal yet.
        new: False where a missing journal is an error.
    """
    from collect_xl.config.credentials import find_password  # noqa: PLC0415

    password = find_password(settings, os.environ)
    knobs = {"lease": settings.lease, "deadline": settings.deadline}
    return open_journal(settings.journal, who=who, create=create, new=new, password=password, **knobs)


def collect_of(settings: Settings, desk: Desk) -> Collect:
    """Return the Collect that the settings and the key name.

    Args:
        settings: the address.
        desk: gives out the turns for calls, where there is a limit.

    Raises:
        KeyMissing: there is no key for this address.
    """
    from collect_xl.api.client import CollectClient  # noqa: PLC0415  # 0.5 s that an offline check does not need
    from collect_xl.config.credentials import find_key  # noqa: PLC0415

    key = find_key(settings, os.environ)
    return CollectClient(settings.api_url, key.secret, deadline=settings.deadline, turn=desk.turn)


def who_runs() -> str:
    """Return who runs, for the journal and for others who wait: ``ann on PC-7``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without a user of that number
        user = "somebody"
    return f"{user} on {platform.node() or 'a computer'}"


def _new_run(book: Path) -> Run:
    """Return a run with an id that sorts by time and that nobody else has."""
    made = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    return Run(made, who_runs(), os.path.realpath(book))
