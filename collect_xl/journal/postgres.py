"""A journal that several computers share: what a PostgreSQL server must promise before it is trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Engine, create_engine, event, text

from collect_xl.errors import JournalError

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import URL

__all__ = ["engine_of", "require_trustworthy"]

# What keeps a commit from being lost when the server loses its power.
DURABLE: Final = {"fsync": "on", "full_page_writes": "on"}
MAX_SKEW: Final = timedelta(seconds=30)
"""By how much a computer's clock may differ from the server's: half a lease, far below the settle window."""


def engine_of(url: URL, seconds: int) -> Engine:
    """Return the engine.

    Args:
        url: with the driver named.
        seconds: how long to wait for the server, and for other writers.
    """
    # TCP's own patience with a server that vanished is measured in hours.
    patience = {"connect_timeout": seconds, "tcp_user_timeout": 3 * seconds * 1000, "application_name": "collect-xl"}
    try:
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=patience)
    except ModuleNotFoundError as error:
        raise JournalError(
            "A journal on PostgreSQL needs the driver psycopg, which is not installed.",
            tip='Install it: pip install "collect-xl[postgres]".',
        ) from error
    settings = (
        # A session that would not wait for the disk is made to; stronger settings stay.
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'",
        f"SET lock_timeout = '{seconds}s'",
        f"SET statement_timeout = '{6 * seconds}s'",
    )
    event.listen(engine, "connect", lambda connection, _record: _set_up(connection, settings))
    return engine


def require_trustworthy(engine: Engine) -> None:
    """Raise ``JournalError`` when the server may lose commits, or when its clock and ours do not agree."""
    with engine.begin() as db:
        for name, expected in DURABLE.items():
            if (found := db.execute(text(f"SHOW {name}")).scalar_one()) != expected:
                raise JournalError(
                    f"The journal's PostgreSQL server may lose what was committed: {name} is {found}.",
                    tip=f"Ask its keeper to set {name} = {expected}. Nothing was sent.",
                )
        skew = abs(db.execute(text("SELECT clock_timestamp()")).scalar_one() - datetime.now(UTC))
    if skew > MAX_SKEW:
        raise JournalError(
            f"This computer's clock and that of the journal's server differ by {skew.total_seconds():.0f} seconds.",
            tip="Set this computer's clock by the network, then run the same command again. Nothing was sent.",
        )


def _set_up(connection: Connection, settings: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for setting in settings:
            cursor.execute(setting.encode())
    connection.commit()
