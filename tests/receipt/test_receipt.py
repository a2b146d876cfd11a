"""The receipt of a run: what it tells, what it keeps to itself, and that a browser finds nothing in it to run."""

from __future__ import annotations

import re
from html import unescape

import pytest

from collect_xl.receipt import MARK
from collect_xl.receipt.endings import ENDINGS
from collect_xl.testing import faults
from support.books import make_book, person
from support.chromium import measured, opened

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


def test_tells_who_was_asked_what_and_who_was_not_and_why(shell, tmp_path):
    """Each person stands on it once: with the request, or with the reason, the cell and what to do next."""
    rows = [person(2), ("no address", "Nick", "Naught"), person(4), person(2)]
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", rows, options={"Round": "2026-11"})))

    assert "2 of 4 contacts in clients.xlsx were asked" in page
    assert "Asked now for Yearly documents, round 2026-11: 2" in page
    assert "First2 Last2 p2@example.com" in page
    assert 'Contacts!A3 (Email): found "no address"' in page
    assert "Correct the cells that are named, then send again." in page
    assert "The same person as in row 2" in page


def test_names_items_and_colleagues_as_people_know_them(shell, server, tmp_path):
    """What was asked for and who looks after it stand there by their names, not by Collect's ids."""
    server.account.add_item(server.campaign, "Tax return")
    options = {"Items": "tax return", "Assigned to": "bob@sandbox.example", "Due date": "2035-07-01"}
    page = text_of(receipt(shell, make_book(tmp_path / "clients.xlsx", 2, options=options)))

    said = "Asked now for Yearly documents, items Tax return, due 2035-07-01, assigned to bob@sandbox.example: 2"
    assert said in page


def test_each_line_of_the_legend_leads_to_its_list(shell, tmp_path):
    """With a thousand contacts no reader scrolls to the few that were left out: a click leads there."""
    page = receipt(shell, make_book(tmp_path / "clients.xlsx", [person(2), ("x",), person(4), person(2)]))
    leads = re.findall('href="#([^"]+)"', page)

    assert leads == ["asked", "invalid", "left-out"]
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
