"""The table of the proofs is made of separate runs: each brings its own lines up to date, and leaves the others."""

from __future__ import annotations

import pytest

from support.figures import bring_up_to_date, commit_of

OLD = """Before.
<!-- figures: begin -->
| promise | how it is tried | figures |
| --- | --- | --- |
| 3 power loss | order of fsync and POST | 200 of 200 |
| 9 two at once | 8 processes | 100 rounds |
<!-- figures: end -->
After.
"""


def test_a_run_replaces_its_own_lines_and_leaves_those_of_others(tmp_path):
    """What an earlier run found stays with its run; the same proof has one line, of its last run; the rest is kept."""
    page = tmp_path / "page.md"
    page.write_text(OLD, "utf-8")

    bring_up_to_date(page, {("3 power loss", "order of fsync and POST"): ("7 of 7", "2026-11-28 abc")})
    bring_up_to_date(page, {("10 life", "lives"): ("5 lives", "2026-11-29 def")})

    assert page.read_text("utf-8").splitlines() == [
        "Before.",
        "<!-- figures: begin -->",
        "| promise | how it is tried | figures | run |",
        "| --- | --- | --- | --- |",
        "| 3 power loss | order of fsync and POST | 7 of 7 | 2026-11-28 abc |",
        "| 9 two at once | 8 processes | 100 rounds |  |",
        "| 10 life | lives | 5 lives | 2026-11-29 def |",
        "<!-- figures: end -->",
        "After.",
    ]


@pytest.mark.process
def test_a_folder_that_is_no_checkout_has_no_commit(tmp_path):
    """Where git knows nothing the figures are noted all the same."""
    assert commit_of(tmp_path) == ""
