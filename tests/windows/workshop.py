"""Makes a Wine prefix with CPython for Windows and collect-xl's dependencies; it is kept in the user's cache.

The interpreter's DLLs are those that the Windows wheel of panda3d redistributes. Its library is the one of a Python of
this system of the same version, and two launchers are compiled here. So nothing is fetched but by pip.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

PROJECT = Path(__file__).parents[2]
HERE = Path(__file__).parent

VERSION = "3.11"
"""Of Python; the oldest that is promised, and the one that the wheel below carries."""
DLL = f"python{VERSION.replace('.', '')}.dll"
INTERPRETER = "panda3d==1.10.16"
ONLY_ON_WINDOWS = ("pywin32", "pywin32-ctypes", "colorama")
"""What our dependencies ask for on Windows: pip reads such markers for the system that it runs on."""

NOT_IN_TESTS = (
    "build",
    "distributed",
    "import-linter",
    "mypy",
    "pytest-cov",
    "pytest-xdist",
    "ruff",
    "types-",
    "zizmor",
)
"""Of the developers' tools: what no test of those that run on Windows needs."""

COMPILER = "x86_64-w64-mingw32-gcc"
TOOLS = ("wine", "wineserver", COMPILER, f"python{VERSION}")

TCL = Path("/usr/share/tcltk")
"""Debian's scripts for Tk; the wheel has its DLLs alone."""

UNUSED = 24 * 3600
"""Seconds after which a prefix that no test used is removed; it has almost a gigabyte."""

LARGE = 100_000
"""Bytes from which a file is linked instead of copied; no one writes into such a one."""


class LaboratoryError(Exception):
    """Wine, or what a Windows Python is made of, is not to be had here."""


def absent_tool() -> str:
    """Return what is missing here to make a Windows Python; empty where nothing is."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "Wine on Linux for x86_64"
    missing = [name for name in TOOLS if shutil.which(name) is None]
    return f"for Wine: {', '.join(missing)}" if missing else ""


def wine_environment(prefix: Path) -> dict[str, str]:
    """Return the environment of a Windows that is nobody's: no variable of the user's gets in."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(prefix / "home"),
        "LC_ALL": "C.UTF-8",  # else names of files lose their letters
        "WINEPREFIX": str(prefix),
        "WINEARCH": "win64",
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "winemenubuilder.exe,mscoree,mshtml=",
        "WINEPATH": f"C:\\{python_folder(prefix).name}",
        "DISPLAY": "",
    }


def python_folder(prefix: Path) -> Path:
    """Return where Python is installed in a prefix."""
    return prefix / "drive_c" / "Python"


def packages_folder(prefix: Path) -> Path:
    """Return where this Python's packages are."""
    return python_folder(prefix) / "Lib" / "site-packages"


def prepared() -> Path:
    """Return a folder with ``prefix`` and ``wheels``, made before or now.

    Raises:
        LaboratoryError: a wheel cannot be fetched.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "collect-xl-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"windows-{_key()}"
    with FileLock(cache / "windows.lock"):
        if not folder.exists():
            unfinished = cache / "windows-unfinished"
            shutil.rmtree(unfinished, ignore_errors=True)
            _make(unfinished)
            unfinished.rename(folder)
        os.utime(folder)
        for other in cache.glob("windows-*"):
            if other.stat().st_mtime < time.time() - UNUSED:
                shutil.rmtree(other)
    return folder


def linked_copy(prefix: Path, copy: Path) -> None:
    """Copy a prefix within a second: large files are hard links where the file system has them."""

    def link_or_copy(source: str, target: str) -> None:
        is_linked = False
        if Path(source).stat().st_size >= LARGE:
            with suppress(OSError):  # another file system, or one without links
                os.link(source, target)
                is_linked = True
        if not is_linked:
            shutil.copy2(source, target)

    shutil.copytree(prefix, copy, symlinks=True, copy_function=link_or_copy)


def installed_wheel(prefix: Path, folder: Path) -> Path:
    """Build this checkout's wheel in a folder, install it in a prefix, and return it."""
    _pip("wheel", "--no-deps", "--wheel-dir", folder, PROJECT)
    (wheel,) = folder.glob("collect_xl-*.whl")
    _pip("install", "--no-deps", "--no-index", "--target", packages_folder(prefix), wheel)
    return wheel


def _key() -> str:
    """Return a name for all that goes into a prefix: whatever changes, another one is made."""
    wine = subprocess.run(
        ["wine", "--version"], capture_output=True, check=True, env={**os.environ, "WINEDEBUG": "-all"}
    )
    files = (PROJECT / "constraints.txt", *sorted(HERE.glob("*.c")), Path(__file__))
    parts = [wine.stdout, "\n".join(_dependencies()).encode(), *(file.read_bytes() for file in files)]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _dependencies() -> tuple[str, ...]:
    """Return what the product and its tests need on Windows."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    tools = project["optional-dependencies"]["dev"]
    return (*project["dependencies"], *ONLY_ON_WINDOWS, *(tool for tool in tools if not tool.startswith(NOT_IN_TESTS)))


def _make(folder: Path) -> None:
    prefix, wheels = folder / "prefix", folder / "wheels"
    wheels.mkdir(parents=True)
    for_windows = (
        "--only-binary=:all:",
        "--platform",
        "win_amd64",
        "--python-version",
        VERSION,
        "--implementation",
        "cp",
    )
    interpreter = folder / "interpreter"
    constraints = ("-c", PROJECT / "constraints.txt")
    try:
        _pip("download", *for_windows, "--no-deps", "--dest", interpreter, INTERPRETER)
        _pip("download", *for_windows, *constraints, "--dest", wheels, *_dependencies())
    except subprocess.CalledProcessError as error:
        raise LaboratoryError(f"pip cannot fetch what Wine is to run: {error.stderr[-500:]}") from error
    _boot(prefix)
    _put_python(prefix, next(interpreter.glob("*.whl")))
    _put_launchers(prefix)
    _put_tk(prefix)
    offline = ("--no-index", "--find-links", wheels)
    _pip("install", *for_windows, *offline, "--target", packages_folder(prefix), *_dependencies())
    # Only for speed: what cannot be compiled, as a test's broken sample, is left.
    library = python_folder(prefix) / "Lib"
    subprocess.run([f"python{VERSION}", "-m", "compileall", "-qq", library], check=False, capture_output=True)
    shutil.rmtree(interpreter)


def _boot(prefix: Path) -> None:
    """Make the prefix, and give it folders of its own where Wine would lead into the user's home."""
    (prefix / "home").mkdir(parents=True)
    environment = wine_environment(prefix)
    subprocess.run(["wineboot", "--init"], env=environment, timeout=300, check=True, **_silent())
    subprocess.run(["wineserver", "--wait"], env=environment, timeout=60, check=True, **_silent())
    for link in (prefix / "drive_c" / "users").rglob("*"):
        if link.is_symlink():
            link.unlink()
            link.mkdir()


def _put_python(prefix: Path, wheel: Path) -> None:
    home, system = python_folder(prefix), prefix / "drive_c" / "windows" / "system32"
    (home / "DLLs").mkdir(parents=True)
    with zipfile.ZipFile(wheel) as archive:
        for entry in archive.namelist():
            name = Path(entry).name
            is_wanted = entry.startswith("deploy_libs/") and name and not name.startswith("api-ms")
            if not is_wanted:
                continue
            # In system32 the interpreter finds its DLL also from a virtual environment.
            target = system if name.lower() in {DLL, "vcruntime140.dll"} else home / "DLLs"
            (target / name).unlink(missing_ok=True)
            (target / name).write_bytes(archive.read(entry))
    here = subprocess.run(
        [f"python{VERSION}", "-c", "import sysconfig; print(sysconfig.get_path('stdlib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    left_out = shutil.ignore_patterns(
        "__pycache__", "*-packages", "lib-dynload", "test", "tests", "lib2to3", "config-*"
    )
    shutil.copytree(here.stdout.strip(), home / "Lib", ignore=left_out)
    packages_folder(prefix).mkdir()


def _put_launchers(prefix: Path) -> None:
    home, system = python_folder(prefix), prefix / "drive_c" / "windows" / "system32"
    dll = f'-DPYTHON_DLL=L"{DLL}"'
    source = HERE / "launcher.c"
    _compile("-municode", dll, source, "-lshell32", "-o", home / "python.exe")
    _compile("-municode", "-mwindows", "-DWINDOWED", dll, source, "-lshell32", "-o", home / "pythonw.exe")
    library = system / "bcryptprimitives.dll"
    library.unlink(missing_ok=True)
    _compile("-shared", HERE / "random_source.c", "-ladvapi32", "-o", library)
    for_environments = home / "Lib" / "venv" / "scripts" / "nt"
    for_environments.mkdir()
    for name in ("python.exe", "pythonw.exe"):
        shutil.copy(home / name, for_environments)


def _put_tk(prefix: Path) -> None:
    """Lay Tk's scripts where Python looks for them; they ask for their own patch level, the DLLs have another."""
    for name, script in (("tcl8.6", "init.tcl"), ("tk8.6", "tk.tcl")):
        if not (TCL / name).exists():
            continue
        folder = python_folder(prefix) / "tcl" / name
        shutil.copytree(TCL / name, folder)
        text = (folder / script).read_text("utf-8")
        any_level = re.sub(r"package require -exact (Tcl|Tk) +8\.6\.\d+", r"package require \1 8.6", text)
        (folder / script).write_text(any_level, "utf-8")


def _compile(*words: object) -> None:
    subprocess.run([COMPILER, "-O2", *map(str, words)], check=True, capture_output=True)


def _pip(*words: object) -> None:
    command = [sys.executable, "-m", "pip", *map(str, words)]
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)


def _silent() -> Mapping[str, int]:
    """Return streams for what goes on in the background: it would hold a pipe open for ever."""
    return {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
