"""Workbooks that are open in Excel: the contract of every workbook, on an Excel that is none."""

from __future__ import annotations

import pytest

from support.contract import WorkbookContract
from support.excel_engine import Excel, running_excel
from support.live_book import LiveBook

MISBEHAVIOUR = {  # how Excel misbehaves -> the switches
    "Windows": {},
    "macOS": {"mac": True},
    "integers stay integers": {"floats": False},
    "no table grows": {"tables": "ignore"},
    "another language": {"localised": True},
}


@pytest.fixture(params=MISBEHAVIOUR.values(), ids=MISBEHAVIOUR.keys())
def excel(request):
    """Start an Excel with one misbehaviour."""
    with running_excel() as started:
        for name, value in request.param.items():
            setattr(started.quirks, name, value)
        yield started


class TestLiveWorkbook(WorkbookContract):
    """A workbook that is open in Excel keeps the contract, however Excel misbehaves."""

    @pytest.fixture
    def book(self, excel: Excel) -> LiveBook:
        """Give an empty open workbook."""
        return LiveBook(excel)
