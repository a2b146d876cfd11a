"""What journal tests speak of: one scope, runs, rows, outcomes, and journals on a clock that tests turn."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self

from sqlalchemy import text

from collect_xl.domain.identity import mail_key
from collect_xl.domain.items import Item, KeptItems
from collect_xl.domain.model import Claim, ClaimState, Outcome, RemoteRequest, Scope
from collect_xl.domain.ports import Run, Ticket, ToClaim
from collect_xl.journal import Journal, open_journal
from collect_xl.journal.database import engine_of
from collect_xl.journal.places import locate

if TYPE_CHECKING:
    from collections.abc import Iterable

ORIGIN = "https://api.example.test/v1"
SCOPE = Scope(ORIGIN, "team-1", "campaign-1", "")
_numbers = itertools.count(1)


class Clock:
    """A clock that stands still until it is turned."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 14, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the time."""
        return self.now

    def turn(self, seconds: float) -> None:
        """Let seconds pass."""
        self.now += timedelta(seconds=seconds)


class Desk:
    """A journal with a run begun on it, as one ``collect-xl send`` has it."""

    def __init__(self, place: str, clock: Clock | None = None, who: str = "ann on PC-7") -> None:
        self.journal: Journal = open_journal(place, who=who)
        if clock:
            self.journal._clock = clock
        self.run = Run(f"run-{next(_numbers)}", who, "clients.xlsx")
        self.journal.begin(self.run)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.journal.close()

    def claim(self, *people: str | tuple[str, ...], scope: Scope = SCOPE) -> Ticket:
        """Claim people by address, or by their keys, from row 2 on."""
        rows = [ToClaim(row, keys_of(each)) for row, each in enumerate(people, 2)]
        return self.journal.claim(self.run, scope, rows, None)

    def record(self, ticket: Ticket, *outcomes: Outcome) -> None:
        """Record outcomes as the sender."""
        self.journal.record(ticket, outcomes, "answer")

    def settle(self, *outcomes: Outcome) -> None:
        """Settle outcomes as somebody who looked them up."""
        self.journal.settle(outcomes, "bob", "looked up")

    def known(self) -> list[Claim]:
        """Return all claims of the campaign."""
        return list(self.journal.claims(ORIGIN, "team-1", "campaign-1"))

    def states(self) -> list[ClaimState]:
        """Return the states of all claims of the campaign."""
        return [claim.state for claim in self.known()]

    def known_keys(self, ticket: Ticket, round_: str = "") -> tuple[str, ...]:
        """Return the keys of the first person of a ticket."""
        return next(c.keys for c in self.known() if c.id == ticket.won[2] and c.scope.round == round_)

    def put(self, person: str | tuple[str, ...], state: ClaimState) -> int:
        """Bring a person's claim into a state by the arrows that lead there; return the claim's number."""
        ticket = self.claim(person)
        number = ticket.won[2]
        if state == "cancelled":
            self.record(ticket, sent(number, f"request-{number}"))
            self.settle(Outcome(number, "cancelled"))
        elif state == "sent":
            self.record(ticket, sent(number, f"request-{number}"))
        elif state != "intent":
            self.record(ticket, Outcome(number, state))
        return number


VERSION_2 = Path(__file__).with_name("journal_version_2.sql")


def make_version_2(place: str) -> None:
    """Make a journal as the release before this one left it, with every sentence that it kept."""
    _, sqlite, postgresql, lines = re.split(
        r"^-- (?:SQLite|PostgreSQL|Lines)$", VERSION_2.read_text("utf-8"), flags=re.MULTILINE
    )
    where = locate(place)
    if where.file:
        where.file.parent.mkdir(parents=True, exist_ok=True)
    engine = engine_of(where)
    with engine.begin() as db:
        is_server = db.dialect.name == "postgresql"
        for statement in (postgresql if is_server else sqlite).split(";\n") + lines.split(";\n"):
            if statement.strip():
                db.exec_driver_sql(statement)
        if is_server:  # its counters do not see the numbers that were given
            for table in ("teams", "scopes", "batches", "claims", "events"):
                counter = f"pg_get_serial_sequence('{table}', 'id')"
                db.exec_driver_sql(f"SELECT setval({counter}, (SELECT max(id) FROM {table}))")
    engine.dispose()


def age_batches(journal: Journal, seconds: float) -> None:
    """Make a journal's batches so much older, as if that time had passed since."""
    columns = ("claimed_at", "lease_until", "quiet_from", "answered_at", "first_look")
    older = ", ".join(f"{name} = {name} - :time" for name in columns)
    with journal._write() as db:
        db.execute(text(f"UPDATE batches SET {older}"), {"time": round(seconds * 1e6)})


def keys_of(person: str | tuple[str, ...]) -> tuple[str, ...]:
    return (mail_key(person),) if isinstance(person, str) else person


def sent(claim: int, request_id: str, keys: Iterable[str] = ()) -> Outcome:
    """Return the outcome of a claim whose request Collect named."""
    request = RemoteRequest(
        request_id, "campaign-1", status="pending", portal_url=f"https://x.example.test/{request_id}"
    )
    return Outcome(claim, "sent", request=request, keys=tuple(keys))


def kept_items(request: str = "request-1", activity: str = "2026-11-23T12:00:00+00:00") -> KeptItems:
    """Return two items of a request."""
    items = (Item("Passport", "rejected", reason="=1+1"), Item("About you", "missing", is_optional=True))
    return KeptItems(request, "pending", activity, items)


def sent_claim(desk: Desk, email: str = "ann@acme.com", request: str = "request-1") -> int:
    """Send to a person, and return the number of the claim."""
    ticket = desk.claim(email)
    (claim,) = ticket.won.values()
    request_ = RemoteRequest(request, status="pending")
    desk.journal.record(ticket, [Outcome(claim, "sent", request=request_)], how="answer")
    return claim
