"""The table of buttons is whole."""

from __future__ import annotations

from typing import get_args

from collect_xl.addin.buttons import BUTTONS, GROUPS, ButtonId


def test_every_button_stands_in_the_table_once():
    """The words that VBA may say and the rows of the table are the same."""
    assert sorted(button.id for button in BUTTONS) == sorted(get_args(ButtonId))


def test_every_button_tells_what_it_does():
    """Each has a label that fits the ribbon and a tip that Office shows whole."""
    assert [b.id for b in BUTTONS if not (0 < len(b.label) <= 24 and b.screentip and b.image)] == []
    assert [b.id for b in BUTTONS if not (0 < len(b.supertip) <= 200 and b.supertip.endswith("."))] == []
    assert {b.group for b in BUTTONS} == {name for name, _ in GROUPS}
