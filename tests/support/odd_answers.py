"""A server that answers every call with the same bytes, whatever they are, and closes."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from typing import Self

from hypothesis import strategies as st

from support.odd_json import BODIES, JSON, REPLIES, TEXTS

_STATUSES = [200, 200, 200, 201, 204, 301, 400, 401, 402, 403, 404, 408, 409, 413, 422, 500, 502, 503, 520, 599, 999]
_HEADER_VALUES = TEXTS | st.sampled_from(
    ["0", "-1", "5", "9" * 400, "1e3", "0x10", "chunked", "gzip", "identity", "close", "Fri, 31 Dec 9999 23:59:59 GMT"]
)
_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            ["Date", "Content-Type", "Content-Length", "Transfer-Encoding", "Content-Encoding", "Location", "X-A"]
        ),
        _HEADER_VALUES,
    ),
    max_size=3,
)


def http(status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> bytes:
    """Return an answer with a length, and further headers as they are."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + body


ANSWERS = (
    st.builds(http, st.sampled_from(_STATUSES), BODIES)
    | st.builds(http, st.sampled_from([200, 201]), BODIES)
    | st.builds(
        lambda status, body, more: http(status, body, tuple(more)), st.sampled_from(_STATUSES), BODIES, _HEADERS
    )
    | st.builds(lambda answer, end: answer[:end], st.builds(http, st.just(200), BODIES), st.integers(0, 200))
    | st.builds(
        lambda start, rest: start + rest, st.sampled_from([b"", b"HTTP/1.1 ", b"HTTP/1.1 200 OK\r\n"]), st.binary()
    )
)
"""Whole answers, answers with odd headers, cut ones, and bytes that are no HTTP."""

LIKELY = st.builds(
    http,
    st.just(200),
    st.builds(lambda value: json.dumps(value).encode(), REPLIES | st.lists(JSON, max_size=3)),
)
"""Answers that a client takes for good ones."""


class AnyServer:
    """A server on loopback; what it answers is set before each call."""

    def __init__(self) -> None:
        self.answer = http(200, b"[]")
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """The address of the API that it stands for."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # a thread that waits for a call is not woken by a close
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join(5)

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                connection.settimeout(5)
                self._read(connection)
                self.calls += 1
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                # what the client still sends is taken, so that no reset eats the answer
                while connection.recv(65_536):
                    pass

    def _read(self, connection: socket.socket) -> None:
        """Read one call with its body."""
        received = b""
        while b"\r\n\r\n" not in received:
            piece = connection.recv(65_536)
            if not piece:
                return
            received += piece
        head, _, body = received.partition(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        while len(body) < length:
            body += connection.recv(65_536)
