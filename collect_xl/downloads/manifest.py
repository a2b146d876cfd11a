"""The list of what was fetched into a folder: one JSON object a line, only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO, Final

from collect_xl.domain.own_files import NOT_THROUGH_LINKS, open_regular, refuse_stranger
from collect_xl.errors import DiskError

NAME: Final = "collect-xl-files.jsonl"

_FORMAT: Final = 1
_ELSEWHERE: Final = "Fetch into another folder."


@dataclass(frozen=True, slots=True)
class Kept:
    """A file that was fetched, or was about to be."""

    path: str
    """Below the folder, with ``/``."""
    size: int
    """Bytes."""
    is_done: bool
    """Whether it was seen in its place; a kill may come between the line about it and that."""


class Manifest:
    """What was fetched into a folder, by request and upload.

    A line is on the disk before the file gets its name, so that a file that was fetched once is never fetched again
    under another name. Sample usage::

        manifest = Manifest(folder / NAME, "https://api.usecollect.com/v1 t1")

    Args:
        path: the file; made with the first line.
        account: address of the API and team. Another account's IDs would say nothing about this one's.

    Raises:
        DiskError: it cannot be read, is damaged, or is another account's.
    """

    def __init__(self, path: Path, account: str) -> None:
        self.folders: dict[str, str] = {}
        """Request ID -> the name of its folder."""
        self.item_folders: dict[tuple[str, str], str] = {}
        """Request ID and element -> the name of the element's folder inside."""
        self.files: dict[tuple[str, str], Kept] = {}
        """Request ID and upload ID -> the file."""
        self._path = path
        refuse_stranger(path, tip=_ELSEWHERE)
        lines = self._whole_lines()
        for number, line in enumerate(lines, start=1):
            self._take(line, number, account)
        if not lines:
            self._add({"format": _FORMAT, "account": account})

    def name_folder(self, request_id: str, folder: str) -> None:
        """Keep the name of a request's folder."""
        self._add({"request": request_id, "folder": folder})
        self.folders[request_id] = folder

    def name_item_folder(self, request_id: str, element: str, folder: str) -> None:
        """Keep the name of the folder of an element of a request."""
        self._add({"request": request_id, "element": element, "folder": folder})
        self.item_folders[request_id, element] = folder

    def begin(self, request_id: str, upload: str, path: str, size: int) -> None:
        """Keep that a file is whole and about to get its name."""
        self._add({"request": request_id, "upload": upload, "path": path, "size": size})
        self.files[request_id, upload] = Kept(path, size, is_done=False)

    def finish(self, request_id: str, upload: str, at: str) -> None:
        """Keep that a file has its name, and since when."""
        self._add({"request": request_id, "upload": upload, "fetched": at})
        self.files[request_id, upload] = replace(self.files[request_id, upload], is_done=True)

    def _take(self, line: bytes, number: int, account: str) -> None:
        try:
            entry = json.loads(line)
            if number == 1:
                self._require(entry, account)
            else:
                self._remember(entry)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise DiskError(f"{self._path}: line {number} cannot be read.", tip=_ELSEWHERE) from None

    def _require(self, entry: Mapping[str, Any], account: str) -> None:
        if entry["format"] != _FORMAT:
            raise DiskError(f"{self._path} is of a newer version of collect-xl.", tip=_ELSEWHERE)
        if entry["account"] != account:
            raise DiskError(f"{self._path} is about another account of Collect.", tip=_ELSEWHERE)

    def _remember(self, entry: Mapping[str, Any]) -> None:
        request_id = str(entry["request"])
        if "element" in entry:
            self.item_folders[request_id, str(entry["element"])] = _name(entry["folder"])
        elif "folder" in entry:
            self.folders[request_id] = _name(entry["folder"])
        elif "path" in entry:
            path = "/".join(_name(part) for part in str(entry["path"]).split("/"))
            self.files[request_id, str(entry["upload"])] = Kept(path, int(entry["size"]), is_done=False)
        else:
            key = request_id, str(entry["upload"])
            self.files[key] = replace(self.files[key], is_done=True)

    def _whole_lines(self) -> list[bytes]:
        """Return the lines of the file, and cut off what a kill left of another one."""
        try:
            with open_regular(self._path, follow_links=False) as file:
                content = file.read()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DiskError(f"{self._path} cannot be read: {error.strerror}.", tip=_ELSEWHERE) from error
        *lines, rest = content.split(b"\n")
        if rest:
            with self._opened(os.O_WRONLY) as file:
                file.truncate(len(content) - len(rest))
        return lines

    def _add(self, entry: Mapping[str, object]) -> None:
        with self._opened(os.O_WRONLY | os.O_APPEND | os.O_CREAT) as file:
            file.write(json.dumps(entry).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    @contextmanager
    def _opened(self, flags: int) -> Iterator[BinaryIO]:
        try:
            handle = os.open(self._path, flags | NOT_THROUGH_LINKS | getattr(os, "O_BINARY", 0), 0o666)
            with os.fdopen(handle, "wb") as file:
                yield file
        except OSError as error:
            raise DiskError(f"{self._path} cannot be written: {error.strerror}.", tip=_ELSEWHERE) from error


def _name(text: object) -> str:
    """Return one part of a path; raise ``ValueError`` for what would lead out of the folder."""
    if not isinstance(text, str) or text in {"", ".", ".."} or "/" in text or "\\" in text or "\0" in text:
        raise ValueError("no name")
    return text
