"""The journal's tables, as they are in this version, the form in which times are kept, and how lines go in."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    bindparam,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SCHEMA = 5
"""The version that this release reads and writes; ``migrate.MIGRATIONS`` leads from one to the next."""

CHUNK = 500
"""How many values go into one IN (...): well below the 999 variables of an old SQLite."""
HALF_CHUNK = CHUNK // 2
"""The same for a statement that names the values twice."""

LONGEST_ANSWER = 100_000
"""Bytes of a kept answer that are read; ``api.verdict`` keeps fewer."""

Item = TypeVar("Item")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime, kept as whole microseconds since 1970 in UTC.

    That is exact, short, and the same in every database.
    """

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the microseconds."""
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the moment, in UTC."""
        return None if value is None else _EPOCH + value * _MICROSECOND


class PackedText(TypeDecorator[str]):
    """A long text, kept compressed: an answer for fifty contacts shrinks to about a tenth."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the compressed text."""
        return None if value is None else zlib.compress(value.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:  # noqa: ARG002  # SQLAlchemy's
        """Return the text, or as much of it as we would have kept."""
        return None if value is None else _inflated(value)


def _inflated(packed: bytes) -> str:
    # A megabyte may inflate to a thousand; a journal that was restored or merged may be anybody's.
    try:
        return zlib.decompressobj().decompress(packed, LONGEST_ANSWER).decode("utf-8", "replace")
    except zlib.error:
        return ""


metadata = MetaData()

journal = Table(
    "journal",
    metadata,
    Column("schema", Integer, nullable=False),
    Column("since", UtcTime, nullable=False),
    comment="One line: the version of these tables, and since when",
)

runs = Table(
    "runs",
    metadata,
    Column("id", String, primary_key=True),
    Column("who", String, nullable=False),
    Column("workbook", String, nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("ended", UtcTime),
)

teams = Table(
    "teams",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("origin", String, nullable=False),
    Column("team", String, nullable=False),
    UniqueConstraint("origin", "team"),
)

scopes = Table(
    "scopes",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team", ForeignKey("teams.id"), nullable=False),
    Column("campaign", String, nullable=False),
    Column("round", String, nullable=False),
    UniqueConstraint("team", "campaign", "round"),
    comment="Within a scope each person is asked once",
)

batches = Table(
    "batches",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", ForeignKey("scopes.id"), nullable=False, index=True),
    Column("run", ForeignKey("runs.id"), nullable=False),
    Column("owner", String, nullable=False),
    Column("server_offset", Float),
    Column("claimed_at", UtcTime, nullable=False),
    Column("lease_until", UtcTime, nullable=False),
    # Later than the lease: a POST whose body began within it may live for the whole deadline.
    Column("quiet_from", UtcTime, nullable=False),
    # When a list that can see first showed none of what is still missing.
    Column("first_look", UtcTime),
    # When an answer was read to its end; after a lost one Collect may still be at work.
    Column("answered_at", UtcTime),
    # The last complete list before the claim: what it showed is no work of this batch.
    Column("list_before", Integer),
    # Salt and hash of the key that posted: other keys may not see its requests.
    Column("key_print", String, nullable=False, server_default=""),
    # 1 where version 0.1 made it, whose keys of addresses were casefolded.
    Column("casefolded", Integer, nullable=False, server_default="0"),
)

claims = Table(
    "claims",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("batches.id"), nullable=False, index=True),
    Column("row", Integer, nullable=False),
    Column("state", String, nullable=False),
    Column("state_at", UtcTime, nullable=False),
    Column("request_id", String, nullable=False, default=""),
    Column("portal_url", String, nullable=False, default=""),
    Column("status", String, nullable=False, default=""),
    Column("due", String, nullable=False, default=""),
    Column("words", String, nullable=False, default=""),
    Column("why", String, nullable=False, server_default=""),
    Column("content", String, nullable=False, server_default=""),
    Column("wish", String, nullable=False, server_default=""),
)
# The few claims that are neither done nor free: what take-over and settling look for.
Index(
    "claims_open",
    claims.c.state,
    claims.c.batch,
    sqlite_where=claims.c.state.in_(("intent", "unknown")),
    postgresql_where=claims.c.state.in_(("intent", "unknown")),
)

claim_keys = Table(
    "claim_keys",
    metadata,
    Column("claim", ForeignKey("claims.id"), nullable=False),
    Column("key", String, nullable=False),
    # 1 where it stood in the row, 0 where it was learned: only a contact ID that stood there is certain.
    Column("own", Integer, nullable=False, server_default="0"),
    PrimaryKeyConstraint("claim", "key"),
    sqlite_with_rowid=False,
    comment="By which keys a claim's person was known; never deleted",
)

held = Table(
    "held",
    metadata,
    Column("scope", ForeignKey("scopes.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("claim", ForeignKey("claims.id"), nullable=False),
    # The promise itself: two claims cannot hold one person in one scope, even if two programs write at once.
    PrimaryKeyConstraint("scope", "key"),
    sqlite_with_rowid=False,
    comment="The keys of claims that keep others from asking; deleted when the person is free again",
)

waiting = Table(
    "waiting",
    metadata,
    Column("scope", ForeignKey("scopes.id"), nullable=False),
    Column("key", String, nullable=False),
    Column("claim", ForeignKey("claims.id"), nullable=False),
    PrimaryKeyConstraint("scope", "key", "claim"),
    sqlite_with_rowid=False,
    comment="Claims that would hold a key were it free: late answers, merged journals; nearly always empty",
)

bindings = Table(
    "bindings",
    metadata,
    Column("origin", String, nullable=False),
    Column("request_id", String, nullable=False),
    Column("claim", ForeignKey("claims.id"), nullable=False),
    PrimaryKeyConstraint("origin", "request_id"),
    sqlite_with_rowid=False,
    comment="Every request id that Collect named, and the one claim that it belongs to",
)

aliases = Table(
    "aliases",
    metadata,
    Column("team", ForeignKey("teams.id"), nullable=False),
    Column("contact", String, nullable=False),
    Column("mail", String, nullable=False),
    PrimaryKeyConstraint("team", "contact", "mail"),
    Index("aliases_mail", "team", "mail"),
    sqlite_with_rowid=False,
    comment="Keys of one person: a contact id and an address",
)

events = Table(
    "events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("claim", ForeignKey("claims.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String, nullable=False),
    Column("how", String, nullable=False),
    Column("old", String, nullable=False),
    Column("new", String, nullable=False),
    comment="Every change of a claim; never changed, never deleted",
)

evidence = Table(
    "evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("batch", ForeignKey("batches.id"), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("text", PackedText, nullable=False),
    comment="Raw answers of Collect: what no row could be told to own still stands here",
)

lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("team", ForeignKey("teams.id"), nullable=False),
    Column("campaign", String, nullable=False),
    Column("at", UtcTime, nullable=False),
    comment="Complete lists of requests that Collect showed, numbered in order",
)

listed = Table(
    "listed",
    metadata,
    Column("team", ForeignKey("teams.id"), nullable=False),
    Column("campaign", String, nullable=False),
    Column("request_id", String, nullable=False),
    # 0: a person said that it was not made from here.
    Column("list", Integer, nullable=False),
    PrimaryKeyConstraint("team", "campaign", "request_id"),
    sqlite_with_rowid=False,
    comment="Requests that were bound to no claim when a list first showed them, with the number of that list",
)

details = Table(
    "details",
    metadata,
    Column("claim", ForeignKey("claims.id"), primary_key=True, autoincrement=False),
    Column("text", String, nullable=False),
    comment="What Collect told of a claim's contact, where the sheet has columns for it: JSON",
)

items = Table(
    "items",
    metadata,
    Column("claim", ForeignKey("claims.id"), primary_key=True, autoincrement=False),
    Column("request_id", String, nullable=False),
    # As the list showed them before the items were asked for: a list that shows others means news.
    Column("status", String, nullable=False),
    Column("activity", String, nullable=False),
    Column("text", String, nullable=False),
    comment="The items of a claim's request as of the last look: JSON",
)

meanings = Table(
    "meanings",
    metadata,
    Column("team", ForeignKey("teams.id"), nullable=False),
    Column("name", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("workbook", String, nullable=False),
    Column("since", UtcTime, nullable=False),
    PrimaryKeyConstraint("team", "name", "campaign", "workbook"),
    sqlite_with_rowid=False,
    comment="Which campaign a name meant when people of a workbook were asked",
)

accounts = Table(
    "accounts",
    metadata,
    Column("origin", String, primary_key=True),
    Column("who", String, primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("json", String, nullable=False),
    comment="What each user last learned of the account at an address, for checks without a network",
)

budgets = Table(
    "budgets",
    metadata,
    Column("origin", String, primary_key=True),
    Column("next_call", UtcTime, nullable=False),
    comment="When the next call may leave, of everybody on this journal; its lock also arbitrates the cap of a day",
)


def chunks(items: Iterable[Item], most: int = CHUNK) -> Iterator[list[Item]]:
    """Yield the items in lists that fit into one statement."""
    rest = iter(items)
    while some := list(islice(rest, most)):
        yield some


def among(column: Column[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column has one of the values that a statement is given under a name."""
    return column.in_(bindparam(name, expanding=True))


def insert_new(db: Connection, table: Table, lines: Sequence[Mapping[str, Any]]) -> None:
    """Insert lines, leaving those alone that are there already."""
    if not lines:
        return
    # One statement that arbitrates: asking first and inserting afterwards would leave a gap for another writer.
    db.execute(_insert_new(table, db.dialect.name), lines)


def insert_lines(db: Connection, table: Table, lines: Sequence[Mapping[str, Any]]) -> None:
    """Insert lines, none of which may be there already; there may be no lines at all."""
    # Given an empty list, SQLAlchemy would insert one line of defaults.
    if lines:
        db.execute(_insert(table), lines)


def insert_one(db: Connection, table: Table, line: Mapping[str, Any]) -> int:
    """Insert a line, and return the number that the database gave it."""
    done = db.execute(_insert(table), line)
    (number,) = done.inserted_primary_key or (0,)
    return int(number)


# Made once for each table: making a statement takes longer than running it.
@lru_cache(maxsize=64)
def _insert(table: Table) -> Insert:
    return table.insert()


@lru_cache(maxsize=64)
def _insert_new(table: Table, dialect: str) -> Insert:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(table).on_conflict_do_nothing()
