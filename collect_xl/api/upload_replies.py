"""The files of a request in a reply to ``GET /requests/{id}``, whatever shape the reply has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from collect_xl.api import bounds
from collect_xl.api.replies import UnreadableError, about_request
from collect_xl.domain.uploads import Upload, Withheld

MOST_UPLOADS: Final = 2_000
"""Of one request."""

_LONGEST_LINK: Final = 8_000
"""Characters; a signed link of a storage has one to two thousand."""

_LARGEST: Final = 2**40
"""Bytes; a larger number is no size."""

_STATES: Final[Mapping[str, Withheld]] = {
    "archived": "expired",
    "expired": "expired",
    "deleted": "expired",
    "infected": "infected",
    "quarantine": "infected",
    "quarantined": "infected",
    "virus": "infected",
    "restricted": "restricted",
}
"""Documented is that a file which is archived, expired or quarantined has no link, and that its status says why."""


def uploads_of(data: object, request_id: str) -> tuple[Upload, ...]:
    """Return the files of the request that a reply describes, in the order in which Collect shows them.

    Args:
        data: the reply.
        request_id: the request that was asked about.

    Raises:
        UnreadableError: it is no request, or another one.
    """
    uploads = [_upload(element, entry) for element, entry in _entries(about_request(data, request_id))]
    if len(uploads) > MOST_UPLOADS:
        raise UnreadableError(f"the request has more than {MOST_UPLOADS} files")
    return tuple(uploads)


def _entries(data: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Yield each file with the element that it belongs to."""
    for elements in data.values():
        for element in _objects(elements):
            for upload in _objects(element.get("uploads")):
                yield element, upload


def _objects(value: object) -> list[Mapping[str, Any]]:
    """Return the objects of a list; one example of the documentation has a single object in its place."""
    entries = value if isinstance(value, list) else [value]
    return [entry for entry in entries if isinstance(entry, dict)]


def _upload(element: Mapping[str, Any], entry: Mapping[str, Any]) -> Upload:
    item = _text(element.get("name"))
    name = _text(entry.get("name"))
    word = _text(entry.get("status"))
    url = bounds.whole(bounds.text_of(entry.get("url")), _LONGEST_LINK)
    element_id = bounds.id_of(element) or item
    # Some examples show files without an ID: then when it came and its name are what tells it from the others.
    own = bounds.id_of(entry) or f"{element_id} {_text(entry.get('createdAt'))} {name}"
    size = entry.get("size")
    return Upload(
        id=own,
        element=element_id,
        item=item,
        name=name,
        size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < _LARGEST else None,
        url=url,
        withheld=_withheld(entry, word, url),
        word=word,
    )


def _withheld(entry: Mapping[str, Any], word: str, url: str) -> Withheld:
    known = _STATES.get(word.casefold(), "")
    if known:
        return known
    if entry.get("restricted") is True:
        return "restricted"
    return "" if url else "without a link"


def _text(value: object) -> str:
    return " ".join(bounds.shortened(bounds.text_of(value), bounds.LONGEST_NAME).split())
