"""A Collect that does half of a batch and then refuses it: seven sends in a row ask each person once.

The cases are those of which it was found that people were asked up to seven times.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace

import pytest

from collect_xl.testing import FakeCollect, faults
from collect_xl.testing.exchange import Answer
from collect_xl.testing.spellings import punycode_domain
from support.books import make_book, results

PEOPLE = 10
SOME = 4
RUNS = 7


@dataclass(frozen=True, slots=True)
class Half:
    """How Collect is, what it makes of the calls, and how that ends."""

    fault: faults.Fault
    server: dict = field(default_factory=dict)
    nth: int | None = 1
    """Which call the fault meets; None for all."""
    lag: float = 0.3
    """Seconds by which lists may lag, as the settings say."""
    first: int = 0
    """Exit code of the first run; that of the last is 0."""


CASES = {
    "some made, 400, the list lags": Half(faults.CreatesFirst(SOME, 400), {"list_lag": 1.0}, lag=2.5),
    "some made, 400, Date is ahead": Half(faults.CreatesFirst(SOME, 400), {"date_offset": 20.0}),
    "some made, 400, Date is behind": Half(faults.CreatesFirst(SOME, 400), {"date_offset": -20.0}),
    "some made, 400, whole minutes": Half(faults.CreatesFirst(SOME, 400), {"created_style": "minutes"}),
    "some made, 400, days alone": Half(faults.CreatesFirst(SOME, 400), {"created_style": "days"}),
    "some made, 400, a day early": Half(faults.CreatesFirst(SOME, 400), {"created_style": "day-early"}),
    "some made, 400, a day late": Half(faults.CreatesFirst(SOME, 400), {"created_style": "day-late"}),
    "some made, 400, local time": Half(faults.CreatesFirst(SOME, 400), {"created_style": "local"}),
    "some made, 400, each time": Half(faults.CreatesFirst(SOME, 400), nth=None),
    "none made, 400": Half(faults.CreatesFirst(0, 400)),
    "some made, 404": Half(faults.CreatesFirst(SOME, 404)),
    "some made, 413": Half(faults.CreatesFirst(SOME, 413)),
    "all made, 413": Half(faults.Status(413, created=True)),
    "some made, 422": Half(faults.CreatesFirst(SOME, 422)),
    "some made, 429": Half(faults.CreatesFirst(SOME, 429)),
    "all made, 429": Half(faults.Status(429, {"Retry-After": "0"}, created=True)),
    "some made, 401": Half(faults.CreatesFirst(SOME, 401)),
    "all made, 401": Half(faults.Status(401, created=True)),
    "all made, 403": Half(faults.Status(403, created=True)),
    "all made, 404": Half(faults.Status(404, created=True)),
}


@pytest.fixture
def collect_at(shell):
    """Return what makes a Collect of the test's own, to which the command speaks."""
    made = []

    def start(**more: object) -> FakeCollect:
        server = FakeCollect(**more)  # type: ignore[arg-type]
        server.__enter__()
        made.append(server)
        shell.environ |= {"COLLECT_API_URL": server.url, "COLLECT_API_KEY": server.key}
        return server

    yield start
    for server in made:
        server.close()


def asked(server: FakeCollect) -> Counter:
    """Return how often each person was asked."""
    return Counter(each.email for each in server.accepted)


def once(rows) -> Counter:
    return Counter({f"p{row}@example.com": 1 for row in rows})


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_seven_sends_ask_each_person_once(shell, tmp_path, collect_at, name):
    """Whatever Collect did before it refused, its list decides: each row is sent once, and shows its own request."""
    case = CASES[name]
    server = collect_at(**case.server)
    server.on(case.fault, nth=case.nth)
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)

    runs = [shell.send(book, COLLECT_XL_LIST_LAG=str(case.lag)) for _ in range(RUNS)]

    assert asked(server) == once(range(2, 2 + PEOPLE))
    assert (runs[0].returncode, runs[-1].returncode) == (case.first, 0), runs[0].stdout + runs[0].stderr
    owner = {each.request_id: each.email for each in server.accepted}
    lines = results(book)
    assert {each["Collect status"] for each in lines.values()} == {"pending"}
    assert {row: owner[line["Collect request ID"]] for row, line in lines.items()} == {
        row: f"p{row}@example.com" for row in lines
    }
    assert all(line["Collect portal URL"] for line in lines.values())


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 413])
def test_undo_after_half_done_answers_leaves_nothing_open(shell, tmp_path, collect_at, status):
    """After a half-done batch every request can be taken back: none is open that no row shows."""
    server = collect_at()
    server.on(faults.CreatesFirst(SOME, status), nth=1)
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)
    shell.send(book)

    done = shell.run("cancel", book, "--rows", f"2-{PEOPLE + 1}", "--yes")

    assert done.returncode == 0, done.stdout + done.stderr
    assert {each["status"] for each in server.account.requests.values()} == {"cancelled"}


LOST = {
    "503 after some": faults.CreatesFirst(SOME, 503),
    "504, and works on": faults.WorksOn(504, 0.2),
    "202": faults.Status(202, created=True),
    "204": faults.Status(204, created=True),
    "307": faults.Status(307, {"Location": "/requests"}, created=True),
    "408": faults.CreatesFirst(SOME, 408),
    "a cut 200": faults.Cut(40),
    "dropped": faults.DropAfterCreating(),
}


@pytest.mark.slow
@pytest.mark.parametrize("offset", [-20.0, 20.0])
@pytest.mark.parametrize("name", LOST)
def test_lost_answers_are_settled_by_the_list(shell, tmp_path, collect_at, name, offset):
    """After an unclear answer nothing is sent again before a look-up; what Collect has is found, whatever its clock."""
    server = collect_at(date_offset=offset)
    server.on(LOST[name], nth=1)
    book = make_book(tmp_path / "clients.xlsx", PEOPLE)
    late = {"COLLECT_XL_LOOKUP_AFTER": "1"}

    runs = [shell.send(book, **late) for _ in range(RUNS)]
    settled = shell.run("lookup", book, "--wait", **late)
    last = shell.send(book, **late)

    assert runs[0].returncode == 4
    assert (settled.returncode, last.returncode) == (0, 0), settled.stdout + settled.stderr + last.stdout
    assert asked(server) == once(range(2, 2 + PEOPLE))
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}


@dataclass(frozen=True, slots=True)
class BadRows(faults.Fault):
    """Makes the first requests of a batch, and refuses it as soon as a certain address is in it."""

    bad: frozenset[str]
    made: int = 0

    def perform(self, call, world) -> Answer:
        """Refuse, and make none for the bad ones."""
        contacts = call.body["contacts"]
        if not any(each["email"] in self.bad for each in contacts):
            return world.perform(call)
        good = [each for each in contacts if each["email"] not in self.bad][: self.made]
        if good:
            world.perform(replace(call, body={**call.body, "contacts": good}))
        return Answer(400, {"message": "an address is not valid"})


@pytest.mark.slow
def test_thousand_contacts_with_a_bad_row_in_three_batches(shell, tmp_path, collect_at):
    """All good rows of a thousand are sent, and the bad ones told; each refused batch costs one call for each row."""
    bad = {102, 402, 902}
    server = collect_at()
    server.on(BadRows(frozenset(f"p{row}@example.com" for row in bad), made=20))
    book = make_book(tmp_path / "clients.xlsx", 1000)

    done = shell.send(book)

    assert asked(server) == once(set(range(2, 1002)) - bad)
    assert done.returncode == 3, done.stdout + done.stderr
    lines = results(book)
    assert {row for row, line in lines.items() if line["Collect status"] != "pending"} == bad
    assert all(lines[row]["Collect status"] == "refused" for row in bad)
    assert all("not valid" in lines[row]["Collect message"] for row in bad)
    calls_of_batches, left = 20, 3 * (50 - 20)
    assert len(server.posts) == calls_of_batches + left
    again = shell.send(book)
    assert again.returncode == 3
    assert len(server.posts) == calls_of_batches + left + len(bad)  # the bad ones once more, alone
    assert asked(server) == once(set(range(2, 1002)) - bad)


@pytest.mark.slow
def test_stranger_keeps_refused_rows_unknown(shell, tmp_path, collect_at):
    """A new request for nobody in the sheet may be a row's under another address: it is named, and nothing is sent."""
    server = collect_at()
    server.on(faults.ColleagueAsks("stranger@example.org", then=faults.CreatesFirst(0, 400)), nth=1)
    book = make_book(tmp_path / "clients.xlsx", 3)

    runs = [shell.send(book) for _ in range(RUNS)]

    assert {each.returncode for each in runs} == {4}
    assert len(server.posts) == 1
    settled = shell.run("lookup", book)
    assert server.accepted[0].request_id in settled.stdout + settled.stderr


@pytest.mark.slow
def test_colleague_was_quicker(shell, tmp_path, collect_at):
    """A person whom a colleague asks while the batch is refused is not asked from here, too."""
    server = collect_at()
    server.on(faults.ColleagueAsks("p2@example.com", then=faults.CreatesFirst(0, 400)), nth=1)
    book = make_book(tmp_path / "clients.xlsx", 3)

    runs = [shell.send(book) for _ in range(RUNS)]

    assert asked(server) == once((2, 3, 4))
    assert runs[-1].returncode == 0, runs[-1].stdout


@pytest.mark.slow
def test_list_that_does_not_show_what_was_confirmed_proves_nothing(shell, tmp_path, collect_at):
    """A refused batch goes out again only when the list shows what was confirmed after it."""
    server = collect_at(list_lag=2.0)
    server.on(faults.CreatesFirst(0, 400), nth=1)
    book = make_book(tmp_path / "clients.xlsx", 53)
    began = time.monotonic()

    done = shell.send(book, COLLECT_XL_LOOKUP_AFTER="20")

    assert done.returncode == 0, done.stdout
    assert time.monotonic() - began > 2.0
    assert asked(server) == once(range(2, 55))
    assert len(server.posts) == 2 + 50


SPELLINGS = {
    "apart from their letters": ("p{}@münchen.example", faults.OtherSpelling()),
    "in capitals": ("p{}@münchen.example", faults.OtherCase()),
    "as name servers know them": ("p{}@münchen.example", faults.OtherSpelling(punycode_domain)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SPELLINGS)
def test_other_spellings_are_the_same_people(shell, tmp_path, collect_at, name):
    """What lists show in another spelling is found: nobody is asked again."""
    address, spelling = SPELLINGS[name]
    server = collect_at()
    server.on(faults.CreatesFirst(2, 400), nth=1)
    server.on(spelling, route="GET /requests")
    book = make_book(tmp_path / "clients.xlsx", [(address.format(row), "A", "B") for row in range(2, 6)])

    runs = [shell.send(book) for _ in range(RUNS)]

    assert asked(server) == Counter({address.format(row): 1 for row in range(2, 6)})
    assert runs[-1].returncode == 0, runs[-1].stdout


@pytest.mark.slow
def test_merged_contacts_are_not_asked_again(shell, tmp_path, collect_at):
    """A request that is shown as another contact's keeps its row from being called absent."""
    server = collect_at()
    other = server.account.add_contact("merged@example.org")
    book = make_book(tmp_path / "clients.xlsx", 2)

    def merge(call) -> bool:
        contacts = [each for each, of in server.account.contacts.items() if of["email"] == "p2@example.com"]
        if contacts:
            server.account.merge_contacts(contacts[0], other)
        return False

    server.on(faults.Fault(), route="GET /requests", when=merge)
    server.on(faults.CreatesFirst(1, 400), nth=1)

    runs = [shell.send(book) for _ in range(RUNS)]

    assert {each.returncode for each in runs} == {4}
    assert len(server.posts) == 1


@pytest.mark.slow
def test_refused_key_stops_the_run_and_says_so(shell, tmp_path, collect_at):
    """Where Collect refuses the key in the middle of a run, rows are unknown, not "not sent", and found later."""
    server = collect_at()
    server.on(faults.Status(401, created=True), nth=1)
    server.on(faults.Status(401), route="GET /team", when=lambda _: bool(server.posts) and not server.healed)
    server.healed = False
    book = make_book(tmp_path / "clients.xlsx", 3)

    first = shell.send(book)

    assert first.returncode == 4, first.stdout
    assert "Nothing was sent" not in first.stdout + first.stderr
    assert {each["Collect status"] for each in results(book).values()} == {"unknown"}
    server.healed = True
    assert shell.run("lookup", book).returncode == 0
    assert shell.send(book).returncode == 0
    assert asked(server) == once((2, 3, 4))


@pytest.mark.slow
def test_cancelling_is_believed_when_the_list_shows_it(shell, tmp_path, collect_at):
    """A row whose request Collect calls cancelled in its answer alone is not asked again; later lists complete it."""
    server = collect_at()
    book = make_book(tmp_path / "clients.xlsx", 1)
    shell.send(book)

    def pending(body):
        return [{**each, "status": "pending"} for each in body]

    server.on(
        faults.Reshaped(lambda body: pending(body) if isinstance(body, list) else body),
        route="GET /requests",
        when=lambda _: not server.healed,
    )
    server.healed = False

    undone = shell.run("cancel", book, "--rows", "2", "--yes")
    runs = [shell.send(book) for _ in range(RUNS)]

    assert "does not show it as cancelled yet" in undone.stdout
    assert {each.returncode for each in runs} == {0}
    assert len(server.posts) == 1
    server.healed = True
    shell.run("refresh", book)
    assert shell.send(book).returncode == 0
    assert len(server.posts) == 2
