"""Collect's replies, read with tolerance: every oddity of ``collect_api.md`` section 15 ends here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from marshmallow import EXCLUDE, Schema, fields, post_load, pre_load

from collect_xl.api import bounds
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
    """``(contact id, e-mail)`` pairs, from wherever both come together."""
    errors: tuple[str, ...]


def parse(body: bytes) -> Any:  # noqa: ANN401  # JSON is anything
    """Return the JSON value in a body, whatever its content type says; raise ``UnreadableError``."""
    try:
        text = body.decode("utf-8-sig")
        try:
            return _value(text)
        except RecursionError:
            return _value(bounds.without_depths(text))
    except ValueError:
        raise UnreadableError("the answer is not JSON") from None


def about_request(data: object, request_id: str) -> Mapping[str, Any]:
    """Return a reply about one request as an object.

    Args:
        data: the reply.
        request_id: the request that was asked about: another person's items or files beside this one would be worse
            than none.

    Raises:
        UnreadableError: it is no request, or another one.
    """
    reply = _mapping(data)
    if bounds.id_of(reply) != request_id:
        raise UnreadableError("it is about another request")
    return reply


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
        names |= _item_names(bounds.objects_of(entries))
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
    return tuple(_each(_REQUEST, _listed(data, "requests")))


def request(data: object) -> RemoteRequest:
    """Return the request of ``GET /requests/{id}``; one without an id is unreadable."""
    entry = cast("RemoteRequest", _REQUEST.load(_mapping(data)))
    if not entry.id:
        raise UnreadableError("the answer names no request")
    return entry


def patch_reply(data: object) -> tuple[RemoteRequest | None, tuple[str, ...]]:
    """Return the request of a reply to ``PATCH /request``, where it has one, and its complaints."""
    reply = _mapping(data)
    entry = reply.get("request")
    changed: RemoteRequest | None = None
    if isinstance(entry, dict):
        changed = cast("RemoteRequest", _REQUEST.load(entry))
    return changed, complaints(reply)


def post_reply(data: object) -> PostReply:
    """Return what a reply to ``POST /requests`` holds; one without a list of requests is unreadable."""
    reply = _mapping(data)
    made = reply.get("requests")
    if not isinstance(made, list):
        raise UnreadableError("the answer has no list of requests")
    requests = tuple(_each(_REQUEST, made))
    pairs = dict.fromkeys(_pairs(requests, reply.get("contacts")))
    return PostReply(requests, tuple(pairs), complaints(reply))


def complaints(data: object) -> tuple[str, ...]:
    """Return what a reply complains of, each entry as a text that shows all it holds, in bounds.

    Args:
        data: a reply of any shape; ``errors`` may be missing, null, a text, an object, or a list of all these, and a
            refusal may carry ``error`` or ``message`` instead, or be a text or a list itself.
    """
    value = data
    if isinstance(data, dict):
        value = data.get("errors") or _reason(data)
    entries = value if isinstance(value, list | tuple) else [value]
    full = [entry for entry in entries if entry not in (None, "", [], {})]
    kept = full[: bounds.MOST_COMPLAINTS]
    texts = [bounds.complaint(_as_text(entry)) for entry in kept]
    left_out = len(full) - len(kept)
    if left_out:
        texts.append(f"and {left_out:,} more complaints, which are not kept")
    return tuple(texts)


def _reason(data: Mapping[str, object]) -> object:
    """Return why a call was refused, where no ``errors`` say it.

    Documented is ``{"error": 400, "message": "<reason>"}``: the number alone would say nothing. An error that is no
    number comes before its message.
    """
    error, message = data.get("error"), data.get("message")
    is_number = isinstance(error, int) or (isinstance(error, str) and error.strip().isdigit())
    if message and (is_number or not error or error == message):
        return message
    return [error, message] if message else error or ()


class _Id(fields.Field[str]):
    """An id; numbers become their digits, and what cannot be kept as it came is no id."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> str:
        return bounds.identifier(bounds.text_of(value))


class _Words(fields.Field[str]):
    """A text for people, cut where it is too long; null and absence become empty."""

    def __init__(self, most: int, **kwargs: Any) -> None:  # noqa: ANN401  # marshmallow's own
        super().__init__(**kwargs)
        self._most = most

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> str:
        return bounds.shortened(bounds.text_of(value), self._most)


class _Whole(_Words):
    """A text of which a part is worth nothing: a link, an address."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> str:
        return bounds.whole(bounds.text_of(value).strip(), self._most)


class _Moment(fields.Field[datetime | None]):
    """A point in time, or None."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> datetime | None:
        return bounds.moment(value)


class _Tolerant(Schema):
    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _id_by_either_name(self, data: Mapping[str, object], **_: object) -> dict[str, object]:
        return {"_id": data.get("id"), **data}


class _ContactSchema(_Tolerant):
    id = _Id(data_key="_id")
    email = _Whole(bounds.LONGEST_EMAIL)

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> tuple[str, str]:
        return data["id"], data["email"]


_CONTACT = _ContactSchema()
"""Made once: a schema takes longer to make than to use."""


class _Person(fields.Field[tuple[str, str]]):
    """Id and e-mail of a contact, which may be an object or a bare id."""

    def deserialize(self, value: object, *_args: object, **_kwargs: object) -> tuple[str, str]:
        return cast("tuple[str, str]", _CONTACT.load(_with_fields(value)))


class _TeamSchema(_Tolerant):
    id = _Id(data_key="_id")
    name = _Words(bounds.LONGEST_NAME)
    zone = _Words(bounds.LONGEST_ZONE, data_key="tz")

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> Team:
        return Team(data["id"], data["name"], data["zone"].strip() or "UTC")


class _CampaignSchema(_Tolerant):
    id = _Id(data_key="_id")
    name = _Words(bounds.LONGEST_NAME)
    status = _Words(bounds.LONGEST_STATUS)

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> Campaign:
        return Campaign(**data)


class _UserSchema(_Tolerant):
    id = _Id(data_key="_id")
    email = _Whole(bounds.LONGEST_EMAIL)

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> User:
        return User(**data)


class _ItemSchema(_Tolerant):
    # The documented ``itemId`` is absent from the example, which has an ``id`` alone.
    item_id = _Id(data_key="itemId")
    id = _Id()
    name = _Words(bounds.LONGEST_NAME)

    @post_load
    def _made(self, data: dict[str, str], **_: object) -> tuple[str, str]:
        return data["item_id"] or data["id"], data["name"].strip()


class _RequestSchema(_Tolerant):
    id = _Id(data_key="_id")
    campaign = _Id(data_key="campaignId")
    contact = _Person()
    status = _Words(bounds.LONGEST_STATUS)
    portal_url = _Whole(bounds.LONGEST_URL, data_key="portalUrl")
    created = _Moment(data_key="createdAt")
    due = _Moment(data_key="dueDate")
    active = _Moment(data_key="lastActivity")

    @pre_load
    def _activity_of_contact(self, data: Mapping[str, object], **_: object) -> dict[str, object]:
        # The examples have it in the contact.
        contact = bounds.object_of(data.get("contact"))
        return {"lastActivity": contact.get("lastActivity"), **data}

    @post_load
    def _made(self, data: dict[str, Any], **_: object) -> RemoteRequest:
        contact_id, email = data.pop("contact")
        active_at = data.pop("active")
        activity = "" if active_at is None else active_at.isoformat()
        due_at = data.pop("due")
        due = "" if due_at is None else f"{due_at:%Y-%m-%dT%H:%M:%SZ}"
        return RemoteRequest(**data, due=due, contact_id=contact_id, email=email, activity=activity)


_REQUEST = _RequestSchema()
"""Made once, as ``_CONTACT``."""


def _each(schema: Schema, entries: Iterable[object]) -> Iterator[Any]:
    for entry in entries:
        yield schema.load(_with_fields(entry))


def _with_fields(entry: object) -> dict[str, Any]:
    """Return an entry as an object: a bare text stands for the id, as Collect's own `contacts` echo does."""
    return entry if isinstance(entry, dict) else {"_id": entry}


def _with_id(entries: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(entry for entry in entries if entry.id)


def _item_names(entries: Iterable[Mapping[str, object]]) -> dict[str, str]:
    schema = _ItemSchema()
    names: dict[str, str] = {}
    for entry in entries:
        item_id, name = schema.load(entry)
        if item_id:
            names[item_id] = name
    return names


def _pairs(made: Iterable[RemoteRequest], echoed: object) -> Iterator[tuple[str, str]]:
    people = [(each.contact_id, each.email) for each in made]
    if isinstance(echoed, list):
        people += _each(_CONTACT, echoed)
    for contact_id, email in people:
        if contact_id and email:
            yield contact_id, email


def _as_text(entry: object) -> str:
    if isinstance(entry, str):
        return entry
    try:
        return json.dumps(entry, ensure_ascii=False, sort_keys=True)
    except RecursionError:
        return "(a complaint that is nested too deeply to be shown)"


def _value(json_text: str) -> Any:  # noqa: ANN401  # JSON is anything
    # Python's own NaN and Infinity are no JSON, and no value of any use.
    return json.loads(json_text, parse_int=_whole_number, parse_constant=lambda _: None)


def _whole_number(digits: str) -> int | str:
    """Return a whole number; one that is too long for any use stays a text, so that the reply can be read."""
    return int(digits) if len(digits) <= bounds.LONGEST_NUMBER else digits


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
