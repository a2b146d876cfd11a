"""Random sheets and random edits, against a slow model on a tree that is obviously right."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.domain.a1 import column_name
from collect_xl.workbook.write_columns import add_columns
from support.comparing import all_of, content, local, sheet_cells
from support.raw_workbook import TRANSITIONAL, raw_workbook

if TYPE_CHECKING:
    from pathlib import Path


WIDE, HIGH = 8, 9
NAMES = ("Email", "Status", "Note", "URL")
SHEET = "xl/worksheets/sheet1.xml"

texts = st.text(st.characters(codec="utf-8", exclude_characters="\r"), max_size=8)
values = st.one_of(
    st.none(), st.just(""), texts, st.sampled_from(["=1+1", "a & b < c", " x ", "_x0041_", "https://e.com/ä"])
)


@st.composite
def cells(draw, prefix: str, number: int, header: dict[int, str]) -> str:
    """Return the cells of one row, some of them without a reference."""
    found, before = [], 0
    for column in range(1, WIDE + 1):
        kind = draw(st.sampled_from(["none", "none", "blank", "number", "text"]))
        if column in header:
            kind = "header"
        if kind == "none":
            continue
        reference = f' r="{column_name(column)}{number}"'
        if before == column - 1 and draw(st.booleans()):
            reference = ""
        before = column
        style = draw(st.sampled_from(["", ' s="1"', " s='2'"]))
        found.append(draw(spelled(prefix, f"<@c{reference}{style}", kind, header.get(column, ""))))
    return draw(st.sampled_from(["", "\n "])).join(found)


def spelled(prefix: str, start: str, kind: str, header: str) -> st.SearchStrategy[str]:
    """Return the ways in which a cell may be written."""
    ways = {
        "blank": [f"{start}/>", f"{start} />", f"{start}></@c>"],
        "number": [f"{start}><@v>42</@v></@c>", f'{start} t="n"><@v>4.5</@v></@c>'],
        "text": [f'{start} t="inlineStr"><@is><@t>ein &lt; Text</@t></@is></@c>'],
        "header": [
            f'{start} t="inlineStr"><@is><@t>{header}</@t></@is></@c>',
            f'{start} t="str"><@v>{header}</@v></@c>',
        ],
    }
    return st.sampled_from([way.replace("@", prefix) for way in ways[kind]])


@st.composite
def sheets(draw) -> tuple[str, dict[int, str]]:
    """Return a worksheet and the columns of the headers in its first row."""
    prefix = draw(st.sampled_from(["", "x:"]))
    known = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3))
    places = draw(st.permutations(range(1, WIDE + 1)))[: len(known)]
    header = dict(zip(places, known, strict=True))
    rows, before = [], 0
    for number in range(1, HIGH + 1):
        if (number > 1 or not header) and draw(st.booleans()):
            continue
        given_number = f' r="{number}"' if before != number - 1 or draw(st.booleans()) else ""
        before = number
        more = draw(st.sampled_from(["", ' spans="1:8"', ' ht="20" customHeight="1"', ' s="2" customFormat="1"']))
        inside = draw(cells(prefix, number, header if number == 1 else {}))
        empty = not inside and draw(st.booleans())
        row = (
            f"<{prefix}row{given_number}{more}/>"
            if empty
            else f"<{prefix}row{given_number}{more}>{inside}</{prefix}row>"
        )
        rows.append(row)
    data = draw(st.sampled_from(["", "\n"])).join(rows)
    sheet_data = f"<{prefix}sheetData>{data}</{prefix}sheetData>" if rows else f"<{prefix}sheetData/>"
    namespace = f'xmlns{":x" if prefix else ""}="{TRANSITIONAL}"'
    return f"<{prefix}worksheet {namespace}>{sheet_data}</{prefix}worksheet>", header


edits = st.tuples(
    st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4),
    st.sets(st.integers(2, HIGH + 3)),
).flatmap(
    lambda each: st.tuples(
        st.just(tuple(each[0])),
        st.tuples(*(st.tuples(st.just(row), st.tuples(*[values] * len(each[0]))) for row in sorted(each[1]))),
    )
)


def model(xml: bytes, header: dict[int, str], columns: tuple[str, ...], rows: tuple) -> dict[tuple[int, int], object]:
    """Return what each cell must hold afterwards: the old element, or a text; emptied cells are absent."""
    grid: dict[tuple[int, int], object] = dict(sheet_cells(ET.fromstring(xml)))
    used = max((place[1] for place, cell in grid.items() if len(cell)), default=0)
    where = {name: column for column, name in header.items()}
    for name in columns:
        if name not in where:
            used += 1
            where[name] = used
            grid[1, used] = name
    for number, line in rows:
        for name, text in zip(columns, line, strict=True):
            if text == "":
                grid.pop((number, where[name]), None)
            elif text is not None:
                grid[number, where[name]] = text
    return grid


def decoded(cell: ET.Element) -> str:
    text = "".join(each.text or "" for each in cell.iter() if local(each) == "t")
    return re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), text)


def alike(grid: dict[tuple[int, int], object]) -> dict[tuple[int, int], object]:
    """Return a grid in which inline texts stand as texts, and without blank cells."""
    comparable: dict[tuple[int, int], object] = {}
    for place, cell in grid.items():
        if isinstance(cell, str):
            comparable[place] = cell
        elif len(cell):
            comparable[place] = decoded(cell) if cell.get("t") == "inlineStr" else all_of(cell)
    return comparable


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sheet=sheets(), edit=edits)
def test_any_edit_of_any_sheet_gives_what_the_model_says(tmp_path: Path, sheet, edit):
    """Whatever a sheet looks like, texts land in their cells, other cells stay, and a repetition changes nothing."""
    (xml, header), (columns, rows) = sheet, edit
    path = raw_workbook(tmp_path / "book.xlsx", {"S": xml})
    first, second = tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    add_columns(path, "S", 1, columns, rows, first, link=None)
    assert alike(model(content(path, SHEET), header, columns, rows)) == alike(
        sheet_cells(ET.fromstring(content(first, SHEET)))
    )
    assert not add_columns(first, "S", 1, columns, rows, second, link=None).changed
    assert content(first, SHEET) == content(second, SHEET)
