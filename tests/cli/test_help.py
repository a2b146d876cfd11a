"""Help: grouped, whole, in plain words, at every width."""

from __future__ import annotations

import re

import pytest

from collect_xl.cli.help import VARIABLES
from collect_xl.cli.help_layout import EXAMPLES, GROUPS
from collect_xl.config import credentials, settings
from support.books import make_book

COMMANDS = [name for names in GROUPS.values() for name in names]
WORKING = ["check", "send", "lookup", "refresh", "overdue", "due", "cancel", "takeover"]


def test_commands_stand_in_the_order_of_work(shell):
    """The first page lists every command once, in groups, with a whole sentence."""
    page = shell.run("-h").stdout
    listed = re.findall(r"^  (\w+)  ", page.partition("Begin:")[2].partition("Examples:")[0], re.MULTILINE)

    assert listed == COMMANDS
    assert "..." not in page.partition("Begin:")[2].partition("Examples:")[0]


@pytest.fixture
def book(tmp_path):
    """A workbook of eight people."""
    return make_book(tmp_path / "clients.xlsx", 8)


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("words", [(), ("send",), ("lookup",), ("config",)], ids=lambda words: "-".join(words) or "top")
def test_help_fits_the_terminal(shell, width, words):
    """No line of help is wider than the terminal."""
    page = shell.run(*words, "--help", COLUMNS=str(width)).stdout

    assert page
    assert [line for line in page.splitlines() if len(line) > width] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_no_types(shell, command):
    """Help says N, FILE, ROWS or DATE, never the name of a type."""
    page = shell.run(command, "-h").stdout

    assert re.findall(r"<(?:str|int|path|list|float)\b|\bINTEGER\b|\bTEXT\b|x>=", page) == []


@pytest.mark.parametrize("command", WORKING)
def test_help_has_examples_and_exit_codes(shell, command):
    """Each command that works on a workbook shows how it is typed, and where exit codes are explained."""
    page = shell.run(command, "-h").stdout

    assert all(f"collect-xl {words}" in page for words, _ in EXAMPLES[command])
    assert "collect-xl help exit-codes" in page


def test_help_of_a_command_is_its_own(shell):
    """``help COMMAND`` and ``COMMAND --help`` show one page."""
    assert shell.run("help", "send").stdout.split() == shell.run("send", "--help").stdout.split()


def test_help_tells_every_variable(shell):
    """Every variable that settings and credentials read is explained."""
    page = shell.run("help", "environment").stdout
    names = {value for value in vars(settings).values() if isinstance(value, str) and value.startswith("COLLECT_")}
    names |= {value for value in vars(credentials).values() if isinstance(value, str) and value.startswith("COLLECT_")}
    names |= set(settings.CAPS.values())

    assert names - {name for name, _ in VARIABLES} == set()
    assert [name for name in names if name not in page] == []


def test_version(shell):
    """``-V`` and ``--version`` print name and version."""
    assert shell.run("-V").stdout == shell.run("--version").stdout
    assert re.fullmatch(r"collect-xl \d+\.\d+\.\d+\S*\n", shell.run("-V").stdout)


@pytest.mark.slow
def test_config_shows_where_each_value_comes_from(shell):
    """``config list`` names variable, file or default; ``get`` prints the value that counts; ``unset`` forgets it."""
    shell.run("config", "set", "limit", "9")

    listed = shell.run("config", "list").stdout
    assert re.search(r"^limit +9  \[.*config\.toml\]$", listed, re.MULTILINE)
    assert re.search(r"^history +\S+  \[the variable COLLECT_XL_HISTORY\]$", listed, re.MULTILINE)
    assert shell.run("config", "get", "limit").stdout == "9\n"
    assert shell.run("config", "get", "limit", COLLECT_XL_LIMIT="4").stdout == "4\n"
    shell.run("config", "unset", "limit")
    assert shell.run("config", "get", "limit").stdout == ""


@pytest.mark.slow
def test_history_status(shell, book, tmp_path):
    """``history status`` says where the history is, how many requests it knows in which state, and the last run."""
    assert "Requests: none" in shell.run("history", "status").stdout
    elsewhere = shell.run("history", "status", COLLECT_XL_HISTORY=str(tmp_path / "none" / "h.sqlite3"))
    assert "There is no send history yet" in elsewhere.stdout
    shell.send(book)

    page = shell.run("history", "status").stdout
    assert re.search(r"Requests: \d+ sent", page)
    assert "Last run: 2" in page
