"""A fake Collect with a journal beside it, and the core between them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Self

from collect_xl.api.client import CollectClient
from collect_xl.domain.model import Account, Claim
from collect_xl.domain.ports import Context, Run
from collect_xl.domain.rows import Checked, Choices
from collect_xl.evidence.judgement import Patience
from collect_xl.followup.lookup import Settled, settle
from collect_xl.journal import Journal, open_journal
from collect_xl.planning.asked_elsewhere import CampaignList
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.history import load
from collect_xl.planning.plan import Plan, make_plan
from collect_xl.sending.report import Report
from collect_xl.sending.run import send
from collect_xl.sending.terms import Terms
from collect_xl.testing import FakeCollect
from support.journals import age_batches

SHORT = Patience(late=timedelta(seconds=3), lag=timedelta(seconds=0.3))
"""How long absence must last in tests."""

_numbers = itertools.count(1)


class Office:
    """One user's computer: server, client and journal, without a workbook."""

    def __init__(self, folder: Path, *, read_timeout: float = 5.0, deadline: float = 5.0) -> None:
        self._stack = ExitStack()
        self.folder = folder
        self.server = FakeCollect()
        self.client = CollectClient(self.server.url, self.server.key, read_timeout=read_timeout, deadline=deadline)
        self.path = folder / "journal" / "journal.sqlite3"

    def __enter__(self) -> Self:
        self._stack.enter_context(self.server)
        self.journal = self.open_journal()
        self.account = Account(self.client.origin, self.client.team(), self.client.campaigns())
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def open_journal(self, lease: float = 60.0, deadline: float = 5.0, name: str = "") -> Journal:
        """Open the office's journal, or another one."""
        path = self.path.with_name(name) if name else self.path
        opened = open_journal(str(path), who="ann on PC-7", lease=lease, deadline=deadline)
        return self._stack.enter_context(opened)

    def run(self, journal: Journal | None = None) -> Run:
        """Begin a run."""
        run = Run(f"run-{next(_numbers)}", "ann on PC-7", "clients.xlsx")
        (journal or self.journal).begin(run)
        return run

    def context(self, journal: Journal | None = None) -> Context:
        """Return what a story of the core works with, for a new run."""
        journal = journal or self.journal
        return Context(self.account, self.client, journal, self.run(journal))

    def plan(self, rows: Sequence[Checked], choices: Choices | None = None, journal: Journal | None = None) -> Plan:
        """Plan rows of the open campaign with what the journal knows now."""
        known = load(journal or self.journal, self.account, [self.server.campaign], ())
        return make_plan(assess_rows(rows, self.account, known), choices or Choices(), self.account)

    def send(
        self, rows: Sequence[Checked], journal: Journal | None = None, terms: Terms | None = None, **more: object
    ) -> Report:
        """Read the campaign's list, plan and send, as the command does."""
        journal = journal or self.journal
        return self.send_plan(self.plan(rows, journal=journal), journal, terms, **more)

    def send_plan(
        self, plan: Plan, journal: Journal | None = None, terms: Terms | None = None, **more: object
    ) -> Report:
        """Send a plan; lists are believed after a moment (``SHORT``)."""
        context = self.context(journal)
        if terms is None:
            terms = Terms(lists=self.lists(context), patience=SHORT)
        return send(plan, context, terms=terms, **more)  # type: ignore[arg-type]

    def terms(self, **more: object) -> Terms:
        """Return the terms of a send, with a list that is read now; further ones by name."""
        return Terms(lists=self.lists(self.context()), **{"patience": SHORT, **more})  # type: ignore[arg-type]

    def lists(self, context: Context) -> dict[str, CampaignList]:
        """Read and keep the campaign's list."""
        read_at = context.monotonic()
        campaign = self.server.campaign
        ids = [each.id for each in self.client.listing(campaign).requests]
        number = context.journal.keep_list(self.account.origin, self.account.team.id, campaign, ids)
        return {campaign: CampaignList(number, read_at)}

    def settle(self, late: float = 0.0, lag: float = 0.0) -> Settled:
        """Look unknown rows up."""
        return settle(self.context(), Patience(timedelta(seconds=late), timedelta(seconds=lag)))

    def pass_time(self, seconds: float) -> None:
        """Make the journal's batches so much older, as if that time had passed since."""
        age_batches(self.journal, seconds)

    def look_later(self) -> Settled:
        """Look unknown rows up, and again when lists are believed."""
        self.settle()
        self.pass_time(90)
        return self.settle()

    def claims(self) -> Sequence[Claim]:
        """Return every claim of the open campaign, oldest first."""
        return self.journal.claims(self.account.origin, self.account.team.id, self.server.campaign)

    @property
    def mailed(self) -> list[str]:
        """Everybody who would have got an e-mail, in order, once for each time."""
        return [each.email for each in self.server.accepted]

    def states(self) -> dict[str, str]:
        """Return the latest state of each address in the journal."""
        keys = ((key.partition(":"), each.state) for each in self.claims() for key in each.keys)
        return {address: state for (kind, _, address), state in keys if kind == "mail"}
