"""What Collect said about a claim's request and contact, for result columns that a sheet may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, delete, select

from collect_xl.journal import tables as t
from collect_xl.journal.tables import chunks, insert_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collect_xl.domain.model import RemoteRequest


def keep_details(db: Connection, requests: Mapping[int, RemoteRequest]) -> None:
    """Keep the details of claims' requests; the last ones count.

    Args:
        db: a transaction that writes, and holds these claims.
        requests: claim -> its request as Collect shows it; one without details changes nothing.
    """
    lines = [{"claim": claim, "text": requests[claim].details} for claim in sorted(requests) if requests[claim].details]
    for some in chunks([line["claim"] for line in lines]):
        db.execute(delete(t.details).where(t.details.c.claim.in_(some)))
    insert_lines(db, t.details, lines)


def all_details(db: Connection, *conditions: ColumnElement[bool]) -> dict[int, str]:
    """Return what is kept of claims that meet conditions on ``teams``."""
    joined = t.details.join(t.claims).join(t.batches).join(t.scopes).join(t.teams)
    return dict(db.execute(select(t.details.c.claim, t.details.c.text).select_from(joined).where(*conditions)).all())
