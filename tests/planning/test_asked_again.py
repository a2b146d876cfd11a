"""Whom a plan asks again: new rounds, and other campaigns behind the same name, each with a word of its own."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import collect_xl
from collect_xl.errors import UsageError
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.plan import make_plan
from support.books import make_book, results
from support.people import ACCOUNT, claim, known, people

NAME = "Yearly documents"


def mailed(server) -> Counter[str]:
    return Counter(each.email for each in server.accepted)


def rename(server) -> str:
    """Give the campaign's name to another one, as in a new year; return the other one's ID."""
    server.account.campaigns[server.campaign]["name"] = f"{NAME} 2025"
    return server.account.add_campaign(NAME)


@pytest.fixture
def here(server, monkeypatch, tmp_path):
    """Point Python programs to the fake Collect."""
    monkeypatch.setenv("COLLECT_API_KEY", server.key)
    monkeypatch.setenv("COLLECT_API_URL", server.url)
    monkeypatch.setenv("COLLECT_XL_HISTORY", str(tmp_path / "journal.sqlite3"))


@pytest.mark.slow
def test_another_campaign_behind_the_same_name_needs_its_own_word(shell, server, tmp_path):
    """When another campaign takes the name, a nightly send asks nobody until that campaign is named."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    assert shell.send(book).returncode == 0
    before = results(book)
    other = rename(server)

    guarded = shell.send(book)

    assert (guarded.returncode, len(server.posts)) == (2, 1), guarded.stdout
    assert f'"{NAME}" now means another campaign: {other}' in " ".join(guarded.stderr.split())
    assert "--new-campaign" in guarded.stderr
    assert results(book) == before
    assert shell.send(book, "--new-campaign", server.campaign).returncode == 2
    assert shell.send(book, "--new-campaign", other).returncode == 0
    assert set(mailed(server).values()) == {2}


@pytest.mark.slow
def test_heir_of_an_archived_campaign_needs_its_own_word(shell, server, tmp_path):
    """A campaign that the key no longer sees keeps its place: its heir asks these people only when it is named."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    assert shell.send(book).returncode == 0
    server.account.campaigns[server.campaign]["status"] = "archived"
    server.account.add_campaign(NAME)

    assert shell.send(book).returncode == 2
    assert shell.send(book, "--new-campaign", NAME).returncode == 0
    assert len(server.accepted) == 4


@pytest.mark.slow
def test_what_was_begun_in_the_other_campaign_goes_on(shell, server, tmp_path):
    """Once a workbook has begun in the other campaign, its rest needs no second word."""
    book = make_book(tmp_path / "clients.xlsx", 3)
    shell.send(book)
    other = rename(server)
    assert shell.send(book, "--first", "1", "--new-campaign", other).returncode == 0

    assert shell.send(book).returncode == 0
    assert set(mailed(server).values()) == {2}


@pytest.mark.slow
def test_people_of_another_workbook_are_no_licence(shell, server, tmp_path):
    """What one workbook confirmed does not confirm it for another one whose people were asked by the same name."""
    one = make_book(tmp_path / "one.xlsx", 2)
    two = make_book(tmp_path / "two.xlsx", [(f"q{n}@example.com", "", "") for n in range(2)])
    shell.send(one)
    shell.send(two)
    other = rename(server)
    assert shell.send(one, "--new-campaign", other).returncode == 0

    assert shell.send(two).returncode == 2
    assert {mailed(server)[f"q{n}@example.com"] for n in range(2)} == {1}


@pytest.mark.slow
def test_new_people_of_a_workbook_are_guarded_too(shell, server, tmp_path):
    """A workbook whose name led elsewhere before asks even new people only when the campaign is named."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    shell.send(book)
    rename(server)
    make_book(book, [("new@example.com", "", "")])

    assert shell.send(book).returncode == 2
    assert len(server.posts) == 1


@pytest.mark.slow
def test_campaign_that_is_given_by_its_id_is_the_same_whatever_its_name(shell, server, tmp_path):
    """An ID never means another campaign: its people are sent already."""
    book = make_book(tmp_path / "clients.xlsx", 2, options={"Campaign ID": server.campaign})
    shell.send(book)
    rename(server)

    assert shell.send(book).returncode == 0
    assert len(server.accepted) == 2


def test_python_programs_must_name_the_campaign(here, server, tmp_path):
    """A yes to the plan is none to another campaign behind the same name; naming it is."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    collect_xl.send(book, approve=lambda _: True)
    other = rename(server)

    with pytest.raises(UsageError, match="now means another campaign"):
        collect_xl.send(book, approve=lambda _: True)
    with pytest.raises(UsageError, match="now means another campaign"):
        collect_xl.send(book, approve=lambda prepared: prepared.approval(new_campaigns=(f"{NAME} 2025",)))
    assert len(server.accepted) == 2
    collect_xl.send(book, approve=lambda prepared: prepared.approval(new_campaigns=(other,)))
    assert len(server.accepted) == 4


@pytest.mark.slow
def test_check_tells_of_the_other_campaign(shell, server, tmp_path):
    """The preview names the campaign that the name means now, the one before, how many were asked and when."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    shell.send(book)
    other = rename(server)

    shown = " ".join(shell.run("check", book, "--online").stdout.split())

    assert f'"{NAME}" now means another campaign: {other}.' in shown
    assert f"2 people were asked in campaign {server.campaign}, now called {NAME} 2025, last on 20" in shown


@pytest.mark.slow
def test_several_workbooks_each_need_the_campaign_named(shell, server, tmp_path):
    """Of several workbooks only those are left alone whose name led to another campaign before."""
    (tmp_path / "inbox").mkdir()
    old = make_book(tmp_path / "inbox" / "old.xlsx", 2)
    shell.send(old)
    other = rename(server)
    make_book(tmp_path / "inbox" / "young.xlsx", [("young@example.com", "", "")])

    done = shell.run("send", "inbox/*.xlsx", "--yes")

    assert (done.returncode, len(server.accepted)) == (2, 3), done.stdout
    assert "--new-campaign" in done.stdout
    assert shell.run("send", "inbox/*.xlsx", "--yes", "--new-campaign", other).returncode == 0
    assert len(server.accepted) == 5


def asked_meanwhile(options_a, options_b, server, tmp_path):
    """Send a workbook while another one with the same people is sent between its approval and its first claim."""
    mine = make_book(tmp_path / "mine.xlsx", 3, options=options_a)
    theirs = make_book(tmp_path / "theirs.xlsx", 2, options=options_b)

    def approve(prepared):
        collect_xl.send(theirs, approve=lambda other: other.approval(new_rounds=("autumn",)))
        return prepared.approval(new_rounds=("spring",), new_campaigns=(NAME,))

    return mine, collect_xl.send(mine, approve=approve)


def test_two_new_rounds_at_the_same_moment_do_not_both_pass(here, server, tmp_path):
    """Who was asked in another round after the plan was approved is left out, in words; the others are sent."""
    collect_xl.send(make_book(tmp_path / "before.xlsx", 3), approve=lambda _: True)

    mine, finished = asked_meanwhile({"Round": "spring"}, {"Round": "autumn"}, server, tmp_path)

    assert mailed(server) == {"p2@example.com": 2, "p3@example.com": 2, "p4@example.com": 2}
    assert [row.status for row in finished.rows] == ["skipped", "skipped", "pending"]
    told = results(mine)[2]
    assert told["Collect status"] == "skipped"
    assert 'in round "autumn" of campaign' in told["Collect message"]
    assert "after the plan was made" in told["Collect message"]


@pytest.mark.slow
def test_who_was_asked_elsewhere_since_a_round_began_needs_a_second_word(here, server, tmp_path):
    """After such a meeting the round is no licence for those who were left out: it must be named again."""
    mine, _ = asked_meanwhile({"Round": "spring"}, {"Round": "autumn"}, server, tmp_path)
    assert set(mailed(server).values()) == {1}

    with pytest.raises(UsageError, match='Round "spring"'):
        collect_xl.send(mine, approve=lambda _: True)
    collect_xl.send(mine, approve=lambda prepared: prepared.approval(new_rounds=("spring",)))

    assert mailed(server)["p2@example.com"] == 2


def test_other_campaign_of_the_name_at_the_same_moment(here, server, tmp_path):
    """Who was asked in the campaign that the name meant before, after the approval, is left out."""
    collect_xl.send(make_book(tmp_path / "before.xlsx", [("z@example.com", "", "")]), approve=lambda _: True)
    old = server.campaign
    rename(server)

    _, finished = asked_meanwhile({}, {"Campaign ID": old}, server, tmp_path)

    assert mailed(server)["p2@example.com"] == 1
    assert [row.status for row in finished.rows] == ["skipped", "skipped", "pending"]


def plan_of(rows, journal):
    return make_plan(assess_rows(rows, ACCOUNT, journal), collect_xl.Choices(), ACCOUNT)


def test_fingerprint_tells_who_was_asked_elsewhere():
    """A plan whose people were asked in another round since is another plan."""
    rows = [replace(each, options=replace(each.options, round="b")) for each in people(2)]
    one = claim(1, ["mail:p2@example.com"], round_="a")
    plans = [plan_of(rows, known(one)), plan_of(rows, known(one, claim(2, ["mail:p3@example.com"], round_="a")))]

    assert plans[0].fingerprint != plans[1].fingerprint
    assert plans[0].people != plans[1].people


def test_round_that_has_begun_asks_about_those_who_were_asked_since():
    """Of a round that has begun, only who was asked in another one afterwards is news."""
    began = claim(1, ["mail:p9@example.com"], round_="b")
    earlier = claim(2, ["mail:p2@example.com"], round_="a")
    later = replace(claim(3, ["mail:p3@example.com"], round_="a"), claimed_at=datetime(2026, 11, 2, tzinfo=UTC))
    rows = [replace(each, options=replace(each.options, round="b")) for each in people(3)]

    assert plan_of(rows, known(began, earlier)).new_rounds == ()
    (new,) = plan_of(rows, known(began, earlier, later)).new_rounds
    assert (new.round, new.earlier[0].people) == ("b", 1)
