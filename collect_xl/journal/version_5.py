"""Version 5 of the journal: which items of a request came in, as of the last look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.journal import tables as t

if TYPE_CHECKING:
    from sqlalchemy import Connection


def to_version_5(db: Connection) -> None:
    """Turn a journal of version 4 into one of version 5, in which no request's items are known yet."""
    t.items.create(db)
