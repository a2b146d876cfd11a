"""The doctor: each check green on a computer that is well, and red, with its remedy, where one thing is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from collect_xl.addin.build import Baked, build_addin
from collect_xl.addin.doctor import CHECKS, examine
from collect_xl.addin.install import install, place_of, script_of, write_file
from collect_xl.testing import FakeCollect
from support.excel_engine import running_excel
from support.machines import machine, talking_python, tree

ASR = "D4F940AB-401B-4EFC-AADC-AD5F3C50688A"
DEFENDER = r"SOFTWARE\Policies\Microsoft\Windows Defender"
OFFICE = r"Software\Policies\Microsoft\Office\16.0"


@pytest.fixture
def well(tmp_path, server):
    """Return computers that are well: the add-in installed, a key, a server that answers, a journal's place."""

    def described(platform, policies=None):
        computer = machine(
            platform,
            tmp_path / "home",
            talking_python(tmp_path / "venv"),
            policies,
            COLLECT_API_KEY=server.key,
            COLLECT_API_URL=server.url,
            COLLECT_XL_HISTORY=str(tmp_path / "journal" / "journal.sqlite3"),
        )
        if platform != "other":
            install(computer)
        return computer

    return described


@pytest.mark.parametrize("platform", ["windows", "macos", "other"])
def test_all_is_well_and_nothing_is_touched(well, tmp_path, platform):
    """On a computer that is well no check is red, and the examination leaves no file behind."""
    computer = well(platform)
    before = tree(tmp_path)
    found = examine(computer)

    assert [each for each in found if each.state == "wrong"] == []
    assert [each.check for each in found] == [name for name, *_ in CHECKS]
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("platform", "skipped"),
    [
        ("windows", {"AppleScript", "Running Excel"}),
        ("macos", {"pywin32", "Running Excel", "Mark of the Web", "Attack surface reduction", "Macro policy"}),
        ("other", {name for name, platforms, _ in CHECKS if "other" not in platforms}),
    ],
)
def test_what_does_not_matter_on_a_system_is_skipped(well, platform, skipped):
    """Each system is asked what matters on it."""
    assert {each.check for each in examine(well(platform)) if each.state == "skipped"} == skipped


def test_a_python_that_does_not_start_is_red(well, tmp_path):
    """The remedy is a virtual environment; what hangs on the start is left open."""
    found = red(replace(well("windows"), python=tmp_path / "gone"))

    assert "could not be started" in found["Python"].found
    assert "virtual environment" in found["Python"].remedy
    assert "pywin32" not in found


def test_pywin32_that_does_not_load_is_red(well, tmp_path):
    """The reason that Windows gave is shown, and the remedy installs it again."""
    computer = well("windows")
    talking_python(tmp_path / "venv", 1, trouble={"pythoncom": "ImportError: DLL load failed"})
    found = red(computer)

    assert "DLL load failed" in found["pywin32"].found
    assert "pip install --force-reinstall pywin32" in found["pywin32"].remedy


def test_a_python_without_windows_is_noted(well, tmp_path):
    """Without Tk the status bar still works, so that it is no fault."""
    computer = well("macos")
    talking_python(tmp_path / "venv", windows=False)

    assert {each.check: each.state for each in examine(computer)}["Tk windows"] == "note"


def test_an_add_in_that_is_not_there_is_red(well):
    """The remedy installs it; what would be asked of it is skipped."""
    computer = well("windows")
    place_of(computer, None).unlink()
    found = red(computer)

    assert list(found) == ["Add-in"]
    assert found["Add-in"].remedy == "Run: collect-xl addin install"


def test_a_file_that_cannot_be_read_is_red(well):
    """What the system does not let us read is shown like anything else that is wrong."""
    computer = well("macos")
    script_of(computer).unlink()
    script_of(computer).mkdir()

    assert "cannot be read" in red(computer)["AppleScript"].found


def test_an_add_in_for_another_python_is_red(well):
    """Both interpreters are named, and the remedy is the exact command."""
    computer = well("windows")
    write_file(place_of(computer, None), build_addin(Baked("/old/python")))
    found = red(computer)["Versions"]

    assert "/old/python" in found.found
    assert str(computer.python) in found.found
    assert found.remedy.endswith("-m collect_xl addin install")


def test_an_add_in_in_a_shared_folder_is_found_there(well, tmp_path):
    """With the folder named, the add-in there is examined, not the one in Excel's."""
    computer = well("windows")
    place_of(computer, None).unlink()
    install(computer, tmp_path / "shared")

    assert [each.check for each in examine(computer, tmp_path / "shared") if each.state == "wrong"] == []


@pytest.mark.parametrize("change", [Path.unlink, lambda file: file.write_text("on run")], ids=["missing", "another"])
def test_an_apple_script_that_is_missing_or_another_is_red(well, change):
    """Without our script Excel for Mac starts nothing."""
    computer = well("macos")
    change(script_of(computer))

    assert red(computer)["AppleScript"].remedy == "Run: collect-xl addin install"


def test_a_mark_of_the_web_is_red(well):
    """A stream named Zone.Identifier, on this disk a file with that name, says that Excel blocks the add-in."""
    computer = well("windows")
    Path(f"{place_of(computer, None)}:Zone.Identifier").write_text("[ZoneTransfer]\nZoneId=3\n")

    assert "Unblock-File" in red(computer)["Mark of the Web"].remedy


@pytest.mark.parametrize(
    "policies",
    [
        pytest.param({("HKLM", rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\Rules", ASR): "1"}, id="policy"),
        pytest.param({("HKLM", rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\Rules", ASR): 6}, id="warning"),
        pytest.param(
            {("HKLM", rf"{DEFENDER}\Policy Manager", "ASRRules"): f"x=0|{ASR.lower()}=1"},
            id="managed",
        ),
        pytest.param(
            {
                (
                    "HKLM",
                    r"SOFTWARE\Microsoft\Windows Defender\Windows Defender Exploit Guard\ASR\Rules",
                    ASR,
                ): 1
            },
            id="this computer",
        ),
    ],
)
def test_a_rule_against_programs_that_office_starts_is_red(well, policies):
    """Wherever the rule was set, it is found, and the remedy names the way without macros."""
    assert "send --live" in red(well("windows", policies))["Attack surface reduction"].remedy


@pytest.mark.parametrize("state", ["0", "2", ""])
def test_a_rule_that_is_off_or_only_watches_is_no_fault(well, state):
    """Audit and off hinder nothing."""
    policies = {("HKLM", rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\Rules", ASR): state}

    assert red(well("windows", policies)) == {}


@pytest.mark.parametrize("hive", ["HKCU", "HKLM"])
@pytest.mark.parametrize(
    ("below", "name"),
    [
        ("Common", "VBAOff"),
        (r"Excel\Security", "DisableAllAddins"),
        (r"Excel\Security", "RequireAddinSig"),
        (r"Excel\Security\Trusted Locations", "AllLocationsDisabled"),
    ],
)
def test_a_policy_against_macros_is_red(well, hive, below, name):
    """The setting is named with its place, so that an administrator finds it."""
    found = red(well("windows", {(hive, rf"{OFFICE}\{below}", name): 1}))["Macro policy"]

    assert rf"{hive}\{OFFICE}\{below}\{name}" in found.found
    assert "send --live" in found.remedy


CLOUD = r"Software\Policies\Microsoft\Cloud\Office\16.0"
USER_LOCATIONS = r"Common\Security\Trusted Locations"
LOCATION = rf"{OFFICE}\Excel\Security\Trusted Locations\Location3"


def baseline(level=3):
    """Return what Microsoft's security baseline sets."""
    return {
        ("HKCU", rf"{OFFICE}\{USER_LOCATIONS}", "AllowUserLocations"): 0,
        ("HKCU", rf"{OFFICE}\Excel\Security", "VBAWarnings"): level,
    }


@pytest.mark.parametrize("level", [2, 3, 4])
def test_microsofts_security_baseline_is_red(well, level):
    """Where only folders of a policy are trusted, XLSTART is none; the remedy says what to ask for."""
    found = red(well("windows", baseline(level)))["Macro policy"]

    assert "trusts only folders that a policy names" in found.found
    assert "AllowUserLocations" in found.found
    assert "a trusted location by policy" in found.remedy


def test_baseline_whose_policy_trusts_the_folder_is_no_fault(well):
    """A trusted location that a policy names, with a variable in it, holds XLSTART; so does one above it."""
    for path in (r"%APPDATA%/Microsoft/Excel/XLSTART", r"%appdata%\Microsoft"):
        assert red(well("windows", {**baseline(), ("HKCU", LOCATION, "Path"): path})) == {}
    narrow = {("HKCU", LOCATION, "Path"): r"%appdata%\Microsoft", ("HKCU", LOCATION, "AllowSubfolders"): 0}
    assert "Macro policy" in red(well("windows", {**baseline(), **narrow}))


def test_baseline_without_a_bar_to_macros_is_no_fault(well):
    """Where all macros run, it does not matter which folders are trusted."""
    assert red(well("windows", baseline(1))) == {}


def test_policy_of_the_cloud_wins(well):
    """What Intune or config.office.com sets is seen, and counts more than group policy."""
    cloud = {("HKCU", rf"{CLOUD}\Common", "VBAOff"): 1}
    group = {("HKCU", rf"{OFFICE}\Common", "VBAOff"): 1}

    assert rf"HKCU\{CLOUD}\Common\VBAOff" in red(well("windows", cloud))["Macro policy"].found
    assert red(well("windows", {**group, ("HKCU", rf"{CLOUD}\Common", "VBAOff"): 0})) == {}


@pytest.mark.parametrize("managed", [True, False])
def test_python_that_defender_excludes_is_no_fault(well, tmp_path, managed):
    """A rule from which Python's folder is excluded hinders nothing."""
    rule = {("HKLM", rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\Rules", ASR): "1"}
    folder = str(tmp_path / "venv")
    key = rf"{DEFENDER}\Windows Defender Exploit Guard\ASR\ASROnlyExclusions"
    excluded = {("HKLM", key, folder): "0"}
    if managed:
        excluded = {("HKLM", rf"{DEFENDER}\Policy Manager", "ASROnlyExclusions"): f"c:\\other=0|{folder.upper()}=0"}

    assert "Attack surface reduction" in red(well("windows", rule))
    assert red(well("windows", {**rule, **excluded})) == {}


def test_running_excel_is_asked(well):
    """An Excel that runs is asked by the way that a button takes; one that stays busy is red, with what to do."""
    computer = well("windows")
    with running_excel() as excel:
        found = {each.check: each for each in examine(computer)}
        assert found["Running Excel"].found == "It answers: version 16.0."
        excel.quirks.busy = 99
        assert "a cell is being edited" in red(computer)["Running Excel"].found


def test_no_key_is_red_and_collect_is_not_asked(well):
    """The remedy says how to keep one."""
    computer = well("windows")
    environ = {name: value for name, value in computer.environ.items() if name != "COLLECT_API_KEY"}
    found = {each.check: each for each in examine(replace(computer, environ=environ))}

    assert (found["API key"].state, found["Collect"].state) == ("wrong", "skipped")
    assert "COLLECT_API_KEY" in found["API key"].remedy


def test_a_key_that_collect_refuses_is_red(well):
    """A key that is there and does not fit is Collect's to tell."""
    computer = well("windows")
    found = red(replace(computer, environ={**computer.environ, "COLLECT_API_KEY": "wrong"}))

    assert list(found) == ["Collect"]


@pytest.mark.slow
def test_a_server_that_does_not_answer_is_red(well):
    """A closed port is shown with a remedy."""
    with FakeCollect() as gone:
        url = gone.url
    computer = well("macos")
    found = red(replace(computer, environ={**computer.environ, "COLLECT_API_URL": url}))

    assert list(found) == ["Collect"]
    assert found["Collect"].remedy


def test_settings_that_cannot_be_read_are_red(well):
    """A wrong address does not end the examination: each check that needs it says so."""
    computer = well("macos")
    found = red(replace(computer, environ={**computer.environ, "COLLECT_API_URL": "ftp://x"}))

    assert set(found) == {"API key", "Journal"}


def test_a_journal_that_cannot_be_written_is_red(well, tmp_path):
    """A place where no folder can be made is shown with the command that names another."""
    (tmp_path / "file").write_text("x")
    computer = well("macos")
    place = str(tmp_path / "file" / "journal.sqlite3")
    found = red(replace(computer, environ={**computer.environ, "COLLECT_XL_HISTORY": place}))

    assert list(found) == ["Journal"]
    assert "config set history" in found["Journal"].remedy


@pytest.mark.slow
def test_the_command_is_green_only_when_all_is_well(shell, tmp_path):
    """Exit code 0 and the words; with one thing wrong 1, and the remedy; ``--json`` says the same."""
    green = shell.run("doctor")
    missing = shell.run("doctor", COLLECT_XL_HISTORY=str(tmp_path / "book.xlsx" / "j"), COLLECT_API_KEY="wrong")
    as_json = shell.run("doctor", "--json", COLLECT_API_KEY="wrong")

    assert (green.returncode, green.stdout.splitlines()[-1]) == (0, "All is well.")
    assert missing.returncode == as_json.returncode == 1
    assert "       -> " in missing.stdout
    answer = json.loads(as_json.stdout)
    assert (answer["well"], [each["check"] for each in answer["checks"] if each["state"] == "wrong"]) == (
        False,
        ["Collect"],
    )


def red(computer):
    return {each.check: each for each in examine(computer) if each.state == "wrong"}
