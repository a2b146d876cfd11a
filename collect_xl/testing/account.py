"""The account behind the fake Collect: team, users, campaigns, contacts, requests, in the API's own JSON shapes."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from collect_xl.testing.fake_storage import FakeStorage, upload_entry
from collect_xl.testing.request_items import add_elements, note_activity, set_element, without_elements

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from collect_xl.testing.request_items import ItemStatus

Json = dict[str, Any]

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
"""The alphabet of Meteor's ids, which all documented ids are made of (``collect_api.md`` section 4)."""

_MOST_CONTACTS = 50
_HIDDEN = {"cancelled", "archived"}
"""Statuses that a list of requests leaves out, unless it is asked for them."""

_SETTABLE = {"canceled": "cancelled"}
"""PATCH spells it with one l, lists with two."""

_DEFAULT_DUE = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Accepted:
    """One request that was made, so one person who would have been mailed."""

    campaign: str
    contact_id: str
    email: str
    at: str
    """ISO 8601, by the fake's clock."""
    request_id: str


class RefusedError(Exception):
    """The account refuses a call; carries the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class FakeAccount:
    """What the fake Collect remembers. Ids are made from the seed, so that runs can be compared.

    Args:
        now: the fake's clock.
        seed: of the ids.
        file: where the account is kept between runs; None keeps it in memory.
    """

    def __init__(self, now: Callable[[], datetime], *, seed: int = 0, file: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.accepted: list[Accepted] = []
        self._now = now
        self._random = random.Random(seed)  # noqa: S311  # ids that are the same in every run
        self._file = file
        self.team: Json = {
            "_id": self.new_id(),
            "name": "Sandbox & Co",
            "tz": "Europe/Paris",
            "plan": {"name": "sandbox"},
        }
        self.users: list[Json] = []
        self.campaigns: dict[str, Json] = {}
        self.contacts: dict[str, Json] = {}
        self.requests: dict[str, Json] = {}
        self.hidden: list[str] = []
        """Ids of requests that this key cannot see, such as private ones of a colleague."""
        self.storage = FakeStorage()
        """Where the files are that clients uploaded."""
        self.list_lag = 0.0
        """Seconds before a new request is in lists."""
        self.default_due = _DEFAULT_DUE
        """After how long a request is due for which no date was given."""
        self._made: dict[str, datetime] = {}
        """Request id -> when it was made, more exactly than ``createdAt`` says; none of an earlier run."""
        self._portal = self.new_id()
        if file is not None and file.exists():
            self._load(file)
        else:
            self._furnish()

    def new_id(self) -> str:
        """Return a fresh id of Collect's kind."""
        return "".join(self._random.choices(_LETTERS, k=17))

    def add_campaign(self, name: str, status: str = "open", *, private: bool = False) -> str:
        """Add a campaign and return its id; a private one answers 403."""
        with self.lock:
            campaign_id = self.new_id()
            self.campaigns[campaign_id] = {
                "_id": campaign_id,
                "name": name,
                "createdAt": self._stamp(),
                "status": status,
                "private": private,
            }
            return campaign_id

    def add_item(self, campaign_id: str, name: str, kind: str = "documents") -> str:
        """Add an item to a campaign and return its id."""
        with self.lock:
            items = self.campaigns[campaign_id].setdefault(kind, [])
            item = {"id": self.new_id(), "itemId": self.new_id(), "name": name, "order": "1,"}
            items.append(item)
            return item["itemId"]

    def set_item(self, request_id: str, name: str, status: ItemStatus, reason: str = "") -> None:
        """Let an item come in, be approved or be rejected, as a client and the team do.

        Raises:
            KeyError: there is no such request, or it has no such item.
        """
        with self.lock:
            request = self.requests[request_id]
            set_element(request, name, status, reason)
            note_activity(request, self._now())

    def add_upload(self, request_id: str, item: str, name: str, content: bytes, **more: Any) -> str:  # noqa: ANN401  # JSON
        """Let a client upload a file for an item of a request, and return its id.

        Args:
            request_id: the request.
            item: the item's name.
            name: the file's.
            content: its bytes.
            more: what Collect says of it, such as ``status``.
        """
        with self.lock:
            request = self.requests[request_id]
            upload = upload_entry(self.new_id(), name, content, self._stamp(), **more)
            element = next(each for each in request["documents"] if each["name"] == item)
            element["uploads"] = [*element["uploads"], upload]
            set_element(request, item, "waiting")
            note_activity(request, self._now())
            return str(upload["id"])

    def add_contact(self, email: str, **fields: Any) -> str:  # noqa: ANN401  # JSON
        """Add a contact and return its id."""
        with self.lock:
            contact_id = self.new_id()
            self.contacts[contact_id] = {"_id": contact_id, "email": email, **fields, "createdAt": self._stamp()}
            return contact_id

    def send(self, body: object) -> Json:
        """Make one request for each contact: ``POST /requests``."""
        with self.lock:
            campaign, entries = self._sendable(body)
            contacts = [self._contact(entry) for entry in entries]
            requests: list[Json] = []
            echo: list[object] = []
            errors: list[Json] = []
            for entry, contact in zip(entries, contacts, strict=True):
                if contact is None:
                    errors.append(_complaint(entry))
                    continue
                requests.append(without_elements(self._request(campaign, contact, body)))
                # Collect gives an ID back as it was sent, and a contact with all that it knows of it.
                echo.append(entry if isinstance(entry, str) else contact)
            return {"requests": requests, "contacts": echo, "errors": errors}

    def modify(self, body: object) -> Json:
        """Change a request: ``PATCH /request``."""
        with self.lock:
            changes = body if isinstance(body, dict) else {}
            request = self.request(str(changes.get("requestId")))
            for key in ("dueDate", "assignedTo"):
                if key in changes:
                    request[key] = changes[key]
            if "status" in changes:
                status = changes["status"]
                request["status"] = _SETTABLE.get(status, status)
            return {"errors": [], "request": without_elements(request)}

    def requests_of(self, campaign_id: str, state: str = "", search: str = "") -> list[Json]:
        """Return a campaign's requests: all but the hidden ones, or those of one state."""
        with self.lock:
            # It refuses what is private or absent.
            self.campaign(campaign_id)
            requests = [request for request in self.requests.values() if request["campaignId"] == campaign_id]
            requests = [request for request in requests if self._is_listed(request)]
            if state:
                requests = [request for request in requests if request["status"] == state]
            else:
                requests = [request for request in requests if request["status"] not in _HIDDEN]
            return [request for request in requests if _mentions(request["contact"], search)]

    def request(self, request_id: str) -> Json:
        """Return a request; refuse one that is hidden or absent."""
        if request_id not in self.requests or request_id in self.hidden:
            raise RefusedError(404, "request not found")
        return self.requests[request_id]

    def hide(self, request_ids: Iterable[str]) -> None:
        """Hide requests from this key, as a colleague's private ones are: they are in no list and not found by id."""
        with self.lock:
            self.hidden += request_ids

    def merge_contacts(self, old_id: str, into_id: str) -> None:
        """Merge a contact into another: its requests are shown under the other's id and address from now on."""
        with self.lock:
            into = self.contacts[into_id]
            del self.contacts[old_id]
            for request in self.requests.values():
                if request["contact"]["_id"] == old_id:
                    request["contact"] = into

    def campaign(self, campaign_id: str) -> Json:
        """Return a campaign; refuse one that is private or absent."""
        campaign = self.campaigns.get(campaign_id)
        if campaign is None:
            raise RefusedError(404, "campaign not found")
        if campaign["private"]:
            raise RefusedError(403, "campaign is private")
        return campaign

    def contacts_like(self, email: str = "", search: str = "") -> list[Json]:
        """Return contacts by exact address (case matters, as at Collect) and by text."""
        with self.lock:
            contacts = list(self.contacts.values())
            if email:
                contacts = [contact for contact in contacts if contact["email"] == email]
            return [contact for contact in contacts if _mentions(contact, search)]

    def save(self) -> None:
        """Keep the account in its file, if it has one."""
        if self._file is None:
            return
        with self.lock:
            account = {name: getattr(self, name) for name in _KEPT}
            account["accepted"] = [asdict(accepted) for accepted in self.accepted]
            account["portal"] = self._portal
            account["random"] = self._random.getstate()
            # A run that is killed while it writes leaves the old file whole.
            beside = self._file.with_suffix(".new")
            beside.write_text(json.dumps(account, ensure_ascii=False), encoding="utf-8")
            beside.replace(self._file)

    def _load(self, file: Path) -> None:
        account = json.loads(file.read_text(encoding="utf-8"))
        for name in _KEPT:
            # An account of an earlier version lacks what came later.
            setattr(self, name, account.get(name, getattr(self, name)))
        self.accepted = [Accepted(**fields) for fields in account["accepted"]]
        self._portal = account["portal"]
        # JSON has no tuples, and random takes nothing else.
        kind, numbers, gauss = account["random"]
        self._random.setstate((kind, tuple(numbers), gauss))

    def _furnish(self) -> None:
        for name, role in (("ann", "admin"), ("bob", "member")):
            user = {"_id": self.new_id(), "email": f"{name}@sandbox.example", "role": role, "status": "active"}
            self.users.append(user)
        for name, status in (("Yearly documents", "open"), ("Last year", "closed"), ("Long ago", "archived")):
            self.add_campaign(name, status)

    def _sendable(self, body: object) -> tuple[Json, list[Any]]:
        """Return the campaign and the contacts that a call names, or refuse it."""
        fields = body if isinstance(body, dict) else {}
        campaign = self.campaign(str(fields.get("campaignId")))
        contacts = fields.get("contacts")
        if campaign["status"] != "open":
            raise RefusedError(400, f"campaign is {campaign['status']}")
        if not isinstance(contacts, list) or not 1 <= len(contacts) <= _MOST_CONTACTS:
            raise RefusedError(400, "contacts must hold 1 to 50 contacts")
        return campaign, contacts

    def _contact(self, entry: object) -> Json | None:
        """Return the contact that an entry names; None for an entry without sense."""
        if isinstance(entry, str):
            return self.contacts.get(entry)
        if not isinstance(entry, dict):
            return None
        email = entry.get("email")
        if not isinstance(email, str) or "@" not in email:
            return None
        # Collect reuses the contact with that address, if there is one.
        same_email = email.lower()  # "ß" is not "ss"
        for contact in self.contacts.values():
            if contact["email"].lower() == same_email:
                return contact
        fields: Json = {}
        for key, value in entry.items():
            if key not in {"email", "data"}:
                fields[_OUTPUT.get(str(key), str(key))] = value
        return self.contacts[self.add_contact(email, **fields)]

    def _request(self, campaign: Json, contact: Json, body: object) -> Json:
        options = body if isinstance(body, dict) else {}
        request_id = self.new_id()
        created_at = self._stamp()
        request = {
            "_id": request_id,
            "campaignId": campaign["_id"],
            "createdAt": created_at,
            "dueDate": options.get("dueDate") or _stamped(self._now() + self.default_due),
            "portalUrl": f"https://app.usecollect.com/portal/{self._portal}/{request_id}",
            "status": "pending",
            "privacy": "team",
            "contact": contact,
            "branding": {"useBranding": False},
        }
        chosen = options.get("items")
        add_elements(request, campaign, chosen if isinstance(chosen, list) else ())
        self.requests[request_id] = request
        self._made[request_id] = self._now()
        accepted = Accepted(
            campaign=campaign["_id"],
            contact_id=contact["_id"],
            email=contact["email"],
            at=created_at,
            request_id=request_id,
        )
        self.accepted.append(accepted)
        return request

    def _is_listed(self, request: Json) -> bool:
        """Return whether lists show a request by now."""
        made = self._made.get(request["_id"])
        is_fresh = made is not None and self._now() - made < timedelta(seconds=self.list_lag)
        return not is_fresh and request["_id"] not in self.hidden

    def _stamp(self) -> str:
        return _stamped(self._now())


_KEPT = ("team", "users", "campaigns", "contacts", "requests", "hidden")
_OUTPUT = {"tags": "tag", "customFields": "custom"}
"""How Collect spells back what was sent (``collect_api.md`` 9.1)."""


def _stamped(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _complaint(entry: object) -> Json:
    key = "contactId" if isinstance(entry, str) else "contact"
    return {key: entry, "message": "contact not found or not valid"}


def _mentions(contact: Json, search: str) -> bool:
    """Return whether a search finds a contact; an empty one finds all."""
    if not search:
        return True
    for key in ("email", "firstName", "lastName", "company"):
        text = str(contact.get(key, ""))
        if search.casefold() in text.casefold():
            return True
    return False
