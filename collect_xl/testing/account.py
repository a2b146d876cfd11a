"""The account behind the fake Collect: team, users, campaigns, contacts, requests, in the API's own JSON shapes."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

Json = dict[str, Any]

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTWXYZabcdefghijkmnopqrstuvwxyz"
"""The alphabet of Meteor's ids, which all documented ids are made of (``collect_api.md`` section 4)."""

_MOST_CONTACTS = 50
_HIDDEN = {"cancelled", "archived"}
_SETTABLE = {"canceled": "cancelled"}  # PATCH spells it with one l, lists with two
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
    """The account does not do what was asked; carries the HTTP status."""

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
            made: Json = {
                "_id": self.new_id(),
                "name": name,
                "createdAt": self._stamp(),
                "status": status,
                "private": private,
            }
            self.campaigns[made["_id"]] = made
            return str(made["_id"])

    def add_item(self, campaign_id: str, name: str, kind: str = "documents") -> str:
        """Add an item to a campaign and return its id."""
        with self.lock:
            items = self.campaigns[campaign_id].setdefault(kind, [])
            items.append({"id": self.new_id(), "itemId": self.new_id(), "name": name, "order": "1,"})
            return str(items[-1]["itemId"])

    def add_contact(self, email: str, **fields: Any) -> str:  # noqa: ANN401  # JSON
        """Add a contact and return its id."""
        with self.lock:
            made: Json = {"_id": self.new_id(), "email": email, **fields, "createdAt": self._stamp()}
            self.contacts[made["_id"]] = made
            return str(made["_id"])

    def send(self, body: object) -> Json:
        """Make one request for each contact: ``POST /requests``."""
        with self.lock:
            campaign, contacts = self._sendable(body)
            known = [(asked, self._contact(asked)) for asked in contacts]
            made = [self._request(campaign, contact, body) for _, contact in known if contact]
            echo = [asked if isinstance(asked, str) else contact for asked, contact in known if contact]
            errors = [_complaint(asked) for asked, contact in known if contact is None]
            return {"requests": made, "contacts": echo, "errors": errors}

    def modify(self, body: object) -> Json:
        """Change a request: ``PATCH /request``."""
        with self.lock:
            changes = body if isinstance(body, dict) else {}
            request = self.requests.get(str(changes.get("requestId")))
            if request is None:
                raise RefusedError(404, "request not found")
            request |= {key: changes[key] for key in ("dueDate", "assignedTo") if key in changes}
            if "status" in changes:
                request["status"] = _SETTABLE.get(changes["status"], changes["status"])
            return {"errors": [], "request": request}

    def requests_of(self, campaign_id: str, state: str = "", search: str = "") -> list[Json]:
        """Return a campaign's requests: all but the hidden ones, or those of one state."""
        with self.lock:
            self.campaign(campaign_id)
            mine = [each for each in self.requests.values() if each["campaignId"] == campaign_id]
            shown = [each for each in mine if (each["status"] == state if state else each["status"] not in _HIDDEN)]
            return [each for each in shown if _mentions(each["contact"], search)]

    def campaign(self, campaign_id: str) -> Json:
        """Return a campaign; refuse one that is private or absent."""
        found = self.campaigns.get(campaign_id)
        if found is None:
            raise RefusedError(404, "campaign not found")
        if found["private"]:
            raise RefusedError(403, "campaign is private")
        return found

    def contacts_like(self, email: str = "", search: str = "") -> list[Json]:
        """Return contacts by exact address (case matters, as at Collect) and by text."""
        with self.lock:
            return [each for each in self.contacts.values() if email in {"", each["email"]} and _mentions(each, search)]

    def save(self) -> None:
        """Keep the account in its file, if it has one."""
        if self._file is None:
            return
        with self.lock:
            kept = {name: getattr(self, name) for name in _KEPT}
            kept |= {"accepted": [asdict(each) for each in self.accepted], "portal": self._portal}
            kept["random"] = self._random.getstate()
            beside = self._file.with_suffix(".new")
            beside.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
            beside.replace(self._file)

    def _load(self, file: Path) -> None:
        kept = json.loads(file.read_text(encoding="utf-8"))
        for name in _KEPT:
            setattr(self, name, kept[name])
        self.accepted = [Accepted(**each) for each in kept["accepted"]]
        self._portal = kept["portal"]
        kind, numbers, gauss = kept["random"]
        self._random.setstate((kind, tuple(numbers), gauss))

    def _furnish(self) -> None:
        for name, role in (("ann", "admin"), ("bob", "member")):
            user = {"_id": self.new_id(), "email": f"{name}@sandbox.example", "role": role, "status": "active"}
            self.users.append(user)
        for name, status in (("Yearly documents", "open"), ("Last year", "closed"), ("Long ago", "archived")):
            self.add_campaign(name, status)

    def _sendable(self, body: object) -> tuple[Json, list[Any]]:
        fields = body if isinstance(body, dict) else {}
        campaign = self.campaign(str(fields.get("campaignId")))
        contacts = fields.get("contacts")
        if campaign["status"] != "open":
            raise RefusedError(400, f"campaign is {campaign['status']}")
        if not isinstance(contacts, list) or not 1 <= len(contacts) <= _MOST_CONTACTS:
            raise RefusedError(400, "contacts must hold 1 to 50 contacts")
        return campaign, contacts

    def _contact(self, asked: object) -> Json | None:
        """Return the contact that is asked for, made or reused by its address; None when it cannot be."""
        if isinstance(asked, str):
            return self.contacts.get(asked)
        email = asked.get("email") if isinstance(asked, dict) else None
        if not isinstance(asked, dict) or not isinstance(email, str) or "@" not in email:
            return None
        same = (each for each in self.contacts.values() if each["email"].casefold() == email.casefold())
        found = next(same, None)
        fields = {
            _OUTPUT.get(str(key), str(key)): value for key, value in asked.items() if key not in {"email", "data"}
        }
        return found or self.contacts[self.add_contact(email, **fields)]

    def _request(self, campaign: Json, contact: Json, body: object) -> Json:
        options = body if isinstance(body, dict) else {}
        request_id = self.new_id()
        made = {
            "_id": request_id,
            "campaignId": campaign["_id"],
            "createdAt": self._stamp(),
            "dueDate": options.get("dueDate") or _stamped(self._now() + _DEFAULT_DUE),
            "portalUrl": f"https://app.usecollect.com/portal/{self._portal}/{request_id}",
            "status": "pending",
            "privacy": "team",
            "contact": contact,
            "branding": {"useBranding": False},
        }
        self.requests[request_id] = made
        stamp = str(made["createdAt"])
        self.accepted.append(Accepted(campaign["_id"], contact["_id"], contact["email"], stamp, request_id))
        return made

    def _stamp(self) -> str:
        return _stamped(self._now())


_KEPT = ("team", "users", "campaigns", "contacts", "requests")
_OUTPUT = {"tags": "tag", "customFields": "custom"}
"""How Collect spells back what was sent (``collect_api.md`` 9.1)."""


def _stamped(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _complaint(asked: object) -> Json:
    name = {"contactId": asked} if isinstance(asked, str) else {"contact": asked}
    return {**name, "message": "contact not found or not valid"}


def _mentions(contact: Json, search: str) -> bool:
    texts: Iterable[object] = (contact.get(key, "") for key in ("email", "firstName", "lastName", "company"))
    return not search or any(search.casefold() in str(text).casefold() for text in texts)
