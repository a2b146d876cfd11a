"""What the user set once, never in a workbook: the API's address, the journal's place, how long settling waits."""

from __future__ import annotations

import json
import math
import os
import re
import tempfile
import tomllib
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from urllib.parse import parse_qs, urlsplit

from collect_xl.api.address import DEFAULT_ADDRESS, is_loopback, normalised
from collect_xl.config.renamed import SETTINGS, refuse_old_settings, refuse_old_variables
from collect_xl.domain.own_files import is_ours_or_roots, may_others_write, open_regular
from collect_xl.errors import DiskError, UsageError
from collect_xl.remedies import Remedy

if TYPE_CHECKING:
    from collections.abc import Mapping

URL_VARIABLE = "COLLECT_API_URL"
HISTORY_VARIABLE = "COLLECT_XL_HISTORY"
LOOKUP_VARIABLE = "COLLECT_XL_LOOKUP_AFTER"
LIST_LAG_VARIABLE = "COLLECT_XL_LIST_LAG"

ConfigName = Literal["history", "url", "me", "per-minute", "limit", "daily-limit"]
CONFIG_NAMES: tuple[ConfigName, ...] = get_args(ConfigName)
"""What the per-user file may say; the environment overrides each."""

_CapName: TypeAlias = Literal["per-minute", "limit", "daily-limit"]

CAPS: Mapping[_CapName, str] = {
    "per-minute": "COLLECT_XL_PER_MINUTE",
    "limit": "COLLECT_XL_LIMIT",
    "daily-limit": "COLLECT_XL_DAILY_LIMIT",
}
"""What people call a limit -> its variable."""

LEAST: Mapping[_CapName, int] = {"per-minute": 1, "limit": 0, "daily-limit": 0}
"""The smallest value that each limit may have; without any call a minute nothing could ever be sent."""

VARIABLES: Mapping[ConfigName, str] = {
    "history": HISTORY_VARIABLE,
    "url": URL_VARIABLE,
    "me": "",
    "per-minute": CAPS["per-minute"],
    "limit": CAPS["limit"],
    "daily-limit": CAPS["daily-limit"],
}
"""Setting -> the variable that goes before it, empty where there is none."""

SECRET = frozenset({"password", "sslpassword"})
"""Words of a PostgreSQL address that carry a secret."""

_LARGEST = 100_000
"""Bytes that the per-user file may have."""
_SETTLE_AFTER = 600.0
_LONGEST_WAIT = 7 * 24 * 3600
_LIST_LAG = 60.0


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one run."""

    api_url: str = DEFAULT_ADDRESS
    """In the one spelling that identities are made of (``api.address.normalised``)."""
    journal: str | None = None
    """A file or a database URL; None for the user's data folder."""
    settle_after: float = _SETTLE_AFTER
    """Seconds for which a request may still turn up at Collect: the late window of design section 4."""
    list_lag: float = _LIST_LAG
    """Seconds after a refusal during which Collect's lists may not show yet what it did in spite of it."""
    lease: float = 60.0
    """Seconds from a claim within which its POST must begin."""
    deadline: float = 120.0
    """Seconds that one exchange with Collect may take in all."""

    per_minute: int | None = None
    """Calls to Collect a minute, of everybody on one journal; None: no limit of ours."""
    most: int | None = None
    """People that one run may ask."""
    most_per_day: int | None = None
    """People that everybody on one journal may ask in one day."""
    me: str | None = None
    """The user's own e-mail address, which tests go to."""

    @property
    def foreign_address(self) -> str:
        """What must be known of an address that is not Collect's own; empty for Collect's own."""
        if self.api_url == DEFAULT_ADDRESS:
            return ""
        return f"Requests go to {self.api_url}, which is not Collect's own address ({DEFAULT_ADDRESS})."

    @property
    def origin(self) -> str:
        """Return the API's address as a part of identities."""
        return self.api_url


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings: the environment's first, the per-user file's below them.

    Raises:
        UsageError: a setting is not what it should be, or the per-user file cannot be read.
    """
    refuse_old_variables(environ)
    kept = _read_config(config_file())
    caps = {name: _variable(environ, variable) or kept.get(name) for name, variable in CAPS.items()}
    api_url = normalised(_variable(environ, URL_VARIABLE) or kept.get("url") or DEFAULT_ADDRESS)
    return Settings(
        api_url=api_url,
        journal=_without_password(_variable(environ, HISTORY_VARIABLE) or kept.get("history")),
        me=kept.get("me"),
        settle_after=_seconds(_variable(environ, LOOKUP_VARIABLE)),
        list_lag=_list_lag(_variable(environ, LIST_LAG_VARIABLE), api_url),
        per_minute=_count("per-minute", caps["per-minute"]),
        most=_count("limit", caps["limit"]),
        most_per_day=_count("daily-limit", caps["daily-limit"]),
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it counts now."""

    name: ConfigName
    value: str
    """Empty where it is not set."""
    source: str
    """For people: a variable, the user's file, or the default."""


def setting_sources(environ: Mapping[str, str]) -> tuple[Setting, ...]:
    """Return every setting with the place that its value comes from.

    Raises:
        UsageError: a setting is not what it should be, or the per-user file cannot be read.
    """
    load_settings(environ)
    kept = _read_config(config_file())
    return tuple(_setting(name, environ, kept) for name in CONFIG_NAMES)


def _setting(name: ConfigName, environ: Mapping[str, str], kept: Mapping[ConfigName, str]) -> Setting:
    variable = VARIABLES[name]
    said = _variable(environ, variable) if variable else None
    if said:
        return Setting(name, said, f"the variable {variable}")
    if name in kept:
        return Setting(name, kept[name], str(config_file()))
    return Setting(name, DEFAULT_ADDRESS if name == "url" else "", "default")


def set_config(name: ConfigName, value: str) -> Path:
    """Keep a setting in the per-user file; an empty value removes it.

    Args:
        name: one of ``CONFIG_NAMES``.
        value: a journal's file is kept as an absolute path, so that a scheduled run finds the same one.

    Returns:
        The file.

    Raises:
        UsageError: the name or the value is not one that is kept.
        DiskError: the file cannot be written.
    """
    if name not in CONFIG_NAMES:
        raise UsageError(f'There is no setting "{name}".', tip=f"Settings that are kept: {', '.join(CONFIG_NAMES)}.")
    path = config_file()
    kept = _read_config(path)
    kept[name] = _clean(name, value.strip())
    _write_config(path, {key: text for key, text in kept.items() if text})
    return path


def config_file() -> Path:
    """Return where the per-user file is, whether or not it exists."""
    from platformdirs import user_config_path  # noqa: PLC0415  # not needed for --help

    return user_config_path("collect-xl", appauthor=False) / "config.toml"


def _without_password(journal: str | None) -> str | None:
    """Return the journal's place as it is; one that holds a password is refused.

    Addresses are copied, logged, shown by ``ps`` and kept in a file; nothing of it is shown here.

    Raises:
        UsageError: there is a password in it.
    """
    if journal is not None and "://" in journal and _has_password(journal):
        raise UsageError(
            "The send history's address holds a password, which does not belong there.",
            tip="Take it out. Or set COLLECT_XL_HISTORY_PASSWORD, PGPASSFILE or ~/.pgpass. A password that was in a "
            "command line or a log should be changed.",
            remedies=(Remedy.KEEP_JOURNAL_LOGIN,),
        )
    return journal


def _has_password(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.password is not None or not SECRET.isdisjoint(parse_qs(parts.query, keep_blank_values=True))
    except ValueError:
        # It is no address at all, as the journal will say without showing it.
        return False


def _variable(environ: Mapping[str, str], name: str) -> str | None:
    """Return the text of a variable; None where it is unset or blank."""
    return environ.get(name, "").strip() or None


def _number(text: str) -> float:
    """Return a number, or one that fails every comparison, as does a text that says so itself."""
    try:
        return float(text)
    except ValueError:
        return math.nan


def _seconds(text: str | None) -> float:
    if text is None:
        return _SETTLE_AFTER
    seconds = _number(text)
    if not 0 <= seconds <= _LONGEST_WAIT:
        raise UsageError(
            f'{LOOKUP_VARIABLE} is "{text}"; expected seconds, at most {_LONGEST_WAIT} (a week).',
            tip=f"Unset {LOOKUP_VARIABLE}: ten minutes are right unless you test.",
        )
    return seconds


def _list_lag(text: str | None, api_url: str) -> float:
    """Return how long lists may lag behind; less than the usual only for a server on this computer."""
    if text is None:
        return _LIST_LAG
    seconds = _number(text)
    least = 0.0 if is_loopback(urlsplit(api_url).hostname or "") else _LIST_LAG
    if not least <= seconds <= _LONGEST_WAIT:
        raise UsageError(
            f'{LIST_LAG_VARIABLE} is "{text}"; expected seconds, at least {least:.0f} and at most {_LONGEST_WAIT}.',
            tip=f"Unset {LIST_LAG_VARIABLE}: a minute is right unless you test against a server on this computer.",
        )
    return seconds


def _count(name: _CapName, text: str | None) -> int | None:
    """Return a limit, None where there is none.

    A text that is no number is an error: it must not turn into no limit.
    """
    if text is None:
        return None
    if not re.fullmatch(r"\d{1,9}", text, re.ASCII) or int(text) < LEAST[name]:
        raise UsageError(
            f'{CAPS[name]}, or the setting {name}, is "{text}"; expected a whole number from {LEAST[name]} on.',
            tip="Correct the variable or the setting.",
            remedies=(Remedy.SET_LIMIT,),
        )
    return int(text)


def _clean(name: ConfigName, text: str) -> str:
    """Return the text of a setting as it is kept; raise ``UsageError`` for any other."""
    if not text:
        return text
    match name:
        case "url":
            return normalised(text)
        case "me":
            return _email(text)
        case "per-minute" | "limit" | "daily-limit":
            return str(_count(name, text))
        case "history":
            return _journal(text)


def _journal(place: str) -> str:
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in place):
        raise UsageError("The send history's place holds characters that no path has.", tip="Type the path again.")
    if "://" in place:
        return _without_password(place) or ""
    # A scheduled run starts in another folder and must find the same file.
    return str(Path(place).expanduser().absolute())


def _email(text: str) -> str:
    from email_validator import EmailNotValidError, validate_email  # noqa: PLC0415  # slow, and seldom needed

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        raise UsageError(f'"{text}" is no e-mail address.', tip="Write it as in your e-mail program.") from None


def _read_config(path: Path) -> dict[ConfigName, str]:
    """Return what the per-user file says.

    A damaged file is an error, so that no setting is lost in silence.
    """
    values = _read_toml(path)
    refuse_old_settings(values, str(path))
    unknown = sorted(values.keys() - set(CONFIG_NAMES) - SETTINGS.keys())
    not_text = [name for name, value in values.items() if not isinstance(value, str)]
    strange = [*unknown, *not_text]
    if strange:
        raise _damaged(path, f'"{strange[0]}" is no setting of text')
    return {name: values[name] for name in CONFIG_NAMES if name in values}


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        content = _read_own(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DiskError(
            f"The settings in {path} cannot be read: {error.strerror}.", tip="Check the disk and the file's rights."
        ) from error
    try:
        return tomllib.loads(content.decode("utf-8"))
    except ValueError as error:
        raise _damaged(path, type(error).__name__) from None


def _read_own(path: Path) -> bytes:
    """Return the content of the per-user file, which no other user may have written.

    Its address is where the API key goes.
    """
    with open_regular(path) as file:
        status = os.fstat(file.fileno())
        content = file.read(_LARGEST + 1)
    reason = "belongs to another user" if not is_ours_or_roots(status) else ""
    if may_others_write(status):
        reason = "can be changed by others"
    if reason:
        raise UsageError(
            f"The settings in {path} are not followed: the file {reason}, and decides where the API key goes.",
            tip=f"Look into it, then make it yours alone: chmod 600 {path}, or delete it and set everything again.",
        )
    if len(content) > _LARGEST:
        raise _damaged(path, "it is too large")
    return content


def _damaged(path: Path, why: str) -> UsageError:
    return UsageError(
        f"The settings in {path} cannot be read ({why}).",
        tip="Correct the file, or delete it and name the send history's place again.",
        remedies=(Remedy.MOVE_JOURNAL,),
    )


def _write_config(path: Path, kept: Mapping[ConfigName, str]) -> None:
    # A JSON string is a TOML string where nothing is escaped as a pair of surrogates.
    lines = [f"{name} = {json.dumps(text, ensure_ascii=False)}\n" for name, text in kept.items()]
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _replace(path, "".join(lines).encode())
    except OSError as error:
        raise DiskError(
            f"The settings could not be kept in {path}: {error.strerror}.", tip="Free the disk or the folder's rights."
        ) from error


def _replace(path: Path, content: bytes) -> None:
    # A file of mkstemp is readable by its user alone; a crash leaves either the old settings or the new ones.
    handle, beside = tempfile.mkstemp(prefix=".config-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(beside).replace(path)
    except BaseException:
        Path(beside).unlink(missing_ok=True)
        raise
