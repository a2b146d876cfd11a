"""What a file has besides its content: owner, rights, extended attributes; handed on to the file that replaces it."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

_ACCESS_LIST: Final = "system.posix_acl_access"
"""The extended attribute in which Linux keeps an access list."""
_COPYFILE_ACL: Final = 1 << 0
_COPYFILE_XATTR: Final = 1 << 2
"""What ``copyfile`` of macOS copies, from its ``copyfile.h``."""
_OF_WINDOWS: Final = ":Zone.Identifier"
"""The stream in which Windows keeps that a file came from the internet, its Mark of the Web."""


def hand_on(model: Path, file: Path) -> tuple[str, ...]:
    """Give a private file what another one has besides its content; return what could not be kept, as noun phrases.

    Args:
        model: the file that is replaced, or that is copied.
        file: our own, which no one else can open yet.
    """
    if sys.platform == "win32":
        _hand_on_mark(model, file)
        shutil.copymode(model, file)
        return ()
    status = model.stat()
    lost = list(_hand_on_attributes(model, file))
    mode = stat.S_IMODE(status.st_mode)
    # one by one: a user may hand a file to a group of theirs, but only root to another user
    has_group = _hand_to(file, -1, status.st_gid)
    has_owner = _hand_to(file, status.st_uid, -1)
    if not has_owner:
        lost.append("its owner")
    if not has_group:
        # the rights of one group must not become those of another
        mode &= ~stat.S_IRWXG
        lost.append("the rights of its group")
    file.chmod(mode)
    # last, since it says more than the mode, and a later change of the mode would change it
    if has_group and not _hand_on_attribute(model, file, _ACCESS_LIST):
        lost.append("its access list")
    if sys.platform == "darwin" and not _hand_on_of_macos(model, file):
        lost.append("its access list or extended attributes")
    return tuple(lost)


def usual_mode() -> int:
    """Return the rights that the user's umask gives to a new file."""
    umask = os.umask(0o077)
    os.umask(umask)
    return 0o666 & ~umask


def other_names(path: Path) -> tuple[str, ...]:
    """Return a note about a file that has several names on its disk: only this one will lead to the new content."""
    with suppress(OSError):
        if path.stat().st_nlink > 1:
            note = "has another name on this disk (a hard link), under which its content stays as it was."
            return (f"{path.name} {note}",)
    return ()


def _hand_to(file: Path, owner: int, group: int) -> bool:
    with suppress(OSError):
        os.chown(file, owner, group)
        return True
    return False


def _hand_on_attributes(model: Path, file: Path) -> Iterator[str]:
    """Hand on all extended attributes but the access list; yield those that could not be kept."""
    # Python knows them on Linux alone
    if sys.platform != "linux":
        return
    names: list[str] = []
    with suppress(OSError):
        names = os.listxattr(model)
    for name in names:
        if name != _ACCESS_LIST and not _hand_on_attribute(model, file, name):
            yield f"its extended attribute {name}"


def _hand_on_attribute(model: Path, file: Path, name: str) -> bool:
    """Hand on one extended attribute; return whether both files have the same."""
    if sys.platform != "linux":
        return True
    value = _attribute(model, name)
    if value is None or value == _attribute(file, name):
        return True
    with suppress(OSError):
        os.setxattr(file, name, value)
        return True
    return False


def _attribute(file: Path, name: str) -> bytes | None:
    if sys.platform == "linux":
        with suppress(OSError):
            return os.getxattr(file, name)
    return None


def _hand_on_of_macos(model: Path, file: Path) -> bool:
    """Hand on access list and extended attributes, as that a file came from the internet; return whether all were.

    Python has no function for them there; the system's own is that of ``cp -p``.
    """
    libc = ctypes.CDLL(None)
    names = (os.fsencode(model), os.fsencode(file))
    outcome: int = libc.copyfile(*names, None, ctypes.c_uint32(_COPYFILE_ACL | _COPYFILE_XATTR))
    return outcome == 0


def _hand_on_mark(model: Path, file: Path) -> None:
    """Hand on the Mark of the Web: without it Excel would trust what came from the internet."""
    with suppress(OSError):
        mark = Path(f"{model}{_OF_WINDOWS}").read_bytes()
        Path(f"{file}{_OF_WINDOWS}").write_bytes(mark)
