"""A lively account for demo and sandbox: campaigns with items, and requests that grow older from list to list."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from collect_xl.testing.exchange import Answer, Call
from collect_xl.testing.fake_storage import upload_entry
from collect_xl.testing.fault import Fault, World
from collect_xl.testing.request_items import KINDS, ItemStatus, add_elements, note_activity

if TYPE_CHECKING:
    from collect_xl.testing.account import FakeAccount
    from collect_xl.testing.server import FakeCollect

CAMPAIGNS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "Yearly documents": (
        ("Bank statements", "documents"),
        ("Tax return of last year", "documents"),
        ("Salary certificate", "documents"),
        ("Insurance certificates", "documents"),
        ("Changes this year", "forms"),
    ),
    "New client": (
        ("Identity card", "documents"),
        ("Proof of address", "documents"),
        ("Signed engagement letter", "documents"),
        ("About you", "forms"),
    ),
}
"""Open campaigns, each with the names and kinds of its items."""

_OPEN: Final = "-"

_ITEM_STATUSES: Final[Mapping[str, ItemStatus]] = {
    _OPEN: "open",
    "?": "waiting",
    "+": "approved",
    "x": "rejected",
}
"""``waiting`` has come in and waits for a review."""


_REASON: Final = "The copy cannot be read."


@dataclass(frozen=True, slots=True)
class Stage:
    """How a request stands after some lists."""

    status: Literal["pending", "waiting", "completed", "due", "error"]
    items: str
    """One sign for each item, as in ``_ITEM_STATUSES``; the last one stands for all items behind it."""


_UNTOUCHED: Final = Stage("pending", "-")
_BEGUN: Final = Stage("pending", "??-")
_SENT_IN: Final = Stage("waiting", "?")
_REJECTED: Final = Stage("pending", "+x+")
_DONE: Final = Stage("completed", "+")
_LATE: Final = Stage("due", "+-")
_UNDELIVERED: Final = Stage("error", "-")

LIVES: Final = (
    (_SENT_IN, _DONE),
    (_BEGUN, _SENT_IN, _DONE),
    (_DONE,),
    (_LATE,),
    (_REJECTED, _SENT_IN, _DONE),
    (_UNTOUCHED, _BEGUN, _SENT_IN),
    (_DONE,),
    (_UNTOUCHED, _LATE),
    (_SENT_IN, _REJECTED),
    (_UNTOUCHED,),
)
"""What becomes of requests, in turn, in the order in which they were made; the last stage of each lasts."""

_UNREACHABLE: Final = 5
"""The request, counted from 0, whose e-mail does not arrive."""

_ALIVE: Final = frozenset({"pending", "waiting", "completed", "due", "error"})
"""Statuses that may change by themselves; what a user cancelled stays cancelled."""

_DUE_AFTER: Final = timedelta(days=5)
"""Within the days that the summary of a template shows one by one."""

_OVERDUE_BY: Final = timedelta(days=1)


def furnish(account: FakeAccount) -> None:
    """Give the account open campaigns with items; those it has already get the items that they lack."""
    with account.lock:
        account.default_due = _DUE_AFTER
        campaigns = {campaign["name"]: campaign_id for campaign_id, campaign in account.campaigns.items()}
        for name, items in CAMPAIGNS.items():
            campaign_id = campaigns.get(name) or account.add_campaign(name)
            campaign = account.campaigns[campaign_id]
            if "documents" in campaign or "forms" in campaign:
                continue
            for item, kind in items:
                account.add_item(campaign_id, item, kind)


def let_age(collect: FakeCollect) -> None:
    """Let requests grow older by one stage whenever the requests of their campaign are listed from the beginning."""
    collect.on(Ageing(collect.account), route="GET /requests", when=_begins_a_list)


def _begins_a_list(call: Call) -> bool:
    # Nothing may move while a list is read, page after page and state after state.
    return call.query.get("offset", "0") == "0" and not call.query.get("filter")


@dataclass(frozen=True, slots=True)
class Ageing(Fault):
    """No fault, but what happens at Collect between two looks: people send items in, and the team looks at them.

    It depends on the order of the requests and on how often they were listed, never on chance or on the time.
    """

    account: FakeAccount
    lists: Counter[str] = field(default_factory=Counter)
    """Request ID -> how many lists have shown it."""

    def perform(self, call: Call, world: World) -> Answer:
        """Make the campaign's requests older, then list them."""
        with self.account.lock:
            for number, request in enumerate(self.account.requests.values()):
                if request["campaignId"] == call.query.get("campaignId") and request["status"] in _ALIVE:
                    self._grow(number, request)
        self.account.save()
        return world.perform(call)

    def _grow(self, number: int, request: dict[str, Any]) -> None:
        """Bring a request to the next stage of its life, if there is one."""
        life = LIVES[number % len(LIVES)]
        if number == _UNREACHABLE:
            life = (_UNDELIVERED,)
        lists_before = self.lists[request["_id"]]
        self.lists[request["_id"]] += 1
        if lists_before < len(life):
            self._enter(life[lists_before], request)
        elif request["status"] == "due" and datetime.fromisoformat(request["dueDate"]) > datetime.now(UTC):
            request["status"] = "pending"  # the user gave it more time

    def _enter(self, stage: Stage, request: dict[str, Any]) -> None:
        request["status"] = stage.status
        if stage.status == "due":
            request["dueDate"] = f"{datetime.now(UTC) - _OVERDUE_BY:%Y-%m-%dT%H:%M:%SZ}"
        if not any(kind in request for kind in KINDS):  # made by an earlier version
            add_elements(request, self.account.campaigns[request["campaignId"]])
        signs = iter(stage.items)
        sign = stage.items[-1]
        for kind in KINDS:
            for element in request.get(kind, ()):
                sign = next(signs, sign)
                element["status"] = _ITEM_STATUSES[sign]
                element["reason"] = _REASON if sign == "x" else ""
                if kind == "documents" and sign != _OPEN and not element["uploads"]:
                    element["uploads"] = [_file_for(element)]
        note_activity(request, datetime.now(UTC))


def _file_for(element: Mapping[str, Any]) -> dict[str, Any]:
    """Return a file that a client uploads for an element."""
    item = element["name"]
    content = f"{item}: made up by the sandbox, in place of what a client would upload.\n"
    return upload_entry(f"{element['id']}f", f"{item}.txt", content.encode(), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")
