"""Installs the add-in where Excel loads it, removes it again, and says what is installed; none of it needs Excel."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import distribution, version
from pathlib import Path
from typing import Final

from collect_xl.addin.build import FILE_NAME, Baked, build_addin
from collect_xl.addin.machine import Machine, Platform, interpreter, scripts_folder, startup_folder
from collect_xl.addin.stamp import read_stamp
from collect_xl.addin.try_command import prove, repair_command
from collect_xl.errors import AddinError, DiskError
from collect_xl.resources import shipped

SCRIPT_NAME: Final = "collect_xl.applescript"

TERMINALS: Final[Mapping[Platform, str]] = {"windows": "PowerShell", "macos": "Terminal", "other": "a terminal"}

_VENV_TIP = "Install collect-xl into a virtual environment (python -m venv), and run its own collect-xl addin install."


@dataclass(frozen=True, slots=True)
class Installed:
    """An add-in that is installed."""

    file: Path
    stamp: dict[str, str]
    """As ``stamp.read_stamp`` returns it."""

    def differs(self, machine: Machine) -> str:
        """Return in words how it differs from what ``install`` would make now."""
        expected = {
            "collect-xl": version("collect-xl"),
            "xlwings": version("xlwings"),
            "Interpreter": str(interpreter(machine)),
        }
        differences = []
        for name, value in expected.items():
            stamped = self.stamp.get(name, "")
            if not _same(stamped, value, machine):
                differences.append(f"{name} {stamped}, not {value}")
        if not differences:
            return ""
        return f"It was made for {'; '.join(differences)}."


def _same(one: str, other: str, machine: Machine) -> bool:
    # Windows does not distinguish capitals in paths.
    if machine.platform == "windows":
        return one.casefold() == other.casefold()
    return one == other


def install(machine: Machine, dest: Path | None = None) -> tuple[Path, ...]:
    """Build the add-in for this Python and put it where Excel loads it.

    Args:
        machine: this computer.
        dest: another folder, such as a shared one; None for Excel's own.

    Returns:
        The files that are installed now; older ones were replaced.

    Raises:
        AddinError: Excel could not start this Python, or would not see the file; nothing was written.
        DiskError: the folder refuses it.
        UsageError: there is no Excel for this system, and no other folder was named.
    """
    file = place_of(machine, dest)
    _refuse_store(machine, dest)
    python = interpreter(machine)
    proof = prove(machine, python)
    if proof.words:
        raise AddinError(f"Excel could not start this Python. {proof.words}", tip=_VENV_TIP)
    _refuse_foreign_file(file)
    baked = Baked(
        interpreter=str(python),
        proof=_proof_file(),
        repair=repair_command(machine, dest and file.parent),
        terminal=TERMINALS[machine.platform],
    )
    write_file(file, build_addin(baked))
    script = script_of(machine)
    if script is None:
        return (file,)
    write_file(script, shipped(f"addin/{SCRIPT_NAME}").read_bytes())
    return file, script


def uninstall(machine: Machine, dest: Path | None = None) -> tuple[Path, ...]:
    """Delete the add-in, and the folders that are empty without it.

    Returns:
        The files that were there; none when nothing was installed.

    Raises:
        AddinError: the file is not ours.
        DiskError: it cannot be deleted; Excel for Windows holds it while it runs.
    """
    file = place_of(machine, dest)
    _refuse_foreign_file(file)
    script = _script_to_delete(machine, dest)
    deleted: list[Path] = []
    if file.exists():
        _delete(file)
        deleted.append(file)
        # A folder that the user named is the user's, empty or not.
        if dest is None:
            _forget_folders(file.parent, machine.home)
    if script is not None:
        _delete(script)
        deleted.append(script)
        _forget_folders(script.parent, machine.home)
    return tuple(deleted)


def _script_to_delete(machine: Machine, dest: Path | None) -> Path | None:
    script = script_of(machine)
    if script is None or not script.exists():
        return None
    # The add-in in Excel's own folder still calls the script when one in another folder is deleted.
    if dest is not None and place_of(machine, None).exists():
        return None
    return script


def _refuse_foreign_file(file: Path) -> None:
    """Raise ``AddinError`` if a file of the add-in's name is not one that collect-xl made."""
    if file.exists():
        read_stamp(file)


def status(machine: Machine, dest: Path | None = None) -> Installed | None:
    """Return the installed add-in, or None.

    Raises:
        AddinError: the file is not ours.
    """
    file = place_of(machine, dest)
    if not file.exists():
        return None
    return Installed(file, read_stamp(file))


def place_of(machine: Machine, dest: Path | None) -> Path:
    """Return where the add-in's file belongs."""
    folder = startup_folder(machine) if dest is None else dest.expanduser().absolute()
    return folder / FILE_NAME


def script_of(machine: Machine) -> Path | None:
    """Return where the AppleScript belongs, which only macOS needs."""
    if machine.platform != "macos":
        return None
    return scripts_folder(machine) / SCRIPT_NAME


def write_file(file: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    try:
        # Excel holds an add-in that it has loaded: an update that changes nothing need not touch it.
        if file.is_file() and file.read_bytes() == data:
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=".collect_xl-", dir=_workshop(file.parent))
        try:
            with os.fdopen(handle, "wb") as new_file:
                new_file.write(data)
            Path(beside).chmod(0o644)
            Path(beside).replace(file)
        finally:
            Path(beside).unlink(missing_ok=True)
    except OSError as error:
        raise _refused(file, "written", error) from error


def _workshop(folder: Path) -> Path:
    """Return the folder in which a file is made before it is moved to its own."""
    # Excel opens whatever is in a start-up folder, even a half-written file. Only on the same disk can the file
    # then be moved in one step.
    above = folder.parent
    if os.access(above, os.W_OK) and above.stat().st_dev == folder.stat().st_dev:
        return above
    return folder


def _delete(file: Path) -> None:
    try:
        file.unlink()
    except OSError as error:
        raise _refused(file, "deleted", error) from error


def _refused(file: Path, what: str, error: OSError) -> DiskError:
    return DiskError(
        f"{file} cannot be {what}: {error.strerror}.",
        tip="Quit Excel altogether, and run this again. On macOS allow your terminal to use data of other apps.",
    )


def _forget_folders(folder: Path, home: Path) -> None:
    """Delete folders that are empty now: Excel, or the next install, makes them again."""
    with suppress(OSError):
        while folder != home and home in folder.parents:
            folder.rmdir()
            folder = folder.parent


def _refuse_store(machine: Machine, dest: Path | None) -> None:
    """Refuse the Python of the Microsoft Store."""
    # Windows keeps apart what it writes below AppData, where Excel looks: see "Known issues" of the page "Using Python
    # on Windows" of Python's own documentation.
    if machine.platform != "windows" or dest is not None:
        return
    if "\\windowsapps\\" in f"{machine.base}\\".casefold():
        raise AddinError(
            "This Python came from the Microsoft Store. Windows hides from Excel what it writes into Excel's folder.",
            tip="Install Python from python.org, make a virtual environment with it, and install collect-xl there.",
        )


def _proof_file() -> str:
    """Return a file that an upgrade deletes, since its path names our version."""
    ours = distribution("collect-xl")
    for file in ours.files or ():
        if file.name == "METADATA":
            return str(ours.locate_file(file))
    return ""
