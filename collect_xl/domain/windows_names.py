"""Names that Windows gives to no file: its devices, and what holds signs that it keeps for paths."""

from __future__ import annotations

import os
import re
from pathlib import PureWindowsPath
from typing import Final

from collect_xl.errors import UsageError

_DEVICE: Final = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])\s*(\.|$)", re.IGNORECASE)
"""Names that Windows keeps for devices, whatever follows their first dot."""

_KEPT_SIGNS: Final = re.compile(r'[<>:"|?*\x00-\x1f]')


def is_device(name: str) -> bool:
    """Return whether Windows keeps a file's name for a device."""
    return _DEVICE.match(name) is not None


def kept_by_windows(name: str) -> str:
    """Return why Windows makes no file of a name, as a sentence; empty for a name that it gives to files."""
    if is_device(name):
        return f"Windows keeps the name {name} for a device."
    sign = _KEPT_SIGNS.search(name)
    if sign is None:
        return ""
    shown = sign[0] if sign[0].isprintable() else "a sign that is not seen"
    return f"The name {name} holds {shown}, which Windows allows in no file's name."


def refuse_kept_name(name: str, system: str = os.name) -> None:
    """Raise ``UsageError`` on Windows for a file's name that it keeps for something else."""
    reason = kept_by_windows(name) if system == "nt" else ""
    if reason:
        raise UsageError(reason, tip="Choose another name.")


def words_of(error: OSError, system: str = os.name) -> str:
    """Return what the system said, and about which file; of a name that it keeps Windows says nothing of use."""
    if system == "nt" and isinstance(error.filename, str):
        reason = kept_by_windows(PureWindowsPath(error.filename).name)
        if reason:
            return reason
    file = f" ({error.filename})" if error.filename else ""
    return f"The system refused: {error.strerror or type(error).__name__}{file}."
