"""What clients uploaded, fetched into a folder: request by request, each file once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from collect_xl.domain.items import item_key
from collect_xl.domain.uploads import KeepsUploads, TellsUploads, Upload, Withheld
from collect_xl.errors import CollectUnavailable, CollectXlError, LinkExpired

MOST_FAILURES: Final = 3
"""Requests in a row that cannot be seen before the rest is left: a server that is down would cost hours."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row whose files are wanted."""

    row: int
    request_id: str
    client: str
    """What the folder of its request is called, if it can be."""


@dataclass(frozen=True, slots=True)
class Left:
    """A file that was not fetched."""

    row: int
    item: str
    name: str
    why: Withheld | Literal["failed", "moved"]
    """``moved``: it was fetched before, and has been moved or deleted since."""
    words: str = ""
    """What happened, where it failed."""


@dataclass(slots=True)
class Fetched:
    """What was fetched, what was here, and what was left."""

    files: dict[int, list[str]] = field(default_factory=dict)
    """Row -> the paths of files that came now, below the folder."""
    folders: dict[int, str] = field(default_factory=dict)
    """Row -> the folder of its request, where it has one."""
    here: int = 0
    """Files that were there already."""
    left: list[Left] = field(default_factory=list)
    failed: dict[int, str] = field(default_factory=dict)
    """Row -> why its request could not be seen."""
    unreached: int = 0
    """Requests that were not reached."""
    stopped: bool = False
    """Whether the user ended it."""
    missing_items: tuple[str, ...] = ()
    """Items that were named, and that no request with files has."""

    @property
    def count(self) -> int:
        """How many files came now."""
        return sum(len(paths) for paths in self.files.values())

    @property
    def is_whole(self) -> bool:
        """Whether nothing that can be had is left."""
        has_failed = any(each.why == "failed" for each in self.left)
        return not (has_failed or self.failed or self.unreached)


@dataclass(frozen=True, slots=True)
class FetchWish:
    """Which files are wanted."""

    items: Collection[str] = ()
    """Names of items; none for all."""
    again: bool = False
    """Whether what was moved or deleted since it was fetched is fetched again."""


def fetch_files(
    collect: TellsUploads,
    shelf: KeepsUploads,
    wanted: Sequence[Wanted],
    wish: FetchWish,
    stop: threading.Event,
    on_step: Callable[[int, int], None],
) -> Fetched:
    """Fetch the files of some requests that are not in a folder yet.

    Args:
        collect: where they come from.
        shelf: where they go.
        wanted: the rows.
        wish: which of their files.
        stop: when set, no further file is fetched.
        on_step: hears before each request how many were done, and how many there are in all.
    """
    fetching = _Fetching(collect, shelf, wish, stop)
    fetched = fetching.fetched
    failures = 0
    for number, each in enumerate(wanted):
        if failures < MOST_FAILURES and not stop.is_set():
            on_step(number, len(wanted))
            failures = 0 if fetching.request(each) else failures + 1
        if failures == MOST_FAILURES or stop.is_set():
            # Where it was ended the request at hand may have more files; each that came is in the list of the folder.
            fetched.stopped = stop.is_set()
            fetched.unreached = len(wanted) - number - (0 if fetched.stopped else 1)
            break
    seen_items = fetching.seen_items
    fetched.missing_items = tuple(name for name in wish.items if item_key(name) not in seen_items)
    return fetched


@dataclass(slots=True)
class _Fetching:
    """One run of it."""

    collect: TellsUploads
    shelf: KeepsUploads
    wish: FetchWish
    stop: threading.Event
    fetched: Fetched = field(default_factory=Fetched)
    seen_items: set[str] = field(default_factory=set)
    """The items, by their keys, that have files in any request."""

    def request(self, wanted: Wanted) -> bool:
        """Fetch the files of one request; return False where the request cannot be seen."""
        try:
            uploads = self.collect.uploads(wanted.request_id)
        except CollectXlError as error:
            self.fetched.failed[wanted.row] = error.message
            return False
        self.seen_items |= {item_key(upload.item) for upload in uploads}
        names = {item_key(name) for name in self.wish.items}
        links = {upload.id: upload for upload in uploads}
        for upload in uploads:
            if self.stop.is_set():
                break
            if not names or item_key(upload.item) in names:
                self._upload(wanted, upload, links)
        folder = self.shelf.folder_of(wanted.request_id)
        if folder:
            self.fetched.folders[wanted.row] = folder
        return True

    def _upload(self, wanted: Wanted, upload: Upload, links: dict[str, Upload]) -> None:
        """Fetch one file, unless it is here, or is not to be had."""
        left = self._why_left(wanted, upload)
        if left == "here":
            self.fetched.here += 1
        elif left:
            self.fetched.left.append(Left(wanted.row, upload.item, upload.name, left))
        else:
            self._keep(wanted, upload, links)

    def _why_left(self, wanted: Wanted, upload: Upload) -> Withheld | Literal["here", "moved"]:
        """Return why a file is not to be fetched; empty where it is."""
        standing = self.shelf.standing_of(wanted.request_id, upload)
        if standing == "here":
            return "here"
        if standing == "moved" and not self.wish.again:
            return "moved"
        return upload.withheld

    def _keep(self, wanted: Wanted, upload: Upload, links: dict[str, Upload]) -> None:
        """Fetch one file.

        Links are good for minutes: after many large files the later ones are over. Then the request is asked for new
        ones, once for each file at most.
        """
        try:
            try:
                path = self._download(wanted, links[upload.id])
            except LinkExpired:
                links |= {each.id: each for each in self.collect.uploads(wanted.request_id)}
                path = self._download(wanted, links[upload.id])
        except CollectUnavailable as error:
            self.fetched.left.append(Left(wanted.row, upload.item, upload.name, "failed", error.message))
            return
        self.fetched.files.setdefault(wanted.row, []).append(path)

    def _download(self, wanted: Wanted, upload: Upload) -> str:
        collect = self.collect
        return self.shelf.keep(wanted.request_id, wanted.client, upload, lambda file: collect.download(upload, file))
