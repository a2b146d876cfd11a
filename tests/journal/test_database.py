"""Opening: what is committed is durable, and what cannot be trusted is refused."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from collect_xl.domain.model import Account, Campaign, Team, User
from collect_xl.domain.ports import ToClaim
from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import database as opening
from collect_xl.journal import migrate, open_journal
from collect_xl.journal import tables as t
from collect_xl.journal.places import locate
from support.journals import ORIGIN, SCOPE, Desk
from support.systems import moved_while_open

PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": 2,
    "fullfsync": 1,
    "checkpoint_fullfsync": 1,
    "foreign_keys": 1,
    "busy_timeout": 10_000,
}


@pytest.mark.parametrize("name", PRAGMAS)
def test_commits_reach_the_disk(file, name):
    """Each connection to a file waits for the disk at every commit, and for other writers."""
    with open_journal(str(file), who="ann") as journal, journal._read() as db:
        assert db.exec_driver_sql(f"PRAGMA {name}").scalar_one() == PRAGMAS[name]


def test_writers_take_their_turn_when_they_begin(file):
    """A second writer cannot even begin while the first is at work, so that none reads what the other is changing."""
    with open_journal(str(file), who="ann") as first, closing(sqlite3.connect(file, timeout=0)) as second:
        with first._write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            second.execute("BEGIN IMMEDIATE")
        second.execute("BEGIN IMMEDIATE")


def test_a_writer_that_never_ends_does_not_hang_us(file, monkeypatch):
    """When another program keeps the journal locked, the wait is bounded and nothing is claimed."""
    monkeypatch.setattr(opening, "PRAGMAS", ("PRAGMA busy_timeout=50",))
    with Desk(str(file)) as desk, closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(HeldElsewhere, match="kept busy"):
            desk.claim("ann@acme.com")
        other.execute("ROLLBACK")
        assert desk.known() == []


DAMAGES = {
    "text": lambda _: b"Dear colleague, " * 4096,
    "zeros in the middle": lambda whole: whole[:8192] + bytes(16384) + whole[24576:],
    "cut": lambda whole: whole[: len(whole) // 2],
    "noise in the header": lambda whole: whole[:40] + bytes(range(60)) + whole[100:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_broken_journal_is_refused(file, damage):
    """A journal that does not hold together is refused with the remedy, and left as it is."""
    with Desk(str(file)) as desk:
        desk.claim(*(f"{n}@acme.com" for n in range(500)))
    file.write_bytes(DAMAGES[damage](file.read_bytes()))
    before = file.read_bytes()
    with pytest.raises(JournalError, match="damaged") as refused:
        open_journal(str(file), who="ann")
    assert "Restore a backup of the send history." in refused.value.tip
    assert before == file.read_bytes()


def test_a_database_of_another_program_is_refused(file):
    """A SQLite file without our tables is not made ours."""
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE songs (title)")
    with pytest.raises(JournalError, match="another program"):
        open_journal(str(file), who="ann")


def test_a_newer_journal_is_refused(place):
    """A journal of a later version is refused, with the remedy."""
    with open_journal(place, who="ann") as journal, journal._write() as db:
        db.execute(t.journal.update().values(schema=t.SCHEMA + 1))
    with pytest.raises(JournalError, match="newer collect-xl") as refused:
        open_journal(place, who="ann")
    assert "Install the newer collect-xl" in refused.value.tip


def test_a_journal_without_a_version_is_refused(file):
    """A journal whose version line is gone is refused."""
    with open_journal(str(file), who="ann") as journal, journal._write() as db:
        db.execute(t.journal.delete())
    with pytest.raises(JournalError, match="does not give its version"):
        open_journal(str(file), who="ann")


def test_an_older_journal_is_upgraded_after_a_backup(file):
    """An older journal is copied beside, then brought from version to version; its claims are still there."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    place = locate(str(file))
    steps = {t.SCHEMA: _add_column("first"), t.SCHEMA + 1: _add_column("second")}
    engine = opening.engine_of(place)
    migrate.bring_up(engine, place, steps, schema=t.SCHEMA + 2)
    with engine.connect() as db:
        assert db.execute(text("SELECT schema, first, second FROM journal")).one() == (t.SCHEMA + 2, None, None)
        assert db.execute(text("SELECT count(*) FROM held")).scalar_one() == 1
    engine.dispose()
    with open_journal(str(file.with_name(f"journal.sqlite3.before-v{t.SCHEMA + 2}")), who="ann") as before:
        assert [claim.state for claim in before.claims(ORIGIN, SCOPE.team, SCOPE.campaign)] == ["sent"]


def test_a_failing_upgrade_changes_nothing(place):
    """When one step of an upgrade fails, the journal is still of its old version, and whole."""
    with Desk(place) as desk:
        desk.put("ann@acme.com", "sent")
    located = locate(place)
    engine = opening.engine_of(located)
    with pytest.raises(RuntimeError, match="no"):
        migrate.bring_up(engine, located, {t.SCHEMA: _add_column("first"), t.SCHEMA + 1: _fail}, schema=t.SCHEMA + 2)
    engine.dispose()
    with Desk(place) as again:
        assert {2} == set(again.claim("ann@acme.com").lost)
        with again.journal._read() as db:
            assert list(db.execute(text("SELECT * FROM journal")).keys()) == ["schema", "since"]


def _add_column(name):
    return lambda db: db.execute(text(f"ALTER TABLE journal ADD COLUMN {name} TEXT"))


def _fail(_db):
    raise RuntimeError("no")


@moved_while_open
def test_a_journal_replaced_under_its_user_is_noticed(file):
    """When the file is removed or replaced while a run uses it, nothing more is claimed."""
    with Desk(str(file)) as desk:
        file.rename(file.with_name("old"))
        with pytest.raises(JournalError, match="removed or replaced"):
            desk.claim("ann@acme.com")
        open_journal(str(file), who="bob").close()
        with pytest.raises(JournalError, match="removed or replaced"):
            desk.known()


@pytest.mark.slow
def test_two_runs_of_one_name(file):
    """A second run of the same name is refused while the first is at work."""
    with (
        Desk(str(file)) as desk,
        open_journal(str(file), who="bob") as other,
        pytest.raises(HeldElsewhere, match="at work already"),
    ):
        other.begin(desk.run)


def test_runs_are_kept(desk):
    """Who ran, on what, from when to when, is kept."""
    desk.journal.close()
    with desk.journal._read() as db:
        (run,) = db.execute(t.runs.select()).all()
    assert (desk.run.id, "ann on PC-7", "clients.xlsx") == (run.id, run.who, run.workbook)
    assert run.started == run.ended == desk.journal._clock()
    desk.journal.close()


def test_the_account_cache(desk):
    """What was last learned of an account is there for its user, by the API's address."""
    account = Account(
        ORIGIN, Team("t", "Tëam", "Europe/Brussels"), (Campaign("c", "C", "open"),), (User("u", "u@x.y"),)
    )
    desk.journal.keep_account(Account(ORIGIN, Team("t", "Old", "UTC")))
    desk.journal.keep_account(account)
    assert (account, None) == (desk.journal.account(ORIGIN), desk.journal.account("http://127.0.0.1:1"))


def test_no_address_in_an_error(file):
    """An error of the database does not carry the people that the statement was about."""
    with Desk(str(file)) as desk:
        with desk.journal._write() as db:
            db.exec_driver_sql("DROP TABLE claim_keys")
        with pytest.raises(JournalError) as failed:
            desk.claim("ann@acme.com")
    assert "ann@acme" not in f"{failed.value} {failed.value.__cause__}"


def test_a_read_only_journal(file):
    """A journal that the disk does not let us write stops everything, naming the file."""
    with Desk(str(file)) as desk:
        with desk.journal._engine.connect() as db:
            db.exec_driver_sql("PRAGMA query_only=ON")
        with pytest.raises(DiskError, match=r"journal\.sqlite3 cannot be written"):
            desk.journal.claim(desk.run, SCOPE, [ToClaim(2, ("mail:ann@acme.com",))], None)
        with desk.journal._engine.connect() as db:
            db.exec_driver_sql("PRAGMA query_only=OFF")


def test_a_folder_that_cannot_be_made(tmp_path):
    """Where the folder cannot be made the message names it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match=re.escape(str(Path("file", "data")))):
        open_journal(str(tmp_path / "file" / "data" / "journal.sqlite3"), who="ann")


def test_a_journal_is_of_utc(file):
    """Times come back as they were kept, aware and in UTC, to the microsecond."""
    with Desk(str(file)) as desk:
        ticket = desk.claim("ann@acme.com")
        (claim,) = desk.known()
    assert (ticket.claimed_at, "UTC") == (claim.claimed_at, claim.claimed_at.tzname())
