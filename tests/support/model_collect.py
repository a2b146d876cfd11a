"""A Collect in memory, on a clock that only tests turn: half-done work, lagging lists, colleagues, other spellings.

It answers the core as the port ``Collect`` demands, without sockets, and keeps a log of every request that it made.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from collect_xl.domain.model import Campaign, Listing, PostAnswer, RemoteRequest, Team
from collect_xl.domain.ports import PatchAnswer
from collect_xl.errors import CollectUnavailable, KeyRefused
from collect_xl.testing.spellings import decomposed, punycode_domain

ORIGIN = "https://api.example.test/v1"
TEAM = Team("team1", "ACME", "UTC")
BEGIN = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
LATE = 600.0
"""Seconds after a lost answer in which Collect may still be at work."""
LONGEST_LAG = 50.0
"""Seconds by which a list may lag behind what was done."""
CAMPAIGNS = (Campaign("c1", "One", "open"), Campaign("c2", "Two", "open"))


class KilledError(BaseException):
    """The process ends here, as by a power cut."""


@dataclass(slots=True)
class Clock:
    """True time, which stands still until it is turned."""

    seconds: float = 0.0

    def turn(self, seconds: float) -> None:
        """Let seconds pass."""
        self.seconds += seconds


@dataclass(slots=True, eq=False)
class Person:
    """A contact, as only Collect knows them."""

    number: int
    spellings: tuple[str, ...]
    """Of the address; the first as Collect keeps it."""
    contact: str = ""
    """The ID; empty until Collect makes it."""
    is_refused: bool = False
    """Whether every call that names this person is refused."""


@dataclass(slots=True, eq=False)
class Made:
    """A request that Collect made, or is about to make."""

    id: str
    person: Person
    """For whom it was made."""
    shown: Person
    """As whom Collect shows it: someone else once contacts were merged."""
    campaign: str
    round: str
    claim: int | None
    """For which claim of ours; None for a colleague's."""
    at: float
    visible: float
    key: str = ""
    """The only key that sees it; empty for all."""
    status: str = "pending"
    cancelled_at: float | None = None
    cancelled_visible: float = 0.0


@dataclass(frozen=True, slots=True)
class Habits:
    """How this Collect is, for all of a case."""

    lag: float
    """Lists lag by at most so many seconds."""
    created: str
    """How ``createdAt`` is shown."""
    skew: float
    """Seconds that its clock is ahead."""
    date_error: float | None
    """Seconds by which its ``Date`` differs from that clock; None where there is no such header."""
    spelling: str
    shows_ids: bool
    hides: float
    """How many of our requests another key does not see."""
    refuses: float
    """How many calls end otherwise than accepted."""
    breaks: float
    """How many lists break off."""


def habits_of(rng: random.Random) -> Habits:
    """Return habits, most of them harmless in half of all cases."""
    return Habits(
        lag=rng.choice([0.0, 5.0, LONGEST_LAG, LONGEST_LAG]),
        created=rng.choice(["exact", "exact", "minutes", "days", "day-early", "day-late", "absent"]),
        skew=rng.choice([0.0, 0.0, -240.0, 20.0, 3000.0]),
        date_error=rng.choice([0.0, 0.0, 20.0, -20.0, None]),
        spelling=rng.choice(["kept", "kept", "upper", "nfd", "punycode", "other", "mixed"]),
        shows_ids=rng.random() < 0.9,
        hides=rng.choice([0.0, 0.0, 0.0, 0.5, 1.0]),
        refuses=rng.choice([0.0, 0.3, 0.6, 0.9]),
        breaks=rng.choice([0.0, 0.05, 0.4]),
    )


@dataclass(slots=True)
class World:
    """Collect's own memory, and what it does next."""

    rng: random.Random
    clock: Clock
    habits: Habits
    hook: Callable[[str, ModelCollect], None]
    """Called at each moment at which others may act, or the process may end."""
    people: list[Person] = field(default_factory=list)
    requests: list[Made] = field(default_factory=list)
    posts: int = 0
    is_calm: bool = False
    """Whether everything works from now on."""
    log: list[str] = field(default_factory=list)

    def note(self, words: str) -> None:
        """Keep what happened, so that a failing case can be read."""
        self.log.append(f"{self.clock.seconds:9.1f} {words}")

    def person(self, entry: object) -> Person | None:
        """Return whom an entry of ``contacts`` names, made where the address is new; None where Collect has nobody."""
        if isinstance(entry, str):
            return next((each for each in self.people if each.contact == entry), None)
        email = entry["email"]
        person = next(each for each in self.people if email in each.spellings)
        if not person.contact:
            person.contact = f"c{person.number}.{len(self.requests)}"
        return person

    def make(self, person: Person, campaign: str, round_: str, *, claim: int | None, at: float, key: str = "") -> Made:
        """Make a request, now or later."""
        visible = at + self.habits.lag * self.rng.choice([0.0, 0.5, 1.0, 1.0])
        made = Made(f"r{len(self.requests)}", person, person, campaign, round_, claim, at, visible, key)
        self.requests.append(made)
        return made

    def colleague_asks(self, person: Person, campaign: str) -> None:
        """Let a colleague ask someone in Collect itself."""
        made = self.make(person, campaign, "?", claim=None, at=self.clock.seconds)
        self.note(f"a colleague asks person {person.number} in {campaign}: {made.id}")

    def merge(self, person: Person, into: Person) -> None:
        """Merge a contact into another one; who is asked by that address later is a new contact."""
        if person is into or not person.contact or not into.contact:
            return
        self.note(f"person {person.number} is merged into {into.number}")
        person.contact = ""
        for made in self.requests:
            if made.shown is person:
                made.shown = into

    def show(self, made: Made) -> RemoteRequest:
        """Return a request as lists and answers show it."""
        habits, shown = self.habits, made.shown
        status = made.status
        if made.cancelled_at is not None and made.cancelled_visible <= self.clock.seconds:
            status = "cancelled"
        return RemoteRequest(
            made.id,
            made.campaign,
            shown.contact if habits.shows_ids else "",
            self._spelt(shown),
            status,
            f"https://x.example.test/{made.id}",
            self._created(made),
        )

    def server_offset(self, ours: float) -> float | None:
        """Return what a client whose clock is so many seconds ahead makes of the ``Date`` header."""
        error = self.habits.date_error
        return None if error is None else self.habits.skew + error - ours

    def _spelt(self, person: Person) -> str:
        style = self.habits.spelling
        kept = person.spellings[0]
        if style == "mixed":
            return person.spellings[person.number % len(person.spellings)]
        if style == "other" and person.number % 5 == 0:
            return f"other.{kept}"
        changes = {"upper": str.upper, "nfd": decomposed, "punycode": punycode_domain}
        return changes[style](kept) if style in changes else kept

    def _created(self, made: Made) -> datetime | None:
        exact = BEGIN + timedelta(seconds=made.at + self.habits.skew)
        match self.habits.created:
            case "absent":
                return None
            case "minutes":
                return exact.replace(second=0, microsecond=0)
            case "days":
                return exact.replace(hour=0, minute=0, second=0, microsecond=0)
            case "day-early":
                return exact - timedelta(days=1)
            case "day-late":
                return exact + timedelta(days=1)
            case _:
                return exact


class ModelCollect:
    """Collect as one process with one key sees it.

    Args:
        world: Collect itself.
        key: the API key.
        ours: seconds that this computer's clock is ahead.
        claims: returns, for the call that is made, the claim of each person by number.
    """

    def __init__(self, world: World, key: str, ours: float, claims: Callable[[str], dict[int, int]]) -> None:
        self.origin = ORIGIN
        self.server_offset = world.server_offset(ours)
        self.world, self.key, self._ours, self._claims = world, key, ours, claims
        self._is_refused = False

    def now(self) -> datetime:
        """Return the time by this computer's clock."""
        return BEGIN + timedelta(seconds=self.world.clock.seconds + self._ours)

    def team(self) -> Team:
        """Return the team, or refuse the key as the last call was refused."""
        if self._is_refused and self.world.rng.random() < 0.5:
            raise KeyRefused("Collect refused the API key.", tip="Look at it.")
        return TEAM

    def turn(self) -> float:
        """Let every call go at once."""
        return 0.0

    def key_print(self, salt: str) -> str:
        """Return a hash of salt and key."""
        return hashlib.sha256(f"{salt}:{self.key}".encode()).hexdigest()[:16]

    def listing(self, campaign: str, states: Sequence[str] = (), *, fresh: bool = False) -> Listing:  # noqa: ARG002  # the port's
        """Return what lists show by now."""
        world, started = self.world, self.now()
        seen = [each for each in world.requests if each.campaign == campaign and self._sees(each)]
        world.rng.shuffle(seen)
        trouble = 1.0 if world.is_calm else world.rng.random()
        if trouble < 0.03:
            raise CollectUnavailable("The list failed.", tip="Try again.")
        is_complete = trouble >= 0.03 + world.habits.breaks
        if not is_complete:
            seen = seen[: len(seen) // 2]
        requests = tuple(world.show(each) for each in seen)
        world.clock.turn(world.rng.uniform(0.1, 3.0))
        world.hook("list", self)
        return Listing(requests, is_complete, started, self.now(), self.server_offset, 0.2)

    def _sees(self, made: Made) -> bool:
        return made.visible <= self.world.clock.seconds and made.key in {"", self.key}

    def request(self, request_id: str) -> RemoteRequest:
        """Return a request."""
        made = next((each for each in self.world.requests if each.id == request_id and self._sees(each)), None)
        if made is None:
            raise CollectUnavailable("It cannot be seen.", tip="Try again.")
        return self.world.show(made)

    def patch(self, request_id: str, changes: object) -> PatchAnswer:  # noqa: ARG002  # only cancelling
        """Cancel a request, or not, and say so, or not."""
        world = self.world
        made = next(each for each in world.requests if each.id == request_id)
        is_done = world.is_calm or world.rng.random() < 0.7
        if is_done and made.cancelled_at is None:
            made.cancelled_at = world.clock.seconds
            made.cancelled_visible = made.cancelled_at + world.rng.uniform(0.0, world.habits.lag)
        world.note(f"cancel {request_id} of person {made.person.number}: {'done' if is_done else 'not done'}")
        world.clock.turn(world.rng.uniform(0.1, 2.0))
        verdict = "accepted" if world.is_calm else world.rng.choice(["accepted", "accepted", "lost", "answered"])
        status = {"accepted": 200, "lost": None, "answered": 400}[verdict]
        return PatchAnswer(verdict, verdict, status)

    def post(self, body: str, guard: Callable[[], bool]) -> PostAnswer:
        """Do all of a call, some of it, or nothing, and answer in one of many ways."""
        world = self.world
        world.hook("post", self)
        if not guard():
            return PostAnswer("abandoned", "the claim was no longer ours")
        return _Call(self, json.loads(body), self._claims(json.loads(body)["campaignId"])).answer()

    def remember_refusal(self, status: int | None) -> None:
        """Note whether the last call seemed to be refused because of its key."""
        self._is_refused = status in {401, 403}


_REFUSALS = (400, 400, 401, 403, 404, 413, 422, 429)


class _Call:
    """One POST while it is answered."""

    def __init__(self, client: ModelCollect, body: dict, claims: dict[int, int]) -> None:
        self._client, self._world, self._rng = client, client.world, client.world.rng
        self._campaign = body["campaignId"]
        self._round = body["items"][0]
        self._people = [self._world.person(entry) for entry in body["contacts"]]
        self._claims = claims
        self._world.posts += 1

    def answer(self) -> PostAnswer:
        """Work, let time pass, and answer."""
        world = self._world
        kind = self._kind()
        if kind == "not_sent":
            world.note("POST: no connection")
            return PostAnswer("not_sent", "no connection")
        made = self._work(kind)
        numbers = [each.person.number for each in made]
        asked = [person.number if person else None for person in self._people]
        world.note(f"POST {self._campaign} {self._round!r} {asked} -> {kind}; made {numbers}")
        try:
            world.hook("in post", self._client)
        except KilledError:
            self._delay(made)  # Collect goes on with what has reached it
            raise
        world.clock.turn(self._rng.choice([0.2, 2.0, 20.0, 70.0]))
        if kind == "lost" and self._rng.random() < 0.5:
            self._delay(made)
        return self._answer(kind, made)

    def _kind(self) -> str | int:
        """Return how the call ends: ``accepted``, ``lost``, ``not_sent`` or a status."""
        if any(person is not None and person.is_refused for person in self._people):
            return 400 if self._world.is_calm else self._rng.choice(_REFUSALS)
        if self._world.is_calm or self._rng.random() >= self._world.habits.refuses:
            return "accepted"
        return self._rng.choice(["not_sent", "lost", "lost", *_REFUSALS])

    def _work(self, kind: str | int) -> list[Made]:
        """Make some of the requests; Collect makes none for whom it does not know or take."""
        able = [each for each in self._people if each is not None and not each.is_refused]
        share = 1.0 if self._world.is_calm else self._rng.choice([0.0, 0.3, 1.0, 1.0])
        if self._world.is_calm and kind != "accepted":
            share = 0.0
        chosen = [each for each in able if self._rng.random() < share]
        hidden = [self._rng.random() < self._world.habits.hides for _ in chosen]
        made = []
        for person, is_hidden in zip(chosen, hidden, strict=True):
            key = self._client.key if is_hidden else ""
            claim = self._claims[person.number]
            at = self._world.clock.seconds
            made.append(self._world.make(person, self._campaign, self._round, claim=claim, at=at, key=key))
        return made

    def _delay(self, made: Sequence[Made]) -> None:
        for each in made:
            after = LATE * self._rng.choice([0.01, 0.1, 0.5, 1.0])
            each.at += after
            each.visible += after

    def _answer(self, kind: str | int, made: Sequence[Made]) -> PostAnswer:
        self._client.remember_refusal(kind if isinstance(kind, int) else None)
        if kind == "lost":
            return PostAnswer("lost", "the connection broke")
        if isinstance(kind, int):
            words = self._rng.choice(["", "something is wrong", "p7@example.test is wrong"])
            retry_after = self._rng.choice([None, 1.0, 30.0]) if kind == 429 else None
            errors = (words,) if words else ()
            return PostAnswer("answered", f"refused ({kind})", kind, retry_after, errors=errors)
        named = list(made)
        if not self._world.is_calm and self._rng.random() < 0.3:
            named = [each for each in made if self._rng.random() < 0.7]
        shown = [self._world.show(each) for each in named]
        pairs = [(each.contact_id, each.email) for each in shown if each.contact_id]
        lacking = [each for each in self._people if each is not None and all(one.person is not each for one in named)]
        errors = tuple(f"Could not send to {each.spellings[0]}." for each in lacking if self._rng.random() < 0.5)
        answer = PostAnswer("accepted", "Collect accepted the batch", 200, requests=tuple(shown), errors=errors)
        return replace(answer, contacts=tuple(pairs))
