"""Our VBA modules, run: a button starts the right command, or says in words why it does not."""

from __future__ import annotations

import pytest

from collect_xl.addin.build import Baked, build_addin
from collect_xl.addin.buttons import BUTTONS
from support.addin_excel import addin_excel

PYTHON = r"C:\Program Files\Łukasz & Söhne\100%PATH%\pythonw.exe"
STARTING = "Collect is starting. If this stays, run in a terminal: collect-xl doctor"
PROOF = r"C:\x\collect_xl-0.1.0.dist-info\METADATA"
REPAIR = "& 'C:\\x\\python.exe' -m collect_xl addin install"
NAMES = (
    "clients.xlsx",
    "Müller & Söhne.xlsx",
    "a=b.xlsx",
    "100%.xlsx",
    "%PATH%.xlsx",
    "it's ^ (1) ! ; $HOME `x`.xlsx",
    "名簿.xlsx",
    "Book1",
)


@pytest.fixture(scope="module")
def addin(tmp_path_factory):
    """An add-in for a Python whose path is as odd as paths get."""
    file = tmp_path_factory.mktemp("vba") / "collect_xl.xlam"
    file.write_bytes(build_addin(Baked(PYTHON, PROOF, REPAIR, "PowerShell")))
    return file


@pytest.fixture
def windows(addin):
    """Excel for Windows with the add-in."""
    with addin_excel(addin) as excel:
        yield excel


@pytest.fixture
def mac(addin):
    """Excel for macOS with the add-in."""
    with addin_excel(addin, mac=True) as excel:
        yield excel


@pytest.mark.parametrize("button", [button for button in BUTTONS if not button.selection], ids=lambda each: each.id)
def test_a_button_starts_its_command_and_does_not_wait(windows, button):
    """Each button starts exactly the agreed words, once, without waiting and without a message."""
    windows.open("clients.xlsx")
    windows.press("CollectXlRibbon.OnButton", button.id)

    expected = [PYTHON, "-I", "-m", "collect_xl.addin", button.id, "--wb=clients.xlsx", "--from_xl=1", "--hwnd=4711"]
    assert windows.words() == expected
    assert windows.started[0][1:] == (1, False)
    assert (windows.told, windows.app.application.status_bar) == ([], STARTING)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_workbook_arrives_as_it_is_on_windows(windows, name):
    """Signs that Windows or its shells could interpret change nothing."""
    windows.open(name)
    windows.press("CollectXlRibbon.OnButton", "check")

    assert windows.words()[5] == f"--wb={name}"


def test_a_button_for_a_selection_tells_sheet_and_cells(windows):
    """The sheet's name, whatever it holds, and each block of cells follow the other words."""
    book = windows.open("clients.xlsx")
    windows.app.sheet(1).sheet.name = '5" & 10%!'
    book.active_sheet.vba_get("Range", ["A5:C9,F3"]).vba_get("Select")
    windows.press("CollectXlRibbon.OnButtonForSelection", "send-selected")

    assert windows.words()[4:] == [
        "send-selected",
        "--wb=clients.xlsx",
        "--from_xl=1",
        "--hwnd=4711",
        '--selection=5" & 10%!!A5:C9,F3',
    ]


def test_without_selected_cells_nothing_starts(windows):
    """Send selected rows never means the whole sheet: with a chart selected, it asks for cells."""
    windows.open("clients.xlsx")
    windows.instead["selection"] = windows.variables
    windows.press("CollectXlRibbon.OnButtonForSelection", "send-selected")

    assert windows.started == []
    assert "Select cells" in windows.told[0]


def test_a_selection_of_hundreds_of_places_is_refused(windows):
    """What would not fit on a command line is not cut off: only people whom the user chose are asked."""
    book = windows.open("clients.xlsx")
    places = ",".join(f"A{row}" for row in range(1000, 2000, 2))
    book.active_sheet.vba_get("Range", [places]).vba_get("Select")
    windows.press("CollectXlRibbon.OnButtonForSelection", "send-selected")

    assert windows.started == []
    assert "fewer blocks" in windows.told[0]


@pytest.mark.parametrize("system", ["windows", "mac"])
def test_without_a_workbook_a_button_says_so(request, system):
    """No workbook open, or one in Protected View alone, is a message with the next step, not an error of VBA's."""
    excel = request.getfixturevalue(system)
    excel.press("CollectXlRibbon.OnButton", "send")

    assert (excel.started, excel.scripts) == ([], [])
    assert "No workbook is open for editing" in excel.told[0]


def test_window_in_protected_view_is_not_worked_on(windows):
    """A mailed workbook in front is no active one: the button would work on the workbook behind it."""
    windows.open("clients.xlsx")
    windows.instead["activeprotectedviewwindow"] = windows.variables
    windows.press("CollectXlRibbon.OnButton", "check")

    assert windows.started == []
    assert "Protected View" in windows.told[0]


@pytest.mark.parametrize("missing", [PYTHON, PROOF])
def test_after_an_upgrade_the_first_click_names_the_command_that_repairs(windows, missing):
    """An add-in whose collect-xl or Python is gone or of another version starts nothing, and says what to run."""
    windows.open("clients.xlsx")
    windows.missing.add(missing)
    windows.press("CollectXlRibbon.OnButton", "send")

    assert windows.started == []
    assert "Nothing was started" in windows.told[0]
    assert windows.told[0].endswith(f"run this in PowerShell:\r\n{REPAIR}")


def test_a_policy_that_blocks_programs_is_told_with_the_way_round(windows):
    """Where Windows refuses to start Python, the message names doctor, and the way without macros."""
    windows.open("clients.xlsx")
    windows.policy = "Permission denied"
    windows.press("CollectXlRibbon.OnButton", "send")

    assert "Permission denied" in windows.told[0]
    assert "collect-xl doctor" in windows.told[0]
    assert "collect-xl send --live" in windows.told[0]
    assert windows.app.application.status_bar is False


@pytest.mark.parametrize("system", [False, True], ids=["windows", "mac"])
def test_an_add_in_without_a_python_says_how_to_get_one(tmp_path, system):
    """The file that suits every computer starts nothing, and names the command that makes one that does."""
    file = tmp_path / "collect_xl.xlam"
    file.write_bytes(build_addin(Baked()))
    with addin_excel(file, mac=system) as excel:
        excel.open("clients.xlsx")
        excel.press("CollectXlRibbon.OnButton", "send")

        assert (excel.started, excel.scripts) == ([], [])
        assert excel.told[0].endswith("collect-xl addin install")


def test_nothing_that_the_open_workbook_holds_is_asked(windows):
    """A sheet called as our settings, or as embedded code, in the user's workbook changes nothing."""
    book = windows.open("clients.xlsx")
    sheet = windows.app.sheet(1)
    sheet.sheet.name = "collect_xl.conf"
    sheet.set_value("A1", "Interpreter")
    sheet.set_value("B1", r"\\evil\python.exe")
    book.vba_get("Sheets").vba_get("Add").name = "evil.py"
    windows.press("CollectXlRibbon.OnButton", "send")

    assert windows.words()[0] == PYTHON


def test_a_button_hands_the_words_to_the_script_on_macos(mac):
    """One line each: the proof, Python, and Python's words."""
    mac.open("Müller & Söhne's.xlsx")
    mac.press("CollectXlRibbon.OnButton", "send")

    expected = [
        *(PROOF, PYTHON, "-I", "-m", "collect_xl.addin", "send"),
        *("--wb=Müller & Söhne's.xlsx", "--from_xl=1", "--hwnd=0"),
    ]
    assert mac.scripts == [("collect_xl.applescript", "StartCollect", "\n".join(expected))]
    assert mac.told == []


@pytest.mark.parametrize("sign", ["\n", "\r", "\x01", "\u2028", "\u2029"])
def test_names_of_several_lines_are_refused_on_macos(mac, sign):
    """The script takes each line for a word of its own: such a name starts nothing, and is to be changed."""
    mac.open(f"a{sign}b.xlsx")
    mac.press("CollectXlRibbon.OnButton", "send")
    mac.open("fine.xlsx")
    mac.app.sheet(1).sheet.name = f"a{sign}b"
    mac.press("CollectXlRibbon.OnButtonForSelection", "send-selected")

    assert mac.scripts == []
    assert ["Rename it" in told for told in mac.told] == [True, True]


@pytest.mark.parametrize("letter", "é名Ⅷ&'()$`\"\\|;")
def test_other_names_are_fine_on_macos(mac, letter):
    """Letters of any script, and signs that quoting makes harmless, are no reason to refuse ``Q1; final.xlsx``."""
    mac.open(f"a{letter}b.xlsx")
    mac.press("CollectXlRibbon.OnButton", "send")

    assert (len(mac.scripts), mac.told) == (1, [])


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        pytest.param("missing", "Nothing was started", id="Python or proof is gone"),
        pytest.param("not allowed", "Python could not be started: not allowed", id="the shell refused"),
        pytest.param(None, "collect_xl.applescript, which starts Python, is missing", id="no script"),
    ],
)
def test_what_the_script_answers_is_told_on_macos(mac, answer, words):
    """The reason why Python did not start is shown with the command that repairs."""
    mac.answer = answer
    mac.open("clients.xlsx")
    mac.press("CollectXlRibbon.OnButton", "send")

    assert words in mac.told[0]
    assert mac.told[0].endswith(f"run this in PowerShell:\r\n{REPAIR}")


def test_clean_up_does_nothing_but_give_the_status_bar_back(mac):
    """Any Python with xlwings may call this name on macOS when it ends: Excel's own words stand there again."""
    mac.app.application.status_bar = "Sending"
    mac.app.run("CleanUp")

    assert mac.app.application.status_bar is False
