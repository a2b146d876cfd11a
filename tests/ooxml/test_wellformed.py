"""What is written is proved to be well-formed XML while it is written, whatever its size."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collect_xl.errors import DamagedWorkbook, HostileWorkbook
from collect_xl.ooxml import sheet_edit as edit
from collect_xl.ooxml import survey
from collect_xl.ooxml.wellformed import WellFormed
from collect_xl.workbook.write_columns import add_columns
from support.raw_workbook import raw_workbook, rows

if TYPE_CHECKING:
    from pathlib import Path

ROWS = rows(("Email",), *((f"person{number}@example.com",) for number in range(2, 3_000)))


@pytest.mark.parametrize(
    "sheet",
    [
        pytest.param(f"{ROWS}<mergeCells><mergeCell></mergeCells>", id="behind the rows"),
        pytest.param(f"<sheetViews>{ROWS}", id="before the rows"),
        pytest.param(ROWS.replace("person7@", "</x>"), id="in the first rows"),
    ],
)
def test_a_sheet_too_large_to_be_parsed_in_full_is_refused_all_the_same(tmp_path: Path, monkeypatch, sheet):
    """Head, first rows and all that follows the rows are parsed in a sheet of any size; no file is left behind."""
    for module in (edit, survey):
        monkeypatch.setattr(module, "PROVED", 1_000)
    path = raw_workbook(tmp_path / "book.xlsx", {"Contacts": sheet})
    with pytest.raises(DamagedWorkbook, match="well-formed"):
        add_columns(path, "Contacts", 1, ("Status",), [(2, ("sent",))])
    assert [each.name for each in tmp_path.iterdir()] == ["book.xlsx"]


def test_rows_may_be_left_out():
    """What is given must be whole without the rows that are not."""
    proof = WellFormed("sheet1.xml")
    for piece in (b"<worksheet><row>", b"</row>", b"</worksheet>"):
        assert proof.feed(piece) is piece
    proof.end()
    assert proof.size == len(b"<worksheet><row></row></worksheet>")


def test_what_is_cut_short_is_refused():
    """An end that is missing is found."""
    proof = WellFormed("sheet1.xml")
    proof.feed(b"<worksheet>")
    with pytest.raises(DamagedWorkbook):
        proof.end()


def test_a_document_type_is_refused_wherever_it_stands():
    """Also behind the first bytes, where a long comment may hide it."""
    with pytest.raises(HostileWorkbook):
        WellFormed("sheet1.xml").feed(b"<!-- -->" * 1_000 + b"<!DOCTYPE a><a/>")
