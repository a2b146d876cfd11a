"""What an answer to a POST or a PATCH proves; the law is design section 5, found with servers that do half of it.

Only a connection that was never made proves that nothing was done. A refusal that was read to its end proves that
Collect is silent afterwards; what it did before, only its list shows. Whatever is neither is lost.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from collect_xl.api import replies
from collect_xl.api.wire import http_date
from collect_xl.domain.model import PostAnswer, PostVerdict
from collect_xl.domain.ports import PatchAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collect_xl.api.wire import BrokenError, Reply

REFUSALS: Mapping[int, str] = {
    401: "Collect refused the API key (401)",
    402: "Collect's plan does not allow this; a limit of the plan may be reached (402)",
    403: "Collect does not allow this to the key's owner (403)",
    404: "Collect does not know the campaign or a contact (404)",
    413: "Collect refused the batch as too large (413)",
    429: "Collect was asked too often and refused (429)",
}
"""Refusals of which it is known what they mean."""

_STILL_AT_WORK = frozenset({408, 425, 499})
"""Statuses of 4xx that a gateway says while Collect may be at work."""

_OF_THE_BATCH = frozenset({400, 409, 422})
"""Statuses of 4xx that speak of what was sent; any other may have another reason."""

_PROXY_SIGN_IN = 407
_MAY_COME_AS_A_PAGE = frozenset({401, 404})
"""Statuses for which a web framework of Collect's own may make a page."""

_ACCEPTED = frozenset({200, 201})

_PATCH_WORDS: Mapping[int, str] = {
    404: "Collect does not know this request (404); it may have been deleted there",
    413: "Collect refused the change as too large (413)",
}
"""Where the words about a batch would mislead."""

_LONGEST_WAIT = 366 * 86_400.0
"""Seconds; a longer wish of the server is cut, so that the moment is still a date."""

_KEPT_BODY = 20_000
"""Characters of an answer that the journal keeps."""

_REFUSING = range(400, 500)
_START = 1_000
"""Bytes in which a page shows itself."""

_FIRST_ERROR = 400
"""From this status on an answer says what went wrong."""


def of_reply(reply: Reply) -> PostAnswer:
    """Return what an answer to a POST proves.

    An acceptance and a refusal count only when they were read to their end.
    """
    status = reply.status
    if status in _ACCEPTED:
        return _of_success(reply)
    if status in _STILL_AT_WORK:
        return _answer("lost", f"the server gave up waiting ({status}), and may go on", reply)
    match status // 100:
        case 2:
            return _answer("lost", f"the server answered {status}, which does not say what was done", reply)
        case 3:
            return _answer("lost", f"the server sent us elsewhere ({status}), which is never followed", reply)
        case 4:
            words = _refusal(reply, "the batch")
            # Without an end of its own, a refusal that was cut, even amid its headers, looks like a whole one.
            was_read_to_its_end = reply.has_end and not reply.trouble
            return _answer("answered" if was_read_to_its_end else "lost", words, reply)
        case _:
            return _answer("lost", f"the server failed with {status} and may have acted before", reply)


def of_failure(failure: BrokenError, *, released: bool) -> PostAnswer:
    """Return what a call without an answer proves.

    Args:
        failure: how the exchange broke.
        released: whether any byte of the body may have left.
    """
    # Even without a byte of the body: a proxy or a server may have acted on less than we believe to have sent.
    if released or failure.connected:
        return PostAnswer("lost", failure.words)
    return PostAnswer("not_sent", failure.words)


def abandoned() -> PostAnswer:
    """Return the answer of a call that its own guard stopped before the body left."""
    return PostAnswer("abandoned", "the claim was no longer ours, so nothing was sent")


def of_patch_reply(reply: Reply, request_id: str) -> PatchAnswer:
    """Return what an answer to a PATCH proves about its request."""
    if not reply.is_success or reply.trouble:
        return _of_failed_patch(reply)
    try:
        request, errors = replies.patch_reply(replies.parse(reply.body))
    except replies.UnreadableError as error:
        return PatchAnswer("lost", f"the server answered {reply.status}, but {error}", reply.status)
    # A status that was set on another request would be written on this row.
    if request is not None and request.id not in {"", request_id}:
        return PatchAnswer("lost", "the server answered for another request", reply.status, errors=errors)
    return PatchAnswer("accepted", "Collect took the change", reply.status, request=request, errors=errors)


def of_patch_failure(failure: BrokenError, *, released: bool) -> PatchAnswer:
    """Return what a PATCH without an answer proves; the arguments are those of ``of_failure``."""
    answer = of_failure(failure, released=released)
    return _as_patch_answer(answer, answer.words)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait.

    Both forms of RFC 9110 section 10.2.3 are read; a date is compared with the server's own ``Date`` where it gave one.

    Returns:
        0 for a moment that is past, None where there is nothing to read.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    until = http_date(text)
    if until is None:
        return None
    now = http_date(headers.get("Date")) or datetime.now(UTC)
    seconds = (until - now).total_seconds()
    return min(max(seconds, 0.0), _LONGEST_WAIT)


def _of_success(reply: Reply) -> PostAnswer:
    if reply.trouble:
        return _answer("lost", f"Collect answered {reply.status}, but {reply.trouble}", reply)
    try:
        made = replies.post_reply(replies.parse(reply.body))
    except replies.UnreadableError as error:
        return _answer("lost", f"the server answered {reply.status}, but {error}", reply)
    accepted = _answer("accepted", "Collect accepted the batch", reply, made.errors)
    return replace(accepted, requests=made.requests, contacts=made.contacts)


def _answer(verdict: PostVerdict, words: str, reply: Reply, complaints: tuple[str, ...] | None = None) -> PostAnswer:
    """Return what an answer proves; its complaints are read from the reply where they are not given."""
    # A character takes at most four bytes. A NUL is more than some databases can store.
    text = reply.body[: 4 * _KEPT_BODY].decode("utf-8", "replace").replace("\0", "\ufffd")
    return PostAnswer(
        verdict,
        words,
        http_status=reply.status,
        retry_after=retry_after(reply.headers),
        errors=_complaints(reply) if complaints is None else complaints,
        body=text[:_KEPT_BODY],
        server_offset=reply.server_offset,
        instead=who_refused(reply),
    )


def who_refused(reply: Reply) -> str:
    """Return who refused in Collect's place, as a noun phrase; empty for Collect itself.

    What a proxy or a firewall says is no word about the key, its owner's rights or the batch.
    """
    if reply.status == _PROXY_SIGN_IN:
        return "a proxy that asks to be signed in to"
    if reply.status in _REFUSING and reply.status not in _MAY_COME_AS_A_PAGE and is_page(reply):
        return "a page of a proxy, firewall or login"
    return ""


def is_page(reply: Reply) -> bool:
    """Return whether an answer is HTML, which Collect's interface never gives."""
    return reply.body[:_START].lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _refusal(reply: Reply, what: str) -> str:
    """Return what a refusal says by its status, or who gave it in Collect's place."""
    instead = who_refused(reply)
    if instead:
        return f"{instead} answered instead of Collect ({reply.status})"
    other = "found {} invalid" if reply.status in _OF_THE_BATCH else "refused {}"
    return REFUSALS.get(reply.status, f"Collect {other.format(what)} ({reply.status})")


def _complaints(reply: Reply) -> tuple[str, ...]:
    """Return what an answer complains of, in JSON or as a plain text.

    No page of the documentation shows what a refusal looks like.
    """
    try:
        return replies.complaints(replies.parse(reply.body))
    except replies.UnreadableError:
        return _plain_complaint(reply)


def _plain_complaint(reply: Reply) -> tuple[str, ...]:
    """Return the text of a refusal whose body is not JSON."""
    if reply.status < _FIRST_ERROR:
        return ()
    text = " ".join(reply.body[:_KEPT_BODY].decode("utf-8", "replace").split())
    # A page, as of a proxy, and what is no text at all say nothing to people.
    is_page = text.startswith("<")
    is_text = text.isprintable() and "\ufffd" not in text
    if not text or is_page or not is_text:
        return ()
    return replies.complaints(text)


def _of_failed_patch(reply: Reply) -> PatchAnswer:
    """Return what a failed PATCH proves: the same as a POST, in its own words."""
    answer = of_reply(reply)
    words = answer.words
    if answer.verdict == "answered":
        words = _refusal(reply, "the change")
    own_words = "" if answer.instead else _PATCH_WORDS.get(reply.status, "")
    return _as_patch_answer(answer, own_words or words)


def _as_patch_answer(answer: PostAnswer, words: str) -> PatchAnswer:
    return PatchAnswer(
        answer.verdict,
        words,
        answer.http_status,
        answer.retry_after,
        errors=answer.errors,
        instead=answer.instead,
    )
