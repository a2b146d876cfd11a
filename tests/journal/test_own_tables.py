"""A journal that acts by itself, or lacks a guard, is refused; what is packed in it cannot fill the memory."""

from __future__ import annotations

import shutil
import sqlite3
import tracemalloc
import zlib
from contextlib import closing

import pytest

from collect_xl.errors import JournalError
from collect_xl.journal import merge, open_journal, restore
from collect_xl.journal import tables as t
from support.journals import Desk, make_version_2

HELD = "scope INTEGER NOT NULL, key VARCHAR NOT NULL, claim INTEGER NOT NULL"
REPLACE = "ON CONFLICT REPLACE"
CHANGES = {
    "a trigger": "CREATE TRIGGER free AFTER INSERT ON held BEGIN DELETE FROM held; END",
    "a trigger with a name of ours": "CREATE TRIGGER claims_open AFTER INSERT ON held BEGIN DELETE FROM held; END",
    "a view": "CREATE VIEW people AS SELECT * FROM held",
    "a guard without its key": f"DROP TABLE held; CREATE TABLE held ({HELD})",
    "a guard that gives way": f"DROP TABLE held; CREATE TABLE held ({HELD}, PRIMARY KEY (scope, key) {REPLACE})",
    "a view in the guard's place": "ALTER TABLE held RENAME TO other; CREATE VIEW held AS SELECT * FROM other",
    "a guard that is gone": "DROP TABLE held",
    "another column": "ALTER TABLE held ADD COLUMN more TEXT",
    "a generated column": "ALTER TABLE held ADD COLUMN more TEXT GENERATED ALWAYS AS (key)",
    "an index that refuses lines": "CREATE UNIQUE INDEX one ON held (claim)",
}


def changed(file, script):
    with closing(sqlite3.connect(file)) as db:
        db.executescript(script)


@pytest.mark.parametrize("change", CHANGES)
def test_a_journal_that_was_changed_is_refused(file, tmp_path, change):
    """What another program put into a journal, or took out, is named; it is neither opened, restored nor merged."""
    with Desk(str(file)) as desk:
        desk.put("ann@acme.com", "sent")
    bad = tmp_path / "bad.sqlite3"
    shutil.copy(file, bad)
    changed(bad, CHANGES[change])
    for use in (lambda: open_journal(str(bad), who="ann"), lambda: restore(str(file), bad)):
        with pytest.raises(JournalError, match="changed by another program"):
            use()
    with Desk(str(file)) as desk:
        with pytest.raises(JournalError, match="changed by another program"):
            merge(desk.journal, bad)
        assert desk.states() == ["sent"]


@pytest.mark.parametrize("change", ["a trigger", "a view"])
def test_an_older_journal_that_was_changed_is_refused(file, change):
    """A trigger is found before an upgrade writes a line; a journal that was not changed is upgraded."""
    make_version_2(str(file))
    good = file.with_name("good.sqlite3")
    shutil.copy(file, good)
    changed(file, CHANGES[change])
    with pytest.raises(JournalError, match="changed by another program"):
        open_journal(str(file), who="ann")
    open_journal(str(good), who="ann").close()


@pytest.mark.slow
def test_an_answer_that_inflates(file, tmp_path):
    """An answer of a gigabyte in a megabyte is read as far as an answer goes, and merged as it is."""
    other = tmp_path / "other.sqlite3"
    with Desk(str(other)) as desk:
        desk.journal.record(desk.claim("ann@acme.com"), [], "answer", "so it said")
    packer = zlib.compressobj(9)
    bomb = b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()
    with closing(sqlite3.connect(other)) as db:
        db.execute("UPDATE evidence SET text = ?", (bomb,))
        db.commit()
    tracemalloc.start()
    try:
        with Desk(str(file)) as desk:
            assert merge(desk.journal, other) == 1
            with desk.journal._read() as db:
                (answer,) = db.execute(t.evidence.select()).all()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(answer.text) == t.LONGEST_ANSWER
    assert most < 20_000_000


def test_an_answer_that_is_damaged(file):
    """An answer that cannot be unpacked is empty, and keeps nothing else from being read."""
    with Desk(str(file)) as desk:
        desk.journal.record(desk.claim("ann@acme.com"), [], "answer", "so it said")
        with desk.journal._write() as db:
            db.exec_driver_sql("UPDATE evidence SET text = x'00'")
        with desk.journal._read() as db:
            (answer,) = db.execute(t.evidence.select()).all()
    assert answer.text == ""
