"""A run whose first look at a refused batch comes when the wait is over already looks a second time."""

from __future__ import annotations

import pytest

from collect_xl.testing import faults
from support.people import row


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 429])
def test_two_looks_are_taken_however_late_the_first_one_is(office, status):
    """A wait after a 429, or a long run, may outlast the lag of the lists: what was refused is sent all the same."""
    server = office.server
    server.on(faults.CreatesFirst(1, status), nth=1)
    server.on(faults.Status(429, {"Retry-After": "1"}), nth=2)
    rows = [row(n, f"p{n}@example.com", campaign=server.campaign, round="" if n < 4 else "2") for n in (2, 3, 4, 5)]

    report = office.send(rows)

    assert report.rows("sent") == (2, 3, 4, 5), report
    assert sorted(office.mailed) == [f"p{n}@example.com" for n in (2, 3, 4, 5)]
