"""A folder of files, by request and document, in which nothing is ever overwritten."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, Literal

from filelock import FileLock, Timeout

from collect_xl.domain.file_names import free_name, name_key, safe_file_name, safe_name
from collect_xl.domain.own_files import is_ours, refuse_stranger
from collect_xl.domain.uploads import Upload
from collect_xl.downloads.manifest import NAME, Manifest
from collect_xl.errors import CollectXlError, DiskError, HeldElsewhere

_LOCK: Final = ".collect-xl-files.lock"
_DRAFT: Final = ".collect-xl-"
_DRAFT_END: Final = ".part"

_ELSEWHERE: Final = "Fetch into another folder, or make room there."


@contextmanager
def open_client_folders(folder: Path, account: str) -> Iterator[ClientFolders]:
    """Hold a folder for one run, and give what takes files in.

    Args:
        folder: made where it is missing; its parent must be there, since a path that was mistyped leads nowhere.
        account: address of the API and team, as in ``Manifest``.

    Raises:
        DiskError: it cannot be written, or its list of files cannot be used.
        HeldElsewhere: another run fetches into it.
    """
    with _on_disk(folder):
        folder.mkdir(exist_ok=True)
        refuse_stranger(folder / _LOCK, tip=_ELSEWHERE)
        lock = FileLock(folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            tip = "Wait until it has ended, then run the same command again."
            raise HeldElsewhere(f"Another run fetches files into {folder}.", tip=tip) from None
    try:
        with _on_disk(folder):
            _sweep(folder)
        yield ClientFolders(folder, Manifest(folder / NAME, account))
    finally:
        lock.release()


class ClientFolders:
    """Takes files in, under names that are free on every system.

    Args:
        folder: this run's alone.
        manifest: what is in it already.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._manifest = manifest

    def folder_of(self, request_id: str) -> str:
        """Return the name of a request's folder; empty where it has none yet."""
        return self._manifest.folders.get(request_id, "")

    def standing_of(self, request_id: str, upload: Upload) -> Literal["new", "here", "moved"]:
        """Return whether a file was never fetched, is here, or was here and has been moved or deleted since."""
        kept = self._manifest.files.get((request_id, upload.id))
        if kept is None:
            return "new"
        if _size_of(self._folder / kept.path) == kept.size:
            if not kept.is_done:  # a kill came right after it got its name
                self._manifest.finish(request_id, upload.id, _now())
            return "here"
        return "moved" if kept.is_done else "new"

    def keep(self, request_id: str, client: str, upload: Upload, receive: Callable[[BinaryIO], int]) -> str:
        """Take a file in, under a name that is free, and return its path below the folder.

        Args:
            request_id: the request.
            client: what the request's folder is called, if it can be.
            upload: the file.
            receive: writes its bytes, and returns how many there were.

        Raises:
            DiskError: it cannot be written.
        """
        draft = self._folder / f"{_DRAFT}{secrets.token_hex(8)}{_DRAFT_END}"
        with _on_disk(self._folder):
            try:
                size = _fill(draft, receive)
                inside = self._inside(request_id, client, upload)
                return self._place(draft, inside, request_id, upload, size)
            finally:
                draft.unlink(missing_ok=True)

    def _place(self, draft: Path, inside: Path, request_id: str, upload: Upload, size: int) -> str:
        """Give a draft the first name that is free; what has a name already is never replaced."""
        wanted = safe_file_name(upload.name, "File")
        while True:
            name = free_name(wanted, _taken(inside))
            path = (inside / name).relative_to(self._folder).as_posix()
            self._manifest.begin(request_id, upload.id, path, size)
            with suppress(FileExistsError):
                _rename_to_free(draft, inside / name)
                self._manifest.finish(request_id, upload.id, _now())
                return path

    def _inside(self, request_id: str, client: str, upload: Upload) -> Path:
        """Return the folder of an element of a request, made where it is missing."""
        name = self.folder_of(request_id)
        if not name:
            name = self._free_folder(safe_name(client, "Client"), request_id)
            self._manifest.name_folder(request_id, name)
        folder = _own(self._folder / name)
        key = request_id, upload.element
        item = self._manifest.item_folders.get(key, "")
        if not item:
            item = free_name(safe_name(upload.item, "Document"), _taken(folder))
            self._manifest.name_item_folder(*key, item)
        return _own(folder / item)

    def _free_folder(self, wanted: str, request_id: str) -> str:
        """Return a name for a request's folder: the client's, with the request's ID where another has that."""
        taken = _taken(self._folder) | {name_key(each) for each in self._manifest.folders.values()}
        if name_key(wanted) not in taken:
            return wanted
        return free_name(safe_name(f"{wanted} {request_id}", "Client"), taken)


def _taken(folder: Path) -> set[str]:
    """Return the keys of the names that are taken in a folder."""
    return {name_key(entry.name) for entry in os.scandir(folder)}


def _fill(draft: Path, receive: Callable[[BinaryIO], int]) -> int:
    """Write a draft to the disk, and return its size."""
    with draft.open("xb") as file:
        size = receive(file)
        file.flush()
        os.fsync(file.fileno())
    return size


def _rename_to_free(draft: Path, target: Path) -> None:
    """Give a draft its name; raise ``FileExistsError`` where something has it."""
    if os.name == "nt":
        draft.rename(target)  # refuses to replace there
        return
    try:
        target.hardlink_to(draft)
    except FileExistsError:
        raise
    except OSError:  # a disk without hard links, as memory sticks are
        if os.path.lexists(target):
            raise FileExistsError from None
        draft.rename(target)


def _own(folder: Path) -> Path:
    """Return a folder, made where it is missing; a link in its place would lead the files elsewhere."""
    folder.mkdir(exist_ok=True)
    if not stat.S_ISDIR(folder.lstat().st_mode):
        raise DiskError(f"{folder} is a link, not a folder.", tip="Put a folder in its place.")
    return folder


def _size_of(path: Path) -> int | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _sweep(folder: Path) -> None:
    """Delete what a kill left: drafts of our own, which have no name yet."""
    for draft in folder.glob(f"{_DRAFT}*{_DRAFT_END}"):
        status = draft.lstat()
        if stat.S_ISREG(status.st_mode) and is_ours(status):
            draft.unlink()


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


@contextmanager
def _on_disk(folder: Path) -> Iterator[None]:
    """Let what the disk refuses end in words."""
    try:
        yield
    except CollectXlError:  # some are OSErrors, too, as those of Collect, and have their words already
        raise
    except OSError as error:
        raise DiskError(f"{folder} cannot be written: {error.strerror}.", tip=_ELSEWHERE) from error
