"""What a fault of the fake Collect is, and what it may use of the server."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from collect_xl.testing.exchange import Answer, Call

if TYPE_CHECKING:
    from collections.abc import Callable


class World(Protocol):
    """What a fault may use of the server."""

    def perform(self, call: Call) -> Answer:
        """Do what the call asks, and return the proper answer."""

    def later(self, seconds: float, job: Callable[[], object]) -> None:
        """Do something after a while, or when ``hasten`` is called."""

    def pause(self, seconds: float) -> bool:
        """Wait; return True when the server is closing and the wait is over early."""


@dataclass(frozen=True, slots=True)
class Fault:
    """No fault at all; each fault overrides what it spoils."""

    def perform(self, call: Call, world: World) -> Answer:
        """Do what the call asks, or not."""
        return self.reshape(world.perform(call))

    def reshape(self, answer: Answer) -> Answer:
        """Change the answer to a call that was done."""
        return answer

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Send the bytes of the answer, or not. Closing is the server's business."""
        del world
        connection.sendall(raw)

    @property
    def spoils_delivery(self) -> bool:
        """Whether the client may wait for bytes that never come, so that the connection has to end."""
        return type(self).deliver is not Fault.deliver
