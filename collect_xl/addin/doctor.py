"""What keeps a button from reaching Collect, each with its remedy."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final, Literal

from collect_xl.addin.install import Installed, script_of, status
from collect_xl.addin.machine import Machine, Platform, interpreter, startup_folder
from collect_xl.addin.policies import asr_hindrance, macro_hindrances
from collect_xl.addin.remedies import tip_of
from collect_xl.addin.try_command import Proof, prove, repair_command
from collect_xl.config.settings import Settings, load_settings
from collect_xl.errors import AddinError, CollectXlError, DiskError
from collect_xl.resources import shipped

State = Literal["ok", "note", "wrong", "skipped"]
"""``note`` is worth knowing and hinders nothing; ``skipped`` does not matter here, or cannot be decided yet."""

Answer = tuple[State, str]

LIVE: Final = "Without any macro: open the workbook in Excel, and run collect-xl send --live in a terminal."

_ANSWER_WITHIN: Final = 20.0
"""Seconds that Collect gets to answer a doctor."""

_PYWIN32: Final = ("pythoncom", "win32com.client")
"""The modules of pywin32 that the started Python reports on."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    check: str
    state: State
    found: str
    remedy: str = ""
    """What to do, where something is wrong."""


class Examination:
    """The computer under examination; what several checks ask is asked once."""

    def __init__(self, machine: Machine, dest: Path | None) -> None:
        self.machine = machine
        self.dest = dest

    @cached_property
    def proof(self) -> Proof:
        """Return how starting the command of a button ended."""
        return prove(self.machine, interpreter(self.machine))

    @cached_property
    def settings(self) -> Settings:
        """Return the user's settings."""
        return load_settings(self.machine.environ)

    @property
    def addin(self) -> Installed:
        """Return the add-in; raise where there is none."""
        installed = status(self.machine, self.dest)
        if installed is None:
            folder = self.dest or startup_folder(self.machine)
            raise AddinError(f"There is no add-in in {folder}.", tip="Run: collect-xl addin install")
        return installed


def examine(machine: Machine, dest: Path | None = None) -> tuple[Finding, ...]:
    """Make every check; none of them sends, writes or changes anything.

    Args:
        machine: this computer.
        dest: the folder that the add-in was installed into, where it is not Excel's own.
    """
    examination = Examination(machine, dest)
    return tuple(_finding(examination, name, platforms, check) for name, platforms, check in CHECKS)


def _finding(
    examination: Examination, name: str, platforms: tuple[Platform, ...], check: Callable[[Examination], Answer]
) -> Finding:
    if examination.machine.platform not in platforms:
        return Finding(name, "skipped", "Does not matter on this system.")
    try:
        state, words = check(examination)
    except CollectXlError as error:
        return Finding(name, "wrong", error.message, tip_of(error))
    except OSError as error:
        # One file that cannot be read must not hide what the other checks find.
        return Finding(name, "wrong", f"{error.filename} cannot be read: {error.strerror}.", "Make it readable.")
    return Finding(name, state, words)


def _python(examination: Examination) -> Answer:
    if examination.proof.words:
        raise AddinError(
            f"A button could not start this Python. {examination.proof.words}",
            tip="Install collect-xl into a virtual environment of its own (python -m venv), and run its "
            "collect-xl addin install.",
        )
    return "ok", f"{interpreter(examination.machine)} starts as a button starts it."


def _pywin32(examination: Examination) -> Answer:
    trouble = examination.proof.report.get("trouble")
    if trouble is None:
        return "skipped", "Python did not start."
    broken = [f"{name}: {trouble[name]}" for name in trouble if name in _PYWIN32]
    if broken:
        raise AddinError(
            f"pywin32, through which Python talks to Excel, does not load ({'; '.join(broken)}).",
            tip=f'"{examination.machine.python}" -m pip install --force-reinstall pywin32',
        )
    return "ok", "It loads."


def _windows(examination: Examination) -> Answer:
    if examination.proof.report.get("windows", True):
        return "ok", "Dialogs and the progress window can be shown."
    return "note", "This Python has no Tk: progress shows in the status bar alone, and the key is set in a terminal."


def _addin(examination: Examination) -> Answer:
    return "ok", str(examination.addin.file)


def _versions(examination: Examination) -> Answer:
    try:
        addin = examination.addin
    except AddinError:
        return "skipped", "There is no add-in."
    differences = addin.differs(examination.machine)
    if differences:
        repair = repair_command(examination.machine, examination.dest)
        raise AddinError(differences, tip=f"Quit Excel, and run: {repair}")
    return "ok", f"collect-xl {addin.stamp['collect-xl']} and xlwings {addin.stamp['xlwings']}, for this Python."


def _script(examination: Examination) -> Answer:
    script = script_of(examination.machine)
    tip = "Run: collect-xl addin install"
    if script is None or not script.exists():
        raise AddinError(f"{script}, by which Excel starts Python, is missing.", tip=tip)
    if script.read_bytes() != shipped(f"addin/{script.name}").read_bytes():
        raise AddinError(f"{script} is not the one that this collect-xl brings.", tip=tip)
    return "ok", str(script)


def _excel(examination: Examination) -> Answer:
    """Check whether an Excel that runs answers, by the way that a button takes."""
    del examination
    from collect_xl.excel.find_workbook import running_versions  # noqa: PLC0415  # slow

    versions = running_versions()
    if not versions:
        return "skipped", "No Excel runs: start it, and run this again to see whether it answers."
    return "ok", f"It answers: version {', '.join(versions)}."


def _mark(examination: Examination) -> Answer:
    """Check whether Windows marks the add-in as coming from the internet."""
    try:
        file = examination.addin.file
    except AddinError:
        return "skipped", "There is no add-in."
    # Windows keeps the mark in a stream of this name beside the file's own bytes.
    if Path(f"{file}:Zone.Identifier").exists():
        raise AddinError(
            "Windows marks the add-in as coming from the internet, so Excel runs none of it.",
            tip=f"Unblock-File '{file}' in PowerShell, or make it on this computer: collect-xl addin install",
        )
    return "ok", "The add-in does not count as coming from the internet."


def _asr(examination: Examination) -> Answer:
    machine = examination.machine
    hindrance = asr_hindrance(machine.policy, interpreter(machine))
    if hindrance is not None:
        raise AddinError(f"{hindrance.words} ({hindrance.where}).", tip=f"Ask your IT department to allow it. {LIVE}")
    return "ok", "Defender lets Excel start Python."


def _macros(examination: Examination) -> Answer:
    machine = examination.machine
    folder = examination.dest or startup_folder(machine)
    hindrances = macro_hindrances(machine.policy, str(folder), machine.environ)
    if hindrances:
        words = "; ".join(f"{hindrance.words} ({hindrance.where})" for hindrance in hindrances)
        request = f"Ask your IT department to make {folder} a trusted location by policy, or to sign the add-in."
        raise AddinError(f"{words}.", tip=f"{request} {LIVE}")
    return "ok", "No policy keeps the add-in's macros from running."


def _key(examination: Examination) -> Answer:
    from collect_xl.config.credentials import find_key  # noqa: PLC0415  # slow, and it may wake the desktop's services

    source = find_key(examination.settings, examination.machine.environ).source
    if source.startswith("the environment variable"):
        return "note", f"It comes from {source}; Excel sees it only where it is set for your whole account."
    return "ok", f"It comes from {source}."


def _collect(examination: Examination) -> Answer:
    from collect_xl.api.client import CollectClient  # noqa: PLC0415  # slow
    from collect_xl.config.credentials import find_key  # noqa: PLC0415

    try:
        key = find_key(examination.settings, examination.machine.environ)
    except CollectXlError:
        return "skipped", "Not asked without a key."
    team = CollectClient(examination.settings.api_url, key.secret, deadline=_ANSWER_WITHIN).team()
    return "ok", f"{examination.settings.origin} answers; the key is of the team {team.name}."


def _journal(examination: Examination) -> Answer:
    from collect_xl.journal import open_journal  # noqa: PLC0415
    from collect_xl.workflow.open import who_runs  # noqa: PLC0415  # slow

    with open_journal(examination.settings.journal, who=who_runs(), create=False) as journal:
        place = journal.place
    if place.file is not None or place.in_memory:
        _try_to_write(Path(place.shown).parent)
    return "ok", place.shown


def _try_to_write(folder: Path) -> None:
    """Raise ``DiskError`` unless a file can be made in a folder."""
    # A folder that is still to be made is made in the nearest one above that exists.
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=existing) as file:
            file.write(b"\0")
            os.fsync(file.fileno())
    except OSError as error:
        raise DiskError(
            f"The send history cannot be written in {folder}: {error.strerror}.",
            tip="Make the folder writable, or name another place: collect-xl config set history PATH",
        ) from error


_ALL: Final[tuple[Platform, ...]] = ("windows", "macos", "other")
_EXCEL: Final[tuple[Platform, ...]] = ("windows", "macos")

CHECKS: tuple[tuple[str, tuple[Platform, ...], Callable[[Examination], Answer]], ...] = (
    ("Python", _EXCEL, _python),
    ("pywin32", ("windows",), _pywin32),
    ("Tk windows", _EXCEL, _windows),
    ("Add-in", _EXCEL, _addin),
    ("Versions", _EXCEL, _versions),
    ("AppleScript", ("macos",), _script),
    ("Running Excel", _EXCEL, _excel),
    ("Mark of the Web", ("windows",), _mark),
    ("Attack surface reduction", ("windows",), _asr),
    ("Macro policy", ("windows",), _macros),
    ("API key", _ALL, _key),
    ("Collect", _ALL, _collect),
    ("Journal", _ALL, _journal),
)
"""All checks, in the order in which a click meets what they look at."""
