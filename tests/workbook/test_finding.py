"""The workbook that is open in Excel is found by its name, and no other is taken for it."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from collect_xl.errors import WorkbookBusy, WorkbookError
from collect_xl.workbook.finding import find_book, place_of
from support.books import make_book
from support.excel_engine import running_excel


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


def test_one_in_front(excel, tmp_path):
    """Without a name the workbook in front is meant."""
    for name in ("behind.xlsx", "front.xlsx"):
        excel.open(make_book(tmp_path / name, 1))

    assert find_book("").name == "front.xlsx"


def test_nothing_is_open(excel):
    """Without any workbook the error says what to open."""
    with pytest.raises(WorkbookError, match="No workbook is open"):
        find_book("")


def test_excel_that_does_not_answer_is_busy(excel, tmp_path, monkeypatch):
    """An Excel in which somebody types is told from one that lacks the workbook."""
    excel.open(make_book(tmp_path / "clients.xlsx", 1))
    monkeypatch.setattr(type(excel.books), "__iter__", lambda _: 1 / 0)

    with pytest.raises(WorkbookBusy):
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
    """A workbook in a cloud has no path here; its place is one all the same, whatever the current folder."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    assert place_of(book) == tmp_path / "clients.xlsx"
    excel.quirks.cloud = "address"
    here = place_of(book)
    monkeypatch.chdir(tmp_path)

    assert here.is_absolute()
    assert place_of(book).resolve() == here.resolve()


def test_place_of_a_file_that_cannot_be_found(excel, tmp_path):
    """Where xlwings finds no file for a workbook in a cloud, it still has a place."""
    book = excel.open(make_book(tmp_path / "clients.xlsx", 1))
    excel.quirks.cloud = "raise"

    assert place_of(book).is_absolute()
