"""What programs read: one JSON object a line, with the same keys from every command (schema 2)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Literal

from collect_xl.cli.invocation import CURRENT

if TYPE_CHECKING:
    from collect_xl.domain.model import Claim
    from collect_xl.results.row_ends import RowEnd

SCHEMA: Final = 2

_NONE: Final[Mapping[str, object]] = {}

LineType = Literal["row", "summary", "error"]


class JsonLines:
    """The lines of one command, on standard output.

    Args:
        links: whether portal addresses, which open the clients' documents, may be in them.
    """

    def __init__(self, *, links: bool = False) -> None:
        self._links = links

    def row(self, end: RowEnd, **more: object) -> None:
        """Print how a row stands.

        Args:
            end: the row.
            more: what only this command says of rows.
        """
        line: dict[str, object] = {
            "row": end.row,
            "email": end.email,
            "contact_id": end.contact_id,
            "status": snake(end.status),
            "request_id": end.request_id,
            "due": end.due,
            "message": end.message,
        }
        if self._links:
            line["portal_url"] = end.portal_url
        _print("row", {**line, **more})

    def rows(self, ends: Iterable[RowEnd], more: Mapping[int, Mapping[str, object]] | None = None) -> None:
        """Print how rows stand.

        Args:
            ends: the rows.
            more: what only this command says of rows, by row number.
        """
        for end in ends:
            self.row(end, **(more or {}).get(end.row, {}))

    def summary(
        self, code: int, counts: Mapping[str, int], facts: Mapping[str, object] = _NONE, *, plan: str | None = None
    ) -> None:
        """Print the last line about a workbook, or about all of them.

        Args:
            code: the exit code.
            counts: how many rows ended how.
            facts: what only this command says.
            plan: the code that approves this plan with ``--plan``; None where nothing was planned.
        """
        named = {snake(name): count for name, count in counts.items()}
        _print("summary", {"exit": code, "plan": plan or "", "counts": named, **facts})

    def error(self, message: str, tip: str, code: int) -> None:
        """Print what ended the command, or that a question was answered with no."""
        _print("error", {"exit": code, "message": message, "tip": tip})


def person(claim: Claim) -> tuple[str, str]:
    """Return the first address and the first contact ID of a claim; empty where it has none."""
    addresses = [key.removeprefix("mail:") for key in claim.keys if key.startswith("mail:")]
    ids = [key.removeprefix("id:") for key in claim.keys if key.startswith("id:")]
    return next(iter(addresses), ""), next(iter(ids), "")


def end_of(claim: Claim, row: int, *, status: str, message: str = "") -> RowEnd:
    """Return how a row stands, from what the send history has of its request.

    Args:
        claim: the request.
        row: its number in the sheet.
        status: what to call it where Collect's own status is not known yet.
        message: what is wrong, or what to do.
    """
    from collect_xl.results.row_ends import RowEnd  # noqa: PLC0415  # not needed for --help

    email, contact_id = person(claim)
    shown = claim.status or status
    return RowEnd(row, shown, claim.request_id, message, claim.portal_url, email, contact_id, claim.due)


def snake(word: str) -> str:
    """Return a status or reason as one word."""
    return word.strip().replace(" ", "_")


def _print(kind: LineType, line: Mapping[str, object]) -> None:
    print(json.dumps({"schema": SCHEMA, "type": kind, "book": CURRENT.book, **line}))  # noqa: T201


FIELDS: Final = (
    ("schema", "2; a change that breaks readers raises it"),
    ("type", "row, summary or error"),
    ("book", "the workbook as it was named; empty where a line is about several or none"),
    ("row", "the row's number in Excel"),
    ("email, contact_id", "the person, as the row says"),
    ("status", "Collect's status, or sent, unknown, refused, invalid, duplicate, skipped, planned, ..."),
    ("request_id", "the request at Collect; empty where there is none"),
    ("due", "ISO 8601 in UTC; empty where the campaign decides"),
    ("message", "what is wrong or what happened, and what to do"),
    ("portal_url", "the person's portal, only with --links; it opens their documents"),
    ("outcome", "cancel, due, takeover: what became of the change: done, asked, refused, unknown, not_reached, left"),
    ("kind", "overdue: undelivered, overdue or due_soon"),
    ("missing", "overdue: the items that did not come in, where they were asked for"),
    ("folder, files", "fetch: the folder of the row's request, and the files that came now, below --to"),
    ("left", "fetch: files that did not come: item, name, why (infected, restricted, expired, failed, ...), message"),
    ("request", "check --row: what would be sent to Collect, in its own keys; null if nothing"),
    ("exit, counts", "summary and error: the exit code; summary: how many rows ended how"),
    ("plan", "summary: the code that approves this plan: send --plan CODE"),
    ("run, stopped, written", "summary: the run's ID, why it ended early, the file with the results; or null"),
    ("state, people, campaign, round, at, by, history", "log: what the send history has of the request"),
    ("books", "summary of several workbooks: how many"),
    ("tip", "error: what to do"),
)
"""Keys and what they mean, for ``collect-xl help json``."""

EXAMPLES: Final[Mapping[LineType, str]] = {
    "row": (
        '{"schema": 2, "type": "row", "book": "clients.xlsx", "row": 2, "email": "ann@example.com", "contact_id": "", '
        '"status": "pending", "request_id": "r4Tq", "due": "2027-01-31T22:59:00Z", "message": ""}'
    ),
    "summary": (
        '{"schema": 2, "type": "summary", "book": "clients.xlsx", "exit": 0, "plan": "c001-2f4e", '
        '"counts": {"rows": 1, "sent": 1, "refused": 0, "unknown": 0, "not_sent": 0, "left": 0, "undelivered": 0}, '
        '"run": "20261128-112500-ab12", "stopped": null, "written": "clients.xlsx"}'
    ),
    "error": (
        '{"schema": 2, "type": "error", "book": "clients.xlsx", "exit": 7, "message": "Nothing was sent.", "tip": ""}'
    ),
}
"""One line of each type, for ``collect-xl help json``."""
