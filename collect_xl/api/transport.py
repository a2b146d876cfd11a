"""The transport below a wire: connections that a clock watches, with the system's trust store and without retries."""

from __future__ import annotations

import contextlib
import functools
import socket
import threading
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidSchema
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

if TYPE_CHECKING:
    from collections.abc import Iterator


class Watchdog:
    """Shuts a connection down when an exchange has lasted too long.

    A read time-out starts again with every byte, so a server that sends one byte a second is never timed out; and TLS
    takes the descriptor away from the socket that was connected. A twin from before TLS reaches the connection in
    every phase, from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._twin: socket.socket | None = None
        self.expired = False
        self.connected = False
        """Whether a connection was ever made, TLS included."""

    def hold(self, fresh: socket.socket) -> None:
        """Watch a socket that was just connected, in place of an earlier one."""
        twin = fresh.dup()
        with self._lock:
            former = self._twin
            self._twin = twin
            # The deadline may have passed while the name was looked up; then nothing may go through any more.
            if self.expired:
                _shut(twin)
        if former is not None:
            former.close()

    @contextlib.contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Give the code inside this many seconds, from now."""
        self.expired = False
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            # A timer that was just firing would otherwise cut the next exchange.
            timer.join()

    def close(self) -> None:
        """End the connection for good; while a twin is open, the other side sees no end."""
        with self._lock:
            twin = self._twin
            self._twin = None
        if twin is not None:
            _shut(twin)
            twin.close()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._twin is not None:
                _shut(self._twin)


class Adapter(HTTPAdapter):
    """requests' transport with the trust store of the operating system, on watched connections, without retries."""

    def __init__(self, watchdog: Watchdog, tls: Any) -> None:  # noqa: ANN401  # an SSLContext; truststore's is none by type
        self._tls = tls
        self._pools = {
            "http": functools.partial(_Pool, watchdog=watchdog),
            "https": functools.partial(_TlsPool, watchdog=watchdog),
        }
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401  # requests' own
        """Make direct connections watched ones, under the system's trust store."""
        super().init_poolmanager(*args, ssl_context=self._tls, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:  # noqa: ANN401  # requests' own
        """Make connections through a proxy watched ones, too; a SOCKS proxy is refused."""
        # A SOCKS proxy's own connections would escape the watchdog.
        if proxy.lower().startswith("socks"):
            raise InvalidSchema("SOCKS")
        manager = super().proxy_manager_for(proxy, ssl_context=self._tls, proxy_ssl_context=self._tls, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  # requests' own
        """Leave verification to the SSL context; requests would add its own bundle of certificates here."""


class _Watched(HTTPConnection):
    """A connection that gives its socket to the watchdog before TLS."""

    def __init__(self, *args: Any, watchdog: Watchdog, **kwargs: Any) -> None:  # noqa: ANN401  # urllib3's own
        super().__init__(*args, **kwargs)
        self._watchdog = watchdog

    def _new_conn(self) -> Any:  # noqa: ANN401  # a socket; urllib3 gives this hook no public type
        fresh = super()._new_conn()
        self._watchdog.hold(fresh)
        return fresh

    def connect(self) -> None:
        super().connect()
        self._watchdog.connected = True


class _WatchedTls(_Watched, HTTPSConnection):
    """The same over TLS: it opens only when the server's certificate was checked."""


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Watched


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedTls


def _shut(twin: socket.socket) -> None:
    # The other side may have gone already.
    with contextlib.suppress(OSError):
        twin.shutdown(socket.SHUT_RDWR)
