"""Files that clients uploaded to a request, as Collect shows them, and the folder that takes them in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO, Literal, Protocol

Withheld = Literal["", "infected", "restricted", "expired", "without a link"]
"""Why Collect does not give a file; empty where it does."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a client uploaded."""

    id: str
    """Unique in its request."""
    element: str
    """The ID of the document that it belongs to; the document's name where Collect gives none."""
    item: str
    """The document's name."""
    name: str
    """The file's name, as its client gave it."""
    size: int | None
    """Bytes; None where Collect does not say."""
    url: str = field(repr=False)
    """Where it can be had for some minutes, by anyone who knows the URL: it is never kept, shown or logged."""
    withheld: Withheld = ""
    word: str = ""
    """Collect's own word for its state."""


class TellsUploads(Protocol):
    """The part of Collect that gives files."""

    def uploads(self, request_id: str) -> tuple[Upload, ...]:
        """Return the files of a request; raise ``CollectXlError`` when they cannot be seen."""

    def download(self, upload: Upload, into: BinaryIO) -> int:
        """Write a file's bytes, and return how many there were.

        Raises:
            LinkExpired: its URL opens nothing any more.
            CollectUnavailable: it did not come, or not whole.
        """


class KeepsUploads(Protocol):
    """A folder of files, one folder for each request in it, that knows what it has."""

    def folder_of(self, request_id: str) -> str:
        """Return the name of a request's folder; empty where it has none yet."""

    def standing_of(self, request_id: str, upload: Upload) -> Literal["new", "here", "moved"]:
        """Return whether a file was never fetched, is here, or was here and has been moved or deleted since."""

    def keep(self, request_id: str, client: str, upload: Upload, receive: Callable[[BinaryIO], int]) -> str:
        """Take a file in, under a name that is free, and return its path below the folder.

        Args:
            request_id: the request.
            client: what the request's folder is called, if it can be.
            upload: the file.
            receive: writes its bytes, and returns how many there were.
        """
