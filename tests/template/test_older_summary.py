"""The summary of an older template counts real dates after an upgrade, in a program that is not ours."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest

from collect_xl.template import new_workbook
from collect_xl.template.older_summary import bring_up_summary
from collect_xl.template.upgrade import upgrade
from collect_xl.workbook.saved import open_saved
from support.spreadsheet import converted, needs_libreoffice, values

VERSION_1 = Path(__file__).parents[1] / "support" / "template_version_1.xlsx"
DAY = date(2030, 3, 2)


@pytest.fixture
def book(tmp_path):
    """A workbook of version 1."""
    return Path(shutil.copy(VERSION_1, tmp_path / "clients.xlsx"))


def formulas(path):
    """Return the formulas of the summary that count dates."""
    sheet = openpyxl.load_workbook(path)["Summary"]
    return [sheet["C3"].value, *(sheet[f"C{row}"].value for row in range(34, 41))]


@needs_libreoffice
@pytest.mark.slow
def test_it_counts_real_dates(book, tmp_path):
    """The newest day, and the requests that are due on each day from there, are those of real dates."""
    upgrade(book)
    opened = openpyxl.load_workbook(book)
    sheet = opened["Contacts"]
    columns = {cell.value: cell.column for cell in sheet[1]}
    for row in range(2, 5):
        sheet.cell(row, 1, f"p{row}@example.com")
        sheet.cell(row, columns["Collect status"], "pending")
        sheet.cell(row, columns["Collect sent on"], DAY)
        sheet.cell(row, columns["Collect due date"], DAY + timedelta(days=2))
    opened.save(tmp_path / "filled.xlsx")
    shown = values(converted(tmp_path / "filled.xlsx", "xlsx", tmp_path / "out"), "Summary")

    assert (shown["C3"], [shown[f"C{row}"] for row in range(34, 41)]) == (20300302, [0, 0, 3, 0, 0, 0, 0])
    assert shown["B34"].date() == DAY


def test_nothing_that_counts_texts_is_left(book):
    """Each formula that counted texts is changed; a second time there is nothing to change."""
    assert bring_up_summary(book) is True
    once = book.read_bytes()

    assert not any("SUBSTITUTE" in formula or "T1*" in formula for formula in formulas(book))
    assert (bring_up_summary(book), book.read_bytes()) == (True, once)


def test_a_formula_of_the_users_own_stays(book):
    """A formula that was changed by hand is left as it is, and it is said that it counts texts."""
    opened = openpyxl.load_workbook(book)
    own = opened["Summary"]["C35"].value + "+1"
    opened["Summary"]["C35"] = own
    opened.save(book)

    assert bring_up_summary(book) is False
    assert formulas(book)[2] == own
    assert any("still counts dates that are texts" in note for note in upgrade(book).notes)


def test_a_summary_that_was_deleted_stays_away(book):
    """A workbook without its summary needs no change."""
    opened = openpyxl.load_workbook(book)
    del opened["Summary"]
    opened.save(book)

    assert bring_up_summary(book) is True


def test_the_preview_says_that_the_summary_is_older(book, tmp_path):
    """Before a send the user hears that the summary does not count today's dates; after the upgrade nothing is said."""
    notes = open_saved(book).layout().notes
    upgrade(book)

    assert [note for note in notes if "version 1 of the template" in note and "Upgrade the workbook" in note]
    assert not [note for note in open_saved(book).layout().notes if "template" in note]
    assert not open_saved(new_workbook(tmp_path / "new.xlsx")).layout().notes
