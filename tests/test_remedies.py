"""Remedies: steps as values, which each face says in its own words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import collect_xl
from collect_xl.addin.remedies import BUTTONS
from collect_xl.addin.remedies import tip_of as tip_in_excel
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.remedies import STEPS
from collect_xl.cli.remedies import tip_of as tip_in_terminal
from collect_xl.errors import CollectUnavailable
from collect_xl.remedies import Advice, Remedy

PACKAGE = Path(collect_xl.__file__).parent
FACES = {"cli", "addin", "template"}
"""The template's help names the commands of the release that made it."""

COMMAND = re.compile(r"collect-xl (?:settle|adopt|undo|extend|refresh|pick|send|journal|config|key|late|check|log)\b")
OPTION = re.compile(r"--(?:even-if-asked|send-edited|only-to|per-minute|most|not-ours|rows|new-round|live|force|due)\b")


def texts(path: Path) -> list[str]:
    """Return the texts of a module, without its docstrings and names."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in constants if isinstance(node.value, str) and " " in node.value]


def core_texts() -> list[str]:
    """Return the sentences of all modules that are no face."""
    paths = [path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] not in FACES]
    return [text for path in paths for text in texts(path)]


@pytest.mark.slow
@pytest.mark.parametrize("pattern", [COMMAND, OPTION], ids=["commands", "options"])
def test_core_names_no_command(pattern: re.Pattern[str]) -> None:
    """No text outside the faces names a command or an option of the command line."""
    assert [text for text in core_texts() if pattern.search(text)] == []


def test_terminal_has_words_for_each_remedy() -> None:
    """The terminal says for each remedy what to type."""
    assert STEPS.keys() == set(Remedy)


def test_ribbon_speaks_of_buttons() -> None:
    """The ribbon names a button, or says that the command is for a terminal."""
    named = [words for words in BUTTONS.values() if "collect-xl" in words]
    assert all("in a terminal" in words for words in named)


def test_error_reads_well_on_each_face() -> None:
    """One error tells the terminal's user what to type and Excel's user what to press."""
    CURRENT.begin()  # another test of this process may have worked on a workbook
    error = CollectUnavailable("Collect cannot answer now.", tip="Try again later.", remedies=(Remedy.LOOK_UP,))
    assert tip_in_terminal(error) == "Try again later. Look up the unknown rows: collect-xl lookup BOOK"
    assert tip_in_excel(error) == "Try again later. Press Look up unknown rows."
    assert str(error.advice) == "Collect cannot answer now. Try again later. Look up the unknown rows."


def test_whole_advice_is_taken_apart() -> None:
    """An error that is given an advice keeps its words and its remedies."""
    error = CollectUnavailable("It is damaged.", tip=Advice("Do not delete it.", (Remedy.RESTORE_JOURNAL,)))
    assert (error.todo.words, error.todo.remedies) == ("Do not delete it.", (Remedy.RESTORE_JOURNAL,))
