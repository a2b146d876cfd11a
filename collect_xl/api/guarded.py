"""The body of a POST that asks for leave before its first byte goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["GuardedBody", "WithheldError"]


class WithheldError(Exception):
    """The body was not let out; not one byte of it left. No OSError, so that no library takes it for the network's."""


class GuardedBody:
    """A body with a length, which the transport asks for only when the connection stands and the headers are out.

    A process may be stopped for hours between its claim and its POST; the guard re-reads the claim at the last moment
    before people are mailed. Sample usage::

        body = GuardedBody(b"{}", lambda: journal.still_mine(ticket))
    """

    def __init__(self, data: bytes, guard: Callable[[], bool]) -> None:
        self._data = data
        self._guard = guard
        self.released = False
        """Whether any byte may have left; from then on the outcome is open."""
        self.failure: BaseException | None = None
        """What the guard raised, if it raised."""

    def __len__(self) -> int:
        return len(self._data)

    def __iter__(self) -> Iterator[bytes]:
        if not self._may_leave():
            raise WithheldError
        self.released = True
        yield self._data

    def _may_leave(self) -> bool:
        try:
            return self._guard()
        except Exception as error:
            self.failure = error
            raise WithheldError from error
