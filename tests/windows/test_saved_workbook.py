"""The command on a saved workbook, on Windows: other programs that hold it, runs that die, and names of all letters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from queue import SimpleQueue
from subprocess import Popen

import pytest

from collect_xl.testing.fault import Fault
from support.books import make_book, results
from windows.desk import SHARED_WITH_NOBODY, SHARED_WITH_READERS, in_words
from windows.laboratory import end


@dataclass(frozen=True)
class Meanwhile(Fault):
    """Does something on this computer before Collect answers."""

    act: Callable[[], object]

    def perform(self, call, world):
        """Do it, and then what the call asks."""
        self.act()
        return world.perform(call)


def statuses(book):
    return [each.get("Collect status") for each in results(book).values()]


def test_everyone_is_asked_once_whatever_the_letters(desk):
    """A workbook of any name is sent and filled, a pipe gets its name as it is, and a second run asks no one."""
    book = make_book(desk.folder / "名簿 Żółć clients.xlsx", 60)

    first = desk.run("send", book.name, "--yes", "--new-history")
    second = desk.run("send", book, "--yes")

    assert (first.returncode, second.returncode) == (0, 0), in_words(first) + in_words(second)
    assert book.name in in_words(first)
    assert statuses(book) == ["pending"] * 60
    assert len({each.email for each in desk.server.accepted}) == len(desk.server.accepted) == 60
    assert [each.name for each in desk.folder.glob(".*")] == []


@pytest.mark.parametrize("sharing", [SHARED_WITH_NOBODY, SHARED_WITH_READERS], ids=["alone", "others may read"])
def test_workbook_that_another_program_holds_is_called_held(desk, sharing):
    """Nothing is sent from a workbook that cannot be written, and the words say why, not "check your rights"."""
    book = make_book(desk.folder / "clients.xlsx", 3)
    commands = [["check", book.name], ["send", book.name, "--yes", "--new-history"]]
    with desk.holder(book, sharing) as hold, desk.ready() as run:
        hold()
        ended = run(*commands)

    for code, words in ended:
        assert code == 6, words
        assert "Another program holds clients.xlsx." in words
        assert "Close it there" in words
    assert desk.server.posts == []


def test_workbook_that_is_taken_during_a_run(desk):
    """A run whose results had to go beside the workbook does not end with 0; the next one brings them into it."""
    book = make_book(desk.folder / "clients.xlsx", 60)
    before = book.read_bytes()
    with desk.holder(book, SHARED_WITH_READERS) as hold:
        desk.server.on(Meanwhile(hold), nth=1)
        ended = desk.run("send", book.name, "--yes", "--new-history", "--quiet")

    assert ended.returncode == 6, in_words(ended)
    assert book.read_bytes() == before
    (beside,) = desk.folder.glob("clients (results*).xlsx")
    assert statuses(beside) == ["pending"] * 60
    again = desk.run("send", book.name, "--yes")
    assert again.returncode == 0, in_words(again)
    assert statuses(book) == ["pending"] * 60
    assert len(desk.server.accepted) == 60


def test_run_that_is_ended_in_the_task_manager(desk):
    """The run after one that died asks no one twice, and forgets no one: whoever is not asked is unknown."""
    book = make_book(desk.folder / "clients.xlsx", 200)
    running: SimpleQueue[Popen[bytes]] = SimpleQueue()
    desk.server.on(Meanwhile(lambda: running.get().kill()), nth=3)
    process = desk.start("send", book.name, "--yes", "--new-history")
    running.put(process)
    process.wait(300)
    end(process)

    again = desk.run("send", book.name, "--yes")

    asked = [each.email for each in desk.server.accepted]
    assert len(asked) == len(set(asked)), in_words(again)
    assert len(asked) == 200 or again.returncode in {4, 7}, in_words(again)


def test_second_run_on_one_workbook_is_refused(desk):
    """While a run holds a workbook another one on it ends at once with 8, and says who holds it."""
    book = make_book(desk.folder / "clients.xlsx", 3)
    seconds = []
    with desk.ready() as run:
        desk.server.on(Meanwhile(lambda: seconds.extend(run(["send", book.name, "--yes"]))), nth=1)
        first = desk.run("send", book.name, "--yes", "--new-history")

    assert first.returncode == 0, in_words(first)
    assert seconds[0][0] == 8, seconds
    assert len(desk.server.accepted) == 3


def test_names_that_windows_keeps(desk):
    """A device, or a sign that Windows allows in no name, is refused in words that say so, and nothing is made."""
    words = {
        ("new", "con.xlsx"): "keeps the name con.xlsx for a device",
        ("new", "NUL"): "keeps the name NUL.xlsx for a device",
        ("new", "a?b.xlsx"): "holds ?, which Windows allows in no file's name",
        ("new", "x.xlsx:stream.xlsx"): "holds :, which Windows allows in no file's name",
        ("check", "CON"): "keeps the name CON for a device",
        ("check", "nul"): "it is a device, not a file",
        ("send", "con.xlsx", "--yes", "--new-history"): "keeps the name con.xlsx for a device",
    }

    ended = desk.several(*words)

    for (code, said), expected in zip(ended, words.values(), strict=True):
        assert expected in said
        assert code in {2, 6}, said
    assert [each for each in desk.folder.iterdir() if each.is_file()] == []


def test_pipe_of_an_old_program(desk):
    """Where the user says that a pipe takes an old code page, letters that it lacks end no run."""
    book = make_book(desk.folder / "名簿.xlsx", 1)

    ended = desk.run("check", book.name, PYTHONIOENCODING="cp437")

    assert ended.returncode == 0, in_words(ended)


def test_path_that_is_long(desk):
    """A folder deep below others, as OneDrive makes them, is worked in, or the words name the path."""
    folder = desk.folder
    while len(desk.windows.windows_path(folder)) < 230:
        folder = folder / "a folder with a long name"
    folder.mkdir(parents=True)
    book = make_book(folder / "clients of the year, all of them.xlsx", 2)

    ended = desk.run("send", book, "--yes", "--new-history")

    sent = (ended.returncode, len(desk.server.accepted)) == (0, 2)
    refused = ended.returncode == 6 and desk.server.posts == [] and "clients of the year" in in_words(ended)
    assert sent or refused, in_words(ended)
