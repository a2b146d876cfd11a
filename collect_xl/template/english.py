"""The template in English."""

from __future__ import annotations

from collect_xl.template.words import SummaryWords, Words

WORDS = Words(
    start_sheet="Start here",
    contacts_sheet="Contacts",
    options_sheet="Options",
    summary_sheet="Summary",
    headers={"campaignId": "Campaign"},
    option_heads=("Option", "Value", "Help"),
    help={
        "campaignId": "What is asked for: the campaign's name or its ID. collect-xl lists fills the drop-down.",
        "round": "Any text. Everyone is asked once per campaign and round. To ask again, type another round.",
        "items": "The documents to ask for, separated by ; (names or IDs). Leave blank for everything in the campaign.",
        "samples": "Sample files for items, one a line: item -> https://...",
        "dueDate": "By when: 23:59 on this day, your team's time zone. Leave blank to use the campaign's setting.",
        "assignedTo": "Who looks after the requests: the e-mail address of a member of your team.",
        "sendMessage": "E-mail the contacts? Leave blank to use the campaign's setting (yes).",
        "sendCompletionMessage": "E-mail when everything has come in? Leave blank to use the campaign's setting.",
        "sendRejectionMessage": "E-mail when something was rejected? Leave blank to use the campaign's setting.",
        "sendReopenMessage": "E-mail when a request is opened again? Leave blank to use the campaign's setting.",
        "dateOrder": "How 03/04/2026 is meant where dates are typed as text: DMY (day first), MDY or YMD.",
    },
    prompts={
        "contactId": "The ID that Collect shows for a contact it has already. Leave blank for new contacts.",
        "tags": "Several tags are separated by ; such as retail; 2026. A comma does not separate.",
        "assignedTo": "The e-mail address of a member of your team. Leave blank to use the Options sheet.",
        "skip": "A yes, or any other word but no: this row is not sent.",
        "items": "Names or IDs, separated by ; Leave blank for everything in the campaign.",
        "samples": "One a line: item -> https://... (Alt+Enter begins a new line).",
    },
    yes="yes",
    no="no",
    title="Ask your clients for documents, from this workbook",
    what=(
        "You list the people and say what is needed. collect-xl asks each of them once, through Collect, and writes "
        "the result beside each person. Pass the workbook on as you like: it holds no key and no password."
    ),
    steps_title="Five steps",
    steps=(
        "Contacts: one person a row. An e-mail address is enough; the other columns may stay empty.",
        "Options: choose the campaign. Everything else may stay empty.",
        "Check: finds what is wrong, cell by cell. Nothing is sent.",
        "Send: shows what will be sent and waits for your yes. Anyone who has already been asked is not asked again.",
        "Refresh, whenever you like: the current status comes back into Contacts, and Summary counts it.",
    ),
    ribbon_title="Where to click",
    ribbon=(
        "In Excel: the tab Collect in the ribbon, once the add-in is installed (collect-xl addin install). Without "
        "Excel, or with the workbook closed: collect-xl check, collect-xl send and collect-xl refresh, each followed "
        "by the workbook's name, in a terminal."
    ),
    example_title="What a list looks like",
    example=(
        "These three are only an example; nothing on this sheet is ever sent. You may add columns to Contacts: "
        "Campaign, Round, Items or any other option for single rows, and Custom: VARIABLE for a custom field. "
        "A yes under Skip: that row is not sent."
    ),
    statuses_title="What the column Collect status says",
    statuses={
        "pending": "Asked; not everything has come in yet.",
        "waiting": "The client has done everything. It waits for your team to look at it.",
        "completed": "Everything is there.",
        "due": "Asked, and the due date has passed.",
        "error": "Collect could not deliver it. Correct the contact in Collect, or cancel the request and send again.",
        "invalid": "Not sent: something in the row is wrong. Collect message says what. Correct it, then send again.",
        "duplicate": "Not sent: this person is also in another row and is asked there.",
        "refused": "Collect refused it; nothing was sent. Read Collect message, correct the row, then send again.",
        "unknown": "It was sent, but the answer was lost. Look it up (lookup). It is never sent again by itself.",
        "skipped": "Not sent this time. Collect message says why. Usually: send again.",
        "cancelled": "The request was cancelled.",
    },
    choose="Choose from the list: {choices}. Or leave the cell empty.",
    day="Type a date in the future, such as 2030-12-31, or leave the cell empty.",
    round="A round is text: format the cell as text and type it again.",
    summary=SummaryWords(
        as_of="As of the last send or refresh",
        nothing_yet="nothing sent yet",
        needs_you="Needs you",
        pending="Waits for the client",
        with_client="With the client",
        closed="Closed",
        not_yet="Not sent",
        not_sent="no status yet",
        due_soon="Open requests that are due, day by day",
        contacts="Contacts",
        sent="Sent",
        completed="Completed",
        due_within="Due in the next 7 days",
        rate="Completion rate",
        still_open="Still open",
        other="other words",
        how=(
            "Counted from the sheet Contacts. The next 7 days begin on the day of the last send or refresh, because no "
            "status is newer than that. Collect message says what to do about each row that needs you."
        ),
    ),
)
