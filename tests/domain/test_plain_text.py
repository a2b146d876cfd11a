"""What a terminal would obey is taken out of texts; what people write is not."""

from __future__ import annotations

import json

import pytest

from collect_xl.domain.plain_text import cleaned, escaped_json, shown, shown_lines

ORDERS = ["\x1b]52;c;aGk=\x07", "\x1b[2J", "\x9b31m", "a\rb", "\u202egnp.exe", "\u2066x", "\x00", "\x7f", "\ud800"]


@pytest.mark.parametrize("order", ORDERS, ids=ascii)
def test_nothing_to_obey_is_left(order):
    """Escape sequences, carriage returns, direction overrides, deletions and half characters are taken out."""
    for clean in (cleaned, shown, shown_lines):
        assert clean(f"x{order}y").isprintable()


def test_what_people_write_stays():
    """Letters of all scripts, joined emoji and blanks stay as they are; a line break is a blank in one line."""
    for text in ("Müller 名前 نام", "\U0001f469\u200d\U0001f4bb", "  two  blanks "):
        assert (text, text) == (shown(text), shown_lines(text))
    assert (shown("First\nname"), shown_lines("one\ntwo")) == ("First name", "one\ntwo")


@pytest.mark.parametrize("order", ORDERS, ids=ascii)
def test_json_is_the_same_for_programs(order):
    """JSON holds what was meant, and a terminal finds nothing in it to obey."""
    line = escaped_json(json.dumps({"who": f"é{order}"}, ensure_ascii=False))
    assert {"who": f"é{order}"} == json.loads(line)
    assert shown(line) == line
