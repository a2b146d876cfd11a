"""What an answer to ``PATCH /request`` proves: by the same law as for a POST, with words that speak of one request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from collect_xl.api import replies, verdict
from collect_xl.domain.model import PostAnswer
from collect_xl.domain.ports import PatchAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from collect_xl.api.wire import Reply

__all__ = ["of_reply", "without_reply"]

_WORDS: Mapping[int, str] = {
    404: "Collect does not know this request (404); it may have been deleted there",
    413: "the change was refused as too large before it was read (413)",
}
"""Where what is said of a batch would mislead."""


def of_reply(reply: Reply, request_id: str) -> PatchAnswer:
    """Return what an answer proves about the request that was to be changed."""
    told = verdict.of_reply(reply)
    if not 200 <= reply.status < 300 or reply.trouble:  # noqa: PLR2004  # the class of statuses
        words = f"Collect found the change invalid ({reply.status})" if told.verdict == "doubtful" else told.words
        return _answer(told, _WORDS.get(reply.status, words))
    try:
        request, errors = replies.patch_reply(replies.parse(reply.body))
    except replies.UnreadableError as error:
        return PatchAnswer("unknown", f"the server answered {reply.status}, but {error}", reply.status)
    if request is not None and request.id not in {"", request_id}:
        return PatchAnswer("unknown", "the server answered for another request", reply.status, errors=errors)
    return PatchAnswer("accepted", "Collect took the change", reply.status, request=request, errors=errors)


def without_reply(told: PostAnswer) -> PatchAnswer:
    """Return what a call without an answer proves."""
    return _answer(told, told.words)


def _answer(told: PostAnswer, words: str) -> PatchAnswer:
    return PatchAnswer(told.verdict, words, told.http_status, told.retry_after, errors=told.errors)
