"""Portal links: which of them may become hyperlinks, and be opened."""

from __future__ import annotations

import re

PORTAL_DOMAIN = "usecollect.com"
"""Where portals live; URLs of other hosts stay plain text (design section 2)."""

_LONGEST = 2_000
"""Characters; Excel itself takes 2,079 of a link."""

# A parser and a browser may disagree on where the host of an odd address ends (a backslash, a user's name, letters
# that are folded to others), so that nothing is parsed here: what is not of exactly this form is no link.
_LINK = re.compile(
    rf"""
    https://
    (?:[a-z0-9-]+\.)* {re.escape(PORTAL_DOMAIN)} \.?   # neither user nor port
    (?:[/?#] [!-\[\]-~]*)?                             # printable ASCII without blank and backslash
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def may_link(url: str) -> bool:
    """Return whether a portal URL is one of Collect's own, so that it may become a link; never raise."""
    if len(url) > _LONGEST:
        return False
    return _LINK.fullmatch(url) is not None
