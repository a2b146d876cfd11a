"""What exactly goes to Collect: the body of ``POST /requests`` (``collect_api.md`` 6.1)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from collect_xl.domain.due_dates import instant
from collect_xl.domain.model import Contact, Options, Sample

MOST_CONTACTS = 50
"""Contacts that Collect takes in one call."""

ContactPayload = str | Mapping[str, Any]


def contact_payload(contact: Contact) -> ContactPayload:
    """Return a contact as Collect takes it: the bare id of an existing one, else an object without blanks."""
    if contact.id:
        return contact.id
    fields = {
        "email": contact.email,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "company": contact.company,
        "tags": list(contact.tags),
        "customFields": [{"variable": variable, "value": value} for variable, value in contact.custom],
    }
    return {name: value for name, value in fields.items() if value}


def options_payload(options: Options, campaign_id: str, zone: str) -> dict[str, Any]:
    """Return all of the body but its contacts; what is blank is left to Collect's own defaults.

    Args:
        options: a row's effective options.
        campaign_id: the campaign's id, whatever the sheet calls it.
        zone: the team's IANA zone, in which a bare date ends at 23:59.
    """
    fields = {
        "campaignId": campaign_id,
        "items": list(options.items) or None,
        "samples": [_sample(each) for each in options.samples] or None,
        "dueDate": instant(options.due, zone) if options.due else None,
        "assignedTo": options.assigned_to,
        "sendMessage": options.send_message,
        "sendCompletionMessage": options.send_completion_message,
        "sendRejectionMessage": options.send_rejection_message,
        "sendReopenMessage": options.send_reopen_message,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _sample(sample: Sample) -> dict[str, Any]:
    more = json.loads(sample.more) if sample.more else {}
    return {**more, "itemId": sample.item, "url": sample.url}


def body_of(options: Mapping[str, Any], contacts: Iterable[ContactPayload]) -> str:
    """Return the JSON text of one call, the same text for the same content."""
    return json.dumps({**options, "contacts": list(contacts)}, sort_keys=True)


def content_digest(options: Mapping[str, Any], contact: Contact) -> str:
    """Return a short text that stays the same as long as what is sent of a row does."""
    text = json.dumps([options, contact_payload(contact)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]
