"""A journal of version 2, as the release before wrote it, in this version: no person who was held is let go."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.identity import casefolded_mail_key, id_key, mail_key
from collect_xl.domain.ports import ToClaim
from support.journals import ORIGIN, SCOPE, Desk, make_version_2


@pytest.fixture
def desk(place, clock):
    """Return a run on a journal that was of version 2 a moment ago."""
    make_version_2(place)
    with Desk(place, clock) as opened:
        yield opened


def by_key(desk) -> dict[str, object]:
    return {key: claim for claim in desk.known() for key in claim.keys}


def row(number: int, *, email: str = "", contact_id: str = "") -> ToClaim:
    """Return a row as a run asks for it."""
    ids = (id_key(contact_id),) if contact_id else ()
    mails = (mail_key(email),) if email else ()
    old = frozenset() if email.isascii() else frozenset({casefolded_mail_key(email)}) - set(mails)
    return ToClaim(number, (*ids, *mails), old)


def holders(desk, *rows: ToClaim) -> dict[int, str]:
    """Return the request, or the state, of the claims that hold these rows' people."""
    ticket = desk.journal.claim(desk.run, SCOPE, rows, None)
    return {number: claim.request_id or claim.state for number, claim in ticket.lost.items()}


def test_nobody_who_was_held_is_let_go(desk):
    """Every key that held a person before the migration still keeps that person from being claimed."""
    claims = [claim for claim in desk.known() if claim.state in HOLDING]
    keys = [key for claim in claims for key in claim.keys]
    rows = [ToClaim(number, (key,)) for number, key in enumerate(keys, 2)]

    assert len(claims) == 17
    assert set(desk.journal.claim(desk.run, SCOPE, rows, None).lost) == set(range(2, len(rows) + 2))


def test_every_hold_stays_in_the_table(file, clock):
    """No line of ``held`` is dropped; canonical keys come beside them."""
    make_version_2(str(file))
    with closing(sqlite3.connect(file)) as db:
        before = set(db.execute("SELECT scope, key, claim FROM held"))
    Desk(str(file), clock).journal.close()
    with closing(sqlite3.connect(file)) as db:
        after = set(db.execute("SELECT scope, key, claim FROM held"))
        waiting = set(db.execute("SELECT scope, key, claim FROM waiting"))

    meeting = "mail:v@xn--mnchen-3ya.de"
    assert {each for each in before if each[1] != meeting} <= after
    assert {key for _, key, _ in before} | {"mail:u@xn--mnchen-3ya.de"} == {key for _, key, _ in after}
    assert next(each for each in before if each[1] == meeting) in waiting


def test_canonical_keys_are_added(desk):
    """A person who was asked by a domain with dots is known by its other spelling, and is not asked again."""
    assert holders(desk, row(2, email="u@xn--mnchen-3ya.de"), row(3, email="U@MÜNCHEN.de")) == {2: "R2", 3: "R2"}


def test_of_two_claims_that_meet_on_a_key_the_sent_one_holds(desk):
    """Where the canonical key makes two claims one person's, the sent one is named and the other waits."""
    assert holders(desk, row(2, email="v@xn--mnchen-3ya.de"), row(3, email="v@münchen.de")) == {2: "R3", 3: "R3"}


def test_look_alike_of_a_casefolded_key_is_held(desk):
    """``ß`` was kept as ``ss``: both spellings are held, since it is not known which was sent."""
    assert holders(desk, row(2, email="u@straße.de"), row(3, email="u@strasse.de")) == {2: "unknown", 3: "unknown"}


@pytest.mark.slow
def test_id_of_an_old_claim_is_not_certain(desk):
    """Of a claim with ID and address it is not known which stood in the row: another ID with the address is held."""
    assert holders(desk, row(2, contact_id="Z", email="ann@acme.com"), row(3, contact_id="X")) == {2: "R1", 3: "R1"}
    claim = by_key(desk)["id:X"]
    assert (claim.own, claim.casefolded) == (("mail:ann@acme.com",), True)
    assert by_key(desk)["id:ONLY"].own == ("id:ONLY",)


CODES = [
    ("mail:s0@acme.com", "not named", "something went wrong"),
    ("mail:s1@acme.com", "not named", ""),
    ("mail:s2@acme.com", "other name", "R77"),
    ("mail:s3@acme.com", "row refused", "bounced before"),
    ("mail:s4@acme.com", "sent elsewhere", ""),
    ("mail:s5@acme.com", "sender ended", ""),
    ("mail:s6@acme.com", "another's request", "R5"),
    ("mail:s7@acme.com", "answer lost", "the connection broke"),
    ("mail:s8@acme.com", "person said", "bob on PC-8"),
    ("mail:s9@acme.com", "absent", ""),
    ("mail:s10@acme.com", "absent after error", "bad tag"),
    ("mail:cat@acme.com", "person said", "bob on PC-8"),
    ("mail:fay@acme.com", "taken over", ""),
    ("mail:ann@acme.com", "", ""),
]


def test_codes_are_read_from_sentences_once(desk):
    """Each sentence by which states were told apart becomes its code, with what Collect or a person said."""
    claims = by_key(desk)

    assert [(key, claims[key].why, claims[key].words) for key, _, _ in CODES] == CODES
    assert claims["mail:s12@acme.com"].state == "refused"


def test_placeholder_ids_are_forgotten(desk):
    """An ID that was learned with many addresses is forgotten; other pairs are known in canonical form, too."""
    known = desk.journal.aliases(ORIGIN, "team-1")

    assert "id:undefined" not in known
    assert known["id:X"] == {"mail:ann@acme.com"}
    assert "mail:w@xn--mnchen-3ya.de" in known["id:Y"]


def test_old_batches_have_no_base(desk):
    """Old batches have neither list nor key: the window of time decides, or a person."""
    bases = {batch.base.list_number for batch in desk.journal.unsettled(ORIGIN, "team-1")}

    assert bases == {None}


def test_history_is_kept(desk):
    """What happened to a claim before the migration is still told."""
    claim = by_key(desk)["mail:dan@acme.com"]

    assert [change.new for change in desk.journal.history(claim.id)] == ["intent", "sent", "cancelled"]


def test_journal_goes_on(desk):
    """After the migration people are claimed and recorded as in a new journal."""
    assert desk.put("new@acme.com", "sent") > 23
