"""What is printed of many sentences, of long lists, and of nothing."""

from __future__ import annotations

import pytest

from collect_xl.cli.screen import Screen, first_of


@pytest.mark.parametrize(
    ("lines", "printed"),
    [
        pytest.param([], [], id="none"),
        pytest.param(["a", "b"], ["a", "b"], id="as-many"),
        pytest.param(["a", "b", "c", "d"], ["a", "b", "and 2 others"], id="more"),
    ],
)
def test_a_long_list_is_cut_and_says_so(lines: list[str], printed: list[str]) -> None:
    """The first lines are listed, and the others counted; a list that fits has no such line."""
    assert list(first_of(lines, 2, "and {} others")) == printed


def test_sentences_are_printed_in_their_order(capsys: pytest.CaptureFixture[str]) -> None:
    """What is said, what must be read and whole lines are printed one by one, and an empty warning not at all."""
    screen = Screen()
    screen.say_each(["one", "two"])
    screen.warn_each(["three", "", "four"])
    screen.line_each(["five"])

    assert capsys.readouterr().out.splitlines() == ["one", "two", "three", "four", "five"]


def test_no_line_for_programs_where_none_reads(capsys: pytest.CaptureFixture[str]) -> None:
    """Without ``--json`` a summary and an error for programs are printed nowhere; with it each is a line."""
    for as_json in (False, True):
        screen = Screen(as_json=as_json)
        screen.lines.summary(0, {"rows": 1})
        screen.lines.error("Nothing was sent.", "", 7)

        assert len(capsys.readouterr().out.splitlines()) == 2 * as_json
