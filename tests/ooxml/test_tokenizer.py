"""Sheets as streams: rows and cells however they are written, in chunks of any size, and sheets that are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused
from collect_xl.ooxml import tokenizer as sheet
from collect_xl.ooxml.row_cells import cells
from collect_xl.ooxml.tokenizer import SheetStream

PLAIN = (
    b'<worksheet><dimension ref="A1"/><sheetData>'
    b'<row r="1" spans="1:2"><c r="A1" t="s"><v>0</v></c><c r="B1" s="3"/></row>\n'
    b'<row r="2" hidden="1"/><row r="3"/>'
    b'<row r="7" ht="20"><c r="C7"><f>A1&gt;1</f><v>1.5</v></c></row>'
    b'<row r="8"/> </sheetData><pageMargins/></worksheet>'
)


def stream(xml: bytes, size: int = 1 << 18) -> SheetStream:
    return SheetStream((xml[at : at + size] for at in range(0, len(xml), size)), "sheet1.xml")


def endless(piece: bytes) -> Iterator[bytes]:
    yield b"<worksheet><sheetData>"
    while True:
        yield piece


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1 << 18])
def test_rows_are_the_same_in_chunks_of_any_size(size):
    """Numbers, hidden flags and cells do not depend on where chunks end, and every byte comes back."""
    opened = stream(PLAIN, size)
    rows = list(opened.rows())
    assert [row.number for row in rows] == [1, 2, 3, 7, 8]
    assert [row.hidden for row in rows] == [False, True, False, False, False]
    assert opened.head + b"".join(b"".join(row[1:]) for row in rows) + opened.tail == PLAIN


def test_rows_without_numbers_are_counted_on():
    """A row without a number comes after the row before it."""
    xml = b'<worksheet><sheetData><row/><row><c><v>1</v></c></row><row r="9"/><row></row></sheetData></worksheet>'
    assert [row.number for row in stream(xml).rows()] == [1, 2, 9, 10]


def test_an_empty_sheet_has_no_rows():
    """``<sheetData/>`` is opened, so that rows may follow."""
    opened = stream(b"<x:worksheet><x:sheetData /></x:worksheet>")
    assert list(opened.rows()) == []
    assert (opened.prefix, opened.head, opened.tail) == (
        b"x:",
        b"<x:worksheet><x:sheetData>",
        b"</x:sheetData></x:worksheet>",
    )


def test_a_greater_sign_in_an_attribute_does_not_end_a_tag():
    """XML allows ``>`` between quotes."""
    xml = b'<worksheet><sheetData><row r="1" note=\'a>b\'><c r="A1" x="1>0"><v>1</v></c></row></sheetData></worksheet>'
    row = next(stream(xml).rows())
    assert cells(row.body) == [(b"A", b"", b"", b"", b"1", b"")]


@pytest.mark.parametrize(
    ("body", "token"),
    [
        pytest.param(b'<c r="AB2" s="4" t="s"><v>7</v></c>', (b"AB", b"4", b"s", b"", b"7", b""), id="shared"),
        pytest.param(b'<c r="A2"><v>1.5</v></c>', (b"A", b"", b"", b"", b"1.5", b""), id="number"),
        pytest.param(b'<c r="A2" s="4"/>', (b"A", b"4", b"", b"", b"", b""), id="blank"),
        pytest.param(b'<c r="A2"><v/></c>', (b"A", b"", b"", b"", b"", b""), id="empty value"),
        pytest.param(b"<c t='b' r='A2'><v>1</v></c>", (b"A", b"", b"b", b"", b"1", b""), id="other order and quotes"),
        pytest.param(
            b'<c r="A2" t="str"><f>B1</f><v></v></c>', (b"A", b"", b"str", b"<f>B1</f>", b"", b""), id="formula"
        ),
        pytest.param(
            b'<c r="A2" cm="1"><f t="array" ref="A2">x</f><v>1</v></c>',
            (b"A", b"", b"", b'<f t="array" ref="A2">x</f>', b"1", b""),
            id="dynamic array",
        ),
        pytest.param(
            b'<c r="A2"><f si="0" t="shared"/><v>1</v></c>',
            (b"A", b"", b"", b'<f si="0" t="shared"/>', b"1", b""),
            id="shared formula",
        ),
        pytest.param(
            b'<c r="A2" t="inlineStr"><is><t>a</t></is></c>',
            (b"A", b"", b"inlineStr", b"", b"", b"<t>a</t>"),
            id="inline",
        ),
        pytest.param(
            b'<c r="A2" t="inlineStr"><is><r><rPr><color rgb="1"/></rPr><t>a</t></r></is></c>',
            (b"A", b"", b"inlineStr", b"", b"", b'<r><rPr><color rgb="1"/></rPr><t>a</t></r>'),
            id="rich",
        ),
        pytest.param(
            b'<c r="A2"><v xml:space="preserve"> 1 </v></c >', (b"A", b"", b"", b"", b" 1 ", b""), id="odd tags"
        ),
        pytest.param(b"<c><v>1</v></c>", (b"A", b"", b"", b"", b"1", b""), id="no reference"),
        pytest.param(
            b'<c r="A2"><v>1</v><extLst><ext uri="x"/></extLst></c>', (b"A", b"", b"", b"", b"1", b""), id="extension"
        ),
    ],
)
@pytest.mark.parametrize("prefix", [b"", b"x:"])
def test_cells_are_read_however_they_are_written(body, token, prefix):
    """Column, style, type, formula, value and inline text come out the same, with a prefix, too."""
    spelled, *wanted = (re.sub(rb"<(/?)", rb"<\1" + prefix, part) for part in (body, *token))
    assert cells(spelled, prefix) == [tuple(wanted)]


@pytest.mark.parametrize(
    ("xml", "error", "words"),
    [
        pytest.param(b"<worksheet><sheet/></worksheet>", DamagedWorkbook, "no <sheetData>", id="no rows at all"),
        pytest.param(b'<worksheet><sheetData><row r="1">', DamagedWorkbook, "in the middle", id="cut off"),
        pytest.param(
            b'<worksheet><sheetData><row r="1"></sheetData>',
            DamagedWorkbook,
            "in the middle of one",
            id="row left open",
        ),
        pytest.param(
            b'<worksheet><sheetData><row r="2"/><row r="2"/></sheetData>',
            DamagedWorkbook,
            "below row 2",
            id="row twice",
        ),
        pytest.param(b'<worksheet><sheetData><row r="0"/></sheetData>', DamagedWorkbook, "'0'", id="row 0"),
        pytest.param(
            b'<worksheet><sheetData><row r="1048577"/></sheetData>',
            DamagedWorkbook,
            "1048577",
            id="beyond the last row",
        ),
        pytest.param(b'<worksheet><sheetData><row r="x"/></sheetData>', DamagedWorkbook, "'x'", id="no number"),
        pytest.param(b"<worksheet><sheetData><a></row></sheetData>", DamagedWorkbook, "is no row", id="no row"),
        pytest.param(
            b"<worksheet><sheetData><row></row ></sheetData>", WorkbookRefused, "unusual way", id="blank in end tag"
        ),
        pytest.param(b"<worksheet><sheetData><?pi?></sheetData>", WorkbookRefused, "instructions", id="instruction"),
        pytest.param("\ufeff<worksheet/>".encode("utf-16-le"), WorkbookRefused, "UTF-8", id="utf-16"),
    ],
)
@pytest.mark.parametrize("size", [5, 1 << 18])
def test_what_does_not_hold_together_is_an_error(xml, error, words, size):
    """A sheet that is cut short, disordered or unusually written is named; nothing is skipped in silence."""
    with pytest.raises(error, match=words):
        list(stream(xml, size).rows())


def test_a_row_without_end_is_not_gathered_for_ever(monkeypatch):
    """A row beyond all measure is refused before it fills the memory."""
    monkeypatch.setattr(sheet, "MAX_ROW_BYTES", 10_000)
    with pytest.raises(HostileWorkbook, match="has a row of more than"):
        list(SheetStream(endless(b"<c/>" * 100), "sheet1.xml").rows())


@pytest.mark.slow
def test_a_million_empty_rows_are_passed_one_by_one():
    """Empty rows are handed on as they come, without being gathered first."""
    numbers = (b'<row r="%d"/>' % number for number in range(1, 1_000_000))
    opened = SheetStream(
        (b"<worksheet><sheetData>" if number < 0 else next(numbers) for number in range(-1, 50_000)), "s"
    )
    assert [row.number for row, _ in zip(opened.rows(), range(49_000), strict=False)] == list(range(1, 49_001))
