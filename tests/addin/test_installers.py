"""The installers that are double-clicked: what they do on an empty computer, and what they say where they cannot."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from collect_xl.addin.stamp import read_stamp
from support.make_download import make_download

PROJECT = Path(__file__).parents[2]
TOOLS = ("bash", "basename", "cat", "dirname", "uname", "mkdir", "touch")
"""What the installer for macOS may need besides a Python."""

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(os.name != "posix", reason="bash runs the installer for macOS"),
]


@pytest.fixture
def place(tmp_path):
    """A folder with an unzipped download whose wheel is none, and an empty home."""
    place = tmp_path / "My download (1)"
    place.mkdir()
    shutil.copy(PROJECT / "addin" / "install.command", place)
    (place / "collect_xl-9.9.9-py3-none-any.whl").write_bytes(b"no wheel")
    (tmp_path / "home").mkdir()
    return place


def run(place: Path, *words: str, python: Path | None = None, uv: Path | None = None, **more: str):
    """Run the installer on a computer that has these programs alone."""
    tools = place.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in TOOLS:
        link = tools / name
        if not link.exists():
            link.symlink_to(shutil.which(name) or name)
    for name, file in (("python3", python), ("uv", uv)):
        if file is not None and not (tools / name).exists():
            (tools / name).symlink_to(file)
    environ = {"HOME": str(place.parent / "home"), "PATH": str(tools), "LANG": "C.UTF-8", **more}
    return subprocess.run(
        ["bash", str(place / "install.command"), *words],
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def script(path: Path, text: str) -> Path:
    """Write a program that stands in for another one."""
    path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_computer_without_python_is_told_where_to_get_one(place):
    """Without Python and uv nothing is made, and the message names the page to get Python from."""
    done = run(place)

    assert done.returncode == 1
    assert "Python 3.11 or newer was not found" in done.stdout
    assert "https://www.python.org/downloads/" in done.stdout
    assert list((place.parent / "home").iterdir()) == []


def test_python_that_is_too_old_is_passed_over(place, tmp_path):
    """A Python that fails the test of its version is not used."""
    done = run(place, python=script(tmp_path / "old", "exit 1"))

    assert (done.returncode, "was not found" in done.stdout) == (1, True)


def test_missing_wheel_is_told(place):
    """A script that was dragged out of its folder says that the whole download belongs together."""
    next(place.glob("*.whl")).unlink()

    done = run(place)

    assert (done.returncode, "is not in this folder" in done.stdout) == (1, True)
    assert str(place) in done.stdout


def test_two_wheels_are_told(place):
    """Which of two versions is meant is not guessed."""
    (place / "collect_xl-9.9.8-py3-none-any.whl").write_bytes(b"")

    done = run(place)

    assert (done.returncode, "several files" in done.stdout) == (1, True)


def test_folder_of_the_user_is_left_as_it_is(place):
    """A folder ~/.collect-xl that is no environment is neither emptied nor used."""
    mine = place.parent / "home" / ".collect-xl" / "notes.txt"
    mine.parent.mkdir()
    mine.write_text("mine")

    done = run(place, python=Path(sys.executable))

    assert (done.returncode, "was not made by this installer" in done.stdout) == (1, True)
    assert mine.read_text() == "mine"


def test_uv_makes_the_environment_where_no_python_is(place, tmp_path):
    """Without a Python uv is asked for an environment with a Python of its own."""
    uv = script(tmp_path / "uv-stand-in", f'echo "$@" > "{tmp_path}/asked"; exit 1')

    done = run(place, uv=uv)

    assert (done.returncode, "uv could not make" in done.stdout) == (1, True)
    assert (tmp_path / "asked").read_text().split()[:1] == ["venv"]
    assert "--python 3.12" in (tmp_path / "asked").read_text()


@pytest.mark.slow
def test_wheel_that_cannot_be_installed_is_told(place):
    """When pip fails, the message says so, and no add-in is claimed to be there."""
    done = run(place, python=Path(sys.executable), PIP_NO_INDEX="1")

    assert (done.returncode, "did not succeed" in done.stdout) == (1, True)
    assert "All is installed" not in done.stdout


def test_installer_for_windows_is_plain_text_as_windows_wants_it():
    """Its lines end as cmd.exe needs them, and each is ASCII: the console's code page is not known."""
    content = (PROJECT / "addin" / "install.cmd").read_bytes()

    assert content.isascii()
    assert content.count(b"\r\n") == content.count(b"\n") > 0


def test_installers_name_no_package_by_its_name():
    """Only the wheel beside them is installed: the name on an index is not ours."""
    for name in ("install.cmd", "install.command"):
        lines = (PROJECT / "addin" / name).read_text(encoding="utf-8").splitlines()
        pip = [line for line in lines if "pip install" in line]
        assert pip
        assert all("WHEEL" in line or "$wheel" in line for line in pip), name


@pytest.mark.slow
def test_from_an_empty_home_and_the_download_alone(tmp_path):
    """Unzipped and double-clicked it installs collect-xl and the tab; a second time it upgrades; the demo runs."""
    dist = tmp_path / "dist"
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", dist, PROJECT], check=True, capture_output=True
    )
    with zipfile.ZipFile(make_download(dist)) as archive:
        assert sorted(Path(name).name for name in archive.namelist() if name.endswith((".cmd", ".command"))) == [
            "install.cmd",
            "install.command",
        ]
        archive.extractall(tmp_path)
    place = tmp_path / "collect-xl"
    (tmp_path / "home").mkdir()
    pip = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}

    first = run(place, "--dest", str(tmp_path / "xl"), python=Path(sys.executable), **pip)
    second = run(place, "--dest", str(tmp_path / "xl"), python=Path(sys.executable), **pip)

    assert (first.returncode, second.returncode) == (0, 0), first.stdout + first.stderr + second.stdout + second.stderr
    assert ("Making" in first.stdout, "Upgrading" in second.stdout) == (True, True)
    stamp = read_stamp(tmp_path / "xl" / "collect_xl.xlam")
    assert stamp["Interpreter"].startswith(str(tmp_path / "home" / ".collect-xl"))
    program = tmp_path / "home" / ".collect-xl" / "bin" / "collect-xl"
    demo = subprocess.run([program, "demo"], cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert demo.returncode == 0, demo.stdout + demo.stderr
