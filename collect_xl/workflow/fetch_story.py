"""The story of fetching what clients uploaded: which rows, into which folder, under which names."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from collect_xl.domain.model import Claim, Contact, Row
from collect_xl.domain.ports import Collect
from collect_xl.downloads.client_folders import open_client_folders
from collect_xl.followup.fetch import Fetched, FetchWish, Wanted, fetch_files
from collect_xl.workflow.session import Connected, Session, connect
from collect_xl.workflow.steps import open_requests


@dataclass(frozen=True, slots=True)
class FetchEnd:
    """How it ended."""

    fetched: Fetched
    requests: Mapping[int, Claim]
    """The rows whose files were wanted, with their requests."""


class FetchFront:
    """What a face hears while files are fetched."""

    def without_request(self, rows: list[int]) -> None:
        """Hear of chosen rows that have no request."""

    def fetching(self, done: int, total: int) -> None:
        """Hear before each request how many were done, and how many there are in all."""

    @property
    def stop(self) -> threading.Event:
        """When set, no further file is fetched."""
        return threading.Event()


def fetch(
    session: Session, collect: Collect, folder: Path, rows: frozenset[int] | None, wish: FetchWish, front: FetchFront
) -> FetchEnd:
    """Fetch what clients uploaded for the requests of a sheet; the workbook and Collect stay as they are.

    Args:
        session: the workbook.
        collect: the connection to Collect.
        folder: where the files go; made where it is missing.
        rows: which rows; None for all.
        wish: which of their files.
        front: hears how it goes on.
    """
    online = connect(session, collect, sending=False)
    if rows is not None:
        online.book.require_rows(rows)
    requests = open_requests(online)
    if rows is not None:
        idle = sorted(rows - requests.keys())
        if idle:
            front.without_request(idle)
        requests = {row: claim for row, claim in requests.items() if row in rows}
    wanted = _wanted(online, requests)
    account = f"{online.account.origin} {online.account.team.id}"
    with open_client_folders(folder, account) as shelf:
        return FetchEnd(fetch_files(collect, shelf, wanted, wish, front.stop, front.fetching), requests)


def _wanted(online: Connected, requests: Mapping[int, Claim]) -> list[Wanted]:
    """Return the rows whose requests are known by ID, each with the name that its folder should have."""
    contacts = {row.number: row.contact for row in online.book.rows if isinstance(row, Row)}
    wanted = []
    for row, claim in requests.items():
        if claim.request_id:
            wanted.append(Wanted(row, claim.request_id, _client(contacts.get(row), claim)))
    return wanted


def _client(contact: Contact | None, claim: Claim) -> str:
    """Return what the folder of a request is called: company and name, as far as the row has them."""
    if contact is None:  # the row has become wrong since it was sent
        return claim.request_id
    name = " ".join(filter(None, [contact.first_name, contact.last_name])) or contact.email or ""
    return " - ".join(filter(None, [contact.company, name])) or claim.request_id
