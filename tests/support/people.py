"""Rows, accounts and claims made by hand, for tests of the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from collect_xl.domain.holder import HOLDING
from collect_xl.domain.model import Account, Campaign, Claim, ClaimState, Contact, Options, Row, Scope, Team
from collect_xl.planning.history import Known

ORIGIN = "https://api.example.com/v1"
KYC = Campaign("kyc1", "KYC 2026", "open")
TAX = Campaign("tax1", "Tax 2026", "open")
ACCOUNT = Account(ORIGIN, Team("team1", "ACME", "Europe/Paris"), (KYC, TAX, Campaign("old1", "Old", "closed")))


def row(number: int, email: str = "", **more: object) -> Row:
    """Return a checked row; ``id``, ``seen``, ``hidden``, and options by their names."""
    contact = Contact(id=more.pop("id", ""), email=email)  # type: ignore[arg-type]
    seen: Mapping[str, str] = more.pop("seen", {})  # type: ignore[assignment]
    hidden = bool(more.pop("hidden", False))
    options = Options(**{"campaign": "kyc1", **more})  # type: ignore[arg-type]
    return Row(number, hidden, contact, options, ("", email, "", ""), seen)


def people(count: int, first: int = 2) -> list[Row]:
    """Return rows of different people."""
    return [row(number, f"p{number}@example.com") for number in range(first, first + count)]


def claim(
    number: int,
    keys: Sequence[str],
    state: ClaimState = "sent",
    *,
    round_: str = "",
    request: str = "",
    words: str = "",
) -> Claim:
    """Return a claim on a contact in the campaign ``kyc1``."""
    at = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    scope = Scope(ORIGIN, "team1", "kyc1", round_)
    return Claim(number, scope, tuple(keys), state, "run1", 1, number, "ann on PC-7", at, at, request, words=words)


def known(*claims: Claim, aliases: Mapping[str, frozenset[str]] | None = None) -> Known:
    """Return what a journal with these claims knows."""
    held = {(c.scope.campaign, c.scope.round, key): c for c in claims if c.state in HOLDING for key in c.keys}
    gone = [c for c in claims if c.state not in HOLDING]
    freed = {(c.scope.campaign, c.scope.round, key): c for c in gone for key in c.keys}
    return Known(held, freed, {c.request_id: c for c in claims if c.request_id}, aliases or {})
