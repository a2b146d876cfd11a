"""Settings of Windows, Office and Defender by which Excel does not run the add-in, or does not start Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Final

from collect_xl.addin.machine import Policy

_ASR_RULE: Final = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
"""Block all Office applications from creating child processes."""

_GUARD: Final = r"Windows Defender\Windows Defender Exploit Guard\ASR"

# Set by policy; set on this computer.
_GUARDS: Final = (rf"SOFTWARE\Policies\Microsoft\{_GUARD}", rf"SOFTWARE\Microsoft\{_GUARD}")

_MANAGER: Final = r"SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager"
"""Set by Intune: ``ASRRules`` is ``rule=state|rule=state``, ``ASROnlyExclusions`` is ``path=0|path=0``."""

_ASR_STATES: Final = {"1": "blocks", "6": "warns of"}

_CLOUD: Final = r"Software\Policies\Microsoft\Cloud\Office\16.0"
"""The cloud policy service (Intune, config.office.com), which wins over group policy."""
_GROUP_POLICY: Final = r"Software\Policies\Microsoft\Office\16.0"
_OWN: Final = r"Software\Microsoft\Office\16.0"

_ROOTS: Final = (
    ("HKCU", _CLOUD),
    ("HKCU", _GROUP_POLICY),
    ("HKLM", _GROUP_POLICY),
    ("HKCU", _OWN),
    ("HKLM", _OWN),
)
"""The first that has a value decides."""

# Below Office's key, name, the value that hinders, in words.
_MACROS: Final = (
    ("Common", "VBAOff", 1, "VBA is switched off for Office"),
    (r"Excel\Security", "DisableAllAddins", 1, "Excel loads no add-ins"),
    (r"Excel\Security", "RequireAddinSig", 1, "Excel loads only signed add-ins"),
    (r"Excel\Security\Trusted Locations", "AllLocationsDisabled", 1, "Excel trusts no folder, not even its own"),
)

_USER_LOCATIONS: Final = (r"Common\Security\Trusted Locations", "AllowUserLocations")
"""0 in Microsoft's security baseline: only folders that a policy names are trusted, and XLSTART is the user's own."""

_WARNINGS: Final = (r"Excel\Security", "VBAWarnings")
_RUNS_ALL: Final = 1
_SIGNED_ONLY: Final = {3: "runs only signed macros", 4: "runs no macros"}

_POLICY_LOCATIONS: Final = (
    r"Excel\Security\Trusted Locations\Location{}",
    r"Common\Security\Trusted Locations\all applications\Location{}",
)
_MOST_LOCATIONS: Final = 21


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One setting that stands in the way."""

    words: str
    where: str
    """The registry's hive, key and name."""


def asr_hindrance(policy: Policy, python: Path) -> Hindrance | None:
    """Return the rule by which Microsoft Defender keeps Excel from starting Python, if any.

    Args:
        policy: reads the registry.
        python: what Excel would start, which may be excluded from the rules.
    """
    if _is_excluded(policy, python):
        return None
    for guard in _GUARDS:
        state = str(policy("HKLM", rf"{guard}\Rules", _ASR_RULE))
        if state in _ASR_STATES:
            return _defender(state, rf"HKLM\{guard}\Rules\{_ASR_RULE}")
    state = _values(policy("HKLM", _MANAGER, "ASRRules")).get(_ASR_RULE.casefold(), "")
    if state in _ASR_STATES:
        return _defender(state, rf"HKLM\{_MANAGER}\ASRRules")
    return None


def _is_excluded(policy: Policy, python: Path) -> bool:
    """Return whether the program, or a folder above it, is excluded from the rules."""
    places = [str(python), *map(str, python.parents)]
    for guard in _GUARDS:
        if any(policy("HKLM", rf"{guard}\ASROnlyExclusions", place) is not None for place in places):
            return True
    excluded = _values(policy("HKLM", _MANAGER, "ASROnlyExclusions"))
    return any(place.casefold().rstrip("\\") in excluded for place in places)


def _defender(state: str, where: str) -> Hindrance:
    return Hindrance(f"Microsoft Defender {_ASR_STATES[state]} programs that Excel starts", where)


def _values(setting: object) -> dict[str, str]:
    """Return what ``name=value|name=value`` says; names without capitals."""
    values = {}
    for each in str(setting or "").split("|"):
        name, _, value = each.strip().partition("=")
        values[name.casefold().rstrip("\\")] = value
    return values


def macro_hindrances(policy: Policy, folder: str, environ: Mapping[str, str]) -> tuple[Hindrance, ...]:
    """Return the settings by which Excel does not run the add-in's macros.

    Args:
        policy: reads the registry.
        folder: where the add-in is.
        environ: the variables that paths of policies may name.
    """
    hindrances = []
    for key, name, hindering, words in _MACROS:
        value, where = _effective(policy, key, name)
        if value == hindering:
            hindrances.append(Hindrance(words, where))
    untrusted = _untrusted_folder(policy, folder, environ)
    if untrusted is not None:
        hindrances.append(untrusted)
    return tuple(hindrances)


def _effective(policy: Policy, key: str, name: str) -> tuple[int | str | None, str]:
    """Return the value that counts, and where it is."""
    for hive, root in _ROOTS:
        value = policy(hive, rf"{root}\{key}", name)
        if value is not None:
            return value, rf"{hive}\{root}\{key}\{name}"
    return None, ""


def _untrusted_folder(policy: Policy, folder: str, environ: Mapping[str, str]) -> Hindrance | None:
    """Return the setting by which the add-in's folder is not trusted, where its macros then do not run."""
    allowed, where = _effective(policy, *_USER_LOCATIONS)
    if allowed != 0 or _is_trusted_by_policy(policy, folder, environ):
        return None
    level, _ = _effective(policy, *_WARNINGS)
    if level == _RUNS_ALL:
        return None
    # Any other level asks the user, who may not be allowed to answer.
    does = _SIGNED_ONLY.get(level, "asks before it runs macros") if isinstance(level, int) else "asks each time"
    return Hindrance(f"Excel trusts only folders that a policy names, and {does} elsewhere", where)


def _is_trusted_by_policy(policy: Policy, folder: str, environ: Mapping[str, str]) -> bool:
    for location, below in _policy_locations(policy):
        trusted = PureWindowsPath(_expanded(location, environ))
        own = PureWindowsPath(folder)
        if own == trusted or (below and trusted in own.parents):
            return True
    return False


def _policy_locations(policy: Policy) -> Iterator[tuple[str, bool]]:
    """Yield the folders that a policy trusts, and whether it trusts those below them."""
    for hive, root in _ROOTS[:3]:
        for key in _POLICY_LOCATIONS:
            for number in range(_MOST_LOCATIONS):
                place = rf"{root}\{key.format(number)}"
                path = policy(hive, place, "Path")
                if isinstance(path, str) and path:
                    below = policy(hive, place, "AllowSubfolders")
                    yield path, below is None or bool(below)


def _expanded(path: str, environ: Mapping[str, str]) -> str:
    """Return a path with ``%NAMES%`` replaced by what they stand for."""
    known = {name.upper(): value for name, value in environ.items()}
    return re.sub(r"%([^%]+)%", lambda found: known.get(found[1].upper(), found[0]), path)
