"""Where the API key and the journal's password are kept: the environment, a private file, or the system's own store."""

from __future__ import annotations

import codecs
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from collect_xl.domain.own_files import is_ours_or_roots, may_others_read, open_regular
from collect_xl.errors import AccountError, KeyMissing, UsageError
from collect_xl.remedies import Advice, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from keyring.backend import KeyringBackend

    from collect_xl.config.settings import Settings

KEY_VARIABLE = "COLLECT_API_KEY"
FILE_VARIABLE = "COLLECT_API_KEY_FILE"
PASSWORD_VARIABLE = "COLLECT_XL_HISTORY_PASSWORD"  # noqa: S105  # its name

LIBPQ_VARIABLES = ("PGPASSWORD", "PGPASSFILE")
"""Where PostgreSQL's own library looks first; a user who sets one means it, so that the store is not asked."""

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
_JOURNAL_ACCOUNT = "journal-password"
_LONGEST = 4096
_ENCODINGS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
"""Mark at the beginning of a text file -> its encoding."""
_NO_KEY = Advice(f"Set the environment variable {KEY_VARIABLE}, or use the key store.", (Remedy.KEEP_KEY,))
_NO_STORE_TIP = f"Set the environment variable {KEY_VARIABLE} instead."


@dataclass(frozen=True, slots=True)
class Key:
    """The API key, which is never shown."""

    secret: str = field(repr=False)
    source: str
    """For people: ``the environment variable COLLECT_API_KEY``."""


def find_key(settings: Settings, environ: Mapping[str, str] = os.environ) -> Key:
    """Return the key for the API's address.

    The environment goes first, then a private file, then the system's store.

    Raises:
        KeyMissing: there is none.
        AccountError: what was found cannot be a key, or others can read the file.
    """
    secret = environ.get(KEY_VARIABLE, "").strip()
    if secret:
        return _key(secret, f"the environment variable {KEY_VARIABLE}")
    path = environ.get(FILE_VARIABLE, "").strip()
    if path:
        return _key(_private_text(Path(path)), f"the file {path} ({FILE_VARIABLE})")
    for store in _stores():
        kept = _kept_in(store, _service(settings), _ACCOUNT)
        if kept:
            return _key(kept, _name_of(store))
    raise KeyMissing(f"There is no API key for {settings.origin}.", tip=_NO_KEY)


def key_status(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return where the key would be taken from, never the key; raises what ``find_key`` does."""
    return find_key(settings, environ).source


def set_key(settings: Settings, secret: str) -> str:
    """Keep the key for the API's address in the system's store, and return the store's name.

    Raises:
        KeyMissing: the system has no secure credential store, or it refused.
        AccountError: the text cannot be a key.
    """
    store, *_ = _stores()
    key = _key(secret.strip(), _name_of(store))
    _keep(store, _service(settings), _ACCOUNT, key.secret)
    return key.source


def delete_key(settings: Settings) -> bool:
    """Delete the key for the API's address from every store; return whether there was one.

    Raises:
        KeyMissing: the system has no secure credential store, or it refused.
    """
    return _delete(_service(settings), _ACCOUNT)


def find_password(settings: Settings, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the password of the journal's server: the environment's, else the system's store's.

    None leaves it to PostgreSQL's own library: ``PGPASSWORD``, ``PGPASSFILE``, ``~/.pgpass``, a certificate, or none.
    """
    if not _on_server(settings):
        return None
    # As it is, with blanks: unlike a key, a password may begin or end with one.
    secret = environ.get(PASSWORD_VARIABLE)
    if secret:
        return secret
    if _libpq_variables(environ):
        return None
    try:
        passwords = [_kept_in(store, _journal_service(settings), _JOURNAL_ACCOUNT) for store in _stores()]
    except KeyMissing:
        # Without a store, or with a locked one: many servers ask for no password, and say so when they do.
        return None
    return next(filter(None, passwords), None)


def password_status(settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Return where the journal's password would be taken from, never the password."""
    if not _on_server(settings):
        return "nowhere: the send history is a file"
    if environ.get(PASSWORD_VARIABLE):
        return f"the environment variable {PASSWORD_VARIABLE}"
    if find_password(settings, environ) is not None:
        return "the store of the operating system"
    variables = _libpq_variables(environ)
    source = variables[0] if variables else ".pgpass, a certificate, or none"
    return f"PostgreSQL's own library ({source})"


def set_password(settings: Settings, secret: str) -> str:
    """Keep the password of the journal's server in the system's store, and return the store's name.

    Raises:
        KeyMissing: the system has no secure credential store for it, or it refused.
        UsageError: the journal is a file, or the password is empty.
    """
    if not _on_server(settings):
        raise UsageError(
            "The send history is a file, which has no password.",
            remedies=(Remedy.SHARE_JOURNAL,),
        )
    if not secret or not secret.isprintable():
        raise UsageError("A password is expected, in one line.", tip="Type it again.")
    store, *_ = _stores()
    _keep(store, _journal_service(settings), _JOURNAL_ACCOUNT, secret)
    return _name_of(store)


def delete_password(settings: Settings) -> bool:
    """Delete the password of the journal's server from every store; return whether there was one."""
    return _on_server(settings) and _delete(_journal_service(settings), _JOURNAL_ACCOUNT)


def _libpq_variables(environ: Mapping[str, str]) -> list[str]:
    return [name for name in LIBPQ_VARIABLES if environ.get(name)]


def _keep(store: KeyringBackend, service: str, account: str, secret: str) -> None:
    with _refusals(store):
        store.set_password(service, account, secret)
    # A store may accept a secret and then lose it without an error; the next run would then find no key.
    if _kept_in(store, service, account) != secret:
        raise KeyMissing(f"{_name_of(store)} did not keep it.", tip=_NO_STORE_TIP)


def _delete(service: str, account: str) -> bool:
    # Every store is looked at: an old key in the second one would come back once the first has none.
    holders = [store for store in _stores() if _kept_in(store, service, account)]
    for store in holders:
        with _refusals(store):
            store.delete_password(service, account)
    return bool(holders)


def _on_server(settings: Settings) -> bool:
    return (settings.journal or "").startswith("postgresql")


def _journal_service(settings: Settings) -> str:
    # Without the query, which says how to connect, not to which server; a password never goes to another server.
    parts = urlsplit(settings.journal or "")
    return f"collect-xl postgresql://{parts.netloc}{parts.path}"


def _key(secret: str, source: str) -> Key:
    is_one_word = secret.isascii() and secret.isprintable() and " " not in secret
    if not is_one_word or not 0 < len(secret) <= _LONGEST:
        raise AccountError(
            f"What {source} holds is no API key; expected one word of letters, digits and signs.",
            tip="Copy the key again from the bottom of your profile page in Collect.",
        )
    return Key(secret, source)


def _private_text(path: Path) -> str:
    try:
        with open_regular(path) as file:
            status = os.fstat(file.fileno())
            if not is_ours_or_roots(status):
                raise AccountError(
                    f"The file {path}, which holds the API key, belongs to another user.",
                    tip="Put the key into a file of your own that only you can read.",
                )
            # Windows keeps rights elsewhere; there a user's own folders are private by default.
            if may_others_read(status):
                raise AccountError(
                    f"Others can read the file {path}, which holds the API key.",
                    tip=f"Make it private: chmod 600 {path}. If others had it for long, make a new key in Collect.",
                )
            return _decoded(file.read(2 * _LONGEST + 4)).strip()
    except OSError as error:
        raise KeyMissing(f"The API key's file {path} cannot be read: {error.strerror}.", tip=_NO_KEY) from None


def _decoded(content: bytes) -> str:
    """Return the text of a key file, whichever way an editor or PowerShell encoded it."""
    for mark, encoding in _ENCODINGS.items():
        if content.startswith(mark):
            return content.removeprefix(mark).decode(encoding, "replace")
    # Without a mark every second byte of an ASCII text in UTF-16 is zero.
    if b"\0" in content[:2]:
        return content.decode("utf-16-be" if content.startswith(b"\0") else "utf-16-le", "replace")
    return content.decode("utf-8", "replace")


def _stores() -> tuple[KeyringBackend, ...]:
    """Return this system's secure credential stores, the preferred one first.

    Raises:
        KeyMissing: there is none.
    """
    try:
        import keyring  # noqa: PLC0415  # slow, and it may wake the desktop's services
        from keyring.backends.chainer import ChainerBackend  # noqa: PLC0415

        backend = keyring.get_keyring()
        backends = tuple(backend.backends) if isinstance(backend, ChainerBackend) else (backend,)
    except Exception as error:  # noqa: BLE001  # a backend that the user named may fail in any way
        raise KeyMissing(
            f"The system's store for keys cannot be used ({type(error).__name__}).", tip=_NO_STORE_TIP
        ) from None
    fit = tuple(store for store in backends if _path(store) in STORES)
    if not fit:
        raise KeyMissing("No secure credential store was found on this computer.", tip=_NO_STORE_TIP)
    return fit


def _kept_in(store: KeyringBackend, service: str, account: str) -> str | None:
    with _refusals(store):
        return store.get_password(service, account)


def _service(settings: Settings) -> str:
    # The address is part of the name: a key kept for one server is never found for another.
    return f"collect-xl {settings.origin}"


def _path(store: KeyringBackend) -> str:
    return f"{type(store).__module__}.{type(store).__qualname__}"


def _name_of(store: KeyringBackend) -> str:
    return STORES[_path(store)]


@contextmanager
def _refusals(store: KeyringBackend) -> Iterator[None]:
    """Turn whatever a store raises into ``KeyMissing``, without the secret that its message may hold."""
    try:
        yield
    except Exception as error:  # noqa: BLE001  # each store has errors of its own
        raise KeyMissing(
            f"{_name_of(store)} refused ({type(error).__name__}); it may be locked.", tip=f"Unlock it. {_NO_STORE_TIP}"
        ) from None
