"""The journal: the durable memory of who was asked, which also arbitrates who may ask."""

from __future__ import annotations

import secrets
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Self, TypeVar

from sqlalchemy import Connection, Engine, update

from collect_xl.domain import ports
from collect_xl.domain.identity import id_key, mail_key
from collect_xl.domain.model import Account, Claim, Outcome, RemoteRequest, Scope
from collect_xl.domain.ports import NO_BASE, Base
from collect_xl.errors import CollectXlError, JournalError
from collect_xl.journal import budget
from collect_xl.journal import tables as t
from collect_xl.journal.accounts import keep_account, last_account
from collect_xl.journal.campaign_lists import bound_ids, keep_list, keep_strangers, listed
from collect_xl.journal.changes import News, apply, keep_seen, keep_wish, take_back
from collect_xl.journal.claim_history import Change, Logged, RunLine, Wanted, changes_of, last_runs, logged, states
from collect_xl.journal.claims import NewBatch, adopt_rows, claim_rows
from collect_xl.journal.database import opening_lock, reader, writer
from collect_xl.journal.database_errors import ContentionError, translated
from collect_xl.journal.kept_items import Looks
from collect_xl.journal.leases import RunLocks, end_lease, is_owner, require_owner, set_clock_right, take_over
from collect_xl.journal.other_scopes import meanings
from collect_xl.journal.people import in_team, keep_pairs, keep_typed_ids, team_number
from collect_xl.journal.places import Place, inode_of
from collect_xl.journal.read_claims import all_pairs, claims_of_requests, claims_where, unsettled_where

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

    from collect_xl.domain.ports import Adopted, DayCap, Meaning, Run, Ticket, ToClaim, Unsettled

Result = TypeVar("Result")

LEASE: Final = 60.0
"""Seconds from the claim within which the body of its POST must begin to leave."""
DEADLINE: Final = 120.0
"""Seconds that a POST can live after its body began; the client's watchdog closes it then."""

_TRIES = 5


class Journal(Looks):
    """The durable memory. Every method that writes returns only when the disk has it.

    Sample usage::

        with open_journal(None, who="ann on PC-7") as journal:
            journal.begin(run)
            ticket = journal.claim(run, scope, [ToClaim(2, ("mail:ann@acme.com",))], None)
            if journal.still_mine(ticket):
                ...
            journal.record(ticket, [Outcome(ticket.won[2], "sent", request=request)], how="answer")

    Args:
        engine: from ``database.engine_of``, its tables brought up.
        place: where it is.
        who: for the history: ``ann on PC-7``.
        lease: seconds from the claim within which the body of its POST must begin to leave.
        deadline: seconds that a POST can live after its body began.
        clock: returns the time, aware.
    """

    def __init__(
        self,
        engine: Engine,
        place: Place,
        *,
        who: str,
        lease: float = LEASE,
        deadline: float = DEADLINE,
        clock: Callable[[], datetime] = ports.utc_now,
    ) -> None:
        self.place = place
        self._engine = engine
        self._reader = reader(engine)
        self._writer = writer(engine)
        self.who = who
        self._lease = timedelta(seconds=lease)
        self._deadline = timedelta(seconds=deadline)
        self._clock = clock
        self._locks = RunLocks(place.folder / "runs")
        self._runs: list[str] = []
        self._monotonic_ends: dict[int, float] = {}
        self._inode = inode_of(place.file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Keep that the runs begun here have ended, and let go of the database."""
        # When a run ended is for people only; nothing depends on it.
        with suppress(CollectXlError):
            self._end_runs()
        # An open batch is one whose outcome the disk refused: others must find its run dead and look it up.
        self._locks.let_go(unrecorded=bool(self._monotonic_ends))
        self._engine.dispose()

    def begin(self, run: Run) -> None:
        """Keep who started a run; from here on other runs see that it lives.

        Raises:
            HeldElsewhere: another run has the same name.
        """
        if run.id in self._runs:
            return
        # Under the lock that a restore takes: it either sees this run, or has replaced the file before.
        with opening_lock(self.place):
            self._require_same_file()
            self._locks.hold(run.id)
        line = {"id": run.id, "who": run.who, "workbook": run.workbook, "started": self._clock()}
        with self._write() as db:
            db.execute(t.runs.insert(), line)
        self._runs.append(run.id)

    def claims(self, origin: str, team: str, campaign: str) -> Sequence[Claim]:
        """Return every claim of a campaign in all rounds, whatever its state, oldest first."""
        with self._read() as db:
            return claims_where(db, *in_team(origin, team), t.scopes.c.campaign == campaign)

    def requests(
        self, origin: str, ids: Iterable[str], loaded: Mapping[int, Claim] | None = None
    ) -> Mapping[str, Claim]:
        """Return the claims that these request ids are bound to; those that were loaded are not read again."""
        with self._read() as db:
            return claims_of_requests(db, origin, ids, loaded or {})

    def bound(self, origin: str, ids: Collection[str]) -> frozenset[str]:
        """Return those of some request ids that are bound to a claim."""
        with self._read() as db:
            return bound_ids(db, origin, ids)

    def aliases(self, origin: str, team: str) -> Mapping[str, frozenset[str]]:
        """Return for each key the further keys of the same person."""
        with self._read() as db:
            return all_pairs(db, *in_team(origin, team))

    def claim(
        self,
        run: Run,
        scope: Scope,
        rows: Sequence[ToClaim],
        server_offset: float | None,
        cap: DayCap | None = None,
        base: Base = NO_BASE,
    ) -> Ticket:
        """Claim people in one arbitrated, fsynced write; those held already come back as lost.

        With a cap, what is claimed and what was asked today, by any run, stays within it; other rows are beyond.

        Raises:
            HeldElsewhere: other writers were quicker again and again; nothing is claimed.
            DiskError: the disk did not keep it; nothing is claimed.
        """
        # Without its lock a run could be called dead while it posts.
        if run.id not in self._runs:
            raise JournalError(f"Run {run.id} was not begun on this send history.", tip="Please report this.")
        owner = secrets.token_hex(16)
        # Before the write, which may have to wait: by this clock, too, the lease must end early rather than late.
        started = time.monotonic()

        def take(db: Connection) -> Ticket:
            room = budget.room(db, scope.origin, scope.team, cap, self._clock) if cap else None
            return claim_rows(db, replace(self._new_batch(run, scope, owner, server_offset), base=base), rows, room)

        ticket = self.contend(take)
        if ticket.won:
            self._monotonic_ends[ticket.batch] = started + self._lease.total_seconds()
        return ticket

    def meanings(self, origin: str, team: str, names: Collection[str]) -> Sequence[Meaning]:
        """Return which campaigns some names meant when people were asked."""
        with self._read() as db:
            return meanings(db, names, *in_team(origin, team))

    def asked_since(self, origin: str, team: str, since: datetime) -> int:
        """Return how many people any run asked, or may have asked, since a moment."""
        with self._read() as db:
            return budget.asked_since(db, origin, team, since)

    def reserve_call(self, origin: str, per_minute: int) -> float:
        """Take the next turn for a call; return the seconds until then."""
        return self.contend(lambda db: budget.take_turn(db, origin, per_minute, self._clock))

    def still_mine(self, ticket: Ticket) -> bool:
        """Return whether the batch is still ours and its lease still runs.

        What cannot be read is not ours: the answer is then False, never an error.
        """
        # The wall clock sees a laptop's sleep, the monotonic one a wall clock that was set back: both must agree.
        if not ticket.won or time.monotonic() >= self._monotonic_ends.get(ticket.batch, 0.0):
            return False
        with suppress(CollectXlError), self._read() as db:
            return is_owner(db, ticket, self._clock)
        return False

    def record(
        self, ticket: Ticket, outcomes: Sequence[Outcome], how: str, evidence: str = "", *, answered: bool = False
    ) -> None:
        """Keep the outcome of a batch, and end its lease.

        Where another run took the batch over meanwhile, what was learned of the server still counts (an id is never
        lost), while "nothing happened" no longer does.

        Args:
            ticket: as given by ``claim``.
            outcomes: of the ticket's claims.
            how: by what it is known, for the history.
            evidence: the answer's raw text, for what could not be matched to a row.
            answered: whether it was a refusal that was read to its end: Collect is silent afterwards.
        """
        if not ticket.won:
            return
        strangers = {outcome.claim for outcome in outcomes} - set(ticket.won.values())
        if strangers:
            raise JournalError(f"Claim {min(strangers)} is not of batch {ticket.batch}.", tip="Please report this.")

        def keep(db: Connection) -> None:
            now = self._clock()
            require_owner(db, ticket)
            apply(db, News("sender", self.who, how, now), outcomes)
            end_lease(db, ticket, now, answered=answered)
            if evidence:
                db.execute(t.evidence.insert(), {"batch": ticket.batch, "at": now, "text": evidence})

        self.contend(keep)
        self._monotonic_ends.pop(ticket.batch, None)

    def release(self, ticket: Ticket) -> None:
        """Give back a batch of which no byte was sent: its claims become ``not_sent``."""
        outcomes = [Outcome(claim, "not_sent", why="no connection") for claim in ticket.won.values()]
        self.record(ticket, outcomes, "no byte was sent")

    def adopt(
        self, run: Run, scope: Scope, rows: Sequence[Adopted], server_offset: float | None
    ) -> Mapping[int, Claim]:
        """Remember what was sent from elsewhere; return the rows whose person is held already."""
        batch = self._new_batch(run, scope, "", server_offset)
        return self.contend(lambda db: adopt_rows(db, batch, rows))

    def take_over(self) -> int:
        """Turn intents whose sender is dead or whose lease has ended into unknown; return how many."""
        # Before the transaction: what one of these runs committed before it died is then seen by it.
        gone = self._locks.dead(self._locks.known())
        count = self.contend(lambda db: take_over(db, gone, self.who, self._clock()))
        self._locks.forget(gone)
        return count

    def unsettled(self, origin: str, team: str, campaign: str | None = None) -> Sequence[Unsettled]:
        """Return the batches with unknown claims, oldest first."""
        conditions = in_team(origin, team)
        if campaign is not None:
            conditions.append(t.scopes.c.campaign == campaign)
        with self._read() as db:
            return unsettled_where(db, *conditions)

    def looked(self, batch: int, at: datetime) -> None:
        """Keep the first look at a batch whose claims a list that can see did not show.

        A look from before the batch was quiet proves nothing, and is not kept.
        """
        this = (t.batches.c.id == batch) & (t.batches.c.quiet_from <= at)
        with self._write() as db:
            db.execute(update(t.batches).where(this).values(first_look=at))

    def set_right(self, batch: int, ahead: timedelta) -> None:
        """Move the times of a batch back by which its sender's clock was ahead; looks at it begin again."""
        with self._write() as db:
            set_clock_right(db, batch, ahead)

    def settle(self, outcomes: Sequence[Outcome], who: str, how: str) -> None:
        """Keep what a look-up or a person decided about claims.

        Raises:
            HeldElsewhere: another run changed a claim meanwhile; nothing of all this is kept.
        """
        self.contend(lambda db: apply(db, News("settler", who, how, self._clock()), outcomes))

    def refreshed(self, seen: Mapping[int, RemoteRequest], who: str, how: str) -> None:
        """Keep what Collect now says of sent requests, by claim."""
        self.contend(lambda db: keep_seen(db, News("settler", who, how, self._clock()), seen))

    def keep_list(self, origin: str, team: str, campaign: str, ids: Collection[str]) -> int:
        """Keep which requests a complete list of a campaign showed; return the list's number."""
        return self.contend(lambda db: keep_list(db, team_number(db, origin, team), campaign, ids, self._clock()))

    def listed(self, origin: str, team: str, campaign: str) -> Mapping[str, int]:
        """Return requests that were bound to no claim when a list first showed them, with that list's number."""
        with self._read() as db:
            return listed(db, campaign, *in_team(origin, team))

    def not_ours(self, origin: str, team: str, campaign: str, ids: Collection[str]) -> None:
        """Keep a person's word that requests were not made from here."""
        self.contend(lambda db: keep_strangers(db, team_number(db, origin, team), campaign, ids))

    def wish(self, claims: Collection[int], who: str) -> None:
        """Keep that the user wants requests cancelled, which Collect's list does not show yet."""
        self.contend(lambda db: keep_wish(db, News("settler", who, "asked to cancel it", self._clock()), claims))

    def keep_typed_ids(self, keys: Mapping[int, str]) -> None:
        """Record that contact IDs learned for claims are in their rows now: claim -> key."""
        self.contend(lambda db: keep_typed_ids(db, keys))

    def take_back(self, claims: Collection[int], who: str) -> None:
        """Forget requests that were taken over, so that their rows are another computer's again."""
        news = News("settler", who, "the take-over was taken back", self._clock())
        self.contend(lambda db: take_back(db, news, claims))

    def learn(self, origin: str, team: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Keep that contact ids and e-mail addresses, in pairs as Collect writes them, are one person's each."""
        if keys := [(id_key(contact), mail_key(email)) for contact, email in pairs if contact and email]:
            self.contend(lambda db: keep_pairs(db, team_number(db, origin, team), keys))

    def keep_account(self, account: Account) -> None:
        """Keep what was learned of an account, for checks without a network."""
        with self._write() as db:
            keep_account(db, account, self.who, self._clock())

    def account(self, origin: str) -> Account | None:
        """Return what was last learned of the account at this address by this user, or None."""
        with self._read() as db:
            return last_account(db, origin, self.who)

    def history(self, claim: int) -> Sequence[Change]:
        """Return everything that happened to a claim, oldest first."""
        with self._read() as db:
            return changes_of(db, claim)

    def log(self, options: Wanted) -> Sequence[Logged]:
        """Return claims with everything that happened to them, oldest first."""
        with self._read() as db:
            return logged(db, options)

    def census(self, runs: int) -> tuple[Mapping[str, int], Sequence[RunLine]]:
        """Return how many claims there are in each state, and the last runs, newest first."""
        with self._read() as db:
            return states(db), last_runs(db, runs)

    def contend(self, work: Callable[[Connection], Result]) -> Result:
        """Do some work in a transaction, and again when another writer was quicker."""
        # The transaction was undone as a whole, so that it may run again; the last try raises what stops it.
        for _ in range(_TRIES - 1):
            with suppress(ContentionError), self._write() as db:
                return work(db)
        with self._write() as db:
            return work(db)

    def _new_batch(self, run: Run, scope: Scope, owner: str, server_offset: float | None) -> NewBatch:
        now = self._clock()
        until = now + self._lease
        return NewBatch(run, scope, owner, server_offset, now, until, until + self._deadline)

    def _end_runs(self) -> None:
        if self._runs:
            with self._write() as db:
                db.execute(update(t.runs).where(t.runs.c.id.in_(self._runs)).values(ended=self._clock()))
            self._runs.clear()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        """Open a transaction that writes: its end is a commit that the disk has, or nothing."""
        with translated(self.place.shown):
            self._require_same_file()
            with self._writer.begin() as db:
                yield db

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with translated(self.place.shown):
            self._require_same_file()
            with self._reader.begin() as db:
                yield db

    def _require_same_file(self) -> None:
        """Raise when the file was replaced: no other run would see what we then write."""
        if inode_of(self.place.file) != self._inode:
            raise JournalError(
                f"The send history {self.place.shown} was removed or replaced while it was in use.",
                tip="Nothing more is sent. If it was restored from a backup, run the same command again.",
            )
