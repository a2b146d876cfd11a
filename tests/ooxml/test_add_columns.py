"""Where columns go, what they look like, what grows with them, and what is refused before anything is written."""

from __future__ import annotations

import itertools
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
import xlsxwriter

from collect_xl.errors import DamagedWorkbook, LayoutError, UsageError, WorkbookRefused
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members, content, local, sheet_cells, texts
from support.raw_workbook import STRICT, raw_workbook, row, rows
from support.workbooks import plain, with_table

if TYPE_CHECKING:
    from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"
LINES = (("Email", "Name"), ("ann@example.com", "Ann"), ("bob@example.com", "Bob"))


def add(path: Path, columns=("Status",), lines=((2, ("sent",)),), **options):
    """Write columns into the first sheet of a copy, and return the copy and the outcome."""
    output = path.with_name(f"filled-{path.name}")
    options.setdefault("header_row", 1)
    sheet = options.pop("sheet", "Contacts")
    return output, add_columns(path, sheet, options.pop("header_row"), columns, lines, output, **options)


def book(tmp_path: Path, inside: str, **options) -> Path:
    return raw_workbook(tmp_path / "book.xlsx", {"Contacts": inside}, **options)


def cell(path: Path, place: tuple[int, int]) -> ET.Element:
    return sheet_cells(ET.fromstring(content(path, SHEET)))[place]


def test_new_columns_stand_right_of_everything_used(tmp_path):
    """A value far to the right, below the list, moves the new columns right of it."""
    path = book(tmp_path, rows(("Email",), ("a@b.c",), (None,) * 6 + ("stray",)))
    assert add(path)[1].columns == (8,)


def test_styled_blanks_at_the_right_are_not_used(tmp_path):
    """Cells that only have a format are free, and keep their format."""
    line = '<row r="1"><c r="A1" t="str"><v>Email</v></c><c r="B1" s="3"/><c r="C1" s="3"></c></row>'
    output, added = add(book(tmp_path, f"<sheetData>{line}</sheetData>"))
    assert added.columns == (2,)
    assert cell(output, (1, 2)).get("s") == "3"


def beside(path: Path, *, table: bool) -> Path:
    """A list of people in A1:C4, as a table or not, and a table of prices right of it."""
    with xlsxwriter.Workbook(path) as book:
        page = book.add_worksheet("Contacts")
        people = [["a@x1.com", "A", "B"], ["b@x1.com", "C", "D"], ["c@x1.com", "E", "F"]]
        if table:
            columns = [{"header": each} for each in ("Email", "First name", "Last name")]
            page.add_table("A1:C4", {"name": "People", "columns": columns, "data": people})
        else:
            for number, line in enumerate([["Email", "First name", "Last name"], *people]):
                page.write_row(number, 0, line)
        prices = [{"header": "Thing"}, {"header": "Price"}]
        page.add_table("E1:F6", {"name": "Prices", "columns": prices, "data": [["x", 1]] * 5})
    return path


@pytest.mark.parametrize("text", [" before", "behind ", " a & b ", "\u00a0before"])
def test_blanks_at_the_edges_of_a_text_are_marked(tmp_path, text):
    """Excel drops the blanks around a text unless it is told to keep them; a text without any has no mark."""
    path = plain(tmp_path / "book.xlsx", (("Email",), ("ann@example.com",)))
    marks = []
    for each in (text, "between a & b"):
        output, _ = add(path, ("Collect status",), ((2, (each,)),))
        marks.append(content(output, SHEET).count(b' xml:space="preserve"'))
    assert marks == [1, 0]


@pytest.mark.parametrize("table", [True, False])
def test_a_table_that_does_not_hold_the_contacts_does_not_grow(tmp_path, table):
    """Results stand right of another list's table, which stays as it is, and are found again by the next run."""
    path = beside(tmp_path / "book.xlsx", table=table)
    output, added = add(path, ("Collect status", "Collect request ID"), ((2, ("sent", "r1")),))
    assert (added.columns, changed_members(path, output)) == ((7, 8), {SHEET})
    note = "The table People was not extended to the new columns, because cells right of it are used."
    assert added.notes == ((note,) if table else ())
    found = {column.field: column.index for column in open_saved(output).layout().columns}
    assert (found["result.status"], found["result.requestId"]) == (7, 8)


def test_a_filter_that_does_not_hold_the_contacts_does_not_grow(tmp_path):
    """A sheet's filter over other columns stays as it is."""
    with xlsxwriter.Workbook(tmp_path / "book.xlsx") as book:
        page = book.add_worksheet("Contacts")
        page.write_row("A1", ("Email", "Name", None, "Thing", "Price"))
        page.write_row("A2", ("a@x1.com", "Ann", None, "x", 1))
        page.autofilter("D1:E2")
    output, _ = add(tmp_path / "book.xlsx")
    assert b'<autoFilter ref="D1:E2"' in content(output, SHEET)


@pytest.mark.parametrize("end", ["</c >", "</c\n>"])
def test_cells_that_end_with_a_blank_are_used(tmp_path, end):
    """New columns never stand over cells that hold something, however the file spells their end."""
    path = book(tmp_path, rows(("Email", "Name"), ("a@b.c", "Ann")).replace("</c>", end))
    output, added = add(path)
    assert added.columns == (3,)
    assert cell(output, (2, 2)) is not None


def test_a_column_that_no_sheet_has_is_damage(tmp_path):
    """A cell whose reference names no column is damage, and is not counted to for ever."""
    path = book(tmp_path, rows(("Email",), ("a@b.c",)).replace('r="A2"', 'r="$A$2"'))
    with pytest.raises(DamagedWorkbook, match="which no sheet has"):
        add(path)


@pytest.mark.parametrize("between", ["<!-- <si><t>gone</t></si> -->", "<!-- -->"])
def test_a_header_among_shared_strings_with_comments(tmp_path, between):
    """Shared strings are counted as programs count them: one that stands in a comment is none."""
    strings = f"<si><t>Email</t></si>{between}<si><t>Status</t></si><si><t>Note</t></si>"
    header = '<row r="1">' + "".join(
        f'<c r="{c}1" t="s"><v>{i}</v></c>' for c, i in (("A", "0"), ("B", "01"), ("C", "2"))
    )
    path = book(tmp_path, f"<sheetData>{header}</row></sheetData>", strings=strings)
    assert add(path)[1].columns == (2,)


@pytest.mark.parametrize("header", ["Collect status", " collect  STATUS ", "Collect\nstatus"])
def test_a_header_is_found_whatever_its_case_and_blanks(tmp_path, header):
    """A column whose header differs only in case and blanks is written, not added again."""
    path = book(tmp_path, rows(("Email", header, "Note"), ("a@b.c", None, "hello")))
    output, added = add(path, ("Collect status",))
    assert added.columns == (2,)
    assert {1: header, 2: "sent"} == texts(content(output, SHEET), 2)


def test_headers_are_found_in_shared_strings_formulas_and_numbers(tmp_path):
    """A header may be a shared string, the result of a formula, or a number."""
    header = (
        '<c r="A1" t="s"><v>1</v></c><c r="B1" t="str"><f>"Sta"&amp;"tus"</f><v>Status</v></c><c r="C1"><v>2026</v></c>'
    )
    path = book(
        tmp_path, f'<sheetData><row r="1">{header}</row></sheetData>', strings="<si><t>x</t></si><si><t>Error</t></si>"
    )
    assert add(path, ("2026", "Status", "Error"), [(2, ("a", "b", "c"))])[1].columns == (3, 2, 1)


def test_columns_in_any_order_take_their_own_texts(tmp_path):
    """Headers given in another order than the sheet's, old and new mixed, each get their own text."""
    path = book(tmp_path, rows(("C", "B", "Email"), ("c", "b", "a@b.c")))
    output, added = add(path, ("New", "B", "C"), [(2, ("1", "2", "3"))])
    assert added.columns == (4, 2, 1)
    xml = content(output, SHEET)
    assert [texts(xml, column)[2] for column in (1, 2, 4)] == ["3", "2", "1"]


def test_none_leaves_and_nothing_empties_a_cell(tmp_path):
    """None keeps what is there; an empty text removes it and keeps the format."""
    line = '<row r="2"><c r="A2" s="2"><v>1</v></c><c r="B2" s="2"><v>2</v></c></row>'
    head = row(1, ("One", "Two"))
    output, _ = add(book(tmp_path, f"<sheetData>{head}{line}</sheetData>"), ("One", "Two"), [(2, (None, ""))])
    kept, emptied = cell(output, (2, 1)), cell(output, (2, 2))
    assert [kept.get("s"), emptied.get("s"), len(kept), len(emptied)] == ["2", "2", 1, 0]


def test_rows_that_the_sheet_lacks_are_made(tmp_path):
    """Texts for rows between and below the sheet's rows make those rows, in order."""
    data = f"<sheetData>{row(1, ('Email',))}{row(5, ('a@b.c',))}</sheetData>"
    output, _ = add(
        book(tmp_path, f'<dimension ref="A1:A5"/>{data}'),
        lines=[(3, ("three",)), (4, ("",)), (5, ("five",)), (9, ("nine",))],
    )
    root = ET.fromstring(content(output, SHEET))
    assert [each.get("r") for each in root.iter() if local(each) == "row"] == ["1", "3", "5", "9"]
    assert root.find("{*}dimension").get("ref") == "A1:B9"


@pytest.mark.parametrize(
    ("behind", "bottom"), [('<row r="7"/>', 7), ("", 3)], ids=["an empty row is the last", "a full row is the last"]
)
def test_the_dimension_reaches_the_last_row_that_the_sheet_has(tmp_path, behind, bottom):
    """Some readers drop what is beyond the dimension, so that it reaches a row that is only formatted, too."""
    data = rows(("Email",), ("a@b.c",), ("d@e.f",)).replace("</sheetData>", f"{behind}</sheetData>")
    output, _ = add(book(tmp_path, f'<dimension ref="A1"/>{data}'))
    root = ET.fromstring(content(output, SHEET))
    assert root.find("{*}dimension").get("ref") == f"A1:B{bottom}"


def test_new_cells_take_header_row_and_column_styles(tmp_path):
    """A new header looks like the last one, a cell like its row where the row has a format, else like its column."""
    columns = '<cols><col min="2" max="5" width="9" style="4"/></cols>'
    first = '<row r="1"><c r="A1" s="7" t="str"><v>Email</v></c></row>'
    third = '<row r="3" s="5" customFormat="1"><c r="A3"><v>1</v></c></row>'
    output, _ = add(
        book(tmp_path, f"{columns}<sheetData>{first}{row(2, ('x',))}{third}</sheetData>"),
        lines=[(2, ("a",)), (3, ("b",))],
    )
    assert [cell(output, (line, 2)).get("s") for line in (1, 2, 3)] == ["7", "4", "5"]


def test_widths_are_set_where_no_range_has_one(tmp_path):
    """A new column gets its width; one inside a range of the sheet's own keeps that range's width."""
    columns = '<cols><col min="1" max="2" width="9"/></cols>'
    output, _ = add(book(tmp_path, columns + rows(("Email",))), ("One", "Two"), [], widths=(10, 20.5))
    found = [dict(each.attrib) for each in ET.fromstring(content(output, SHEET)).iter() if local(each) == "col"]
    assert found == [
        {"min": "1", "max": "2", "width": "9"},
        {"min": "3", "max": "3", "width": "20.5", "customWidth": "1"},
    ]


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        pytest.param("=HYPERLINK(1)", "=HYPERLINK(1)", id="formula"),
        pytest.param('a & b < c > "d"', 'a & b < c > "d"', id="markup"),
        pytest.param(" x ", " x ", id="blanks at the ends"),
        pytest.param("one\ntwo\tthree", "one\ntwo\tthree", id="line break"),
        pytest.param("bell\a", "bell_x0007_", id="control character"),
        pytest.param("a\r\nb", "a_x000D_\nb", id="carriage return"),
        pytest.param("_x0041_", "_x005F_x0041_", id="literal escape"),
        pytest.param("_x0041_x0042_", "_x005F_x0041_x005F_x0042_", id="literal escapes that share a line"),
        pytest.param("half \ud83d pair", "half  pair", id="lone surrogate"),
        pytest.param("\ufffe", "_xFFFE_", id="no character"),
        pytest.param("é 漢 😀", "é 漢 😀", id="other scripts"),
        pytest.param("x" * 40_000, "x" * 32_767, id="too long"),
        pytest.param("😀" * 20_000, "😀" * 16_383, id="too long in pairs"),
    ],
)
def test_texts_stay_texts(tmp_path, text, stored):
    """Whatever a text holds, it is stored as text, escaped as Excel does, and cut at what a cell can hold."""
    output, _ = add(book(tmp_path, rows(("Email",))), lines=[(2, (text,))])
    written = cell(output, (2, 2))
    assert ("inlineStr", stored) == (written.get("t"), "".join(written.itertext()))


def test_a_table_grows_with_its_filter_and_its_columns(tmp_path):
    """A table whose edge the new columns touch takes them, with new ids and the headers as names."""
    path = with_table(tmp_path / "book.xlsx")
    output, added = add(path, ("Status", 'A "b" & <c>\nd'), [(4, ("sent", "x"))], header_row=3)
    root = ET.fromstring(content(output, "xl/tables/table1.xml"))
    names = [(each.get("id"), each.get("name")) for each in root.iter() if local(each) == "tableColumn"]
    assert added.columns == (4, 5)
    assert [root.get("ref"), root.find("{*}autoFilter").get("ref"), root.find("{*}tableColumns").get("count")] == [
        "B3:E8",
        "B3:E8",
        "4",
    ]
    assert names == [("1", "Email"), ("2", "Name"), ("3", "Status"), ("4", 'A "b" & <c>_x000a_d')]
    assert not added.notes


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        pytest.param(
            (b"<table ", b'<table tableType="queryTable" '),
            "a query. When it is refreshed, its rows may move away from these results.",
            id="query table",
        ),
        pytest.param((b"<table ", b'<table tableType="xml" '), "XML map. When it is refreshed", id="xml table"),
        pytest.param((b'name="Name"', b'name="status"'), "same name", id="name taken"),
    ],
)
def test_a_table_that_cannot_grow_stays_and_the_user_is_told(tmp_path, change, reason):
    """Query and XML tables, and tables with a column of the same name, keep their size; a note says why."""
    path = altered(with_table(tmp_path / "source.xlsx"), tmp_path / "book.xlsx", {"xl/tables/table1.xml": change})
    output, added = add(path, ("Status",), [(4, ("sent",))], header_row=3)
    assert content(path, "xl/tables/table1.xml") == content(output, "xl/tables/table1.xml")
    assert len(added.notes) == 1
    assert reason in added.notes[0]


def test_results_inside_a_query_table_come_with_a_warning(tmp_path):
    """A column of ours that a query's table holds already is written, and a note says what a refresh may do."""
    change = (b"<table ", b'<table tableType="queryTable" ')
    path = altered(with_table(tmp_path / "source.xlsx"), tmp_path / "book.xlsx", {"xl/tables/table1.xml": change})
    _, added = add(path, ("Name",), [(4, ("sent",))], header_row=3)
    (note,) = added.notes
    assert "is filled by a query: its next refresh may take these results away again" in note


def test_what_a_workbook_asks_for_is_told(tmp_path):
    """Results go into a workbook that is marked as final, or asks to be read only; a note says each."""
    path = tmp_path / "book.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("Contacts").write_row(0, 0, ("Email",))
        made.read_only_recommended()
        made.set_custom_property("_MarkAsFinal", True)
    _, added = add(path, ("Status",), [(2, ("sent",))])
    assert [note.partition(";")[0] for note in added.notes] == [
        "book.xlsx is marked as final",
        "book.xlsx asks to be opened for reading only",
    ]


def altered(source: Path, target: Path, changes: dict[str, tuple[bytes, bytes]]) -> Path:
    """Copy a workbook with some bytes of its parts replaced."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            before, after = changes.get(name, (b"", b""))
            assert before in old.read(name)
            new.writestr(name, old.read(name).replace(before, after, 1) if before else old.read(name))
    return target


def test_a_filter_over_the_list_grows(tmp_path):
    """A sheet's own filter that ends at the list's edge covers the new columns, too."""
    output, _ = add(plain(tmp_path / "book.xlsx", LINES, filtered=True), ("Status", "Error"), [])
    assert ET.fromstring(content(output, SHEET)).find("{*}autoFilter").get("ref") == "A1:D3"


def test_a_filter_elsewhere_stays(tmp_path):
    """A filter that does not end where the new columns begin keeps its area."""
    path = plain(
        tmp_path / "book.xlsx", [(*line, "more") if n == 2 else line for n, line in enumerate(LINES)], filtered=True
    )
    output, _ = add(path, ("Status",), [])
    assert ET.fromstring(content(output, SHEET)).find("{*}autoFilter").get("ref") == "A1:B3"


def test_recalculation_is_asked_for_when_there_are_formulas(tmp_path):
    """A workbook with a formula on any sheet is calculated when it is opened next; its other settings stay."""
    sheets = {
        "Contacts": rows(("Email",)),
        "Sum": '<sheetData><row r="1"><c r="A1"><f>1+1</f><v>2</v></c></row></sheetData>',
    }
    path = raw_workbook(tmp_path / "book.xlsx", sheets)
    output, _ = add(path)
    before, after = content(path, "xl/workbook.xml"), content(output, "xl/workbook.xml")
    assert before.replace(b"</sheets>", b'</sheets><calcPr fullCalcOnLoad="1"/>') == after


def test_a_workbook_without_formulas_keeps_its_workbook_part(tmp_path):
    """Nothing to calculate: only the sheet changes."""
    path = plain(tmp_path / "source.xlsx", LINES)
    path = altered(path, tmp_path / "book.xlsx", {"xl/workbook.xml": (b' fullCalcOnLoad="1"', b"")})
    assert {SHEET} == changed_members(path, add(path)[0])


@pytest.mark.parametrize(
    ("inside", "error", "word"),
    [
        pytest.param(
            '<sheetData><row r="1"><c r="A1" t="str"><v>Status</v></c></row>'
            '<row r="2"><c r="A2"><f>1+1</f><v>2</v></c></row></sheetData>',
            WorkbookRefused,
            "Contacts!A2 holds a formula",
            id="formula",
        ),
        pytest.param(
            f'{rows(("Status",), ("x",))}<mergeCells><mergeCell ref="A1:A4"/></mergeCells>',
            WorkbookRefused,
            "Contacts!A2 belongs to A1:A4",
            id="merged",
        ),
        pytest.param(
            '<sheetData><row r="1"><c r="B1" t="str"><v>Status</v></c></row>'
            '<row r="2"><c r="A2"><f t="array" ref="A2:B3">{1}</f><v>1</v></c></row></sheetData>',
            WorkbookRefused,
            "Contacts!B2 belongs to A2:B3",
            id="array result",
        ),
        pytest.param(rows(("Email", "Status", "Status")), LayoutError, "B1 and C1", id="header twice"),
        pytest.param(
            '<sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData>', WorkbookRefused, "XFD", id="no room"
        ),
        pytest.param("<sheetData><!-- a --></sheetData>", WorkbookRefused, "comments", id="comment"),
        pytest.param(
            '<sheetData><row r="1"><c r="A1" t="str"><v><![CDATA[x]]></v></c></row></sheetData>',
            WorkbookRefused,
            "CDATA",
            id="CDATA",
        ),
        pytest.param(
            '<sheetData><row r="3"/><row r="2"/></sheetData>', DamagedWorkbook, "below row 3", id="rows unordered"
        ),
        pytest.param(
            '<sheetData><row r="2"><c r="C2"><v>1</v></c><c r="A2"><v>1</v></c></row><row r="3"><c r="A3"><v>1</v></c>'
            '<c r="B3" t="str"><v>x</v></c></row></sheetData>',
            DamagedWorkbook,
            "out of order",
            id="cells unordered",
        ),
        pytest.param("<sheetData><row r='1'><c></row></sheetData>", WorkbookRefused, "not known here", id="open cell"),
        pytest.param(
            "<sheetData><row r='1'><c r='A1' t='str'><v>&x;</v></c></row></sheetData>",
            DamagedWorkbook,
            "well-formed",
            id="ill-formed",
        ),
    ],
)
def test_what_cannot_be_written_is_refused_before_writing(tmp_path, inside, error, word):
    """A refusal names the cell and the remedy, and leaves no file behind."""
    path = book(tmp_path, inside)
    with pytest.raises(error) as raised:
        add(path)
    assert word in str(raised.value)
    assert raised.value.tip
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]


@pytest.mark.parametrize(
    ("columns", "lines", "header_row"),
    [
        pytest.param((), [], 1, id="no columns"),
        pytest.param(("A", "a "), [], 1, id="alike"),
        pytest.param((" ",), [], 1, id="blank"),
        pytest.param(("A",), [], 0, id="row 0"),
        pytest.param(("A",), [(1, ("x",))], 1, id="header row"),
        pytest.param(("A",), [(3, ("x",)), (2, ("x",))], 1, id="descending"),
        pytest.param(("A",), [(3, ("x",)), (3, ("x",))], 1, id="row twice"),
        pytest.param(("A",), [(2, ("x", "y"))], 1, id="too many texts"),
        pytest.param(("A",), [(1_048_577, ("x",))], 1, id="below the sheet"),
    ],
)
def test_words_that_do_not_fit_together_are_refused(tmp_path, columns, lines, header_row):
    """Headers and rows that make no sense are an error of usage, before anything is written."""
    path = book(tmp_path, rows(("Email",)))
    with pytest.raises(UsageError):
        add(path, columns, lines, header_row=header_row)
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(tmp_path):
    """The error for an unknown sheet lists the worksheets."""
    with pytest.raises(LayoutError, match="no worksheet named Leads; it has: Contacts"):
        add(book(tmp_path, rows(("Email",))), sheet="Leads")


def test_a_protected_sheet_and_hidden_columns_are_told(tmp_path):
    """Protection and hidden columns do not hinder writing; the user hears of them."""
    columns = '<cols><col min="2" max="16384" width="0" hidden="1"/></cols>'
    path = book(tmp_path, f'{columns}{rows(("Email",))}<sheetProtection sheet="1"/>')
    notes = add(path)[1].notes
    assert [next(w for w in ("protected", "hides the columns B") if w in n) for n in notes] == [
        "protected",
        "hides the columns B",
    ]


@pytest.mark.parametrize("folder", ["_xmlsignatures", "xl/revisions"])
def test_signed_and_tracked_workbooks_need_force(tmp_path, folder):
    """Writing would break a signature or a log of changes: refused, or done with force and a note."""
    path = book(tmp_path, rows(("Email",)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(f"{folder}/part.xml", "<x/>")
    with pytest.raises(WorkbookRefused, match="writing would break"):
        add(path)
    assert "as you asked" in add(path, force=True)[1].notes[0]


def test_strict_and_prefixed_sheets_are_written_in_their_own_way(tmp_path):
    """New elements carry the sheet's prefix and no namespace of their own, except for the link's."""
    sheet = (
        f'<x:worksheet xmlns:x="{STRICT}"><x:sheetData><x:row r="1"><x:c r="A1" t="str"><x:v>Email</x:v></x:c></x:row>'
        "</x:sheetData></x:worksheet>"
    )
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": sheet}, namespace=STRICT)
    output, _ = add(path, ("URL",), [(2, ("https://example.com/a",))], link=Link("URL"))
    root = ET.fromstring(content(output, SHEET))
    assert {STRICT} == {each.tag.partition("}")[0][1:] for each in root.iter()}
    assert b"https://example.com/a" in content(output, "xl/worksheets/_rels/sheet1.xml.rels")


def test_a_byte_order_mark_is_kept(tmp_path):
    """A sheet that begins with a UTF-8 mark is read, and keeps it."""
    mark = "\ufeff<?xml version='1.0'?>"
    path = raw_workbook(
        tmp_path / "book.xlsx", {"Contacts": f'{mark}<worksheet xmlns="{STRICT}">{rows(("Email",))}</worksheet>'}
    )
    assert content(add(path)[0], SHEET).startswith(b"\xef\xbb\xbf<?xml")


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1"])
def test_a_sheet_in_another_encoding_is_refused(tmp_path, encoding):
    """A sheet that is not UTF-8 is not changed byte by byte."""
    xml = f'<?xml version="1.0" encoding="{encoding}"?><worksheet xmlns="{STRICT}">{rows(("Email",))}</worksheet>'
    source = book(tmp_path, rows(("Email",)))
    path = tmp_path / "other.xlsx"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, xml.encode(encoding) if name == SHEET else old.read(name))
    with pytest.raises(WorkbookRefused, match="not written in UTF-8"):
        add(path)


def test_rows_may_come_from_a_generator(tmp_path):
    """Rows are taken one by one, so that a million of them need no memory."""
    lines = ((number, (f"text {number}",)) for number in itertools.takewhile(lambda n: n < 2_000, itertools.count(2)))
    output, _ = add(book(tmp_path, rows(("Email",))), lines=lines)
    assert len(texts(content(output, SHEET), 2)) == 1_999
