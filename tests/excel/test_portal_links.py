"""Portal addresses in open Excel: texts while a run is on, links when it is over, and no link to another's portal."""

from __future__ import annotations

import pytest

from collect_xl.excel.retry import PAUSES
from support.contract import PEOPLE, RESULT_HEADERS, results_of
from support.excel_cells import Range
from support.live_book import LiveBook

URL = "https://acme.usecollect.com/portal/"
LONG = URL + "x" * 250


@pytest.fixture
def book(excel):
    """Give an open workbook with three people and result columns."""
    book = LiveBook(excel)
    book.fill([[*PEOPLE[0], *RESULT_HEADERS], *PEOPLE[1:]])
    return book


def write(book, workbook, addresses, *, link=True):
    """Write a portal's address on some rows."""
    found = results_of(workbook, {row: {"portalUrl": address} for row, address in addresses.items()})
    return workbook.write([type(each)(each.row, each.anchor, each.cells, link) for each in found])


def links(book):
    """Return row -> text and link of the addresses."""
    cells = [cell for cell in book.page["F"][1:] if cell.value or cell.hyperlink]
    return {cell.row: (cell.value, cell.hyperlink.target if cell.hyperlink else None) for cell in cells}


def test_texts_first_and_links_when_the_run_is_over(book):
    """A batch costs no calls for links; at the end each address becomes one, with the text that it had."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a"})
    write(book, workbook, {4: URL + "c"})
    assert book.excel.meter.calls["add_hyperlink"] == 0
    assert links(book) == {2: (URL + "a", None), 4: (URL + "c", None)}
    assert workbook.add_links() == ()
    assert links(book) == {2: (URL + "a", URL + "a"), 4: (URL + "c", URL + "c")}
    assert workbook.add_links() == ()
    assert book.excel.meter.calls["add_hyperlink"] == 2


def test_sort_while_links_are_made(book, monkeypatch):
    """A sort after the first link: the next address is not put over the one that now stands in its place."""
    workbook = book.open()
    write(book, workbook, {row: f"{URL}{row}" for row in (2, 3, 4)})
    header, *lines = book.shown()
    make = Range.add_hyperlink

    def make_and_sort(cell, *words, **named):
        make(cell, *words, **named)
        monkeypatch.setattr(Range, "add_hyperlink", make)
        book.fill([header, *lines[::-1]])

    monkeypatch.setattr(Range, "add_hyperlink", make_and_sort)
    assert "links: 1" in workbook.add_links()[0]
    assert [text for text, _ in links(book).values()] == [f"{URL}{row}" for row in (4, 3, 2)]


def test_long_addresses(book):
    """An address of more than 195 characters, of which Excel's own tip is too long, becomes a link."""
    workbook = book.open()
    write(book, workbook, {2: LONG})
    workbook.add_links()
    assert links(book) == {2: (LONG, LONG)}


@pytest.mark.parametrize(
    ("address", "link"), [("https://evil.example/", False), ("javascript:alert(1)", True), ("", True)]
)
def test_what_becomes_no_link(book, address, link):
    """An address of another host, or what is no address, stays a text."""
    workbook = book.open()
    write(book, workbook, {2: address}, link=link)
    workbook.add_links()
    assert all(target is None for _, target in links(book).values())
    assert book.excel.meter.calls["add_hyperlink"] == 0


def test_a_thousand_at_most(excel):
    """Links of more than a thousand rows would take minutes: the rest stays text, and it is said how many."""
    book = LiveBook(excel)
    book.fill([[*PEOPLE[0], *RESULT_HEADERS], *([f"p{row}@x.org", None, None] for row in range(2, 1_007))])
    workbook = book.open()
    write(book, workbook, {row: f"{URL}{row}" for row in range(2, 1_007)})
    (told,) = workbook.add_links()
    assert told == "Portal addresses that are texts, not links: 5, because 1,000 links are the most in a run."
    found = links(book)
    assert (len(found), sum(target is not None for _, target in found.values())) == (1_005, 1_000)


def test_sort_before_the_links(book):
    """Rows that were sorted in between get their own links."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a", 3: URL + "b"})
    header, *lines = book.shown()
    book.fill([header, *reversed(lines)])
    workbook.add_links()
    assert links(book) == {3: (URL + "b", URL + "b"), 4: (URL + "a", URL + "a")}


def test_text_that_somebody_changed(book):
    """A cell that no longer shows the address gets no link."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a"})
    book.page["F2"] = "see my mail"
    workbook.add_links()
    assert links(book) == {2: ("see my mail", None)}


def test_old_link_behind_another_address(book):
    """Excel keeps a link when its text changes: it goes at once where its text goes, or away."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a", 3: URL + "b", 4: URL + "c"})
    workbook.add_links()
    write(book, workbook, {2: URL + "new"})
    write(book, workbook, {3: ""})
    write(book, workbook, {4: "https://other.example/c"}, link=False)
    assert links(book) == {2: (URL + "new", URL + "new"), 4: ("https://other.example/c", None)}


@pytest.mark.parametrize("step", ["hyperlink", "add_hyperlink"])
def test_old_link_while_excel_is_busy(book, step):
    """An Excel that is busy between the new text and its link does not make the old link stay."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a"})
    workbook.add_links()
    book.excel.meter.meanwhile[step] = lambda: setattr(book.excel.quirks, "busy", 1)
    write(book, workbook, {2: URL + "new"})
    assert book.waits
    assert links(book) == {2: (URL + "new", URL + "new")}


def test_the_same_address_again(book):
    """Writing what stands there leaves its link alone."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a"})
    workbook.add_links()
    write(book, workbook, {2: URL + "a"})
    assert workbook.add_links() == ()
    assert book.excel.meter.calls["add_hyperlink"] == 1


def test_busy_for_a_while(book):
    """An Excel that is busy for a moment is waited for."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a", 3: URL + "b"})
    book.excel.meter.meanwhile["add_hyperlink"] = lambda: setattr(book.excel.quirks, "busy", 3)
    assert workbook.add_links() == ()
    assert (len(links(book)), book.waits) == (2, list(PAUSES[:3]))
    assert all(target for _, target in links(book).values())


def test_busy_for_too_long(book):
    """An Excel that stays busy is waited for once, not at each link; the addresses stay texts, and it is said."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a", 3: URL + "b", 4: URL + "c"})
    book.excel.meter.meanwhile["add_hyperlink"] = lambda: setattr(book.excel.quirks, "busy", 10_000)
    assert workbook.add_links() == (
        "Portal addresses that are texts, not links: 3, because Excel did not take a link.",
    )
    assert book.waits == list(PAUSES)


def test_protected_before_the_links(book):
    """A sheet that is protected right after the run costs the links, and nothing else."""
    workbook = book.open()
    write(book, workbook, {2: URL + "a"})
    book.page.protection.sheet = True
    assert workbook.add_links() == (
        "Portal addresses that are texts, not links: 1, because Excel did not take a link.",
    )
    assert links(book) == {2: (URL + "a", None)}
