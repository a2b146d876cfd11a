"""A snapshot of what the journal knows of a campaign's people, made for asking about many rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from collect_xl.domain.identity import is_trial_round
from collect_xl.domain.model import Account, Claim, ClaimState, EarlierRound, Rejected
from collect_xl.domain.ports import Journal

HOLDING: frozenset[ClaimState] = frozenset({"intent", "sent", "unknown"})
"""States in which a person may have been asked, so that nobody may ask again."""


_WEIGHT: Mapping[ClaimState, int] = {"sent": 3, "unknown": 2, "intent": 1, "cancelled": 0, "refused": 0, "not_sent": 0}


Place = tuple[str, str, str]
"""Campaign, round (compared form), key."""


@dataclass(frozen=True, slots=True)
class Known:
    """What is known, by place and by request."""

    held: Mapping[Place, Claim] = field(default_factory=dict)
    freed: Mapping[Place, Claim] = field(default_factory=dict)
    """The latest claim of a person whom no claim holds any more: refused, not sent, cancelled."""
    bound: Mapping[str, Claim] = field(default_factory=dict)
    """Request id -> the claim that it belongs to."""
    aliases: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lost: frozenset[tuple[str, str]] = frozenset()
    """Campaign and key of whom a request from here may have reached, whatever its round: its answer was lost."""

    def keys(self, own: Iterable[str]) -> tuple[str, ...]:
        """Return a person's keys with those that were learned of the same person, over as many steps as it takes."""
        if not self.aliases:
            return tuple(own)
        found = dict.fromkeys(own)
        last = list(found)
        while last:  # an old address leads to the contact, and the contact to its new address
            last = sorted({other for key in last for other in self.aliases.get(key, ())} - found.keys())
            found.update(dict.fromkeys(last))
        return tuple(found)

    def holder(self, campaign: str, round_: str, keys: Iterable[str]) -> Claim | None:
        """Return the claim that holds a person in a scope; the surest one where two keys disagree."""
        if not self.held:
            return None
        claims = [claim for key in keys if (claim := self.held.get((campaign, round_, key)))]
        return max(claims, key=lambda claim: _WEIGHT[claim.state], default=None)

    def last(self, campaign: str, round_: str, keys: Iterable[str]) -> Claim | None:
        """Return the latest claim of a person whom nothing holds in this scope."""
        if not self.freed:
            return None
        claims = [claim for key in keys if (claim := self.freed.get((campaign, round_, key)))]
        return max(claims, key=lambda claim: claim.id, default=None)

    def is_new_round(self, campaign: str, round_: str) -> bool:
        """Tell whether nobody is held in this round yet."""
        return not any(place[:2] == (campaign, round_) for place in self.held)

    def earlier_rounds(self, campaign: str, round_: str, keys: Iterable[str]) -> tuple[EarlierRound, ...]:
        """Return the other rounds of the campaign in which some of these people were asked, newest first."""
        wanted = set(keys)
        asked: dict[str, dict[int, Claim]] = {}
        for (of_campaign, of_round, key), claim in self.held.items():
            if of_campaign == campaign and of_round != round_ and key in wanted:
                asked.setdefault(of_round, {})[claim.id] = claim
        found = [
            EarlierRound(name, max(c.claimed_at for c in claims.values()), len(claims))
            for name, claims in asked.items()
        ]
        return tuple(sorted(found, key=lambda each: each.last, reverse=True))


NOTHING_KNOWN = Known()


def load(journal: Journal, account: Account, campaigns: Iterable[str], request_ids: Iterable[str]) -> Known:
    """Read what the journal knows of some campaigns and of the request ids that stand in the sheet."""
    held: dict[Place, Claim] = {}
    freed: dict[Place, Claim] = {}
    for campaign in sorted(set(campaigns)):
        for claim in sorted(journal.claims(account.origin, account.team.id, campaign), key=lambda each: each.id):
            if is_trial_round(claim.scope.round):  # who tried a row on herself was not asked by that
                continue
            into = held if claim.state in HOLDING else freed
            into.update({(campaign, claim.scope.round, key): claim for key in claim.keys})
    bound = journal.requests(account.origin, set(request_ids))
    lost = frozenset((place[0], place[2]) for place, claim in held.items() if claim.state == "unknown")
    return Known(held, freed, bound, journal.aliases(account.origin, account.team.id), lost=lost)


def bound_claim(row: Rejected, known: Known) -> Claim | None:
    """Return the claim of the request id that an invalid row shows."""
    return known.bound.get(row.seen.get("result.requestId", "").strip())
