"""A file that takes another's place at once or not at all; other programs that have it open; the copy of before."""

from __future__ import annotations

import contextlib
import errno
import filecmp
import os
import shutil
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from collect_xl.domain.own_files import kind_in_words, open_regular
from collect_xl.errors import CollectXlError, DiskError, WorkbookBusy
from collect_xl.ooxml.file_rights import hand_on, usual_mode
from collect_xl.ooxml.held_file import is_held, unreadable
from collect_xl.ooxml.old_drafts import draft_name, mark_alive, sweep

RETRIES = 8
RETRY_AFTER = 0.5
"""Seconds; virus scanners and sync clients hold a file for a moment after it was written."""

_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""Flags for a file that must not exist yet; Windows would change line ends in one that is not binary."""

Fingerprint = tuple[int, int, int]
"""Size, time of change in nanoseconds, inode: another one means another content."""

_LONGEST_END = " (results 99)"
"""The most that is added to a name (``beside``, ``backup``)."""

_LOCK_FILE = 4096
"""Bytes of a lock file that are read; Excel's has 165."""

_OWNER_NAME = 54
"""Bytes of an Excel owner file that hold the length and the text of the user's name."""


def fingerprint(path: Path) -> Fingerprint:
    """Return what distinguishes one content of a file from another without reading it."""
    try:
        status = path.stat()
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_size, status.st_mtime_ns, status.st_ino


def _excel_owner(content: bytes) -> bytes:
    """Return the name in an owner file of Excel: one byte of length, then text."""
    length = content[0] if content else 0
    return content[1 : 1 + length] if length < _OWNER_NAME else b""


def _libreoffice_owner(content: bytes) -> bytes:
    """Return the name in a lock file of LibreOffice: between two commas."""
    return content.split(b",")[1] if content.count(b",") > 1 else b""


_LOCK_FILES = (  # name of the file that a program lays beside a workbook that it has open, the program, its user
    ("~${name}", "Excel", _excel_owner),
    (".~lock.{name}#", "LibreOffice", _libreoffice_owner),
)


def open_elsewhere(path: str | os.PathLike[str]) -> None:
    """Raise ``WorkbookBusy`` when Excel or LibreOffice has a workbook open.

    Args:
        path: the workbook; the lock files are looked for beside the file that it resolves to.
    """
    real = Path(os.path.realpath(path))
    for pattern, program, name_in in _LOCK_FILES:
        lock = real.with_name(pattern.format(name=real.name))
        if os.path.exists(lock):  # noqa: PTH110  # Path.exists raises where the lock's name would be too long
            raise WorkbookBusy(
                f"{real.name} is open in {program}{_owner(lock, name_in)}.",
                tip=f"Close it there and try again. If no one has it open, delete the file {lock.name} beside it.",
            )
    if is_held(real, for_writing=True):
        raise WorkbookBusy(f"Another program holds {real.name}.", tip="Close it there and try again.")


def _owner(lock: Path, name_in: Callable[[bytes], bytes]) -> str:
    """Return who has a workbook open, as the end of a sentence; empty for unknown."""
    try:
        with open_regular(lock) as file:
            content = file.read(_LOCK_FILE)
    except OSError:
        return ""
    name = name_in(content).decode(errors="replace").strip()
    return f", by {name}" if name else ""


def refuse_unwritable(path: Path) -> None:
    """Raise ``DiskError`` when a file cannot be written, nor a draft, a copy and results be kept beside it."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG
    except OSError as error:
        raise _refused(path, error) from error
    kind = kind_in_words(mode)
    if kind:
        raise DiskError(f"{path} is {kind}.", tip="Name a file in it." if stat.S_ISDIR(mode) else "Name a file.")
    if path.exists() and not os.access(path, os.W_OK):
        raise DiskError(f"{path.name} is marked read-only.", tip="Take the mark away, or save the results elsewhere.")
    if not os.access(path.parent, os.W_OK):
        raise DiskError(f"The folder {path.parent} takes no new file.", tip="Save the results in another folder.")


def rehearse_names(path: Path) -> None:
    """Make and remove an empty file beside a workbook, under a name as long as the longest that may be needed.

    Raises:
        DiskError: the folder takes no such file.
    """
    longest = path.with_stem(f"{path.stem}{_LONGEST_END}").name
    name = draft_name()
    name += longest[len(name) :]
    if os.name == "posix":
        # a system may count bytes, and the beginning of the name was made of other letters
        name += "x" * (len(os.fsencode(longest)) - len(os.fsencode(name)))
    trial = path.with_name(name)
    try:
        os.close(os.open(trial, _NEW_FILE, 0o600))
        trial.unlink()
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise DiskError(
                f"The name of {path.name} is too long: no copy of the workbook can be kept beside it.",
                tip="Give the workbook a shorter name.",
            ) from error
        raise DiskError(
            f"The folder {path.parent} takes no new file: {error.strerror or error}.",
            tip="Make room on the disk, check the rights on the folder, or save the results in another folder.",
        ) from error


def beside(path: Path) -> Path:
    """Return a free name for results beside a file: ``name (results).xlsx``, or a number."""
    free = path.with_stem(f"{path.stem} (results)")
    number = 2
    while free.exists():
        free = path.with_stem(f"{path.stem} (results {number})")
        number += 1
    return free


def backup_path(path: Path) -> Path:
    """Return where the copy of a workbook as it first was is kept."""
    return path.with_stem(f"{path.stem}.backup")


def backup(path: Path, *, as_it_first_was: bool) -> Path | None:
    """Keep a copy of a file, unless an earlier run did; return it if it is new.

    Args:
        path: the file.
        as_it_first_was: whether nothing of ours is in it yet. Then a copy under its name is another workbook's, such
            as last month's, and this one's gets a free number - unless a run that died has kept this very content.
    """
    copy = backup_path(path)
    number = 2
    while copy.exists():
        if not as_it_first_was or filecmp.cmp(copy, path, shallow=False):
            return None
        copy = path.with_stem(f"{path.stem}.backup {number}")
        number += 1
    with Draft(copy) as draft, open_regular(path) as file:
        shutil.copyfileobj(file, draft.file)
        draft.keep(like=path)
    return copy


class Draft:
    """A file being written beside its target; it vanishes unless it is kept, and is private until then.

    Sample usage::

        with Draft(path) as draft:
            draft.file.write(content)
            draft.keep()

    Raises:
        DiskError: whatever the disk refuses, here or inside the block; the target is as it was.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.lost: tuple[str, ...] = ()
        """What the old file had and the new one could not get, as noun phrases; known when it is kept."""
        self._path = target.with_name(draft_name())

    def __enter__(self) -> Self:
        sweep(self.target.parent)
        with _disk(self.target):
            # a program that opens a file once can read it for ever: rights are given only when it is whole
            handle = os.open(self._path, _NEW_FILE, 0o600)
            mark_alive(handle)
            self.file: BinaryIO = os.fdopen(handle, "w+b", buffering=1 << 18)
        return self

    def keep(self, like: Path | None = None) -> Path:
        """Put the draft in its target's place, durably, and return where it is now.

        A target that another program holds is tried for some seconds; after that the draft goes beside it.

        Args:
            like: whose rights the file takes where there is no target yet.
        """
        self.file.flush()
        model = self.target if self.target.exists() else like
        if model is None:
            self._path.chmod(usual_mode())
        else:
            self.lost = hand_on(model, self._path)
        # only what is on the disk may take the target's place: after a power cut the file would be empty
        os.fsync(self.file.fileno())
        if sys.platform == "win32":  # which moves no file that is open; elsewhere the draft shows life to its end
            self.file.close()
        place = _put(self._path, self.target)
        _sync_folder(place.parent)
        return place

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self.file.close()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        if isinstance(error, OSError) and not isinstance(error, CollectXlError):
            raise _refused(self.target, error) from error


def _put(draft: Path, target: Path) -> Path:
    """Move a draft to its target, or beside one that is held; return where it is."""
    for _ in range(RETRIES):
        try:
            return draft.replace(target)
        except PermissionError:
            time.sleep(RETRY_AFTER)
    return draft.replace(beside(target))


def _sync_folder(folder: Path) -> None:
    """Make a replacement durable: a name belongs to its folder, not to its file."""
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _disk(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(path, error) from error


def _refused(path: Path, error: OSError) -> DiskError:
    return DiskError(
        f"{path} cannot be written: {error.strerror or error}. What was there before is unchanged.",
        tip="Make room on the disk, check the rights on the folder, or save the results elsewhere.",
    )
