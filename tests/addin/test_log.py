"""The add-in's log: what an error quotes from outside is shown as text, and forges no entry."""

from __future__ import annotations

import pytest

from collect_xl.addin.log import keep_traceback, log_file
from collect_xl.errors import WorkbookError

BELL, CLIPBOARD, OVERRIDE, SURROGATE = "\x07", "\x1b]52;c;eA==\x07", "\u202egpj.exe", "\udce9"


@pytest.mark.parametrize("odd", [BELL, CLIPBOARD, OVERRIDE, SURROGATE, "\x9b31m", "\u2028", "\r"])
def test_what_a_terminal_would_obey_is_taken_out(odd):
    """A sheet's or file's name with control characters reaches the log without them, and the log can be written."""
    path = keep_traceback(WorkbookError(f"Sheet {odd}Contacts has no header."), None)
    text = path.read_bytes().decode("utf-8")
    assert [letter for letter in odd if letter in text and not letter.isprintable()] == []
    assert "Contacts has no header." in text


def test_a_message_of_several_lines_forges_no_entry():
    """Only an entry of ours begins at the edge of a line; lines of a traceback are indented."""
    keep_traceback(WorkbookError("Sheet x\n2026-01-01 00:00:00+0000 send all is well\n\nis missing."), None)
    entries = [line for line in log_file().read_text("utf-8").splitlines() if line[:1].strip()]
    (entry,) = entries
    assert entry.endswith("before any button")
