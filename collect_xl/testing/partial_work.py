"""Faults in what is done: some of it, all of it a while later, or more than was asked for."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from collect_xl.testing.exchange import DROP, Answer, Call
from collect_xl.testing.fault import Fault, World


@dataclass(frozen=True, slots=True)
class CreatesFirst(Fault):
    """Makes requests for the first contacts of a batch, then answers with a status; ``Status`` does it for all."""

    count: int
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def perform(self, call: Call, world: World) -> Answer:
        """Make the first ones, and answer with the status."""
        first = call.body["contacts"][: self.count]
        if first:
            world.perform(replace(call, body={**call.body, "contacts": first}))
        body = {"message": f"fault {self.status}"} if self.body is None else self.body
        return Answer(self.status, body, self.headers)


@dataclass(frozen=True, slots=True)
class CreatedLate(Fault):
    """Drops the connection, and makes the requests only a while later."""

    seconds: float = 3600.0
    """Or earlier, when the test calls ``hasten``."""

    def perform(self, call: Call, world: World) -> Answer:
        """Put the work off, and say nothing."""
        world.later(self.seconds, lambda: world.perform(call))
        return DROP


@dataclass(frozen=True, slots=True)
class WorksOn(Fault):
    """Answers with a status, as a gateway does that waits no longer, while the work goes on behind it."""

    status: int = 504
    seconds: float = 3600.0
    """Until the requests are made, or earlier, when the test calls ``hasten``."""

    def perform(self, call: Call, world: World) -> Answer:
        """Put the work off, and answer at once."""
        world.later(self.seconds, lambda: world.perform(call))
        return Answer(self.status, {"message": f"fault {self.status}"})


@dataclass(frozen=True, slots=True)
class ColleagueAsks(Fault):
    """Makes a request of a colleague's in the same campaign while a batch is sent."""

    contact: str | Mapping[str, Any]
    """The person that the colleague asks: an address, or what ``contacts`` may hold."""
    before: bool = True
    """Whether the colleague is quicker than the batch."""
    then: Fault = field(default_factory=Fault)
    """What happens to the batch itself."""

    def perform(self, call: Call, world: World) -> Answer:
        """Do what the call asks, and what the colleague asks."""
        is_address = isinstance(self.contact, str) and "@" in self.contact
        contact = {"email": self.contact} if is_address else self.contact
        theirs = replace(call, body={"campaignId": call.body["campaignId"], "contacts": [contact]})
        if self.before:
            world.perform(theirs)
        answer = self.then.perform(call, world)
        if not self.before:
            world.perform(theirs)
        return answer

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Deliver as the batch's own fault does."""
        self.then.deliver(raw, connection, world)

    @property
    def spoils_delivery(self) -> bool:
        """Whether the batch's own fault does."""
        return self.then.spoils_delivery
