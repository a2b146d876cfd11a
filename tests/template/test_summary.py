"""The summary counts what stands in Contacts, in a program that is not ours."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest

from collect_xl.domain.due_dates import instant
from collect_xl.resources import shipped
from collect_xl.template import new_workbook
from collect_xl.template.grid import FIRST_DAY, FIRST_STATUS, KEY_ROWS, STATUSES, TILE_ROW, TILES
from collect_xl.template.sheets import COLUMNS
from collect_xl.template.words import words_in
from support.spreadsheet import converted, needs_libreoffice, values

pytestmark = needs_libreoffice

WORDS = ("pending", "completed", "waiting", "due", "completed", "error", "in review")
PEOPLE = 21


def filled(folder, language="en", statuses=()):
    """A template that a program filled, and that LibreOffice has saved, as Excel would: no flag of a maker is left."""
    words = words_in(language)
    book = openpyxl.load_workbook(new_workbook(folder / f"made_{language}.xlsx", language))
    sheet = book[words.contacts_sheet]
    for row in range(2, PEOPLE + 2):
        sheet.cell(row, 1, f"p{row}@example.com")
        sheet.cell(row, 7, date.today() + timedelta(days=1 + row % 10))  # noqa: DTZ011  # a sheet has no zone
    for row, status in enumerate(statuses, 2):
        sheet.cell(row, COLUMNS.index("result.status") + 1, status)
        sheet.cell(
            row, COLUMNS.index("result.requestId") + 1, f"id{row}" if status not in {"invalid", "skipped"} else None
        )
    book[words.options_sheet]["B2"] = "Yearly documents"
    book.save(folder / f"filled_{language}.xlsx")
    return converted(folder / f"filled_{language}.xlsx", "xlsx", folder / "saved")


def shown(book, folder, language="en"):
    """What the summary shows when LibreOffice opens a workbook."""
    return values(converted(book, "xlsx", folder / "shown"), words_in(language).summary_sheet)


@pytest.mark.slow
def test_an_empty_template_shows_what_its_formulas_give(tmp_path):
    """The results that a new template carries are those that LibreOffice calculates."""
    book = new_workbook(tmp_path / "clients.xlsx")
    before, after = values(book, "Summary"), shown(book, tmp_path)
    cells = [f"C{row}" for row in (3, *KEY_ROWS.values(), *range(FIRST_STATUS, FIRST_DAY + 7))]
    cells += [f"{column}{TILE_ROW + 1}" for column in "EHKNQT"]

    assert [before.get(cell) for cell in cells] == [after.get(cell) for cell in cells]
    assert before["B4"] == after["B4"] == "nothing sent yet"


@pytest.mark.slow
@pytest.mark.parametrize("language", ["en", "de"])  # the sheets are called otherwise
def test_a_headless_run_shows_in_a_copy_that_another_program_saved(tmp_path, shell, language):
    """After send and refresh the summary of the saved copy counts by status, although it was not opened in between."""
    book = filled(tmp_path, language)
    sent = shell.send(book)
    for number, request in enumerate(shell.server.account.requests.values()):
        request["status"] = WORDS[number % len(WORDS)]
    refreshed = shell.run("refresh", book)
    summary = shown(book, tmp_path, language)
    counts = Counter(WORDS * (PEOPLE // len(WORDS)))
    rows = {word: summary[f"C{row}"] for row, word in enumerate(STATUSES, FIRST_STATUS + 1)}
    keys = {name: summary[f"C{row}"] for name, row in KEY_ROWS.items()}

    assert (sent.returncode, refreshed.returncode) == (0, 3), refreshed.stdout  # some came back as errors
    assert rows == {word: counts[word] for word in STATUSES}
    assert summary[f"C{FIRST_STATUS + len(STATUSES) + 1}"] == counts["in review"]
    assert (keys["contacts"], keys["sent"], keys["waiting"], keys["completed"]) == (21, 21, 3, 6)
    assert (keys["overdue"], keys["failed"], round(keys["rate"], 2), keys["still_open"]) == (3, 3, 0.29, 15)
    assert [summary[f"{column}{TILE_ROW + 1}"] for column in "EHKNQT"] == [keys[name] for name in TILES]
    assert keys["due_within"] == sum(summary[f"C{row}"] for row in range(FIRST_DAY, FIRST_DAY + 7)) > 0
    assert not [cell for cell, value in summary.items() if str(value).startswith(("#", "Err:"))]


@pytest.mark.slow
def test_words_that_stand_for_failure_are_counted(tmp_path):
    """Rows that were never sent are not sent, whatever the status says; failures are added up."""
    statuses = ("invalid", "skipped", "refused", "error", "cancelled", "canceled", "unknown", "archived", "Completed")
    summary = shown(filled(tmp_path, statuses=statuses), tmp_path)
    rows = {word: summary[f"C{row}"] for row, word in enumerate(STATUSES, FIRST_STATUS + 1)}

    assert (summary[f"C{KEY_ROWS['failed']}"], rows["cancelled"], rows["completed"]) == (3, 2, 1)
    assert summary[f"C{KEY_ROWS['sent']}"] == len(statuses) - 4
    assert summary[f"C{FIRST_STATUS}"] == PEOPLE - len(statuses)


@pytest.mark.slow
def test_whoever_stands_in_the_list_is_counted_once(tmp_path):
    """A contact counts by address, right or wrong, or by ID, or by both; headers and blank rows count nothing."""
    book = openpyxl.load_workbook(new_workbook(tmp_path / "made.xlsx"))
    for row, (email, contact_id) in enumerate([("a@b.co", None), (None, "c2"), ("c@b.co", "c3"), ("wrong", None)], 2):
        book["Contacts"].cell(row, 1, email)
        book["Contacts"].cell(row, 6, contact_id)
    book["Contacts"]["A1"] = "E-mail *"
    book.save(tmp_path / "filled.xlsx")
    summary = shown(tmp_path / "filled.xlsx", tmp_path)

    assert (summary[f"C{KEY_ROWS['contacts']}"], summary[f"C{FIRST_STATUS}"]) == (4, 4)


@pytest.mark.slow
def test_the_filled_sample_shows_what_its_formulas_give(tmp_path):
    """The sample carries right counts, too: as many contacts as it has, none of them sent yet."""
    book = shipped("sample_workbooks/clients_120.xlsx")
    before, after = values(book, "Summary"), shown(book, tmp_path)

    assert before == after
    assert before[f"C{KEY_ROWS['contacts']}"] == before[f"C{FIRST_STATUS}"] == 119


@pytest.mark.slow
def test_a_due_date_counts_on_its_own_day(tmp_path):
    """A request that ends at 23:59 of a day, from Hawaii to New Zealand, is due on that day, though UTC has another."""
    zones = ("Pacific/Honolulu", "America/New_York", "Europe/Paris", "Asia/Tokyo", "Pacific/Auckland")
    day = date(2030, 3, 2)
    book = openpyxl.load_workbook(new_workbook(tmp_path / "made.xlsx"))
    sheet = book["Contacts"]
    for row, due in enumerate((*(instant(day, zone) for zone in zones), "2030-03-02", instant(day, "UTC")), 2):
        sheet.cell(row, COLUMNS.index("result.status") + 1, "pending" if row < 8 else "completed")
        sheet.cell(row, COLUMNS.index("result.dueDate") + 1, due)
        sheet.cell(row, COLUMNS.index("result.sentOn") + 1, "2030-02-28")
    book.save(tmp_path / "filled.xlsx")
    summary = shown(tmp_path / "filled.xlsx", tmp_path)
    days = {summary[f"B{row}"].date(): summary[f"C{row}"] for row in range(FIRST_DAY, FIRST_DAY + 7)}

    assert days == {date(2030, 2, 28) + timedelta(step): 6 * (step == 2) for step in range(7)}
