"""The values that cross borders between the rooms of this house: frozen, slotted, without behaviour of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from collect_xl.domain.cell_kinds import NO_CELLS as NO_CELLS  # noqa: PLC0414  # the model's other half, one name for all
from collect_xl.domain.cell_kinds import NO_DATES as NO_DATES  # noqa: PLC0414
from collect_xl.domain.cell_kinds import CellValue as CellValue  # noqa: PLC0414
from collect_xl.domain.cell_kinds import Fault as Fault  # noqa: PLC0414
from collect_xl.domain.cell_kinds import FaultKind as FaultKind  # noqa: PLC0414
from collect_xl.domain.cell_kinds import Number as Number  # noqa: PLC0414
from collect_xl.domain.cell_kinds import ResultValue as ResultValue  # noqa: PLC0414
from collect_xl.domain.problems import Problem as Problem  # noqa: PLC0414
from collect_xl.domain.skip_words import SkipMark
from collect_xl.domain.why import Why


@dataclass(frozen=True, slots=True)
class Column:
    """A column that was recognised."""

    field: str
    """The field's key of ``columns``: ``email``, ``custom:loan_ref``, ``dueDate``, ``result.status``."""
    index: int
    """1 for column A."""
    header: str
    """The header as the user wrote it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the contacts are."""

    sheet: str
    header_row: int
    columns: tuple[Column, ...]
    ignored: tuple[Column, ...] = ()
    """Columns with a header that we do not use; the preview names them."""
    table: str | None = None
    """The name of the Excel table that holds the contacts."""
    notes: tuple[str, ...] = ()
    """Sentences for the preview: a table that cannot grow, a protected sheet."""
    sheets: tuple[str, ...] = ()
    """The workbook's other sheets, where none of them is the options sheet."""

    @property
    def places(self) -> dict[str, int]:
        """Field -> column, 1 for A."""
        return {column.field: column.index for column in self.columns}

    @property
    def headers(self) -> dict[str, str]:
        """Field -> header."""
        return {column.field: column.header for column in self.columns}


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row below the header, by field. Blank cells are absent."""

    number: int
    """The row's number as Excel shows it."""
    hidden: bool
    cells: Mapping[str, CellValue]
    others: Mapping[str, CellValue] = field(default_factory=lambda: NO_CELLS)
    """By column letters what is under headers that we do not use; read only where ``cells`` name no person."""
    formulas: frozenset[str] = frozenset()
    """The fields and letters whose cell is a formula; read only where ``cells`` name no person."""
    link: str = ""
    """Where the label in the place of an address leads: ``mailto:ann@example.com``; read only there, too."""


@dataclass(frozen=True, slots=True)
class OptionCell:
    """One line of the options sheet that has a name."""

    name: str
    """As the user wrote it."""
    name_at: str
    """``Options!A3``."""
    value: CellValue | None
    value_at: str
    """``Options!B3``."""


@dataclass(frozen=True, slots=True)
class RowResult:
    """What to write on one row. ``None`` leaves a cell as it is, ``""`` empties it."""

    row: int
    anchor: tuple[str, ...]
    """What identifies the row in the sheet as it was read (see ``workbook.base.anchor``)."""
    cells: Mapping[str, ResultValue | None]
    """Result field (``result.status``, ...) -> text or date."""
    link: bool = False
    """Whether the portal URL may become a hyperlink."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of the results."""

    path: str
    """The file that now holds them."""
    rows: int
    """How many rows were given results."""
    moved: tuple[int, ...] = ()
    """Rows, as read, that were moved meanwhile and found again."""
    lost: tuple[int, ...] = ()
    """Rows, as read, that are gone from the sheet; their results stay in the journal."""
    notes: tuple[str, ...] = ()
    """Sentences for the user: saved beside because the file was open; a backup was made."""
    is_beside: bool = False
    """Whether they are in another file than the one that was meant, which a program held."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person to ask: an existing contact (``id``), a new one (``email`` and more), or both."""

    id: str = ""
    email: str = ""
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    tags: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()
    """``(variable, value)`` in sheet order."""

    @property
    def called(self) -> str:
        """What a line for people calls the contact: the address, or the ID where there is none."""
        return self.email or self.id

    @property
    def full_name(self) -> str:
        """First and last name; empty where the row has neither."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample file of an item."""

    item: str
    """An ID or a name, as written."""
    url: str
    more: str = ""
    """Further properties, as the JSON text of an object; empty for none."""


@dataclass(frozen=True, slots=True)
class Options:
    """The effective options of a row: the options sheet, overridden by the row. ``None`` and empty are not sent."""

    campaign: str = ""
    """An id or a name, as written."""
    round: str = ""
    """Trimmed, NFC, blanks collapsed; compared casefolded."""
    items: tuple[str, ...] = ()
    samples: tuple[Sample, ...] = ()
    due: date | datetime | None = None
    """A bare date means 23:59 in the team's zone; a naive datetime is in the team's zone, too."""
    assigned_to: str | None = None
    send_message: bool | None = None
    send_completion_message: bool | None = None
    send_rejection_message: bool | None = None
    send_reopen_message: bool | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row that passed validation."""

    number: int
    hidden: bool
    contact: Contact
    options: Options
    anchor: tuple[str, ...]
    seen: Mapping[str, str]
    """What the result columns hold now: result field -> text; blank ones absent."""
    notes: tuple[str, ...] = ()
    """What was done to the row silently otherwise: ``removed an invisible character from the address``."""
    skip: SkipMark | None = None
    """What holds it out."""
    dates: Mapping[str, date] = field(default_factory=lambda: NO_DATES)
    """The result columns that hold a real date now; ``seen`` has each of them as a text."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that did not pass, with everything that is wrong in it."""

    number: int
    hidden: bool
    anchor: tuple[str, ...]
    seen: Mapping[str, str]
    problems: tuple[Problem, ...]
    skip: SkipMark | None = None
    """What holds it out."""
    dates: Mapping[str, date] = field(default_factory=lambda: NO_DATES)
    """As in ``Row``."""


@dataclass(frozen=True, slots=True)
class Blank:
    """A row that names no one: nothing is in it, or only what was prepared for rows to come."""

    number: int
    repeats_header: bool = False
    """Whether it is the header once more."""


@dataclass(frozen=True, slots=True)
class Team:
    """The account behind a key."""

    id: str
    name: str
    zone: str
    """IANA name; ``UTC`` where Collect gave none."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A template that requests are made from."""

    id: str
    name: str
    status: str
    """``open``, ``closed``, ``archived``; empty where Collect gave none."""

    @property
    def called(self) -> str:
        """What people call it: its name, or the ID where it has none."""
        return self.name or self.id


@dataclass(frozen=True, slots=True)
class User:
    """A member of the team."""

    id: str
    email: str


@dataclass(frozen=True, slots=True)
class Account:
    """What was learned of an account, online or from the journal's cache; its origin is the API's address."""

    origin: str
    team: Team
    campaigns: tuple[Campaign, ...] = ()
    users: tuple[User, ...] = ()
    items: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Campaign id -> its items, id -> name; users and items are absent where they were never asked for."""
    key_first: str = ""
    """Salt and hash of the key that Collect takes as the user, and not as the password; empty for the usual order."""


@dataclass(frozen=True, slots=True)
class RemoteRequest:
    """A request as Collect describes it. Every text may be empty: Collect's fields come and go."""

    id: str
    campaign: str = ""
    contact_id: str = ""
    email: str = ""
    status: str = ""
    portal_url: str = ""
    created: datetime | None = None
    due: str = ""
    """ISO 8601 in UTC, or empty."""
    details: str = ""
    """What else Collect says about it, as a JSON object, result field -> text; empty where no sheet asks for it."""
    activity: str = ""
    """When the contact was last active, ISO 8601 in UTC; empty where Collect does not say it."""


@dataclass(frozen=True, slots=True)
class Listing:
    """All requests of a campaign, in every state, at one moment."""

    requests: tuple[RemoteRequest, ...]
    complete: bool
    """False when a page failed, repeated for ever or the cap was reached: absence then proves nothing."""
    started: datetime  # by our clock, as the end
    ended: datetime
    server_offset: float | None
    """Seconds to add to our clock to get the server's, from its ``Date`` header."""
    round_trip: float = 0.0
    limit: str = ""  # which limit of ours ended the reading, in words

    @property
    def by_id(self) -> Mapping[str, RemoteRequest]:
        """Its requests by their IDs."""
        return {request.id: request for request in self.requests}

    @property
    def ids(self) -> tuple[str, ...]:
        """The IDs of its requests."""
        return tuple(filter(None, self.by_id))


PostVerdict = Literal["accepted", "not_sent", "answered", "lost", "abandoned"]
"""``accepted``: a 200 that can be read; ``not_sent``: no connection was made, which alone proves that nothing was
done; ``answered``: a 4xx (not 408, 425, 499) that was read to its end, after which Collect is silent; ``abandoned``:
our claim was gone before the body left; ``lost``: everything else, after which Collect may still be at work."""


@dataclass(frozen=True, slots=True)
class PostAnswer:
    """The outcome of one POST, whatever it was."""

    verdict: PostVerdict
    words: str
    """For people: what happened on the wire. Never an address, key or URL."""
    http_status: int | None = None
    retry_after: float | None = None
    """Seconds, where Collect named them."""
    requests: tuple[RemoteRequest, ...] = ()
    contacts: tuple[tuple[str, str], ...] = ()
    """``(contact id, e-mail)`` pairs echoed, both known."""
    errors: tuple[str, ...] = ()
    """Entries of ``errors`` in any shape, each as a text that shows all it holds."""
    body: str = ""
    """The answer's raw text, cut; for the journal, never for logs."""
    server_offset: float | None = None
    instead: str = ""  # who refused in Collect's place, such as a proxy, as a noun phrase


ClaimState = Literal["intent", "sent", "refused", "not_sent", "unknown", "cancelled"]


@dataclass(frozen=True, slots=True)
class Scope:
    """Within a scope each person is asked once."""

    origin: str
    team: str
    campaign: str
    round: str
    """Casefolded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One person in one scope, as the journal knows it."""

    id: int
    scope: Scope
    keys: tuple[str, ...]
    """``id:X`` and ``mail:a@b``."""
    state: ClaimState
    run: str
    batch: int
    row: int
    holder: str
    """Who claimed it: ``ann on PC-7``."""
    claimed_at: datetime
    settled_at: datetime | None = None
    """When the state became what it is."""
    request_id: str = ""
    portal_url: str = ""
    status: str = ""
    """Collect's own word."""
    due: str = ""
    words: str = ""
    """What Collect or the network said, where that matters: for people, never compared."""
    workbook: str = ""
    run_started: datetime | None = None
    """When its run began, before its plan was made; what happened since, its approval did not see."""
    why: Why = ""
    """Why it is in its state."""
    own: tuple[str, ...] = ()
    """The keys that stood in the row; the others of ``keys`` were learned."""
    casefolded: bool = False
    """Whether version 0.1 made it, whose keys of addresses were casefolded."""
    content: str = ""
    """A digest of what was sent of the row."""
    wish: Literal["", "cancel"] = ""
    """What the user asked for that Collect does not show yet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one claimed row."""

    claim: int
    """The claim's number in the journal."""
    state: ClaimState
    words: str = ""
    request: RemoteRequest | None = None
    keys: tuple[str, ...] = field(default=())
    """Further keys of the person, learned from the answer."""
    why: Why = ""
