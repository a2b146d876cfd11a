"""Whatever headers, options and cells hold: rows, reasons, or one of our own errors; no row with an address is lost."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.domain.model import Blank, Rejected, Row
from collect_xl.errors import CollectXlError
from collect_xl.validation import Checker
from collect_xl.workbook.saved import open_saved
from support.odd_cells import LISTS, SHEETS
from support.raw_workbook import raw_workbook

FORMATS = ("d/m/yyyy", "[h]:mm:ss", "00000")
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}


def look(path):
    """Return the error that a look at a workbook ends in, if any, the row of its header, and what was checked."""
    try:
        book = open_saved(path)
        checker = Checker(book.layout(), book.options())
        checked = [checker.check(row) for row in book.rows()]
        book.probe()
    except CollectXlError as error:
        return error, 0, []
    for problem in checker.problems:
        str(problem).encode()
    return None, book.layout().header_row, checked


def number_of(checked):
    """Return a row's number; each of its problems can be shown."""
    if not isinstance(checked, Rejected):
        assert isinstance(checked, Row | Blank)
        return checked.number
    for problem in checked.problems:
        str(problem).encode()
    return checked.problems[0].row


def check(path, contacts, options, people):
    """Do to a workbook what a check does, and a send before its first call."""
    raw_workbook(path, {"Contacts": contacts, "Options": options}, strings="<si><t>a</t></si>", formats=FORMATS)
    before = path.read_bytes()
    refused, header_row, checked = look(path)
    if refused is not None:
        assert (bool(refused.message), bool(refused.tip)) == (True, True)
        str(refused).encode()
    else:
        seen = {number_of(each) for each in checked}
        # a row of more words of ours is the header where there is one, and then addresses stand under another word
        assert header_row != 1 or seen >= people
    assert path.read_bytes() == before


CASES = st.tuples(LISTS, SHEETS, st.just(frozenset({2, 3, 4}))) | st.tuples(SHEETS, SHEETS, st.just(frozenset()))


@pytest.mark.slow
@settings(max_examples=40, derandomize=True, **SETTINGS)
@given(CASES)
def test_any_cells(tmp_path_factory, case):
    """Any header, option and cell ends in rows, in reasons or in words; people below an address header are all seen."""
    check(tmp_path_factory.getbasetemp() / "any_cells.xlsx", *case)


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.timeout(7_200)  # seconds, on a busy machine
@settings(max_examples=20_000, database=None, **SETTINGS)
@given(CASES)
def test_any_cells_tried_hard(tmp_path_factory, case):
    """The same, with twenty thousand workbooks."""
    check(tmp_path_factory.getbasetemp() / "any_cells.xlsx", *case)
