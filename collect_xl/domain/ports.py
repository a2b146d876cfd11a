"""What the core asks of Collect and of the journal, so that it need not know HTTP or SQL."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from collect_xl.domain.model import (
    Account,
    Campaign,
    Claim,
    Listing,
    Outcome,
    PostAnswer,
    PostVerdict,
    RemoteRequest,
    RowResult,
    Scope,
    Team,
    User,
    Written,
)


@dataclass(frozen=True, slots=True)
class PatchAnswer:
    """What one PATCH of a request proves, with or without an answer."""

    verdict: PostVerdict
    """As for a POST; ``accepted`` means only that Collect took the call, ``request`` shows what it made of it."""
    words: str
    """For people: what happened on the wire. Never an address, key or URL."""
    http_status: int | None = None
    retry_after: float | None = None
    """Seconds, where Collect named them."""
    request: RemoteRequest | None = None
    """The request as it is now, where the answer shows it."""
    errors: tuple[str, ...] = ()


class Collect(Protocol):
    """Collect, as the core needs it. Only ``post`` and ``patch`` change anything there; neither repeats itself."""

    origin: str
    server_offset: float | None
    """Seconds to add to our clock to get the server's, by its last ``Date`` header; None before that."""

    def team(self) -> Team:
        """Return the team behind the key; raise ``AccountError`` or ``CollectUnavailable``."""

    def campaigns(self) -> tuple[Campaign, ...]:
        """Return all campaigns that the key may see."""

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign, archived ones too; raise ``CampaignError`` when there is none."""

    def items(self, campaign_id: str) -> Mapping[str, str]:
        """Return the items of a campaign, id -> name; none where Collect names no ids."""

    def users(self) -> tuple[User, ...]:
        """Return the members of the team."""

    def listing(self, campaign_id: str, states: Sequence[str] = ()) -> Listing:
        """Return every request of a campaign: open, cancelled, archived, and each further custom state named."""

    def turn(self) -> float:
        """Take the next turn for a ``post``; return the seconds to wait first.

        Other calls wait by themselves. A POST must not: its claim's lease runs.
        """

    def post(self, body: str, guard: Callable[[], bool]) -> PostAnswer:
        """Send one ``POST /requests`` exactly once, and return what its answer proves.

        The network's failures are answers, too: nothing is raised for them.

        Args:
            body: the JSON text.
            guard: asked right before the first byte of the body leaves; False abandons the call.
        """

    def request(self, request_id: str) -> RemoteRequest:
        """Return one request as it is now; raise ``CollectUnavailable`` when it cannot be seen."""

    def patch(self, request_id: str, changes: Mapping[str, str]) -> PatchAnswer:
        """Send one ``PATCH /request`` exactly once, and return what its answer proves, as ``post`` does."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run: who started it, on which workbook."""

    id: str
    """Short, unique, for logs: ``20261123-1412-7f3a``."""
    who: str
    """``ann on PC-7``."""
    workbook: str
    """The file's name and folder, for people; no part of any identity."""


@dataclass(frozen=True, slots=True)
class ToClaim:
    """A row that asks for its claim."""

    row: int
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DayCap:
    """How many people a team may ask in one day, all its users together."""

    most: int
    since: datetime
    """When the day began."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """A row that was sent from elsewhere, to be remembered here."""

    row: int
    keys: tuple[str, ...]
    request: RemoteRequest | None
    """As Collect shows it; None where its outcome is unknown."""
    by: str = ""
    """What shows that the request is the row's, where the row does not carry its id."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A batch that this run holds, until its lease ends."""

    batch: int
    scope: Scope
    owner: str
    """A secret token: only a run that has it owns the batch."""
    won: Mapping[int, int]
    """Row -> number of its claim."""
    lost: Mapping[int, Claim]
    """Row -> the claim that holds one of its keys already."""
    claimed_at: datetime
    lease_until: datetime
    beyond: tuple[int, ...] = ()
    """Rows for which the day's cap left no room."""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A batch with claims of unknown outcome."""

    batch: int
    scope: Scope
    claims: tuple[Claim, ...]
    claimed_at: datetime
    quiet_from: datetime
    """From here on no byte of this batch can leave its sender any more."""
    server_offset: float | None
    """Seconds to add to the sender's clock to get the server's, as measured by the sender."""
    first_look: datetime | None = None
    """When a complete listing first showed none of what is still missing."""
    first_seen: str = ""
    """A digest of what that listing showed."""


class Journal(Protocol):
    """The durable memory, as the core needs it.

    Every method that writes returns only when the disk has it.
    """

    def begin(self, run: Run) -> None:
        """Keep who started a run, when and on what."""

    def claims(self, origin: str, team: str, campaign: str) -> Sequence[Claim]:
        """Return every claim of a campaign in all rounds, whatever its state, oldest first."""

    def requests(self, origin: str, ids: Iterable[str]) -> Mapping[str, Claim]:
        """Return the claims that these request ids are bound to."""

    def aliases(self, origin: str, team: str) -> Mapping[str, frozenset[str]]:
        """Return for each key the further keys of the same person."""

    def claim(
        self,
        run: Run,
        scope: Scope,
        rows: Sequence[ToClaim],
        server_offset: float | None,
        cap: DayCap | None = None,
    ) -> Ticket:
        """Claim people in one arbitrated, fsynced write; those held already come back as lost."""

    def asked_since(self, origin: str, team: str, since: datetime) -> int:
        """Return how many people any run asked, or may have asked, since a moment."""

    def reserve_call(self, origin: str, per_minute: int) -> float:
        """Take the next turn for a call; all runs on this journal share one budget.

        Returns:
            Seconds to wait before the call may leave.
        """

    def still_mine(self, ticket: Ticket) -> bool:
        """Return whether the batch is still ours and its lease still runs.

        Both the disk and the clock are asked.
        """

    def record(self, ticket: Ticket, outcomes: Sequence[Outcome], how: str, evidence: str = "") -> None:
        """Keep the outcome of a batch, and end its lease."""

    def release(self, ticket: Ticket) -> None:
        """Give back a batch of which no byte was sent: its claims become ``not_sent``."""

    def adopt(
        self, run: Run, scope: Scope, rows: Sequence[Adopted], server_offset: float | None
    ) -> Mapping[int, Claim]:
        """Remember what was sent from elsewhere; return the rows whose person is held already."""

    def take_over(self) -> int:
        """Turn intents whose sender is dead or whose lease has ended into unknown; return how many."""

    def unsettled(self, origin: str, team: str, campaign: str | None = None) -> Sequence[Unsettled]:
        """Return the batches with unknown claims."""

    def looked(self, batch: int, at: datetime, seen: str) -> None:
        """Keep the first look at a batch whose claims a complete listing did not show."""

    def settle(self, outcomes: Sequence[Outcome], who: str, how: str) -> None:
        """Keep what a look-up or a person's word decided about unknown claims."""

    def refreshed(self, seen: Mapping[int, RemoteRequest], who: str, how: str) -> None:
        """Keep what Collect now says of sent requests, by claim: status, due date, portal."""

    def learn(self, origin: str, team: str, pairs: Iterable[tuple[str, str]]) -> None:
        """Keep that a contact id and an e-mail address are one person's."""

    def keep_account(self, account: Account) -> None:
        """Keep what was learned of an account, for checks without a network."""

    def account(self, origin: str) -> Account | None:
        """Return what was last learned of the account at this address by this user, or None."""


class Sink(ABC):
    """A workbook as a place for results."""

    @abstractmethod
    def probe(self) -> tuple[str, ...]:
        """Raise the ``WorkbookError`` or ``DiskError`` that ``write`` would meet; return warnings for the preview.

        Called before anything is sent: what cannot be written back must not be asked.
        """

    @abstractmethod
    def write(self, results: Sequence[RowResult]) -> Written:
        """Put each result on its own row, adding the result columns when missing; touch nothing else.

        A row whose anchor no longer matches is looked for elsewhere in the sheet; what is gone is reported.
        """

    def add_links(self) -> tuple[str, ...]:
        """Make links of the portal addresses that were written, where that had to wait.

        Called when all results of a run are written. Nothing to do for a sink that made links while it wrote.

        Returns:
            Sentences for the user.
        """
        return ()


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Context:
    """What everything that asks Collect works with."""

    account: Account
    """Whose account it is, as Collect has just said."""
    collect: Collect
    journal: Journal
    run: Run
    now: Callable[[], datetime] = utc_now
    """The clock; aware moments."""
