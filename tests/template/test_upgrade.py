"""Workbooks of older templates brought up to date: something is added, nothing is taken away or brought back."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import openpyxl
import pytest

from collect_xl.domain.headings import field_of, option_of
from collect_xl.errors import UsageError, WorkbookBusy, WorkbookRefused
from collect_xl.ooxml.package import Package
from collect_xl.template import template, upgrade
from collect_xl.template.sheets import COLUMNS, OPTIONS
from collect_xl.template.upgrade import EARLIER, Contents
from collect_xl.template.words import LANGUAGES, words_in
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.template_version import TEMPLATE_VERSION, template_version, write_template_version
from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members

VERSION_1 = Path(__file__).parents[1] / "support" / "template_version_1.xlsx"
"""A workbook as the first release made it."""

PEOPLE = [(2, ("ann@example.com", "Ann", "north", "=no formula")), (3, ("bob@example.com", "Bob", "", "by phone"))]


@pytest.fixture
def book(tmp_path):
    """A workbook of version 1 in use: people, two columns of the user's own, a campaign."""
    path = Path(shutil.copy(VERSION_1, tmp_path / "clients.xlsx"))
    add_columns(
        path, "Contacts", 1, ("Email", "First name", "Region", "My notes"), PEOPLE, link=None, keep_backup=False
    )
    add_columns(path, "Options", 1, ("Option", "Value"), [(2, (None, "Yearly"))], link=None, keep_backup=False)
    return path


def with_text(path, member, old, new):
    """Replace a text in a part of a workbook."""
    before = path.with_suffix(".before")
    path.replace(before)
    with zipfile.ZipFile(before) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as changed:
        for name in archive.namelist():
            content = archive.read(name)
            if name == member:
                assert old.encode() in content
                content = content.replace(old.encode(), new.encode())
            changed.writestr(name, content)
    before.unlink()
    return path


def version_of(path):
    """Return the version that a workbook names."""
    with Package.open(path) as package:
        return template_version(package)


def cells(path):
    """Return value and looks of every cell of every sheet."""
    opened = openpyxl.load_workbook(path)
    looks = {}
    for sheet in opened.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value is not None or cell.has_style:
                    looks[sheet.title, cell.coordinate] = (cell.value, cell.style_id)
    opened.close()
    return looks


def headers(path, sheet="Contacts"):
    """Return the headers of a sheet."""
    opened = openpyxl.load_workbook(path)
    try:
        return [cell.value for cell in opened[sheet][1]]
    finally:
        opened.close()


def option_names(path):
    """Return what stands in the first column of the options."""
    opened = openpyxl.load_workbook(path)
    try:
        return [str(cell.value) for cell in opened["Options"]["A"]]
    finally:
        opened.close()


def test_version_1_gets_what_newer_templates_have(book):
    """Every column and option of today's template is there, and each old cell stands where it stood, as it looked."""
    before, headers_before = cells(book), set(headers(book))
    was = book.read_bytes()

    upgraded = upgrade.upgrade(book)

    after = cells(book)
    assert version_of(book) == TEMPLATE_VERSION
    dated = {("Summary", "C3"), *(("Summary", f"C{row}") for row in range(34, 41))}
    assert {place for place, each in before.items() if after[place] != each} == dated  # see test_older_summary.py
    assert {field_of(each) for each in headers(book)} >= set(COLUMNS)
    assert {option_of(name) for name in option_names(book)} >= set(OPTIONS)
    assert set(upgraded.columns) == set(headers(book)) - headers_before
    assert upgraded.backup == book.with_name("clients.backup.xlsx")
    assert upgraded.backup.read_bytes() == was


@pytest.fixture
def newer(monkeypatch):
    """A template that has two columns and an option more than version 1 had."""
    lacking = {"tags", "result.sentOn"}
    old = EARLIER[1]
    older = Contents(old.columns - lacking, old.options - {"round"})
    monkeypatch.setitem(EARLIER, 1, older)
    return lacking


@pytest.mark.parametrize("language", LANGUAGES)
def test_additions_are_in_the_language_of_the_workbook(tmp_path, newer, language):
    """What is missing comes right of the columns and below the options, named in the workbook's own language."""
    words = words_in(language)
    path = tmp_path / "clients.xlsx"
    path.write_bytes(template(language))
    with_text(path, "docProps/custom.xml", f"<vt:i4>{TEMPLATE_VERSION}<", "<vt:i4>1<")
    for part in ("xl/worksheets/sheet2.xml", "xl/tables/table1.xml"):
        with_text(path, part, words.header("tags"), "Region 7")
    with_text(path, "xl/worksheets/sheet3.xml", f"<t>{words.header('round')}</t>", "<t>My line</t>")
    width = len(COLUMNS)

    upgraded = upgrade.upgrade(path)

    assert (upgraded.columns, upgraded.options) == ((words.header("tags"),), (words.header("round"),))
    line = headers(path, words.contacts_sheet)
    assert (line[COLUMNS.index("tags")], line[width]) == ("Region 7", words.header("tags"))
    opened = openpyxl.load_workbook(path)
    last = len(OPTIONS) + 2
    options = opened[words.options_sheet]
    assert [options.cell(last, column).value for column in (1, 2, 3)] == [
        words.header("round"),
        None,
        words.help["round"],
    ]
    (table,) = opened[words.contacts_sheet].tables.values()
    assert [each.name for each in table.tableColumns] == line
    assert "tags" in {column.field for column in open_saved(path).layout().columns}


def test_column_that_the_user_deleted_stays_away(book):
    """A column that version 1 had and the workbook has no more was deleted on purpose."""
    for part in ("xl/worksheets/sheet2.xml", "xl/tables/table1.xml"):
        with_text(book, part, "Tags", "Region 7")

    upgrade.upgrade(book)

    assert "Tags" not in headers(book)


@pytest.mark.usefixtures("newer")
def test_rearranged_options_are_told(book):
    """In an options sheet that begins otherwise nothing is written, and words say what to add."""
    for part, old, new in (
        ("xl/worksheets/sheet3.xml", "<t>Help</t>", "<t>Remarks</t>"),
        ("xl/worksheets/sheet3.xml", "<t>Round</t>", "<t>Mine</t>"),
    ):
        with_text(book, part, old, new)

    upgraded = upgrade.upgrade(book)

    assert upgraded.options == ()
    assert "add these lines yourself where you need them: Round" in upgraded.notes[0]


def test_nothing_but_the_sheets_that_grow_differs(book):
    """Start sheet, summary, charts, lists and styles are the same bytes."""
    before = Path(shutil.copy(book, book.with_name("before.xlsx")))

    upgrade.upgrade(book)

    may_change = {"docProps/custom.xml", "xl/workbook.xml", "xl/tables/table1.xml"}
    may_change |= {f"xl/worksheets/sheet{number}.xml" for number in (2, 3, 4)}
    assert changed_members(before, book) <= may_change


def test_second_time_there_is_nothing_to_do(book):
    """A workbook that is up to date is not written."""
    upgrade.upgrade(book)
    was = book.read_bytes()

    again = upgrade.upgrade(book)

    assert not again.changed
    assert book.read_bytes() == was


@pytest.mark.parametrize("value", ["<vt:r8>1</vt:r8>", "<vt:lpwstr>1.0</vt:lpwstr>"])
def test_mark_of_another_program_is_understood(book, value):
    """LibreOffice makes another kind of number of the version."""
    with_text(book, "docProps/custom.xml", "<vt:i4>1</vt:i4>", value)

    assert upgrade.upgrade(book).changed
    assert version_of(book) == TEMPLATE_VERSION


@pytest.mark.parametrize(("version", "words"), [(0, "never was"), (TEMPLATE_VERSION + 1, "knows versions up to")])
def test_unknown_version_is_left_alone(book, version, words):
    """A version that there never was, or that is to come, is refused in words."""
    with_text(book, "docProps/custom.xml", "<vt:i4>1<", f"<vt:i4>{version}<")
    was = book.read_bytes()

    with pytest.raises(UsageError, match=words):
        upgrade.upgrade(book)
    assert book.read_bytes() == was


def test_workbook_of_the_users_own_is_left_alone(tmp_path, shell):
    """A workbook that was not made from a template is no older one."""
    path = tmp_path / "own.xlsx"
    opened = openpyxl.Workbook()
    opened.active.append(["Email"])
    opened.save(path)
    was = path.read_bytes()

    done = shell.run("upgrade", path)

    assert (done.returncode, path.read_bytes()) == (2, was)
    assert "not made by collect-xl new" in done.stderr


def test_workbook_that_is_open_is_left_alone(book):
    """While Excel has it open nothing is written."""
    book.with_name("~$clients.xlsx").write_bytes(b"\x03Ann")
    was = book.read_bytes()

    with pytest.raises(WorkbookBusy):
        upgrade.upgrade(book)
    assert book.read_bytes() == was
    assert not book.with_name("clients.backup.xlsx").exists()


def test_each_earlier_version_is_described():
    """A version that is raised leaves a line behind that says what the one before had."""
    assert set(EARLIER) == set(range(1, TEMPLATE_VERSION))


@pytest.mark.slow
def test_command_says_what_it_did(shell, book):
    """The command names the version, what was added, and where the workbook is as it was."""
    first, second = shell.run("upgrade", book), shell.run("upgrade", book)

    assert (first.returncode, second.returncode) == (0, 0)
    assert "made from version 1 of the template" in first.stdout
    assert "clients.backup.xlsx" in first.stdout
    assert second.stdout.strip().endswith("is up to date.")


def test_property_in_an_unusual_way_is_not_passed_over(book):
    """A version that is read and cannot be written in its place is refused, and the file stays as it is."""
    with_text(book, "docProps/custom.xml", 'name="collect-xl template"', 'name = "collect-xl template"')
    before = book.read_bytes()

    with pytest.raises(WorkbookRefused, match="unusual way"):
        write_template_version(book)

    assert (version_of(book), book.read_bytes()) == (1, before)
