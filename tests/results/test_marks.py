"""What a check writes beside the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from collect_xl.domain.model import Blank, Rejected
from collect_xl.domain.rows import LeftOut
from collect_xl.results.marks import marks
from support.people import row

INVALID = {"result.status": "invalid", "result.error": "Contacts!A2: mend it."}


def shown(number, seen):
    """A row whose result cells hold this."""
    return replace(row(number), seen=seen)


def test_wrong_row_is_marked():
    """What is wrong stands beside the row, and nothing is written where it stands already."""
    left_out = [LeftOut(2, "invalid", "Contacts!A2: mend it."), LeftOut(3, "duplicate", "As row 2.")]

    found = marks([shown(2, INVALID), shown(3, {}), Blank(4)], left_out, sure=True)

    assert [(each.row, dict(each.cells)) for each in found] == [
        (3, {"result.status": "duplicate", "result.error": "As row 2."})
    ]


def test_unreadable_row_is_marked():
    """A row that did not pass validation is marked, too."""
    rejected = Rejected(2, False, row(2).anchor, {}, ())

    assert [each.row for each in marks([rejected], [LeftOut(2, "invalid", "Wrong.")], sure=True)] == [2]


def test_mended_row_loses_its_error():
    """An error that a check wrote goes once the row is right."""
    (found,) = marks([shown(2, INVALID)], [], sure=True)

    assert dict(found.cells) == {"result.status": "", "result.error": ""}


@pytest.mark.parametrize("reason", [None, "not chosen"])
def test_error_stays_where_nobody_can_say_that_it_is_mended(reason):
    """Without the account's campaigns, or for rows that were not looked at, an error is not taken back."""
    left_out = [LeftOut(2, reason)] if reason else []

    assert marks([shown(2, INVALID)], left_out, sure=reason is not None) == []


@pytest.mark.parametrize("status", ["pending", "completed", "unknown", "Awaiting signature"])
def test_sent_row_is_never_touched(status):
    """Whatever is wrong in a row that was sent, its results stay as they are."""
    seen = {"result.status": status, "result.error": "Told by a send."}

    assert marks([shown(2, seen)], [LeftOut(2, "invalid", "Wrong.")], sure=True) == []
    assert marks([shown(2, {**INVALID, "result.requestId": "r1"})], [LeftOut(2, "invalid", "Wrong.")], sure=True) == []


@pytest.mark.parametrize("status", ["refused", "skipped", "cancelled"])
def test_words_of_a_send_are_not_a_checks_to_clear(status):
    """What a send wrote stays until the next one."""
    assert marks([shown(2, {"result.status": status, "result.error": "Why."})], [], sure=True) == []
