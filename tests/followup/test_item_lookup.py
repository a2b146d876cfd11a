"""refresh --items: what came in and what is missing, beside each person, for no more calls than there is news."""

from __future__ import annotations

import json
import signal
from collections import Counter

import openpyxl
import pytest

from collect_xl.testing import faults
from support.books import HEADERS, make_book, person, results

ITEMS = ("Passport", "Payslip", "About you")
COLUMNS = ("Collect progress", "Collect missing")
NAMED = ("Item: Passport", "Item: payslip", "Item: About you")


@pytest.fixture
def asked(server):
    """A campaign that asks for two documents and a form."""
    for name in ITEMS:
        server.account.add_item(server.campaign, name, "forms" if name == "About you" else "documents")
    return server


@pytest.fixture
def sent(shell, asked, tmp_path):
    """Return a workbook of some people who were asked, with the columns that a test wants."""

    def make(rows=3, headers=HEADERS, **more):
        book = make_book(tmp_path / "a.xlsx", rows, headers=headers, **more)
        done = shell.send(book)
        assert done.returncode == 0, done.stdout + done.stderr
        return book

    return make


def request_id(book, row):
    """Return the request's ID on a row."""
    return results(book)[row]["Collect request ID"]


def cells(book, columns=COLUMNS):
    """Return what stands in some columns, by row, in their order."""
    shown = results(book, columns=columns)
    return {row: tuple(line[name] or "" for name in columns) for row, line in shown.items()}


def calls(server):
    """Return how many requests were asked about one by one."""
    return sum(call.route == "GET /requests/{id}" for call in server.calls)


def refresh(shell, book, *words, code=0):
    """Refresh, and return what was said."""
    done = shell.run("refresh", book, *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
def test_progress_and_what_is_missing_stand_beside_each_person(shell, asked, sent):
    """Two columns are added: how many items came in, and the names of what is missing or rejected, with the reason."""
    book = sent()
    asked.account.set_item(request_id(book, 3), "Passport", "rejected", "The copy is dark.")
    asked.account.set_item(request_id(book, 3), "Payslip", "waiting")
    for name in ITEMS:
        asked.account.set_item(request_id(book, 4), name, "approved")

    refresh(shell, book, "--items")

    assert cells(book) == {
        2: ("0 of 3", "Passport; Payslip; About you"),
        3: ("1 of 3", "Passport (rejected: The copy is dark.); About you"),
        4: ("3 of 3", ""),
    }


@pytest.mark.slow
def test_a_plain_refresh_asks_for_no_items(shell, asked, sent):
    """Without the option no column is added and no request is asked about."""
    book = sent()

    refresh(shell, book)

    assert calls(asked) == 0
    assert results(book, columns=COLUMNS)[2] == {}


def test_the_options_sheet_may_want_items(shell, asked, sent):
    """The option Items in the sheet makes each refresh ask, and is never sent."""
    book = sent(options={"Items in the sheet": "yes"})

    refresh(shell, book)

    assert cells(book)[2] == ("0 of 3", "Passport; Payslip; About you")
    assert all("itemsInSheet" not in call.body for call in asked.posts)


@pytest.mark.slow
def test_a_header_that_names_an_item_is_filled(shell, asked, sent):
    """Below ``Item: NAME``, in any case, stands how this item stands; a name that no request has stays blank."""
    headers = (*HEADERS, *NAMED, "Item: Else")
    book = sent(headers=headers)
    asked.account.set_item(request_id(book, 2), "Passport", "rejected")
    asked.account.set_item(request_id(book, 2), "Payslip", "waiting")
    asked.account.set_item(request_id(book, 2), "About you", "approved")

    refresh(shell, book, "--items")

    assert cells(book, (*NAMED, "Item: Else"))[2] == ("rejected", "waiting", "approved", "")
    assert cells(book, NAMED)[3] == ("missing", "missing", "missing")


@pytest.mark.slow
def test_all_items_get_a_column(shell, asked, sent):
    """With --all-items each item gets a column, once, whatever columns there are already."""
    book = sent(headers=(*HEADERS, "Item: payslip"))

    refresh(shell, book, "--all-items")
    refresh(shell, book, "--all-items")

    page = openpyxl.load_workbook(book)["Contacts"]
    header = [cell.value for cell in page[1] if cell.value and cell.value.startswith("Item:")]
    assert sorted(header) == ["Item: About you", "Item: Passport", "Item: payslip"]
    assert cells(book, tuple(header))[4] == ("missing", "missing", "missing")


def test_only_news_is_asked_about(shell, asked, sent):
    """A request is asked about again only when its status or its contact's last activity is another one."""
    book = sent(5)
    refresh(shell, book, "--items")
    assert calls(asked) == 5

    refresh(shell, book, "--items")
    assert calls(asked) == 10  # never active: where Collect says nothing of activity, an item may come in unseen
    for row in (2, 3, 4, 5, 6):
        asked.account.set_item(request_id(book, row), "Passport", "waiting")
    refresh(shell, book, "--items")
    assert calls(asked) == 15

    asked.account.set_item(request_id(book, 4), "Payslip", "waiting")
    asked.account.requests[request_id(book, 5)]["status"] = "completed"
    refresh(shell, book, "--items")

    assert calls(asked) == 17
    assert cells(book)[4] == ("2 of 3", "About you")


@pytest.mark.slow
def test_a_thousand_requests_cost_calls_for_news_alone(shell, asked, sent):
    """Of 1,000 requests of which 30 changed, lists take 12 calls at most, and single ones 30."""
    book = sent(1_000)
    for contact in asked.account.contacts.values():
        contact["lastActivity"] = "2026-11-23T12:00:00Z"
    first = refresh(shell, book, "--items")
    assert "Asking which items came in: 975 of 1000 requests." in first
    for line in list(results(book).values())[100:130]:
        asked.account.set_item(line["Collect request ID"], "Passport", "waiting")
    before = len(asked.calls)

    said = refresh(shell, book, "--items")

    routes = Counter(call.route for call in asked.calls[before:])
    assert routes["GET /requests/{id}"] == 30
    assert routes["GET /requests"] <= 14  # ten pages, and the ends of three states
    assert "Items: 30 requests asked about, 970 without news since the last look." in said


@pytest.mark.slow
def test_a_failed_call_leaves_its_cells_and_is_told(shell, asked, sent):
    """Where Collect cannot answer about one request, its old cells stay, the run says so, and the next one asks."""
    book = sent(2)
    refresh(shell, book, "--items")
    for row in (2, 3):
        asked.account.set_item(request_id(book, row), "Passport", "waiting")
    failing = {request_id(book, 2)}
    asked.on(faults.Status(400), route="GET /requests/{id}", when=lambda call: call.subject in failing)

    said = refresh(shell, book, "--items", code=1)

    assert "Row 2: its items could not be asked for; its cells stay as they were." in said
    assert cells(book) == {2: ("0 of 3", "Passport; Payslip; About you"), 3: ("1 of 3", "Payslip; About you")}
    failing.clear()
    refresh(shell, book, "--items")
    assert cells(book)[2] == ("1 of 3", "Payslip; About you")


@pytest.mark.slow
def test_a_server_that_is_down_is_not_asked_about_everyone(shell, asked, sent):
    """After three failed calls in a row the rest is left to the next refresh."""
    book = sent(6)
    asked.on(faults.Status(400), route="GET /requests/{id}")

    said = refresh(shell, book, "--items", code=1)

    assert calls(asked) == 3
    assert "3 requests were not reached." in said


@pytest.mark.slow
def test_ctrl_c_ends_it_and_the_next_refresh_goes_on(shell, asked, sent):
    """What was learned before Ctrl-C is written; the next refresh asks only about the others."""
    book = sent(6)
    for row in range(2, 8):
        asked.account.set_item(request_id(book, row), "Passport", "waiting")
    runs = []

    def interrupts(call):
        if call.number == 3 and len(runs) == 1:
            runs[0].send_signal(signal.SIGINT)
        return False

    asked.on(faults.Status(500), route="GET /requests/{id}", when=interrupts)
    runs.append(shell.start("refresh", book, "--items"))
    said, _ = runs[0].communicate(timeout=60)
    done = calls(asked)
    runs.append(None)

    assert runs[0].returncode == 7, said
    assert "were not reached" in said
    assert done < 6
    assert sum(line[0] == "1 of 3" for line in cells(book).values()) == done
    refresh(shell, book, "--items")
    assert calls(asked) == 6
    assert {line[0] for line in cells(book).values()} == {"1 of 3"}


@pytest.mark.slow
def test_rows_that_were_sorted_get_their_own(shell, asked, sent):
    """After a sort of the people alone, which leaves our columns behind, each row shows its own person's items."""
    book = sent(3, headers=(*HEADERS, "Item: Passport"))
    asked.account.set_item(request_id(book, 2), "Passport", "waiting")
    refresh(shell, book, "--items")
    assert cells(book, ("Item: Passport",)) == {2: ("waiting",), 3: ("missing",), 4: ("missing",)}
    turn_people_round(book)

    refresh(shell, book)

    assert cells(book, (*COLUMNS, "Item: Passport"))[4] == ("1 of 3", "Payslip; About you", "waiting")
    assert cells(book, ("Item: Passport",))[2] == ("missing",)


def turn_people_round(book):
    """Turn the order of the people round, in the columns of the contact alone."""
    opened = openpyxl.load_workbook(book)
    page = opened["Contacts"]
    people = [[cell.value for cell in line[: len(HEADERS)]] for line in page.iter_rows(min_row=2)]
    for line, values in zip(page.iter_rows(min_row=2), reversed(people), strict=True):
        for cell, value in zip(line, values, strict=False):
            cell.value = value
    opened.save(book)


@pytest.mark.slow
def test_a_new_round_begins_with_blank_cells(shell, asked, sent):
    """Who is asked in a new round has nothing of the earlier request beside the new one, until it is asked about."""
    book = sent(1, headers=(*HEADERS, "Round", "Item: Passport"))
    asked.account.set_item(request_id(book, 2), "Passport", "approved")
    refresh(shell, book, "--items")
    opened = openpyxl.load_workbook(book)
    opened["Contacts"]["D2"] = "spring"
    opened.save(book)

    done = shell.send(book, "--new-round", "spring")

    assert done.returncode == 0, done.stdout + done.stderr
    assert cells(book, (*COLUMNS, "Item: Passport"))[2] == ("", "", "")


@pytest.mark.slow
def test_each_campaign_has_its_own_items(shell, asked, tmp_path):
    """Of several campaigns in one sheet each row shows the items of its own; the others' cells stay blank."""
    other = asked.account.add_campaign("New client")
    asked.account.add_item(other, "Licence")
    headers = (*HEADERS, "Campaign ID", "Item: Passport", "Item: Licence")
    rows = [("a@example.com", "A", "A", "Yearly documents"), ("b@example.com", "B", "B", "New client")]
    book = make_book(tmp_path / "a.xlsx", rows, headers=headers)
    assert shell.send(book).returncode == 0

    refresh(shell, book, "--items")

    assert cells(book, (*COLUMNS, "Item: Passport", "Item: Licence")) == {
        2: ("0 of 3", "Passport; Payslip; About you", "missing", ""),
        3: ("0 of 1", "Licence", "", "missing"),
    }


def test_items_and_answers_are_results(shell, asked, tmp_path):
    """What stands below ``Item:`` and ``Answer:`` is neither sent nor wrong, whatever it is, and answers stay."""
    headers = (*HEADERS, "Item: Passport", "Answer: Custom: x", "Answer: Due date")
    rows = [("a@example.com", "A", "A", "=1", 7, "no date")]
    book = make_book(tmp_path / "a.xlsx", [(*rows[0][:3], "x", *rows[0][4:])], headers=headers)

    assert shell.send(book).returncode == 0
    refresh(shell, book, "--items")

    assert set(asked.posts[0].body) <= {"campaignId", "contacts"}
    assert set(asked.posts[0].body["contacts"][0]) == {"email", "firstName", "lastName"}
    page = openpyxl.load_workbook(book)["Contacts"]
    assert [page.cell(2, column).value for column in (4, 5, 6)] == ["missing", 7, "no date"]


def test_notes_of_the_user_stay_until_items_are_asked_for(shell, asked, tmp_path):
    """What a user wrote below ``Item:`` is not touched by a send, a second run, or a plain refresh."""
    book = make_book(tmp_path / "a.xlsx", [(*person(2), "came by post")], headers=(*HEADERS, "Item: Passport"))

    assert shell.send(book).returncode == 0
    shell.send(book)
    refresh(shell, book)

    assert cells(book, ("Item: Passport",))[2] == ("came by post",)
    refresh(shell, book, "--items")
    assert cells(book, ("Item: Passport",))[2] == ("missing",)


@pytest.mark.slow
def test_names_and_reasons_are_never_formulas(shell, asked, sent):
    """A name or reason that looks like a formula is a text in the sheet, cleaned and of bounded length."""
    asked.account.add_item(asked.campaign, '=HYPERLINK("https://evil.example","x")')
    asked.account.add_item(asked.campaign, "\x1b[31m" + "long " * 2_000)
    book = sent(1)

    refresh(shell, book, "--all-items")

    page = openpyxl.load_workbook(book)["Contacts"]
    everything = [cell for line in page.iter_rows() for cell in line if cell.value is not None]
    assert {cell.data_type for cell in everything} == {"s"}
    assert max(len(cell.value) for cell in everything) < 1_000


@pytest.mark.slow
def test_many_missing_items_fit_into_a_cell(shell, asked, sent):
    """Of very many missing items as many are named as can be read, and the others are counted."""
    for number in range(40):
        asked.account.add_item(asked.campaign, f"{number} " + "x" * 150)
    book = sent(1)

    refresh(shell, book, "--items")

    progress, missing = cells(book)[2]
    assert progress == "0 of 43"
    assert len(missing) < 2_100
    assert missing.endswith("more")


@pytest.mark.slow
def test_a_finished_request_names_nothing_that_was_missing(shell, asked, sent):
    """What was missing at an earlier look is not named beside a request that is completed since."""
    book = sent(1)
    refresh(shell, book, "--items")
    asked.account.requests[request_id(book, 2)]["status"] = "completed"

    refresh(shell, book)

    assert results(book)[2]["Collect status"] == "completed"
    assert cells(book)[2] == ("", "")


@pytest.mark.slow
def test_a_cancelled_request_has_no_items(shell, asked, sent):
    """After a cancellation the cells of items are blank, and the request is not asked about."""
    book = sent(1, headers=(*HEADERS, "Item: Passport"))
    refresh(shell, book, "--items")
    assert shell.run("cancel", book, "--rows", "2", "--yes").returncode == 0
    before = calls(asked)

    refresh(shell, book, "--items")

    assert cells(book, (*COLUMNS, "Item: Passport"))[2] == ("", "", "")
    assert calls(asked) == before


@pytest.mark.slow
def test_overdue_names_what_is_missing(shell, asked, sent):
    """The worklist says what is missing where it was asked for, and says nothing where that is not known."""
    book = sent(2)
    for row in (2, 3):
        asked.account.requests[request_id(book, row)]["status"] = "due"
    refresh(shell, book)
    assert "missing" not in shell.run("overdue", book).stdout
    asked.account.set_item(request_id(book, 2), "Passport", "waiting")
    refresh(shell, book, "--items")

    listed = shell.run("overdue", book)

    assert "missing: Payslip; About you" in listed.stdout
    lines = [json.loads(line) for line in shell.run("overdue", book, "--json").stdout.splitlines()]
    assert lines[0]["missing"] == ["Payslip", "About you"]
