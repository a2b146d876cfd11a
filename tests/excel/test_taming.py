"""What the installed xlwings does to Excel behind our back, and that it no longer does; its own classes, run here."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from collect_xl.excel.retry import is_busy
from support.excel_quirks import EDITING, REFUSED, REJECTED, ComError

XLWINGS = Path(find_spec("xlwings").submodule_search_locations[0])
ENGINES = ("_xlwindows", "_xlmac")
PRESS = """
import atexit, sys, types
engine = types.ModuleType("xlwings._xlwindows")
engine.N_COM_ATTEMPTS, engine.cleanup = 0, lambda: print("kills Excels")
atexit.register(engine.cleanup)
sys.modules[engine.__name__] = engine
{}
print(engine.N_COM_ATTEMPTS)
"""
DOORS = {
    "find": "from collect_xl.excel.find_workbook import find_book\ntry: find_book('a')\nexcept Exception: 0",
    "speak": "from collect_xl.addin.ribbon import _front_of\n_front_of(None)",
    "prove": "from collect_xl.addin.ready import say_ready\nsay_ready()",
}


def source(engine):
    """Return the source of an engine of the installed xlwings."""
    return ast.parse((XLWINGS / f"{engine}.py").read_text("utf-8"))


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_nothing_is_killed_when_python_ends(door):
    """Whichever way xlwings was loaded, what it would do to other Excels at the end is taken off the list."""
    done = subprocess.run(
        [sys.executable, "-c", PRESS.format(door)], capture_output=True, text=True, timeout=60, check=False
    )

    assert "kills Excels" not in done.stdout, done.stderr
    assert done.stdout.splitlines()[-1] == "1"


@pytest.mark.parametrize("engine", ENGINES)
def test_what_we_take_away_is_all_that_the_installed_xlwings_does_at_its_end(engine):
    """A later xlwings that registers something else, or by another name, is noticed here."""
    at_the_end = [
        node.name
        for node in source(engine).body
        if isinstance(node, ast.FunctionDef) and any("atexit" in ast.unparse(each) for each in node.decorator_list)
    ]

    assert at_the_end == ["cleanup"]
    assert (XLWINGS / f"{engine}.py").read_text("utf-8").count("atexit.") == 1


@pytest.fixture(params=[0, 1], ids=["as xlwings comes", "tamed"])
def attempts(request):
    """How often xlwings tries; 0 is for ever."""
    return request.param


@pytest.fixture
def wrapper(attempts):
    """The classes through which xlwings calls Excel for Windows, out of its own source."""
    nodes = [
        node for node in source("_xlwindows").body if getattr(node, "name", "").startswith(("COMRetry", "ExcelBusy"))
    ]

    class Names:
        com_error = ole_error = ComError

    class Never:
        pass

    known = dict.fromkeys(("CDispatch", "CoClassBaseClass", "DispatchBaseClass"), Never)
    import types  # noqa: PLC0415

    room = {**known, "N_COM_ATTEMPTS": attempts, "pywintypes": Names, "pythoncom": Names, "types": types}
    exec(compile(ast.Module(nodes, []), "_xlwindows.py", "exec"), room)  # the installed xlwings
    return room["COMRetryObjectWrapper"]


class Cells:
    """A range of Excel's, which is busy for the next calls."""

    def __init__(self, error, times):
        self.__dict__.update(error=error, left=times, calls=0)

    def _busy(self):
        self.__dict__["calls"] += 1
        if self.left:
            self.__dict__["left"] -= 1
            raise self.error

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        self._busy()
        return 7.0

    def __setattr__(self, name, value):
        self._busy()

    def __call__(self, *_):
        """Answer, as ``books(1)`` does."""
        self._busy()
        return 7.0


BUSY = {
    "rejected": ComError(REJECTED, "Call was rejected by callee."),
    "a cell is edited": ComError(REFUSED, "Exception occurred.", EDITING),
    "not learned": AttributeError("Property '<unknown>.Value' can not be set."),
}
STEPS = {
    "get": lambda cells: cells.Value,
    "set": lambda cells: setattr(cells, "Value", 1),
    "call": lambda cells: cells(1),
}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("get", "rejected"),
        ("set", "rejected"),
        ("set", "a cell is edited"),
        ("set", "not learned"),
        ("call", "rejected"),
    ],
)
def test_a_busy_excel_for_windows_is_told_at_once(wrapper, attempts, step, error):
    """Untamed, xlwings goes on calling for as long as Excel is busy, or makes up an answer; tamed, it fails as busy."""
    cells = Cells(BUSY[error], 1_000)
    wrapped = wrapper(cells)

    if attempts:
        with pytest.raises((ComError, AttributeError)) as told:
            STEPS[step](wrapped)
        assert is_busy(told.value)
        assert cells.calls == 1
        return
    made_up = STEPS[step](wrapped)
    assert (made_up, cells.calls) == (None, 1) if step == "call" else cells.calls == 1_001


CACHE = """
import sys, types
win32com, shared = types.ModuleType("win32com"), types.ModuleType("win32com.gen_py")
win32com.__gen_path__, shared.__path__ = "damaged", ["damaged"]
sys.modules.update({{"win32com": win32com, "win32com.gen_py": shared}})
{}
print(win32com.__gen_path__, *shared.__path__, sep="|")
"""


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_types_that_another_program_has_damaged_are_not_used(door):
    """Pywin32 keeps what it learns of Excel for all programs of a user: ours has a place of its own."""
    done = subprocess.run(
        [sys.executable, "-c", CACHE.format(door)], capture_output=True, text=True, timeout=60, check=False
    )

    place, *searched = done.stdout.splitlines()[-1].split("|")
    assert "damaged" not in (place, *searched), done.stderr
    assert [place] == searched
    assert place.endswith("gen_py")
