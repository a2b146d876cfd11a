"""One call to the fake Collect and its answer, as values that faults may look at and change."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A call that was read in full."""

    route: str
    """``POST /requests``, ``GET /campaigns/{id}``."""
    number: int
    """1 for the first call of its route."""
    subject: str
    """What stands for ``{id}`` in the path."""
    query: Mapping[str, str]
    body: Any
    """The JSON value, or None."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back."""

    status: int
    body: Any = None
    """A JSON value, or bytes that go out as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw(self, date: str) -> bytes:
        """Return the answer as it goes over the wire."""
        if isinstance(self.body, bytes):
            content = self.body
            kind = "text/html"
        else:
            content = _json(self.body)
            kind = "application/json"
        headers = {"Date": date, "Content-Type": kind, "Content-Length": str(len(content)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} {_phrase(self.status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        # A blank line ends the headers.
        head = "\r\n".join([*lines, "", ""])
        return head.encode("latin-1") + content


def _phrase(status: int) -> str:
    """Return the words of a status; statuses such as 520 are a provider's own."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _json(value: object) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half a surrogate pair exists in JSON as an escape alone.
        return json.dumps(value).encode()


DROP = Answer(0)
"""No answer at all: the connection is closed."""
