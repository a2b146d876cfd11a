"""One workbook with the journal, the run and the clock that belong to it, before and after Collect was asked."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any, TypeVar

from collect_xl.config.settings import Settings
from collect_xl.domain.due_dates import zone_of
from collect_xl.domain.garbage import pause_garbage_search
from collect_xl.domain.headings import RESULT_COLUMNS
from collect_xl.domain.model import Account, Campaign, Team, User
from collect_xl.domain.named_results import item_of
from collect_xl.domain.ports import Collect, Context, Journal, Run, utc_now
from collect_xl.domain.rows import Choices, filled, valid
from collect_xl.errors import CollectXlError, KeyRefused
from collect_xl.evidence.judgement import Patience
from collect_xl.planning import history
from collect_xl.planning.asked_elsewhere import CampaignList
from collect_xl.planning.campaigns import campaign_ids, resolve_campaign
from collect_xl.planning.eligibility import Assessment, Elsewhere, Sorted, assess_rows, sort_rows
from collect_xl.planning.history import NOTHING_KNOWN, Known
from collect_xl.planning.limits import NO_CAPS, Caps
from collect_xl.planning.names import Places, Resolver
from collect_xl.results.shown_dates import team_zone
from collect_xl.workbook.interface import Workbook
from collect_xl.workflow.book import Book

SessionT = TypeVar("SessionT", bound="Session")

Clock = Callable[[], datetime]

EVERYONE = Choices(include_hidden=True)
"""Whatever the user chose: how each row stands."""

_USERS_HIDDEN = "Collect does not show this key who is in the team: names in Assigned to are not checked."


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One workbook, read and checked, with what this computer knows of it."""

    workbook: Workbook
    journal: Journal
    settings: Settings
    run: Run
    now: Clock
    limits: Caps = NO_CAPS
    """What the settings and the command allow."""
    book: Book
    account: Account | None
    """As the journal last knew it; None before the first call to Collect."""
    assessment: Assessment
    """The rows of the book with what the journal knows of their people."""
    elsewhere: Elsewhere = field(default_factory=dict)
    """Requests that others made, once Collect was asked for them."""
    lists: Mapping[str, CampaignList] = field(default_factory=dict)
    """Campaign ID -> the list by which these were found."""
    warnings: tuple[str, ...] = ()
    refusal: CollectXlError | None = None
    """Why results could not be written, where that was only tried: a send would be refused for it."""

    @property
    def patience(self) -> Patience:
        """How long absence must last before it is believed."""
        return Patience(timedelta(seconds=self.settings.settle_after), timedelta(seconds=self.settings.list_lag))

    @property
    def key_first(self) -> str:
        """Salt and hash of the key that Collect took as the user before; empty where it never did."""
        return self.account.key_first if self.account else ""

    @property
    def zone(self) -> tzinfo:
        """The team's zone, in which the sheet shows dates."""
        return team_zone(self.account.team.zone if self.account else None)

    @property
    def known(self) -> Known:
        """What the journal knows of the people in the sheet."""
        return self.assessment.known

    @property
    def result_fields(self) -> frozenset[str]:
        """The result fields that the sheet has or is to get."""
        present = {column.field for column in self.book.layout.columns}
        if not self.known.items:
            # Before items were ever asked for, what is below such a header is the user's own.
            present = {field for field in present if not item_of(field)}
        return frozenset(present | {column.key for column in RESULT_COLUMNS} | set(self.book.added_results))

    def truth(self) -> Sorted:
        """Return how every row stands by what the journal knows, whatever the user chose."""
        return sort_rows(self.assessment, EVERYONE, self.elsewhere)

    def next_call(self) -> float:
        """Take the next turn for a call to Collect; return the seconds to wait first."""
        pace = self.limits.per_minute
        return self.journal.reserve_call(self.settings.origin, pace) if pace else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified(Session):
    """A session whose account is known, from Collect or from the journal: only such a one can say how rows stand."""

    account: Account


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected(Identified):
    """A session whose key Collect has just accepted: only such a one can send, look up, refresh or change."""

    collect: Collect

    @property
    def context(self) -> Context:
        """What the core works with."""
        return Context(self.account, self.collect, self.journal, self.run, self.now)


def open_session(
    workbook: Workbook, journal: Journal, settings: Settings, run: Run, *, limits: Caps, warnings: tuple[str, ...]
) -> Session:
    """Read and check a workbook, and load what the journal knows of its people.

    Args:
        workbook: saved or open.
        journal: the durable memory.
        settings: of this user.
        run: who runs, on what.
        limits: what the settings and the command allow.
        warnings: what writing back will meet, for the preview.
    """
    book = read_book(workbook)
    account = journal.account(settings.origin)
    return Session(
        workbook=workbook,
        journal=journal,
        settings=settings,
        run=run,
        now=utc_now,
        limits=limits,
        book=book,
        account=account,
        assessment=_assess(book, journal, account, utc_now, run.workbook),
        warnings=warnings,
    )


def read_book(workbook: Workbook) -> Book:
    """Read and check every row of a workbook."""
    from collect_xl.validation.checker import Checker  # noqa: PLC0415  # marshmallow is slow to load, and --help does without it

    layout, options = workbook.layout(), workbook.options()
    checker = Checker(layout, options)
    rows = checker.check_all(workbook.rows())
    layout = replace(layout, notes=(*layout.notes, *checker.notes))
    places = Places.of(layout, options, checker.defaults)
    return Book(layout, checker.defaults, checker.problems, rows, places, checker.items_in_sheet)


def connect(session: Session, collect: Collect, *, sending: bool) -> Connected:
    """Ask Collect whose key it is and which campaigns there are, before anything else.

    Args:
        session: the workbook.
        collect: the connection to Collect.
        sending: False where nothing new will be sent, so that a closed campaign is no obstacle.

    Raises:
        AccountError: the key is refused, or the campaign of the options sheet is absent or closed.
        CollectUnavailable: Collect did not answer.
    """
    team = collect.team()
    zone_of(team.zone)  # due dates end at 23:59 of the team's day, so an unknown zone must not go further
    before = session.account if session.account and session.account.team.id == team.id else None
    account = _account(session.settings.origin, team, collect.campaigns(), before)
    account = replace(account, key_first=_key_first(session.key_first, collect))
    session.journal.keep_account(account)
    warnings = session.warnings
    if sending:
        own = session.book.defaults.campaign
        if own and own in session.book.campaigns:
            resolve_campaign(own, account.campaigns)
        account, more = _with_names(account, session.book, collect)
        warnings = (*warnings, *more)
        session.journal.keep_account(account)
    assessment = session.assessment
    if account != session.account:
        assessment = _assess(session.book, session.journal, account, session.now, session.run.workbook)
    session = replace(session, account=account, assessment=assessment, warnings=warnings)
    return Connected(**_fields(session), collect=collect)


def _key_first(before: str, collect: Collect) -> str:
    """Return what is remembered of a key that Collect takes as the user; empty for the usual order."""
    if not collect.key_first:
        return ""
    salt = before.partition(":")[0] or secrets.token_hex(8)
    return f"{salt}:{collect.key_print(salt)}"


def identified(session: Session) -> Identified | None:
    """Return the session as one whose account is known, as the journal last heard; None where it is not."""
    return Identified(**_fields(session)) if session.account is not None else None


def _fields(session: Session) -> dict[str, Any]:
    return {each.name: getattr(session, each.name) for each in fields(Session)}


def with_news(session: SessionT, book: Book | None = None) -> SessionT:
    """Return a session that knows what the journal has learned since.

    Args:
        session: as it was.
        book: the workbook, where a write of our own has changed its result cells.
    """
    book = book or session.book
    assessment = _assess(book, session.journal, session.account, session.now, session.run.workbook)
    return replace(session, book=book, assessment=assessment)


def without_account(session: Session) -> Session:
    """Return a session that compares nothing with earlier sends, since the account is not known well enough."""
    assessment = _assess(session.book, session.journal, None, session.now, session.run.workbook)
    return replace(session, account=None, assessment=assessment)


def _assess(book: Book, journal: Journal, account: Account | None, now: Clock, workbook: str) -> Assessment:
    with pause_garbage_search():
        known = NOTHING_KNOWN if account is None else _load_known(book, journal, account, workbook)
        return assess_rows(book.rows, account, known, Resolver(account, book.places, now()))


def _load_known(book: Book, journal: Journal, account: Account, workbook: str) -> Known:
    campaigns = campaign_ids(book.campaigns, account.campaigns)
    shown = {row.seen.get("result.requestId", "").strip() for row in filled(book.rows)}
    sheet = history.InSheet(book.campaigns, workbook, book.has_details, book.item_fields)
    return history.load(journal, account, campaigns, shown - {""}, sheet)


def _account(origin: str, team: Team, campaigns: Sequence[Campaign], before: Account | None) -> Account:
    """Return what is known of the account now; campaigns that Collect no longer shows count as archived.

    What was sent in them is still known, and must not be asked for again in a campaign that took over the name.
    """
    if before is None:
        return Account(origin, team, tuple(campaigns))
    shown = {each.id for each in campaigns}
    archived = [replace(each, status="archived") for each in before.campaigns if each.id not in shown]
    return replace(before, team=team, campaigns=(*campaigns, *archived))


def _with_names(account: Account, book: Book, collect: Collect) -> tuple[Account, tuple[str, ...]]:
    """Ask for the team and for the items of campaigns where a row names one; return warnings, too."""
    users, warnings = _users(account, book, collect)
    named = [row.options.campaign for row in valid(book.rows) if row.options.items or row.options.samples]
    asked = sorted(campaign_ids(named, account.campaigns))
    items = {**account.items, **{campaign: collect.items(campaign) for campaign in asked}}
    return replace(account, users=users, items=items), warnings


def _users(account: Account, book: Book, collect: Collect) -> tuple[tuple[User, ...], tuple[str, ...]]:
    """Return the members of the team, asked for where a row names one, and warnings."""
    if not any(row.options.assigned_to for row in valid(book.rows)):
        return account.users, ()
    try:
        return collect.users(), ()
    except KeyRefused:  # it is not the key itself: Collect has just named the team
        return (), (_USERS_HIDDEN,)
