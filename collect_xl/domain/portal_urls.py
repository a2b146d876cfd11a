"""Portal links: which of them may become hyperlinks."""

from __future__ import annotations

from urllib.parse import urlsplit

PORTAL_DOMAIN = "usecollect.com"
"""Where portals live; URLs of other hosts stay plain text (design section 2)."""


def may_link(url: str) -> bool:
    """Tell whether a portal URL is one of Collect's own, so that it may become a hyperlink."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    return parts.scheme == "https" and (host == PORTAL_DOMAIN or host.endswith(f".{PORTAL_DOMAIN}"))
