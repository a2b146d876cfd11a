"""Backup, restore, merge: nobody who was asked is ever free to be asked again."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import get_args

import pytest

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.model import ClaimState, Outcome
from collect_xl.domain.ports import Base, ToClaim
from collect_xl.errors import DiskError, HeldElsewhere, JournalError
from collect_xl.journal import backup, merge, open_journal, restore
from collect_xl.journal import tables as t
from collect_xl.journal.merge import WEIGHT
from support.journals import ORIGIN, SCOPE, Clock, Desk, sent


@pytest.fixture
def saved(tmp_path):
    """Return where a backup goes."""
    return tmp_path / "backup.sqlite3"


def test_a_backup_of_a_journal_in_use(file, saved):
    """A backup made while a run is at work holds all that was committed, and is its user's alone."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
        backup(str(file), saved)
        desk.put("bob@acme.com", "sent")
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert sorted(saved.parent.glob("backup*")) == [saved]
    with open_journal(str(saved), who="ann") as copy:
        assert [claim.keys for claim in copy.claims(ORIGIN, "team-1", "campaign-1")] == [("mail:ann@acme.com",)]


def test_a_backup_replaces_an_older_one_only_when_it_is_whole(file, saved):
    """A journal that is damaged does not take the place of an older, good backup."""
    open_journal(str(file), who="ann").close()
    backup(str(file), saved)
    good = saved.read_bytes()
    file.write_bytes(b"Dear colleague, " * 4096)
    with pytest.raises(JournalError, match="or none at all"):
        backup(str(file), saved)
    assert good == saved.read_bytes()


def test_backups_that_cannot_be(file, saved, tmp_path):
    """No journal, the journal itself, no such folder and a server's journal are each refused in their own words."""
    with pytest.raises(JournalError, match="no send history"):
        backup(str(file), saved)
    open_journal(str(file), who="ann").close()
    with pytest.raises(JournalError, match="its own backup"):
        backup(str(file), file)
    with pytest.raises(DiskError, match="none"):
        backup(str(file), tmp_path / "none" / "backup")
    with pytest.raises(JournalError, match="is not a file") as refused:
        backup("postgresql://host/db", saved)
    assert "pg_dump" in refused.value.tip


def test_restore(file, saved):
    """After a restore the backup's people are held, and the journal before it is kept beside."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
        backup(str(file), saved)
        desk.put("bob@acme.com", "sent")
    kept = restore(str(file), saved)
    with Desk(str(file)) as desk, Desk(str(kept)) as before:
        assert (len(desk.known()), len(before.known())) == (1, 2)
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_restore_over_a_damaged_journal(file, saved):
    """A journal that cannot be read any more is replaced by the backup, and kept beside byte for byte."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    backup(str(file), saved)
    file.write_bytes(b"Dear colleague, " * 4096)
    kept = restore(str(file), saved)
    assert kept.read_bytes() == b"Dear colleague, " * 4096
    with Desk(str(file)) as desk:
        assert desk.states() == ["sent"]


def test_restore_where_there_is_none(file, saved):
    """On a new computer a backup becomes the journal."""
    with Desk(str(saved)) as desk:
        desk.put("ann@acme.com", "sent")
    assert restore(str(file), saved) is None
    with Desk(str(file)) as desk:
        assert desk.states() == ["sent"]


def test_no_restore_while_a_run_is_at_work(file, saved):
    """A journal that a run is using is not replaced."""
    with Desk(str(file)) as desk:
        backup(str(file), saved)
        with pytest.raises(HeldElsewhere, match=desk.run.id):
            restore(str(file), saved)
        assert desk.claim("ann@acme.com").won


def _a_journal(path: Path) -> bytes:
    with Desk(str(path)) as desk:
        desk.claim(*(f"{n}@acme.com" for n in range(300)))
    return path.read_bytes()


def _another(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE songs (title)")


def _newer(path: Path) -> None:
    with open_journal(str(path), who="ann") as journal, journal._write() as db:
        db.execute(t.journal.update().values(schema=t.SCHEMA + 1))


BAD_BACKUPS = {
    "absent": lambda _: None,
    "empty": Path.touch,
    "text": lambda path: path.write_bytes(b"Dear colleague, " * 4096),
    "cut": lambda path: path.write_bytes(_a_journal(path)[:40_000]),
    "another program's": _another,
    "newer": _newer,
}


@pytest.mark.parametrize("kind", BAD_BACKUPS)
def test_a_bad_backup_is_refused_before_anything_changes(file, saved, kind):
    """A backup that is no sound journal of a version we know is refused, and the present journal stays in place."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    BAD_BACKUPS[kind](saved)
    files = sorted(path.name for path in file.parent.iterdir())
    with pytest.raises(JournalError):
        restore(str(file), saved)
    with Desk(str(file)) as desk:
        with pytest.raises(JournalError):
            merge(desk.journal, saved)
        assert desk.states() == ["sent"]
    assert files == sorted(path.name for path in file.parent.iterdir())


@pytest.mark.slow
def test_merge_adds_what_another_computer_knows(place, tmp_path, clock):
    """Claims, keys, requests, aliases and history of another journal are ours after a merge; a second adds none."""
    other = tmp_path / "other.sqlite3"
    with Desk(str(other), clock, who="bob on PC-8") as theirs:
        theirs.put(("id:X", "mail:bob@acme.com"), "sent")
        theirs.claim("eve@acme.com", scope=replace(SCOPE, round="2"))
        theirs.journal.learn(ORIGIN, "team-1", [("Y", "eve@acme.com")])
        told = theirs.journal.history(1)
    with Desk(place, clock) as ours:
        ours.put("ann@acme.com", "refused")
        assert (merge(ours.journal, other), merge(ours.journal, other)) == (2, 0)
        (bob,) = (claim for claim in ours.known() if "id:X" in claim.keys)
        assert (bob.state, bob.holder, bob.scope) == ("sent", "bob on PC-8", SCOPE)
        assert list(ours.journal.history(bob.id)) == list(told)
        assert set(ours.claim(("id:Y",), scope=replace(SCOPE, round="2")).lost) == {2}
        assert set(ours.claim("eve@acme.com", scope=replace(SCOPE, round="2")).lost) == {2}


@pytest.mark.slow
def test_of_two_words_on_one_claim_the_longer_history_counts(file, saved):
    """A merge keeps the longer history; where two went different ways the heavier state; keys are held accordingly."""
    pairs = {f"{mine}-{other}@acme.com": (mine, other) for mine, other in product(get_args(ClaimState), repeat=2)}
    clock = Clock()
    with Desk(str(file), clock) as desk:
        tickets = {person: desk.claim(person) for person in pairs}
    backup(str(file), saved)
    for path, side in ((file, 0), (saved, 1)):
        with Desk(str(path), clock) as desk:
            for person, states in pairs.items():
                _bring(desk, tickets[person], states[side])
    with Desk(str(file), clock) as desk:
        assert merge(desk.journal, saved) == 0
        expected = [_of_two(*states) for states in pairs.values()]
        assert desk.states() == expected
        lost = desk.claim(*pairs).lost
        assert [row in lost for row in range(2, 38)] == [state in HOLDING for state in expected]


def _of_two(mine: ClaimState, other: ClaimState) -> ClaimState:
    """Return the state that a merge keeps: ``intent`` begins every history, ``sent`` that of what was cancelled."""
    if "intent" in {mine, other}:
        return other if mine == "intent" else mine
    if {mine, other} == {"sent", "cancelled"}:
        return "cancelled"
    return max(mine, other, key=lambda state: WEIGHT[state])


def test_an_older_backup_does_not_undo_a_cancellation(file, saved, clock):
    """What was cancelled after a backup stays cancelled when the backup is merged, and its person stays free."""
    with Desk(str(file), clock) as desk:
        number = desk.put("ann@acme.com", "sent")
        backup(str(file), saved)
        clock.turn(60)
        desk.settle(Outcome(number, "cancelled"))
        told = len(desk.journal.history(number))

        merge(desk.journal, saved)

        assert (desk.states(), len(desk.journal.history(number))) == (["cancelled"], told)
        assert desk.claim("ann@acme.com").won


@pytest.mark.slow
def test_a_newer_copy_brings_the_cancellation(file, saved, clock):
    """Where the other journal went on and cancelled, ours follows, and lets the person go."""
    with Desk(str(file), clock) as desk:
        number = desk.put("ann@acme.com", "sent")
    backup(str(file), saved)
    clock.turn(60)
    with Desk(str(saved), clock) as theirs:
        theirs.settle(Outcome(number, "cancelled"))
    with Desk(str(file), clock) as desk:
        merge(desk.journal, saved)

        assert desk.states() == ["cancelled"]
        assert desk.claim("ann@acme.com").won


def test_a_merged_batch_has_no_base(file, tmp_path, clock):
    """Lists have other numbers in another journal: a batch from there keeps none as its base."""
    other = tmp_path / "other.sqlite3"
    with Desk(str(other), clock) as theirs:
        base = Base(theirs.journal.keep_list(ORIGIN, "team-1", "campaign-1", ["R1"]), "salt:print")
        rows = [ToClaim(2, ("mail:ann@acme.com",))]
        ticket = theirs.journal.claim(theirs.run, SCOPE, rows, None, None, base)
        theirs.record(ticket, Outcome(ticket.won[2], "unknown"))
    with Desk(str(file), clock) as ours:
        merge(ours.journal, other)
        (batch,) = ours.journal.unsettled(ORIGIN, "team-1")
        assert batch.base == Base(None, "salt:print")


def _bring(desk, ticket, state):
    number = ticket.won[2]
    if state in {"sent", "cancelled"}:
        desk.record(ticket, sent(number, f"request-{number}"))
    if state == "cancelled":
        desk.settle(Outcome(number, state))
    elif state in {"unknown", "refused", "not_sent"}:
        desk.record(ticket, Outcome(number, state))


@pytest.mark.slow
def test_two_journals_that_asked_the_same_person(file, tmp_path, clock):
    """Where both journals hold a person, the found request is told, and freeing one leaves the other holding."""
    other = tmp_path / "other.sqlite3"
    with Desk(str(other), clock) as theirs:
        theirs.put("ann@acme.com", "sent")
    with Desk(str(file), clock) as ours:
        doubtful = ours.put("ann@acme.com", "unknown")
        merge(ours.journal, other)
        assert ours.claim("ann@acme.com").lost[2].state == "sent"
        ours.settle(Outcome(doubtful, "not_sent"))
        assert ours.claim("ann@acme.com").lost[2].state == "sent"


def test_two_journals_that_bind_one_request(file, tmp_path, clock):
    """A request that two journals bind to different people belongs to ours; the other person's claim is in doubt."""
    other = tmp_path / "other.sqlite3"
    with Desk(str(other), clock) as theirs:
        theirs.put("bob@acme.com", "sent")
    with Desk(str(file), clock) as ours:
        ours.put("ann@acme.com", "sent")
        merge(ours.journal, other)
        assert {claim.keys[0]: (claim.state, claim.request_id) for claim in ours.known()} == {
            "mail:ann@acme.com": ("sent", "request-1"),
            "mail:bob@acme.com": ("unknown", ""),
        }
        assert set(ours.claim("bob@acme.com").lost) == {2}
