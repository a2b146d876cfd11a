"""An Excel that is none, and a workbook that is open in it."""

from __future__ import annotations

import pytest


@pytest.fixture
def excel():
    """Start an Excel."""
    from support.excel_engine import running_excel  # noqa: PLC0415  # tests of saved workbooks need no xlwings

    with running_excel() as started:
        yield started


@pytest.fixture
def book(excel):
    """Give an open workbook with three people."""
    from support.contract import PEOPLE  # noqa: PLC0415
    from support.live_book import LiveBook  # noqa: PLC0415

    book = LiveBook(excel)
    book.fill(PEOPLE)
    return book
