"""Each button's story on xlwings' engine for Windows, pywin32 and COM, against a fake Collect on this computer.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

from support.books import make_book
from windows.excel_desk import USUAL_SETTINGS


def test_send_asks_everybody_once(desk, tmp_path, server):
    """After a yes everybody is asked once, rows are filled, and Excel's settings are as before."""
    desk.open(make_book(tmp_path / "clients.xlsx", 3))

    told = desk.press("send", answers=["yes"])

    assert (told.code, told.unasked) == (0, [])
    assert [each.email for each in server.accepted] == [f"p{row}@example.com" for row in (2, 3, 4)]
    assert desk.column("D", (2, 3, 4)) == ["pending"] * 3
    assert desk.settings == USUAL_SETTINGS
