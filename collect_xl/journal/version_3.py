"""Version 3 of the journal: codes instead of sentences, own and learned keys, lists; made from version 2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, text

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.identity import mail_key
from collect_xl.journal import tables as t
from collect_xl.journal.people import hold, line

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from collect_xl.domain.why import Why

_CHANGES = (
    "ALTER TABLE batches ADD COLUMN answered_at BIGINT",
    "ALTER TABLE batches ADD COLUMN list_before INTEGER",
    "ALTER TABLE batches ADD COLUMN key_print VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE batches ADD COLUMN casefolded INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE batches DROP COLUMN first_seen",
    "ALTER TABLE claims ADD COLUMN why VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE claims ADD COLUMN content VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE claims ADD COLUMN wish VARCHAR NOT NULL DEFAULT ''",
    "ALTER TABLE claim_keys ADD COLUMN own INTEGER NOT NULL DEFAULT 0",
    "UPDATE batches SET casefolded = 1",
    # A row has an ID or an address. Of a claim with both it is not known whether the ID stood in the row or was learned
    # from the answer; it counts as learned, so that another ID with this address is asked about, not sent.
    "UPDATE claim_keys SET own = 1 WHERE key LIKE 'mail:%'",
    """UPDATE claim_keys SET own = 1 WHERE key LIKE 'id:%' AND NOT EXISTS (
        SELECT 1 FROM claim_keys other WHERE other.claim = claim_keys.claim AND other.key LIKE 'mail:%')""",
    """UPDATE claims SET why = 'taken over'
        WHERE state = 'sent' AND id IN (SELECT claim FROM events WHERE how = 'adopted')""",
)

_MOST_ADDRESSES = 3
"""An ID that was learned with more addresses than that was a placeholder, and made one person of many."""

_SENTENCES: tuple[tuple[str, re.Pattern[str], Why], ...] = (
    # State, what version 2 wrote, and the code for it; the group is what Collect itself said.
    ("unknown", re.compile(r"Collect accepted the call, but (?:.*? It said: (.*?)\. Run:)?.*"), "not named"),
    ("unknown", re.compile(r"Collect answered with request (\S+), probably .*"), "other name"),
    ("unknown", re.compile(r"Collect refused this row; it said: (.*?)\. Mend the row.*"), "row refused"),
    ("unknown", re.compile(r"(?:)Sent from another computer, where its answer was lost"), "sent elsewhere"),
    ("unknown", re.compile(r"its sender ended before its outcome was known"), "sender ended"),
    ("unknown", re.compile(r"Collect named request (\S+) for this contact, but .*"), "another's request"),
    ("unknown", re.compile(r"Two journals bind request (\S+) to .*"), "another's request"),
    ("unknown", re.compile(r"(.*)", re.DOTALL), "answer lost"),
    ("not_sent", re.compile(r"Not sent, as (.*) said\. .*"), "person said"),
    ("not_sent", re.compile(r"Not sent: Collect never received it\..*"), "absent"),
    ("not_sent", re.compile(r"Not sent: (?:.*? It said: (.*?)\. )?.*?No request was made\..*"), "absent after error"),
    ("not_sent", re.compile(r""), "no connection"),
    ("sent", re.compile(r"Sent, as (.*) said\."), "person said"),
)
"""The sentences by which version 2 distinguished states, read once and for the last time."""


def to_version_3(db: Connection) -> None:
    """Turn a journal of version 2 into one of version 3; no person who is held is let go."""
    for change in _CHANGES:
        db.execute(text(change))
    t.lists.create(db)
    t.listed.create(db)
    _add_canonical_keys(db)
    _add_canonical_pairs(db)
    _read_sentences(db)


def _add_canonical_keys(db: Connection) -> None:
    """Let claims be held also by the form in which addresses are compared from now on; the old keys stay."""
    query = text(
        "SELECT claim_keys.claim, claim_keys.key, claims.state, batches.scope FROM claim_keys "
        "JOIN claims ON claims.id = claim_keys.claim JOIN batches ON batches.id = claims.batch "
        "WHERE claim_keys.key LIKE 'mail:%'"
    )
    keys, held = [], []
    for claim, old, state, scope in db.execute(query).all():
        new = mail_key(old.removeprefix("mail:"))
        if new == old:
            continue
        keys.append({"claim": claim, "key": new, "own": 1})
        if state in HOLDING:
            held.append(line(scope, new, claim))
    t.insert_new(db, t.claim_keys, keys)
    if held:
        hold(db, held)


def _add_canonical_pairs(db: Connection) -> None:
    pairs = db.execute(text("SELECT team, contact, mail FROM aliases")).all()
    addresses: dict[tuple[int, str], set[str]] = {}
    for team, contact, mail in pairs:
        addresses.setdefault((team, contact), set()).add(mail_key(mail.removeprefix("mail:")))
    for (team, contact), mails in sorted(addresses.items()):
        if len(mails) > _MOST_ADDRESSES:
            forget = text("DELETE FROM aliases WHERE team = :team AND contact = :contact")
            db.execute(forget, {"team": team, "contact": contact})
        else:
            t.insert_new(db, t.aliases, [{"team": team, "contact": contact, "mail": mail} for mail in sorted(mails)])


def _read_sentences(db: Connection) -> None:
    kept = db.execute(text("SELECT id, state, words FROM claims WHERE state IN ('unknown', 'not_sent', 'sent')")).all()
    lines = list(_codes(kept))
    if lines:
        db.execute(text("UPDATE claims SET why = :why, words = :words WHERE id = :id"), lines)


def _codes(kept: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for number, state, words in kept:
        for of_state, pattern, why in _SENTENCES:
            match = pattern.fullmatch(words) if of_state == state else None
            if match:
                said = next((group for group in match.groups() if group), "") if pattern.groups else ""
                yield {"id": number, "why": why, "words": said}
                break
