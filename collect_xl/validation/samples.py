"""The cell that names sample files of items, as pairs that people type or as the objects that Collect documents."""

from __future__ import annotations

import json
import re
from typing import NoReturn
from urllib.parse import urlsplit

from collect_xl.domain.model import Sample
from collect_xl.validation.fields import Cell, pieces

_ITEM, _URL = "itemId", "url"


class Samples(Cell[tuple[Sample, ...]]):
    """Sample files for items: ``item -> URL`` (or ``=``, ``:``), separated by ``;`` or a new line.

    What Collect takes beyond that is written as its documentation does, as JSON:
    ``{"itemId": "Passport", "url": "https://...", "name": "An example"}``, one object or a list of them.
    """

    expected = "lines of the form: item -> https://..."
    todo = "Write each sample as: item -> https://... ; a ; inside a URL is written %3B."

    _PAIR = re.compile(r"(\S.*?)\s*(?:->|=>|→|=|:)\s*(https?://\S+)", re.IGNORECASE)
    _LINK = re.compile(r"https?://\S+", re.IGNORECASE)

    def read_text(self, text: str) -> tuple[Sample, ...]:
        """Return the samples, each once."""
        if text[0] in "{[":
            return tuple(dict.fromkeys(map(self._of_object, self._objects(text))))
        return tuple(dict.fromkeys(map(self._of_pair, pieces(text))))

    def _of_pair(self, piece: str) -> Sample:
        match = self._PAIR.fullmatch(piece)
        if not match or not _has_host(match[2]):
            raise self.refused(piece)
        return Sample(match[1], match[2])

    def _objects(self, text: str) -> list[object]:
        """Return the objects of a JSON text: of a list, or one after another on lines of their own."""
        decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        found: list[object] = []
        rest = text
        try:
            while rest:
                value, end = decoder.raw_decode(rest)
                found += value if isinstance(value, list) else [value]
                rest = rest[end:].lstrip(" \t\r\n\xa0;,")
        except (ValueError, RecursionError):
            raise self.refused(text) from None
        return found

    def _of_object(self, entry: object) -> Sample:
        if not isinstance(entry, dict):
            raise self.refused(json.dumps(entry))
        item, url = str(entry.get(_ITEM, "")), str(entry.get(_URL, ""))
        if not item.strip() or not self._LINK.fullmatch(url) or not _has_host(url):
            raise self.refused(json.dumps(entry, ensure_ascii=False))
        more = {name: value for name, value in entry.items() if name not in {_ITEM, _URL}}
        return Sample(item.strip(), url, json.dumps(more, sort_keys=True) if more else "")


def _refuse_constant(word: str) -> NoReturn:
    """Refuse ``NaN`` and ``Infinity``, which Python reads and no JSON has."""
    raise ValueError(word)


def _has_host(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
