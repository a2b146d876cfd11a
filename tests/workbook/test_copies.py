"""Files that only lie beside a workbook are told from workbooks by their names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from collect_xl.ooxml.atomic_save import backup, beside
from collect_xl.workbook.copies import lies_beside

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A workbook."""
    path = tmp_path / "clients.xlsx"
    path.write_bytes(b"as it first was")
    return path


def test_copies_of_a_first_write_lie_beside(path: Path) -> None:
    """Whatever names the copies get, they are recognised, and the workbook itself is not taken for one."""
    first = backup(path, as_it_first_was=True)
    path.write_bytes(b"next month's")
    second = backup(path, as_it_first_was=True)
    assert [each and lies_beside(each) for each in (first, second, path)] == [True, True, False]


def test_results_beside_are_a_workbook(path: Path) -> None:
    """Results that could not be written into their own file are for people to work on."""
    assert not lies_beside(beside(path))


def test_lock_file_of_excel_lies_beside(path: Path) -> None:
    """The file that Excel lays beside an open workbook is no workbook, whether the workbook is there or not."""
    assert lies_beside(path.with_name("~$clients.xlsx"))
    assert lies_beside(path.with_name("~$other.xlsx"))


def test_a_name_like_a_copy_without_its_workbook_is_a_workbook(path: Path) -> None:
    """A copy that was put somewhere else to go on with is a workbook like any other."""
    assert not lies_beside(path.with_name("other.backup.xlsx"))
