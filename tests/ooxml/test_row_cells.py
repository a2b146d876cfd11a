"""What is not known among a row's cells is refused: never read as blank, never written over."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.ooxml.row_cells import cells
from collect_xl.workbook.saved import open_saved
from collect_xl.workbook.write_columns import add_columns
from support.raw_workbook import TRANSITIONAL, raw_workbook, row

if TYPE_CHECKING:
    from pathlib import Path

FOREIGN = '<x:c r="{at}" t="inlineStr"><x:is><x:t>{text}</x:t></x:is></x:c>'
A = b'<c r="A1"><v>1</v></c>'
C = b'<c r="C1" s="2"/>'


def book(tmp_path: Path, *rows: str) -> Path:
    """Return a workbook of some rows, in which a second prefix means the same namespace."""
    xml = (
        f'<worksheet xmlns="{TRANSITIONAL}" xmlns:x="{TRANSITIONAL}"><sheetData>{"".join(rows)}</sheetData></worksheet>'
    )
    return raw_workbook(tmp_path / "book.xlsx", {"Contacts": xml})


def test_an_address_in_another_prefix_is_not_read_as_blank(tmp_path):
    """A cell in another prefix holds an address: the sheet is refused by name, and nobody on it is passed over."""
    path = book(
        tmp_path, row(1, ("Email", "Name")), f'<row r="2">{FOREIGN.format(at="A2", text="ann@x.example")}</row>'
    )
    with pytest.raises(WorkbookRefused, match=r"Sheet Contacts holds something .* not known here: <x:c>") as refused:
        list(open_saved(path).rows())
    assert refused.value.tip


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(FOREIGN, id="alone"),
        pytest.param('<c r="A2"><v>1</v></c>' + FOREIGN, id="last"),
        pytest.param('<c r="A2"><v>1</v></c><c r="B2"><v>1</v></c>' + FOREIGN, id="behind the others"),
        pytest.param('<c r="A2"><v>1</v></c><x:c r="{at}"><x:f>1+1</x:f><x:v>2</x:v></x:c>', id="a formula"),
        pytest.param('<c r="A2"><v>1</v></c><x:c r="{at}"/>', id="empty"),
    ],
)
@pytest.mark.parametrize("number", [2, 3])
def test_a_cell_in_another_prefix_is_not_written_over(tmp_path, line, number):
    """A user's cell where a result would go, or below one, is noticed, and no file is written."""
    own = f'<row r="{number}">{line.format(at=f"C{number}", text="mine").replace("2", str(number))}</row>'
    path = book(tmp_path, row(1, ("Email", "Name")), own)
    with pytest.raises(WorkbookRefused, match="not known here"):
        add_columns(path, "Contacts", 1, ("Collect status",), [(2, ("sent",))], tmp_path / "out.xlsx")
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]


@pytest.mark.parametrize(
    "number",
    [pytest.param(2, id="row written"), pytest.param(9, id="row not written")],
)
def test_a_formula_in_another_prefix_is_not_written_over(tmp_path, number):
    """The formula in a result column is seen by its name, whatever its prefix."""
    line = f'<row r="{number}"><c r="A{number}"><x:f>1+1</x:f><x:v>2</x:v></c></row>'
    path = book(tmp_path, row(1, ("Collect status",)), line)
    with pytest.raises(WorkbookRefused):
        add_columns(path, "Contacts", 1, ("Collect status",), [(2, ("sent",)), (9, ("sent",))], tmp_path / "out.xlsx")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(A + b'<x:c r="B1"><v>2</v></x:c>' + C, id="another prefix"),
        pytest.param(A + b'<x:c r="B1"/>' + C, id="another prefix, empty"),
        pytest.param(b'<x:c r="A1"/>' + C, id="first"),
        pytest.param(A + b'<x:c r="B1"/>', id="last"),
        pytest.param(A + b"text" + C, id="a text"),
        pytest.param(A + b"<cell/>" + C, id="an unknown element"),
        pytest.param(b"<mc:AlternateContent>" + A + b"</mc:AlternateContent>", id="alternatives"),
        pytest.param(b'<c r="A1"><x:v>1</x:v></c>', id="a value in another prefix"),
        pytest.param(b'<c r="A1"><v>1</v><v>2</v></c>', id="two values"),
        pytest.param(b'<c r="A1">1</c>', id="a text in a cell"),
        pytest.param(b'<c r="A1"><foo/></c>', id="an unknown element in a cell"),
        pytest.param(b'<c r="&#65;1"><v>1</v></c>', id="an escaped reference"),
        pytest.param(b'<c r="R1C1"><v>1</v></c>', id="another kind of reference"),
    ],
)
def test_what_is_not_known_is_refused(body):
    """Matches cover the whole row and the whole inside of each cell, or there is no answer."""
    with pytest.raises(WorkbookRefused, match="not known here"):
        cells(body)


@pytest.mark.parametrize(
    ("body", "token"),
    [
        pytest.param(b'<c r="A1"><v>1</v><f>B1</f></c>', (b"A", b"", b"", b"<f>B1</f>", b"1", b""), id="value first"),
        pytest.param(
            b'<c r="A1" t="inlineStr"><f>B1</f><v>x</v></c>',
            (b"A", b"", b"inlineStr", b"<f>B1</f>", b"x", b""),
            id="inline with a value",
        ),
        pytest.param(
            b'<c r="A1" t="inlineStr"><is><t>x</t></is><v>y</v></c>',
            (b"A", b"", b"inlineStr", b"", b"y", b"<t>x</t>"),
            id="inline and a value",
        ),
        pytest.param(
            b'<c x=" r=\'Z9\' s=\'7\'" r="A1" s="3"><v>1</v></c>',
            (b"A", b"3", b"", b"", b"1", b""),
            id="an attribute that reads like another",
        ),
        pytest.param(b"\n" + A + b" \n", (b"A", b"", b"", b"", b"1", b""), id="blanks around"),
        pytest.param(A + b"<extLst><ext>1</ext></extLst>", (b"A", b"", b"", b"", b"1", b""), id="extension behind"),
        pytest.param(b'<c r="A1" cm="1"><v>1</v></c>', (b"A", b"", b"", b"", b"1", b""), id="more attributes"),
    ],
)
def test_every_order_and_every_attribute_is_read(body, token):
    """What the schema allows is read, in the usual order or not."""
    assert cells(body) == [token]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        pytest.param('<c r="A2"><v>1</v></c><c r="A2"><v>2</v></c>', "twice", id="one cell twice"),
        pytest.param('<c r="A2"><v>1</v></c><c r="B7"><v>2</v></c>', "several rows", id="a cell of another row"),
    ],
)
def test_cells_that_do_not_belong_are_refused(tmp_path, line, words):
    """A cell that comes twice, or names another row, is damage: which of them counts is not known."""
    path = book(tmp_path, row(1, ("Email", "Name")), f'<row r="2">{line}</row>')
    with pytest.raises(DamagedWorkbook, match=words):
        open_saved(path).probe()


@pytest.mark.parametrize("piece", [b" ", b"<c ", b"<c>", b"<f>", b"<v/>", b"<is>", b"<extLst>", b"<x:c/>"])
def test_a_row_made_to_be_looked_through_again_and_again_is_refused_at_once(piece):
    """However often a start is repeated in a row or in a cell, it is looked through a few times at most."""
    before = time.process_time()
    for body in (piece * 100_000, b'<c r="A1">' + piece * 100_000 + b"</c>"):
        try:
            cells(body)
        except WorkbookRefused:
            continue
    assert time.process_time() - before < 20
