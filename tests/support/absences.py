"""What may be absent where tests run: they are skipped for it by name, and ``COLLECT_XL_NO_SKIP`` says what may not be.

Unset, every skip is a skip. Else it is a list, with commas, of the absences that are allowed, or ``none``: a test that
is skipped for anything else fails.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

VARIABLE = "COLLECT_XL_NO_SKIP"

NAMES = (
    "corpus",
    "postgresql",
    "libreoffice",
    "poppler",
    "chromium",
    "strace",
    "xvfb",
    "xdotool",
    "tk",
    "dask",
    "cryptography",
    "git",
    "wine",
    "appscript",
)
"""As they stand in the reasons of the skips, whatever their case."""


class UnknownAbsenceError(Exception):
    """The variable names what no test is skipped for."""


def allowed_absences(environ: Mapping[str, str]) -> frozenset[str]:
    """Return what may be absent.

    Raises:
        UnknownAbsenceError: a name is misspelt; it would allow nothing and look as if it did.
    """
    words = environ.get(VARIABLE, "").split(",")
    names = frozenset(word.strip().casefold() for word in words) - {"", "none"}
    if unknown := sorted(names.difference(NAMES)):
        raise UnknownAbsenceError(f"{VARIABLE}: {', '.join(unknown)}? It takes {', '.join(NAMES)}, or none.")
    return names


def is_allowed(reason: str, environ: Mapping[str, str]) -> bool:
    """Return whether a test may be skipped for a reason."""
    if not environ.get(VARIABLE):
        return True
    allowed = allowed_absences(environ)
    return any(re.search(rf"(?<![a-z]){name}(?![a-z])", reason, re.IGNORECASE) for name in allowed)
