"""Rows read by a pattern of those before: the same values as cell by cell, however the rows differ."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.a1 import column_letters
from collect_xl.domain.model import Fault, Number
from collect_xl.ooxml import row_values
from collect_xl.ooxml.cell_values import Cells
from collect_xl.ooxml.number_formats import number_reader, seen
from collect_xl.ooxml.row_cells import cells
from collect_xl.ooxml.row_values import RowValues
from collect_xl.ooxml.shared_strings import SharedStrings

TEXTS = (b"a", b"", b" ", b"&lt;b&gt;")
WANTED = {b"A": "one", b"B": "two", b"D": "four"}

CONTENTS = (
    b"",
    b"<v>1</v>",
    b"<v>3</v>",
    b"<v></v>",
    b"<v/>",
    b"<v>0.5</v>",
    b"<v> </v>",
    b"<v>x</v>",
    b"<v>2026-01-01</v>",
    b"<f>A1</f><v>2</v>",
    b"<f>A1</f>",
    b"<is><t>a</t></is>",
)
ATTRIBUTES = (
    b"",
    b' t="s"',
    b' s="1"',
    b' s="1" t="n"',
    b' t="b"',
    b' t="e"',
    b' t="d"',
    b' t="str"',
    b' t="inlineStr"',
)


def cells_of() -> Cells:
    items = b"".join(b'<si><t xml:space="preserve">%s</t></si>' % text for text in TEXTS)
    return Cells(SharedStrings([b"<sst>", items, b"</sst>"]), (seen, number_reader("d/m/yyyy", date1904=False)))


@st.composite
def rows(draw: st.DrawFn) -> bytes:
    """Draw a row whose cells come in order, with some of them left out."""
    body = b""
    for column in range(1, 6):
        attributes = draw(st.sampled_from(ATTRIBUTES))
        content = draw(st.sampled_from((None, b"/", *CONTENTS)))
        if b't="s"' in attributes and content not in {None, b"/", b"", b"<v/>", b"<v></v>", b"<v>1</v>", b"<v>3</v>"}:
            content = b"<v>0</v>"
        start = b'<c r="%s7"%s' % (column_letters(column), attributes)
        if content == b"/":
            body += start + b"/>"
        elif content is not None:
            body += start + b">" + content + b"</c>"
    return body


@pytest.mark.slow
@given(st.lists(rows(), max_size=30))
def test_rows_are_read_as_cell_by_cell(bodies: list[bytes]) -> None:
    """Whatever rows the pattern was made of, each row gives the values that its cells have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_values, "_LEARNING_ROWS", 3)
        values = cells_of()
        reader = RowValues(values, WANTED)
        for body in bodies:
            assert values.row(cells(body), WANTED) == reader.read(body)


@pytest.mark.parametrize("prefix", [b"", b"x.y:"])
def test_usual_rows_are_read_by_the_pattern(prefix: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows that look like those before, with blanks, are not read cell by cell."""
    row = '<c r="A{0}" t="s"><v>0</v></c><c r="B{0}"><v>5</v></c><c r="C{0}"><v>6</v></c><c r="D{0}" s="1"><v>9</v></c>'
    blanks = '<c r="A{0}" t="s"/><c r="D{0}" s="1"><v>10</v></c>'
    plain, some_blank = (
        text.format(7).replace("</", "</" + prefix.decode()).replace("<c", f"<{prefix.decode()}c").encode()
        for text in (row, blanks)
    )
    plain = plain.replace(b"<v>", b"<%sv>" % prefix)
    some_blank = some_blank.replace(b"<v>", b"<%sv>" % prefix)
    reader = RowValues(cells_of(), WANTED, prefix)
    for _ in range(100):
        reader.read(plain)
    monkeypatch.setattr(row_values, "cells", None)
    assert {"one": "a", "two": Number("5"), "four": date(1900, 1, 9)} == reader.read(plain)
    assert {"four": date(1900, 1, 10)} == reader.read(some_blank)


def test_a_pattern_learns_what_it_did_not_know() -> None:
    """A column that is filled in only far below is read by the pattern as well, after a while."""
    values = cells_of()
    reader = RowValues(values, WANTED)
    read = [reader.read(b'<c r="A7" t="s"><v>0</v></c>') for _ in range(200)]
    later = [reader.read(b'<c r="A7" t="s"><v>0</v></c><c r="B7" t="e"><v>#N/A</v></c>') for _ in range(200)]
    assert all(found == {"one": "a"} for found in read)
    assert all(found == {"one": "a", "two": Fault("error", "#N/A")} for found in later)
    assert reader._match(b'<c r="B7" t="e"><v>#N/A</v></c>') is not None


def test_a_sheet_of_endless_variety_gets_no_pattern() -> None:
    """Thousands of styles make no pattern that takes longer than the rows."""
    reader = RowValues(cells_of(), WANTED)
    for style in range(2_000):
        assert {"two": Number("5")} == reader.read(b'<c r="B7" s="%d"><v>5</v></c>' % (style + 2))
    assert reader._patterns_left == 0
    assert len(reader._looks) < 500
