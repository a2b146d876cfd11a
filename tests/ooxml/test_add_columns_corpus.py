"""Columns added to workbooks that people really had: nothing else changes, or it is refused before writing."""

from __future__ import annotations

import shutil
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from collect_xl.errors import LayoutError, WorkbookRefused
from collect_xl.ooxml.add_columns import Added
from collect_xl.ooxml.package import Package, rels_part
from collect_xl.ooxml.survey import survey_sheet
from collect_xl.workbook.write_columns import add_columns
from support.comparing import (
    assert_sheet_kept,
    changed_members,
    content,
    differs_in_recalculation_alone,
    texts,
)
from support.corpus import corpus_workbooks
from support.other_readers import read_by_calamine, read_by_openpyxl

COLUMNS = ("Collect status", "Collect request ID", "Collect portal URL", "Collect message")
ROWS = [(row, ("sent", f"REQ-{row:04}", f"https://example.com/r/{row}?a=1&b=2", None)) for row in range(2, 9)]
LATER = [(row, ("completed", None, f"https://example.com/s/{row}", "" if row % 2 else "=1+1")) for row in range(3, 12)]
BROKEN = {"26_simple-cell-changes.xlsx", "30_sampleDigitallySignedByCells.xlsx"}
"""Workbooks with a log of revisions or a signature, which are written with ``force`` alone."""


def add(path: Path, sheet: str, rows: list, output: Path, **more) -> Added:
    return add_columns(path, sheet, 1, COLUMNS, rows, output, force=path.name.endswith(tuple(BROKEN)), **more)


def sheets_of(path: Path) -> list:
    with Package.open(path) as package:
        return [(each.name, each.part) for each in package.sheets()]


def tables_of(path: Path, part: str) -> set[str]:
    with Package.open(path) as package:
        return {each.target[1:] for each in package.relationships(part) if each.type == "table"}


def assert_only_the_sheet_differs(before: Path, after: Path, part: str, added: Added, written: set[int]) -> None:
    tables = tables_of(before, part)
    rels, sheet = rels_part(part)[1:], part[1:]
    changed = changed_members(before, after)
    assert sheet in changed
    assert changed <= {sheet, rels, "xl/workbook.xml", *tables}
    assert differs_in_recalculation_alone(before, after, "xl/workbook.xml")
    may_differ = {"hyperlinks", "cols", "autoFilter"}
    assert_sheet_kept(content(before, sheet), content(after, sheet), written, may_differ)
    for member in changed:
        ET.fromstring(content(after, member))


@pytest.mark.slow
@pytest.mark.parametrize("path", corpus_workbooks())
def test_appended_and_existing_columns_leave_the_rest_of_each_sheet_alone(path, tmp_path):
    """Each sheet takes four new columns, then new texts in them; nothing else differs, a repetition changes none."""
    for number, (name, part) in enumerate(sheets_of(path)):
        first, second, third = (tmp_path / f"{number}-{step}-{path.name}" for step in "abc")
        added = add(path, name, ROWS, first)
        assert_only_the_sheet_differs(path, first, part, added, set(added.columns))
        assert dict(texts(content(first, part[1:]), added.columns[1])) == {
            1: COLUMNS[1],
            **{row: values[1] for row, values in ROWS},
        }
        again = add(first, name, LATER, second)
        assert added.columns == again.columns
        assert_only_the_sheet_differs(first, second, part, again, set(added.columns))
        shutil.copy(second, third)
        repeated = add(third, name, LATER, third)
        assert not repeated.changed
        assert second.read_bytes() == third.read_bytes()
        for file in (first, second, third):
            file.unlink()


@pytest.mark.slow
@pytest.mark.parametrize("path", corpus_workbooks())
def test_a_column_in_the_middle_takes_texts_or_is_refused(path, tmp_path):
    """A header that the sheet has is written beneath, in place; formulas and merged cells there are refused."""
    for number, (name, part) in enumerate(sheets_of(path)):
        with Package.open(path) as package:
            surveys = [survey_sheet(package, part, row) for row in range(1, 7)]
        row, header = max(((r, s.header) for r, s in enumerate(surveys, 1)), key=lambda each: len(each[1]))
        if not header:
            continue
        index, text = sorted(header.items())[len(header) // 2]
        output = tmp_path / f"{number}-{path.name}"
        rows = [(row + step, (f"text {step}",)) for step in range(1, 5)]
        try:
            added = add_columns(path, name, row, (text,), rows, output, force=path.name in BROKEN)
        except (WorkbookRefused, LayoutError):
            assert not output.exists()
            continue
        assert added.columns == (index,)
        assert_only_the_sheet_differs(path, output, part, added, {index})
        assert {row + step: f"text {step}" for step in range(1, 5)}.items() <= texts(
            content(output, part[1:]), index
        ).items()


@pytest.mark.slow
@pytest.mark.parametrize("path", corpus_workbooks())
def test_other_readers_see_every_old_cell_as_before(path, tmp_path):
    """Openpyxl and python-calamine, where they can open the workbook, read each old cell the same in all its sheets."""
    output = tmp_path / path.name
    shutil.copy(path, output)
    places = {name: add(output, name, ROWS, output, keep_backup=False).columns for name, _ in sheets_of(path)}
    for reader in (read_by_openpyxl, read_by_calamine):
        try:
            before = dict(reader(path))
        except Exception:  # noqa: BLE001  # whatever it stumbles over is not ours
            continue
        after = dict(reader(output))
        for name, columns in places.items():
            if name not in before:  # openpyxl sees no sheets in Strict workbooks
                continue
            old, new = before[name], after[name]
            assert repr({place: value for place, value in new.items() if place[1] not in columns}) == repr(old)
            assert new[4, columns[1]] == "REQ-0004"
