"""A file that takes another's place at once or not at all; other programs that have it open; the copy of before."""

from __future__ import annotations

import contextlib
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

from collect_xl.errors import CollectXlError, DiskError, WorkbookBusy
from collect_xl.ooxml.held_file import unreadable

RETRIES = 8
RETRY_AFTER = 0.5
"""Seconds; virus scanners and sync clients hold a file for a moment after it was written."""

_NEW_FILE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
"""Flags for a file that must not exist yet; Windows would change line ends in one that is not binary."""

Fingerprint = tuple[int, int, int]
"""Size, time of change in nanoseconds, inode: another one means another content."""

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
                tip=f"Close it there and try again. If nobody has it open, delete the file {lock.name} beside it.",
            )
    if sys.platform == "win32":
        _refuse_held(real)


def _refuse_held(path: Path) -> None:
    try:
        with path.open("r+b"):
            pass
    except FileNotFoundError:
        pass
    except PermissionError as held:
        raise WorkbookBusy(f"Another program holds {path.name}.", tip="Close it there and try again.") from held


def _owner(lock: Path, name_in: Callable[[bytes], bytes]) -> str:
    """Return who has a workbook open, as the end of a sentence; empty for unknown."""
    try:
        content = lock.read_bytes()
    except OSError:
        return ""
    name = name_in(content).decode(errors="replace").strip()
    return f", by {name}" if name else ""


def refuse_unwritable(path: Path) -> None:
    """Raise ``DiskError`` when a file cannot be written, as far as its folder and mark tell."""
    if path.is_dir():
        raise DiskError(f"{path} is a folder.", tip="Name a file in it.")
    if path.exists() and not os.access(path, os.W_OK):
        raise DiskError(f"{path.name} is marked read-only.", tip="Take the mark away, or save the results elsewhere.")
    if not os.access(path.parent, os.W_OK):
        raise DiskError(f"The folder {path.parent} takes no new file.", tip="Save the results in another folder.")


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
        as_it_first_was: whether nothing of ours stands in it yet. Then a copy of that name is another workbook's, such
            as last month's, and this one's gets a free number - unless a run that died has kept this very content.
    """
    copy = backup_path(path)
    number = 2
    while copy.exists():
        if not as_it_first_was or filecmp.cmp(copy, path, shallow=False):
            return None
        copy = path.with_stem(f"{path.stem}.backup {number}")
        number += 1
    with Draft(copy) as draft, path.open("rb") as file:
        shutil.copyfileobj(file, draft.file)
        draft.keep(like=path)
    return copy


class Draft:
    """A file being written beside its target; it vanishes unless it is kept.

    Sample usage::

        with Draft(path) as draft:
            draft.file.write(content)
            draft.keep()

    Raises:
        DiskError: whatever the disk refuses, here or inside the block; the target is as it was.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._path = target.with_name(f".~{os.urandom(6).hex()}.tmp")

    def __enter__(self) -> Self:
        with _disk(self.target):
            # not mkstemp: a new file gets the rights that the user's umask gives
            handle = os.open(self._path, _NEW_FILE, 0o666)
            self.file: BinaryIO = os.fdopen(handle, "w+b", buffering=1 << 18)
        return self

    def keep(self, like: Path | None = None) -> Path:
        """Put the draft in its target's place, durably, and return where it is now.

        A target that another program holds is tried for some seconds; after that the draft goes beside it.

        Args:
            like: whose rights the file takes where there is no target yet.
        """
        # only what is on the disk may take the target's place: after a power cut the file would be empty
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        if self.target.exists():
            _take_rights(self.target, self._path)
        elif like is not None:
            self._path.chmod(stat.S_IMODE(like.stat().st_mode) | stat.S_IWUSR)
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


def _take_rights(model: Path, file: Path) -> None:
    shutil.copymode(model, file)
    if hasattr(os, "chown"):
        status = model.stat()
        # only root may give a file away
        with contextlib.suppress(PermissionError):
            os.chown(file, status.st_uid, status.st_gid)


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
