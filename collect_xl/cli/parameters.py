"""The options and arguments of the commands, each declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

WHICH_ROWS = "Which rows"
APPROVAL = "Approval"
LIMITS = "Limits"
STEPS = "Before and after"
OUTPUT = "Output"
WORKBOOK = "Workbook"
MORE = "Several computers"

BookArgument = Annotated[
    Path, typer.Argument(metavar="BOOK", help="The workbook (.xlsx or .xlsm).", show_default=False)
]


BooksArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="BOOK...", help="Workbooks (.xlsx or .xlsm), or patterns: inbox/*.xlsx.", show_default=False
    ),
]


MaybeBooksArgument = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="BOOK...",
        help="Workbooks (.xlsx or .xlsm), or patterns: inbox/*.xlsx; with --live the name of an open one.",
        show_default=False,
    ),
]


LiveOption = Annotated[
    bool,
    typer.Option(
        "--live",
        help="Work on the workbook that is open in Excel; without BOOK on the one in front.",
        rich_help_panel=WORKBOOK,
    ),
]


ContactsOption = Annotated[
    str | None,
    typer.Option(
        metavar="SHEET", help="The sheet with the contacts, if it is not called Contacts.", rich_help_panel=WORKBOOK
    ),
]


OptionsOption = Annotated[
    str | None,
    typer.Option(
        metavar="SHEET", help="The sheet with the options, if it is not called Options.", rich_help_panel=WORKBOOK
    ),
]


ForceOption = Annotated[
    bool,
    typer.Option(
        "--force",
        help="Write although this breaks a digital signature or a log of tracked changes.",
        rich_help_panel=WORKBOOK,
    ),
]


PerMinuteOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="At most N calls to Collect a minute, by all who share the send history.",
        rich_help_panel=LIMITS,
    ),
]


LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        min=0,
        metavar="N",
        help="Ask at most N people in this run; leave the rest for the next one.",
        rich_help_panel=LIMITS,
    ),
]


DailyLimitOption = Annotated[
    int | None,
    typer.Option(
        "--daily-limit",
        min=0,
        metavar="N",
        help="Ask at most N people today, by all who share the send history.",
        rich_help_panel=LIMITS,
    ),
]


NewHistoryOption = Annotated[
    bool,
    typer.Option(
        "--new-history",
        help="Create a new send history in an unattended run. Only if nothing was ever sent from this computer.",
        rich_help_panel=MORE,
    ),
]


RowsOption = Annotated[
    str | None,
    typer.Option(metavar="ROWS", help="Only these rows, as Excel numbers them: 2-50,60.", rich_help_panel=WHICH_ROWS),
]


YesOption = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask for a confirmation.", rich_help_panel=APPROVAL)
]


YesNumberOption = Annotated[
    bool,
    typer.Option(
        "--yes",
        "-y",
        help="Do not ask; with a number behind it (--yes 253) only if exactly that number would be asked.",
        rich_help_panel=APPROVAL,
    ),
]


JsonOption = Annotated[
    bool, typer.Option("--json", help="One JSON object per row and a summary.", rich_help_panel=OUTPUT)
]


LinksOption = Annotated[
    bool,
    typer.Option("--links", help="With --json: portal addresses, too; they open documents.", rich_help_panel=OUTPUT),
]


QuietOption = Annotated[
    bool,
    typer.Option(
        "--quiet", "-q", help="Print only warnings and errors, nothing on exit code 0.", rich_help_panel=OUTPUT
    ),
]


FirstOption = Annotated[
    int | None,
    typer.Option(min=1, metavar="N", help="Only the first N rows that can be sent.", rich_help_panel=WHICH_ROWS),
]


CanaryOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        metavar="N",
        help="Send the first N people, show the results, ask, then send the rest.",
        rich_help_panel=APPROVAL,
    ),
]


NotBeforeOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="Wait until then: 2026-12-01 08:00, in the team's zone; a day is its midnight.",
        rich_help_panel=STEPS,
    ),
]


OnlyToOption = Annotated[
    str | None,
    typer.Option(metavar="LIST", help="Only these addresses: @domain,ann@acme.example.", rich_help_panel=WHICH_ROWS),
]


HiddenOption = Annotated[
    bool,
    typer.Option("--include-hidden", help="Also send hidden and filtered-out rows.", rich_help_panel=WHICH_ROWS),
]


EditedOption = Annotated[
    bool,
    typer.Option(
        "--send-edited",
        help="Also send rows whose address was changed after they were sent.",
        rich_help_panel=WHICH_ROWS,
    ),
]


RecentOption = Annotated[
    int,
    typer.Option(
        min=0,
        metavar="DAYS",
        help="How long a finished request that others made still counts as asked.",
        rich_help_panel=WHICH_ROWS,
    ),
]


EvenIfAskedOption = Annotated[
    bool,
    typer.Option("--even-if-asked", help="Also ask people that others have already asked.", rich_help_panel=WHICH_ROWS),
]


RowOption = Annotated[
    int | None,
    typer.Option(metavar="ROW", help="Say in words exactly what this row would send.", rich_help_panel=OUTPUT),
]


CheckOnlineOption = Annotated[
    bool, typer.Option("--online", help="Ask Collect for team and campaigns.", rich_help_panel=STEPS)
]


AbortAboveOption = Annotated[
    int | None,
    typer.Option(
        "--abort-above",
        min=0,
        metavar="N",
        help="Send nothing if more than N people would be asked.",
        rich_help_panel=APPROVAL,
    ),
]


PlanOption = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="The code of the plan that was approved.", rich_help_panel=APPROVAL),
]


NewRoundOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ROUND",
        help="Confirm a new round by repeating its name, so that people asked before are asked again.",
        rich_help_panel=APPROVAL,
    ),
]


NewCampaignOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="ID_OR_NAME",
        help="Confirm a campaign whose name meant another campaign before.",
        rich_help_panel=APPROVAL,
    ),
]


DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Show the plan: no socket, no claim, no write.", rich_help_panel=APPROVAL)
]


TestToOption = Annotated[
    str | None,
    typer.Option(
        metavar="ME",
        help="Send one row's request to this member of the team, and leave the row alone.",
        rich_help_panel=APPROVAL,
    ),
]


OutputOption = Annotated[
    Path | None,
    typer.Option("--output", "-o", metavar="FILE", help="Write the results into a copy.", rich_help_panel=OUTPUT),
]


LookUpOption = Annotated[bool, typer.Option("--lookup", help="Look up unknown rows first.", rich_help_panel=STEPS)]


NoWaitOption = Annotated[
    bool,
    typer.Option(
        "--no-wait",
        help="Do not wait a minute to learn what became of refused rows: the next run does.",
        rich_help_panel=STEPS,
    ),
]


RefreshOption = Annotated[
    bool, typer.Option("--refresh", help="Refresh the statuses of what was sent first.", rich_help_panel=STEPS)
]


ReceiptOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Write a page (HTML): who was asked, who was not, why.", rich_help_panel=OUTPUT),
]


ReceiptLinksOption = Annotated[
    bool,
    typer.Option(
        "--receipt-links", help="Put the clients' confidential portal links into the receipt.", rich_help_panel=OUTPUT
    ),
]


LogOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="Keep a log: run and row numbers, never addresses or keys.", rich_help_panel=OUTPUT
    ),
]


SchedulerOption = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Let a Dask cluster do it, one task a workbook: tcp://host:8786.",
        rich_help_panel=MORE,
    ),
]


WithinOption = Annotated[int, typer.Option(min=0, metavar="DAYS", help="Also what is due within this number of days.")]


RefreshFirstOption = Annotated[bool, typer.Option("--online", help="Refresh first.", rich_help_panel=STEPS)]


ItemsOption = Annotated[
    bool,
    typer.Option("--items", help="Ask which documents and forms came in: Collect progress, Collect missing."),
]


AllItemsOption = Annotated[
    bool, typer.Option("--all-items", help="The same, with a column for each document and form.")
]


FolderOption = Annotated[
    Path,
    typer.Option(
        "--to", metavar="FOLDER", help="Where the files go: a folder for each request in it.", show_default=False
    ),
]


ItemNamesOption = Annotated[
    list[str] | None,
    typer.Option("--items", metavar="NAME", help="Only this document; may be given again.", show_default=False),
]


AgainOption = Annotated[bool, typer.Option("--again", help="Also what was fetched before, and moved or deleted since.")]


NewDueOption = Annotated[
    str,
    typer.Option("--due", metavar="DATE", help="The new due date: YYYY-MM-DD, or with a time.", show_default=False),
]


RunArgument = Annotated[
    str | None, typer.Argument(metavar="[RUN]", help="Everything that this run sent.", show_default=False)
]


SentRoundOption = Annotated[
    str | None,
    typer.Option(
        "--round", metavar="ROUND", help='The round that these rows were sent in; "" for none.', show_default=False
    ),
]
