"""Files on the disk: which of them are ours to change, and how one is read that may be anything."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final

from collect_xl.errors import DiskError
from collect_xl.remedies import Remedy

_KINDS: Final[tuple[tuple[Callable[[int], bool], str], ...]] = (
    (stat.S_ISLNK, "a link"),
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
"""What a name on the disk may stand for besides a file."""

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_OTHERS_WRITE: Final = stat.S_IWGRP | stat.S_IWOTH

_READ: Final = os.O_RDONLY | getattr(os, "O_BINARY", 0)
# Without O_NONBLOCK the opening of a pipe waits until a writer comes, which may be never.
_READ_AT_ONCE: Final = _READ | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
_MAKE_IT_WRITABLE: Final = "Make the folder writable or free some space, then run the same command again."
NOT_THROUGH_LINKS: Final = getattr(os, "O_NOFOLLOW", 0)
"""Flag for ``os.open``; Windows has none, but lets only administrators make links."""


def kind_in_words(mode: int) -> str:
    """Return what a name stands for that is no file; empty for a file."""
    for is_kind, words in _KINDS:
        if is_kind(mode):
            return words
    return "" if stat.S_ISREG(mode) else "no file"


def why_not_ours(path: Path) -> str:
    """Return why a file is not ours to change, as the end of a sentence.

    Empty where there is none yet, or a file of this user's; links are not followed.

    Raises:
        OSError: the system does not let us look.
    """
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    kind = kind_in_words(status.st_mode)
    if kind:
        return f"is {kind}, not a file"
    return "" if is_ours(status) else "belongs to another user"


def is_ours(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user, where the system knows owners."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def is_ours_or_roots(status: os.stat_result) -> bool:
    """Return whether a file belongs to this user, or to root, who may read and write everything of theirs anyway."""
    return is_ours(status) or status.st_uid == 0


def may_others_read(status: os.stat_result) -> bool:
    """Return whether others have any right on a file; Windows keeps rights elsewhere."""
    return os.name == "posix" and bool(status.st_mode & _OTHERS)


def may_others_write(status: os.stat_result) -> bool:
    """Return whether others may change a file; Windows keeps rights elsewhere."""
    return os.name == "posix" and bool(status.st_mode & _OTHERS_WRITE)


def refuse_stranger(path: Path, tip: str) -> None:
    """Raise ``DiskError`` where a file that we are about to write is not ours.

    Args:
        path: the file, which need not exist.
        tip: what to do about it.
    """
    try:
        reason = why_not_ours(path)
    except OSError as error:
        raise DiskError(f"{path} cannot be reached: {error.strerror}.", tip=tip) from error
    if reason:
        raise DiskError(f"{path} {reason}, so it is left as it is.", tip=tip)


def is_there(path: Path) -> bool:
    """Return whether a name leads to anything; False where the system cannot say, as for a name that is too long."""
    return os.path.exists(path)  # noqa: PTH110  # Path.exists raises there


def own_folder(folder: Path) -> None:
    """Make a folder that only its user can enter; one that is there must be this user's.

    Raises:
        DiskError: it cannot be made, is no folder, or belongs to another user.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise _not_writable(folder, error) from error
    _refuse_strangers_folder(folder, status)


def refuse_folder(folder: Path) -> None:
    """Raise what ``own_folder`` would raise, and make nothing."""
    try:
        require_makable(folder)
        status = folder.lstat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _not_writable(folder, error) from error
    _refuse_strangers_folder(folder, status)


def require_makable(folder: Path) -> None:
    """Raise the ``OSError`` that making a folder and a file in it would meet, as far as it can be foreseen."""
    try:
        status = folder.stat()
    except FileNotFoundError:
        if folder.parent != folder:
            require_makable(folder.parent)
        return
    if not stat.S_ISDIR(status.st_mode):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), os.fspath(folder))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(folder))


def _not_writable(folder: Path, error: OSError) -> DiskError:
    return DiskError(f"The folder {folder} cannot be written: {error.strerror}.", tip=_MAKE_IT_WRITABLE)


def _refuse_strangers_folder(folder: Path, status: os.stat_result) -> None:
    if not stat.S_ISDIR(status.st_mode):
        raise DiskError(f"{folder} is a link, not a folder.", tip="Put a folder in its place.")
    if not is_ours(status):
        raise DiskError(
            f"The folder {folder} belongs to another user.",
            tip="Run it as that user, or keep the send history in a folder of your own.",
            remedies=(Remedy.MOVE_JOURNAL,),
        )


def open_regular(path: str | os.PathLike[str], *, follow_links: bool = True) -> BinaryIO:
    """Open a file for reading; never wait for a pipe, and never read a device.

    Raises:
        OSError: it cannot be opened, or is no file.
    """
    handle = os.open(path, _READ_AT_ONCE | (0 if follow_links else NOT_THROUGH_LINKS))
    kind = kind_in_words(os.fstat(handle).st_mode)
    if kind:
        os.close(handle)
        raise OSError(0, f"it is {kind}, not a file", os.fspath(path))
    return os.fdopen(handle, "rb")
