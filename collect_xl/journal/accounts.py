"""What each user last learned of an account, for checks without a network."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import Connection, select, update

from collect_xl.domain.model import Account, Campaign, Team, User
from collect_xl.journal import tables as t
from collect_xl.journal.tables import insert_new

if TYPE_CHECKING:
    from datetime import datetime


def keep_account(db: Connection, account: Account, who: str, at: datetime) -> None:
    """Keep what a user learned of an account."""
    mine = (t.accounts.c.origin == account.origin) & (t.accounts.c.who == who)
    line = {"at": at, "json": json.dumps(asdict(account), ensure_ascii=False)}
    insert_new(db, t.accounts, [{"origin": account.origin, "who": who, **line}])
    db.execute(update(t.accounts).where(mine).values(line))


def last_account(db: Connection, origin: str, who: str) -> Account | None:
    """Return what a user last learned of the account at an address, or None."""
    mine = (t.accounts.c.origin == origin) & (t.accounts.c.who == who)
    text = db.execute(select(t.accounts.c.json).where(mine)).scalar_one_or_none()
    return None if text is None else account_of(text)


def account_of(text: str) -> Account:
    """Return the account that was kept as JSON."""
    kept = json.loads(text)
    return Account(
        origin=kept["origin"],
        team=Team(**kept["team"]),
        campaigns=tuple(Campaign(**each) for each in kept["campaigns"]),
        users=tuple(User(**each) for each in kept["users"]),
        items=kept.get("items", {}),  # absent in what an older release kept, as is the next
        key_first=kept.get("key_first", ""),
    )
