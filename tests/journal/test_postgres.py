"""A journal on PostgreSQL: what the server must promise, and what goes wrong with servers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from collect_xl.domain.ports import ToClaim
from collect_xl.errors import HeldElsewhere, JournalError
from collect_xl.journal import open_journal, postgres
from collect_xl.journal.claims import claim_rows
from collect_xl.journal.database import BUSY_SECONDS
from support.journals import SCOPE, Desk
from support.waiting import until


def test_commits_wait_for_the_disk(empty_postgres):
    """A session that its database's settings excuse from waiting for the disk waits all the same."""
    for setting in ("off", "remote_apply"):
        url = f"{empty_postgres}%20-csynchronous_commit%3D{setting}"
        with open_journal(url, who="ann") as journal, journal._write() as db:
            expected = "on" if setting == "off" else setting
            assert db.execute(text("SHOW synchronous_commit")).scalar_one() == expected


def test_a_server_that_may_lose_commits_is_refused(empty_postgres, monkeypatch):
    """A server whose settings do not promise durability is refused, naming the setting."""
    monkeypatch.setitem(postgres.DURABLE, "fsync", {"always"})
    with pytest.raises(JournalError, match="may lose what was committed: fsync is on"):
        open_journal(empty_postgres, who="ann")


def test_a_session_that_cannot_be_made_to_wait_is_refused(empty_postgres, monkeypatch):
    """Where our word to wait for the disk is not heard, the journal is refused instead of trusted."""
    monkeypatch.setattr(postgres, "_wait_for_the_disk", lambda _connection: None)
    with pytest.raises(JournalError, match="may lose what was committed: synchronous_commit is off"):
        open_journal(f"{empty_postgres}%20-csynchronous_commit%3Doff", who="ann")


def test_clocks_that_disagree_are_refused(empty_postgres, monkeypatch):
    """A computer whose clock is not the server's could end leases too early, and is refused."""
    monkeypatch.setattr(postgres, "MAX_SKEW", timedelta(0))
    with pytest.raises(JournalError, match="clock"):
        open_journal(empty_postgres, who="ann")


def test_a_person_claimed_a_moment_ago_is_lost(empty_postgres):
    """A run that asks for a person whom another is just claiming waits for it, and then loses the person to it."""
    with Desk(empty_postgres) as first, Desk(empty_postgres) as second, ThreadPoolExecutor(1) as pool:
        first.claim("eve@acme.com")
        with first.journal._write() as db:
            batch = first.journal._new_batch(first.run, SCOPE, "token", None)
            won = claim_rows(db, batch, [ToClaim(2, ("mail:ann@acme.com",))]).won
            asked = pool.submit(second.claim, "ann@acme.com", "bob@acme.com")
            waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
            until(lambda: asked.done() or db.execute(waiting).scalar_one())
            assert not asked.done()
        ticket = asked.result(timeout=60)
    assert ({2: won[2]}, {3}) == ({row: claim.id for row, claim in ticket.lost.items()}, set(ticket.won))


def test_people_are_claimed_in_key_order(empty_postgres):
    """Whatever the order of the rows, people are taken in the order of their keys, so that no two runs can deadlock."""
    with Desk(empty_postgres) as desk:
        desk.claim("c@acme.com", "a@acme.com", "b@acme.com")
        with desk.journal._read() as db:
            taken = db.execute(text("SELECT key FROM held ORDER BY ctid")).scalars().all()
    assert taken == ["mail:a@acme.com", "mail:b@acme.com", "mail:c@acme.com"]


def test_a_server_that_is_not_there():
    """A server that cannot be reached is told without the password."""
    with pytest.raises(JournalError, match="cannot be used") as failed:
        open_journal("postgresql://ann@127.0.0.1:1/db", who="ann", password="s3cret")
    assert "s3cret" not in f"{failed.value}{failed.value.tip}{failed.value.__cause__!r}"


@pytest.mark.parametrize("address", ["ann:s3cret@127.0.0.1:1/db", "ann@127.0.0.1:1/db?password=s3cret"])
def test_a_password_in_the_address_is_refused(address):
    """A password has no place in the address; the refusal does not repeat it."""
    with pytest.raises(JournalError, match="holds a password") as refused:
        open_journal(f"postgresql://{address}", who="ann")
    assert "s3cret" not in f"{refused.value}{refused.value.tip}"


def test_a_table_that_somebody_locks(empty_postgres):
    """When somebody keeps a table locked, the wait is bounded and nothing is claimed."""
    with Desk(empty_postgres) as desk:
        with desk.journal._read() as db:
            assert db.execute(text("SHOW lock_timeout")).scalar_one() == f"{BUSY_SECONDS}s"
        # The bound is our own setting; the test does not wait for all of it.
        event.listen(desk.journal._engine, "begin", lambda db: db.exec_driver_sql("SET LOCAL lock_timeout = '100ms'"))
        with open_journal(empty_postgres, who="bob") as other, other._write() as db:
            db.execute(text("LOCK TABLE held"))
            with pytest.raises(HeldElsewhere, match="kept busy"):
                desk.claim("ann@acme.com")
        assert desk.known() == []
