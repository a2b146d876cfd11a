"""Our own code on xlwings' engine for Windows, pywin32 and COM: what is read from an open workbook, and written.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

from support.books import make_book


def test_rows_are_read(desk, tmp_path):
    """The workbook is found through Excel's window, and its rows come as they are."""
    desk.open(make_book(tmp_path / "clients.xlsx", 3))

    rows = desk.ask("of_taken", desk.ask("take", "clients.xlsx"), "rows", ())

    assert dict(rows[2].cells) == {"email": "p4@example.com", "firstName": "First4", "lastName": "Last4"}
