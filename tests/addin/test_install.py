"""The add-in installed into homes of Windows and macOS, upgraded, and taken away without a trace."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from collect_xl.addin.build import Baked, build_addin
from collect_xl.addin.install import install, place_of, status, uninstall, write_file
from collect_xl.addin.ready import READY
from collect_xl.addin.stamp import read_stamp
from collect_xl.addin.try_command import prove, repair_command
from collect_xl.errors import AddinError, DiskError, UsageError
from collect_xl.resources import shipped
from support.addin_excel import addin_excel
from support.machines import machine, odd_python, talking_python, tree
from support.systems import posix_paths, scripts

XLSTART = "AppData/Roaming/Microsoft/Excel/XLSTART/collect_xl.xlam"
GROUP = "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/collect_xl.xlam"
SCRIPT = "Library/Application Scripts/com.microsoft.Excel/collect_xl.applescript"
FILES = {"windows": (XLSTART,), "macos": (GROUP, SCRIPT)}
PLATFORMS = ("windows", "macos")
ODD = ("Łukasz", "A & B", "100%", "%PATH%", "two  words", "it's", "Ω名", "(x86) ^!")


@pytest.fixture(params=PLATFORMS)
def computer(request, tmp_path):
    """A computer whose Python is well."""
    return machine(request.param, tmp_path / "home", talking_python(tmp_path / "venv"))


def test_install_puts_the_files_where_excel_looks(computer):
    """The add-in lies in Excel's own start folder, on macOS with its script, and knows Python and versions."""
    files = install(computer)

    assert files == tuple(computer.home / each for each in FILES[computer.platform])
    stamp = read_stamp(files[0])
    assert (stamp["Interpreter"], stamp["Repair"]) == (str(computer.python), repair_command(computer))
    assert stamp["Terminal"] == {"windows": "PowerShell", "macos": "Terminal"}[computer.platform]
    assert (stamp["collect-xl"], stamp["xlwings"]) == (version("collect-xl"), version("xlwings"))
    if computer.platform == "macos":
        assert files[1].read_bytes() == shipped("addin/collect_xl.applescript").read_bytes()


def test_install_again_changes_nothing(computer):
    """The second install leaves the files untouched, so that a running Excel does not hinder it."""
    files = install(computer)
    before = [each.stat().st_mtime_ns for each in files]
    install(computer)

    assert [each.stat().st_mtime_ns for each in files] == before


def test_uninstall_leaves_no_trace(computer):
    """After uninstall the home is as it was; a second one finds nothing and is no error."""
    (computer.home / "Documents").mkdir()
    before = tree(computer.home)
    files = install(computer)

    assert uninstall(computer) == files
    assert tree(computer.home) == before
    assert uninstall(computer) == ()


def test_uninstall_leaves_what_others_put_there(computer):
    """Another add-in in the same folder stays, and so does the folder."""
    (file, *_) = install(computer)
    other = file.with_name("other.xlam")
    other.write_bytes(b"another")
    uninstall(computer)

    assert other.read_bytes() == b"another"


def test_an_older_add_in_is_told_and_replaced(computer):
    """An add-in for another Python or version is seen as such, and install puts the right one in its place."""
    file = place_of(computer, None)
    write_file(file, build_addin(Baked("/old/python")))
    differs = status(computer).differs(computer)
    install(computer)

    assert "/old/python" in differs
    assert status(computer).differs(computer) == ""


def test_capitals_in_a_path_make_no_other_python_on_windows(tmp_path):
    """An add-in that the IT department made for the same path in other letters fits."""
    computer = machine("windows", tmp_path / "home", talking_python(tmp_path / "venv"))
    write_file(place_of(computer, None), build_addin(Baked(str(computer.python).upper())))

    assert status(computer).differs(computer) == ""


def test_a_strangers_file_of_that_name_is_neither_replaced_nor_deleted(computer):
    """A file that collect-xl did not make is left as it is, and the message names it."""
    file = place_of(computer, None)
    file.parent.mkdir(parents=True)
    file.write_bytes(b"somebody's own")

    for act in (install, uninstall):
        with pytest.raises(AddinError, match="no add-in that collect-xl made"):
            act(computer)
    assert file.read_bytes() == b"somebody's own"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        pytest.param(lambda folder: folder / "gone" / "python", "could not be started", id="no such program"),
        pytest.param(lambda folder: odd_python(folder, collect_xl=False), "No module named", id="not installed there"),
        pytest.param(
            lambda folder: talking_python(folder, 1, trouble={"ssl": "ImportError: DLL load failed"}),
            r"cannot import ssl \(ImportError: DLL load failed\)",
            id="half a Python",
        ),
        pytest.param(
            lambda folder: talking_python(folder, **{"collect-xl": "0.0.9"}),
            r"another collect-xl: 0\.0\.9",
            id="what -I finds is another one",
        ),
    ],
)
def test_a_python_that_would_not_start_is_refused_before_anything_is_written(tmp_path, make, words):
    """Install starts the exact command first; where it fails, it says why, and the home stays as it was."""
    home = tmp_path / "home"
    computer = machine("windows", home, make(tmp_path / "venv"))

    with pytest.raises(AddinError, match=words):
        install(computer)
    assert tree(home) == {}


def test_what_only_a_terminal_knows_does_not_help(tmp_path):
    """A Python that finds collect-xl by PYTHONPATH alone is refused: Excel does not know the variable."""
    python = odd_python(tmp_path / "venv", collect_xl=False)
    everywhere = os.pathsep.join(sys.path)
    computer = machine("macos", tmp_path / "home", python, PYTHONPATH=everywhere)

    assert "No module named" in prove(computer, python).words


@scripts
def test_the_environment_of_a_terminal_is_left_out(tmp_path):
    """The start sees no PATH of an activated environment, nor any other variable that a desktop does not give."""
    python = tmp_path / "python"
    python.write_text('#!/bin/sh\necho "$PATH $CONDA_PREFIX$COLLECT_API_KEY" >&2; exit 3\n')
    python.chmod(0o755)
    computer = machine("macos", tmp_path, python, PATH="/conda/bin", CONDA_PREFIX="/conda", COLLECT_API_KEY="k")

    assert prove(computer, python).words == "Python started, and ended with 3: /usr/bin:/bin:/usr/sbin:/sbin"


@pytest.mark.slow
@pytest.mark.parametrize("name", ODD)
def test_a_click_starts_the_python_of_an_odd_profile(tmp_path, name):
    """From the home's odd name to the add-in, its VBA and the command line: the very Python starts and is ready."""
    python = odd_python(tmp_path / name / "venv")
    computer = machine("windows", tmp_path / name, python)
    (file,) = install(computer)
    with addin_excel(file) as excel:
        excel.open("clients.xlsx")
        excel.press("CollectXlRibbon.OnButton", READY)
        words = excel.words()

    done = subprocess.run(words[:5], capture_output=True, text=True, timeout=120, check=False)
    assert words[0] == str(python)
    assert (done.returncode, json.loads(done.stdout)["trouble"]) == (0, {}), done.stderr


@scripts
def test_the_twin_that_opens_no_console_is_chosen_on_windows(tmp_path):
    """Where ``pythonw.exe`` lies beside Python, the button starts that; the repair command names Python itself."""
    python = talking_python(tmp_path / "venv")
    twin = python.with_name("pythonw.exe")
    twin.write_bytes(python.read_bytes())
    twin.chmod(0o755)
    computer = machine("windows", tmp_path / "home", python)
    (file,) = install(computer)

    assert read_stamp(file)["Interpreter"] == str(twin)
    assert "pythonw" not in read_stamp(file)["Repair"]


def test_python_of_the_store_is_refused_for_excels_folder_alone(tmp_path):
    """Windows keeps apart what Store Python writes below AppData; another folder is fine."""
    computer = machine("windows", tmp_path / "home", talking_python(tmp_path / "venv"))
    base = r"C:\Program Files\WindowsApps\PythonSoftwareFoundation.Python.3.11_3.11.2544.0_x64__qbz5n2kfra8p0"
    store = type(computer)(computer.platform, computer.home, computer.python, base, computer.environ, computer.policy)

    with pytest.raises(AddinError, match="Microsoft Store") as refused:
        install(store)
    assert "python.org" in refused.value.tip
    assert tree(computer.home) == {}
    assert install(store, tmp_path / "shared") == (tmp_path / "shared" / "collect_xl.xlam",)


def test_a_shared_folder_gets_the_add_in_alone(computer, tmp_path):
    """``--dest`` puts the add-in there, and uninstall takes it away and leaves the folder."""
    shared = tmp_path / "shared"
    install(computer, shared)

    assert list(tree(shared)) == ["collect_xl.xlam"]
    # a path of Windows is no path of macOS, whose shell would take its signs for others
    if os.name == "posix" or computer.platform == "windows":
        repair = read_stamp(shared / "collect_xl.xlam")["Repair"]
        assert repair.endswith(f" -m collect_xl addin install --dest {shared}")
    assert status(computer) is None
    uninstall(computer, shared)
    assert (shared.exists(), tree(shared)) == (True, {})


def test_the_script_stays_while_another_add_in_calls_it(tmp_path):
    """On macOS the add-in in Excel's folder goes on working when the one in a shared folder is taken away."""
    computer = machine("macos", tmp_path / "home", talking_python(tmp_path / "venv"))
    own = install(computer)
    install(computer, tmp_path / "shared")
    uninstall(computer, tmp_path / "shared")

    assert [each.exists() for each in own] == [True, True]


def test_there_is_no_excel_on_linux(tmp_path):
    """On another system install says what collect-xl can do there instead."""
    with pytest.raises(UsageError, match="no Excel for this system") as refused:
        install(machine("other", tmp_path))
    assert "collect-xl send BOOK" in refused.value.tip


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_left_behind(computer):
    """Where the disk, or an Excel that holds the file, refuses, the tip says to quit Excel; no half file stays."""
    file = place_of(computer, None)
    (file / "in the way").mkdir(parents=True)
    before = tree(computer.home)

    with pytest.raises(DiskError, match="cannot be written") as refused:
        write_file(file, b"x")
    assert "Quit Excel" in refused.value.tip
    assert tree(computer.home) == before


def test_nothing_unfinished_ever_lies_in_the_start_folder(computer, monkeypatch):
    """A file is made outside the folder whose every file Excel opens, and moved in whole."""
    file = place_of(computer, None)
    seen = []
    replace = Path.replace
    monkeypatch.setattr(Path, "replace", lambda made, to: (seen.append(made.parent), replace(made, to))[1])
    write_file(file, b"x")

    assert seen == [file.parent.parent]


def test_the_proof_is_a_file_that_names_our_version(computer):
    """The file by which the add-in knows its collect-xl exists, and an upgrade takes it away with its folder."""
    (file, *_) = install(computer)
    proof = Path(read_stamp(file)["Proof"])

    assert proof.is_file()
    assert proof.parent.name == f"collect_xl-{version('collect-xl')}.dist-info"


@pytest.mark.parametrize(
    ("platform", "python", "expected"),
    [
        ("windows", r"C:\venv\Scripts\python.exe", r"C:\venv\Scripts\python.exe"),
        ("windows", r"C:\A & B\python.exe", r"& 'C:\A & B\python.exe'"),
        ("windows", r"C:\O'Hara $x\python.exe", r"& 'C:\O''Hara $x\python.exe'"),
        pytest.param("macos", "/Users/ann/.venv/bin/python", "/Users/ann/.venv/bin/python", marks=posix_paths),
        pytest.param("macos", "/Users/ann b/.venv/bin/python", "'/Users/ann b/.venv/bin/python'", marks=posix_paths),
    ],
)
def test_the_repair_command_can_be_typed_as_it_stands(tmp_path, platform, python, expected):
    """Paths are quoted for PowerShell or for the shell of macOS, and only where that is needed."""
    assert repair_command(machine(platform, tmp_path, Path(python))) == f"{expected} -m collect_xl addin install"


def test_a_damaged_add_in_is_told_as_such(computer):
    """An add-in that Excel packed, and half a copy has damaged, is named without a traceback."""
    import zipfile  # noqa: PLC0415

    (file, *_) = install(computer)
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/sharedStrings.xml", "<sst/>" * 99)
        part = package.getinfo("xl/sharedStrings.xml")
    data, at = bytearray(file.read_bytes()), part.header_offset + 30 + len(part.filename)
    data[at : at + part.compress_size] = b"\xff" * part.compress_size
    file.write_bytes(data)

    with pytest.raises(AddinError, match="no add-in that collect-xl made"):
        status(computer)


def test_an_add_in_that_excel_saved_is_still_known(computer):
    """Signing in Excel's editor saves the add-in with shared strings; its settings can still be read."""
    import zipfile  # noqa: PLC0415

    (file, *_) = install(computer)
    stamp = read_stamp(file)
    with zipfile.ZipFile(file) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    texts = [text for line in stamp.items() for text in line]
    spread = "".join(f"<si><t>{text}</t></si>" for text in texts)
    cells = "".join(
        f'<row r="{n}"><c r="A{n}" t="s"><v>{2 * n - 2}</v></c><c r="B{n}" t="s"><v>{2 * n - 1}</v></c></row>'
        for n in range(1, len(stamp) + 1)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts["xl/sharedStrings.xml"] = f'<sst xmlns="{main}">{spread}</sst>'.encode()
    parts["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>'.encode()
    with zipfile.ZipFile(file, "w") as package:
        for name, data in parts.items():
            package.writestr(name, data)

    assert read_stamp(file) == stamp
