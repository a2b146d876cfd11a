"""One workbook on the desk, with the account and the memory that belong to it: checked, planned, sent, written."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from collect_xl.domain.due_dates import zone_of
from collect_xl.domain.events import BatchEnded, Event
from collect_xl.domain.headings import RESULT_COLUMNS
from collect_xl.domain.identity import keys_of
from collect_xl.domain.model import Account, Blank, Campaign, Claim, Outcome, Row, Team, Written
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.ports import Collect, Journal, Run
from collect_xl.domain.rows import Choices
from collect_xl.domain.statuses import is_undelivered
from collect_xl.errors import CollectXlError, KeyRefused, UsageError
from collect_xl.followup.cancel import Changed, Wish, change
from collect_xl.followup.lookup import Assumed, Settled, assume, settle
from collect_xl.followup.overdue import asked_rows
from collect_xl.followup.refresh import Refreshed, refresh
from collect_xl.followup.takeover import Adoption, Left, Wanted, adopt, look_up, stranger_rows
from collect_xl.planning import history as memory
from collect_xl.planning.asked_elsewhere import Asked, ask_elsewhere
from collect_xl.planning.campaigns import campaign_id, is_open, resolve_campaign
from collect_xl.planning.eligibility import Triage
from collect_xl.planning.history import NOTHING_KNOWN, Known
from collect_xl.planning.limits import LEFT, NO_CAPS, Room, left_words
from collect_xl.planning.names import Places, Resolver
from collect_xl.planning.plan import make_plan
from collect_xl.results.as_you_go import Showing
from collect_xl.results.cells import RowEnd, marks, row_cells, row_ends, row_results
from collect_xl.sending.report import Report
from collect_xl.sending.run import send
from collect_xl.sending.trial import Trial, TrialEnd, choose, ended, make_trial, member
from collect_xl.validation import Checker
from collect_xl.workbook.interface import Workbook
from collect_xl.workflow.book import Book, Finished, Prepared

__all__ = ["Book", "Desk", "Finished", "Prepared", "RowEnd"]

LEFT_BY_CHOICE = frozenset({"hidden", "not chosen", "not allowed", "beyond first"})
"""The user's own doing: on such a row only what was lost is written."""

WHOEVER_CHOSE = frozenset({"unknown", "busy"})
"""Reasons that count for the outcome even on rows that were not chosen this time."""


class Desk:
    """One workbook on the desk, with the account and the memory that belong to it.

    Args:
        workbook: the workbook, saved or live.
        journal: the durable memory.
        origin: the address of the API, part of every identity.
        run: who runs, on what.
        warnings: what writing back will meet, for the preview.
        now: the clock.
    """

    def __init__(
        self,
        workbook: Workbook,
        journal: Journal,
        origin: str,
        *,
        run: Run,
        warnings: tuple[str, ...] = (),
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.workbook, self.run, self.warnings = workbook, run, warnings
        self._journal, self._origin, self._now = journal, origin, now
        self.account = journal.account(origin)
        self._fresh = False
        self._elsewhere: Asked = {}
        self.caps = NO_CAPS
        """What the settings and the words of the command allow."""
        self._seen: frozenset[int] = frozenset()
        """Claims that Collect was seen to have today."""
        self.book = self._read()

    def _read(self) -> Book:
        layout, options = self.workbook.layout(), self.workbook.options()
        checker = Checker(layout, options)
        places = Places.of(layout, options, checker.defaults)
        return Book(layout, checker, tuple(checker.check(row) for row in self.workbook.rows()), places)

    def preflight(self, collect: Collect, *, sending: bool = True) -> Account:
        """Ask Collect whose key it is and which campaigns there are, before anything is sent.

        Args:
            collect: whom to ask.
            sending: False where nothing new will be sent, so that a closed campaign is well enough.

        Raises:
            AccountError: the key is refused, or the campaign of the options sheet is absent or closed.
            CollectUnavailable: Collect did not answer.
        """
        team = collect.team()
        zone_of(team.zone)  # due dates end at 23:59 of the team's day
        shown = collect.campaigns()
        kept = self.account if self.account and self.account.team.id == team.id else Account(self._origin, team)
        self.account = replace(kept, team=team, campaigns=(*shown, *self._archived(team, shown)))
        self._journal.keep_account(self.account)
        self._fresh = True
        own = self.book.checker.defaults.campaign
        if sending and own and own in self.book.campaigns:
            resolve_campaign(own, self.account.campaigns)
        if sending:
            self.account = self._with_names(self.account, collect)
            self._journal.keep_account(self.account)
        return self.account

    def _with_names(self, account: Account, collect: Collect) -> Account:
        """Ask for the team and for the items of campaigns, where some row names one."""
        rows = [row for row in self.book.rows if isinstance(row, Row)]
        users = account.users
        if any(row.options.assigned_to for row in rows):
            try:
                users = collect.users()
            except KeyRefused:  # not the key itself: the team has just been told
                users = ()
                told = (
                    "Collect does not tell this key who is in the team: whom requests are assigned to is not checked."
                )
                self.warnings = (*self.warnings, told)
        named = {row.options.campaign or "" for row in rows if row.options.items or row.options.samples}
        ids = sorted({found for text in named if (found := campaign_id(text, account.campaigns))})
        return replace(account, users=users, items={**account.items, **{each: collect.items(each) for each in ids}})

    def _archived(self, team: Team, shown: Sequence[Campaign]) -> list[Campaign]:
        """Return the campaigns that Collect showed before and shows no more: what was sent in them is still known."""
        before = self.account.campaigns if self.account and self.account.team.id == team.id else ()
        ids = {each.id for each in shown}
        return [replace(each, status="archived") for each in before if each.id not in ids]

    def look_elsewhere(self, collect: Collect, choices: Choices) -> None:
        """Ask, once a campaign, whom others have asked already; ``prepare`` then leaves these people out.

        Raises:
            CollectUnavailable: a list could not be read to its end, and it was not said to send all the same.
        """
        account = self._known_account()
        rows = () if self.book.checker.problems else self.book.rows
        planned = Triage(rows, choices, account, self._known(account)).planned
        campaigns = dict.fromkeys(campaign for _, campaign in planned)
        found = ask_elsewhere(account, campaigns, (collect, self._journal), choices, self._now())
        self.warnings = (*self.warnings, *found.words)
        self._elsewhere = {} if choices.even_if_asked else found.asked
        if not choices.even_if_asked:
            return
        known = replace(self._known(account), elsewhere=found.asked)
        again = sum(bool(known.asked_elsewhere(at.id, known.keys(keys_of(row.contact)))) for row, at in planned)
        told = f"{again} of these people were asked already, by requests that were not made from here."
        if again:
            self.warnings = (*self.warnings, told)

    def prepare(self, choices: Choices) -> Prepared:
        """Make the plan from what is known now, without a network."""
        self.require_rows(choices.rows)
        account, note = self.account, ""
        if account is None:
            note = "Earlier sends were not compared: nothing is known of the account yet. Run check --online once."
        elif not self._fresh and not all(is_open(text, account.campaigns) for text in self.book.campaigns):
            account = None
            note = "Earlier sends were not compared: Collect last told of no such open campaign. Run check --online."
        known = self._known(account)
        rows = () if self.book.checker.problems else self.book.rows
        room = Room.of(self.caps, account, self._journal, self._now())
        plan = make_plan(rows, choices, account, known, self._resolver(account), room.most)
        told = (left_words(room.why, plan.beyond_cap),) if plan.beyond_cap else ()
        return Prepared(self.book, account, known, choices, plan, note, (*self.warnings, *told), room)

    def turn(self) -> float:
        """Take the next turn for a call to Collect; return the seconds to wait first."""
        pace = self.caps.per_minute
        return self._journal.reserve_call(self._origin, pace) if pace else 0.0

    def require_rows(self, chosen: frozenset[int] | None) -> None:
        """Raise when all rows that were chosen lie outside the contacts: that is a slip, not nothing to do."""
        numbers = [row.number for row in self.book.rows]
        if chosen and chosen.isdisjoint(numbers):
            span = f"the contacts stand in rows {numbers[0]}-{numbers[-1]}" if numbers else "there are no contacts"
            raise UsageError(f"None of the chosen rows is a contact's: {span}.", tip="Correct --rows.")

    def _known(self, account: Account | None) -> Known:
        if account is None:
            return NOTHING_KNOWN
        campaigns = {found for text in self.book.campaigns if (found := campaign_id(text, account.campaigns))}
        shown = {row.seen.get("result.requestId", "").strip() for row in self.book.rows if not isinstance(row, Blank)}
        return replace(memory.load(self._journal, account, campaigns, shown - {""}), elsewhere=self._elsewhere)

    def restore(self) -> Written | None:
        """Write back what the sheet lost, what a sort moved, and what a run that died had no time to write.

        The journal alone knows it: Collect is not asked.
        """
        self._journal.take_over()
        if self.account is None:
            return None
        known = self._known(self.account)
        truth = self._truth(known)
        everybody = {row.number for row in self.book.rows}
        written = self._write(truth, known, row_cells(truth, known, ()), everybody)
        if written:
            self.book = self._read()
        return written

    def send(
        self,
        prepared: Prepared,
        collect: Collect,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        stop: threading.Event | None = None,
        at_once: bool = False,
    ) -> Finished:
        """Send what was confirmed, and write what happened beside each row; with ``at_once`` batch by batch."""
        account = self._known_account()
        showing = Showing(self.workbook, self.book.rows, self._fields(), may_link) if at_once else None

        def told(event: Event) -> None:
            if showing and isinstance(event, BatchEnded):
                showing.show(event.outcomes, self._now())
            on_event(event)

        ports, room = (collect, self._journal, self.run), prepared.room
        report = send(prepared.plan, account, ports, on_event=told, stop=stop, room=room)
        if showing is None:
            return self.finish(report, prepared)
        self.book = replace(self.book, rows=showing.rows())
        finished = self.finish(report, prepared)
        return replace(finished, written=showing.with_these(finished.written))

    def trial(self, me: str, collect: Collect, row: int | None = None) -> Trial:
        """Return what one row's request would be if it went to a member of the team; nothing is sent by that.

        Args:
            me: an address that ``GET /users`` lists.
            collect: whom to ask for the members; ``preflight`` comes first.
            row: whose request; None for the first one that would be sent.
        """
        if self.book.checker.problems:
            raise UsageError(str(self.book.checker.problems[0]), tip="Nothing can be sent before that is right.")
        account = self._known_account()
        to = member(me, collect.users())
        planned = (each.number for batch in self.prepare(Choices()).plan.batches for each in batch.rows)
        chosen = choose(self.book.rows, planned, row)
        return make_trial(chosen, to, account, self._resolver(account), self.run.id)

    def send_trial(
        self,
        trial: Trial,
        collect: Collect,
        *,
        on_event: Callable[[Event], None] = lambda _: None,
        stop: threading.Event | None = None,
    ) -> TrialEnd:
        """Send a trial that was confirmed: claimed and kept like any request, while the sheet is left alone."""
        outcomes: dict[int, Outcome] = {}

        def told(event: Event) -> None:
            outcomes.update(event.outcomes if isinstance(event, BatchEnded) else {})
            on_event(event)

        self._journal.begin(self.run)
        ports = (collect, self._journal, self.run)
        room = Room.of(self.caps, self._known_account(), self._journal, self._now())
        report = send(trial.plan, self._known_account(), ports, on_event=told, stop=stop, room=room)
        report.leave(trial.plan, room.why)
        return ended(trial, report, outcomes.get(trial.row))

    def mark(self, prepared: Prepared) -> Written | None:
        """Write what a check found beside each row that is wrong, and take back what has been mended since."""
        results = marks(self.book.rows, prepared.plan.left_out, sure=not prepared.note)
        return self.workbook.write(results) if results else None

    def finish(self, report: Report, prepared: Prepared) -> Finished:
        """Write the results of a run, or of a look-up, and tell how every row stands."""
        account = self._known_account()
        known = self._known(account)
        report.leave(prepared.plan, prepared.room.why)
        attempted = {row.number for batch in prepared.plan.batches for row in batch.rows} - set(report.held)
        attempted |= set(report.beyond)
        by_choice = {each.row for each in prepared.plan.left_out if each.reason in LEFT_BY_CHOICE}
        truth = self._truth(known)
        asked = asked_rows(truth, known)
        cells = row_cells(truth, known, attempted)
        cells |= {row: self._dated(cells[row]) for row, claim in asked.items() if claim.id in self._seen}
        left = [row for row in report.beyond if cells.get(row, {}).get("result.status") == "skipped"]
        cells |= {row: {**cells[row], "result.error": LEFT} for row in left}
        undelivered = tuple(row for row, claim in asked.items() if is_undelivered(claim))
        written, failure = None, None
        try:
            written = self._write(truth, known, cells, by_choice)
        except CollectXlError as error:  # whatever was sent is in the journal; the next run writes it
            failure = error
        told = tuple(each for each in truth.left_out if each.row not in by_choice or each.reason in WHOEVER_CHOSE)
        return Finished(
            report, row_ends(self.book.rows, cells, prepared.plan.left_out), told, written, failure, undelivered
        )

    def _dated(self, cells: Mapping[str, str]) -> Mapping[str, str]:
        return {**cells, "result.checkedOn": f"{self._now():%Y-%m-%d}"}

    def settle(self, collect: Collect, late: timedelta) -> Settled:
        """Look up every unknown row of the account, of this workbook and of others."""
        account = self._known_account()
        return settle(account, (collect, self._journal), who=self.run.who, late=late)

    def unknown(self) -> dict[int, Claim]:
        """Return the claim of each row of which this journal does not know what came of it."""
        truth = self._truth(self._known(self._known_account()))
        return {each.row: each.claim for each in truth.left_out if each.reason == "unknown" and each.claim}

    def assume(self, claims: Iterable[Claim], assumed: Assumed) -> None:
        """Take a person's word for unknown rows; ``finish`` writes it."""
        assume(claims, assumed, self._journal, who=self.run.who)

    def refresh(self, collect: Collect) -> Refreshed:
        """Ask Collect how all sent requests of this workbook's campaigns stand; ``finish`` writes it."""
        account = self._known_account()
        known = self._known(account)
        own = self.book.checker.defaults.campaign
        named = {campaign_id(text, account.campaigns) for text in (*self.book.campaigns, own or "")}
        shown = {claim.scope.campaign for claim in known.bound.values() if claim.scope.team == account.team.id}
        campaigns = sorted(shown | {each for each in named if each})
        refreshed = refresh(account, campaigns, (collect, self._journal), who=self.run.who)
        self._seen = frozenset(refreshed.seen - refreshed.cancelled)
        return refreshed

    def asked(self) -> dict[int, Claim]:
        """Return the claim of each row whose request is open at Collect, as the journal last heard."""
        if self.account is None:
            return {}
        known = self._known(self.account)
        return asked_rows(self._truth(known), known)

    def count_of_run(self, run: str) -> int:
        """Return how many open requests a run made in this workbook's campaigns, whether or not their rows are here."""
        held = self._known(self.account).held.values()
        return len({claim.id for claim in held if claim.run == run and claim.state == "sent"})

    def strangers(self) -> tuple[int, ...]:
        """Return the rows that say that somebody sent them, and of which this journal knows nothing."""
        known = self._known(self.account)
        return stranger_rows(Triage(self.book.rows, Choices(include_hidden=True), self.account, known))

    def look_up(self, collect: Collect, round_: str, rows: frozenset[int] | None, recent: int = 45) -> Adoption:
        """Ask Collect about the rows that were sent from another computer; nothing is changed by that.

        Args:
            collect: whom to ask.
            round_: in which these rows were sent.
            rows: which; None for all.
            recent: days for which a request that is done may be the one of a row that shows no id.
        """
        self.require_rows(rows)
        account = self._known_account()
        known = self._known(account)
        wanted = Wanted(round_, rows, self.book.checker.defaults.round)
        ports = (collect, self._journal)
        return look_up(self._truth(known), wanted, account, known, ports, recent=timedelta(days=recent))

    def adopt(self, adoption: Adoption, collect: Collect) -> tuple[Left, ...]:
        """Remember what was looked up; ``finish`` writes it. Return the rows that somebody holds here already."""
        return adopt(adoption, self._known_account(), (collect, self._journal), self.run)

    def change(self, asked: Mapping[int, Claim], wish: Wish, collect: Collect, stop: threading.Event) -> Changed:
        """Take back the requests of some rows, or give them more time; ``finish`` writes it."""
        return change(asked, wish, (collect, self._journal), who=self.run.who, stop=stop)

    def _known_account(self) -> Account:
        if self.account is None:
            message = "Nothing can be sent before Collect has told whose key it is."
            raise CollectXlError(message, tip="Call preflight first.")
        return self.account

    def _truth(self, known: Known) -> Triage:
        """Return how every row stands by what is known now, whatever was chosen."""
        account = self._known_account()
        return Triage(self.book.rows, Choices(include_hidden=True), account, known, self._resolver(account))

    def _resolver(self, account: Account | None) -> Resolver:
        return Resolver(account, self.book.places, self._now())

    def _write(
        self, truth: Triage, known: Known, cells: Mapping[int, Mapping[str, str]], by_choice: Collection[int]
    ) -> Written | None:
        results = row_results(truth, known, cells, self._fields(), by_choice=by_choice, may_link=may_link)
        if not results:
            notes = self.workbook.add_links()  # for the batches that were written while the run was on
            return replace(self.workbook.write(()), notes=notes) if notes else None
        written = self.workbook.write(results)
        return replace(written, notes=(*written.notes, *self.workbook.add_links()))

    def _fields(self) -> frozenset[str]:
        """Return the result fields that the sheet has or is to get."""
        present = {column.field for column in self.book.layout.columns}
        return frozenset(present | {column.key for column in RESULT_COLUMNS})
