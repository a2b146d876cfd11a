"""Files from the storage that Collect names for a few minutes: another host, which never sees the API key."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, BinaryIO, Final
from urllib.parse import SplitResult, urlsplit

import requests
from requests.utils import get_environ_proxies

from collect_xl.api.address import is_loopback
from collect_xl.api.transport import Adapter, Watchdog
from collect_xl.api.wire import ASKING, words_of
from collect_xl.errors import CollectUnavailable, LinkExpired

if TYPE_CHECKING:
    from collect_xl.api.wire import Limits
    from collect_xl.domain.uploads import Upload

LARGEST: Final = 2**30
"""Bytes of a file whose size Collect does not say."""

_SLOWEST: Final = 50_000
"""Bytes a second; a file gets the time that it needs at this speed, and an exchange's own beside it."""

_HEADERS: Final = {"User-Agent": ASKING["User-Agent"], "Accept-Encoding": "identity"}

_LINK_IS_OVER: Final = frozenset({400, 401, 403, 404, 410})
"""What storages answer for a signed link that has expired, is not valid, or leads to nothing."""

_LATER: Final = "What is there stays; fetch again for the rest."


def download(upload: Upload, into: BinaryIO, limits: Limits, tls: ssl.SSLContext | None, *, is_local: bool) -> int:
    """Write the bytes of a file, and return how many there were.

    Neither key nor cookie is sent, and no redirect is followed.

    Args:
        upload: the file.
        into: where they go.
        limits: seconds.
        tls: the trust store.
        is_local: whether the API itself is on this machine, so that plain http to this machine is in order.

    Raises:
        LinkExpired: the link opens nothing any more.
        CollectUnavailable: it did not come, or not whole.
    """
    _require_safe(_split(upload.url), is_local=is_local)
    most = LARGEST if upload.size is None else upload.size
    watchdog = Watchdog()
    adapter = Adapter(watchdog, tls)
    proxies = {} if is_local else dict(get_environ_proxies(upload.url, no_proxy=None))
    try:
        with watchdog.limit(limits.deadline + most / _SLOWEST):
            request = requests.Request("GET", upload.url, headers=_HEADERS).prepare()
            timeout = (limits.connect, limits.read)
            with adapter.send(request, stream=True, timeout=timeout, proxies=proxies) as response:
                _require_file(response.status_code)
                size = _copy(response, into, most)
    except CollectUnavailable:
        raise
    except Exception as error:  # noqa: BLE001  # whatever it was, one file did not come; its cause may hold the link
        raise _failed(words_of(error, expired=watchdog.expired)) from None
    finally:
        adapter.close()
        watchdog.close()
    if watchdog.expired:
        raise _failed("it did not come within the time allowed")
    if upload.size not in {None, size}:
        raise _failed(f"{size:,} bytes came, and Collect says that it has {upload.size:,}")
    return size


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        raise _failed("its link is no web address") from None


def _require_safe(parts: SplitResult, *, is_local: bool) -> None:
    """Raise for a link that leads anywhere but to a server on the web."""
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in {"https", "http"} or not host or "@" in parts.netloc:
        raise _failed("its link is no web address")
    if is_loopback(host) != is_local:
        raise _failed("its link leads to this computer" if is_loopback(host) else "its link leads away from this one")
    if parts.scheme == "http" and not is_local:
        raise _failed("its link goes over the network unprotected (http)")


def _require_file(status: int) -> None:
    if status in _LINK_IS_OVER:
        raise LinkExpired(f"The storage answered {status}: the link has expired.", tip=_LATER)
    if status != requests.codes.ok:
        raise _failed(f"the storage answered {status}")


def _copy(response: requests.Response, into: BinaryIO, most: int) -> int:
    size = 0
    for piece in response.iter_content(2**16):
        size += len(piece)
        if size > most:
            raise _failed("it is larger than Collect says" if most != LARGEST else "it is larger than 1 GB")
        into.write(piece)
    return size


def _failed(words: str) -> CollectUnavailable:
    return CollectUnavailable(f"The file could not be fetched: {words}.", tip=_LATER)
