"""Each button's story on xlwings' engine for Windows, pywin32 and COM, against a fake Collect on this computer.

It is Wine, not Windows, and a stand-in, not Excel: see ``excel_process.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from collect_xl.addin.buttons import BUTTONS
from collect_xl.template import new_workbook
from collect_xl.testing import faults
from support.books import make_book, person
from support.waiting import until
from windows.excel_desk import USUAL_SETTINGS
from windows.excel_stand_in import ExcelDesk, Remote

STORIES = {
    "check", "send", "send-selected", "send-first", "test-to-me", "stop", "look-up", "refresh", "unfinished",
    "open-portal", "pick", "settings",
}  # fmt: skip
"""Buttons whose stories are told below."""


@dataclass(frozen=True)
class Meanwhile(faults.Fault):
    """No fault: lets the test do something while a call is answered."""

    happens: Callable[[], object]

    def perform(self, call, world):
        """Let it happen, then do what the call asks."""
        self.happens()
        return super().perform(call, world)


def opened(excel_desk, tmp_path, rows, **more) -> ExcelDesk:
    """Open a workbook with a number of people, or with given ones."""
    excel_desk.open(make_book(tmp_path / "clients.xlsx", rows, **more))
    return excel_desk


def test_every_button_has_a_story():
    """No button of the ribbon is left out here."""
    assert {button.id for button in BUTTONS} == STORIES


def test_send_asks_everybody_once(excel_desk, tmp_path, server):
    """After a yes everybody is asked once, rows are filled, and Excel's settings are as before; again sends nothing."""
    opened(excel_desk, tmp_path, 3)

    told = excel_desk.press("send", answers=["yes"])

    assert (told.code, told.unasked) == (0, [])
    assert [each.email for each in server.accepted] == [f"p{row}@example.com" for row in (2, 3, 4)]
    assert excel_desk.column("D", (2, 3, 4)) == ["pending"] * 3
    assert excel_desk.settings == USUAL_SETTINGS
    assert excel_desk.press("send").said == ["Nothing to send.\n\nLeft out: 3 already sent."]
    assert len(server.accepted) == 3


@pytest.mark.parametrize("key", ["no", "enter", "enter late", "escape", "at once"])
def test_only_a_deliberate_yes_sends(excel_desk, tmp_path, server, key):
    """Keys that were meant for a cell send nothing, in a box that belongs to Excel's own window."""
    opened(excel_desk, tmp_path, 2)

    told = excel_desk.press("send", answers=[key])

    assert (len(told.asked), server.posts) == (1, [])
    assert excel_desk.settings == USUAL_SETTINGS


def test_rows_fill_in_while_the_run_is_on(excel_desk, tmp_path, server):
    """When the second batch leaves, the first fifty rows are filled; links lead to the portals in the end."""
    opened(excel_desk, tmp_path, 60)
    seen = []
    server.on(Meanwhile(lambda: seen.append(excel_desk.cells("D2:D61"))), nth=2)

    excel_desk.press("send", answers=["yes"])

    assert [line[0] for line in seen[0]].count("pending") == 50
    links = excel_desk.excel(
        "page = excel.books.active.wb['Contacts']; "
        "answer = [page.cell(row, 6).hyperlink.target == page.cell(row, 6).value for row in range(2, 62)]"
    )
    assert links == [True] * 60
    assert excel_desk.settings == USUAL_SETTINGS


def test_send_selected_rows(excel_desk, tmp_path, server):
    """Only the selected rows are sent: by VBA's word, else by what Excel itself says."""
    opened(excel_desk, tmp_path, 5)

    excel_desk.press("send-selected", "--selection=Contacts!A3:B4", answers=["yes"])
    excel_desk.excel("excel.selection = excel.books.active.sheets('Contacts').range('B6')")
    excel_desk.press("send-selected", answers=["yes"])

    assert [each.email for each in server.accepted] == [person(row)[0] for row in (3, 4, 6)]


def test_send_first_row(excel_desk, tmp_path, server):
    """One row is sent, the others are left for later."""
    opened(excel_desk, tmp_path, 3)

    told = excel_desk.press("send-first", answers=["yes"])

    assert "2 left for later" in told.asked[0]
    assert excel_desk.column("D", (2, 3, 4)) == ["pending", "", ""]


def test_test_goes_to_me_alone(excel_desk, tmp_path, server):
    """One request goes to the user's own address, and no row changes."""
    me = server.account.users[0]["email"]
    opened(excel_desk, tmp_path, 2)
    excel_desk.ask("keep_setting", "me", me)

    told = excel_desk.press("test-to-me", answers=["yes", "yes"])

    assert [each.email for each in server.accepted] == [me]
    assert [url.startswith("https://app.usecollect.com/portal/") for url in told.browsed] == [True]
    assert excel_desk.cells("D1:D1") == [[None]]


def test_check_writes_what_is_wrong_and_goes_there(excel_desk, tmp_path, server):
    """Each faulty row says what is wrong, the first wrong cell is selected, and nothing is sent."""
    opened(excel_desk, tmp_path, [person(2), ("ann.example.com", "Ann", "A"), person(2)])

    told = excel_desk.press("check")

    assert excel_desk.column("D", (2, 3, 4)) == ["", "invalid", "duplicate"]
    assert "Contacts!A3, which is selected" in told.said[0]
    assert excel_desk.excel("answer = excel.selection._address()") == "$A$3"
    assert (server.posts, excel_desk.settings) == ([], USUAL_SETTINGS)


def test_check_goes_to_another_sheet(excel_desk, tmp_path):
    """A wrong option is selected on its own sheet, which comes in front: Excel selects on no other."""
    opened(excel_desk, tmp_path, 1, options={"Due date": "whenever"})

    excel_desk.press("check")

    assert excel_desk.excel("answer = [excel.selection.sheet.page.title, excel.selection._address()]") == [
        "Options",
        "$B$3",
    ]


def test_refresh_writes_statuses(excel_desk, tmp_path, server):
    """Collect's statuses come back into the sheet."""
    opened(excel_desk, tmp_path, 2)
    excel_desk.press("send", answers=["yes"])
    server.account.requests[server.accepted[0].request_id]["status"] = "completed"

    told = excel_desk.press("refresh")

    assert excel_desk.column("D", (2, 3)) == ["completed", "pending"]
    assert told.said[0].startswith("2 requests checked: 1 with another status.")


def test_look_up_finds_lost_answers(excel_desk, tmp_path, server):
    """A lost answer is found again, and no person is asked twice."""
    opened(excel_desk, tmp_path, 2)
    server.on(faults.DropAfterCreating(), nth=1)
    excel_desk.press("send", answers=["yes"])

    assert excel_desk.press("look-up").said == ["2 were sent, 0 were not sent, 0 still unknown."]
    assert excel_desk.column("D", (2, 3)) == ["pending", "pending"]
    assert len(server.accepted) == 2


def test_unfinished_rows_are_listed(excel_desk, tmp_path, server):
    """Who has not completed is listed, and the first such row is selected."""
    opened(excel_desk, tmp_path, [person(2), person(3), ("bad", "", "")])
    excel_desk.press("send", answers=["yes"])
    server.account.requests[server.accepted[0].request_id]["status"] = "completed"
    excel_desk.press("refresh")

    told = excel_desk.press("unfinished")

    assert told.said[0].split("\n")[2:] == ["Row 3: p3@example.com, pending", "Row 4: bad, invalid"]
    assert excel_desk.excel("answer = excel.selection._address()") == "$A$3"


def test_portal_of_the_selected_row_opens(excel_desk, tmp_path):
    """The browser gets the portal of the selected row alone."""
    opened(excel_desk, tmp_path, 2)
    excel_desk.press("send", answers=["yes"])

    told = excel_desk.press("open-portal", "--selection=Contacts!B3")

    assert told.browsed == excel_desk.column("F", [3])
    assert excel_desk.press("open-portal", "--selection=Contacts!B2:B3").said[0].startswith("2 rows are selected.")


def test_pick_fills_the_lists(excel_desk, tmp_path, server):
    """Campaigns stand on the hidden sheet of a template, as texts."""
    server.account.add_campaign("=1+1")
    excel_desk.open(new_workbook(tmp_path / "clients.xlsx", "en"))

    told = excel_desk.press("pick")

    listed = [value for (value,) in excel_desk.cells("A2:A20", "Collect lists")]
    assert {"Yearly documents", "=1+1"} <= set(listed)
    assert "Choose a campaign and press Pick again" in told.said[0]


def test_stop_ends_the_run(excel_desk, tmp_path, server, stand_in):
    """Stop, pressed in the ribbon while the first batch is on its way, lets no other begin; the next Send goes on."""
    opened(excel_desk, tmp_path, 120)
    hwnd = excel_desk.excel("answer = excel.hwnd")
    other = Remote(stand_in.windows, "button_process.py")
    excel_desk.more["STOP_IS_SEEN"] = stand_in.windows.windows_path(tmp_path / "stop is seen")
    seen = []

    def stop():
        words = ["stop", "--wb=clients.xlsx", "--from_xl=1", f"--hwnd={hwnd}"]
        environ = dict(excel_desk.environ)
        told = other.do("answer = press(words, [], environ)", words=words, environ=environ)
        seen.extend(words for words, *_ in told["boxes"])
        until((tmp_path / "stop is seen").exists, "the run sees that Stop was pressed")

    try:
        server.on(Meanwhile(stop), nth=1)
        told = excel_desk.press("send", answers=["yes"])
    finally:
        other.end()

    assert seen[0].startswith("The run of ")
    assert (len(server.accepted), "70 not reached" in told.said[-1]) == (50, True)
    assert excel_desk.press("stop").said == ["No run is on in this workbook: there is nothing to stop."]
    excel_desk.press("send", answers=["yes"])
    assert len(server.accepted) == 120


@pytest.mark.parametrize("button", ["settings", "unfinished"])
def test_excel_can_be_quit_while_a_window_is_open(excel_desk, tmp_path, button):
    """While a window of ours is open, nothing of Excel is held: Excel would go on without a window."""
    opened(excel_desk, tmp_path, 2)

    hwnd = excel_desk.excel("answer = excel.hwnd")
    seen = excel_desk.ask("press_with_window", [button, "--wb=clients.xlsx", "--from_xl=1", f"--hwnd={hwnd}"])

    assert seen == {"code": 0, "titles": ["Collect"], "held": []}


def test_nothing_of_excel_is_held_after_a_button(excel_desk, tmp_path):
    """When a button's story is over, Excel can end."""
    opened(excel_desk, tmp_path, 2)
    excel_desk.press("check")

    assert excel_desk.ask("held") == []
