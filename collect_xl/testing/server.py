"""The fake Collect's server: loopback only, the standard library only."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import parse_qsl, urlsplit

from collect_xl.testing.account import Accepted, FakeAccount, RefusedError
from collect_xl.testing.exchange import DROP, Answer, Call
from collect_xl.testing.fault import Fault
from collect_xl.testing.routes import ROUTES, find_route
from collect_xl.testing.spellings import CreatedStyle, with_created

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

_Rule = Callable[[Call], Fault | None]


class FakeCollect:
    """A Collect of one's own, for tests, demo and sandbox.

    Args:
        port: 0 takes a free one.
        seed: of the ids; equal seeds give equal accounts.
        key: the API key that it accepts.
        clock_offset: seconds by which its clock is ahead of ours.
        date_offset: seconds by which its ``Date`` header is ahead of its own clock, which stamps ``createdAt``.
        created_style: how it shows ``createdAt``.
        list_lag: seconds before a new request is in lists; by its id it is found at once.
        latency: seconds that it thinks before each answer.
        file: keeps the account between runs; None keeps nothing.
    """

    def __init__(  # noqa: PLR0913  # each is a switch of its own, passed by name
        self,
        *,
        port: int = 0,
        seed: int = 0,
        key: str = "sandbox-key",
        clock_offset: float = 0.0,
        date_offset: float = 0.0,
        created_style: CreatedStyle = "exact",
        list_lag: float = 0.0,
        latency: float = 0.0,
        file: Path | None = None,
    ) -> None:
        self.key = key
        self.clock_offset = clock_offset
        self.date_offset = date_offset
        self.created_style: CreatedStyle = created_style
        self.latency = latency
        self.key_first = False
        """Whether it takes the key as the user, and not as the password of an empty user."""
        self.account = FakeAccount(self.now, seed=seed, file=file)
        self.list_lag = list_lag
        self.calls: list[Call] = []
        """Every call that was read in full and let in, in order."""
        self._counts: Counter[str] = Counter()
        self._rules: list[_Rule] = []
        self._late: list[_Late] = []
        self._closing = threading.Event()
        self._server = _Server(self, port)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def url(self) -> str:
        """The address to give to the tool."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    @property
    def campaign(self) -> str:
        """The id of the open campaign."""
        return self.campaign_like("open")

    @property
    def list_lag(self) -> float:
        """Seconds before a new request is in lists."""
        return self.account.list_lag

    @list_lag.setter
    def list_lag(self, seconds: float) -> None:
        self.account.list_lag = seconds

    @property
    def accepted(self) -> list[Accepted]:
        """Every request that was ever made, in order: the people who would have been mailed."""
        with self.account.lock:
            return list(self.account.accepted)

    @property
    def posts(self) -> list[Call]:
        """The calls that ask to make requests."""
        # Calls may arrive while this is read.
        calls = list(self.calls)
        return [call for call in calls if call.route == "POST /requests"]

    def campaign_like(self, status: str) -> str:
        """Return the id of the first campaign of a status: ``open``, ``closed``, ``archived``."""
        campaigns = self.account.campaigns.items()
        return next(campaign_id for campaign_id, campaign in campaigns if campaign["status"] == status)

    def now(self) -> datetime:
        """Return the time by the fake's clock."""
        return datetime.now(UTC) + timedelta(seconds=self.clock_offset)

    def on(
        self,
        fault: Fault,
        *,
        route: str = "POST /requests",
        nth: int | Collection[int] | None = None,
        when: Callable[[Call], bool] = lambda _: True,
    ) -> None:
        """Show a fault on certain calls; the first rule that fits holds.

        Args:
            fault: one of ``faults``, or your own.
            route: such as ``GET /requests``.
            nth: which calls of the route, from 1; None for all.
            when: a further condition.
        """
        numbers = {nth} if isinstance(nth, int) else nth

        def rule(call: Call) -> Fault | None:
            if call.route != route:
                return None
            if numbers is not None and call.number not in numbers:
                return None
            return fault if when(call) else None

        self._rules.append(rule)

    def hasten(self) -> None:
        """Do now what was put off, such as the requests of ``CreatedLate``."""
        for late in self._late:
            late.run()

    def close(self) -> None:
        """Stop, end what hangs, and forget what was put off."""
        self._closing.set()
        for late in self._late:
            late.cancel()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
        self._server.end()
        self.account.storage.close()
        self.account.save()

    def perform(self, call: Call) -> Answer:
        """Do what a call asks, and return the proper answer."""
        try:
            with self.account.lock:
                result = ROUTES[call.route](self.account, call)
                # A copy: the account goes on changing while the answer waits for a fault to deliver it.
                body = json.loads(json.dumps(result))
        except RefusedError as refusal:
            return Answer(refusal.status, {"message": str(refusal)})
        if not call.route.startswith("GET"):
            self.account.save()
        return Answer(200, with_created(body, self.created_style, self.account.team["tz"]))

    def later(self, seconds: float, job: Callable[[], object]) -> None:
        """Do something after a while, or when ``hasten`` is called."""
        self._late.append(_Late(seconds, job))

    def pause(self, seconds: float) -> bool:
        """Wait; return True when the server is closing and the wait is over early."""
        return self._closing.wait(seconds)

    def answer(self, call: Call) -> tuple[Answer, Fault]:
        """Return what goes back to a call, and the fault that delivers it."""
        self.calls.append(call)
        self.pause(self.latency)
        fault = self._fault_for(call)
        return fault.perform(call, self), fault

    def _fault_for(self, call: Call) -> Fault:
        for rule in self._rules:
            fault = rule(call)
            if fault is not None:
                return fault
        return Fault()

    def numbered(self, route: str) -> int:
        """Count a call of a route, and return its number."""
        with self.account.lock:
            self._counts[route] += 1
            return self._counts[route]

    def lets_in(self, authorization: str | None) -> bool:
        """Return whether a header is exactly Basic authentication, with the key as the password or as the user."""
        plain = f"{self.key}:" if self.key_first else f":{self.key}"
        credentials = base64.b64encode(plain.encode()).decode()
        return authorization == f"Basic {credentials}"


def serve_forever(
    port: int = 0, file: Path | None = None, *, started: Callable[[FakeCollect], object] = lambda _: None
) -> None:
    """Run a fake Collect until the process is interrupted.

    Args:
        port: 0 takes a free one.
        file: keeps the account between runs.
        started: called with the server as soon as it listens, to show address and key.
    """
    with FakeCollect(port=port, file=file) as collect:
        started(collect)
        while not collect.pause(3600.0):
            pass


class _Late:
    """A job that is done once: after a while, or earlier when asked."""

    def __init__(self, seconds: float, job: Callable[[], object]) -> None:
        self._once = threading.Lock()
        self._job = job
        self._timer = threading.Timer(seconds, self.run)
        self._timer.daemon = True
        self._timer.start()

    def run(self) -> None:
        if self._once.acquire(blocking=False):
            self._job()

    def cancel(self) -> None:
        self._timer.cancel()
        self._timer.join()


class _Server(ThreadingHTTPServer):
    """The listening socket, which knows its open connections so that it can end them."""

    # They are waited for, so that a test leaves no thread behind.
    daemon_threads = False
    request_queue_size = 64

    def __init__(self, collect: FakeCollect, port: int) -> None:
        self.collect = collect
        self._open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's own
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401  # socketserver's own
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401  # socketserver's own
        """Say nothing when a client goes away in the middle; that is what these tests are about."""

    def end(self) -> None:
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        self._serve()

    do_POST = do_PATCH = do_GET  # noqa: N815  # the names that http.server looks for

    def log_message(self, *_: object) -> None:
        """Keep quiet: a library does not print."""

    def _serve(self) -> None:
        collect = self.server.collect
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        # The client went away before its request was whole, so it asked for nothing.
        if len(body) < length:
            self.close_connection = True
            return
        answer, fault = self._answer(body)
        if answer.status == DROP.status:
            self.close_connection = True
            return
        date = collect.now() + timedelta(seconds=collect.date_offset)
        raw = answer.raw(format_datetime(date, usegmt=True))
        fault.deliver(raw, self.connection, collect)
        # A fault that spoilt the delivery has to end the connection, or the client would wait for the rest. After any
        # other it stays open: closed silently, it would fail the client's next question, too.
        if fault.spoils_delivery or "close" in answer.headers.get("Connection", ""):
            self.close_connection = True

    def _answer(self, body: bytes) -> tuple[Answer, Fault]:
        """Return the answer to the request, and the fault that delivers it."""
        collect = self.server.collect
        if not collect.lets_in(self.headers.get("Authorization")):
            return Answer(401, {"message": "wrong API key"}), Fault()
        call = self._call(body)
        if call is None:
            return Answer(404, {"message": "no such endpoint"}), Fault()
        return collect.answer(call)

    def _call(self, body: bytes) -> Call | None:
        collect = self.server.collect
        parts = urlsplit(self.path)
        match = find_route(self.command, parts.path)
        if match is None:
            return None
        route, subject = match
        return Call(
            route=route,
            number=collect.numbered(route),
            subject=subject,
            query=dict(parse_qsl(parts.query)),
            body=_json(body),
            at=collect.now(),
        )


def _json(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None
