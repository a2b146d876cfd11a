"""Collect with a key that works: the one that is kept, else one that a window asks for, proves and keeps."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from collect_xl.addin.key_dialog import KeyDoor, ask_key
from collect_xl.api.client import CollectClient
from collect_xl.config.credentials import FILE_VARIABLE, KEY_VARIABLE, Key, find_key, set_key
from collect_xl.errors import KeyMissing, KeyRefused
from collect_xl.workflow.open import client_of

if TYPE_CHECKING:
    from collect_xl.addin.button_context import Front
    from collect_xl.config.settings import Settings
    from collect_xl.domain.ports import Collect
    from collect_xl.workflow.session import Session

NO_WINDOWS = "Install Tk for this Python, or keep the key once in a terminal: python -m collect_xl key set"


def reach(front: Front, session: Session) -> Collect | None:
    """Return Collect with a key that it has just accepted; None when the user was asked for one and cancelled.

    Raises:
        KeyRefused: Collect refused a key that no window can replace, since the environment names it.
        KeyMissing: there is no key, and no window to ask for one.
        CollectUnavailable: Collect did not answer.
    """
    settings = session.settings
    try:
        key = find_key(settings, os.environ)
    except KeyMissing:
        return _asked(front, session, "")
    collect = client_of(session, key.secret)
    try:
        collect.team()
    except KeyRefused as error:
        if _is_environments(key):
            raise KeyRefused(f"{error.message} It comes from {key.source}.", tip="Correct it there.") from error
        return _asked(front, session, f"Collect refused the key that {key.source} holds.")
    return collect


def key_door(settings: Settings) -> KeyDoor:
    """Return what a window does with a key for this address."""
    return KeyDoor(
        prove=lambda secret: CollectClient(settings.api_url, secret, deadline=settings.deadline).team().name,
        keep=partial(set_key, settings),
        origin=settings.origin,
    )


def _asked(front: Front, session: Session, why: str) -> Collect | None:
    settings = session.settings
    root = front.window()
    if root is None:
        raise KeyMissing(
            why or f"There is no API key for {settings.origin}, and this Python cannot open a window to ask for it.",
            tip=NO_WINDOWS,
        )
    secret = ask_key(root, key_door(settings), why)
    return client_of(session, secret) if secret else None


def _is_environments(key: Key) -> bool:
    return any(name in key.source for name in (KEY_VARIABLE, FILE_VARIABLE))
