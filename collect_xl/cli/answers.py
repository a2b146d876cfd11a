"""Answers that the words of a command give in advance, and questions for the person at the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from collect_xl.cli.screen import Screen
from collect_xl.domain.identity import round_key
from collect_xl.errors import UsageError
from collect_xl.planning.approval import Approval, plan_changed, round_not_confirmed, unconfirmed_rounds
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

    @property
    def given(self) -> bool:
        """Whether a yes was given in advance."""
        return self.yes or self.plan is not None

    def of(self, prepared: Prepared, screen: Screen) -> Approval | None:
        """Return the approval of a plan, asking for what was not answered in advance; None for a no.

        Raises:
            PlanChanged: another plan was approved.
            UsageError: more than ``--abort-above``, a new round was not confirmed, or no one is there to ask.
        """
        plan = prepared.plan
        if self.plan is not None and self.plan != plan.fingerprint:
            raise plan_changed(plan, self.plan)
        if not plan.batches:
            return prepared.approval()
        self.require_size(plan.size, f"Add --yes (best with --abort-above {plan.size}), or --plan {plan.fingerprint}.")
        rounds = self._confirmed_rounds(plan, screen)
        if rounds is None:
            return None
        if not self.given and not says_yes(screen.ask(f"Send {plan.size} requests now? [y/N]")):
            return None
        return prepared.approval(new_rounds=rounds)

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

    def require_size(self, size: int, tip: str) -> None:
        """Refuse more people than ``--abort-above``, and a question that no one can answer.

        Raises:
            UsageError: more than ``--abort-above``, or no one is there to be asked.
        """
        if self.at_most is not None and size > self.at_most:
            people = "person" if size == 1 else "people"
            message = f"{size} {people} would be asked, more than --abort-above {self.at_most}. Nothing was sent."
            raise UsageError(message, tip="Look at the preview; raise --abort-above if that is what you mean.")
        if not self.given and not self.terminal:
            raise UsageError("Nobody is there to be asked, and nothing was approved. Nothing was sent.", tip=tip)


def says_yes(typed: str) -> bool:
    """Return whether what was typed is a yes."""
    return typed.casefold() in {"y", "yes"}
