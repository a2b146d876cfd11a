"""What to call a failure of the network, so that people understand it and no address or key stands in it."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from requests import exceptions as of_requests
from urllib3 import exceptions as of_urllib3

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["words_of"]

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


def words_of(error: BaseException, *, expired: bool) -> str:
    """Return what happened, in words without any detail of the call.

    Args:
        error: what requests or urllib3 raised; the telling part is often wrapped three deep.
        expired: whether our own deadline had passed, and so caused it.
    """
    if expired:
        return "no whole answer came within the time allowed"
    chain = tuple(_chain(error))
    found = (words for kinds, words in _WORDS if any(isinstance(link, kinds) for link in chain))
    return next(found, "the call failed")


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
