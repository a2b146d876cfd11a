"""A journal that several computers share: what a PostgreSQL server must promise before it is trusted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import Connection as SqlConnection
from sqlalchemy import Engine, create_engine, event, text

from collect_xl.errors import JournalError

if TYPE_CHECKING:
    from psycopg import Connection
    from sqlalchemy import URL

# What keeps a commit from being lost when the server loses its power.
DURABLE: Final = {
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"local", "remote_write", "on", "remote_apply"},
}
WRITES: Final = "collect_xl_writes"
"""The execution option of transactions that write."""
MAX_SKEW: Final = timedelta(seconds=30)
"""By how much a computer's clock may differ from the server's: half a lease, far below the settle window."""


def engine_of(url: URL, seconds: int, password: str | None = None) -> Engine:
    """Return the engine.

    Args:
        url: with the driver named.
        seconds: how long to wait for the server, and for other writers.
        password: of the server's user; None leaves it to PostgreSQL's own library.
    """
    # TCP's own patience with a server that vanished is measured in hours.
    patience = {"connect_timeout": seconds, "tcp_user_timeout": 3 * seconds * 1000, "application_name": "collect-xl"}
    secret = {} if password is None else {"password": password}
    try:
        # Without hide_parameters an error would show people's addresses.
        engine = create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=patience | secret)
    except ModuleNotFoundError as error:
        raise JournalError(
            "A send history on PostgreSQL needs the driver psycopg, which is not installed.",
            tip='Install it: pip install "collect-xl[postgres]".',
        ) from error
    settings = (
        f"SET lock_timeout = '{seconds}s'",
        f"SET statement_timeout = '{6 * seconds}s'",
    )
    event.listen(engine, "connect", lambda connection, _record: _set_up(connection, settings))
    event.listen(engine, "begin", _wait_for_the_disk)
    return engine


def require_trustworthy(engine: Engine) -> None:
    """Refuse a server that may lose commits, or whose clock and ours do not agree."""
    with engine.execution_options(**{WRITES: True}).begin() as db:
        for name, harmless in DURABLE.items():
            value = db.execute(text(f"SHOW {name}")).scalar_one()
            if value not in harmless:
                raise JournalError(
                    f"The send history's PostgreSQL server may lose what was committed: {name} is {value}.",
                    tip=f"Ask its keeper to set {name} = on. Nothing was sent.",
                )
        server_time = db.execute(text("SELECT clock_timestamp()")).scalar_one()
        skew = abs(server_time - datetime.now(UTC))
    if skew > MAX_SKEW:
        raise JournalError(
            f"The clocks of this computer and the send history's server differ by {skew.total_seconds():.0f} seconds.",
            tip="Set this computer's clock by the network, then run the same command again. Nothing was sent.",
        )


def _wait_for_the_disk(connection: SqlConnection) -> None:
    """Make a transaction that writes wait for the disk; stronger settings stay.

    It is set in each transaction and not once in the session, because a pooler may give every transaction another one.
    """
    if connection.get_execution_options().get(WRITES):
        connection.exec_driver_sql(
            "SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off'"
        )


def _set_up(connection: Connection, settings: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for setting in settings:
            cursor.execute(setting.encode())
    connection.commit()
