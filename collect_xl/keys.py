"""Where the API key is kept: the environment, a private file, or the operating system's own store; nowhere else."""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.errors import AccountError, KeyMissing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyring.backend import KeyringBackend

    from collect_xl.settings import Settings

__all__ = ["Key", "delete_key", "find_key", "key_status", "set_key"]

KEY_VARIABLE = "COLLECT_API_KEY"
FILE_VARIABLE = "COLLECT_API_KEY_FILE"

STORES = {
    "keyring.backends.Windows.WinVaultKeyring": "the Windows Credential Manager",
    "keyring.backends.macOS.Keyring": "the macOS Keychain",
    "keyring.backends.SecretService.Keyring": "the Secret Service (GNOME Keyring, KeePassXC)",
    "keyring.backends.libsecret.Keyring": "the Secret Service, by libsecret",
    "keyring.backends.kwallet.DBusKeyring": "KWallet",
    "keyring.backends.kwallet.DBusKeyringKWallet4": "KWallet 4",
}
"""The stores that a key is trusted to. Others that ``keyring`` knows keep it in plain text, or nowhere."""

_ACCOUNT = "api-key"
_LONGEST = 4096
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_TIP = f"Set the environment variable {KEY_VARIABLE}, or keep the key with: collect-xl key set"
_NO_STORE_TIP = f"Set the environment variable {KEY_VARIABLE} instead."


@dataclass(frozen=True, slots=True)
class Key:
    """The API key, which is never shown."""

    secret: str = field(repr=False)
    source: str
    """For people: ``the environment variable COLLECT_API_KEY``."""


def find_key(settings: Settings, environ: Mapping[str, str] = os.environ) -> Key:
    """Return the key for the API's address: the environment's, else a private file's, else the system's store's.

    Raises:
        KeyMissing: there is none.
        AccountError: what was found cannot be a key, or others can read the file.
    """
    if secret := environ.get(KEY_VARIABLE, "").strip():
        return _key(secret, f"the environment variable {KEY_VARIABLE}")
    if path := environ.get(FILE_VARIABLE, "").strip():
        return _key(_private_text(Path(path)), f"the file {path} ({FILE_VARIABLE})")
    for store in _stores():
        if kept := _asked(store, settings):
            return _key(kept, _named(store))
    raise KeyMissing(f"There is no API key for {settings.origin}.", tip=_TIP)


def key_status(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return where the key would be taken from, never the key; raises what ``find_key`` does."""
    return find_key(settings, environ).source


def set_key(settings: Settings, secret: str) -> str:
    """Keep the key for the API's address in the system's store, and return the store's name.

    Raises:
        KeyMissing: the system has no store that is fit for keys, or it refused.
        AccountError: the text cannot be a key.
    """
    store, *_ = _stores()
    key = _key(secret.strip(), _named(store))
    with _refusals(store):
        store.set_password(_service(settings), _ACCOUNT, key.secret)
    if _asked(store, settings) != key.secret:
        raise KeyMissing(f"{key.source} did not keep the key.", tip=_NO_STORE_TIP)
    return key.source


def delete_key(settings: Settings) -> bool:
    """Forget the key for the API's address in every store; tell whether there was one.

    Raises:
        KeyMissing: the system has no store that is fit for keys, or it refused.
    """
    holders = [store for store in _stores() if _asked(store, settings)]
    for store in holders:
        with _refusals(store):
            store.delete_password(_service(settings), _ACCOUNT)
    return bool(holders)


def _key(secret: str, source: str) -> Key:
    if not secret.isascii() or not secret.isprintable() or " " in secret or not 0 < len(secret) <= _LONGEST:
        raise AccountError(
            f"What {source} holds is no API key; expected one word of letters, digits and signs.",
            tip="Copy the key again from Collect: Settings, API.",
        )
    return Key(secret, source)


def _private_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            # Windows keeps rights elsewhere; there a user's own folders are private by default.
            if os.name != "nt" and os.fstat(file.fileno()).st_mode & _OTHERS:
                raise AccountError(
                    f"Others can read the file {path}, which holds the API key.",
                    tip=f"Make it private: chmod 600 {path}. If others had it for long, make a new key in Collect.",
                )
            return file.read(_LONGEST + 1).decode("utf-8", "replace").strip()
    except OSError as error:
        raise KeyMissing(f"The API key's file {path} cannot be read: {error.strerror}.", tip=_TIP) from None


def _stores() -> tuple[KeyringBackend, ...]:
    """Return the stores of this system that are fit for keys, the preferred one first; raise where there is none."""
    try:
        import keyring  # noqa: PLC0415  # slow, and it may wake the desktop's services
        from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415

        found = keyring.get_keyring()
        each = tuple(found.backends) if isinstance(found, ChainerBackend) else (found,)
    except Exception as error:  # noqa: BLE001  # a backend that the user named may fail in any way
        raise KeyMissing(
            f"The system's store for keys cannot be used ({type(error).__name__}).", tip=_NO_STORE_TIP
        ) from None
    fit = tuple(store for store in each if _path(store) in STORES)
    if not fit:
        raise KeyMissing("This system has no store that is fit for keys.", tip=_NO_STORE_TIP)
    return fit


def _asked(store: KeyringBackend, settings: Settings) -> str | None:
    with _refusals(store):
        return store.get_password(_service(settings), _ACCOUNT)


def _service(settings: Settings) -> str:
    # The address is part of the name: a key kept for one server is never found for another.
    return f"collect-xl {settings.origin}"


def _path(store: KeyringBackend) -> str:
    return f"{type(store).__module__}.{type(store).__qualname__}"


def _named(store: KeyringBackend) -> str:
    return STORES[_path(store)]


@contextmanager
def _refusals(store: KeyringBackend) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # noqa: BLE001  # each store has errors of its own
        raise KeyMissing(
            f"{_named(store)} refused ({type(error).__name__}); it may be locked.", tip=f"Unlock it. {_NO_STORE_TIP}"
        ) from None
