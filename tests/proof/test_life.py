"""The whole life of a workbook, as a machine that does whatever users, networks and crashes do, in any order.

Every command is the real one, in a process of its own; what the server has accepted decides who was mailed.
"""

import contextlib
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path
from typing import ClassVar

import openpyxl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from collect_xl.testing import FakeCollect, faults
from support.books import make_book
from support.shell import Shell
from support.zygote import Zygote

SIGKILL = -9
LATE = 0.3
PEOPLE = ("ann@example.com", "bob@example.com", "cyd@example.com", "dee@example.com")
COLUMNS = ["Contact ID", "Email", "Collect status", "Collect request ID", "Collect portal URL", "Collect message"]
LOST = {  # how an answer is lost
    "made, dropped": faults.DropAfterCreating(),
    "not made, dropped": faults.DropBeforeCreating(),
    "made, 500": faults.Status(500, created=True),
    "made late": faults.CreatedLate(),
    "fewer told": faults.Fewer(1),
    "other case": faults.OtherCase(),
    "refused": faults.Status(400),
    "some made, refused": faults.CreatesFirst(1, 400),
    "made, turned away": faults.Status(429, {"Retry-After": "0"}, created=True),
}
ROWS = st.integers(0, 7)


class Life(RuleBasedStateMachine):
    """One workbook with its copies, two users of one journal, one Collect."""

    zygote: ClassVar[Zygote]
    done: ClassVar[Counter] = Counter()

    @initialize()
    def begin(self):
        """Set everything up."""
        self.stack = contextlib.ExitStack()
        self.folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.server = self.stack.enter_context(FakeCollect())
        self.environ = Shell(self.folder, self.server, LATE).environ
        self.log = self.folder / "log"
        self.books = [self.folder / "clients.xlsx"]
        self.rounds = ["r1"]
        self.round_of = {}
        """Request id -> the round in which it was asked for."""
        self.late_round = None
        self.write([["", each] + [""] * 4 for each in PEOPLE[:3]])

    def teardown(self):
        """Clear up."""
        if hasattr(self, "stack"):
            self.stack.close()

    # the sheet

    @property
    def book(self):
        """The workbook at hand."""
        return self.books[-1]

    def read(self, book=None):
        """Return the rows with all columns, as texts."""
        opened = openpyxl.load_workbook(book or self.book)
        header, *lines = opened["Contacts"].iter_rows(values_only=True)
        places = [header.index(name) if name in header else None for name in COLUMNS]
        return [["" if at is None else str(line[at] or "") for at in places] for line in lines]

    def write(self, lines):
        """Save the rows, as a user does."""
        make_book(self.book, lines, headers=COLUMNS, options={"Round": self.rounds[-1]})

    def edit(self, change):
        """Change the rows as a user does."""
        lines = self.read()
        change(lines)
        self.write(lines or [["", PEOPLE[0]] + [""] * 4])

    @rule(person=st.sampled_from(PEOPLE), shout=st.booleans())
    def add_row(self, person, shout):
        """Add somebody, perhaps in capitals."""
        self.edit(lambda lines: lines.append(["", person.upper() if shout else person] + [""] * 4))

    @rule(row=ROWS)
    def remove_row(self, row):
        """Delete a row."""
        self.edit(lambda lines: lines.pop(row % len(lines)))

    @rule(row=ROWS)
    def duplicate_row(self, row):
        """Copy a whole row to the end, results and all."""
        self.edit(lambda lines: lines.append(list(lines[row % len(lines)])))

    @rule(row=ROWS, person=st.sampled_from(PEOPLE))
    def edit_address(self, row, person):
        """Type another address over one."""
        self.edit(lambda lines: lines[row % len(lines)].__setitem__(slice(0, 2), ["", person]))

    @rule(row=ROWS)
    def write_id(self, row):
        """Write the ID that Collect has for somebody in place of the address."""
        ids = {each["email"].casefold(): key for key, each in self.server.account.contacts.items()}
        lines = self.read()
        line = lines[row % len(lines)]
        if line[1].casefold() in ids:
            line[:2] = [ids[line[1].casefold()], ""]
            self.write(lines)

    @rule(whole=st.booleans(), seed=st.randoms(use_true_random=False))
    def sort(self, whole, seed):
        """Sort the rows, or only the columns of the contacts, so that results stay behind."""
        lines = self.read()
        order = list(range(len(lines)))
        seed.shuffle(order)
        width = len(COLUMNS) if whole else 2
        self.write([lines[source][:width] + lines[number][width:] for number, source in enumerate(order)])

    @rule(row=ROWS)
    def clear_results(self, row):
        """Delete the results of a row."""
        self.edit(lambda lines: lines[row % len(lines)].__setitem__(slice(2, 6), [""] * 4))

    @rule()
    def copy_book(self):
        """Go on with a copy under another name; the old one stays."""
        copy = self.folder / f"copy{len(self.books)}.xlsx"
        copy.write_bytes(self.book.read_bytes())
        self.books.append(copy)

    @precondition(lambda self: len(self.books) > 1)
    @rule(which=ROWS)
    def take_old_copy(self, which):
        """Go back to an older copy."""
        self.books.append(self.books.pop(which % len(self.books)))

    @precondition(lambda self: len(self.rounds) < 3)
    @rule()
    def new_round(self):
        """Type a new round."""
        self.rounds.append(f"r{len(self.rounds) + 1}")
        self.edit(lambda _: None)

    # the commands

    def command(self, *words, user=0, dies_at=0):
        """Run a command of one of two users; note what the server accepted for which round."""
        environ = {**self.environ, "USER": f"user{user}", "LOGNAME": f"user{user}"}
        if words[0] == "send":
            self.edit(lambda _: None)  # an older copy may have an older round: the user types the present one
        code = self.zygote.run(*words, environ=environ, log=self.log, dies_at=dies_at)
        for each in self.server.accepted:
            self.round_of.setdefault(each.request_id, self.rounds[-1])
        said = self.log.read_text("utf-8")
        assert code in {0, 1, 2, 3, 4, 5, 7, 8, SIGKILL}, said
        assert "Unforeseen" not in said, said
        if self.late_round and words[0] == "send":
            # It may have looked at Collect's list. A second look would come after the late window, and so after this.
            self.arrive()
        self.done[words[0] if code != SIGKILL else f"{words[0]} killed"] += 1
        self.code = code
        return code

    def arrive(self):
        """Let what Collect makes late arrive, which it does before the late window is over."""
        before = {each.request_id for each in self.server.accepted}
        self.server.hasten()
        made = {each.request_id for each in self.server.accepted} - before
        self.round_of |= dict.fromkeys(made, self.late_round)
        self.late_round = None

    def send_words(self):
        """Return the words of a send in the present round."""
        return ("send", self.book, "--yes", "--new-round", self.rounds[-1])

    @rule(user=st.integers(0, 1))
    def send(self, user):
        """Send; a second time at once sends nothing more."""
        if self.command(*self.send_words(), user=user) == 0:
            asked = len(self.server.accepted)
            self.command(*self.send_words(), user=1 - user)
            assert len(self.server.accepted) == asked
        self.no_result_on_a_wrong_row()

    @rule(step=st.integers(1, 70), user=st.integers(0, 1))
    def crash(self, step, user):
        """Send, and die at a step."""
        self.command(*self.send_words(), user=user, dies_at=step)

    @precondition(lambda self: self.late_round is None)
    @rule(how=st.sampled_from(sorted(LOST)))
    def lose_answer(self, how):
        """Send, and lose the answer in one way or another."""
        number = len(self.server.posts) + 1
        self.server.on(LOST[how], nth=number)
        self.command(*self.send_words())
        if len(self.server.posts) < number:  # nothing was to be sent
            self.server._rules.clear()
        elif how == "made late":
            self.late_round = self.rounds[-1]

    @rule()
    def settle(self):
        """Look up what is unknown; what is late arrives before the late window is over."""
        if self.late_round:
            self.command("lookup", self.book)
            self.arrive()
        self.command("lookup", self.book, "--wait")
        self.no_result_on_a_wrong_row()

    @rule(status=st.sampled_from(["completed", "waiting", "due"]))
    def refresh(self, status):
        """Let requests go on at Collect, and look."""
        for request in self.server.account.requests.values():
            if request["status"] not in {"cancelled", "archived"}:
                request["status"] = status
        self.command("refresh", self.book)
        self.no_result_on_a_wrong_row()

    @rule(row=st.integers(2, 9))
    def undo(self, row):
        """Take a row's request back."""
        self.command("cancel", self.book, "--rows", row, "--yes")

    # what must hold

    def no_result_on_a_wrong_row(self):
        """After a run a request stands beside its own person, or says that the person was edited."""
        if self.code == SIGKILL:
            return
        requests, contacts = self.server.account.requests, self.server.account.contacts
        lines = self.read()
        of_row = [line[0] or line[1].casefold() for line in lines]
        people = {contacts[each]["email"].casefold() if each in contacts else each for each in of_row}
        for line, key in zip(lines, of_row, strict=True):
            request = requests.get(line[3])
            if request and key not in {request["contact"]["_id"], request["contact"]["email"].casefold()}:
                assert request["contact"]["email"].casefold() not in people, (line, self.log.read_text("utf-8"))

    @invariant()
    def nobody_is_asked_twice(self):
        """Of each person there is at most one request that was not cancelled in each round."""
        if not hasattr(self, "server"):
            return
        requests = self.server.account.requests
        living = [each for each in self.server.accepted if requests[each.request_id]["status"] != "cancelled"]
        times = Counter((self.round_of.get(each.request_id), each.contact_id) for each in living)
        assert [key for key, count in times.items() if count > 1] == [], self.log.read_text("utf-8")

    @invariant()
    def journal_and_server_agree(self):
        """What the journal calls sent the server has; whom the server has asked the journal holds, or calls unknown."""
        if not hasattr(self, "server") or not (self.folder / "journal.sqlite3").exists():
            return
        with contextlib.closing(sqlite3.connect(self.folder / "journal.sqlite3")) as db:
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'claims'").fetchone():
                return
            sent = {name for (name,) in db.execute("SELECT request_id FROM claims WHERE state = 'sent'")}
            held = set(
                db.execute("SELECT round, key FROM held JOIN scopes ON scopes.id = held.scope").fetchall(),
            )
        requests = self.server.account.requests
        assert sent <= set(requests)
        for each in self.server.accepted:
            if requests[each.request_id]["status"] != "cancelled" and each.request_id in self.round_of:
                keys = {(self.round_of[each.request_id], f"mail:{each.email.casefold()}")}
                keys |= {(self.round_of[each.request_id], f"id:{each.contact_id}")}
                assert keys & held, (each, self.log.read_text("utf-8"))

    @invariant()
    def sheet_is_within_the_journal(self):
        """Every request in the sheet is one that the server made."""
        if hasattr(self, "server"):
            assert {line[3] for line in self.read()} - {""} <= set(self.server.account.requests)


PARTS = [pytest.param(number, marks=[pytest.mark.whole] if number > 1 else []) for number in range(1, 5)]
"""The whole proof is cut into parts, so that several workers can run it."""


@pytest.mark.parametrize("part", PARTS)
def test_whole_life(trials, figure, whole, part):
    """In whatever order things happen, nobody is asked twice, sheet, journal and server agree, no row is mixed up."""
    Life.zygote = trials.zygote
    Life.done.clear()
    examples, steps = (125, 50) if whole else (10, 25)
    knobs = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=not whole,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=knobs)
    told = ", ".join(f"{count} {name}" for name, count in sorted(Life.done.items()))
    figure(
        "10, 11 whole life",
        f"Hypothesis state machine, {examples} lives of up to {steps} steps"
        + (f", part {part} of {len(PARTS)}" if whole else ""),
        f"{told}; 0 invariants broken",
    )
