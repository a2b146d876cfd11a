"""The lists that a run's calls are compared with: never old, so that no one is asked who was just asked by others."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from collect_xl.domain.identity import Pairs, keys_to_look_up, person_of
from collect_xl.domain.model import Listing, RemoteRequest, Row
from collect_xl.domain.ports import NO_BASE, Base, Context
from collect_xl.errors import CollectUnavailable
from collect_xl.planning.asked_elsewhere import CampaignList, keeping
from collect_xl.planning.eligibility import request_of_others
from collect_xl.planning.plan import Batch

OLDEST_AT_START = 120.0
"""Seconds: an older list is read again when the run begins, since the question may have stood over lunch."""

OLDEST = 600.0
"""Seconds: an older list is read again during a run."""


class FreshLists:
    """The last list of each campaign, read again before it is too old.

    Args:
        context: the connection to Collect, and the journal.
        lists: campaign ID -> the list that the plan was made with.
        recent: how long a finished request keeps its contact from being asked again.
        asks_again: whether the user sends although others have asked; then no one is left out.
    """

    def __init__(
        self, context: Context, lists: Mapping[str, CampaignList], *, recent: timedelta, asks_again: bool
    ) -> None:
        self._context = context
        self._lists = dict(lists)
        self._recent = recent
        self._asks_again = asks_again
        self._salt = secrets.token_hex(8)
        self.appeared: dict[tuple[str, str], tuple[RemoteRequest, ...]] = {}
        """Campaign and key of a person -> requests of others that appeared since the plan was made."""

    def base(self, campaign: str) -> Base:
        """Return what a batch of a campaign is compared with afterwards."""
        known = self._lists.get(campaign)
        key_print = f"{self._salt}:{self._context.collect.key_print(self._salt)}"
        return replace(NO_BASE, list_number=known.number if known else None, key_print=key_print)

    def require_fresh(self, campaign: str, oldest: float) -> None:
        """Read a campaign's list again where the last one is older than a number of seconds.

        Raises:
            CollectUnavailable: it could not be read to its end.
        """
        known = self._lists.get(campaign)
        if known is None or self._context.monotonic() - known.read_at <= oldest:
            return
        read_at = self._context.monotonic()
        listing = self._context.collect.listing(campaign, fresh=True)
        if listing.complete:
            number = self._keep(campaign, listing, known.number)
        elif self._asks_again:
            number = None
        else:
            raise CollectUnavailable(
                "Collect's list of requests could not be read again to its end.", tip="Run send again later."
            )
        self._lists[campaign] = CampaignList(number, read_at)

    def _keep(self, campaign: str, listing: Listing, number_before: int | None) -> int:
        """Keep a list, and note which requests of others appeared since the one before; return its number."""
        context = self._context
        account, journal = context.account, context.journal
        ids = listing.ids
        number = journal.keep_list(account.origin, account.team.id, campaign, ids)
        if number_before is None:
            return number
        first_lists = journal.listed(account.origin, account.team.id, campaign)
        bound = journal.bound(account.origin, ids)
        for key, requests in keeping(listing, bound, context.now() - self._recent).items():
            new = tuple(each for each in requests if first_lists.get(each.id, 0) > number_before)
            if new:
                self.appeared[campaign, key] = new
        return number

    def without_asked(self, batch: Batch) -> Batch:
        """Return a batch without the people that others have asked since the plan was made."""
        if self._asks_again or not self.appeared:
            return batch
        account = self._context.account
        pairs = self._context.journal.aliases(account.origin, account.team.id)
        rows = tuple(row for row in batch.rows if not self._was_asked(row, batch.campaign.id, pairs))
        return replace(batch, rows=rows)

    def _was_asked(self, row: Row, campaign: str, pairs: Pairs) -> bool:
        person = person_of(row.contact)
        keys = keys_to_look_up(person, pairs)
        return request_of_others(self.appeared, campaign, person, keys, pairs) is not None
