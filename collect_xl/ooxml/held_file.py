"""A file that cannot be read or written: because a program holds it, or for another reason."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from collect_xl.errors import DiskError

_HELD: Final = frozenset({32, 33})
"""What Windows says of a file that another program does not share, or has locked in part."""

_SHARED_IN_ALL_WAYS: Final = 7
"""With others that read, write and delete the file."""


def unreadable(path: Path, error: OSError) -> DiskError:
    """Return the error for a file that the system did not let us read."""
    if getattr(error, "winerror", None) in _HELD or is_held(path):
        return DiskError(f"Another program holds {path.name}.", tip="Close it there, and try again.")
    return DiskError(
        f"{path} cannot be read: {error.strerror or error}.", tip="Check the file's name, folder and rights."
    )


def is_held(path: Path, *, for_writing: bool = False) -> bool:
    """Return whether another program keeps us from opening a file, as only Windows lets it."""
    if sys.platform == "win32":
        import _winapi  # noqa: PLC0415  # Windows only

        access = _winapi.GENERIC_READ | (_winapi.GENERIC_WRITE if for_writing else 0)
        # Python's own open asks the C library, which calls a held file and a forbidden one by the same number.
        try:
            handle = _winapi.CreateFile(os.fspath(path), access, _SHARED_IN_ALL_WAYS, 0, _winapi.OPEN_EXISTING, 0, 0)
        except OSError as error:
            return error.winerror in _HELD
        _winapi.CloseHandle(handle)
    return False
