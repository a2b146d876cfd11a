"""Workbook, journal and Collect put together for a run, from the user's settings."""

from __future__ import annotations

import getpass
import os
import platform
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.config.settings import Settings, load_settings
from collect_xl.domain.own_files import refuse_folder
from collect_xl.domain.ports import Run
from collect_xl.errors import CollectXlError
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.workbook.interface import Workbook
from collect_xl.workflow.run_lock import ask_to_stop, hold, refuse_held, stop_file
from collect_xl.workflow.session import Session, open_session

if TYPE_CHECKING:
    from collect_xl.domain.ports import Collect
    from collect_xl.journal import Journal


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
    """Whether a journal may be made where there is none. A run that no one watches cannot tell a first run from a lost
    history, so that it says False unless a person has said that no one was asked before."""
    force: bool = False
    """Write although this breaks a digital signature, or a log of tracked changes."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a run may do with a workbook and with the journal."""

    write: bool
    """Whether results will be written: then the workbook is held for this run, and it is tried first whether they can
    be written back, since what cannot be written must not be asked."""
    remember: bool = False
    """Whether a journal is made where there is none, to keep what Collect says; else an absent one stays absent."""
    new_journal: bool = True
    """As in ``Paths``."""
    rehearse: bool = False
    """Whether it is tried, without writing, if results could be written: a check tells what a send would refuse."""


READ = Access(write=False)
READ_AND_REMEMBER = Access(write=False, remember=True)
WRITE = Access(write=True)


@contextmanager
def opened(
    paths: Paths, access: Access, *, limits: Caps = NO_CAPS, settings: Settings | None = None
) -> Iterator[Session]:
    """Open workbook and journal for a run.

    Args:
        paths: which workbook.
        access: what the run may do.
        limits: lower those of the settings.
        settings: those of the computer that hands the job out; None for this user's.
    """
    workbook, place = _opened_live(paths) if paths.live else (_opened_saved(paths), paths.book)
    access = replace(access, new_journal=paths.new_journal)
    with opened_workbook(workbook, place, access, limits=limits, settings=settings) as session:
        yield session


@contextmanager
def opened_workbook(
    workbook: Workbook, place: Path, access: Access, *, limits: Caps = NO_CAPS, settings: Settings | None = None
) -> Iterator[Session]:
    """Open the journal for a workbook that is open already.

    Args:
        workbook: saved or open in Excel.
        place: where it is; two runs of one place exclude each other.
        access: what the run may do.
        limits: as for ``opened``.
        settings: as for ``opened``.
    """
    settings = settings or load_settings(os.environ)
    run = _new_run(place)
    with ExitStack() as stack:
        stack.callback(workbook.close)
        creates = access.write or access.remember
        journal = stack.enter_context(journal_of(settings, run.who, create=creates, new=access.new_journal))
        # A setting may have stayed from a trial, so that it is shown before a yes.
        warnings: tuple[str, ...] = (settings.foreign_address,) if settings.foreign_address else ()
        refusal: CollectXlError | None = None
        if access.rehearse and not access.write:
            noted, refusal = _rehearsed(workbook)
            warnings = (*warnings, *noted, *_obstacles(settings, access, journal.place.folder, place))
        if access.write:
            stack.enter_context(hold(_locks(journal.place.folder), place, f"{run.who} (run {run.id})"))
            warnings = (*warnings, *workbook.probe())
            journal.begin(run)
        limits = Caps(settings.per_minute, settings.most, settings.most_per_day).lowered(limits)
        session = open_session(workbook, journal, settings, run, limits=limits, warnings=warnings)
        yield replace(session, refusal=refusal)


def _rehearsed(workbook: Workbook) -> tuple[tuple[str, ...], CollectXlError | None]:
    """Return warnings about writing results, and what a send would be refused for."""
    try:
        return workbook.probe(), None
    except CollectXlError as refusal:
        return (), refusal


def _obstacles(settings: Settings, access: Access, folder: Path, place: Path) -> Iterator[str]:
    """Yield what else a send would be refused for at this moment, as far as no network is needed to know it.

    Args:
        settings: where the send history is, and the key.
        access: whether a send history may be begun.
        folder: that of the send history, with its locks.
        place: where the workbook is.
    """
    from collect_xl.config.credentials import find_key  # noqa: PLC0415  # keyring is slow to load

    for require in (
        lambda: _refuse_unkept(settings, access, folder, place),
        lambda: find_key(settings, os.environ),
    ):
        try:
            require()
        except CollectXlError as obstacle:
            yield f"Nothing can be sent now: {obstacle.advice}"


def _refuse_unkept(settings: Settings, access: Access, folder: Path, place: Path) -> None:
    """Raise what would keep a send from its history and its locks, in the order in which it needs them."""
    from collect_xl.journal import refuse_journal  # noqa: PLC0415  # SQLAlchemy is slow to load

    locks = _locks(folder)
    refuse_journal(settings.journal, new=access.new_journal)
    refuse_folder(locks)
    refuse_held(locks, place)
    refuse_folder(folder / "runs")


def stop_file_of(settings: Settings, place: Path) -> Path:
    """Return the file that is there once the run on a workbook was asked to stop."""
    return stop_file(_locks_of(settings), place)


def stop_run(settings: Settings, place: Path) -> str:
    """Ask the run on a workbook to stop, and return who it is; empty where no run is on."""
    return ask_to_stop(_locks_of(settings), place)


def _locks_of(settings: Settings) -> Path:
    from collect_xl.journal.places import locate  # noqa: PLC0415  # SQLAlchemy is slow to load

    return _locks(locate(settings.journal).folder)


def _locks(folder: Path) -> Path:
    return folder / "books"


def journal_of(settings: Settings, who: str, *, create: bool = True, new: bool = True) -> Journal:
    """Return the journal that the settings name, to be closed.

    Args:
        settings: its place; the password of a server comes from the environment or the system's store.
        who: for the history.
        create: False to leave the disk alone where there is no journal yet.
        new: False where a missing journal is an error.
    """
    # SQLAlchemy and keyring are slow to load, and --help does without them.
    from collect_xl.config.credentials import find_password  # noqa: PLC0415
    from collect_xl.journal import open_journal  # noqa: PLC0415

    password = find_password(settings, os.environ)
    return open_journal(
        settings.journal,
        who=who,
        create=create,
        new=new,
        password=password,
        lease=settings.lease,
        deadline=settings.deadline,
    )


def collect_of(session: Session) -> Collect:
    """Return the Collect that the settings and the key name; the session gives out the turns for calls.

    Raises:
        KeyMissing: there is no key for this address.
    """
    from collect_xl.config.credentials import find_key  # noqa: PLC0415  # as above

    key = find_key(session.settings, os.environ)
    return client_of(session, key.secret)


def client_of(session: Session, secret: str) -> Collect:
    """Return the Collect at the settings' address, with a key; the session gives out the turns for calls.

    Args:
        session: its settings, and what is remembered of the key.
        secret: the key.
    """
    from collect_xl.api.client import CollectClient  # noqa: PLC0415  # requests is slow to load

    settings = session.settings
    client = CollectClient(settings.api_url, secret, deadline=settings.deadline, turn=session.next_call)
    salt, _, print_ = session.key_first.partition(":")
    client.key_first = bool(salt) and client.key_print(salt) == print_
    client.tells_details = session.book.has_details
    return client


def who_runs() -> str:
    """Return who runs, for the journal and for others who wait: ``ann on PC-7``."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without a user with this number
        user = "unknown user"
    return f"{user} on {platform.node() or 'a computer'}"


def _opened_saved(paths: Paths) -> Workbook:
    from collect_xl.workbook.saved import open_saved  # noqa: PLC0415  # the editor is slow to load

    return open_saved(
        paths.book,
        contacts_sheet=paths.contacts_sheet,
        options_sheet=paths.options_sheet,
        output=paths.output,
        force=paths.force,
    )


def _opened_live(paths: Paths) -> tuple[Workbook, Path]:
    # Excel only where it is asked for.
    from collect_xl.excel.find_workbook import find_book, place_of  # noqa: PLC0415
    from collect_xl.excel.open_workbook import open_live  # noqa: PLC0415

    book = find_book(paths.book.name)
    workbook = open_live(book, contacts_sheet=paths.contacts_sheet, options_sheet=paths.options_sheet)
    return workbook, place_of(book)


def place_kept(book: Path) -> str:
    """Return a workbook's place as the journal keeps it; a name that is no text has marks in it."""
    return os.fsencode(os.path.realpath(book)).decode("utf-8", "replace")


def _new_run(book: Path) -> Run:
    """Return a run with an ID that sorts by time and that no other run has."""
    started = f"{datetime.now().astimezone():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    return Run(started, who_runs(), place_kept(book))
