"""``install.cmd`` from the download, by Windows' own cmd.exe, for a user who has nothing of ours yet."""

from __future__ import annotations

import shutil
import zipfile

import pytest

from collect_xl.addin.stamp import read_stamp
from support.make_download import make_download
from windows.desk import in_words


@pytest.fixture
def place(windows_python, tmp_path):
    """A download that was unzipped, and a Windows user without our programs."""
    shutil.copy(windows_python.wheel, tmp_path)
    with zipfile.ZipFile(make_download(tmp_path)) as archive:
        archive.extractall(tmp_path / "My download (1) & more")
    yield tmp_path / "My download (1) & more" / "collect-xl"
    shutil.rmtree(windows_python.home / "AppData" / "Local" / "Programs" / "collect-xl", ignore_errors=True)


def install(windows_python, place, *words):
    """Double-click the installer; what it needs from an index lies in a folder."""
    environ = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": windows_python.windows_path(windows_python.wheels)}
    return windows_python.run(
        ["/d", "/c", place / "install.cmd", *words], environ, "\n\n", program="cmd.exe", cwd=place
    )


def test_from_an_empty_home_and_the_download_alone(windows_python, place):
    """It makes the environment and the tab, a second time it upgrades, and an uninstall leaves the send history."""
    programs = windows_python.home / "AppData" / "Local" / "Programs" / "collect-xl"
    excel = windows_python.home / "AppData" / "Roaming" / "Microsoft" / "Excel" / "XLSTART"

    first = install(windows_python, place)
    second = install(windows_python, place)

    assert (first.returncode, second.returncode) == (0, 0), in_words(first) + in_words(second)
    assert ("Making" in first.stdout, "Upgrading" in second.stdout) == (True, True)
    stamp = read_stamp(excel / "collect_xl.xlam")
    assert windows_python.posix_path(stamp["Interpreter"]) == programs / "Scripts" / "pythonw.exe"
    program = programs / "Scripts" / "collect-xl.exe"
    demo = windows_python.run(["demo"], program=program)
    assert demo.returncode == 0, in_words(demo)
    gone = windows_python.run(["addin", "uninstall"], program=program)
    assert (gone.returncode, list(excel.iterdir())) == (0, []), in_words(gone)


def test_computer_without_python_is_told_where_to_get_one(windows_python, place):
    """Without a Python nothing is made, and the message names the page to get one from."""
    environ = {"WINEPATH": ""}

    done = windows_python.run(["/d", "/c", place / "install.cmd"], environ, "\n\n", program="cmd.exe", cwd=place)

    assert done.returncode == 1, in_words(done)
    assert "Python was not found on this computer." in in_words(done)
    assert not (windows_python.home / "AppData" / "Local" / "Programs" / "collect-xl").exists()
