"""Each fault of the network, at each place of each answer, through journal and client: one POST, and the true state."""

import itertools
import threading

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.domain.events import BatchStarted
from collect_xl.domain.model import Account, Campaign, Team
from collect_xl.domain.ports import Context, Run
from collect_xl.domain.rows import Choices
from collect_xl.journal import open_journal
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.history import load
from collect_xl.planning.plan import make_plan
from collect_xl.sending.run import send
from support.fault_answers import ANSWERS, CUTS, STRANGE_ANSWERS, cut_off, expected
from support.fault_server import FaultServer, answer, answers
from support.people import row

PROMISE = "5, 6 network faults, redirects"
KNOWN = Campaign("c1", "Yearly documents", "open")
TEAMS = (f"t{number}" for number in itertools.count(1))
"""A team for each case: a server may get the port of an earlier one, whose people the journal knows."""

# verdict on the POST -> the state that the journal keeps, and the codes that say why
STATES = {
    "accepted": ("sent", {""}),
    "answered": ("unknown", {"answered alone", "turned away"}),  # until two lists prove that nothing was done
    "unnamed": ("unknown", {"not named"}),
    "lost": ("unknown", {"answer lost"}),
}

CASES = {
    **{
        f"{name}, closed at {cut}": (cut_off(name, cut), "close", expected(name, cut))
        for name in ANSWERS
        for cut in CUTS
    },
    **{
        f"{name}, {ending} at {cut}": (cut_off(name, cut), ending, "lost")
        for name in ("200", "500", "307")
        for ending in ("reset", "hang")
        for cut in CUTS
        if cut != "whole"
    },
    **{name: (raw, "close", verdict) for name, (raw, verdict) in STRANGE_ANSWERS.items()},
    "requests-empty": (STRANGE_ANSWERS["requests-empty"][0], "close", "unnamed"),
    "nothing made, closed": (b"", "close", "lost"),
    "nothing said, reset": (b"", "reset", "lost"),
}


@pytest.fixture
def journal(tmp_path):
    """A journal on the disk, with a run begun."""
    with open_journal(str(tmp_path / "journal.sqlite3"), who="ann") as opened:
        opened.begin(Run("run", "ann", "clients.xlsx"))
        yield opened


def sent_through(server, journal, patience=30.0):
    """Send one person's batch to a server, once, and return the state that the journal keeps of it, and why."""
    client = CollectClient(server.url, "secret-key", connect_timeout=5.0, read_timeout=patience, deadline=60.0)
    account = Account(client.origin, Team(next(TEAMS), "ACME", "UTC"), (KNOWN,))
    rows = [row(2, "p0@example.org", campaign="c1")]
    assessment = assess_rows(rows, account, load(journal, account, ["c1"], ()))
    plan = make_plan(assessment, Choices(), account)
    stop = threading.Event()

    def no_second_try(event):
        if isinstance(event, BatchStarted):
            stop.set()

    context = Context(account, client, journal, Run("run", "ann", "clients.xlsx"))
    send(plan, context, on_event=no_second_try, stop=stop)
    (claim,) = journal.claims(client.origin, account.team.id, "c1")
    return claim.state, claim.why


def answering_lists(fault):
    """Let a fault meet the POSTs alone; whoever asks for a list gets an empty one."""

    def of_visit(visit):
        peeked = visit.socket.recv(5, 2)  # MSG_PEEK
        if peeked.startswith(b"GET"):
            visit.read()
            visit.send(answer(200, b"[]"))
        else:
            fault(visit)

    return of_visit


def test_every_answer_cut_everywhere(journal, figure):
    """Whatever comes of a POST, it was sent once, and the journal keeps what the table says that it proves."""
    wrong = {}
    for name, (raw, ending, verdict) in CASES.items():
        with FaultServer(answering_lists(answers(raw, ending))) as server:
            state, why = sent_through(server, journal, patience=0.3 if ending == "hang" else 30.0)
            assert server.ended.wait(30), name  # a busy machine may come to read it when the client has given up
        expected_state, whys = STATES[verdict]
        if (state, len(server.posts)) != (expected_state, 1) or why not in whys:
            wrong[name] = (state, why, len(server.posts), STATES[verdict])
    assert wrong == {}
    assert len(CASES) >= 150
    figure(
        PROMISE,
        "raw socket server: each answer, cut at each place",
        f"{len(CASES)} cases, 1 POST in each, every verdict as in the table",
    )


@pytest.mark.parametrize("elsewhere", ["the same host", "another host"])
def test_redirects(journal, figure, elsewhere):
    """No redirect is followed: one POST, no GET, and the other host never sees a connection, so no key."""
    for status in (301, 302, 303, 307, 308):
        with FaultServer(answers(answer(200, b"{}"))) as other:
            place = other.url if elsewhere == "another host" else "/v1"
            location = f"Location: {place}/requests\r\n".encode()
            with FaultServer(answers(answer(status, b"", location))) as server:
                assert sent_through(server, journal) == ("unknown", "answer lost")
        assert (len(server.requests), len(server.posts), other.connections) == (1, 1, 0)
    figure(
        PROMISE, f"301, 302, 303, 307, 308 to {elsewhere}", "5 redirects, 1 POST each, 0 followed, key not passed on"
    )
