"""The workbook that is open in Excel is found by its name, and no other is taken for it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
import xlwings as xw

from collect_xl.errors import WorkbookBusy, WorkbookError, WorkbookRefused
from collect_xl.excel.find_workbook import address_of, find_book, place_of
from collect_xl.excel.retry import PAUSES
from support.books import make_book
from support.excel_engine import CLOUD, running_excel
from support.excel_quirks import REJECTED, ComError


@pytest.fixture
def excel():
    """A running Excel."""
    with running_excel() as made:
        yield made


def test_name_is_compared_as_people_see_it(excel, tmp_path):
    """Case, and the way in which macOS spells accents, make no other name."""
    excel.open(make_book(tmp_path / "Zoë.xlsx", 1))

    assert find_book(unicodedata.normalize("NFD", "ZOË.xlsx")).name == "Zoë.xlsx"


def test_other_workbooks_are_not_taken(excel, tmp_path):
    """A workbook that is not open is said not to be."""
    excel.open(make_book(tmp_path / "clients.xlsx", 1))

    with pytest.raises(WorkbookError, match=r"No workbook called other\.xlsx is open"):
        find_book("other.xlsx")


def test_two_of_one_name_are_not_guessed(excel, tmp_path):
    """With the same name open twice, in two Excels, nothing is guessed; the window of one of them decides."""
    (tmp_path / "b").mkdir()
    other = excel.apps.add()
    other.hwnd = 815
    excel.open(make_book(tmp_path / "clients.xlsx", 1))
    other.open(make_book(tmp_path / "b" / "clients.xlsx", 1))

    with pytest.raises(WorkbookError, match="2 workbooks called"):
        find_book("clients.xlsx")
    assert Path(find_book("clients.xlsx", 815).fullname).parent.name == "b"


def test_window_of_another_workbook_decides_as_well(excel, tmp_path):
    """Each workbook has a window of its own: another one came in front while Python started, the Excel is the same."""
    (tmp_path / "b").mkdir()
    other = excel.apps.add()
    other.hwnd, other.other_windows = 815, [816]
    excel.open(make_book(tmp_path / "clients.xlsx", 1))
    other.open(make_book(tmp_path / "b" / "clients.xlsx", 1))

    assert Path(address_of(find_book("clients.xlsx", 816))).parent.name == "b"
    with pytest.raises(WorkbookError, match="2 workbooks called"):
        find_book("clients.xlsx", 999)


def test_another_excel_that_hangs_is_not_asked(excel, tmp_path):
    """The Excel of the pressed button is found without a call to another one, which might never answer."""
    other = excel.apps.add()
    other.hwnd, other.quirks.hung = 815, True
    excel.open(make_book(tmp_path / "clients.xlsx", 1))

    assert find_book("clients.xlsx", 4711).name == "clients.xlsx"


def test_one_in_front(excel, tmp_path):
    """Without a name the workbook in front is meant."""
    for name in ("behind.xlsx", "front.xlsx"):
        excel.open(make_book(tmp_path / name, 1))

    assert find_book("").name == "front.xlsx"


def test_nothing_is_open(excel):
    """Without any workbook the error says what to open."""
    with pytest.raises(WorkbookError, match="No workbook is open"):
        find_book("")


def rejecting(times, then):
    """Return what rejects so many calls, and then does what it should."""
    left = [REJECTED] * times

    def call(self):
        if left:
            raise ComError(left.pop(), "Call was rejected by callee.")
        return then(self)

    return call


def test_excel_that_is_busy_is_waited_for(excel, tmp_path, monkeypatch):
    """An Excel in which somebody types when the button is pressed is asked again."""
    excel.open(make_book(tmp_path / "clients.xlsx", 1))
    waits, books = [], type(excel.books)
    monkeypatch.setattr(books, "__iter__", rejecting(2, books.__iter__))

    assert find_book("clients.xlsx", wait=waits.append).name == "clients.xlsx"
    assert waits == list(PAUSES[:2])


def test_workbooks_that_were_not_listed_are_asked_for_again(excel, tmp_path):
    """A listing of workbooks that Excel rejected does not end the button."""
    excel.open(make_book(tmp_path / "clients.xlsx", 1))
    excel.quirks.lost_listings, waits = 2, []

    assert find_book("clients.xlsx", wait=waits.append).name == "clients.xlsx"
    assert waits == list(PAUSES[:2])


def test_excel_that_stays_busy_is_told_from_one_without_the_workbook(excel, monkeypatch):
    """After a quarter of a minute it is said what to do; nobody is told to open what is open."""
    waits, books = [], type(excel.books)
    monkeypatch.setattr(books, "__iter__", rejecting(99, books.__iter__))

    with pytest.raises(WorkbookBusy, match="a cell is being edited"):
        find_book("clients.xlsx", wait=waits.append)
    assert waits == list(PAUSES)


def test_excel_that_fails_is_quoted(excel, monkeypatch):
    """Whatever else Excel says is passed on, at once."""
    monkeypatch.setattr(type(excel.books), "__iter__", lambda _: 1 / 0)

    with pytest.raises(WorkbookRefused, match="It says: division by zero"):
        find_book("clients.xlsx")


def test_macos_that_asks_for_leave_is_told_apart(excel, monkeypatch):
    """A Mac that does not let Python control Excel says so, with the place where that is allowed."""

    def refuse(_):
        raise OSError(-1743, "not authorised to send Apple events")

    monkeypatch.setattr(type(excel.books), "__iter__", refuse)

    with pytest.raises(WorkbookError, match="macOS does not let Python") as caught:
        find_book("clients.xlsx")
    assert "Automation" in caught.value.tip


def test_place_is_the_same_from_every_folder(excel, tmp_path, monkeypatch):
    """A workbook in a cloud has no path here; its place is its address, whatever the current folder."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    assert place_of(book) == tmp_path / "clients.xlsx"
    excel.quirks.cloud = True
    here = place_of(book)
    monkeypatch.chdir(tmp_path)

    assert here.is_absolute()
    assert here.parts[-4:] == ("personal", "ann", "Documents", "clients.xlsx")
    assert place_of(book).resolve() == here.resolve()


@pytest.mark.parametrize("mac", [False, True], ids=["Windows", "macOS"])
def test_place_of_a_workbook_in_a_cloud_is_asked_of_excel_alone(excel, tmp_path, mac):
    """One call: no sheet of the workbook, no folder and no other host is touched, and alerts stay on."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    excel.quirks.cloud, excel.quirks.mac = True, mac
    excel.meter.calls.clear()

    assert address_of(book) == f"{CLOUD}clients.xlsx"
    assert excel.meter.calls == {"full_name": 1}


def test_place_of_a_workbook_that_was_never_saved(excel):
    """Its name is all that there is."""
    assert address_of(xw.Book(impl=excel.books.add())) == "Book1"


@pytest.mark.parametrize("mac", [False, True], ids=["Windows", "macOS"])
def test_busy_excel_is_no_cloud(excel, tmp_path, mac):
    """A path that Excel has no time to tell is waited for: two runs on one workbook must meet at one lock."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    waits, excel.quirks.mac, excel.quirks.busy = [], mac, 2

    assert address_of(book, waits.append) == str(tmp_path / "clients.xlsx")
    assert waits == list(PAUSES[:2])


def test_excel_that_stays_busy_has_no_other_place(excel, tmp_path):
    """A place that is not known is not guessed."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    excel.quirks.busy = 99

    with pytest.raises(WorkbookBusy):
        address_of(book, lambda _: None)
