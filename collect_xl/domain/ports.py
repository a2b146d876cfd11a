"""What the core asks of Collect and of the journal, so that it need not know HTTP or SQL."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from collect_xl.domain.items import KeepsItems, TellsItems
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
from collect_xl.domain.uploads import TellsUploads


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
    instead: str = ""
    """As in ``PostAnswer``."""


class Collect(TellsItems, TellsUploads, Protocol):
    """Collect, as the core needs it. Only ``post`` and ``patch`` change anything there; neither repeats itself."""

    origin: str
    server_offset: float | None
    """Seconds to add to our clock to get the server's, by its last ``Date`` header; None before that."""

    @property
    def key_first(self) -> bool:
        """Whether Collect takes the key as the user, and not as the password of an empty user."""

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

    def listing(self, campaign_id: str, states: Sequence[str] = (), *, fresh: bool = False) -> Listing:
        """Return every request of a campaign: open, cancelled, archived, and each further custom state named.

        Args:
            campaign_id: its ID.
            states: further custom states.
            fresh: whether a list that was read before must not be given again: a proof needs what is so now.
        """

    def turn(self) -> float:
        """Take the next turn for a ``post``; return the seconds to wait first.

        Other calls wait by themselves. A POST must not: its claim's lease runs.
        """

    def key_print(self, salt: str) -> str:
        """Return a hash of salt and key, which shows whether two calls used one key."""

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
    """Those that are in the row."""
    casefolded: frozenset[str] = frozenset()
    """Its address as version 0.1 would have kept it, where that differs."""
    content: str = ""
    """A digest of what is sent of it."""
    seen: frozenset[int] | None = None
    """Claims of its person in other rounds, and in other campaigns of the same name, that stood in the approved plan: a
    later one refuses the row. None compares nothing."""
    campaign_name: str = ""
    """What the row calls its campaign (compared form); empty where it gives the ID."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """Which campaign a name meant when people of a workbook were asked."""

    name: str
    """Compared form."""
    campaign: str
    """Its ID."""
    workbook: str
    since: datetime
    """When it was first meant so."""


@dataclass(frozen=True, slots=True)
class Base:
    """What was so before a batch was claimed, so that a list can be compared with it, even next week."""

    list_number: int | None = None
    """Of the last complete list of the campaign; None where there was none."""
    key_print: str = ""
    """Salt and hash of the key that posts; another key may not see what this one makes."""


NO_BASE = Base()


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
    """When a list that can see first showed none of what is still missing."""
    answered_at: datetime | None = None
    """When a refusal was read to its end; None after a lost answer."""
    base: Base = NO_BASE


class Journal(KeepsItems, Protocol):
    """The durable memory, as the core needs it.

    Every method that writes returns only when the disk has it.
    """

    def begin(self, run: Run) -> None:
        """Keep who started a run, when and on what."""

    def claims(self, origin: str, team: str, campaign: str) -> Sequence[Claim]:
        """Return every claim of a campaign in all rounds, whatever its state, oldest first."""

    def requests(self, origin: str, ids: Iterable[str]) -> Mapping[str, Claim]:
        """Return the claims that these request ids are bound to."""

    def bound(self, origin: str, ids: Collection[str]) -> frozenset[str]:
        """Return those of some request ids that are bound to a claim."""

    def aliases(self, origin: str, team: str) -> Mapping[str, frozenset[str]]:
        """Return for each key the further keys of the same person."""

    def claim(
        self,
        run: Run,
        scope: Scope,
        rows: Sequence[ToClaim],
        server_offset: float | None,
        cap: DayCap | None = None,
        base: Base = NO_BASE,
    ) -> Ticket:
        """Claim people in one arbitrated, fsynced write; those held already come back as lost."""

    def meanings(self, origin: str, team: str, names: Collection[str]) -> Sequence[Meaning]:
        """Return which campaigns some names meant when people were asked."""

    def details(self, origin: str, team: str) -> Mapping[int, str]:
        """Return what Collect said about claims' contacts, by claim: JSON, result field -> text."""

    def asked_since(self, origin: str, team: str, since: datetime) -> int:
        """Return how many people any run asked, or may have asked, since a moment."""

    def reserve_call(self, origin: str, per_minute: int) -> float:
        """Take the next turn for a call; all runs on this journal share one budget.

        Returns:
            Seconds to wait before the call may leave.
        """

    def still_mine(self, ticket: Ticket) -> bool:
        """Return whether the batch is still ours and its lease still runs, by the disk and by the clock."""

    def record(
        self, ticket: Ticket, outcomes: Sequence[Outcome], how: str, evidence: str = "", *, answered: bool = False
    ) -> None:
        """Keep the outcome of a batch, and end its lease; ``answered``: by a refusal that was read to its end."""

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

    def looked(self, batch: int, at: datetime) -> None:
        """Keep the first look at a batch whose claims a list that can see did not show."""

    def set_right(self, batch: int, ahead: timedelta) -> None:
        """Move the times of a batch back by which its sender's clock was ahead; looks at it begin again."""

    def settle(self, outcomes: Sequence[Outcome], who: str, how: str) -> None:
        """Keep what a look-up or a person's word decided about unknown claims."""

    def keep_list(self, origin: str, team: str, campaign: str, ids: Collection[str]) -> int:
        """Keep which requests a complete list of a campaign showed; return the list's number."""

    def listed(self, origin: str, team: str, campaign: str) -> Mapping[str, int]:
        """Return requests that were bound to no claim when a list first showed them, with that list's number."""

    def not_ours(self, origin: str, team: str, campaign: str, ids: Collection[str]) -> None:
        """Keep a person's word that requests were not made from here."""

    def wish(self, claims: Collection[int], who: str) -> None:
        """Keep that the user wants requests cancelled, which Collect's list does not show yet."""

    def keep_typed_ids(self, keys: Mapping[int, str]) -> None:
        """Record that contact IDs learned for claims are in their rows now: claim -> key."""

    def take_back(self, claims: Collection[int], who: str) -> None:
        """Forget requests that were taken over, so that their rows are another computer's again."""

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

    write_seconds: float = 0.0
    """How long a write takes, as far as ``probe`` has measured it."""

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

    def fill_in(self, results: Sequence[RowResult]) -> Written:
        """Write results while the run goes on, as ``write`` does, but nowhere else than into the workbook.

        Raises:
            CollectXlError: the workbook takes no results now; the end of the run writes them.
        """
        return self.write(results)

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


def wait_for(seconds: float, stop: threading.Event) -> bool:
    """Wait some seconds, or until a run should stop; return whether it should."""
    return stop.wait(seconds)


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
    monotonic: Callable[[], float] = time.monotonic
    """Seconds by a clock that cannot be set."""
    wait: Callable[[float, threading.Event], bool] = wait_for
    """Wait some seconds, or until the event is set; return whether it was."""
