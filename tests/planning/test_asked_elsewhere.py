"""People whom somebody else has asked already are left out, and told, until they are asked again on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

import collect_xl
from collect_xl.domain.model import Campaign, Listing, RemoteRequest
from collect_xl.domain.rows import Choices
from collect_xl.errors import CollectUnavailable
from collect_xl.planning.asked_elsewhere import _doubts, keeping
from collect_xl.testing import FakeCollect, faults
from support.books import make_book, results
from support.shell import Shell

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
LIST = "GET /requests"


@pytest.fixture
def server():
    """A Collect of this test's own, in whose app somebody has asked p2."""
    with FakeCollect() as made:
        made.account.send({"campaignId": made.campaign, "contacts": [{"email": "P2@example.com"}]})
        yield made


@pytest.fixture(autouse=True)
def shell(tmp_path, server, monkeypatch):
    """The command, pointed to it like this process."""
    made = Shell(tmp_path, server)
    for name, value in made.environ.items():
        monkeypatch.setenv(name, value)
    return made


def test_a_list_that_is_too_long_is_told_as_that():
    """A list that was broken off at a limit of ours says at which, and nothing is sent by it."""
    listing = Listing((), complete=False, started=NOW, ended=NOW, server_offset=0.0, limit="it has more than 9 pages")
    with pytest.raises(CollectUnavailable, match="could not be read to its end: it has more than 9 pages, so it"):
        list(_doubts(Campaign("c1", "Yearly", "open"), listing, Choices()))
    (told,) = _doubts(Campaign("c1", "Yearly", "open"), listing, Choices(even_if_asked=True))
    assert "it has more than 9 pages" in told


@pytest.fixture
def strangers(server):
    """The request that was not made from here."""
    return next(iter(server.account.requests.values()))


@pytest.fixture
def book(tmp_path):
    """A workbook with p2 and p3."""
    return make_book(tmp_path / "clients.xlsx", 2)


def send(book, **choices):
    return collect_xl.send(book, Choices(**choices), approve=lambda prepared: prepared.approval())


def mailed(server) -> list[str]:
    """Whom we mailed."""
    return [each.email.casefold() for each in server.accepted[1:]]


def test_who_was_asked_by_others_is_left_out_and_told(server, strangers, shell, book):
    """The others are sent; who was asked is skipped with date, state and id in preview and sheet, and is no failure."""
    done = shell.send(book)

    assert (done.returncode, mailed(server)) == (0, ["p3@example.com"]), done.stdout + done.stderr
    assert "1 asked already, by a request that was not made from here" in done.stdout
    shown = results(book)[2]
    assert shown["Collect status"] == "skipped"
    told = f"asked on {strangers['createdAt'][:10]} already"
    for words in (told, strangers["_id"], "pending", "To ask again anyway"):
        assert words in shown["Collect message"]
        assert words in done.stdout
    assert f"To ask these people anyway: collect-xl send {book} --even-if-asked" in done.stdout
    assert shown["Collect portal URL"] == ""


@pytest.mark.slow
def test_even_if_asked_asks_again_and_says_so(server, shell, book):
    """Said on purpose, everybody is asked, and the preview counts who was asked before."""
    done = shell.send(book, "--even-if-asked")

    assert (done.returncode, mailed(server)) == (0, ["p2@example.com", "p3@example.com"])
    assert "1 of these people were asked already" in done.stdout


def test_second_send_changes_nothing(server, book):
    """A row that was skipped stays so, and a second send writes and posts nothing."""
    send(book)
    before = book.read_bytes()

    again = send(book)

    assert (before, again.written, mailed(server)) == (book.read_bytes(), None, ["p3@example.com"])


def test_lost_answer_is_looked_for_where_nothing_else_is_to_be_sent(server, tmp_path):
    """What a call made whose answer was lost is on its row after the next send, though that send has no one to ask."""
    book = make_book(tmp_path / "one.xlsx", [("x@example.com", "X")])
    server.on(faults.DropAfterCreating(), nth=1)
    send(book)
    assert results(book)[2]["Collect status"] == "unknown"

    send(book)

    assert (results(book)[2]["Collect status"], mailed(server)) == ("pending", ["x@example.com"])


def test_own_requests_of_an_earlier_round_do_not_count(server, tmp_path):
    """Whom this journal has asked may be asked in a new round: that is guarded by itself."""
    people = [("x@example.com", "X", "Y")]
    send(make_book(tmp_path / "a.xlsx", people, options={"Round": "1"}))

    book = make_book(tmp_path / "b.xlsx", people, options={"Round": "2"})
    collect_xl.send(book, approve=lambda prepared: prepared.approval(new_rounds=("2",)))

    assert mailed(server) == ["x@example.com"] * 2


@pytest.mark.slow
def test_lost_request_of_an_earlier_round_is_told_as_perhaps_ours(server, shell, tmp_path):
    """Where two new requests may be the lost one, a person must look: settle is named, and nobody is asked again."""
    server.on(faults.ColleagueAsks("p9@example.com", then=faults.DropAfterCreating()), nth=1)
    lost = make_book(tmp_path / "first.xlsx", [("p9@example.com",)], headers=["Email"], options={"Round": "1"})
    assert shell.send(lost).returncode == 4
    book = make_book(tmp_path / "second.xlsx", [("p9@example.com",)], headers=["Email"], options={"Round": "2"})

    done = shell.send(book, "--new-round", "2")

    assert "may be one from here whose answer was lost" in results(book)[2]["Collect message"], (
        done.stdout + done.stderr
    )
    assert "look up the unknown rows" in results(book)[2]["Collect message"]
    assert (len(server.posts), mailed(server)) == (1, ["p9@example.com"] * 2)  # one of them is the colleague's


@pytest.mark.slow
def test_lost_request_of_an_earlier_round_is_found_before_the_next(server, shell, tmp_path):
    """The list that a send reads settles what an earlier round left open, before the new round is sent."""
    server.on(faults.DropAfterCreating(), nth=1)
    lost = make_book(tmp_path / "first.xlsx", [("p9@example.com",)], headers=["Email"], options={"Round": "1"})
    assert shell.send(lost).returncode == 4
    book = make_book(tmp_path / "second.xlsx", [("p9@example.com",)], headers=["Email"], options={"Round": "2"})

    done = shell.send(book, "--new-round", "2")

    assert done.returncode == 0, done.stdout + done.stderr
    ids = {each.request_id for each in server.accepted[1:]}
    assert shell.send(lost).returncode == 0
    assert {results(each)[2]["Collect request ID"] for each in (lost, book)} == ids


@pytest.mark.parametrize(
    ("status", "age", "recent", "asked"),
    [
        pytest.param("cancelled", 0, 45, False, id="cancelled"),
        pytest.param("canceled", 0, 45, False, id="canceled"),
        pytest.param("pending", 900, 45, True, id="open, however old"),
        pytest.param("my own status", 900, 0, True, id="custom state is open"),
        pytest.param("completed", 44, 45, True, id="done lately"),
        pytest.param("completed", 46, 45, False, id="done long ago"),
        pytest.param("archived", 10, 45, True, id="archived lately"),
        pytest.param("archived", 10, 9, False, id="archived, days chosen"),
        pytest.param("archived", None, 45, True, id="time not told"),
    ],
)
def test_what_keeps_a_person_from_being_asked(status, age, recent, asked):
    """Open requests count always, done ones while they are recent, cancelled ones never."""
    created = None if age is None else NOW - timedelta(days=age)
    request = RemoteRequest("R1", contact_id="c1", email="Ann@Example.com", status=status, created=created)
    listing = Listing((request,), complete=True, started=NOW, ended=NOW, server_offset=0.0)

    found = keeping(listing, (), NOW - timedelta(days=recent))

    assert found == (dict.fromkeys(("id:c1", "mail:ann@example.com"), (request,)) if asked else {})
    assert keeping(listing, {"R1"}, NOW - timedelta(days=recent)) == {}


def test_newest_request_comes_first():
    """Of several requests of a person the newest comes first, so that it is named."""
    made = [RemoteRequest(f"R{n}", email="a@b.co", status="due", created=NOW + timedelta(days=n)) for n in (2, 3, 1)]
    listing = Listing(tuple(made), complete=True, started=NOW, ended=NOW, server_offset=0.0)

    assert keeping(listing, (), NOW)["mail:a@b.co"][0].id == "R3"


def test_addresses_and_ids_of_the_list_are_one_person(server, strangers, tmp_path):
    """A row with the bare contact id is known to be who was asked by address; so is a twin of her in the sheet."""
    strangers["status"] = "canceled"
    rows = [(strangers["contact"]["_id"], None), (None, "p2@example.com")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=("Contact ID", "Email"))

    ends = [each.status for each in send(book).rows]

    assert ends == ["pending", "duplicate"]
    assert len(mailed(server)) == 1


@pytest.mark.slow
def test_incomplete_list_sends_nothing(server, book):
    """Where Collect's list breaks off nobody is asked, unless that was said."""
    server.on(faults.Status(500), route=LIST)

    with pytest.raises(CollectUnavailable, match="read to its end"):
        send(book)

    assert mailed(server) == []
    send(book, even_if_asked=True)
    assert mailed(server) == ["p2@example.com", "p3@example.com"]


def test_list_that_names_nobody_sends_nothing(server, strangers, book):
    """An open request of nobody could be anybody's: nobody is asked, unless that was said."""
    server.on(faults.Reshaped(lambda shown: [{**each, "contact": None} for each in shown]), route=LIST)

    with pytest.raises(CollectUnavailable, match="requests that name no one"):
        send(book)

    assert server.posts == []


@pytest.mark.slow
def test_only_campaigns_that_are_to_be_sent_are_listed(server, tmp_path):
    """Every campaign of the plan is listed, and none when nothing is to be sent."""
    other = server.account.add_campaign("Other")
    rows = [(f"q{n}@example.com", at) for n, at in enumerate([server.campaign, other, server.campaign])]
    book = make_book(tmp_path / "a.xlsx", rows, headers=("Email", "Campaign ID"))

    send(book)
    calls = [call for call in server.calls if call.route == LIST]
    send(book)

    assert {call.query["campaignId"] for call in calls} == {server.campaign, other}
    assert [call for call in server.calls if call.route == LIST] == calls


def test_check_online_shows_what_send_would_leave_out(server, book):
    """An online check makes the plan of a send, fingerprint included; both choices enter it."""
    plans = [collect_xl.check(book, Choices(recent=days), online=True).plan for days in (45, 44)]
    seen = []

    collect_xl.send(book, approve=lambda prepared: seen.append(prepared.plan.fingerprint))

    assert [each.reason for each in plans[0].left_out] == ["asked elsewhere"]
    assert seen == [plans[0].fingerprint]
    assert plans[0].fingerprint != plans[1].fingerprint
    assert mailed(server) == []
