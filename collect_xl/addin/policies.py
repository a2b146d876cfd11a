"""What an administrator of Windows may have set against macros and against programs that Office starts, as facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from collect_xl.addin.machine import Policy

__all__ = ["LIVE", "Hindrance", "asr_hindrance", "macro_hindrances"]

LIVE: Final = "Without any macro: open the workbook in Excel, and run collect-xl send --live in a terminal."

_ASR_RULE = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
"""Block all Office applications from creating child processes."""

_ASR_KEYS = (  # set by policy; set on this computer
    r"SOFTWARE\Policies\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
    r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
)
_ASR_MANAGED = (r"SOFTWARE\Policies\Microsoft\Windows Defender\Policy Manager", "ASRRules")
"""Set by Intune: ``rule=state|rule=state``."""

_ASR_STATES = {"1": "blocks", "6": "warns of"}

_OFFICE = (r"Software\Policies\Microsoft\Office\16.0", r"Software\Microsoft\Office\16.0")

_MACROS = (  # below Office's key, name, the value that hinders, in words
    ("Common", "VBAOff", 1, "VBA is switched off for Office"),
    (r"Excel\Security", "DisableAllAddins", 1, "Excel loads no add-ins"),
    (r"Excel\Security", "RequireAddinSig", 1, "Excel loads only signed add-ins"),
    (r"Excel\Security\Trusted Locations", "AllLocationsDisabled", 1, "Excel trusts no folder, not even its own"),
)


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One setting that stands in the way."""

    words: str
    where: str
    """The registry's hive, key and name."""


def asr_hindrance(policy: Policy) -> Hindrance | None:
    """Return what Microsoft Defender has against Excel starting Python, if anything."""
    places = [("HKLM", key, _ASR_RULE) for key in _ASR_KEYS]
    states = {place: str(policy(*place)) for place in places}
    states["HKLM", *_ASR_MANAGED] = _managed(str(policy("HKLM", *_ASR_MANAGED)))
    for place, state in states.items():
        if state in _ASR_STATES:
            return Hindrance(f"Microsoft Defender {_ASR_STATES[state]} programs that Excel starts", "\\".join(place))
    return None


def macro_hindrances(policy: Policy) -> tuple[Hindrance, ...]:
    """Return the settings by which Excel does not run the add-in's macros."""
    return tuple(
        Hindrance(words, f"{hive}\\{office}\\{below}\\{name}")
        for hive in ("HKCU", "HKLM")
        for office in _OFFICE
        for below, name, bad, words in _MACROS
        if policy(hive, f"{office}\\{below}", name) == bad
    )


def _managed(text: str) -> str:
    rules = dict(part.upper().strip().partition("=")[::2] for part in text.split("|"))
    return rules.get(_ASR_RULE, "")
