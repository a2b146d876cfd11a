"""The computer as the add-in's installer and the doctor see it, and where Excel looks for add-ins on it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from collect_xl.errors import AddinError, UsageError

Platform = Literal["windows", "macos", "other"]

Policy = Callable[[str, str, str], "int | str | None"]
"""Reads hive (``HKCU``, ``HKLM``), key and name of the Windows registry; None where there is nothing."""

_PLATFORMS: Mapping[str, Platform] = {"win32": "windows", "darwin": "macos"}

_GROUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel"
"""Where Excel for Mac looks when it starts, below the user's home; all Office programs share the group's container."""

_SCRIPTS = "Library/Application Scripts/com.microsoft.Excel"
"""The only scripts that Excel may call from its sandbox."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What matters here of a computer; tests describe others than their own."""

    platform: Platform
    home: Path
    python: Path
    """The interpreter that runs us, links not followed: a virtual environment's Python is a link."""
    base: str
    """Where the Python that a virtual environment was made from is installed."""
    environ: Mapping[str, str]
    policy: Policy


def this_machine() -> Machine:
    """Return the computer that we run on."""
    return Machine(
        platform=_PLATFORMS.get(sys.platform, "other"),
        home=Path.home(),
        python=Path(sys.executable),
        base=sys.base_prefix,
        environ=os.environ,
        policy=_registry,
    )


def startup_folder(machine: Machine) -> Path:
    """Return the folder whose add-ins Excel loads when it starts.

    It need not exist yet.

    Raises:
        UsageError: there is no Excel for this system.
    """
    if machine.platform == "windows":
        appdata = machine.environ.get("APPDATA")
        roaming = Path(appdata) if appdata else machine.home / "AppData" / "Roaming"
        return roaming / "Microsoft" / "Excel" / "XLSTART"
    if machine.platform == "macos":
        return machine.home / _GROUP
    raise UsageError(
        "There is no Excel for this system, so there is no place for its add-in.",
        tip="Here collect-xl works on saved workbooks: collect-xl send BOOK. For others: collect-xl addin build",
    )


def scripts_folder(machine: Machine) -> Path:
    """Return the folder of the scripts that Excel for Mac may call."""
    return machine.home / _SCRIPTS


def interpreter(machine: Machine) -> Path:
    """Return the Python that a button starts: the one that runs us."""
    if not str(machine.python):
        raise AddinError("This Python does not know where it is installed.", tip="Start it by its full path.")
    if machine.platform != "windows":
        return machine.python
    # On Windows its twin does the same without opening a console.
    twin = machine.python.with_name("pythonw.exe")
    return twin if twin.exists() else machine.python


def _registry(hive: str, key: str, name: str) -> int | str | None:
    if sys.platform == "win32":
        import winreg  # noqa: PLC0415  # Windows only

        root = {"HKCU": winreg.HKEY_CURRENT_USER, "HKLM": winreg.HKEY_LOCAL_MACHINE}[hive]
        # A Python of 32 bits would see another registry than Office does.
        access = winreg.KEY_READ | winreg.KEY_WOW64_64KEY
        try:
            with winreg.OpenKey(root, key, 0, access) as opened:
                value, _ = winreg.QueryValueEx(opened, name)
        except OSError:
            return None
        return value if isinstance(value, int | str) else None
    return None
