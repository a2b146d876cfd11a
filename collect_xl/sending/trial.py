"""One row's request to yourself: what a client would get, sent to a member of the team, in a round of its own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from collect_xl.domain.identity import mail_key, trial_round
from collect_xl.domain.model import Account, Campaign, ClaimState, Outcome, Row, User
from collect_xl.domain.rows import Checked, rejected, valid
from collect_xl.errors import UsageError
from collect_xl.planning.campaigns import resolve_campaign
from collect_xl.planning.names import Resolver
from collect_xl.planning.payload import options_payload
from collect_xl.planning.plan import Batch, Plan
from collect_xl.planning.reasons import unknown_words
from collect_xl.remedies import Remedy
from collect_xl.sending.report import Report


@dataclass(frozen=True, slots=True)
class Trial:
    """What would be sent, and to which address, exactly."""

    row: int
    """Whose request it is; nothing is written on it."""
    to: str
    batch: Batch

    @property
    def plan(self) -> Plan:
        """The plan of this one call."""
        return Plan((self.batch,), ())


@dataclass(frozen=True, slots=True)
class TrialEnd:
    """Its outcome."""

    row: int
    to: str
    state: ClaimState | None
    """None where nothing was claimed: the run was stopped before."""
    request_id: str
    portal_url: str
    """Your own portal; confidential like any other."""
    words: str
    report: Report


def member(address: str, users: Sequence[User]) -> User:
    """Return the member of the team with an address: no one else is ever sent a test.

    Raises:
        UsageError: the team has no one with this address.
    """
    member_of_key = {mail_key(each.email): each for each in reversed(users) if each.email}
    found = member_of_key.get(mail_key(address))
    if found is None:
        known = ", ".join(each.email for each in users if each.email) or "no one, as far as Collect shows"
        raise UsageError(
            f'"{address}" is not the address of a member of the team. Members: {known}. Nothing was sent.',
            tip="A test goes to a member alone. Give an address on that list, or invite the person in Collect first.",
        )
    return found


def choose(rows: Sequence[Checked], planned: Iterable[int], number: int | None) -> Row:
    """Return the row to try: the one that was named, else the first that would be sent, else the first that is valid.

    Raises:
        UsageError: there is none, or it is wrong.
    """
    row_of_number = {row.number: row for row in valid(rows)}
    if number is None:
        # The first that would be sent, else the first that is valid.
        choice = [*sorted(row_of_number.keys() & planned), *row_of_number]
        if not choice:
            raise UsageError("No row of the sheet is valid.", tip="Correct a row.", remedies=(Remedy.CHECK,))
        return row_of_number[choice[0]]
    if number not in row_of_number:
        wrong = {row.number: row for row in rejected(rows)}
        why = f"is invalid. {wrong[number].problems[0]}" if number in wrong else "has no contact"
        raise UsageError(f"Row {number} {why}", tip="Correct it, or choose another row.")
    return row_of_number[number]


def make_trial(row: Row, to: User, account: Account, resolver: Resolver, run: str) -> Trial:
    """Return a row's request as it would go to its client, addressed to a member instead.

    Args:
        row: as checked.
        to: the member.
        account: its campaigns and its zone.
        resolver: puts what Collect calls them in the place of names.
        run: this run's id, which makes the round one of its own.

    Raises:
        CampaignError: the campaign takes no requests.
        UsageError: an option means nothing to Collect.
    """
    campaign = resolve_campaign(row.options.campaign, account.campaigns)
    resolved = resolver.resolve(row, campaign.id)
    if isinstance(resolved, tuple):
        words = " ".join(map(str, resolved))
        raise UsageError(f"Row {row.number} cannot be tried. {words}", tip="Correct that, then try again.")
    return Trial(row.number, to.email, _batch(resolved, to, campaign, account.team.zone, run))


def _batch(row: Row, to: User, campaign: Campaign, zone: str, run: str) -> Batch:
    options = replace(row.options, round=trial_round(run))
    to_me = replace(row, contact=replace(row.contact, id="", email=to.email), options=options)
    return Batch(1, campaign, options.round, options_payload(options, campaign.id, zone), (to_me,))


def ended(trial: Trial, report: Report, outcome: Outcome | None) -> TrialEnd:
    """Return the outcome of a trial.

    Args:
        trial: what was sent.
        report: of its run.
        outcome: of its row, where the call was made.
    """
    request_id = portal_url = ""
    words = report.words
    if outcome is not None and outcome.request is not None:
        request_id, portal_url = outcome.request.id, outcome.request.portal_url
    if outcome is not None and outcome.state == "unknown":
        words = words or unknown_words(outcome.why, outcome.words, "")
    return TrialEnd(trial.row, trial.to, report.states.get(trial.row), request_id, portal_url, words, report)
