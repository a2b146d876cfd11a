"""What Collect says about a request and its contact beyond what decides: for result columns that a sheet may have."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from collect_xl.api import bounds
from collect_xl.domain.model import RemoteRequest

_MOST_TAGS = 50


def with_details(requests: Iterable[RemoteRequest], data: object) -> tuple[RemoteRequest, ...]:
    """Return requests with the details that a reply gives about them.

    Args:
        requests: as read from the reply.
        data: the reply: a list of requests, or an object that holds one.
    """
    entries = data.get("requests") if isinstance(data, dict) else data
    by_id = {bounds.id_of(entry): entry for entry in bounds.objects_of(entries)}
    return tuple(replace(each, details=_details(by_id.get(each.id, {}))) for each in requests)


def _details(entry: Mapping[str, Any]) -> str:
    """Return the details of a request as the JSON text of an object, result field -> text; blank ones absent."""
    person = bounds.object_of(entry.get("contact"))
    created = bounds.moment(entry.get("createdAt"))
    texts = {
        "result.contactEmail": bounds.whole(bounds.text_of(person.get("email")).strip(), bounds.LONGEST_EMAIL),
        "result.firstName": _text(person.get("firstName")),
        "result.lastName": _text(person.get("lastName")),
        "result.company": _text(person.get("company")),
        # Collect writes one and documents the other.
        "result.tags": _list(person.get("tags") or person.get("tag")),
        "result.privacy": _text(entry.get("privacy")),
        "result.created": f"{created:%Y-%m-%dT%H:%M:%SZ}" if created else "",
    }
    filled = {field: text for field, text in texts.items() if text}
    return json.dumps(filled, ensure_ascii=False) if filled else ""


def _text(value: object) -> str:
    return bounds.shortened(bounds.text_of(value), bounds.LONGEST_NAME).strip()


def _list(value: object) -> str:
    values = value if isinstance(value, list) else [value]
    return "; ".join(text for each in values[:_MOST_TAGS] if (text := _text(each)))
