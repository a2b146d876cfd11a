"""The template: what is in it, what is not, and that it is read back as what it says."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
import zipfile
from datetime import UTC, datetime

import openpyxl
import pytest
from openpyxl.utils import get_column_letter

from collect_xl.domain.headings import (
    CONTACTS_SHEETS,
    DATE_ORDER,
    OPTION_FIELDS,
    OPTIONS_SHEETS,
    OWN_WORDS,
    RESULT_FIELDS,
    SUMMARY_SHEETS,
    TEMPLATE_SHEETS,
    field_of,
    is_option_heading,
    is_result,
    option_of,
)
from collect_xl.domain.statuses import DONE as CHASED_AS_DONE
from collect_xl.errors import DiskError, UsageError
from collect_xl.ooxml.package import Package
from collect_xl.template import new_workbook, template
from collect_xl.template.grid import GROUPS, STATUSES, TILES
from collect_xl.template.sheets import COLUMNS, OPTIONS
from collect_xl.template.words import LANGUAGES, words_in
from collect_xl.validation import Checker
from collect_xl.validation.fields import YesNo
from collect_xl.workbook.lists import LISTS_SHEET
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.template_version import TEMPLATE_PROPERTY, TEMPLATE_VERSION, template_version

NOW = datetime(2026, 6, 15, tzinfo=UTC)


@pytest.fixture(params=LANGUAGES)
def language(request):
    """Each language of the template."""
    return request.param


@pytest.fixture
def book(tmp_path):
    """A new template."""
    return new_workbook(tmp_path / "clients.xlsx")


def parts(book) -> dict[str, bytes]:
    with zipfile.ZipFile(book) as opened:
        return {each.filename: opened.read(each) for each in opened.infolist()}


def test_headers_and_options_mean_their_fields(language):
    """In every language each header and each option name is read back as the field that it stands for."""
    words = words_in(language)

    assert [field_of(words.header(key)) for key in COLUMNS] == list(COLUMNS)
    assert [option_of(words.header(key)) for key in OPTIONS] == list(OPTIONS)
    assert is_option_heading(*words.option_heads[:2])
    assert (words.contacts_sheet in CONTACTS_SHEETS, words.options_sheet in OPTIONS_SHEETS) == (True, True)


def test_every_option_and_every_status_is_explained(language):
    """No option lacks its help, no status of ours or of Collect its meaning."""
    words = words_in(language)

    assert set(words.help) == {*(each.key for each in OPTION_FIELDS), DATE_ORDER.key}
    assert set(words.statuses) >= {*OWN_WORDS, "pending", "waiting", "completed", "due", "error"}
    assert set(words.statuses) <= set(STATUSES)


def test_yes_and_no_are_words_that_check_takes(language):
    """The words of the drop-downs are yes and no to the schema, accents and all."""
    words = words_in(language)

    assert (YesNo().read(words.yes), YesNo().read(words.no)) == (True, False)


def test_a_new_workbook_is_read_back(tmp_path, language):
    """Check finds table, columns and options where the template has them, and only the campaign is missing."""
    words = words_in(language)
    source = open_saved(new_workbook(tmp_path / "clients.xlsx", language))
    layout, options = source.layout(), source.options()

    assert (layout.sheet, layout.header_row, layout.table) == (words.contacts_sheet, 1, "Contacts")
    assert [column.field for column in layout.columns] == list(COLUMNS)
    assert (layout.ignored, layout.notes, list(source.rows())) == ((), (), [])
    assert [option_of(cell.name) for cell in options] == list(OPTIONS)
    campaign = next(cell.name for cell in options if option_of(cell.name) == "campaignId")
    assert [problem.field for problem in Checker(layout, options).problems] == [campaign]


def test_result_columns_stay_english(tmp_path, language):
    """All seven result columns are there, under their English names in every language."""
    layout = open_saved(new_workbook(tmp_path / "clients.xlsx", language)).layout()

    headers = {column.field: column.header for column in layout.columns if is_result(column.field)}
    assert headers == {each.key: each.title for each in RESULT_FIELDS}


def test_a_laptop_shows_how_each_contact_stands(book):
    """Status, message and link are beside the contact, in the 1,366 points of a laptop, under its widest font."""
    sheet = openpyxl.load_workbook(book)["Contacts"]
    widths = [sheet.column_dimensions[get_column_letter(at)].width for at in range(1, len(COLUMNS) + 1)]
    in_sight = COLUMNS.index("result.portalUrl") + 1
    points = sum(int(7 * width) + 5 for width in widths[:in_sight])  # of Calibri 11

    assert COLUMNS[in_sight - 3 : in_sight] == ("result.status", "result.error", "result.portalUrl")
    assert points + 50 <= 1_366  # the numbers of the rows, and the bar that scrolls
    assert widths[in_sight - 1] < widths[in_sight - 2] / 3


def test_built_twice_the_bytes_are_equal(language):
    """Nothing in a template differs from build to build."""
    assert template(language) == template(language)


@pytest.mark.slow
def test_the_bytes_are_equal_for_everybody(tmp_path):
    """Another user, another zone and another seed of Python's hashes make the same template."""
    code = "import sys; from collect_xl.template import template; sys.stdout.buffer.write(template('de'))"
    others = [
        {"PYTHONHASHSEED": str(seed), "USER": f"user{seed}", "TZ": zone} for seed, zone in ((1, "UTC"), (2, "JST-9"))
    ]
    made = [
        subprocess.run([sys.executable, "-c", code], env={**os.environ, **each}, capture_output=True, check=True).stdout
        for each in others
    ]

    assert made == [template("de")] * 2


def test_it_carries_nobody(book):
    """No path, user, key or date of the build is in any part, and every member has the same time."""
    text = b"\n".join(parts(book).values()).decode()
    with zipfile.ZipFile(book) as opened:
        times = {each.date_time for each in opened.infolist()}
    dates = set(re.findall(r"20\d\d-\d\d-\d\dT[\d:]+Z", text))

    assert times == {(1980, 1, 1, 0, 0, 0)}
    assert dates == {"2026-01-01T00:00:00Z"}
    assert re.search(r"/(root|home|Users)/|[A-Z]:\\|openpyxl|lastModifiedBy|api.?key", text, re.IGNORECASE) is None


def test_formulas_carry_their_results_and_excel_is_not_asked_to_calculate(book):
    """Programs that do not calculate show right numbers; no flag makes Excel ask to save a workbook without changes."""
    workbook = parts(book)["xl/workbook.xml"].decode()
    sheets = [content.decode() for name, content in parts(book).items() if name.startswith("xl/worksheets/sheet")]
    formulas = [found for sheet in sheets for found in re.findall(r"<f>.*?</f>(.*?)</c>", sheet)]

    assert "fullCalcOnLoad" not in workbook
    assert len(formulas) > 30
    assert [each for each in formulas if not re.fullmatch(r"<v>[^<]*</v>", each)] == []


def test_no_formula_asks_the_clock_or_a_macro(book):
    """The summary is live without a volatile function, so that opening the workbook changes nothing."""
    sheets = [content.decode() for name, content in parts(book).items() if name.startswith("xl/worksheets/sheet")]
    formulas = " ".join(found for sheet in sheets for found in re.findall(r"<f>(.*?)</f>", sheet))

    assert "COUNTIFS" in formulas
    assert re.search(r"\b(TODAY|NOW|OFFSET|INDIRECT|RAND\w*|CELL|INFO)\(", formulas) is None


def test_leading_zeros_and_dates_live(book):
    """What people type into a contact's row stays text; the due date is a date; also below the table's end."""
    opened = openpyxl.load_workbook(book)
    sheet = opened["Contacts"]
    formats = {sheet.cell(1, at).value: sheet.cell(2, at).number_format for at in range(1, len(COLUMNS) + 1)}
    columns = {
        sheet.cell(1, at).value: sheet.column_dimensions[get_column_letter(at)] for at in range(1, len(COLUMNS) + 1)
    }
    dates = {"Due date", "Collect due date", "Collect sent on", "Collect checked on"}

    assert {name for name, code in formats.items() if code != "@"} == dates
    assert {name for name, column in columns.items() if column.number_format != "@"} == dates
    assert {sheet.cell(2, at)._style.numFmtId for at in range(1, len(COLUMNS) + 1)} == {14, 49}  # both built in
    assert (sheet.freeze_panes, list(sheet.tables), opened[LISTS_SHEET].sheet_state) == ("B2", ["Contacts"], "hidden")
    assert opened["Options"]["B3"].number_format == "@"  # the round


def test_every_status_has_its_colour(book):
    """Each status word that is explained has a conditional format, over all rows that the sheet can have."""
    rules = openpyxl.load_workbook(book)["Contacts"].conditional_formatting
    formulas = [rule.formula[0] for area in rules for rule in sorted(area.rules, key=lambda rule: rule.priority)]
    words = {found[1] for each in formulas if (found := re.search('"(.*)"', each))}

    assert {str(area.sqref) for area in rules} == {"F2:F1048576"}
    assert words >= set(words_in("en").statuses)
    assert formulas[-1] == "LEN($F2)>0"  # a word that the account's owner has made


def test_sheets_print_on_paper_with_their_numbers(book):
    """Each sheet that people see has a paper size, and a number on each page."""
    seen = [sheet for sheet in openpyxl.load_workbook(book) if sheet.sheet_state == "visible"]

    assert [(sheet.page_setup.paperSize, sheet.oddFooter.right.text) for sheet in seen] == [(9, "&P / &N")] * len(seen)


def test_cells_say_what_is_meant(book):
    """Where a cell takes what is not obvious, Excel says so when it is chosen."""
    opened = openpyxl.load_workbook(book)
    rules = [each for name in ("Contacts", "Options") for each in opened[name].data_validations.dataValidation]
    prompts = {each.promptTitle: each.prompt for each in rules if each.showInputMessage}

    assert set(prompts) == {"Tags", "Contact ID", "Assigned to", "Skip", "Items", "Samples"}
    assert "separated by ;" in prompts["Items"]


def test_the_example_is_never_asked(tmp_path, book):
    """When the sheet Contacts was renamed, the example of the first sheet is not taken for the list."""
    opened = openpyxl.load_workbook(book)
    opened["Contacts"].title = "Clients"
    opened["Clients"]["A2"] = "p2@example.com"
    opened.save(tmp_path / "renamed.xlsx")
    source = open_saved(tmp_path / "renamed.xlsx")

    assert source.layout().sheet == "Clients"
    assert [row.cells["email"] for row in source.rows()] == ["p2@example.com"]


def test_sheets_that_hold_no_contacts_are_known_by_name(language):
    """The reader knows the names of the first sheet and of the summary in every language."""
    words = words_in(language)

    assert {words.start_sheet, words.summary_sheet} <= set(TEMPLATE_SHEETS)
    assert words.summary_sheet in SUMMARY_SHEETS


def test_words_fit_where_they_stand(language):
    """No label of the summary or of the options is wider than its column, and no message longer than Excel takes."""
    words = words_in(language)
    labels = [getattr(words.summary, name) for name in (*GROUPS, "as_of", "nothing_yet", "other", "not_sent")]

    assert [label for label in labels if len(label) > 50] == []
    assert [label for name in TILES if len(label := getattr(words.summary, name)) > 26] == []
    assert [text for text in words.prompts.values() if len(text) > 255] == []
    assert [words.header(key) for key in OPTIONS if len(words.header(key)) > 34] == []
    assert [text for text in words.help.values() if len(text) > 2 * 78] == []
    assert max(len(text) for text in (words.choose.format(choices="DMY, MDY, YMD"), words.day, words.round)) <= 225


def test_what_is_done_is_done_everywhere(book):
    """The summary and ``overdue`` agree on which statuses leave the client nothing to do."""
    sheets = [content.decode() for name, content in parts(book).items() if name.startswith("xl/worksheets/sheet")]
    formulas = html.unescape(" ".join(sheets))
    done = set(re.findall(r',"<>([a-z]+)"', formulas))

    assert done == set(CHASED_AS_DONE)


def test_rows_that_a_program_adds_below_the_table_are_read_and_told_of(tmp_path, book):
    """A table does not grow when a program fills it: the rows below it are read, and the preview says so."""
    opened = openpyxl.load_workbook(book)
    for row in range(2, 7):
        opened["Contacts"].cell(row, 1, f"p{row}@example.com")
    opened.save(tmp_path / "filled.xlsx")
    source = open_saved(tmp_path / "filled.xlsx")

    assert [row.cells["email"] for row in source.rows()] == [f"p{row}@example.com" for row in range(2, 7)]
    assert "Row 3 is directly below the table" in source.layout().notes[0]


def test_it_knows_its_version(tmp_path, book):
    """The version is a document property; a newer one than this program knows is named, with what to do."""
    newer = tmp_path / "newer.xlsx"
    with zipfile.ZipFile(newer, "w") as made:
        for name, content in parts(book).items():
            made.writestr(name, content.replace(b">3</", b">7.0</") if name == "docProps/custom.xml" else content)
    with Package.open(book) as package:
        version = template_version(package)

    assert (TEMPLATE_PROPERTY, version) == ("collect-xl template", TEMPLATE_VERSION)
    assert [note for note in open_saved(newer).layout().notes if "version 7 of the template" in note]
    assert "Update collect-xl" in open_saved(newer).layout().notes[0]


def test_nothing_is_overwritten(tmp_path, book):
    """An existing file stays as it is, byte for byte."""
    (tmp_path / "mine.xlsx").write_bytes(b"mine")
    with pytest.raises(UsageError, match="there already"):
        new_workbook(tmp_path / "mine.xlsx")

    assert (tmp_path / "mine.xlsx").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("clients.csv", UsageError, "does not end in .xlsx"),
        ("nowhere/clients.xlsx", DiskError, "cannot be written"),
    ],
)
def test_names_that_cannot_be(tmp_path, name, error, words):
    """Another ending and a missing folder are refused, and nothing is left behind."""
    with pytest.raises(error, match=words):
        new_workbook(tmp_path / name)

    assert list(tmp_path.iterdir()) == []


def test_the_ending_is_added(tmp_path):
    """A name without an ending gets it."""
    assert new_workbook(tmp_path / "clients").name == "clients.xlsx"


def test_an_unknown_language_is_refused(tmp_path):
    """A language that the template does not speak is named, with those that it does."""
    with pytest.raises(UsageError, match=r'"it".*en, fr, de, es'):
        new_workbook(tmp_path / "clients.xlsx", "it")


@pytest.mark.slow
def test_the_command(shell):
    """``collect-xl new`` makes the workbook, says where to go on, and refuses a second time."""
    made = shell.run("new", "clients.xlsx", "--lang", "fr")
    again = shell.run("new", "clients.xlsx")

    assert (made.returncode, "Commencer ici" in made.stdout) == (0, True)
    assert (again.returncode, "there already" in again.stderr) == (2, True)
