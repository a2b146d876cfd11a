"""What people see: each sheet of the template, printed by LibreOffice, and looked at dot by dot."""

from __future__ import annotations

import shutil
from collections import Counter
from datetime import date, timedelta

import openpyxl
import pytest
from openpyxl.styles import Alignment

from collect_xl.domain.status_colours import COLOURS
from collect_xl.template import new_workbook
from collect_xl.template.sheets import COLUMNS
from collect_xl.template.words import LANGUAGES, words_in
from support.paper import Box, printed
from support.spreadsheet import converted, needs_libreoffice

pytestmark = [
    needs_libreoffice,
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="the PDF tools (poppler-utils) are not installed"),
]

WORDS = ("pending", "completed", "waiting", "due", "completed", "error", "in review")
ERRORS = ("#REF!", "#NAME?", "#VALUE!", "#N/A", "#DIV/0!", "###", "Err:")


def missing(book, pages) -> list[str]:
    """Return the words of the sheets' cells that stand on no page, or not as often; links are cut off on purpose."""
    opened = openpyxl.load_workbook(book)
    sheets = (sheet for sheet in opened if sheet.sheet_state == "visible")
    values = (value for sheet in sheets for row in sheet.iter_rows(values_only=True) for value in row)
    texts = (value for value in values if isinstance(value, str) and not value.startswith(("=", "https://")))
    shown = Counter(word.text for page in pages for word in page.words)
    return sorted((Counter(word for text in texts for word in text.split()) - shown).elements())


@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_word_of_a_new_workbook_is_cut_off(tmp_path, language):
    """In every language each word of each sheet is printed, whole, and no error value is."""
    book = new_workbook(tmp_path / "clients.xlsx", language)
    pages = printed(book, tmp_path / "out")
    shown = [word.text for page in pages for word in page.words]

    assert [word for page in pages for word in page.cut_off()] == []
    assert missing(book, pages) == []
    assert [word for word in shown if word.startswith(ERRORS)] == []


@pytest.fixture
def sent(tmp_path, shell):
    """A workbook that LibreOffice has saved, sent and refreshed by the command, and never opened since."""
    book = openpyxl.load_workbook(new_workbook(tmp_path / "made.xlsx"))
    for row in range(2, 23):
        book["Contacts"].cell(row, 1, f"person{row}@example.com")
        due = date.today() + timedelta(days=1 + row % 5)  # noqa: DTZ011  # a sheet has no zone
        book["Contacts"].cell(row, COLUMNS.index("dueDate") + 1, due)
    book["Contacts"]["A9"] = "nobody"
    book["Options"]["B2"] = "Yearly documents"
    book.save(tmp_path / "filled.xlsx")
    saved = converted(tmp_path / "filled.xlsx", "xlsx", tmp_path / "saved")
    shell.send(saved)
    for number, request in enumerate(shell.server.account.requests.values()):
        request["status"] = WORDS[number % len(WORDS)]
    shell.run("refresh", saved)
    return saved


@pytest.mark.slow
def test_a_sent_workbook_shows_everything_and_each_chart_its_data(tmp_path, sent):
    """No status, message or figure is cut off (links are); the two charts have their columns, and their ring."""
    pages = printed(sent, tmp_path / "out")
    shown = [word.text for page in pages for word in page.words]

    assert [word for page in pages for word in page.cut_off() if "https://" not in word] == []
    assert missing(sent, pages) == []
    assert {*WORDS[:-1], "invalid", "nobody"} <= set(shown)
    assert [word for word in shown if word.startswith(ERRORS)] == []
    assert coloured(pages[-1]) == {"rate": 2, "due soon": 1}


def coloured(page) -> dict[str, int]:
    """Tell how many of its colours each chart of the summary shows in more than specks."""
    says = words_in("en").summary
    left, right = _title(page, says.rate), _title(page, says.due_soon)
    middle, half, foot = (left[0] + right[0]) / 2, (right[0] - left[0]) / 2, left[1]
    charts = {
        "rate": (Box(left[0] - half, foot, middle, foot + half), ("green", "grey")),
        "due soon": (Box(middle, foot, right[0] + half, foot + half), ("amber",)),
    }
    found = {}
    for name, (box, colours) in charts.items():
        dots = list(page.colours(box))
        found[name] = sum(dots.count(bytes.fromhex(COLOURS[each][2])) > 400 for each in colours)
    return found


def _title(page, text) -> tuple[float, float]:
    """Return the middle and the foot of a chart's title: of those words the ones farthest down."""
    words = text.split()
    at = max(
        (at for at in range(len(page.words)) if [each.text for each in page.words[at : at + len(words)]] == words),
        key=lambda at: page.words[at].box.bottom,
    )
    first, last = page.words[at].box, page.words[at + len(words) - 1].box
    return (first.left + last.right) / 2, first.bottom


@pytest.mark.slow
@pytest.mark.parametrize(
    ("harm", "found"),
    [
        ("none", False),
        ("a neighbour", True),
        ("a low row", True),
        ("a narrow column", True),
    ],
)
def test_what_is_cut_off_is_seen(tmp_path, harm, found):
    """The look at the dots notices a text that its neighbour, its row or its column cuts off, and no other."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["A2"] = "Understandable sentences", "123456789"
    sheet.column_dimensions["A"].width = 12
    if harm == "a neighbour":
        sheet["B1"], sheet["B1"].number_format = 5, "0.0"
    if harm == "a low row":
        sheet["A1"].alignment = Alignment(wrap_text=True, vertical="top")
        sheet.row_dimensions[1].height = 20
    if harm == "a narrow column":
        sheet["A2"].number_format = "0"
        sheet["A2"] = 12345678901234567
    book.save(tmp_path / "book.xlsx")
    (page,) = printed(tmp_path / "book.xlsx", tmp_path / "out")
    shown = {word.text for word in page.words}
    gone = missing(tmp_path / "book.xlsx", [page])

    assert bool(page.cut_off() or gone or any(each.startswith("###") for each in shown)) is found
