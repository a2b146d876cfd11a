"""The address of the API: one spelling of it, because it is part of every identity, and no plain http to strangers."""

from __future__ import annotations

import ipaddress
from urllib.parse import SplitResult, urlsplit

from collect_xl.errors import UsageError

DEFAULT_ADDRESS = "https://api.usecollect.com/v1"

_PORTS = {"https": 443, "http": 80}


def normalised(address: str) -> str:
    """Return an address in the one spelling that identities are made of.

    Scheme and host in lower case, the scheme's own port left out, no slash at the end.

    Args:
        address: such as ``https://API.usecollect.com:443/v1/``.

    Raises:
        UsageError: it is no address of a server, carries a key or a query, or is plain ``http`` to another machine.
    """
    parts = _split(address)
    host = (parts.hostname or "").rstrip(".")
    # Plain http shows the API key to everybody on the way.
    if parts.scheme == "http" and not is_loopback(host):
        raise _unfit("goes over the network unprotected (http)")
    netloc = f"[{host}]" if ":" in host else host
    port = _port(parts)
    if port is not None and port != _PORTS[parts.scheme]:
        netloc = f"{netloc}:{port}"
    path = parts.path.rstrip("/")
    return f"{parts.scheme}://{netloc}{path}"


def is_loopback(host: str) -> bool:
    """Return whether a host is this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(address: str) -> SplitResult:
    text = address.strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        raise _unfit("cannot be read") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise _unfit("is not a web address")
    # An invisible letter would make two addresses that look alike two identities.
    if " " in text or not text.isprintable():
        raise _unfit("is not a web address")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise _unfit("carries more than scheme, host and path")
    return parts


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        raise _unfit("has an impossible port") from None


def _unfit(why: str) -> UsageError:
    # The text itself is not repeated: people paste addresses with keys in them.
    return UsageError(
        f"The address of Collect's API {why}; expected https://HOST/PATH.",
        tip=f"Use {DEFAULT_ADDRESS}, or http only for a server on this machine.",
    )
