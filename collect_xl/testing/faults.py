"""The faults that the fake Collect can show, each a small value; ``FAULTS`` lists them by name."""

from __future__ import annotations

import random
import socket
import struct
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from collect_xl.testing.exchange import DROP, Answer, Call
from collect_xl.testing.fault import Fault as Fault  # noqa: PLC0414  # offered here, too
from collect_xl.testing.fault import World as World  # noqa: PLC0414  # offered here, too
from collect_xl.testing.partial_work import ColleagueAsks as ColleagueAsks  # noqa: PLC0414  # offered here, too
from collect_xl.testing.partial_work import CreatedLate as CreatedLate  # noqa: PLC0414  # offered here, too
from collect_xl.testing.partial_work import CreatesFirst as CreatesFirst  # noqa: PLC0414  # offered here, too
from collect_xl.testing.partial_work import WorksOn as WorksOn  # noqa: PLC0414  # offered here, too
from collect_xl.testing.spellings import decomposed, with_emails

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass(frozen=True, slots=True)
class DropAfterCreating(Fault):
    """Makes all requests, then closes the connection without an answer."""

    reset: bool = False
    """Whether by RST instead of FIN."""

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Send nothing; with ``reset``, make the close a hard one."""
        del raw, world
        if self.reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


@dataclass(frozen=True, slots=True)
class DropBeforeCreating(Fault):
    """Reads everything, does nothing, closes the connection."""

    def perform(self, call: Call, world: World) -> Answer:
        """Do nothing."""
        del call, world
        return DROP


@dataclass(frozen=True, slots=True)
class Hang(Fault):
    """Says nothing for a while."""

    seconds: float = 3600.0
    created: bool = True
    """Whether the requests are made before."""

    def perform(self, call: Call, world: World) -> Answer:
        """Wait, before the answer goes out."""
        answer = world.perform(call) if self.created else DROP
        return DROP if world.pause(self.seconds) else answer


@dataclass(frozen=True, slots=True)
class Html(Fault):
    """Answers 200 with a page, as a captive portal or a proxy's login does."""

    created: bool = False

    def perform(self, call: Call, world: World) -> Answer:
        """Answer every call with the page."""
        if self.created:
            world.perform(call)
        return Answer(200, b"<!doctype html><title>Sign in</title><p>Please sign in.")


@dataclass(frozen=True, slots=True)
class Status(Fault):
    """Answers with a status: 400, 429 with ``Retry-After``, 307 with ``Location``, 500 after creating, ..."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    created: bool = False
    body: Any = None

    def perform(self, call: Call, world: World) -> Answer:
        """Answer every call with the status."""
        if self.created:
            world.perform(call)
        return Answer(self.status, self.body or {"message": f"fault {self.status}"}, self.headers)


@dataclass(frozen=True, slots=True)
class BadRow(Fault):
    """Refuses the whole batch with 400 as soon as one address is in it."""

    email: str

    def perform(self, call: Call, world: World) -> Answer:
        """Refuse when the address is among the contacts."""
        contacts = call.body.get("contacts", ()) if isinstance(call.body, dict) else ()
        for contact in contacts:
            if isinstance(contact, dict) and contact.get("email") == self.email:
                return Answer(400, {"message": f"{self.email} is not valid"})
        return world.perform(call)


@dataclass(frozen=True, slots=True)
class Shuffled(Fault):
    """Answers with the requests and contacts in another order."""

    seed: int = 1

    def reshape(self, answer: Answer) -> Answer:
        """Mix both lists."""
        order = random.Random(self.seed)  # noqa: S311  # the same disorder in every run
        mixed = dict(answer.body)
        for key in ("requests", "contacts"):
            entries = mixed[key]
            mixed[key] = order.sample(entries, len(entries))
        return replace(answer, body=mixed)


@dataclass(frozen=True, slots=True)
class Fewer(Fault):
    """Makes all requests, but its answer lists fewer."""

    missing: int = 1

    def reshape(self, answer: Answer) -> Answer:
        """Leave the first ones out."""
        requests = answer.body["requests"][self.missing :]
        return replace(answer, body={**answer.body, "requests": requests})


@dataclass(frozen=True, slots=True)
class Complains(Fault):
    """Makes no request for the first contact, and says so in one of many shapes."""

    shape: Literal["text", "email", "nested", "index", "contactId", "nameless", "alone"] = "text"

    def perform(self, call: Call, world: World) -> Answer:
        """Make the other requests, and complain."""
        first, *others = call.body["contacts"]
        answer = world.perform(replace(call, body={**call.body, "contacts": others}))
        name = first if isinstance(first, str) else first["email"]
        return replace(answer, body={**answer.body, "errors": _ERRORS[self.shape](name)})


_ERRORS: Mapping[str, Callable[[str], object]] = {
    "text": lambda name: [f"Could not send to {name}."],
    "email": lambda name: [{"email": name.upper(), "reason": "bounced before"}],
    "nested": lambda name: [{"error": {"details": [{"contact": {"email": name}}]}}],
    "index": lambda _: [{"index": 0, "message": "not sent"}],
    "contactId": lambda name: [{"contactId": name, "message": "not found"}],
    "nameless": lambda _: ["something went wrong", None, 7],
    "alone": lambda name: {name: "not sent"},
}


@dataclass(frozen=True, slots=True)
class OtherCase(Fault):
    """Echoes addresses in capitals."""

    def reshape(self, answer: Answer) -> Answer:
        """Write every address in capitals."""
        return replace(answer, body=with_emails(answer.body, str.upper))


@dataclass(frozen=True, slots=True)
class OtherSpelling(Fault):
    """Shows addresses in another spelling of the same mailbox, in replies and lists: see ``spellings``."""

    change: Callable[[str], str] = decomposed

    def reshape(self, answer: Answer) -> Answer:
        """Write every address in the other spelling."""
        return replace(answer, body=with_emails(answer.body, self.change))


@dataclass(frozen=True, slots=True)
class OtherEmail(Fault):
    """Echoes other addresses than were sent, as an example in Collect's own documentation does."""

    def reshape(self, answer: Answer) -> Answer:
        """Change every address."""
        return replace(answer, body=with_emails(answer.body, lambda email: f"other.{email}"))


@dataclass(frozen=True, slots=True)
class Reshaped(Fault):
    """Answers what a function makes of the proper JSON."""

    change: Callable[[Any], Any]

    def reshape(self, answer: Answer) -> Answer:
        """Apply the function."""
        return replace(answer, body=self.change(answer.body))


@dataclass(frozen=True, slots=True)
class Ignores(Fault):
    """Does not look at a part of the query: ``offset`` gives the same page for ever."""

    field: str = "offset"

    def perform(self, call: Call, world: World) -> Answer:
        """Answer as if that part had not been in the query."""
        query = {name: value for name, value in call.query.items() if name != self.field}
        return world.perform(replace(call, query=query))


@dataclass(frozen=True, slots=True)
class Cut(Fault):
    """Closes the connection after some bytes of the answer."""

    at: int

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Send the first bytes."""
        del world
        connection.sendall(raw[: self.at])


@dataclass(frozen=True, slots=True)
class Drip(Fault):
    """Sends the answer byte by byte, so that no read ever times out."""

    seconds: float = 0.2
    """Between two bytes."""
    whole: int = 0
    """How many bytes go out at once before."""

    def deliver(self, raw: bytes, connection: socket.socket, world: World) -> None:
        """Send byte by byte, until the client is gone or the server closes."""
        connection.sendall(raw[: self.whole])
        for byte in raw[self.whole :]:
            connection.sendall(bytes([byte]))
            if world.pause(self.seconds):
                return


FAULTS: Mapping[str, Fault] = {
    "drop-after": DropAfterCreating(),  # made, without an answer
    "reset-after": DropAfterCreating(reset=True),
    "drop-before": DropBeforeCreating(),  # not made, without an answer
    "hang": Hang(),
    "html": Html(),
    "bad-request": Status(400),
    "unauthorised": Status(401),
    "forbidden": Status(403),
    "not-found": Status(404),
    "too-many": Status(429, {"Retry-After": "1"}),
    "redirect": Status(307, {"Location": "/requests"}),
    "error-after": Status(500, created=True),
    "maintenance": Status(503),
    "shuffled": Shuffled(),
    "fewer": Fewer(),
    "complains": Complains(),
    "other-case": OtherCase(),
    "other-email": OtherEmail(),
    "other-spelling": OtherSpelling(),
    "late": CreatedLate(),
    "creates-first": CreatesFirst(1, 400),  # some made, and refused
    "works-on": WorksOn(),  # 504, and made a while later
    "colleague": ColleagueAsks("colleagues.client@example.org"),
    "drip": Drip(),
    "ignores-offset": Ignores(),  # for GETs
}
"""Faults by name, for `collect-xl sandbox` and for tests that go through them all."""
