"""The exact command that an add-in bakes, started once as Excel would start it, before anything relies on it."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

from collect_xl.addin.machine import Machine
from collect_xl.addin.ready import READY

_ON_WINDOWS = (
    "ALLUSERSPROFILE", "APPDATA", "COMPUTERNAME", "COMSPEC", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA",
    "PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "SYSTEMDRIVE", "SYSTEMROOT", "TEMP", "TMP",
    "USERDOMAIN", "USERNAME", "USERPROFILE", "WINDIR",
)  # fmt: skip
_ON_MACOS = ("HOME", "LANG", "LOGNAME", "SHELL", "TMPDIR", "USER")
PASSED_ON = frozenset((*_ON_WINDOWS, *_ON_MACOS))
"""What Excel, started from the desktop, hands on. Not among them: what a terminal adds (``PATH`` of an activated
environment, ``PYTHONPATH``, ``CONDA_PREFIX``), on which a start must not rely."""

_PATIENCE = 120
"""Seconds; a first start, with a virus scanner looking over its shoulder, takes long."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How the start ended."""

    words: str = ""
    """What went wrong, for people; empty when nothing did."""
    report: Mapping[str, Any] = field(default_factory=dict)
    """What the started Python says of itself: versions, whether it can show windows, what cannot be imported."""


def command(interpreter: Path) -> tuple[str, ...]:
    """Return what a button starts, up to the button's own word."""
    return (str(interpreter), "-I", "-m", "collect_xl.addin")


def repair_command(machine: Machine, dest: Path | None = None) -> str:
    """Return the command, as it is typed, that makes the add-in again."""
    command_line = f"{_quoted(str(machine.python), machine)} -m collect_xl addin install"
    if dest:
        command_line += f" --dest {_quoted(str(dest), machine)}"
    # PowerShell takes a line that begins with a quote for a text to print, unless an ampersand says to run it.
    if machine.platform == "windows" and command_line.startswith("'"):
        command_line = f"& {command_line}"
    return command_line


def _quoted(word: str, machine: Machine) -> str:
    """Return a word as it is typed, in quotes where it needs them."""
    if machine.platform != "windows":
        return shlex.quote(word)
    if re.fullmatch(r"[\w:\\/.~-]+", word):
        return word
    doubled = word.replace("'", "''")
    return f"'{doubled}'"


def prove(machine: Machine, interpreter: Path) -> Proof:
    """Start the command with a harmless word, and return how it ended."""
    # As little around it as Excel gives it: what only this terminal knows must not help it to start.
    environ = {name: value for name, value in machine.environ.items() if name.upper() in PASSED_ON}
    environ |= _system_path(machine)
    try:
        done = subprocess.run(  # noqa: S603  # our own interpreter, no shell
            [*command(interpreter), READY],
            env=environ,
            cwd=machine.home if machine.home.is_dir() else None,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Proof(f"{interpreter} could not be started ({type(error).__name__}).")
    return _read(done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"), done.returncode)


def _system_path(machine: Machine) -> dict[str, str]:
    if machine.platform == "windows":
        root = machine.environ.get("SYSTEMROOT", "C:\\Windows")
        return {"PATH": f"{root}\\System32;{root}"}
    return {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin"}


def _read(output: str, errors: str, code: int) -> Proof:
    """Return what the output of the started Python proves."""
    try:
        # Only the last line is ours: a sitecustomize or an import may print before it.
        report = json.loads(output.strip().splitlines()[-1])
        trouble = ", ".join(f"{name} ({words})" for name, words in report["trouble"].items())
    except (IndexError, KeyError, ValueError, AttributeError, TypeError):
        error_lines = errors.strip().splitlines()
        last = error_lines[-1] if error_lines else "it said nothing"
        return Proof(f"Python started, and ended with {code}: {last}")
    if trouble:
        return Proof(f"Python started, and cannot import {trouble}.", report)
    # -I may lead to a collect-xl that is installed elsewhere.
    if report.get("collect-xl") != version("collect-xl"):
        return Proof(f"Python started with another collect-xl: {report.get('collect-xl')}.", report)
    return Proof("", report)
