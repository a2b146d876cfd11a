"""What Collect has just said about one workbook's account and campaigns is not asked again for the next one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import BinaryIO, TypeVar, cast

from collect_xl.domain.items import Item
from collect_xl.domain.model import Campaign, Listing, PostAnswer, RemoteRequest, Team, User
from collect_xl.domain.ports import Collect, PatchAnswer
from collect_xl.domain.uploads import Upload

__all__ = ["Answers", "Remembering"]

Answers = MutableMapping[tuple[object, ...], tuple[float, object]]
"""Question -> when it was answered (monotonic), and what. Shared by the workbooks of one run with one key."""

FRESH = 600.0
"""Seconds for which an answer holds: about as long as a person looks at a preview before saying yes."""

Answer = TypeVar("Answer")


class Remembering(Collect):
    """A Collect that asks each question once in a while; what changes something there always goes through.

    Only for the questions before a send: what settles an unknown row must be looked up again.

    Args:
        collect: the connection to Collect.
        answers: what is known already; kept by the caller.
    """

    def __init__(self, collect: Collect, answers: Answers) -> None:
        self._collect, self._answers = collect, answers
        self.origin, self.server_offset = collect.origin, collect.server_offset

    @property
    def key_first(self) -> bool:
        """Whether Collect takes the key as the user, as the first question has shown."""
        return self._collect.key_first

    def team(self) -> Team:
        """Return the team behind the key."""
        return self._once(("team",), self._collect.team)

    def campaigns(self) -> tuple[Campaign, ...]:
        """Return all campaigns that the key may see."""
        return self._once(("campaigns",), self._collect.campaigns)

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        return self._once(("campaign", campaign_id), lambda: self._collect.campaign(campaign_id))

    def items(self, campaign_id: str) -> Mapping[str, str]:
        """Return the items of a campaign."""
        return self._once(("items", campaign_id), lambda: self._collect.items(campaign_id))

    def users(self) -> tuple[User, ...]:
        """Return the members of the team."""
        return self._once(("users",), self._collect.users)

    def listing(self, campaign_id: str, states: Sequence[str] = (), *, fresh: bool = False) -> Listing:
        """Return every request of a campaign."""
        if fresh:
            return self._collect.listing(campaign_id, states, fresh=True)
        return self._once(("listing", campaign_id, *states), lambda: self._collect.listing(campaign_id, states))

    def request(self, request_id: str) -> RemoteRequest:
        """Return one request as it is now."""
        return self._collect.request(request_id)

    def request_items(self, request_id: str) -> tuple[Item, ...]:
        """Return the items of a request, as they are now."""
        return self._collect.request_items(request_id)

    def uploads(self, request_id: str) -> tuple[Upload, ...]:
        """Return the files of a request, with links that are good now."""
        return self._collect.uploads(request_id)

    def download(self, upload: Upload, into: BinaryIO) -> int:
        """Write a file's bytes, and return how many there were."""
        return self._collect.download(upload, into)

    def key_print(self, salt: str) -> str:
        """Return a hash of salt and key."""
        return self._collect.key_print(salt)

    def turn(self) -> float:
        """Take the next turn for a ``post``."""
        return self._collect.turn()

    def post(self, body: str, guard: Callable[[], bool]) -> PostAnswer:
        """Send one ``POST /requests``."""
        return self._collect.post(body, guard)

    def patch(self, request_id: str, changes: Mapping[str, str]) -> PatchAnswer:
        """Send one ``PATCH /request``."""
        return self._collect.patch(request_id, changes)

    def _once(self, question: tuple[object, ...], ask: Callable[[], Answer]) -> Answer:
        asked = (self.origin, *question)
        at, answer = self._answers.get(asked, (0.0, None))
        if asked not in self._answers or time.monotonic() - at > FRESH:
            answer = ask()
            self._answers[asked] = (time.monotonic(), answer)
        return cast("Answer", answer)
