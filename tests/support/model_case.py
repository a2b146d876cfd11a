"""A random case for the model of Collect: people, runs that fail and die and meet, until nothing changes any more."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from collect_xl.domain.model import Account, Campaign, Claim, Contact, Options, Row
from collect_xl.domain.ports import Context, Run
from collect_xl.domain.rows import Choices
from collect_xl.errors import CollectXlError
from collect_xl.evidence.judgement import Patience
from collect_xl.followup.cancel import CANCEL, change
from collect_xl.followup.lookup import assume, set_aside_strangers, settle
from collect_xl.followup.refresh import refresh
from collect_xl.journal import Journal
from collect_xl.journal.database import engine_of
from collect_xl.journal.migrate import bring_up
from collect_xl.journal.places import Place, locate, memory_place
from collect_xl.planning.asked_elsewhere import ask_elsewhere, go_on
from collect_xl.planning.eligibility import assess_rows, sort_rows
from collect_xl.planning.history import Known, load
from collect_xl.planning.plan import Plan, make_plan
from collect_xl.sending.run import Terms, send
from collect_xl.testing.spellings import decomposed, punycode_domain
from support.model_collect import (
    CAMPAIGNS,
    LATE,
    ORIGIN,
    TEAM,
    Clock,
    KilledError,
    Made,
    ModelCollect,
    Person,
    World,
    habits_of,
)
from support.model_judge import forgotten_people, judged

PATIENCE = Patience(late=timedelta(seconds=LATE), lag=timedelta(seconds=60))
ACCOUNT = Account(ORIGIN, TEAM, CAMPAIGNS)
DAY = 86_400.0
PAUSES = (0.0, 0.0, 5.0, 5.0, 61.0, 61.0, 200.0, 700.0, 3600.0, 3 * DAY, 60 * DAY)
"""Seconds between two commands."""
CLOCKS = (0.0, 0.0, 25.0, -25.0)
"""Seconds that the clock of a computer is ahead; two differ by less than the minute that is waited longer."""
SHARE = {"wait": 0.01, "post": 0.1, "in post": 0.15, "list": 0.04, "journal": 0.02}
"""How often something happens at a moment of each kind."""
EVENTS = ("colleague", "colleague", "nested", "nested", "looked", "killed", "killed", "merged", "stopped", "slept")
ACTS = ("send", "send", "send", "settle", "settle", "refresh", "cancel")


class MortalJournal(Journal):
    """A journal whose process may end before and after each thing that it keeps."""

    hook = staticmethod(lambda: None)

    def contend(self, work):  # noqa: D102
        self.hook()
        kept = super().contend(work)
        self.hook()
        return kept


class Process:
    """A command that runs on one of the user's computers."""

    def __init__(self, case: Case, number: int, depth: int) -> None:
        rng = case.rng
        self.case, self.depth = case, depth
        self.name = f"run-{number}"
        computer = rng.randrange(2)
        ahead = case.clocks[computer]
        self.stop = threading.Event()
        self.slept = 0.0
        key = "key-2" if rng.random() < case.other_key else "key-1"
        place = replace(case.place, folder=case.folder / str(computer))
        self.client = ModelCollect(case.world, key, ahead, self._claims)
        self.client.process = self
        self.journal = MortalJournal(case.engine, place, who=f"ann on PC-{computer}", clock=self.client.now)
        self.journal.begin(Run(self.name, self.journal.who, "clients.xlsx"))
        self.journal.hook = lambda: case.hook("journal", self.client)
        run = Run(self.name, self.journal.who, "clients.xlsx")
        self.context = Context(ACCOUNT, self.client, self.journal, run, self.client.now, self._monotonic, self._wait)

    def end(self, *, killed: bool = False) -> None:
        """End as a process does: its locks are free, and what it left open is found dead."""
        self.journal.hook = lambda: None
        open_batches = bool(self.journal._monotonic_ends)
        if not killed:
            self.journal._end_runs()
        self.journal._locks.let_go(unrecorded=killed or open_batches)

    def _claims(self, campaign: str) -> dict[int, int]:
        """Return the claim of each person whom this run is about to ask."""
        claims = Journal.claims(self.journal, ORIGIN, TEAM.id, campaign)
        mine = [claim for claim in claims if claim.run == self.name and claim.state == "intent"]
        return {self.case.people_of_rows[claim.row].number: claim.id for claim in mine}

    def _monotonic(self) -> float:
        return self.case.world.clock.seconds - self.slept

    def _wait(self, seconds: float, stop: threading.Event) -> bool:
        # Far less is lost in the rounding of a late hour, and the clock would stand still.
        self.case.world.clock.turn(max(seconds, 0.001) if seconds else 0.0)
        if seconds:
            self.case.hook("wait", self.client)
        return stop.is_set()


class Case:
    """One random case, the same for the same number.

    Args:
        number: seed of all that happens.
        folder: for locks, and for the journal where it is a file.
        plain: whether nobody but the runs changes anything, and Collect shows what it was given.
    """

    def __init__(self, number: int, folder: Path, *, plain: bool = False) -> None:
        self.number, self.folder, self.plain = number, folder, plain
        self.rng = random.Random(number)
        random.seed(number)  # the product draws the length of its waits
        habits = habits_of(self.rng)
        if plain:
            created = "exact" if habits.created == "absent" else habits.created  # else last year's requests hold, too
            habits = replace(habits, spelling="kept", shows_ids=True, hides=0.0, created=created)
        self.world = World(self.rng, Clock(), habits, self.hook)
        self.clocks = self.rng.sample(CLOCKS, 2)
        self.budget = self.rng.randint(0, 8)
        self.other_key = 0.0 if plain else self.rng.choice([0.0, 0.25, 0.6])
        """How many commands are run with another API key."""
        self.processes = 0
        self.rows: list[Row] = []
        self.people_of_rows: dict[int, Person] = {}
        self._add_people()
        place = locate(str(folder / "journal.sqlite3"))
        self.place: Place = place if number % 10 == 0 else memory_place(place)
        for computer in ("0", "1"):
            (folder / computer).mkdir()
        self.engine = engine_of(self.place)
        bring_up(self.engine, self.place, new=True)

    def play(self) -> None:
        """Let everything happen, then let everything work until nothing changes any more."""
        for _ in range(self.rng.randint(1, 7)):
            self.act(self.rng.choice(ACTS) if self.world.posts else "send")
            self.require()
            self._complete_some()
            self.world.clock.turn(self.rng.choice(PAUSES))
        self.world.is_calm = True
        self._work_on()
        if self.plain:
            self._decide()
            self.act("refresh")  # finds which request it is that the person means
            self._work_on()
        forgotten = forgotten_people(self.rows, self.people_of_rows, self.states()) if self.plain else []
        if forgotten:
            self._fail(*forgotten)

    def _work_on(self) -> None:
        """Let everything work until nothing changes any more."""
        before: object = None
        for number in range(15):
            # At first too early for any proof, then late enough.
            self.world.clock.turn(self.rng.choice([5.0, 61.0, 200.0, 650.0]) if number < 3 else 2 * LATE)
            for act in ("settle", "send"):
                self.act(act)
                self.require()
            now = self._held()
            if now == before and number > 3:
                break
            before = now
        else:
            self._fail("things go on changing")

    def _decide(self) -> None:
        """Let a person who looks at Collect say what became of calls to one person in two rounds, which lists cannot.

        Until then the new request of that person may be anyone's, and keeps others from being called absent.
        """
        rounds: dict[int, set[str]] = {}
        for row in self.rows:
            rounds.setdefault(self.people_of_rows[row.number].number, set()).add(row.options.round)
        made = {each.claim for each in self.world.requests}
        self.processes += 1
        process = Process(self, self.processes, 0)
        for claim in self.claims():
            if claim.state == "unknown" and len(rounds[self.people_of_rows[claim.row].number]) > 1:
                assume([claim], "sent" if claim.id in made else "not_sent", process.journal, who="ann")
        process.end()
        self.require()

    def close(self) -> None:
        """Let go of the journal."""
        self.engine.dispose()

    def hook(self, kind: str, client: ModelCollect) -> None:
        """Let something happen at this moment, or not."""
        if self.world.is_calm or not self.budget or self.rng.random() >= SHARE[kind]:
            return
        self.budget -= 1
        process = client.process
        match self.rng.choice(EVENTS):
            case "colleague" if not self.plain:
                self.world.colleague_asks(self._anyone(), self.rng.choice(CAMPAIGNS).id)
            case "merged" if not self.plain:
                self._merge()
            case "nested" if process.depth < 2 and kind != "journal":
                self.act(self.rng.choice(ACTS), process.depth + 1)
                self.require()
            case "killed":
                self.world.note(f"{process.name} is killed ({kind})")
                raise KilledError
            case "stopped":
                process.stop.set()
            case "slept" if kind in {"wait", "post", "list"}:
                self._sleep(process, kind)
            case "looked" if process.depth < 2 and kind != "journal":
                self._look_twice(process)

    def _sleep(self, process: Process, kind: str) -> None:
        """Let a computer sleep; others may be at work meanwhile."""
        seconds = self.rng.choice([50.0, 200.0, 5000.0])
        self.world.note(f"{process.name} sleeps {seconds:.0f} s ({kind})")
        began = self.world.clock.seconds
        self.world.clock.turn(seconds)
        if process.depth < 2 and self.rng.random() < 0.5:
            self._look_twice(process)
        if self.rng.random() < 0.5:
            process.slept += self.world.clock.seconds - began

    def _look_twice(self, process: Process) -> None:
        """Let others look things up, and send, while a run is at work."""
        for act in ("settle", "settle", "send"):
            self.act(act, process.depth + 1)
            self.world.clock.turn(self.rng.choice([0.0, 5.0, 61.0, 650.0]))
        self.require()

    def act(self, kind: str, depth: int = 0) -> None:
        """Run one command to its end, however it ends."""
        self.processes += 1
        process = Process(self, self.processes, depth)
        self.world.note(f"{process.name} begins: {kind}, {process.client.key}, {process.journal.who}")
        is_killed = False
        try:
            {"send": self._send, "settle": self._settle, "refresh": self._refresh, "cancel": self._cancel}[kind](
                process
            )
        except KilledError:
            is_killed = True
        except CollectXlError as error:
            self.world.note(f"{process.name} ends: {error}")
        process.end(killed=is_killed)

    def plan(self, process: Process) -> tuple[Plan, Terms]:
        """Plan as the command does: what is known, then what Collect's lists say, then the plan."""
        context = process.context
        choices = Choices()
        if not self.world.is_calm and self.rng.random() < 0.1:
            choices = Choices(first=self.rng.randint(1, len(self.rows)))
        campaigns = [each.id for each in CAMPAIGNS]
        known = load(context.journal, ACCOUNT, campaigns, ())
        planned = self._planned(known, choices)
        others = set(campaigns) - {campaign.id for campaign in planned}
        if go_on(context, others, PATIENCE):
            known = load(context.journal, ACCOUNT, campaigns, ())
            planned = self._planned(known, choices)
        found = ask_elsewhere(context, planned, choices, known.aliases, PATIENCE)
        assessment = assess_rows(self.rows, ACCOUNT, known)
        if found.learned:
            assessment = assess_rows(self.rows, ACCOUNT, load(context.journal, ACCOUNT, campaigns, ()))
        plan = make_plan(assessment, choices, ACCOUNT, elsewhere=found.requests)
        may_wait = self.world.is_calm or self.rng.random() < 0.9
        return plan, Terms(lists=found.lists, patience=PATIENCE, may_wait=may_wait)

    def _planned(self, known: Known, choices: Choices) -> Sequence[Campaign]:
        assessment = assess_rows(self.rows, ACCOUNT, known)
        return list(dict.fromkeys(campaign for _, campaign in sort_rows(assessment, choices).planned))

    def _send(self, process: Process) -> None:
        process.journal.take_over()
        if self.rng.random() < 0.3:
            settle(process.context, PATIENCE)
        plan, terms = self.plan(process)
        if not self.world.is_calm:  # the question stands for a while
            self.world.clock.turn(self.rng.choice([1.0, 1.0, 30.0, 110.0, 4000.0]))
            self.hook("list", process.client)
        report = send(plan, process.context, terms=terms, stop=process.stop)
        self.world.note(f"{process.name} ends: {report.stopped} {report.words}")

    def _settle(self, process: Process) -> None:
        settled = settle(process.context, PATIENCE)
        strangers = [each for each in self.world.requests if each.id in settled.strangers]
        # A user who knows that none of them was made from here says so.
        if strangers and all(each.claim is None for each in strangers) and self.rng.random() < 0.5:
            set_aside_strangers(process.context, settled.strangers)

    def _refresh(self, process: Process) -> None:
        refresh(process.context, [each.id for each in CAMPAIGNS])

    def _cancel(self, process: Process) -> None:
        claims = [claim for claim in self.claims() if claim.state == "sent" and claim.request_id]
        sent = [claim for claim in claims if not self._has_a_colleagues(claim)]
        chosen = self.rng.sample(sent, min(len(sent), self.rng.randint(1, 3)))
        change(process.context, {claim.row: claim for claim in chosen}, CANCEL, process.stop)

    def _has_a_colleagues(self, claim: Claim) -> bool:
        """Return whether a list alone gave a claim a colleague's request, while Collect has one that was made for it.

        Once that is cancelled, a key that does not see ours finds the person free: its date is shown before.
        """
        requests = self.world.requests
        is_a_colleagues = any(each.id == claim.request_id and each.claim is None for each in requests)
        return is_a_colleagues and any(each.claim == claim.id for each in requests)

    def _complete_some(self) -> None:
        """Let some clients hand in what they were asked for."""
        for made in self.world.requests:
            if made.status == "pending" and self.rng.random() < 0.1:
                made.status = "completed"

    def _merge(self) -> None:
        """Let a colleague merge two contacts, unless no list could tell afterwards whose request is whose.

        A request is then shown as that of the other, who is to be asked, too, but was not: it is taken for theirs
        (design section 5: requests of other open claims do not block).
        """
        person, into = self._anyone(), self._anyone()
        rows_of_into = [row for row in self.rows if self.people_of_rows[row.number] is into]
        for row in rows_of_into:
            campaign = row.options.campaign
            is_asked = any(
                each.claim and each.person is into and each.campaign == campaign for each in self._made_now()
            )
            if not is_asked and self._is_open(person, campaign):
                return
        self.world.merge(person, into)

    def _made_now(self) -> list[Made]:
        now = self.world.clock.seconds
        return [each for each in self.world.requests if each.cancelled_at is None and each.at <= now]

    def _is_open(self, person: Person, campaign: str) -> bool:
        """Return whether it is not known what became of a call to a person."""
        claims = [claim for claim in self.claims() if self.people_of_rows[claim.row] is person]
        return any(claim.scope.campaign == campaign and claim.state in {"intent", "unknown"} for claim in claims)

    def _anyone(self) -> Person:
        return self.rng.choice(self.world.people)

    def _add_people(self) -> None:
        rng = self.rng
        size = rng.choices([5, 8, 12, 20, 60, 130], weights=[40, 30, 20, 16, 3, 1])[0]
        two_campaigns, two_rounds = rng.random() < 0.3, rng.random() < 0.2
        bad = rng.choice([0.0, 0.0, 0.05, 0.2])
        while len(self.rows) < size:
            person = self._add_person()
            person.is_refused = rng.random() < bad
            has_id = bool(person.contact)
            shows = rng.choice(["mail", "id", "both"]) if has_id else "mail"
            rounds = ["", "2"] if two_rounds and rng.random() < 0.3 else [""]
            campaign = rng.choice(CAMPAIGNS).id if two_campaigns else "c1"
            for round_ in rounds:
                self._add_row(person, shows, campaign, round_)
            if rng.random() < 0.05:  # the same person once more, in another spelling
                self._add_row(person, shows, campaign, "")
            # Without IDs in lists and answers it could not be told which of two with one address was asked.
            may_share = has_id and shows != "mail" and self.world.habits.shows_ids
            if may_share and rng.random() < 0.15:
                self._add_sharer(person, campaign)
        for number in range(3):
            self.world.people.append(Person(10_000 + number, (f"stranger{number}@example.test",), f"s{number}"))

    def _add_person(self) -> Person:
        number = len(self.world.people)
        spellings: Sequence[str] = (f"p{number}@example.test", f"P{number}@Example.test")
        if self.rng.random() < 0.2:
            kept = f"jürgen{number}@münchen.example"
            spellings = (kept, decomposed(kept), kept.upper(), punycode_domain(kept))
        has_id = self.rng.random() < 0.35
        person = Person(number, tuple(spellings), f"c{number}" if has_id else "")
        self.world.people.append(person)
        if has_id and self.rng.random() < 0.3:  # asked last year, by someone else
            made = self.world.make(person, "c1", "?", claim=None, at=-100 * DAY)
            made.status = "completed"
        return person

    def _add_sharer(self, person: Person, campaign: str) -> None:
        """Add another contact with the same address, as two clients of one accountant."""
        number = len(self.world.people)
        sharer = Person(number, person.spellings, f"c{number}")
        self.world.people.append(sharer)
        self._add_row(sharer, self.rng.choice(["id", "both"]), campaign, "")

    def _add_row(self, person: Person, shows: str, campaign: str, round_: str) -> None:
        number = len(self.rows) + 2
        email = self.rng.choice(person.spellings)
        contact = Contact(
            id=person.contact if shows in {"id", "both"} else "",
            email=email if shows in {"mail", "both"} else "",
        )
        group = f"group {self.rng.randrange(3)}" if self.rng.random() < 0.5 else "group 0"
        options = Options(campaign=campaign, round=round_, items=(round_, group))
        self.rows.append(Row(number, hidden=False, contact=contact, options=options, anchor=("",) * 4, seen={}))
        self.people_of_rows[number] = person

    def claims(self) -> list[Claim]:
        """Return everything that the journal has."""
        journal = Journal(self.engine, replace(self.place, folder=self.folder), who="judge")
        return [claim for each in CAMPAIGNS for claim in journal.claims(ORIGIN, TEAM.id, each.id)]

    def _held(self) -> set[tuple[int, str]]:
        """Return the claims that hold people; whom Collect refuses is tried again in each run."""
        return {
            (claim.id, claim.state)
            for claim in self.claims()
            if claim.state in {"intent", "sent", "unknown"} and not self.people_of_rows[claim.row].is_refused
        }

    def require(self) -> None:
        """Hold the journal against Collect's own log."""
        faults = judged(self.world.requests, self.claims(), self.people_of_rows)
        if faults:
            self._fail(*faults)

    def states(self) -> dict[int, str]:
        """Return how the last claim of each row ended; rows without a claim are absent."""
        return {claim.row: claim.state for claim in sorted(self.claims(), key=lambda each: each.id)}

    def _fail(self, *faults: str) -> None:
        raise AssertionError("\n".join([f"case {self.number}, plain: {self.plain}", *faults, *self.world.log]))
