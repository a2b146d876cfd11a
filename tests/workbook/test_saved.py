"""Saved workbooks: the contract of every workbook, and what only a file can meet."""

from __future__ import annotations

import zipfile
from base64 import b64decode
from collections import UserDict
from contextlib import suppress
from datetime import date
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from xlsxwriter.utility import xl_cell_to_rowcol

from collect_xl.domain.identity import anchor
from collect_xl.domain.model import RowResult
from collect_xl.errors import CollectXlError, DiskError, LayoutError, NotAWorkbook, WorkbookBusy, WorkbookRefused
from collect_xl.workbook.moved_rows import find_again
from collect_xl.workbook.saved import open_saved
from support.contract import PEOPLE, PLAIN, RESULT_HEADERS, Extras, Grid, WorkbookContract, results_of, sent
from support.odd_files import rezipped
from support.raw_workbook import add_pivot, raw_workbook, row, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from collect_xl.workbook.saved import SavedWorkbook

DOT = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=")
"""A picture of one dot."""


class SavedBook:
    """A workbook file that a person fills with XlsxWriter."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def fill(
        self, contacts: Grid, extras: Extras = PLAIN, *, hidden: Sequence[int] = (), options: Grid | None = None
    ) -> None:
        """Save the file with this content."""
        settings = {
            "default_date_format": "dd/mm/yyyy",
            "strings_to_formulas": False,
            "date_1904": extras.date1904,
        }
        with xlsxwriter.Workbook(self.path, settings) as book:
            sheet = book.add_worksheet("Contacts")
            fill_sheet(sheet, contacts)
            add_extras(sheet, contacts, extras)
            text = book.add_format({"num_format": "@"})
            for cell in extras.texts:
                row, column = xl_cell_to_rowcol(cell)
                line = contacts[row]
                sheet.write(row, column, line[column] if column < len(line) else None, text)
            for number in hidden:
                sheet.set_row(number - 1, None, None, {"hidden": True})
            if options is not None:
                fill_sheet(book.add_worksheet("Options"), options)
        if extras.pivot:
            add_pivot(self.path, "Totals", extras.pivot)

    def open(self, **sheets: str) -> SavedWorkbook:
        """Open the file."""
        return open_saved(self.path, **sheets)

    def shown(self) -> Grid:
        """Return what openpyxl reads."""
        return shown(self.path)


def fill_sheet(sheet: xlsxwriter.worksheet.Worksheet, grid: Grid) -> None:
    for number, line in enumerate(grid):
        for column, value in enumerate(line):
            if isinstance(value, date):
                sheet.write_datetime(number, column, value)
            elif value is not None:
                sheet.write(number, column, value)


def range_parts(area: str) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of ``A1:C4``, counted from 0."""
    first, last = area.split(":")
    return (*xl_cell_to_rowcol(first), *xl_cell_to_rowcol(last))


def add_extras(sheet: xlsxwriter.worksheet.Worksheet, grid: Grid, extras: Extras) -> None:
    def content(row: int, column: int) -> object:
        return grid[row][column] if row < len(grid) and column < len(grid[row]) else None

    if extras.table:
        top, left, bottom, right = range_parts(extras.table)
        columns = [{"header": content(top, column)} for column in range(left, right + 1)]
        if extras.totals:
            columns[0]["total_string"] = content(bottom, left)
        sheet.add_table(extras.table, {"name": "People", "columns": columns, "total_row": extras.totals})
    if extras.merged:
        top, left, *_ = range_parts(extras.merged)
        sheet.merge_range(extras.merged, content(top, left))
    if extras.formula:
        sheet.write_formula(extras.formula, '=IF(A1="","","")', None, "")
    for cell, target in extras.links.items():
        sheet.write_url(cell, target, string=str(content(*xl_cell_to_rowcol(cell))))
    for cell, result in extras.formulas.items():
        sheet.write_formula(cell, "=Z1", None, result)
    for cell in extras.pictures:
        sheet.embed_image(cell, "dot.png", {"image_data": BytesIO(DOT)})


def shown(path: Path, sheet: str = "Contacts") -> Grid:
    book = openpyxl.load_workbook(path)
    return [[cell.value for cell in line] for line in book[sheet].iter_rows()]


class TestSavedWorkbook(WorkbookContract):
    """A saved workbook keeps the contract."""

    @pytest.fixture
    def book(self, tmp_path: Path) -> SavedBook:
        """Give a file that does not exist yet."""
        return SavedBook(tmp_path / "clients.xlsx")


@pytest.fixture
def book(tmp_path: Path) -> SavedBook:
    book = SavedBook(tmp_path / "clients.xlsx")
    book.fill(PEOPLE)
    return book


def lock(path: Path) -> Path:
    mark = path.with_name(f"~${path.name}")
    mark.write_bytes(b"\x03Ann".ljust(165))
    return mark


def test_open_in_excel_before(book: SavedBook) -> None:
    """A workbook that is open in Excel is found before anything is sent."""
    lock(book.path)
    with pytest.raises(WorkbookBusy, match=r"open in Excel, by Ann"):
        book.open().probe()


def test_opened_in_excel_meanwhile(book: SavedBook) -> None:
    """Results of a workbook that somebody opened during the run go beside it, and it is not touched."""
    workbook, before = book.open(), book.path.read_bytes()
    results = results_of(workbook, {3: sent(3)})
    lock(book.path)
    written = workbook.write(results)
    assert before == book.path.read_bytes()
    assert book.path.with_name("clients (results).xlsx") == Path(written.path)
    assert shown(Path(written.path))[2][6] == "r3"
    assert "open in Excel" in written.notes[0]
    assert written.is_beside


def test_saved_meanwhile_while_we_write(book: SavedBook) -> None:
    """A save that slips in between finding the rows and writing them is noticed, and the rows are found again."""
    workbook = book.open()
    (plain,) = results_of(workbook, {2: sent(2)})
    saves = iter([True])

    class Slow(UserDict[str, str | None]):
        def get(self, key: str, default: object = None) -> object:
            if next(saves, False):
                book.fill([PEOPLE[0], *reversed(PEOPLE[1:])])
            return super().get(key, default)

    written = workbook.write([RowResult(plain.row, plain.anchor, Slow(plain.cells))])
    assert (str(book.path), (2,)) == (written.path, written.moved)
    assert [line[0] for line in book.shown()[1:]] == ["cyd@example.com", "bob@example.com", "ann@example.com"]
    assert [line[6] for line in book.shown()[1:]] == [None, None, "r2"]


def test_saved_meanwhile_right_before_we_write(book: SavedBook) -> None:
    """A save after the rows were found, but before writing begins, is noticed as well."""
    workbook = book.open()
    (plain,) = results_of(workbook, {2: sent(2)})
    saves = iter([True])

    class Slow:
        row, anchor, cells = plain.row, plain.anchor, plain.cells

        @property
        def link(self) -> bool:
            if next(saves, False):
                book.fill([PEOPLE[0], *reversed(PEOPLE[1:])])
            return False

    assert workbook.write([Slow()]).moved == (2,)
    assert [line[6] for line in book.shown()[1:]] == [None, None, "r2"]


UNUSABLE = {
    "no header": lambda book: book.fill([["Nothing"], ["ann@example.com"]]),
    "no workbook": lambda book: book.path.write_text("Email\nann@example.com\n"),
    "gone": lambda book: book.path.unlink(),
}


@pytest.mark.parametrize("spoil", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_file_that_became_unusable(book: SavedBook, spoil: object) -> None:
    """A file that no longer holds the contacts is left alone, and all its results are reported as lost."""
    workbook = book.open()
    results = results_of(workbook, {2: sent(2), 3: sent(3)})
    spoil(book)
    before = book.path.read_bytes() if book.path.exists() else None
    written = workbook.write(results)
    assert (written.rows, written.lost) == (0, (2, 3))
    assert "stay in the send history" in written.notes[0]
    assert before == (book.path.read_bytes() if book.path.exists() else None)


@pytest.mark.parametrize("names", [["Clients"], ["Contacts", "Staff"], ["Staff", "Contacts"]], ids="+".join)
def test_sheets_renamed_or_added_meanwhile(tmp_path: Path, names: list[str]) -> None:
    """The sheet of the contacts is found again under another name, and another list beside it does not matter."""
    path = tmp_path / "clients.xlsx"
    raw_workbook(path, {"Contacts": rows(*PEOPLE)})
    workbook = open_saved(path)
    results = results_of(workbook, {2: sent(2)})
    raw_workbook(path, {name: rows(*(PEOPLE if name != "Staff" else PEOPLE[:1])) for name in names})
    assert workbook.write(results).rows == 1
    assert shown(path, "Clients" if "Clients" in names else "Contacts")[1][6] == "r2"


def test_changed_between_layout_and_rows(book: SavedBook) -> None:
    """Rows are never read by the layout of another content."""
    workbook = book.open()
    book.fill([["First name", "Email"], ["Ann", "ann@example.com"]])
    with pytest.raises(WorkbookBusy, match="changed by another program or person"):
        list(workbook.rows())


def test_output(book: SavedBook, tmp_path: Path) -> None:
    """With an output the workbook itself stays as it is, and is not in the way when it is read-only."""
    before = book.path.read_bytes()
    lock(book.path)
    workbook = open_saved(book.path, output=tmp_path / "out.xlsx")
    assert workbook.probe() == ()
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert (str(tmp_path / "out.xlsx"), before) == (written.path, book.path.read_bytes())
    assert shown(tmp_path / "out.xlsx")[1][6] == "r2"


def with_table(path: Path, below: Grid, totals: bool = False, beside: Grid = ()) -> Path:
    """A table of people in A3:B5 (or A3:B6 with totals), and what stands below row 6 and beside it from D1 on."""
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        columns = [{"header": "Email", "total_string": "Total"}, {"header": "First name"}]
        sheet.add_table("A3:B6" if totals else "A3:B5", {"name": "People", "columns": columns, "total_row": totals})
        sheet.write_row("A4", ("ann@example.com", "Ann"))
        sheet.write_row("A5", ("bob@example.com", "Bob"))
        for number, line in enumerate(below, start=6):
            sheet.write_row(number, 0, line)
        for number, line in enumerate(beside):
            sheet.write_row(number, 3, line)
    return path


@pytest.mark.parametrize("totals", [True, False])
def test_people_below_a_table_and_apart_from_it_are_told(tmp_path: Path, totals: bool) -> None:
    """Nobody is forgotten in silence because a blank row, or the totals, lie between; a legend below is nobody."""
    notes = open_saved(with_table(tmp_path / "a.xlsx", [["cyd@example.com", "Cyd"]], totals)).layout().notes
    assert [note for note in notes if note.startswith("Contacts!A7 is below the table People, apart from it")]
    assert open_saved(with_table(tmp_path / "b.xlsx", [["Legend"], ["x"]], totals)).layout().notes == ()


def test_a_list_beside_a_table_of_people_is_refused(tmp_path: Path) -> None:
    """Where people stand in a table and outside it, the program does not choose."""
    beside = [["Email", "Company"], ["boss@example.com", "ACME"]]
    path = with_table(tmp_path / "a.xlsx", [], beside=beside)
    with pytest.raises(LayoutError, match=r"in the table People, and another one outside it, under Contacts!D1"):
        open_saved(path).layout()
    labels = [["Email", "questions@example.com"], ["Company", "ACME"]]
    assert open_saved(with_table(tmp_path / "b.xlsx", [], beside=labels)).layout().table == "People"


# how a sheet is damaged where reading does not look -> what is changed in it
DAMAGED = {
    "an attribute twice": ('left="0.7"', 'left="0.7" left="0.7"'),
    "an entity that nobody declares": ("</worksheet>", "<headerFooter>&nbsp;</headerFooter></worksheet>"),
    "no end": ("</worksheet>", ""),
    "an element that is never closed": ("</worksheet>", "<mergeCells></worksheet>"),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damage_is_found_before_anything_is_sent(book: SavedBook, damage: str) -> None:
    """The first write is rehearsed, too, when no result column exists yet."""
    rezipped(
        book.path,
        lambda name, content: content.replace(*map(str.encode, DAMAGED[damage])) if "sheet1" in name else content,
    )
    with pytest.raises(CollectXlError):
        open_saved(book.path).probe()


def test_links_are_rehearsed(book: SavedBook) -> None:
    """Relationships that cannot take a link are found before anything is sent, with the words of the write."""
    with xlsxwriter.Workbook(book.path) as filled:
        sheet = filled.add_worksheet("Contacts")
        fill_sheet(sheet, PEOPLE)
        sheet.write_url("H1", "https://example.com/1")

    def with_text(name: str, content: bytes) -> bytes:
        if not name.endswith("sheet1.xml.rels"):
            return content
        return content.replace(b"</Relationships>", b"<![CDATA[</Relationships>]]></Relationships>")

    rezipped(book.path, with_text)
    with pytest.raises(CollectXlError, match="holds no relationships that can be read here"):
        book.open().probe()


@pytest.mark.parametrize("name", ["out.csv", "out.xlsm", "out"])
def test_an_output_of_another_kind_is_refused_before(book: SavedBook, tmp_path: Path, name: str) -> None:
    """A name that promises another kind of file is told, with the ending that fits."""
    with pytest.raises(WorkbookRefused, match=r"is a \.xlsx workbook") as told:
        open_saved(book.path, output=tmp_path / name).probe()
    assert told.value.tip == "Let the name end with .xlsx."


def test_a_backup_is_kept(book: SavedBook) -> None:
    """The workbook as it was before our first write is kept beside it, and said so."""
    before = book.path.read_bytes()
    workbook = book.open()
    written = workbook.write(results_of(workbook, {2: sent(2)}))
    assert before == book.path.with_name("clients.backup.xlsx").read_bytes()
    assert any("clients.backup.xlsx" in note for note in written.notes)


def test_links(book: SavedBook) -> None:
    """A portal URL becomes a hyperlink only where the result allows it."""
    workbook = book.open()
    url = "https://collect.example/p/{}"
    results = [
        RowResult(each.row, each.anchor, {"result.portalUrl": url.format(each.row)}, link=each.row == 2)
        for each in results_of(workbook, {2: {}, 3: {}})
    ]
    workbook.write(results)
    sheet = openpyxl.load_workbook(book.path)["Contacts"]
    assert [url.format(2), url.format(3)] == [sheet["F2"].value, sheet["F3"].value]
    assert (url.format(2), None) == (sheet["F2"].hyperlink.target, sheet["F3"].hyperlink)


def test_a_formula_in_a_result_column(tmp_path: Path) -> None:
    """A formula where a result must go is found before anything is sent, and never overwritten."""
    path = tmp_path / "formula.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ["Email", "Collect status"])
        sheet.write_column(1, 0, ["ann@example.com", "bob@example.com"])
        sheet.write_formula(2, 1, '=IF(A3="","x","")', None, "")
    with pytest.raises(WorkbookRefused, match=r"B3"):
        open_saved(path).probe()


def test_merged_result_cells(tmp_path: Path) -> None:
    """Result cells that are merged are found before anything is sent."""
    path = tmp_path / "merged.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_row(0, 0, ["Email", "Collect status"])
        sheet.write_column(1, 0, ["ann@example.com", "bob@example.com"])
        sheet.merge_range("B2:B3", "")
    with pytest.raises(WorkbookRefused, match=r"B2:B3"):
        open_saved(path).probe()


def test_a_protected_sheet_is_warned_of(tmp_path: Path) -> None:
    """A protected sheet is written to, and the preview says that it is protected."""
    path = tmp_path / "protected.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        sheet.write_column(0, 0, ["Email", "ann@example.com"])
        sheet.protect("secret")
    assert ["protected" in note for note in open_saved(path).probe()] == [True]


def test_a_signed_workbook(book: SavedBook) -> None:
    """A digital signature stops the run before anything is sent, unless the user says otherwise."""
    with zipfile.ZipFile(book.path, "a") as archive:
        archive.writestr("_xmlsignatures/origin.sigs", b"")
    with pytest.raises(WorkbookRefused, match="signature"):
        book.open().probe()
    forced = open_saved(book.path, force=True)
    forced.probe()
    forced.write(results_of(forced, {2: sent(2)}))
    assert book.shown()[1][6] == "r2"


def test_a_folder_that_takes_no_file(book: SavedBook, tmp_path: Path) -> None:
    """A place that cannot be written is found before anything is sent."""
    with pytest.raises(DiskError):
        open_saved(book.path, output=tmp_path / "absent" / "out.xlsx").probe()


def test_a_table_takes_the_columns_in(tmp_path: Path) -> None:
    """A table of contacts grows by the result columns, and the next run reads them as its own."""
    path = tmp_path / "table.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("Contacts")
        columns = [{"header": "Email"}, {"header": "First name"}]
        people = [["ann@example.com", "Ann"], ["bob@example.com", "Bob"]]
        sheet.add_table("C5:D7", {"name": "Clients", "columns": columns, "data": people})
    workbook = open_saved(path)
    workbook.write(results_of(workbook, {6: sent(6), 7: sent(7)}))
    layout = open_saved(path).layout()
    assert (layout.table, layout.header_row) == ("Clients", 5)
    assert ["Email", "First name", *RESULT_HEADERS] == [column.header for column in layout.columns]
    assert openpyxl.load_workbook(path)["Contacts"].tables["Clients"].ref == "C5:H7"


def test_headers_of_results_keep_their_spelling(tmp_path: Path) -> None:
    """A result column whose header people spelt their own way is used as it is."""
    path = raw_workbook(tmp_path / "own.xlsx", {"Contacts": rows(["Email", "Collect_Status:"], ["ann@example.com"])})
    workbook = open_saved(path)
    workbook.probe()
    workbook.write(results_of(workbook, {2: {"status": "pending"}}))
    assert ["Email", "Collect_Status:", *RESULT_HEADERS[1:]] == shown(path)[0]
    assert shown(path)[1][:2] == ["ann@example.com", "pending"]


def test_rows_without_references_take_their_results(tmp_path: Path) -> None:
    """Sheets whose rows and cells carry no reference are read and written all the same."""
    cell = '<c t="inlineStr"><is><t>{}</t></is></c>'
    lines = "".join(f"<row>{cell.format(text)}</row>" for text in ("Email", "ann@example.com", "bob@example.com"))
    path = raw_workbook(tmp_path / "bare.xlsx", {"Contacts": f"<sheetData>{lines}</sheetData>"})
    workbook = open_saved(path)
    workbook.write(results_of(workbook, {3: sent(3)}))
    assert [line[4] for line in shown(path)[1:]] == [None, "r3"]


def test_opened_through_a_link(book: SavedBook, tmp_path: Path) -> None:
    """A symbolic link stays one; the results are in the file that it points to."""
    link = tmp_path / "link.xlsx"
    link.symlink_to(book.path)
    workbook = open_saved(link)
    workbook.write(results_of(workbook, {2: sent(2)}))
    assert link.is_symlink()
    assert book.shown()[1][6] == "r2"


def test_not_a_workbook(tmp_path: Path) -> None:
    """Another kind of file is refused when it is opened, with the remedy."""
    path = tmp_path / "clients.csv"
    path.write_text("Email\n")
    with pytest.raises(NotAWorkbook) as told:
        open_saved(path)
    assert ".xlsx" in told.value.tip


def test_a_file_that_is_absent(tmp_path: Path) -> None:
    """A file that does not exist is an error of reading, not of writing."""
    with pytest.raises(DiskError, match="cannot be read"):
        open_saved(tmp_path / "absent.xlsx")


def test_a_sheet_that_is_absent(book: SavedBook) -> None:
    """A sheet that the user names and the book lacks is an error that lists what there is."""
    for names in ({"contacts_sheet": "Clients"}, {"options_sheet": "Clients"}):
        with pytest.raises(LayoutError, match=r"Clients.*Contacts"):
            open_saved(book.path, **names)


def test_a_write_that_is_refused_leaves_the_file(tmp_path: Path) -> None:
    """When writing is refused in the middle, the file is as it was and nothing lies beside it."""
    formula = '<row r="3"><c r="B3" t="str"><f>A1</f><v>x</v></c></row>'
    lines = row(1, ["Email", "Collect status"]) + row(2, ["ann@example.com"]) + formula
    path = raw_workbook(tmp_path / "odd.xlsx", {"Contacts": f"<sheetData>{lines}</sheetData>"})
    before = path.read_bytes()
    workbook = open_saved(path)
    with pytest.raises(WorkbookRefused, match="B3"):
        workbook.write(results_of(workbook, {2: sent(2), 3: sent(3)}))
    assert (before, [path]) == (path.read_bytes(), list(tmp_path.iterdir()))


@pytest.mark.slow
@settings(deadline=None)
@given(st.floats(0, 1, exclude_max=True), st.binary(max_size=1))
def test_damaged_files_are_read_or_refused(place: float, wrong: bytes) -> None:
    """A file that was cut short, or has a wrong byte, is read as it was or refused by one of our errors."""
    with TemporaryDirectory() as folder:
        book = SavedBook(Path(folder) / "clients.xlsx")
        book.fill(PEOPLE)
        content = book.path.read_bytes()
        at = int(place * len(content))
        book.path.write_bytes(content[:at] + (wrong + content[at + 1 :] if wrong else b""))
        with suppress(CollectXlError):
            assert [line[0] for line in PEOPLE[1:]] == [each.cells["email"] for each in book.open().rows()]


PERSON = st.sampled_from("abcdef")


@given(st.lists(PERSON, max_size=8), st.lists(PERSON, max_size=8))
def test_no_result_goes_to_a_stranger(before: list[str], after: list[str]) -> None:
    """Whatever happened to the sheet, a result lands on a row of the same person or is lost, and no two on one row."""
    results = [RowResult(n, anchor({"email": name}), {}) for n, name in enumerate(before, start=2)]
    now = {n: anchor({"email": name}) for n, name in enumerate(after, start=2)}
    found = find_again(results, lambda: iter(now.items()))
    assert {n: result.anchor for n, result in found.rows.items()} == {n: now[n] for n in found.rows}
    assert len(before) == len(found.rows) + len(found.lost)
    assert {n for n, result in found.rows.items() if result.row == n} >= {
        n for n, name in enumerate(before, start=2) if now.get(n) == anchor({"email": name})
    }
    kept = {name: min(before.count(name), after.count(name)) for name in set(before)}
    assert sum(kept.values()) == len(found.rows)
