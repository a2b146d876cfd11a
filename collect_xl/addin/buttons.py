"""The buttons of the Collect tab, as facts: the ribbon's XML is made from them, and the add-in runs what they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ButtonId = Literal[
    "check", "send", "send-selected", "send-first", "test-to-me",
    "look-up", "refresh", "unfinished", "open-portal", "pick", "settings",
]  # fmt: skip
"""The word that follows ``python -I -m collect_xl.addin``; VBA adds ``--wb=``, ``--from_xl=1``, ``--hwnd=`` and, where
the button says so, ``--selection=``."""

GroupId = Literal["send", "follow", "set-up"]

GROUPS: tuple[tuple[GroupId, str], ...] = (
    ("send", "Ask"),
    ("follow", "Follow up"),
    ("set-up", "Set up"),
)
"""The groups of the tab, from left to right, with their labels."""


@dataclass(frozen=True, slots=True)
class Button:
    """One button of the ribbon."""

    id: ButtonId
    label: str
    screentip: str
    supertip: str
    image: str
    """An ``imageMso`` of Excel's own."""
    function: str
    """What it calls, as ``module:function``; a module is loaded only when its button is pressed."""
    group: GroupId
    large: bool = False
    selection: bool = False
    """Whether it works on the selected cells, so that VBA says which."""


BUTTONS: tuple[Button, ...] = (
    Button(
        "check",
        "Check",
        "Check every row",
        "Finds what is wrong, writes it beside each row, and goes to the first wrong cell. Nothing is sent.",
        "AcceptInvitation",
        "collect_xl.addin.check:check",
        "send",
        large=True,
    ),
    Button(
        "send",
        "Send",
        "Ask everybody who was not asked yet",
        "Shows what will be sent and waits for your yes. Rows that were sent already are never sent again.",
        "FileSendAsAttachment",
        "collect_xl.addin.send:send",
        "send",
        large=True,
    ),
    Button(
        "send-selected",
        "Send selected rows",
        "Ask only the people in the selected rows",
        "As Send, for the rows that you have selected on the sheet with the contacts.",
        "TableSelect",
        "collect_xl.addin.send:send_selected",
        "send",
        selection=True,
    ),
    Button(
        "send-first",
        "Send first row only",
        "Ask the first person who was not asked yet",
        "As Send, for one row: look at the result before you send the rest.",
        "MacroPlay",
        "collect_xl.addin.send:send_first",
        "send",
    ),
    Button(
        "test-to-me",
        "Send a test to me",
        "Ask yourself, with the options of this workbook",
        "You get the e-mail that your contacts would get. No contact is asked, and no row changes.",
        "EnvelopesAndLabelsDialog",
        "collect_xl.addin.send:try_on_me",
        "send",
    ),
    Button(
        "refresh",
        "Refresh status",
        "Ask Collect how everything stands now",
        "Writes the current status beside each row that was sent. Nothing is sent.",
        "DataRefreshAll",
        "collect_xl.addin.followup:refresh",
        "follow",
        large=True,
    ),
    Button(
        "look-up",
        "Look up unknown rows",
        "Find out what became of rows called unknown",
        "Asks Collect about rows whose answer was lost. They are never sent again by this.",
        "FindDialog",
        "collect_xl.addin.followup:look_up",
        "follow",
    ),
    Button(
        "unfinished",
        "Show unfinished",
        "List the rows that are not completed",
        "Lists who is still to be asked, waited for or looked after, and goes to the row that you choose.",
        "Filter",
        "collect_xl.addin.unfinished:unfinished",
        "follow",
    ),
    Button(
        "open-portal",
        "Open portal",
        "Open the portal of the selected row",
        "Opens the client's portal in your browser. The link is confidential.",
        "HyperlinkInsert",
        "collect_xl.addin.followup:open_portal",
        "follow",
        selection=True,
    ),
    Button(
        "pick",
        "Pick",
        "Pick campaign, items and assignee from Collect",
        "Fills the drop-downs of the options sheet with what your team has in Collect.",
        "DataValidation",
        "collect_xl.addin.followup:pick",
        "set-up",
    ),
    Button(
        "settings",
        "Settings",
        "API key, your address, and where the send history is kept",
        "Nothing of it is kept in the workbook.",
        "AdvancedFileProperties",
        "collect_xl.addin.settings_dialog:settings",
        "set-up",
    ),
)
"""All of them, from left to right."""
