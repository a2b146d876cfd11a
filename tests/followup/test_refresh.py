"""refresh and late: how sent requests stand now, in the sheet, the journal and the exit code."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from collect_xl.followup.overdue import late_rows
from collect_xl.followup.refresh import Refreshed, refresh
from collect_xl.journal import open_journal
from collect_xl.planning.history import load
from collect_xl.testing import faults
from support.books import HEADERS, make_book, person, results
from support.people import claim, row

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARIS = ZoneInfo("Europe/Paris")
"""Of the team."""
OPTIONAL = ("Collect due date", "Collect checked on", "Collect sent on")


@pytest.fixture
def sent(office):
    """Send some rows, and return them with their requests at Collect, which a test may change."""

    def make(count: int):
        rows = [row(n, f"p{n}@example.com", campaign=office.server.campaign) for n in range(2, count + 2)]
        office.send(rows)
        return rows, list(office.server.account.requests.values())

    return make


def look(office) -> Refreshed:
    """Refresh the office's campaign."""
    return refresh(office.context(), [office.server.campaign])


def claims(office):
    """Return the claims of the office's campaign by row."""
    found = office.journal.claims(office.account.origin, office.account.team.id, office.server.campaign)
    return {each.row: each for each in found}


def requests_of(server, book) -> dict[int, dict]:
    """Return Collect's own requests by the row on which their ids stand."""
    return {n: server.account.requests[shown["Collect request ID"]] for n, shown in results(book).items()}


@pytest.mark.slow
def test_statuses_and_due_dates_reach_their_rows(shell, server, tmp_path):
    """Every row gets the status of its own request; the optional columns are filled where the sheet has them."""
    book = make_book(tmp_path / "a.xlsx", 4, headers=(*HEADERS, *OPTIONAL))
    shell.send(book)
    requests = requests_of(server, book)
    requests[2] |= {"status": "completed", "dueDate": "2027-02-28 22:59:00 UTC"}
    requests[3]["status"] = "In review"
    requests[4]["status"] = "archived"

    done = shell.run("refresh", book)

    assert done.returncode == 0, done.stdout + done.stderr
    shown = results(book)
    assert [shown[n]["Collect status"] for n in (2, 3, 4, 5)] == ["completed", "In review", "archived", "pending"]
    extra = results(book, columns=OPTIONAL)
    today = f"{datetime.now(PARIS):%Y-%m-%d} 00:00:00"  # a real date, which openpyxl reads so
    assert extra[2] == {
        "Collect due date": "2027-02-28 00:00:00",
        "Collect checked on": today,
        "Collect sent on": today,
    }


def test_dates_that_older_versions_wrote_as_texts_become_dates(shell, server, tmp_path):
    """A text in a column of dates is replaced by the date that it says, once; nothing is written a second time."""
    book = make_book(tmp_path / "a.xlsx", 2, headers=(*HEADERS, *OPTIONAL))
    shell.send(book)
    opened = openpyxl.load_workbook(book)
    sheet = opened["Contacts"]
    real = [sheet.cell(2, column).value for column in (4, 6)]
    for column, text in ((4, "2026-11-30T22:59:00Z"), (6, f"{real[1]:%Y-%m-%d}")):
        sheet.cell(2, column).number_format = "@"
        sheet.cell(2, column, text)
    opened.save(book)
    assert shell.send(book).returncode == 0
    once = book.read_bytes()
    sheet = openpyxl.load_workbook(book)["Contacts"]

    assert [sheet.cell(2, column).value for column in (4, 6)] == real
    assert {sheet.cell(2, column).is_date for column in (4, 6)} == {True}
    assert (shell.send(book).returncode, book.read_bytes()) == (0, once)
    assert len(server.posts) == 1


@pytest.mark.slow
def test_contact_ids_stand_where_the_sheet_has_their_column(shell, server, tmp_path):
    """The contact ID that Collect gave a person stands beside the row, comes back when lost, and is no input."""
    column = "Collect contact ID"
    book = make_book(tmp_path / "a.xlsx", 2, headers=(*HEADERS, column))
    shell.send(book)
    ids = {each["email"]: each["_id"] for each in server.account.contacts.values()}

    assert [each[column] for each in results(book, columns=[column]).values()] == [
        ids["p2@example.com"],
        ids["p3@example.com"],
    ]
    rows = [("p2@example.com", "", "", None), ("p3@example.com", "", "", "someone else's")]
    make_book(book, rows, headers=(*HEADERS, column))
    assert shell.run("refresh", book).returncode == 0
    assert results(book, columns=[column])[3][column] == ids["p3@example.com"]
    assert results(book, columns=[column])[2][column] == ids["p2@example.com"]
    assert shell.send(book).returncode == 0
    assert len(server.posts) == 1


DETAILS = ("Collect contact email", "Collect first name", "Collect last name", "Collect company", "Collect tags")
MORE_DETAILS = ("Collect privacy", "Collect created on")


@pytest.mark.slow
def test_what_collect_tells_of_contacts_stands_where_the_sheet_has_columns(shell, server, tmp_path):
    """Names, company, tags, privacy and creation are Collect's own, filled by a send, and kept true by a refresh."""
    columns = (*DETAILS, *MORE_DETAILS)
    book = make_book(tmp_path / "a.xlsx", 2, headers=(*HEADERS, *columns))
    contact = server.account.contacts[server.account.add_contact("p3@example.com", firstName="Old", company="ACME")]
    contact["tag"] = ["VIP", "2026"]

    shell.send(book)

    shown = results(book, columns=columns)
    requests = requests_of(server, book)
    assert shown[2]["Collect first name"] == "First2"
    assert (shown[3]["Collect contact email"], shown[3]["Collect company"]) == ("p3@example.com", "ACME")
    assert shown[3]["Collect tags"] == "VIP; 2026"
    assert shown[2]["Collect privacy"] == requests[2]["privacy"]
    assert shown[2]["Collect created on"][:10] == f"{datetime.now(PARIS):%Y-%m-%d}"
    contact["company"] = "ACME Ltd."
    requests[3]["contact"]["company"] = "ACME Ltd."
    assert shell.run("refresh", book).returncode == 0
    assert results(book, columns=columns)[3]["Collect company"] == "ACME Ltd."


@pytest.mark.slow
def test_details_belong_to_the_person_and_not_to_the_row(shell, server, tmp_path):
    """When a sort has moved rows away from their results, the details are put right from the journal alone."""
    columns = ("Collect first name",)
    book = make_book(tmp_path / "a.xlsx", 2, headers=(*HEADERS, *columns))
    shell.send(book)
    calls = len(server.calls)
    rows = [(*person(3), "First2"), (*person(2), "First3")]
    make_book(book, rows, headers=(*HEADERS, *columns))

    assert shell.send(book).returncode == 0

    assert [each["Collect first name"] for each in results(book, columns=columns).values()] == ["First3", "First2"]
    assert len(server.calls) > calls
    assert len(server.posts) == 1


@pytest.mark.slow
def test_nothing_of_contacts_is_kept_where_no_sheet_asks_for_it(shell, server, tmp_path):
    """Without such columns the journal learns no names."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    shell.run("refresh", book)

    assert b"First2" not in (tmp_path / "journal.sqlite3").read_bytes()


@pytest.mark.slow
def test_second_refresh_changes_no_byte(shell, tmp_path):
    """A refresh that learns nothing leaves the file as it is."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    shell.run("refresh", book)
    before = book.read_bytes()

    assert shell.run("refresh", book).returncode == 0
    assert before == book.read_bytes()


def test_a_hundred_requests_take_one_call(office, sent):
    """A refresh asks for pages of a hundred, never for single requests, and for nothing where nothing was sent."""
    assert look(office).seen == set()
    assert [call for call in office.server.calls if call.route == "GET /requests"] == []
    sent(250)
    before = len(office.server.calls)

    assert len(look(office).seen) == 250

    calls = Counter(call.query.get("filter", "") for call in office.server.calls[before:])
    assert dict(calls) == {"": 4, "cancelled": 1, "archived": 1}  # three pages, and the one that shows the end
    assert {call.route for call in office.server.calls[before:]} == {"GET /requests"}


@pytest.mark.parametrize("word", ["cancelled", "canceled", "Cancelled"])
def test_request_that_was_cancelled_in_collect_is_not_asked_again(office, sent, word):
    """A request that somebody cancelled in Collect, in either spelling, is told and stays held."""
    rows, requests = sent(3)
    requests[1]["status"] = word
    if word != "cancelled":  # the fake hides only the word that its filter knows
        office.server.on(faults.Reshaped(lambda _: []), route="GET /requests", when=lambda call: "filter" in call.query)

    found = look(office)

    assert (len(found.cancelled), claims(office)[3].state, claims(office)[3].status) == (1, "sent", word)
    assert office.plan(rows).size == 0
    assert office.mailed == [f"p{n}@example.com" for n in (2, 3, 4)]


@pytest.mark.slow
def test_row_that_was_cancelled_in_collect_says_so_and_is_free_after_an_undo(shell, server, tmp_path):
    """The sheet shows the cancellation and the way on; no nightly run asks again; an undo frees the row."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    request = requests_of(server, book)[3]
    request["status"] = "cancelled"

    assert shell.run("refresh", book).returncode == 0

    shown = results(book)[3]
    assert ("cancelled", request["_id"], "") == tuple(
        shown[f"Collect {name}"] for name in ("status", "request ID", "portal URL")
    )
    assert "cancel the request from here" in shown["Collect message"]
    assert shell.send(book, "--lookup", "--refresh").returncode == 0
    assert len(server.accepted) == 3
    assert shell.run("cancel", book, "--rows", "3", "--yes").returncode == 0
    done = shell.send(book)
    assert "1 of them was asked before; that request was cancelled." in done.stdout
    assert (results(book)[3]["Collect status"], len(server.accepted)) == ("pending", 4)


def test_status_that_a_listing_hides_is_asked_for_by_name(office, sent):
    """A custom status that the usual list leaves out is asked for, and its request is not called deleted."""
    _, requests = sent(2)
    requests[0]["status"] = "On hold"
    look(office)
    office.server.on(
        faults.Reshaped(lambda body: [each for each in body if each["status"] != "On hold"]),
        route="GET /requests",
        when=lambda call: "filter" not in call.query,
    )

    found = look(office)

    assert (found.gone, len(found.seen)) == ([], 2)


@pytest.mark.slow
def test_deleted_request_is_told_and_stays(shell, server, tmp_path):
    """A request that a complete listing lacks is told; its row keeps its status, and nobody is asked again."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    gone = requests_of(server, book)[3]["_id"]
    del server.account.requests[gone]

    done = shell.run("refresh", book)

    assert gone in done.stdout
    assert "no longer at Collect" in done.stdout
    assert results(book)[3]["Collect status"] == "pending"
    shell.send(book, "--refresh")
    assert len(server.accepted) == 3


def test_list_that_breaks_off_proves_no_absence(office, sent):
    """What an incomplete list shows is kept; what it lacks is not called deleted, and the words say so."""
    _, requests = sent(2)
    requests[0]["status"] = "completed"
    del office.server.account.requests[requests[1]["_id"]]
    office.server.on(faults.Html(), route="GET /requests", when=lambda call: call.query.get("filter") == "archived")

    found = look(office)

    assert (found.gone, len(found.advice)) == ([], 1)
    assert [claims(office)[n].status for n in (2, 3)] == ["completed", "pending"]


def test_campaign_that_is_gone_does_not_keep_others_from_being_refreshed(office, sent):
    """A campaign that Collect no longer shows to this key is told, and the next one is looked at."""
    sent(1)
    lists = [call for call in office.server.calls if call.route == "GET /requests"]
    office.server.on(faults.Status(404), route="GET /requests", nth=len(lists) + 1)

    found = refresh(office.context(), [office.server.campaign] * 2)

    assert (len(found.advice), len(found.seen)) == (1, 1)


def test_history_tells_what_changed(office, sent):
    """A changed status is an event that names who looked and both words; an unchanged one is none."""
    _, requests = sent(2)
    requests[0]["status"] = "waiting"

    look(office)

    one, other = (office.journal.history(claims(office)[n].id) for n in (2, 3))
    assert (one[-1].who, one[-1].how) == ("ann on PC-7", "refresh; Collect: pending -> waiting")
    assert len(other) == len(one) - 1


@pytest.mark.slow
def test_undelivered_needs_attention(shell, server, tmp_path):
    """What Collect could not deliver is told in sheet, summary and exit code, by refresh, send and late alike."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    requests_of(server, book)[3]["status"] = "error"

    for words in (("refresh", book), ("send", book, "--yes"), ("overdue", book)):
        done = shell.run(*words)
        assert done.returncode == 3, done.stdout + done.stderr

    shown = results(book)[3]
    assert (shown["Collect status"], shown["Collect message"].startswith("Collect could not deliver")) == (
        "error",
        True,
    )
    assert "could not deliver 1 request: row 3" in shell.run("send", book, "--yes").stdout


@pytest.mark.slow
def test_delivered_after_all_is_well_again(shell, server, tmp_path):
    """Once Collect has delivered a request the words in the sheet go away, and the exit code is 0."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    request = requests_of(server, book)[3]
    request["status"] = "error"
    shell.run("refresh", book)
    request["status"] = "pending"

    done = shell.run("refresh", book)

    assert (done.returncode, results(book)[3]["Collect message"]) == (0, "")


@pytest.mark.slow
def test_nightly_command_settles_refreshes_and_sends(shell, server, tmp_path):
    """``send --lookup --refresh`` settles what is unknown, brings statuses up to date, and sends what is new."""
    book = make_book(tmp_path / "a.xlsx", 3)
    server.on(faults.DropAfterCreating(), nth=1)
    shell.send(book)
    for request in server.account.requests.values():
        request["status"] = "completed"
    opened = openpyxl.load_workbook(book)
    opened["Contacts"].append(person(5))
    opened.save(book)
    opened.close()

    done = shell.send(book, "--lookup", "--refresh")

    assert done.returncode == 0, done.stdout + done.stderr
    assert [shown["Collect status"] for shown in results(book).values()] == [*["completed"] * 3, "pending"]
    assert len(server.accepted) == 4


@pytest.mark.slow
def test_closed_campaign_is_refreshed(shell, server, tmp_path):
    """A campaign that takes no new requests is still looked after."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    requests_of(server, book)[2]["status"] = "completed"
    server.account.campaigns[server.campaign]["status"] = "closed"

    done = shell.run("refresh", book)

    assert done.returncode == 0, done.stdout + done.stderr
    assert (results(book)[2]["Collect status"], results(book)[2]["Collect message"]) == ("completed", "")


@pytest.mark.slow
@pytest.mark.parametrize("due", ["2020-01-01", "no date"], ids=["past", "invalid"])
def test_row_that_became_wrong_is_refreshed(shell, server, tmp_path, due):
    """A row whose due date has passed, or was made invalid, since it was sent still gets the status of its request."""
    lines = [(*person(n), "2090-12-31") for n in (2, 3)]
    book = make_book(tmp_path / "a.xlsx", lines, headers=(*HEADERS, "Due date"))
    shell.send(book)
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["D2"] = due
    opened.save(book)
    opened.close()
    requests_of(server, book)[2]["status"] = "due"

    shell.run("refresh", book)

    assert (results(book)[2]["Collect status"], results(book)[2]["Collect message"]) == ("due", "")
    assert "\n  2  overdue  " in shell.run("overdue", book).stdout


def test_refresh_as_json(shell, server, tmp_path):
    """With --json standard output is one object a row and a summary."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    requests_of(server, book)[2]["status"] = "completed"

    lines = [json.loads(line) for line in shell.run("refresh", book, "--json").stdout.splitlines()]

    assert [line.get("status") for line in lines] == ["completed", "pending", None]
    assert (lines[-1]["schema"], lines[-1]["exit"]) == (2, 0)


LATE = [
    pytest.param("pending", 2, None, id="due in two days, one asked for"),
    pytest.param("pending", 1, "due soon", id="due tomorrow"),
    pytest.param("pending", -1, "overdue", id="due yesterday"),
    pytest.param("due", 5, "overdue", id="Collect says due"),
    pytest.param("On hold", -1, "overdue", id="custom status, due yesterday"),
    pytest.param("error", 5, "undelivered", id="not delivered"),
    pytest.param("Error", -1, "undelivered", id="not delivered, and due yesterday"),
    pytest.param("waiting", -1, None, id="the contact has done everything"),
    pytest.param("completed", -1, None, id="completed"),
    pytest.param("archived", -1, None, id="archived"),
    pytest.param("pending", None, None, id="no due date"),
]


@pytest.mark.parametrize(("status", "days", "kind"), LATE)
def test_what_is_late(status, days, kind):
    """A row is late by its status or its due date, unless the contact has nothing left to do."""
    due = "" if days is None else f"{NOW + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
    made = claim(1, ["mail:a@example.com"], request="R1")
    asked = {2: type(made)(**{**{name: getattr(made, name) for name in made.__slots__}, "status": status, "due": due})}

    found = late_rows(asked, NOW, timedelta(days=1))

    assert [kind] * bool(kind) == [each.kind for each in found]


@pytest.mark.slow
def test_late_tells_by_exit_code_and_json(shell, server, tmp_path):
    """Nothing late is 0; else 3, with one object a row and the counts; --online looks first."""
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    assert shell.run("overdue", book).returncode == 0
    requests_of(server, book)[4]["status"] = "due"
    calls = len(server.calls)
    assert (shell.run("overdue", book).returncode, len(server.calls)) == (0, calls)

    done = shell.run("overdue", book, "--online", "--json")

    first, summary = map(json.loads, done.stdout.splitlines())
    assert (done.returncode, first["row"], first["kind"], summary["counts"]["overdue"]) == (3, 4, "overdue", 1)
    assert results(book)[4]["Collect status"] == "due"
    assert shell.run("overdue", book, "--within", "8").stdout.count("  due soon  ") == 2


@pytest.mark.slow
def test_refresh_from_an_empty_journal_blanks_nothing(shell, server, tmp_path):
    """Rows that another computer sent keep what the sheet says, nobody is asked, and a person is told of them."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    before = {n: shown["Collect request ID"] for n, shown in results(book).items()}

    open_journal(str(tmp_path / "new.sqlite3"), who="bob").close()
    done = shell.run("refresh", book, COLLECT_XL_HISTORY=str(tmp_path / "new.sqlite3"))

    assert done.returncode == 3, done.stdout + done.stderr
    assert "2 rows were sent from another computer" in done.stdout
    assert f"collect-xl takeover {book} --round ROUND" in done.stdout
    assert before == {n: shown["Collect request ID"] for n, shown in results(book).items()}
    assert len(server.posts) == 1


@pytest.mark.slow
@pytest.mark.parametrize("words", [(), ("--online",)], ids=["offline", "online"])
def test_late_is_not_sure_of_rows_that_another_computer_sent(shell, server, tmp_path, words):
    """A journal that knows nothing of a filled sheet never calls it all well: late says which rows it cannot see."""
    book = make_book(tmp_path / "a.xlsx", 2)
    shell.send(book)
    place = str(tmp_path / "new.sqlite3")
    open_journal(place, who="bob").close()

    done = shell.run("overdue", book, "--json", *words, COLLECT_XL_HISTORY=place)

    assert done.returncode == 3, done.stderr
    assert json.loads(done.stdout)["counts"]["elsewhere"] == 2
    assert "2 rows were sent from another computer" in done.stderr
    assert len(server.posts) == 1


def test_known_is_what_refresh_kept(office, sent):
    """A later plan knows the refreshed status without asking Collect."""
    _, requests = sent(1)
    requests[0]["status"] = "completed"
    look(office)

    known = load(office.journal, office.account, [office.server.campaign], ())

    assert {"completed"} == {each.status for each in known.held.values()}
