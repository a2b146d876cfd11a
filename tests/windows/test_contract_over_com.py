"""The contract of every workbook, kept by an open one on xlwings' engine for Windows, pywin32 and COM.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

import pytest

from support.contract import WorkbookContract
from windows.remote_workbook import ComBook


class TestWorkbookOverCom(WorkbookContract):
    """A workbook that is open in Excel keeps the contract through COM."""

    @pytest.fixture
    def book(self, excel_desk) -> ComBook:
        """Give an empty open workbook."""
        return ComBook(excel_desk)
