"""What each answer to a POST proves, whole and cut at many bytes: the law is design section 5."""

import json

from support.fault_server import answer, chunked

MADE = json.dumps(
    {"requests": [{"_id": "r1", "contact": {"_id": "k1", "email": "p0@example.org"}}], "errors": []}
).encode()


# answer -> verdict once the status line and headers are there, verdict once all of it is there
ANSWERS = {
    "200": (answer(200, MADE), "lost", "accepted"),
    "201": (answer(201, MADE), "lost", "accepted"),
    "200-html": (answer(200, b"<html>portal login</html>"), "lost", "lost"),
    "301": (answer(301, b"moved", b"Location: /v1/again\r\n"), "lost", "lost"),
    "302": (answer(302, b"moved", b"Location: /v1/again\r\n"), "lost", "lost"),
    "303": (answer(303, b"moved", b"Location: /v1/again\r\n"), "lost", "lost"),
    "307": (answer(307, b"moved", b"Location: /v1/again\r\n"), "lost", "lost"),
    "308": (answer(308, b"moved", b"Location: /v1/again\r\n"), "lost", "lost"),
    "400": (answer(400, b'{"message": "no"}'), "lost", "answered"),
    "401": (answer(401, b'{"message": "no"}'), "lost", "answered"),
    "403": (answer(403, b'{"message": "no"}'), "lost", "answered"),
    "404": (answer(404, b'{"message": "no"}'), "lost", "answered"),
    "409": (answer(409, b'{"message": "no"}'), "lost", "answered"),
    "413": (answer(413, b'{"message": "no"}'), "lost", "answered"),
    "422": (answer(422, b'{"message": "no"}'), "lost", "answered"),
    "429": (answer(429, b'{"message": "no"}', b"Retry-After: 7\r\n"), "lost", "answered"),
    "500": (answer(500, b'{"message": "no"}'), "lost", "lost"),
    "502": (answer(502, b"<html>Bad gateway</html>"), "lost", "lost"),
    "503": (answer(503, b'{"message": "no"}'), "lost", "lost"),
    "504": (answer(504, b"<html>Gateway time-out</html>"), "lost", "lost"),
}


def head_of(raw):
    """Return how many bytes status line and headers take."""
    return raw.index(b"\r\n\r\n") + 4


# place of the cut -> how many bytes go out, and what the client then knows
CUTS = {
    "nothing": (lambda _: 0, "nothing"),
    "one-byte": (lambda _: 1, "nothing"),
    "mid-status": (lambda _: 10, "nothing"),
    "mid-header": (lambda raw: raw.index(b"\r\n") + 20, "status"),
    "header-end": (head_of, "status"),
    "mid-body": (lambda raw: (head_of(raw) + len(raw)) // 2, "status"),
    "last-but-one": (lambda raw: len(raw) - 1, "status"),
    "whole": (len, "all"),
}


def expected(name, cut):
    """Return the verdict on an answer that was cut there."""
    by_status, by_all = ANSWERS[name][1:]
    return {"nothing": "lost", "status": by_status, "all": by_all}[CUTS[cut][1]]


def cut_off(name, cut):
    """Return the bytes of an answer up to the cut."""
    raw = ANSWERS[name][0]
    return raw[: CUTS[cut][0](raw)]


CHUNKED = chunked(MADE)

STRANGE_ANSWERS = {
    "ssh-banner": (b"SSH-2.0-OpenSSH\r\n\r\n", "lost"),
    "garbage": (b"\x00\xff\x16\x03garbage", "lost"),
    "no-version": (b"200 OK\r\n\r\n" + MADE, "lost"),
    "status-of-two-digits": (b"HTTP/1.1 20 OK\r\n\r\n" + MADE, "lost"),
    "status-999": (b"HTTP/1.1 999 No\r\nContent-Length: 0\r\n\r\n", "lost"),
    "status-line-without-end": (b"HTTP/1.1 200 " + b"O" * 70_000, "lost"),
    "endless-headers": (b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n" + MADE, "lost"),
    "continue-then-nothing": (b"HTTP/1.1 100 Continue\r\n\r\n", "lost"),
    "continue-then-200": (b"HTTP/1.1 100 Continue\r\n\r\n" + answer(200, MADE), "accepted"),
    "early-hints": (b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(200, MADE), "lost"),
    "switching-protocols": (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n", "lost"),
    "no-content": (b"HTTP/1.1 204 No Content\r\n\r\n", "lost"),
    "reset-content": (b"HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n", "lost"),
    "not-modified": (b"HTTP/1.1 304 Not Modified\r\n\r\n", "lost"),
    "redirect-without-location": (answer(302), "lost"),
    "redirect-to-nonsense": (answer(307, b"", b"Location: http://[::1/\r\n"), "lost"),
    "chunked": (CHUNKED, "accepted"),
    "chunked-cut-in-a-chunk": (CHUNKED[:-30], "lost"),
    "chunked-without-its-end": (CHUNKED[:-5], "lost"),
    "chunked-nonsense": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n", "lost"),
    "until-closed": (b"HTTP/1.1 200 OK\r\n\r\n" + MADE, "accepted"),
    "refusal-until-closed": (b"HTTP/1.1 400 Bad Request\r\n\r\n{}", "lost"),
    "refusal-in-chunks": (CHUNKED.replace(b"200 OK", b"400 Bad Request", 1), "answered"),
    "until-closed-but-cut": (b"HTTP/1.1 200 OK\r\n\r\n" + MADE[:-4], "lost"),
    "bad-gzip": (answer(200, b"abcd", b"Content-Encoding: gzip\r\n"), "lost"),
    "two-lengths": (answer(200, MADE, b"Content-Length: 3\r\n"), "lost"),
    "with-byte-order-mark": (answer(200, b"\xef\xbb\xbf" + MADE), "accepted"),
    "as-text-html-yet-json": (answer(200, MADE, b"Content-Type: text/html\r\n"), "accepted"),
    "utf-16": (answer(200, MADE.decode().encode("utf-16")), "lost"),
    "list": (answer(200, b"[" + MADE + b"]"), "lost"),
    "null": (answer(200, b"null"), "lost"),
    "number": (answer(200, b"200"), "lost"),
    "empty-object": (answer(200, b"{}"), "lost"),
    "requests-null": (answer(200, b'{"requests": null, "errors": []}'), "lost"),
    "requests-object": (answer(200, b'{"requests": {"_id": "r1"}}'), "lost"),
    "requests-empty": (answer(200, b'{"requests": [], "errors": ["no"]}'), "accepted"),
    "nested-too-deep": (answer(200, b"[" * 100_000), "lost"),
    "two-documents": (answer(200, MADE + MADE), "lost"),
}
