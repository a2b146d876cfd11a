"""The add-in on Windows: installed by its command, found well by doctor, and started by the line that its VBA makes."""

from __future__ import annotations

import json

import pytest

from collect_xl.addin.stamp import read_stamp
from support.addin_excel import addin_excel
from windows.desk import in_words

START = """
import json, os, sys, win32com.client
shell = win32com.client.Dispatch("WScript.Shell")
line, told, file = json.loads(sys.stdin.read())
os.environ.update(told)
said = "import json, sys; json.dump(sys.argv[1:], open(sys.argv.pop(), 'w'))"
# The program is the line's own, and so are all quotes: only what Python does with its words is another thing.
words = line.replace('"-m" "collect_xl.addin"', '"-c" "' + said + '"')
assert words != line
sys.exit(shell.Run(words + ' "' + file + '"', 1, True))
"""
"""What VBA does with its line, through the same object of Windows."""

NAMES = ("clients.xlsx", "Łukasz & Co 100%.xlsx", "%PATH% ^ (1), 'x'.xlsx", "名簿.xlsx")


@pytest.fixture(scope="module")
def addin(windows_python):
    """Return the add-in as its command installs it."""
    done = windows_python.run(["-m", "collect_xl", "addin", "install"])
    assert done.returncode == 0, in_words(done)
    folder = windows_python.home / "AppData" / "Roaming" / "Microsoft" / "Excel" / "XLSTART"
    yield folder / "collect_xl.xlam"
    (folder / "collect_xl.xlam").unlink()


def test_add_in_is_installed_for_this_python(windows_python, addin):
    """It lies where Excel looks, and names the Python without a console."""
    stamp = read_stamp(addin)

    assert windows_python.posix_path(stamp["Interpreter"]) == windows_python.python.with_name("pythonw.exe")


def test_doctor_finds_it_well(desk, addin):
    """Every check of Windows is made, and the only thing that is missing is an Excel."""
    done = desk.run("doctor", "--json")

    findings = json.loads(done.stdout)["checks"]
    states = {finding["check"]: finding["state"] for finding in findings}
    assert states.pop("API key") == "note", done.stdout
    assert states.pop("Running Excel") == "skipped"
    assert states.pop("AppleScript") == "skipped"
    assert states.pop("Journal") in {"ok", "wrong"}
    assert set(states.values()) == {"ok"}, findings
    assert {"Python", "pywin32", "Tk windows", "Mark of the Web", "Macro policy"} <= set(states)


@pytest.mark.parametrize("name", NAMES)
def test_line_of_vba_arrives_as_it_was_meant(windows_python, addin, tmp_path, name):
    """Windows itself replaces the variables, starts the program and splits the words: each arrives as it was."""
    with addin_excel(addin) as excel:
        excel.open(name)
        excel.press("CollectXlRibbon.OnButton", "check")
        ((line, _, _),) = excel.started
        expected = excel.words()[4:]
        variables = excel.variables.variables
    file = tmp_path / "words.json"

    asked = json.dumps([line, variables, windows_python.windows_path(file)])
    done = windows_python.run(["-X", "utf8", "-c", START], input=asked)

    assert done.returncode == 0, in_words(done)
    assert json.loads(file.read_text("utf-8")) == expected
