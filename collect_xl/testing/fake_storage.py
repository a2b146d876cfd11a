"""The storage of the fake Collect: another server, each of whose links opens one file once."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

StorageFault = Literal["expired", "cut", "longer", "redirect", "busy"]

_STATUSES: Mapping[StorageFault | None, int] = {"expired": 403, "redirect": 302, "busy": 503}


class FakeStorage:
    """Serves files by links; it starts with the first link."""

    def __init__(self) -> None:
        self.faults: list[StorageFault | None] = []
        """What goes wrong with the next calls, in order; None and the end of the list for nothing."""
        self.headers: list[dict[str, str]] = []
        """The headers of every call."""
        self._files: dict[str, bytes] = {}
        self._server: ThreadingHTTPServer | None = None

    def link(self, content: bytes) -> str:
        """Return a URL that gives some bytes once."""
        token = secrets.token_urlsafe(24)
        self._files[token] = content
        return f"http://127.0.0.1:{self._port()}/{token}?X-Amz-Expires=900"

    def take(self, token: str) -> bytes | None:
        """Return what a link opens; None where it opens nothing, or did already."""
        return self._files.pop(token, None)

    def next_fault(self) -> StorageFault | None:
        """Return what goes wrong with this call."""
        return self.faults.pop(0) if self.faults else None

    def close(self) -> None:
        """Stop."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def _port(self) -> int:
        if self._server is None:
            handler = type("_Handler", (_StorageHandler,), {"storage": self})
            self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return int(self._server.server_address[1])


class _StorageHandler(BaseHTTPRequestHandler):
    storage: FakeStorage

    def do_GET(self) -> None:
        self.storage.headers.append(dict(self.headers))
        fault = self.storage.next_fault()
        content = self.storage.take(self.path[1:].partition("?")[0])
        if content is None:
            fault = "expired"
        status = _STATUSES.get(fault, HTTPStatus.OK)
        body = b"<Error/>" if content is None or status != HTTPStatus.OK else content
        if fault == "longer":
            body += b"!"
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if fault == "redirect":
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if fault == "cut" else body)

    def log_message(self, *_: object) -> None:
        """Keep quiet: a library does not print."""


def upload_entry(upload_id: str, name: str, content: bytes, created_at: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON
    """Return a file as the account keeps it: with its bytes, and without a link."""
    return {
        "id": upload_id,
        "createdAt": created_at,
        "name": name,
        "size": len(content),
        "virusScanned": True,
        "content": base64.b64encode(content).decode(),
        **more,
    }


def with_links(request: Mapping[str, Any], storage: FakeStorage) -> dict[str, Any]:
    """Return a request in whose documents each file has a fresh link, unless its state forbids that."""
    documents = []
    for element in request.get("documents", ()):
        uploads = [_shown(upload, storage) for upload in element.get("uploads", ())]
        documents.append({**element, "uploads": uploads})
    return {**request, "documents": documents}


def _shown(upload: Mapping[str, Any], storage: FakeStorage) -> dict[str, Any]:
    shown = {key: value for key, value in upload.items() if key != "content"}
    if "url" not in shown and "status" not in shown:
        shown["url"] = storage.link(base64.b64decode(upload["content"]))
    return shown
