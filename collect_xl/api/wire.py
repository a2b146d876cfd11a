"""One conversation with one server: one connection at a time, a deadline for each exchange, nothing repeated."""

from __future__ import annotations

import ssl
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import requests
from requests import exceptions as of_requests
from requests.auth import HTTPBasicAuth
from requests.utils import get_environ_proxies
from urllib3 import exceptions as of_urllib3

from collect_xl.api.address import is_loopback
from collect_xl.api.redaction import Redaction
from collect_xl.api.transport import Adapter, Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from types import TracebackType

ASKING: Mapping[str, str] = {
    "User-Agent": f"collect-xl/{version('collect-xl')}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",  # one way less for an answer to be unreadable
}

POSTING: Mapping[str, str] = {
    **ASKING,
    "Content-Type": "application/json",
    "Connection": "close",  # a connection that carried a POST is never used again
}

_LARGEST_REPLY = 8 * 2**20
"""Bytes; a page of 100 requests measures about 100 KB."""

_LARGEST_OFFSET = 2 * 86_400.0
"""Seconds; a server whose date is further away has a broken clock, and says nothing of ours."""

_SUCCESS = range(200, 300)

_TOO_LATE = "no whole answer came within the time allowed"

_WORDS: tuple[tuple[tuple[type[BaseException], ...], str], ...] = (
    ((of_urllib3.NameResolutionError,), "the server's name could not be looked up"),
    ((of_urllib3.ProxyError,), "the proxy did not make a connection"),
    ((ssl.SSLCertVerificationError,), "the server's certificate is not trusted by this computer"),
    ((ssl.SSLError, of_urllib3.SSLError), "the secure connection failed"),
    ((of_urllib3.NewConnectionError, ConnectionRefusedError), "no connection could be made"),
    ((of_urllib3.ConnectTimeoutError,), "no connection was made within the time allowed"),
    ((of_urllib3.ReadTimeoutError, TimeoutError), "no answer came within the time allowed"),
    ((of_urllib3.IncompleteRead,), "the answer was cut off"),
    ((of_urllib3.DecodeError,), "the answer could not be decompressed"),
    ((ConnectionError,), "the connection was closed before an answer came"),
    ((of_requests.InvalidSchema,), "this kind of proxy is not supported"),
    ((of_urllib3.ProtocolError,), "what came back is no HTTP answer"),
)
"""Looked up in this order over the whole chain of an exception: the first kind that occurs anywhere in it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds."""

    connect: float
    """For a connection, and for sending."""
    read: float
    """Between two pieces of an answer."""
    deadline: float
    """For the whole exchange."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer whose status line and headers came."""

    status: int
    headers: Mapping[str, str]
    """Looked up without regard to case."""
    body: bytes
    trouble: str = ""
    """Why the body is not whole, in words; empty when it is."""
    has_end: bool = True
    """Whether the answer said where it ends, by a length or a last chunk; else it may have been cut anywhere."""
    server_offset: float | None = None
    """Seconds from our clock to the server's."""

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx; the body may still be in trouble."""
        return self.status in _SUCCESS


class BrokenError(Exception):
    """An exchange without an answer."""

    def __init__(self, words: str, *, connected: bool) -> None:
        super().__init__(words)
        self.words = words
        self.connected = connected
        """Whether a connection stood, so that something may have gone through it."""


class WithheldError(Exception):
    """The body was not let out; not one byte of it left.

    It is no OSError, so that no library takes it for the network's.
    """


class GuardedBody:
    """A body that asks its guard before the first byte leaves.

    The transport asks for it only when the connection is open and the headers are out. A process may be stopped for
    hours between its claim and its POST; the guard re-reads the claim at the last moment before people are mailed.
    Sample usage::

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


class Wire:
    """A conversation with one server.

    The transport adapter is used without a session: no redirects, cookies or ``.netrc`` exist here.

    Args:
        address: the API's, normalised.
        key: the API key; goes nowhere but into the ``Authorization`` header.
        limits: seconds.
        tls: the SSL context for https, None for http.
        turn: asked before each exchange for the seconds to wait first.
        key_first: whether the key is the user, and not the password of an empty user.
    """

    def __init__(
        self,
        address: str,
        key: str,
        limits: Limits,
        tls: Any,  # noqa: ANN401  # see Adapter
        turn: Callable[[], float] = lambda: 0.0,
        *,
        key_first: bool = False,
    ) -> None:
        self._address = address
        secret = key.encode(errors="surrogateescape")
        self._auth = HTTPBasicAuth(secret, b"") if key_first else HTTPBasicAuth(b"", secret)
        self._redaction = Redaction(secret)
        self._limits = limits
        self._turn = turn
        self._watchdog = Watchdog()
        self._adapter = Adapter(self._watchdog, tls)
        self.server_offset: float | None = None
        """Seconds from our clock to the server's, by its last ``Date`` header."""
        self.round_trip = 0.0
        """Seconds; the longest exchange so far."""
        self.received = 0
        """Bytes of all answers so far."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._adapter.close()
        self._watchdog.close()

    def exchange(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        query: Mapping[str, str] | None = None,
        body: GuardedBody | None = None,
    ) -> Reply:
        """Send one request once, and return whatever answer came.

        Raises:
            BrokenError: no answer came.
            WithheldError: the body's guard said no.
        """
        request = requests.Request(
            method, self._address + path, headers=dict(headers), params=dict(query or {}), data=body, auth=self._auth
        )
        time.sleep(self._turn())
        started = time.time()
        with self._watchdog.limit(self._limits.deadline):
            try:
                reply = self._send(request.prepare(), started)
            except WithheldError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it was, the caller must learn how far it got
                words = words_of(error, expired=self._watchdog.expired)
                # Without its cause, whose text may hold addresses and people.
                raise BrokenError(words, connected=self._watchdog.connected) from None
        self.round_trip = max(self.round_trip, time.time() - started)
        return reply

    def _send(self, request: requests.PreparedRequest, started: float) -> Reply:
        timeout = (self._limits.connect, self._limits.read)
        response = self._adapter.send(request, stream=True, timeout=timeout, proxies=self._proxies())
        with response:
            offset = _server_offset(response, started)
            if offset is not None:
                self.server_offset = offset
            # Asked before the body is read, which counts what is left of the length down.
            has_end = response.raw.chunked or response.raw.length_remaining is not None
            body, trouble = self._read(response)
        self.received += len(body)
        # A careless server may repeat the key, which would then go into sheet, journal and messages.
        safe_body = self._redaction.apply(body)
        return Reply(response.status_code, response.headers, safe_body, trouble, has_end, offset)

    def _read(self, response: requests.Response) -> tuple[bytes, str]:
        """Return the body as far as it came, and why it is not whole."""
        body = bytearray()
        try:
            for piece in response.iter_content(2**16):
                body += piece
                if len(body) > _LARGEST_REPLY:
                    return bytes(body), "the answer is larger than any that Collect gives"
        except Exception as error:  # noqa: BLE001  # the status line is known and may prove enough
            return bytes(body), words_of(error, expired=self._watchdog.expired)
        # A connection that the watchdog cut may look like the end of a body without a length.
        trouble = _TOO_LATE if self._watchdog.expired else ""
        return bytes(body), trouble

    def _proxies(self) -> dict[str, str]:
        host = urlsplit(self._address).hostname or ""
        if is_loopback(host):
            return {}
        return dict(get_environ_proxies(self._address, no_proxy=None))


def words_of(error: BaseException, *, expired: bool) -> str:
    """Return what happened, in words without any detail of the call.

    Args:
        error: what requests or urllib3 raised; its real cause is often wrapped three deep.
        expired: whether our own deadline had passed, and so caused it.
    """
    if expired:
        return _TOO_LATE
    chain = tuple(_chain(error))
    for kinds, words in _WORDS:
        if any(isinstance(link, kinds) for link in chain):
            return words
    return "the call failed"


def http_date(text: str | None) -> datetime | None:
    """Return the moment that a header names, in UTC; None where there is none to read."""
    try:
        at = parsedate_to_datetime(text or "")
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _server_offset(response: requests.Response, started: float) -> float | None:
    """Return the seconds from our clock to the server's; None where its date cannot be read or believed."""
    date = http_date(response.headers.get("Date"))
    if date is None:
        return None
    # The server wrote its date somewhere between our two moments.
    middle = (started + time.time()) / 2
    offset = date.timestamp() - middle
    # It is kept for good with the batch, and moves the time in which its requests are looked for.
    return offset if abs(offset) <= _LARGEST_OFFSET else None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an exception and what it wraps: as cause, as ``reason``, or in its arguments."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop()
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [link.__cause__, link.__context__, getattr(link, "reason", None), *link.args]
