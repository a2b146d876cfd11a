"""The approval of a plan: what exactly was approved, and the check that nothing else is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from collect_xl.domain.amounts import word_for
from collect_xl.domain.identity import campaign_key, round_key, round_words
from collect_xl.errors import PlanChanged, UsageError
from collect_xl.planning.asked_again import NewCampaign, NewRound
from collect_xl.planning.plan import Plan
from collect_xl.remedies import Remedy


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to one plan."""

    fingerprint: str | None
    """Of the plan that was shown."""
    new_rounds: tuple[str, ...] = ()
    """The new rounds that ask people again, each confirmed by itself."""
    new_campaigns: tuple[str, ...] = ()
    """IDs or names of the campaigns behind names that meant other campaigns before, each confirmed by itself."""


def require_approval(plan: Plan, approval: Approval) -> None:
    """Make sure that this very plan was approved, and each round and campaign in it that asks people again.

    Raises:
        PlanChanged: another plan was approved.
        UsageError: a new round, or another campaign behind the same name, was not confirmed.
    """
    if approval.fingerprint is None or approval.fingerprint != plan.fingerprint:
        raise plan_changed(plan, approval.fingerprint)
    for new_round in unconfirmed_rounds(plan, approval.new_rounds):
        raise round_not_confirmed(new_round)
    for new_campaign in unconfirmed_campaigns(plan, approval.new_campaigns):
        raise campaign_not_confirmed(new_campaign)


class AsksAgain(Protocol):
    """A plan, or the preview of one."""

    @property
    def new_rounds(self) -> tuple[NewRound, ...]:
        """The rounds that ask people again."""

    @property
    def new_campaigns(self) -> tuple[NewCampaign, ...]:
        """The campaigns behind names that meant other campaigns before."""


def approval_of(plan: Plan, answer: object) -> Approval | None:
    """Return the approval that an answer is.

    True approves the plan, and no round or campaign that asks people again; what is neither an approval nor True is
    none, since a text that someone typed is no yes by being a text.
    """
    if answer is True:
        return Approval(plan.fingerprint)
    return answer if isinstance(answer, Approval) else None


def unconfirmed_rounds(plan: AsksAgain, confirmed: tuple[str, ...]) -> tuple[NewRound, ...]:
    """Return the new rounds that ask people again and were not confirmed."""
    confirmed_keys = {round_key(each) for each in confirmed}
    return tuple(new for new in plan.new_rounds if round_key(new.round) not in confirmed_keys)


def unconfirmed_campaigns(plan: AsksAgain, confirmed: tuple[str, ...]) -> tuple[NewCampaign, ...]:
    """Return the campaigns behind other campaigns' names that were not confirmed."""
    return tuple(new for new in plan.new_campaigns if not any(is_confirmed_by(new, each) for each in confirmed))


def is_confirmed_by(new: NewCampaign, text: str) -> bool:
    """Return whether a text is the ID or the name of a campaign."""
    name = campaign_key(new.campaign.name)
    is_its_name = name != "" and campaign_key(text) == name
    return is_its_name or text.strip() == new.campaign.id


def plan_changed(plan: Plan, approved: str | None) -> PlanChanged:
    """Return the error for a plan that is not the approved one."""
    return PlanChanged(
        f"The plan is now {plan.fingerprint}, not {approved}: workbook, choices or what was sent changed.",
        tip="Look at the preview again, then approve the new fingerprint.",
        remedies=(Remedy.CHECK_ACCOUNT,),
    )


def round_not_confirmed(new: NewRound) -> UsageError:
    """Return the error for a round that asks people again and was not confirmed."""
    earlier = new.earlier[0]
    message = (
        f'Round "{new.round}" is new in campaign {new.campaign.called}, and {earlier.people} '
        f"of these people were asked in {round_words(earlier.round)}, last on {earlier.last:%Y-%m-%d}. "
        "Nothing was sent."
    )
    return UsageError(message, remedies=(Remedy.CONFIRM_ROUND,))


def campaign_not_confirmed(new: NewCampaign) -> UsageError:
    """Return the error for another campaign behind the same name that was not confirmed."""
    return UsageError(f"{new_campaign_words(new)} Nothing was sent.", remedies=(Remedy.CONFIRM_CAMPAIGN,))


def new_campaign_words(new: NewCampaign) -> str:
    """Return which campaign a name means now, and who was reached when it meant another."""
    earlier = new.earlier[0]
    were = f"{word_for(earlier.people, 'person')} {word_for(earlier.people, 'was')}"
    before = earlier.campaign
    called = f"{before.id}, now called {before.name}" if before.name not in {"", before.id} else before.id
    return (
        f'"{new.name}" now means another campaign: {new.campaign.id}. Under this name {earlier.people:,} {were} asked '
        f"in campaign {called}, last on {earlier.last:%Y-%m-%d}."
    )
