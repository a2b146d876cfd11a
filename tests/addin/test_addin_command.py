"""``collect-xl addin``, typed as a user would."""

from __future__ import annotations

import zipfile

import pytest

from collect_xl.addin.stamp import read_stamp


@pytest.mark.slow
def test_build_writes_the_same_file_twice(shell, tmp_path):
    """The file's name is the user's; its bytes are the same each time; the Python it starts is the one named."""
    first = shell.run("addin", "build", tmp_path / "a.xlam", "--python", r"C:\x\pythonw.exe")
    shell.run("addin", "build", tmp_path / "b.xlam", "--python", r"C:\x\pythonw.exe")

    assert first.returncode == 0, first.stderr
    assert (tmp_path / "a.xlam").read_bytes() == (tmp_path / "b.xlam").read_bytes()
    assert read_stamp(tmp_path / "a.xlam")["Interpreter"] == r"C:\x\pythonw.exe"


@pytest.mark.slow
def test_build_holds_no_path_of_this_computer(shell, tmp_path):
    """Without a Python named, nothing in the file tells where it was made, and the command says what that means."""
    done = shell.run("addin", "build", "out.xlam")

    assert "name one with --python" in done.stdout
    with zipfile.ZipFile(tmp_path / "out.xlam") as package:
        assert [name for name in package.namelist() if str(tmp_path).encode() in package.read(name)] == []
    assert read_stamp(tmp_path / "out.xlam")["Interpreter"] == read_stamp(tmp_path / "out.xlam")["Proof"] == ""


def test_build_replaces_no_file_of_the_users(shell, tmp_path):
    """A workbook's name is refused, and so is another program's add-in."""
    (tmp_path / "theirs.xlam").write_bytes(b"theirs")
    workbook = shell.run("addin", "build", tmp_path / "clients.xlsx")
    theirs = shell.run("addin", "build", tmp_path / "theirs.xlam")

    assert (workbook.returncode, theirs.returncode) == (2, 1)
    assert (tmp_path / "theirs.xlam").read_bytes() == b"theirs"
    assert not (tmp_path / "clients.xlsx").exists()


@pytest.mark.slow
def test_a_shared_folder_is_filled_told_of_and_emptied(shell, tmp_path):
    """Install, status and uninstall work on the folder that --dest names, with exit codes that a script can use."""
    shared = tmp_path / "shared"
    installed, there = shell.run("addin", "install", "--dest", shared), shell.run("addin", "status", "--dest", shared)
    gone, absent = shell.run("addin", "uninstall", "--dest", shared), shell.run("addin", "status", "--dest", shared)

    assert [each.returncode for each in (installed, there, gone, absent)] == [0, 0, 0, 1], installed.stderr
    assert "Browse" in installed.stdout
    assert "It fits this Python." in there.stdout
    assert "Not installed" in absent.stdout
