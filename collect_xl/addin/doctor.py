"""What stands between a button and Collect, each with its remedy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from collect_xl.addin.install import Installed, script_of, status
from collect_xl.addin.machine import Machine, Platform, Policy, interpreter, startup_folder
from collect_xl.addin.try_command import Proof, prove, repair_command
from collect_xl.config.settings import Settings, load_settings
from collect_xl.errors import AddinError, CollectXlError, DiskError
from collect_xl.resources import shipped

State = Literal["ok", "note", "wrong", "skipped"]
"""``note`` is worth knowing and hinders nothing; ``skipped`` does not matter here, or cannot be told yet."""


_ANSWER_WITHIN: Final = 20.0
"""Seconds that Collect gets to answer a doctor."""


Answer = tuple[State, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    found: str
    remedy: str = ""
    """What to do, where something is wrong."""


class Patient:
    """The computer under examination; what several checks ask is asked once."""

    def __init__(self, machine: Machine, dest: Path | None) -> None:
        self.machine = machine
        self.dest = dest

    @cached_property
    def proof(self) -> Proof:
        """Return what came of starting the command that a button starts."""
        return prove(self.machine, interpreter(self.machine))

    @cached_property
    def settings(self) -> Settings:
        """Return the user's settings."""
        return load_settings(self.machine.environ)

    @property
    def addin(self) -> Installed:
        """Return the add-in; raise where there is none."""
        found = status(self.machine, self.dest)
        if found is None:
            place = self.dest or startup_folder(self.machine)
            raise AddinError(f"There is no add-in in {place}.", tip="Run: collect-xl addin install")
        return found


def examine(machine: Machine, dest: Path | None = None) -> tuple[Finding, ...]:
    """Make every check; none of them sends, writes or changes anything.

    Args:
        machine: this computer.
        dest: the folder that the add-in was installed into, where it is not Excel's own.
    """
    patient = Patient(machine, dest)
    return tuple(_examined(patient, *check) for check in CHECKS)


def _examined(
    patient: Patient, name: str, platforms: tuple[Platform, ...], check: Callable[[Patient], Answer]
) -> Finding:
    if patient.machine.platform not in platforms:
        return Finding(name, "skipped", "Does not matter on this system.")
    try:
        state, found = check(patient)
    except CollectXlError as error:
        return Finding(name, "wrong", error.message, error.tip)
    except OSError as error:  # a doctor that falls ill itself helps nobody
        return Finding(name, "wrong", f"{error.filename} cannot be read: {error.strerror}.", "Make it readable.")
    return Finding(name, state, found)


def _python(patient: Patient) -> Answer:
    if patient.proof.words:
        raise AddinError(
            f"A button could not start this Python. {patient.proof.words}",
            tip="Install collect-xl into a virtual environment of its own (python -m venv), and run its "
            "collect-xl addin install.",
        )
    return "ok", f"{interpreter(patient.machine)} starts as a button starts it."


def _pywin32(patient: Patient) -> Answer:
    trouble = patient.proof.told.get("trouble")
    if trouble is None:
        return "skipped", "Python did not start."
    broken = [f"{name}: {words}" for name, words in trouble.items() if name in {"pythoncom", "win32com.client"}]
    if broken:
        raise AddinError(
            f"pywin32, through which Python talks to Excel, does not load ({'; '.join(broken)}).",
            tip=f'"{patient.machine.python}" -m pip install --force-reinstall pywin32',
        )
    return "ok", "It loads."


def _windows(patient: Patient) -> Answer:
    if patient.proof.told.get("windows", True):
        return "ok", "Dialogs and the progress window can be shown."
    return "note", "This Python has no Tk: progress shows in the status bar alone, and the key is set in a terminal."


def _addin(patient: Patient) -> Answer:
    return "ok", str(patient.addin.file)


def _versions(patient: Patient) -> Answer:
    try:
        addin = patient.addin
    except AddinError:
        return "skipped", "There is no add-in."
    if differs := addin.differs(patient.machine):
        raise AddinError(differs, tip=f"Quit Excel, and run: {repair_command(patient.machine, patient.dest)}")
    return "ok", f"collect-xl {addin.stamp['collect-xl']} and xlwings {addin.stamp['xlwings']}, for this Python."


def _script(patient: Patient) -> Answer:
    script = script_of(patient.machine)
    tip = "Run: collect-xl addin install"
    if script is None or not script.exists():
        raise AddinError(f"{script}, by which Excel starts Python, is missing.", tip=tip)
    if script.read_bytes() != shipped(f"addin/{script.name}").read_bytes():
        raise AddinError(f"{script} is not the one that this collect-xl brings.", tip=tip)
    return "ok", str(script)


def _mark(patient: Patient) -> Answer:
    """Look for the stream beside the file in which Windows keeps that it came from the internet."""
    try:
        file = patient.addin.file
    except AddinError:
        return "skipped", "There is no add-in."
    if Path(f"{file}:Zone.Identifier").exists():
        raise AddinError(
            "Windows marks the add-in as coming from the internet, so Excel runs none of it.",
            tip=f"Unblock-File '{file}' in PowerShell, or make it on this computer: collect-xl addin install",
        )
    return "ok", "The add-in does not count as coming from the internet."


def _asr(patient: Patient) -> Answer:
    if hindrance := asr_hindrance(patient.machine.policy):
        raise AddinError(f"{hindrance.words} ({hindrance.where}).", tip=f"Ask your IT department to allow it. {LIVE}")
    return "ok", "Defender lets Excel start Python."


def _macros(patient: Patient) -> Answer:
    if found := macro_hindrances(patient.machine.policy):
        words = "; ".join(f"{each.words} ({each.where})" for each in found)
        raise AddinError(f"{words}.", tip=f"Ask your IT department to sign or to allow the add-in. {LIVE}")
    return "ok", "No policy keeps the add-in's macros from running."


def _key(patient: Patient) -> Answer:
    from collect_xl.config.credentials import find_key  # noqa: PLC0415  # slow, and it may wake the desktop's services

    source = find_key(patient.settings, patient.machine.environ).source
    if source.startswith("the environment variable"):
        return "note", f"It comes from {source}; Excel sees it only where it is set for your whole account."
    return "ok", f"It comes from {source}."


def _collect(patient: Patient) -> Answer:
    from collect_xl.api.client import CollectClient  # noqa: PLC0415  # slow
    from collect_xl.config.credentials import find_key  # noqa: PLC0415

    try:
        key = find_key(patient.settings, patient.machine.environ)
    except CollectXlError:
        return "skipped", "Not asked without a key."
    team = CollectClient(patient.settings.api_url, key.secret, deadline=_ANSWER_WITHIN).team()
    return "ok", f"{patient.settings.origin} answers; the key is of the team {team.name}."


def _journal(patient: Patient) -> Answer:
    from collect_xl.journal import open_journal  # noqa: PLC0415
    from collect_xl.workflow.open import who_runs  # noqa: PLC0415  # slow

    with open_journal(patient.settings.journal, who=who_runs(), create=False) as journal:
        place = journal.place
    if place.file is not None or place.in_memory:
        _try_to_write(Path(place.shown).parent)
    return "ok", place.shown


def _try_to_write(folder: Path) -> None:
    """Make a file where the journal's would be made, or in the nearest folder above that is there, and delete it."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"\0")
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskError(
            f"The journal cannot be written in {folder}: {error.strerror}.",
            tip="Make the folder writable, or name another place: collect-xl config set journal PATH",
        ) from error


_ALL: Final[tuple[Platform, ...]] = ("windows", "macos", "other")


_EXCEL: Final[tuple[Platform, ...]] = ("windows", "macos")


CHECKS: tuple[tuple[str, tuple[Platform, ...], Callable[[Patient], Answer]], ...] = (
    ("Python", _EXCEL, _python),
    ("pywin32", ("windows",), _pywin32),
    ("Tk windows", _EXCEL, _windows),
    ("Add-in", _EXCEL, _addin),
    ("Versions", _EXCEL, _versions),
    ("AppleScript", ("macos",), _script),
    ("Mark of the Web", ("windows",), _mark),
    ("Attack surface reduction", ("windows",), _asr),
    ("Macro policy", ("windows",), _macros),
    ("API key", _ALL, _key),
    ("Collect", _ALL, _collect),
    ("Journal", _ALL, _journal),
)
"""All checks, in the order in which a click meets what they look at."""


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
