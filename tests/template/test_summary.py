"""The summary counts what stands in Contacts, in a program that is not ours."""

# ruff: noqa: DTZ001  # a sheet has no zone

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

import openpyxl
import pytest

from collect_xl.resources import shipped
from collect_xl.template import new_workbook
from collect_xl.template.grid import (
    CHART_COUNT,
    CHART_LABEL,
    DAYS,
    FIRST_DAY,
    GROUPS,
    RATE_ROWS,
    STATUS_ROWS,
    STATUSES,
    TILES,
)
from collect_xl.template.sheets import COLUMNS
from collect_xl.template.tiles import tile_cell
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
        due = date.today() + timedelta(days=1 + row % 10)  # noqa: DTZ011  # a sheet has no zone
        sheet.cell(row, COLUMNS.index("dueDate") + 1, due)
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


def tile(summary, name):
    """What a tile shows."""
    return summary.get(tile_cell(name).replace("$", ""))


def counts_of(summary):
    """What the summary says beside each status."""
    return {word: summary[f"C{STATUS_ROWS[word]}"] for word in STATUSES}


@pytest.mark.slow
def test_an_empty_template_shows_what_its_formulas_give(tmp_path):
    """The results that a new template carries are those that LibreOffice calculates."""
    book = new_workbook(tmp_path / "clients.xlsx")
    before, after = values(book, "Summary"), shown(book, tmp_path)
    cells = [f"{column}{row}" for row in (3, *STATUS_ROWS.values()) for column in "CD"]
    cells += [tile_cell(name).replace("$", "") for name in TILES]
    cells += [f"{CHART_COUNT}{row}" for row in (*RATE_ROWS.values(), *range(FIRST_DAY, FIRST_DAY + DAYS))]

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
    days = [summary.get(f"{CHART_COUNT}{row}", 0) for row in range(FIRST_DAY, FIRST_DAY + DAYS)]

    assert (sent.returncode, refreshed.returncode) == (0, 3), refreshed.stdout  # some came back as errors
    assert counts_of(summary) == {word: counts[word] for word in STATUSES}
    assert summary[f"C{STATUS_ROWS['other']}"] == counts["in review"]
    assert (tile(summary, "contacts"), tile(summary, "sent"), round(tile(summary, "rate"), 2)) == (21, 21, 0.29)
    assert (tile(summary, "needs_you"), tile(summary, "with_client")) == (6, 9)  # 3 errors and 3 waiting
    assert [summary[f"{CHART_COUNT}{row}"] for row in RATE_ROWS.values()] == [6, 15]
    assert tile(summary, "due_within") == sum(days) > 0
    assert not [cell for cell, value in summary.items() if str(value).startswith(("#", "Err:"))]


@pytest.mark.slow
def test_words_that_stand_for_failure_are_counted(tmp_path):
    """Rows that were never sent are not sent, whatever the status says; failures are added up."""
    statuses = ("invalid", "skipped", "refused", "error", "cancelled", "canceled", "unknown", "archived", "Completed")
    summary = shown(filled(tmp_path, statuses=statuses), tmp_path)
    rows = counts_of(summary)

    assert tile(summary, "needs_you") == sum(rows[word] for word in GROUPS["needs_you"]) == 5
    assert (rows["cancelled"], rows["completed"]) == (2, 1)
    assert tile(summary, "sent") == len(statuses) - 4
    assert summary[f"C{STATUS_ROWS['not_sent']}"] == PEOPLE - len(statuses)


@pytest.mark.slow
def test_whoever_stands_in_the_list_is_counted_once(tmp_path):
    """A contact counts by address, right or wrong, or by ID, or by both; headers and blank rows count nothing."""
    book = openpyxl.load_workbook(new_workbook(tmp_path / "made.xlsx"))
    for row, (email, contact_id) in enumerate([("a@b.co", None), (None, "c2"), ("c@b.co", "c3"), ("wrong", None)], 2):
        book["Contacts"].cell(row, 1, email)
        book["Contacts"].cell(row, COLUMNS.index("contactId") + 1, contact_id)
    book["Contacts"]["A1"] = "E-mail *"
    book.save(tmp_path / "filled.xlsx")
    summary = shown(tmp_path / "filled.xlsx", tmp_path)

    assert (tile(summary, "contacts"), summary[f"C{STATUS_ROWS['not_sent']}"]) == (4, 4)


@pytest.mark.slow
def test_the_filled_sample_shows_what_its_formulas_give(tmp_path):
    """The sample carries right counts, too: as many contacts as it has, none of them sent yet."""
    book = shipped("sample_workbooks/clients_120.xlsx")
    before, after = values(book, "Summary"), shown(book, tmp_path)

    assert before == after
    assert tile(before, "contacts") == before[f"C{STATUS_ROWS['not_sent']}"] == 119


@pytest.mark.slow
def test_a_due_date_counts_on_its_own_day(tmp_path):
    """A day, and any time of it, is due on that day; what is completed is due no more, and the day counts on."""
    day = date(2030, 3, 2)
    moments = (day, datetime(2030, 3, 2, 23, 59), datetime(2030, 3, 2, 0, 1), datetime(2030, 3, 3), day)
    book = openpyxl.load_workbook(new_workbook(tmp_path / "made.xlsx"))
    sheet = book["Contacts"]
    for row, due in enumerate(moments, 2):
        sheet.cell(row, COLUMNS.index("result.status") + 1, "pending" if row < 6 else "completed")
        sheet.cell(row, COLUMNS.index("result.dueDate") + 1, due)
        sheet.cell(row, COLUMNS.index("result.sentOn") + 1, date(2030, 2, 28))
    book.save(tmp_path / "filled.xlsx")
    summary = shown(tmp_path / "filled.xlsx", tmp_path)
    rows = range(FIRST_DAY, FIRST_DAY + DAYS)
    days = {summary[f"{CHART_LABEL}{row}"].date(): summary.get(f"{CHART_COUNT}{row}", 0) for row in rows}

    assert days == {date(2030, 2, 28) + timedelta(step): {2: 3, 3: 1}.get(step, 0) for step in range(7)}
    assert summary["C3"].date() == date(2030, 2, 28)
