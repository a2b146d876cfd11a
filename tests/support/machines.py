"""Computers with Excel, described: homes on this disk, a Python of this computer, and the policies of another."""

from __future__ import annotations

import json
import os
import shlex
import sys
import venv
from collections.abc import Mapping
from pathlib import Path

from collect_xl.addin.machine import Machine, Platform

__all__ = ["machine", "odd_python", "talking_python", "tree"]

WELL = {"collect-xl": "0.1.0", "xlwings": "0.37.8", "windows": True, "trouble": {}}


def machine(
    platform: Platform,
    home: Path,
    python: Path | None = None,
    policies: Mapping[tuple[str, str, str], int | str] | None = None,
    **environ: str,
) -> Machine:
    """Describe a computer; its user's folders lie below ``home``."""
    home.mkdir(parents=True, exist_ok=True)
    own = {"APPDATA": str(home / "AppData" / "Roaming"), "HOME": str(home), "USERPROFILE": str(home), **environ}
    base = r"C:\Program Files\Python311"
    known = dict(policies or {})
    return Machine(platform, home, python or Path(sys.executable), base, own, lambda *asked: known.get(asked))


def talking_python(folder: Path, code: int = 0, **told: object) -> Path:
    """Make a program that answers as a Python with such a state of health does, at once."""
    folder.mkdir(parents=True, exist_ok=True)
    answer = json.dumps(WELL | told)
    if os.name == "nt":
        file = folder / "python.cmd"
        lines = ["@echo off", "echo " + answer.replace("%", "%%"), f"exit /b {code}"]
    else:
        file = folder / "python"
        lines = ["#!/bin/sh", f"echo {shlex.quote(answer)}", f"exit {code}"]
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    file.chmod(0o755)
    return file


def odd_python(folder: Path, *, collect_xl: bool = True) -> Path:
    """Make a real virtual environment, with what is installed here or with nothing."""
    venv.create(folder, with_pip=False, symlinks=os.name == "posix")
    python, places = folder / "bin" / "python", "lib/python*/site-packages"
    if os.name == "nt":
        python, places = folder / "Scripts" / "python.exe", "Lib/site-packages"
    if collect_xl:
        (site,) = folder.glob(places)
        here = [entry for entry in sys.path if entry.endswith(("site-packages", "dist-packages"))]
        lines = [f"import site; site.addsitedir({entry!r})\n" for entry in here]
        (site / "here.pth").write_text("".join(lines), encoding="utf-8")
    return python


def tree(folder: Path) -> dict[str, bytes | None]:
    """Return everything below a folder: files with their bytes, folders with None."""
    return {
        str(each.relative_to(folder)): each.read_bytes() if each.is_file() else None
        for each in sorted(folder.rglob("*"))
    }
