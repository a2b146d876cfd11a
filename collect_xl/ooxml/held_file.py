"""A file that cannot be read: because a program holds it, or for another reason."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from collect_xl.errors import DiskError

_HELD: Final = frozenset({32, 33})
"""What Windows says of a file that another program does not share, or has locked in part."""


def unreadable(path: Path, error: OSError) -> DiskError:
    """Return the error for a file that the system did not let us read."""
    if getattr(error, "winerror", None) in _HELD:
        return DiskError(f"Another program holds {path.name}.", tip="Close it there, and try again.")
    return DiskError(
        f"{path} cannot be read: {error.strerror or error}.", tip="Check the file's name, folder and rights."
    )
