"""Old names: whoever types one is told the new one, and an old variable is never ignored."""

from __future__ import annotations

import pytest

from collect_xl.cli.renamed import COMMANDS, OPTIONS
from collect_xl.config.renamed import SETTINGS, VARIABLES
from support.books import make_book


@pytest.fixture
def book(tmp_path):
    """A workbook of eight people."""
    return make_book(tmp_path / "clients.xlsx", 8)


@pytest.mark.parametrize(("old", "new"), COMMANDS.items())
def test_old_command_is_answered_with_the_new_one(shell, book, old, new):
    """An old command does nothing, ends with 2, and names the new one."""
    done = shell.run(old, book)

    assert done.returncode == 2
    assert f'"{old}" is called "{new}" now.' in done.stderr


@pytest.mark.parametrize("old", ["--most", "--at-most", "--most-per-day", "--settle", "--new-journal"])
def test_old_option_is_answered_with_the_new_one(server, shell, book, old):
    """An old option of send sends nothing, ends with 2, and names the new one."""
    done = shell.run("send", book, "--yes", old, "3")

    assert (done.returncode, len(server.posts)) == (2, 0)
    assert f"{old} is called {OPTIONS[old]} now." in done.stderr


@pytest.mark.parametrize("command", ["check", "send", "refresh", "lookup", "overdue"])
@pytest.mark.parametrize(("old", "new"), VARIABLES.items())
def test_old_variable_alone_stops_every_command(server, shell, book, command, old, new):
    """A variable that lost its meaning stops the command before anything is sent."""
    done = shell.run(command, book, **{new: "", old: "3"})

    assert (done.returncode, len(server.calls)) == (2, 0), done.stdout + done.stderr
    assert f"The variable {old} is called {new} now." in done.stderr


def test_old_variable_with_another_value_stops(server, shell, book):
    """Where both names are set and differ, nobody can know which is meant."""
    done = shell.send(book, COLLECT_XL_MOST="3", COLLECT_XL_LIMIT="4")

    assert (done.returncode, len(server.posts)) == (2, 0)


@pytest.mark.slow
def test_old_variable_with_the_same_value_is_harmless(server, shell, book):
    """A machine that serves two releases may set both names to one value."""
    assert shell.send(book, COLLECT_XL_MOST="3", COLLECT_XL_LIMIT="3").returncode in {0, 7}
    assert len(server.accepted) == 3


@pytest.mark.parametrize(("old", "new"), SETTINGS.items())
def test_old_setting_in_the_file_stops(server, shell, book, old, new):
    """A setting under its old name in the user's file stops the command and names the new one."""
    assert shell.run("config", "set", "limit", "9").returncode == 0
    (file,) = shell.folder.rglob("config.toml")
    file.write_text(f'{old} = "3"\n', encoding="utf-8")

    done = shell.send(book)

    assert (done.returncode, len(server.posts)) == (2, 0)
    assert f'"{old}"' in done.stderr
    assert f'"{new}"' in done.stderr
