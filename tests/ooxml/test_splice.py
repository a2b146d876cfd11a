"""Rows rewritten many at once: the same bytes as with a careful look at every row, whatever the rows look like."""

from __future__ import annotations

from contextlib import nullcontext
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collect_xl.domain.a1 import Area, column_name
from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.cell_text import after_each_t, after_t
from collect_xl.ooxml.row_edit import Columns, RowEditor
from collect_xl.ooxml.splice import Splice
from collect_xl.ooxml.tokenizer import SheetStream
from collect_xl.ooxml.updates import in_blocks

TAGS = (
    "",
    ' spans="1:3"',
    ' spans="1:9"',
    ' ht="20" customHeight="1"',
    ' s="2" customFormat="1"',
    " t='a>b'",
    ' p="%d"',
)
CELLS = (  # how a cell may be written; @ is its reference
    '<c r="@"><v>1.5</v></c>',
    '<c r="@" s="3" t="s"><v>7</v></c>',
    '<c r="@" t="inlineStr"><is><t>old</t></is></c>',
    '<c r="@" s="4" t="inlineStr"><is><t xml:space="preserve"> old</t></is></c>',
    '<c r="@" s="3"/>',
    "<c r='@'><v>2</v></c>",
    '<c s="3" r="@"><v>2</v></c>',
    '<c r="@" t="inlineStr"><is><r><t>old</t></r></is></c>',
    "",
    "<extLst><ext/></extLst>",
)
USUAL = CELLS[:5]

texts = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["sent", "a & b", "", " x", "_x0041_"])
values = st.none() | texts


@st.composite
def rows(draw, width: int) -> list[tuple[int, bytes]]:
    """Return rows with their numbers; mostly all alike, as in real sheets."""
    tag, cells = draw(st.sampled_from(TAGS)), draw(st.lists(st.sampled_from(USUAL), max_size=width))
    odd = draw(st.sampled_from([(), (5,), (4, 7)]))
    found, number = [], 0
    for place in range(draw(st.integers(4, 12))):
        number += 2 if place in odd else 1
        if place in odd:
            tag_here, cells_here = draw(st.sampled_from(TAGS)), draw(st.lists(st.sampled_from(CELLS), max_size=width))
        else:
            tag_here, cells_here = tag, cells
        columns = (column_name(column) for column in range(1, width + 1))
        inside = "".join(
            cell.replace("@", f"{column}{number}") for cell, column in zip(cells_here, columns, strict=False)
        )
        row = f'<row r="{number}"{tag_here}>{inside}</row>' if inside else f'<row r="{number}"{tag_here}/>'
        found.append((number, row.encode()))
    return found


def stream(xml: bytes, size: int) -> SheetStream:
    return SheetStream((xml[at : at + size] for at in range(0, len(xml), size)), "sheet1.xml")


def looked_at_one_by_one(xml: bytes, columns: Columns, updates: dict[int, tuple[str | None, ...]]) -> bytes:
    """Return the rows as the editor of single rows writes them; each update is for a row that there is."""
    editor, found = RowEditor(columns, b""), []
    for row in stream(xml, len(xml)).rows():
        content = tuple(
            text if text is None else after_t(text) if text else b"" for text in updates.get(row.number, ())
        )
        body = editor.body(row, content) if content else row.body
        if body == row.body:
            found.append(b"".join(row[1:]))
        else:
            tag = row.tag if row.end else row.tag[:-2].rstrip() + b">"
            found.append(row.lead + editor.tag(tag) + body + b"</row>")
    return b"".join(found)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_many_rows_at_once_give_the_bytes_that_one_by_one_gives(data):
    """Appended, replaced, emptied or left: no shortcut writes another byte, and none tells of a change that is none."""
    first = data.draw(st.integers(2, 6))
    indexes = data.draw(st.sampled_from([(first,), (first, first + 1, first + 2), (first, first + 2)]))
    sheet = data.draw(rows(width=7))
    columns = Columns("S", indexes, (b"", b"5", b"")[: len(indexes)], 1, b"6")
    skipped = data.draw(st.sampled_from([(), (), (3,), (2, 6)]))
    line = st.tuples(
        *[data.draw(st.sampled_from([values, st.just("sent"), st.sampled_from([None, "sent"])]))] * len(indexes)
    )
    updates = {number: data.draw(line) for number, _ in sheet if number not in skipped}
    xml = b"<worksheet><sheetData>" + b"".join(row for _, row in sheet) + b"</sheetData></worksheet>"
    splice = Splice(stream(xml, data.draw(st.integers(30, 3_000))), columns)
    written = b"".join(splice.rows(in_blocks(updates.items(), len(indexes))))
    assert written == looked_at_one_by_one(xml, columns, updates)
    assert splice.changed == (written != b"".join(row for _, row in sheet))


def test_each_cell_is_made_replaced_emptied_or_left_whatever_is_beside_it():
    """Rows that differ: every pair of old cells, one of them perhaps absent, takes every pair of texts."""
    old_cells = (
        "",
        '<c r="@" s="3" t="inlineStr"><is><t>old</t></is></c>',
        '<c r="@" s="3"/>',
        '<c r="@"><v>2</v></c>',
    )
    cases = list(product(old_cells, old_cells, (None, "", "new"), (None, "", "new")))
    sheet, updates = "", {}
    for row, (first, second, *line) in enumerate(cases, 2):
        cells = (cell.replace("@", f"{column}{row}") for cell, column in ((first, "B"), (second, "C")))
        sheet += f'<row r="{row}"><c r="A{row}"><v>1</v></c>{"".join(cells)}</row>'
        updates[row] = tuple(line)
    xml = f"<worksheet><sheetData>{sheet}</sheetData></worksheet>".encode()
    columns = Columns("S", (2, 3), (b"", b"5"), 1, b"6")

    written = b"".join(Splice(stream(xml, 2_000), columns).rows(in_blocks(updates.items(), 2)))

    assert written == looked_at_one_by_one(xml, columns, updates)


@pytest.mark.parametrize("behind", ["", "<extLst><ext/></extLst>", '<c r="B@" s="3"/>', '<c r="B@"><v>1</v></c>'])
@pytest.mark.parametrize("tag", ["", ' spans="1:1"'])
def test_rows_that_get_no_text_stay_as_they_are_among_those_that_do(tag, behind):
    """Whatever stands behind the first cell of every third row: every other one gets a text, the rest keeps its tag."""
    sheet = ""
    for row in range(1, 30):
        inside = f'<c r="A@"><v>1</v></c>{"" if row % 3 else behind}'.replace("@", str(row))
        sheet += f'<row r="{row}"{tag}>{inside}</row>'
    xml = f"<worksheet><sheetData>{sheet}</sheetData></worksheet>".encode()
    updates = {row: ("sent" if row % 2 else None,) for row in range(1, 30)}
    columns = Columns("S", (2,), (b"",), 1, b"")
    written = b"".join(Splice(stream(xml, 500), columns).rows(in_blocks(updates.items(), 1)))
    assert written == looked_at_one_by_one(xml, columns, updates)


@pytest.mark.parametrize("tag", [b'<row r="1">', b"<row r='1'>"], ids=["usual", "looked at closely"])
@pytest.mark.parametrize(
    ("inside", "written"),
    [
        pytest.param('<c r="A1"/><extLst/>', '<c r="A1"/>NEW<extLst/>', id="behind the cells"),
        pytest.param('<extLst/><c r="A1"/>', '<extLst/><c r="A1"/>NEW', id="before the cells"),
        pytest.param("<extLst/>", "NEW<extLst/>", id="no cells"),
    ],
)
def test_a_new_cell_stands_behind_all_cells_and_before_an_extension(tag, inside, written):
    """Cells stay in order, also in a row whose extension stands where the schema allows none."""
    sheet = b"<worksheet><sheetData>%s%s</row></sheetData></worksheet>" % (tag, inside.encode())
    cell = b'<c r="B1" t="inlineStr"><is><t>sent</t></is></c>'
    splice = Splice(stream(sheet, 30), Columns("S", (2,), (b"",), 9, b""))
    assert b"".join(splice.rows(in_blocks([(1, ("sent",))], 1))) == b"%s%s</row>" % (
        tag,
        written.encode().replace(b"NEW", cell),
    )


@pytest.mark.parametrize(("number", "refused"), [(4, False), (5, True)])
def test_a_merged_cell_stops_only_texts_that_would_go_into_it(number, refused):
    """An area that no text goes into does no harm, also when it stands below the last text."""
    sheet = b"".join(b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (row, row) for row in range(1, 9))
    xml = b"<worksheet><sheetData>" + sheet + b"</sheetData></worksheet>"
    splice = Splice(stream(xml, 60), Columns("S", (2,), (b"",), 1, b""), [Area(1, 5, 2, 6)])
    with pytest.raises(WorkbookRefused, match=f"S!B{number}") if refused else nullcontext():
        written = b"".join(splice.rows(in_blocks([(2, ("x",)), (number, ("sent",))], 1)))
        assert written.count(b"</row>") == 8
        assert written.count(b"<t>") == 2


@settings(deadline=None)
@given(st.lists(values))
def test_texts_are_escaped_alike_one_by_one_and_together(lines):
    """A column's texts are escaped as each of them would be; what is empty, or left as it is, stays so."""
    assert list(after_each_t(lines)) == [text if text is None else after_t(text) if text else b"" for text in lines]
