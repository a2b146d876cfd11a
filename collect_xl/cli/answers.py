"""Answers that the words of a command give in advance, and questions for the person at the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from collect_xl.cli.screen import Screen
from collect_xl.domain.amounts import amount
from collect_xl.domain.identity import round_key
from collect_xl.errors import PlanChanged, UsageError
from collect_xl.planning.approval import (
    Approval,
    campaign_not_confirmed,
    is_confirmed_by,
    plan_changed,
    round_not_confirmed,
    unconfirmed_campaigns,
    unconfirmed_rounds,
)
from collect_xl.planning.asked_again import NewCampaign
from collect_xl.planning.plan import Plan
from collect_xl.workflow.book import Prepared


@dataclass(frozen=True, slots=True)
class Answers:
    """Whether a yes was given in advance, and whether a person is there to be asked."""

    yes: bool
    terminal: bool

    def confirm(self, question: str, screen: Screen, *, unanswered: str, tip: str) -> bool:
        """Return whether the answer is yes.

        Args:
            question: for the person at the terminal.
            screen: where it is asked.
            unanswered: what is wrong where no one is there to be asked.
            tip: what to do then.

        Raises:
            UsageError: no yes was given in advance, and no one is there to be asked.
        """
        if self.yes:
            return True
        if not self.terminal:
            raise UsageError(unanswered, tip=tip)
        return says_yes(screen.ask(question))


@dataclass(frozen=True, slots=True)
class SendAnswers(Answers):
    """What the words of ``send`` answer in advance."""

    at_most: int | None = None
    plan: str | None = None
    new_rounds: tuple[str, ...] = ()
    new_campaigns: tuple[str, ...] = ()
    exactly: int | None = None
    """How many people were approved with ``--yes N``; None where no number was given."""
    when: str = "now"
    """The last words of the question."""

    @property
    def given(self) -> bool:
        """Whether a yes was given in advance."""
        return self.yes or self.plan is not None

    def of(self, prepared: Prepared, screen: Screen) -> Approval | None:
        """Return the approval of a plan, asking for what was not answered in advance; None for a no.

        Raises:
            PlanChanged: another plan was approved.
            UsageError: the plan is too large, a new round or campaign was not confirmed, or no one is there to ask.
        """
        plan = prepared.plan
        if self.plan is not None and self.plan != plan.fingerprint:
            raise plan_changed(plan, self.plan)
        if not plan.batches and self.exactly is None:
            return prepared.approval()
        self.require_size(
            plan.size, f"Add --yes (best with its number: --yes {plan.size}), or --plan {plan.fingerprint}."
        )
        rounds = self._confirmed_rounds(plan, screen)
        campaigns = self._confirmed_campaigns(plan, screen) if rounds is not None else None
        if rounds is None or campaigns is None:
            return None
        if not self._says_yes(prepared, screen):
            return None
        return prepared.approval(new_rounds=rounds, new_campaigns=campaigns)

    def _says_yes(self, prepared: Prepared, screen: Screen) -> bool:
        """Return whether a yes was given in advance, or is given now."""
        if self.given:
            return True
        sender = prepared.account.team.name if prepared.account else ""
        return says_yes(screen.ask(send_question(prepared.plan.size, [sender], self.when)))

    def _confirmed_rounds(self, plan: Plan, screen: Screen) -> tuple[str, ...] | None:
        """Return the new rounds that were confirmed; None where one was typed wrongly."""
        rounds = list(self.new_rounds)
        for new in unconfirmed_rounds(plan, self.new_rounds):
            if not self.terminal:
                raise round_not_confirmed(new)
            # Its name must be typed: a yes is given too easily to a question that people see with every send.
            typed = screen.ask(f'To ask them again, type the new round ("{new.round}"):')
            if round_key(typed) != round_key(new.round):
                return None
            rounds.append(new.round)
        return tuple(rounds)

    def _confirmed_campaigns(self, plan: Plan, screen: Screen) -> tuple[str, ...] | None:
        """Return the campaigns behind other campaigns' names that were confirmed; None where one was typed wrongly."""
        campaigns = list(self.new_campaigns)
        for new in unconfirmed_campaigns(plan, self.new_campaigns):
            if not self.terminal:
                raise campaign_not_confirmed(new)
            typed = screen.ask(new_campaign_question(new))
            if not is_confirmed_by(new, typed):
                return None
            campaigns.append(new.campaign.id)
        return tuple(campaigns)

    def require_size(self, size: int, tip: str) -> None:
        """Refuse another number than that of ``--yes N``, more than ``--abort-above``, and a question to no one.

        Raises:
            PlanChanged: another number of people than ``--yes`` approved.
            UsageError: more than ``--abort-above``, or no one is there to be asked.
        """
        if self.exactly is not None and size != self.exactly:
            message = f"--yes {self.exactly} approves {self.exactly}, and {size} would be asked now. Nothing was sent."
            raise PlanChanged(message, tip="Look at the preview again, then approve its number.")
        if self.at_most is not None and size > self.at_most:
            people = amount(size, "person")
            message = f"{people} would be asked, more than --abort-above {self.at_most}. Nothing was sent."
            raise UsageError(message, tip="Look at the preview; raise --abort-above if that is what you mean.")
        if not self.given and not self.terminal:
            raise UsageError(
                "No one can answer the question here, and nothing was approved. Nothing was sent.", tip=tip
            )


def says_yes(typed: str) -> bool:
    """Return whether what was typed is a yes."""
    return typed.casefold() in {"y", "yes"}


def new_campaign_question(new: NewCampaign) -> str:
    """Return the question that a campaign behind another one's name is asked about."""
    return f'To ask people in the campaign that "{new.name}" means now, type its ID ({new.campaign.id}) or name:'


def send_question(size: int, senders: Iterable[str], when: str = "now") -> str:
    """Return the question before a send, with the team in whose name people are asked."""
    teams = " and ".join(dict.fromkeys(filter(None, senders)))
    sender = f" as {teams}" if teams else ""
    return f"Send {amount(size, 'request')}{sender} {when}? [y/N]"
