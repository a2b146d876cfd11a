"""The clock over one exchange: it cuts the connection at the deadline, however busily the other side drips."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Watchdog"]


class Watchdog:
    """Holds a twin of the newest socket, and shuts the connection down when the exchange has lasted too long.

    A read time-out runs anew with every byte, so a server that sends one byte a second is never timed out; and TLS
    takes the descriptor away from the socket that was connected. A twin from before TLS reaches the connection in
    every phase, from any thread.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._twin: socket.socket | None = None
        self.expired = False

    def hold(self, fresh: socket.socket) -> None:
        """Watch a socket that was just connected, in place of an earlier one."""
        twin = fresh.dup()
        with self._lock:
            former, self._twin = self._twin, twin
            if self.expired:  # the deadline passed while the name was looked up
                _shut(twin)
        if former is not None:
            former.close()

    @contextlib.contextmanager
    def limit(self, seconds: float) -> Iterator[None]:
        """Give what runs inside so many seconds, from now."""
        self.expired = False
        timer = threading.Timer(seconds, self._expire)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # else a timer that was just firing would cut the next exchange

    def close(self) -> None:
        """End the connection for good: as long as a twin is open, the other side sees no end."""
        with self._lock:
            twin, self._twin = self._twin, None
        if twin is not None:
            _shut(twin)
            twin.close()

    def _expire(self) -> None:
        with self._lock:
            self.expired = True
            if self._twin is not None:
                _shut(self._twin)


def _shut(twin: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side may have gone already
        twin.shutdown(socket.SHUT_RDWR)
