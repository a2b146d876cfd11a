"""The receipt of a run: what it tells, what it keeps to itself, and that a browser finds nothing in it to run."""

from __future__ import annotations

import re
import shutil
from html import unescape
from importlib.resources import files
from typing import get_args

import pytest

from collect_xl.domain.model import ClaimState
from collect_xl.domain.rows import Reason, row_spans
from collect_xl.receipt import MARK
from collect_xl.receipt.endings import ENDINGS, OF_REASON, OF_STATE
from collect_xl.resources import shipped
from collect_xl.testing import faults
from support.books import make_book, person
from support.chromium import measured, opened, pages_on_paper, painted

HOSTILE = "<script>document.title='run'; document.body.innerHTML='gone'</script>"
IMAGE = '<img src="http://taken.example/x.png" onerror="document.title=\'run\'">'


def receipt(shell, book, *words) -> str:
    """Send a workbook and return its receipt."""
    done = shell.send(book, "--receipt", shell.folder / "out.html", *words)
    assert done.returncode in {0, 3, 4}, done.stderr
    return (shell.folder / "out.html").read_text(encoding="utf-8")


def text_of(page: str) -> str:
    """Return what people read."""
    return " ".join(unescape(re.sub(r"<style>.*?</style>|<[^>]*>", " ", page, flags=re.DOTALL)).split())


@pytest.mark.slow
def test_tells_who_was_asked_what_and_who_was_not_and_why(shell, tmp_path):
    """Each person is on it once: with the request, or with the reason, what was found and what to do next."""
    rows = [person(2), ("no address", "Nick", "Naught"), person(4), person(2)]
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", rows, options={"Round": "2026-11"})))

    assert "2 of 4 contacts in clients.xlsx were asked" in page
    assert "Asked now: 2" in page
    assert "Yearly documents, round 2026-11 Rows 2, 4 (2) 2 First2 Last2 p2@example.com" in page
    assert "Email: expected one e-mail address" in page
    assert 'Row 3 3 "no address"' in page
    assert "Correct these cells, then send again." in page
    assert "The same person as in row 2" in page


@pytest.mark.slow
def test_equal_reasons_are_named_once_with_the_rows_they_are_about(shell, tmp_path):
    """A hundred rows with one reason repeat it once, above one line for each person."""
    rows = [person(row) for row in range(2, 9)]
    rows[5] = ("no address", "Nick", "Naught")
    rows[6] = ("none either", "Nora", "Naught")
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", rows), "--rows", "3,7-8"))

    assert page.count("Not among the rows that were chosen.") == 1
    assert "Not among the rows that were chosen. Rows 2, 4-6 (4)" in page
    assert page.count("Email: expected one e-mail address") == 1
    assert "Rows 7-8 (2)" in page


def test_cells_that_are_wrong_are_shown_as_they_were_found(shell, tmp_path):
    """Each wrong cell is shown once, in the words of a check; its place is its row."""
    book = tmp_path / "wrong.xlsx"
    shutil.copyfile(shipped("sample_workbooks/every_row_wrong.xlsx"), book)
    page = text_of(receipt(shell, book))

    assert "the error value #N/A" in page
    assert "2020-01-31" in page
    assert "fault(" not in page
    assert "Contacts!" not in page
    assert page.count('"bashir(at)example.com"') == page.count("bashir(at)example.com") == 1


@pytest.mark.slow
def test_what_needs_a_decision_comes_first_with_what_to_do(shell, tmp_path):
    """The one duplicate is not looked for behind hundreds of successes: what needs the user stands before them."""
    rows = [person(row) for row in range(2, 12)]
    rows[4:6] = [person(2), ("no address",)]
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", rows))
    sections = re.split("<h2 ", page)[1:]
    order = [re.match('id="([^"]+)"', section)[1] for section in sections]

    assert order == ["invalid", "duplicate", "asked"]
    assert ["What to do:" in section for section in sections] == [True, True, False]
    assert "2 rows need you." in text_of(page)


@pytest.mark.slow
def test_a_run_without_a_problem_asks_for_nothing(shell, tmp_path):
    """Where everybody was asked, nothing says that the user is needed."""
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", 2)))

    assert "need" not in page
    assert "What to do" not in page


@pytest.mark.slow
def test_a_request_of_each_person_is_one_line(shell, tmp_path):
    """Row, name, address, due date and the request's ID, in this order; what all have in common is said once."""
    rows = [(*person(2), "2035-07-01"), (*person(3), "2035-08-01")]
    headers = ("Email", "First name", "Last name", "Due date")
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", rows, headers=headers))
    cells = [re.findall("<td[^>]*>(.*?)</td>", line) for line in page.splitlines() if line.startswith("<tr><td")]

    assert [line[:4] for line in cells] == [
        ["2", "First2 Last2", "p2@example.com", "2035-07-01"],
        ["3", "First3 Last3", "p3@example.com", "2035-08-01"],
    ]
    assert all(re.fullmatch(r"\w{17} ?", line[4].strip()) for line in cells)
    assert page.count("Yearly documents") == 1


def test_every_reason_and_state_has_an_ending():
    """No row can end in a way that the page has no words for, since it is made after the e-mails have gone."""
    assert set(OF_REASON) == set(get_args(Reason))
    assert set(OF_STATE) == set(get_args(ClaimState))
    assert {*OF_REASON.values(), *OF_STATE.values()} <= {ending.word for ending in ENDINGS}


def test_rows_are_named_as_spans():
    """Neighbours are joined, as ``--rows`` takes them."""
    assert row_spans([2, 3, 4, 9, 11, 12]) == "2-4,9,11-12"
    assert row_spans([]) == ""


def brightness(colour: str) -> float:
    """Return the relative luminance of a colour, as the guidelines for accessible pages define it."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    dark, light = sorted([brightness(one), brightness(other)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_text_and_colour_stands_out_from_its_paper(mode):
    """Words have a contrast of 4.5, pieces of the chart of 2 at least, on white paper and on a dark screen."""
    page = files("collect_xl.receipt").joinpath("page.html").read_text("utf-8")
    palette = re.search(rf"color-scheme: {mode};(.*?)}}", page, re.DOTALL)[1]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6});", palette))
    pairs = [(ink, paper) for ink in ("ink", "quiet", "link") for paper in ("paper", "band")]

    assert [pair for pair in [*pairs, ("ink", "note")] if contrast(*(colours[name] for name in pair)) < 4.5] == []
    assert [ending.word for ending in ENDINGS if contrast(ending.colour, colours["paper"]) < 2] == []


@pytest.mark.slow
def test_a_dark_screen_gets_a_dark_page(shell, tmp_path):
    """A reader whose screen is dark is not blinded, and another one has white paper."""
    receipt(shell, make_book(tmp_path / "clients.xlsx", 1))
    paper, ink = painted(shell.folder / "out.html", dark=False)
    dark_paper, light_ink = painted(shell.folder / "out.html", dark=True)

    assert (paper, ink < 80) == (255, True)
    assert dark_paper < 40
    assert light_ink > 200


@pytest.mark.slow
def test_on_paper_a_person_is_one_line(shell, tmp_path):
    """120 people with due dates and request IDs need three or four sheets of paper, not ten."""
    rows = [(*person(row), "2035-07-01") for row in range(2, 122)]
    headers = ("Email", "First name", "Last name", "Due date")
    receipt(shell, make_book(tmp_path / "clients.xlsx", rows, headers=headers))

    assert 2 <= pages_on_paper(shell.folder / "out.html") <= 4


@pytest.mark.slow
def test_names_items_and_colleagues_as_people_know_them(shell, server, tmp_path):
    """What was asked for and who looks after it stand there by their names, not by Collect's ids."""
    server.account.add_item(server.campaign, "Tax return")
    options = {"Items": "tax return", "Assigned to": "bob@sandbox.example", "Due date": "2035-07-01"}
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", 2, options=options)))

    assert "Asked now: 2" in page
    assert "Yearly documents, items Tax return, assigned to bob@sandbox.example Rows 2-3 (2)" in page
    assert page.count("2035-07-01") == 2


@pytest.mark.slow
def test_each_line_of_the_legend_leads_to_its_list(shell, tmp_path):
    """With a thousand contacts no reader scrolls to the few that were left out: a click leads there."""
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", [person(2), ("x",), person(4), person(2)]))
    leads = re.findall('href="#([^"]+)"', page)

    assert leads == ["asked", "invalid", "duplicate"]
    assert [page.count(f'id="{each}"') for each in leads] == [1, 1, 1]


@pytest.mark.slow
@pytest.mark.parametrize("width", [360, 1280])
def test_no_width_cuts_it_off(shell, tmp_path, width):
    """On a phone as on a desk the page is as wide as the window, whatever stands in it; nothing is under anything."""
    rows = [(f"{'very-long-' * 5}{row}@example.com", "First" * 9, "Last") for row in range(2, 5)]
    receipt(shell, make_book(tmp_path / "clients.xlsx", [*rows, ("not an address",)]))
    wide, lying = measured(shell.folder / "out.html", width)

    assert wide <= width
    assert lying == ("grid" if width < 640 else "table-row")


@pytest.mark.slow
def test_the_chart_adds_up_to_the_whole(shell, tmp_path):
    """The pieces of the bar stand side by side, each as wide as its share."""
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", [person(2), ("x",), person(4), person(5)]))
    bars = [tuple(map(float, bar)) for bar in re.findall(r'<rect x="([\d.]+)" y="0" width="([\d.]+)"', page)]

    assert bars == [(0.0, 75.0), (75.0, 25.0)]


def test_unknown_and_refused_rows_say_what_to_do(shell, server, tmp_path):
    """People who may have been asked and people who were not are listed apart, each with a next step."""
    server.on(faults.DropAfterCreating())
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", 2)))

    assert "0 of 2 contacts" in page
    assert "Unknown: 2" in page
    assert "Look up the unknown rows" in page


@pytest.mark.slow
def test_who_was_asked_before_is_told_with_the_request(shell, tmp_path):
    """A second run sends nothing, and its receipt names everybody who was asked by the first."""
    book = make_book(tmp_path / "clients.xlsx", 2)
    shell.send(book)
    page = text_of(receipt(shell, book))

    assert "0 of 2 contacts" in page
    assert "Asked before: 2" in page


def test_portal_links_stand_in_it_only_when_asked_for(shell, tmp_path):
    """A portal's address opens the client's documents: it is left out unless it was asked for."""
    book = make_book(tmp_path / "clients.xlsx", 1)
    assert "usecollect.com" not in receipt(shell, book)
    assert 'href="https://app.usecollect.com/portal/' in receipt(shell, book, "--receipt-links")


@pytest.mark.slow
def test_a_later_receipt_replaces_an_earlier_one_and_nothing_else(shell, server, tmp_path):
    """Another program's file is left alone, which is checked before anything is sent."""
    book, other = make_book(tmp_path / "clients.xlsx", 1), shell.folder / "out.html"
    other.write_text("<p>my page</p>")
    done = shell.send(book, "--receipt", other)
    assert (done.returncode, server.posts, other.read_text()) == (2, [], "<p>my page</p>")
    assert "is no receipt. Nothing was sent." in done.stderr
    other.unlink()
    first, second = receipt(shell, book), receipt(shell, book)
    assert "1 of 1" in first
    assert "0 of 1" in second


@pytest.mark.parametrize("place", ["no such folder/out.html", "."])
def test_a_place_that_takes_no_receipt_is_found_before_anything_is_sent(shell, server, tmp_path, place):
    """A receipt that cannot be written is refused before the e-mails, not after."""
    done = shell.send(make_book(tmp_path / "clients.xlsx", 1), "--receipt", shell.folder / place)
    assert done.returncode in {2, 6}
    assert server.posts == []


def test_links_without_a_receipt_are_a_slip(shell, server, tmp_path):
    """``--receipt-links`` alone means nothing."""
    done = shell.send(make_book(tmp_path / "clients.xlsx", 1), "--receipt-links")
    assert (done.returncode, server.posts) == (2, [])


def test_what_a_sheet_holds_is_text_on_the_page(shell, server, tmp_path):
    """Names, addresses, rounds, items and teams with HTML in them are shown letter by letter."""
    server.account.add_item(server.campaign, "<b>Tax</b>")
    server.account.team["name"] = IMAGE
    rows = [("p2@example.com", HOSTILE, IMAGE), (f"{IMAGE}@x", "Ann", "Last")]
    options = {"Round": HOSTILE, "Items": "<b>Tax</b>"}
    page = receipt(shell, make_book(tmp_path / "a.xlsx", rows, options=options))

    assert "<script" not in page
    assert "<img" not in page
    assert "<b>Tax" not in page
    assert "1 of 2 contacts" in text_of(page)
    assert f"round {HOSTILE}, items <b>Tax</b> Row 2 2 {HOSTILE} {IMAGE}" in text_of(page)


@pytest.mark.slow
def test_a_browser_shows_it_runs_nothing_and_asks_nobody(shell, tmp_path):
    """In a real Chromium a contact named ``<script>`` is a name, and no request leaves the page."""
    rows = [("p2@example.com", HOSTILE, IMAGE), (f"{IMAGE}@x", "Ann", "Last")]
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", rows))
    seen, asked = opened(shell.folder / "out.html")

    assert asked == []
    assert "<title>clients.xlsx: who was asked</title>" in seen
    assert "&lt;script&gt;document.title=" in seen
    assert "1 of 2 contacts" in text_of(seen)
    assert page.startswith(f"<!DOCTYPE html>{MARK}\n")


@pytest.mark.slow
def test_the_ear_hears_a_page_that_does_ask(tmp_path):
    """What proves that nothing is asked for would hear it: a page with an image and a script is found out."""
    page = tmp_path / "page.html"
    page.write_text(f"<title>x</title>{IMAGE}{HOSTILE}")
    seen, asked = opened(page)

    assert any("taken.example" in each for each in asked)
    assert "<title>run</title>" in seen


def test_every_ending_has_its_own_words_and_colour():
    """Two ends that look alike would be taken for one."""
    assert len({each.word for each in ENDINGS}) == len({each.title for each in ENDINGS}) == len(ENDINGS)
    assert len({each.colour for each in ENDINGS}) == len(ENDINGS)
