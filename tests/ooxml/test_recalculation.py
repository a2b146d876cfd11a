"""Formulas after a write: Excel is asked to calculate, and the summary of our template forgets what it stored."""

from __future__ import annotations

import re
import zipfile

import xlsxwriter

from collect_xl.domain.identity import anchor
from collect_xl.domain.model import RowResult
from collect_xl.ooxml.recalculation import forgetful
from collect_xl.template import template
from collect_xl.template.sheets import Filling
from collect_xl.workbook.saved import open_saved

STORED = re.compile(rb"</f><v>[^<]*</v>")


def parts(book) -> dict[str, bytes]:
    with zipfile.ZipFile(book) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def written(book) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The parts of a workbook before and after a result was written into it."""
    before, source = parts(book), open_saved(book)
    row = next(iter(source.rows()))
    source.write([RowResult(row.number, anchor(row.cells), {"result.status": "pending"})])
    return before, parts(book)


def test_the_summary_of_a_template_forgets(tmp_path):
    """Its formulas stay and lose their stored results, so that a program that trusts these calculates them again."""
    book = tmp_path / "clients.xlsx"
    book.write_bytes(template("en", Filling([{"email": "ann@example.com"}])))
    before, after = written(book)
    summary = "xl/worksheets/sheet4.xml"

    assert len(STORED.findall(before[summary])) == before[summary].count(b"<f>") == after[summary].count(b"<f>") > 30
    assert STORED.findall(after[summary]) == []
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]
    assert {name for name in before if before[name] != after[name]} == {
        summary,
        "xl/worksheets/sheet2.xml",
        "xl/workbook.xml",
    }


def test_a_summary_of_the_users_own_keeps_what_it_stores(tmp_path):
    """In a workbook that was not made by us a sheet named Summary is not touched, whatever it counts."""
    with xlsxwriter.Workbook(tmp_path / "own.xlsx") as book:
        book.add_worksheet("Contacts").write_column(0, 0, ["Email", "ann@example.com"])
        book.add_worksheet("Summary").write_formula(0, 0, "=COUNTA(Contacts!A:A)", None, 2)
    before, after = written(tmp_path / "own.xlsx")

    assert before["xl/worksheets/sheet2.xml"] == after["xl/worksheets/sheet2.xml"]
    assert b'fullCalcOnLoad="1"' in after["xl/workbook.xml"]


def test_only_results_of_formulas_are_forgotten():
    """Typed values, styles and formulas stay, whatever program wrote the sheet; a stored text is no text any more."""
    sheet = (
        b'<row r="1"><c r="A1" s="3"><v>7</v></c><c r="B1" s="4" t="str"><f aca="false">A1&amp;"x"</f><v>7x</v></c>'
        b'<c r="C1"><f t="shared" si="0"/><v>9</v></c><c r="D1" t="s"><v>0</v></c></row>'
    )

    assert forgetful(sheet) == (
        b'<row r="1"><c r="A1" s="3"><v>7</v></c><c r="B1" s="4"><f aca="false">A1&amp;"x"</f></c>'
        b'<c r="C1"><f t="shared" si="0"/></c><c r="D1" t="s"><v>0</v></c></row>'
    )
