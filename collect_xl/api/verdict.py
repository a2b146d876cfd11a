"""What an answer to a POST or a PATCH proves; the law is ``reliability.md`` B.2, measured with a server that counts.

Only a connection that was never made proves that nothing was sent, and only an explicit refusal proves that nothing was
done. Whatever is not in these tables is unknown.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from collect_xl.api import replies
from collect_xl.api.wire import http_date
from collect_xl.domain.model import PostAnswer, PostVerdict
from collect_xl.domain.ports import PatchAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collect_xl.api.wire import BrokenError, Reply

__all__ = ["REFUSALS", "abandoned", "of_failure", "of_patch_failure", "of_patch_reply", "of_reply", "retry_after"]

REFUSALS: Mapping[int, str] = {
    401: "Collect refused the API key (401)",
    403: "Collect does not allow this to the key's owner (403)",
    404: "Collect does not know the campaign or a contact (404)",
    413: "the batch was refused as too large before it was read (413)",
    429: "Collect was asked too often and refused (429)",
}
"""Statuses that prove that nothing was done."""

_PATCH_WORDS: Mapping[int, str] = {
    404: "Collect does not know this request (404); it may have been deleted there",
    413: "the change was refused as too large before it was read (413)",
}
"""Where what is said of a batch would mislead."""

_LONGEST_WAIT = 366 * 86_400.0
"""Seconds; what a server asks beyond that is cut, so that the moment can still be told."""

_KEPT_BODY = 20_000
"""Characters of an answer that the journal keeps."""


def of_reply(reply: Reply) -> PostAnswer:
    """Return what an answer proves: a refusal by its status line alone, an acceptance only when it can all be read."""
    if reply.status in REFUSALS:
        return _answer("refused", REFUSALS[reply.status], reply)
    if 400 <= reply.status < 500:  # noqa: PLR2004  # the class of statuses
        return _answer("doubtful", f"Collect found the batch invalid ({reply.status})", reply)
    if 300 <= reply.status < 400:  # noqa: PLR2004
        return _answer("unknown", f"the server sent us elsewhere ({reply.status}), which is never followed", reply)
    if 200 <= reply.status < 300:  # noqa: PLR2004
        return _of_success(reply)
    return _answer("unknown", f"the server failed with {reply.status} and may have acted before", reply)


def of_failure(failure: BrokenError, *, released: bool) -> PostAnswer:
    """Return what a call without an answer proves.

    Args:
        failure: how the exchange broke.
        released: whether any byte of the body may have left.
    """
    if released or failure.connected:
        return PostAnswer("unknown", failure.words)
    return PostAnswer("not_sent", failure.words)


def abandoned() -> PostAnswer:
    """Return the answer of a call that its own guard stopped before the body left."""
    return PostAnswer("abandoned", "the claim was no longer ours, so nothing was sent")


def of_patch_reply(reply: Reply, request_id: str) -> PatchAnswer:
    """Return what an answer proves about the request that was to be changed."""
    told = of_reply(reply)
    if not 200 <= reply.status < 300 or reply.trouble:  # noqa: PLR2004  # the class of statuses
        words = f"Collect found the change invalid ({reply.status})" if told.verdict == "doubtful" else told.words
        return _patch_answer(told, _PATCH_WORDS.get(reply.status, words))
    try:
        request, errors = replies.patch_reply(replies.parse(reply.body))
    except replies.UnreadableError as error:
        return PatchAnswer("unknown", f"the server answered {reply.status}, but {error}", reply.status)
    if request is not None and request.id not in {"", request_id}:
        return PatchAnswer("unknown", "the server answered for another request", reply.status, errors=errors)
    return PatchAnswer("accepted", "Collect took the change", reply.status, request=request, errors=errors)


def of_patch_failure(told: PostAnswer) -> PatchAnswer:
    """Return what a call without an answer proves."""
    return _patch_answer(told, told.words)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that ``Retry-After`` asks to wait: 0 for a moment that is past, None where it cannot be read.

    Both forms of RFC 9110 section 10.2.3 are read; a date is compared with the server's own ``Date`` where it gave one.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    until = http_date(text)
    if until is None:
        return None
    now = http_date(headers.get("Date")) or datetime.now(UTC)
    return min(max((until - now).total_seconds(), 0.0), _LONGEST_WAIT)


def _of_success(reply: Reply) -> PostAnswer:
    if reply.trouble:
        return _answer("unknown", f"Collect answered {reply.status}, but {reply.trouble}", reply)
    try:
        told = replies.post_reply(replies.parse(reply.body))
    except replies.UnreadableError as error:
        return _answer("unknown", f"the server answered {reply.status}, but {error}", reply)
    return _answer("accepted", "Collect accepted the batch", reply, requests=told.requests, contacts=told.contacts)


def _answer(verdict: PostVerdict, words: str, reply: Reply, **told: Any) -> PostAnswer:  # noqa: ANN401  # PostAnswer's
    return PostAnswer(
        verdict,
        words,
        http_status=reply.status,
        retry_after=retry_after(reply.headers),
        errors=_complaints(reply),
        body=reply.body[: 4 * _KEPT_BODY].decode("utf-8", "replace")[:_KEPT_BODY],
        server_offset=reply.server_offset,
        **told,
    )


def _complaints(reply: Reply) -> tuple[str, ...]:
    """Return what an answer complains of; no page of the documentation shows what a refusal looks like."""
    try:
        return replies.complaints(replies.parse(reply.body))
    except replies.UnreadableError:
        said = " ".join(reply.body[:_KEPT_BODY].decode("utf-8", "replace").split())
    # A page, as of a proxy, and what is no text at all say nothing to people.
    is_text = reply.status >= 400 and said.isprintable() and "\ufffd" not in said and not said.startswith("<")  # noqa: PLR2004
    return (said,) if said and is_text else ()


def _patch_answer(told: PostAnswer, words: str) -> PatchAnswer:
    return PatchAnswer(told.verdict, words, told.http_status, told.retry_after, errors=told.errors)
