"""The approval of a plan: what exactly was approved, and the check that nothing else is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from collect_xl.domain.identity import round_key, round_words
from collect_xl.errors import PlanChanged, UsageError
from collect_xl.planning.plan import NewRound, Plan
from collect_xl.remedies import Remedy


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's yes to one plan."""

    fingerprint: str | None
    """Of the plan that was shown."""
    new_rounds: tuple[str, ...] = ()
    """The new rounds that ask people again, each confirmed by itself."""


def require_approval(plan: Plan, approval: Approval) -> None:
    """Make sure that this very plan was approved, and each round in it that asks people again.

    Raises:
        PlanChanged: another plan was approved.
        UsageError: a new round was not confirmed.
    """
    if approval.fingerprint is None or approval.fingerprint != plan.fingerprint:
        raise plan_changed(plan, approval.fingerprint)
    for new in unconfirmed_rounds(plan, approval.new_rounds):
        raise round_not_confirmed(new)


class HasNewRounds(Protocol):
    """A plan, or the preview of one."""

    @property
    def new_rounds(self) -> tuple[NewRound, ...]:
        """The rounds that ask people again."""


def unconfirmed_rounds(plan: HasNewRounds, confirmed: tuple[str, ...]) -> tuple[NewRound, ...]:
    """Return the new rounds that ask people again and were not confirmed."""
    confirmed_keys = {round_key(each) for each in confirmed}
    return tuple(new for new in plan.new_rounds if round_key(new.round) not in confirmed_keys)


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
        f'Round "{new.round}" is new in campaign {new.campaign.name or new.campaign.id}, and {earlier.people} '
        f"of these people were asked in {round_words(earlier.round)}, last on {earlier.last:%Y-%m-%d}. "
        "Nothing was sent."
    )
    return UsageError(message, remedies=(Remedy.CONFIRM_ROUND,))
