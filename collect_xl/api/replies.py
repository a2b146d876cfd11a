"""Collect's replies, read with tolerance: every oddity of ``collect_api.md`` section 15 ends here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeGuard, cast

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load

from collect_xl.domain.model import Campaign, RemoteRequest, Team, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


class UnreadableError(ValueError):
    """The reply is not of the shape that Collect documents."""


@dataclass(frozen=True, slots=True)
class PostReply:
    """What a 200 to ``POST /requests`` holds."""

    requests: tuple[RemoteRequest, ...]
    contacts: tuple[tuple[str, str], ...]
    """``(contact id, e-mail)`` pairs, from wherever both stand together."""
    errors: tuple[str, ...]


def parse(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    """Return the JSON value in a body, whatever its content type says; raise ``UnreadableError``."""
    try:
        return json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise UnreadableError("the answer is not JSON") from None


def team(data: object) -> Team:
    """Return the team of ``GET /team``.

    A team without an id is unreadable, because identities are made of it.
    """
    entry = cast("Team", _TeamSchema().load(_mapping(data)))
    if not entry.id:
        raise UnreadableError("the answer names no team")
    return entry


def campaign(data: object) -> Campaign:
    """Return the campaign of ``GET /campaigns/{id}``, which may lack its name and even its id."""
    return cast("Campaign", _CampaignSchema().load(_mapping(data)))


def items(data: object) -> Mapping[str, str]:
    """Return the items of ``GET /campaigns/{id}`` that have an id, of every kind, documented or not."""
    names: dict[str, str] = {}
    for entries in _mapping(data).values():
        if isinstance(entries, list):
            names |= _item_names(entries)
    return names


def campaigns(data: object) -> tuple[Campaign, ...]:
    """Return the campaigns of ``GET /campaigns`` that have an id."""
    return _with_id(_each(_CampaignSchema(), _listed(data, "campaigns")))


def users(data: object) -> tuple[User, ...]:
    """Return the members of ``GET /users`` that have an id."""
    return _with_id(_each(_UserSchema(), _listed(data, "users")))


def requests(data: object) -> tuple[RemoteRequest, ...]:
    """Return every entry of ``GET /requests``.

    One that cannot be read has no id, so that it is not forgotten.
    """
    return tuple(_each(_RequestSchema(), _listed(data, "requests")))


def request(data: object) -> RemoteRequest:
    """Return the request of ``GET /requests/{id}``; one without an id is unreadable."""
    entry = cast("RemoteRequest", _RequestSchema().load(_mapping(data)))
    if not entry.id:
        raise UnreadableError("the answer names no request")
    return entry


def patch_reply(data: object) -> tuple[RemoteRequest | None, tuple[str, ...]]:
    """Return the request of a reply to ``PATCH /request``, where it has one, and its complaints."""
    reply = _mapping(data)
    entry = reply.get("request")
    changed: RemoteRequest | None = None
    if isinstance(entry, dict):
        changed = cast("RemoteRequest", _RequestSchema().load(entry))
    return changed, complaints(reply)


def post_reply(data: object) -> PostReply:
    """Return what a reply to ``POST /requests`` holds; one without a list of requests is unreadable."""
    reply = _mapping(data)
    made = reply.get("requests")
    if not isinstance(made, list):
        raise UnreadableError("the answer has no list of requests")
    pairs = dict.fromkeys(_pairs(made, reply.get("contacts")))
    return PostReply(tuple(_each(_RequestSchema(), made)), tuple(pairs), complaints(reply))


def complaints(data: object) -> tuple[str, ...]:
    """Return what a reply complains of, each entry as a text that shows all it holds.

    Args:
        data: a reply of any shape; ``errors`` may be missing, null, a text, an object, or a list of all these, and a
            refusal may carry ``error`` or ``message`` instead, or be a text or a list itself.
    """
    value = data
    if isinstance(data, dict):
        value = data.get("errors") or data.get("error") or data.get("message") or ()
    entries = value if isinstance(value, list | tuple) else [value]
    return tuple(_as_text(entry) for entry in entries if entry not in (None, "", [], {}))


def moment(value: object) -> datetime | None:
    """Return a point in time from any form that Collect was seen to use, or None.

    Seen: ``2022-07-04T07:20:06Z``, ``2022-05-22 13:40:26 UTC``, ``2018-11-22T13:28:08.215Z``,
    ``2024-05-04T09:42:00+00:00``, null; Meteor may also give ``{"$date": milliseconds}``.
    """
    if isinstance(value, dict):
        return moment(value.get("$date"))
    try:
        if isinstance(value, str):
            return _from_text(value)
        if _is_number(value):
            return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _from_text(text: str) -> datetime:
    iso = text.strip()
    if iso.endswith("UTC"):
        iso = iso.removesuffix("UTC").strip() + "+00:00"
    at = datetime.fromisoformat(iso)
    # A time without a zone is UTC: no page of the documentation shows a local one.
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


class _Text(fields.Field[str]):
    """A text; numbers become their digits, null and absence become empty."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> str:
        return _text(value)


class _Moment(fields.Field[datetime | None]):
    """A point in time, or None."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> datetime | None:
        return moment(value)


class _Tolerant(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _id_by_either_name(self, data: Mapping[str, object], **_: object) -> dict[str, object]:
        return {"_id": data.get("id"), **data}


class _TeamSchema(_Tolerant):
    id = _Text(data_key="_id")
    name = _Text()
    zone = _Text(data_key="tz")

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> Team:
        return Team(data["id"], data["name"], data["zone"].strip() or "UTC")


class _CampaignSchema(_Tolerant):
    id = _Text(data_key="_id")
    name = _Text()
    status = _Text()

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> Campaign:
        return Campaign(**data)


class _UserSchema(_Tolerant):
    id = _Text(data_key="_id")
    email = _Text()

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> User:
        return User(**data)


class _RequestSchema(_Tolerant):
    id = _Text(data_key="_id")
    campaign = _Text(data_key="campaignId")
    contact = fields.Raw(allow_none=True)
    status = _Text()
    portal_url = _Text(data_key="portalUrl")
    created = _Moment(data_key="createdAt")
    due = _Moment(data_key="dueDate")

    @post_load
    def _made(self, data: dict[str, Any], **_: object) -> RemoteRequest:
        contact_id, email = _person(data.pop("contact", None))
        due_at = data.pop("due")
        due = "" if due_at is None else f"{due_at:%Y-%m-%dT%H:%M:%SZ}"
        return RemoteRequest(**data, due=due, contact_id=contact_id, email=email)


def _each(schema: Schema, entries: Iterable[object]) -> Iterator[Any]:
    for entry in entries:
        # A bare text stands for the id, as Collect's own `contacts` echo does.
        yield schema.load(entry if isinstance(entry, dict) else {"_id": entry})


def _with_id(entries: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(entry for entry in entries if entry.id)


def _item_names(entries: Iterable[object]) -> dict[str, str]:
    names: dict[str, str] = {}
    for entry in entries:
        if not isinstance(entry, dict):
            continue
        # The documented ``itemId`` is absent from the example, which has an ``id`` alone.
        item_id = _text(entry.get("itemId")) or _text(entry.get("id"))
        if item_id:
            names[item_id] = _text(entry.get("name")).strip()
    return names


def _person(contact: object) -> tuple[str, str]:
    """Return id and e-mail of a ``contact``, which may be an object or a bare id."""
    if isinstance(contact, dict):
        return _text(contact.get("_id", contact.get("id"))), _text(contact.get("email")).strip()
    return _text(contact), ""


def _pairs(made: Iterable[object], echoed: object) -> Iterator[tuple[str, str]]:
    people = [each.get("contact") for each in made if isinstance(each, dict)]
    if isinstance(echoed, list):
        people += echoed
    for contact in people:
        contact_id, email = _person(contact)
        if contact_id and email:
            yield contact_id, email


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return _text(value.get("$oid"))
    if not _is_number(value):
        return ""
    return str(int(value)) if float(value).is_integer() else str(value)


def _is_number(value: object) -> TypeGuard[int | float]:
    # In Python a bool is an int, in JSON it is no number.
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_text(entry: object) -> str:
    return entry if isinstance(entry, str) else json.dumps(entry, ensure_ascii=False, sort_keys=True)


def _mapping(data: object) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UnreadableError("the answer is not a JSON object")
    return data


def _listed(data: object, key: str) -> list[object]:
    """Return the list that a listing is; documented as bare, tolerated below its own name."""
    entries = data.get(key) if isinstance(data, dict) else data
    if not isinstance(entries, list):
        raise UnreadableError("the answer is not a list")
    return entries
