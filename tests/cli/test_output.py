"""No output that fails ends a run, and none commands the terminal that shows it."""

from __future__ import annotations

import io
import os
import subprocess
import sys

import pytest

from collect_xl.cli.output import SteadyStream
from collect_xl.cli.screen import Screen
from support.books import make_book, results
from support.shell import COMMAND

ORDER = "\x1b]52;c;aGk=\x07\u202e"


@pytest.fixture
def book(tmp_path):
    """A hundred and twenty people: three calls."""
    return make_book(tmp_path / "clients.xlsx", 120)


def send(shell, book, *words, out=None, err=None, **environ):
    """Send with streams that may fail; return the exit code."""
    return subprocess.run(
        [*COMMAND, "send", str(book), "--yes", *words],
        env={**shell.environ, **environ},
        cwd=shell.folder,
        stdin=subprocess.DEVNULL,
        stdout=out or subprocess.DEVNULL,
        stderr=err or subprocess.DEVNULL,
        timeout=120,
        check=False,
    ).returncode


def all_written(book):
    return all(each["Collect status"] for each in results(book).values())


@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full stands for a full disk")  # noqa: PTH110
@pytest.mark.parametrize("words", [(), ("--json",), ("--quiet",)], ids=["words", "json", "quiet"])
@pytest.mark.parametrize("streams", ["out", "err", "both"])
def test_a_full_disk_behind_the_output(shell, book, words, streams):
    """Everyone is sent to, the results are written and the exit code is right, though nothing can be said."""
    with open("/dev/full", "w") as full:  # noqa: PTH123
        out = full if streams != "err" else None
        err = full if streams != "out" else None
        assert send(shell, book, *words, out=out, err=err, PYTHONUNBUFFERED="1") == 0
    assert len(results(book)) == 120
    assert all_written(book)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
def test_a_pipe_whose_reader_is_gone(shell, book):
    """A run whose output no one reads any more ends as it should."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        assert send(shell, book, out=pipe, err=pipe) == 0
    assert all_written(book)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="closes streams as a POSIX shell does")
def test_streams_that_were_never_open(shell, book):
    """A run that was started without output and errors ends as it should."""
    command = [*COMMAND, "send", str(book), "--yes"]
    closed = ["sh", "-c", 'exec "$@" >&- 2>&-', "sh", *command]
    done = subprocess.run(closed, env=shell.environ, cwd=shell.folder, timeout=120, check=False)
    assert done.returncode == 0
    assert all_written(book)


@pytest.mark.slow
@pytest.mark.process
@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="/dev/full stands for a full disk")  # noqa: PTH110
def test_a_log_on_a_full_disk(shell, book):
    """A log that takes no line is told once, and the run goes on."""
    done = shell.send(book, "--log-file", "/dev/full")
    assert (done.returncode, done.stderr.count("The log cannot be written")) == (0, 1)
    assert "Traceback" not in done.stderr
    assert all_written(book)


def test_a_stream_that_fails_is_written_later():
    """What could not be written for a while does not raise, and the rest follows when it can."""

    class Failing(io.StringIO):
        fails = True

        def write(self, text):
            if self.fails:
                raise OSError(28, "No space left on device")
            return super().write(text)

    real = Failing()
    stream = SteadyStream(real, cleans=True)
    stream.write("lost\n")
    real.fails = False
    stream.writelines(["a\n", "b\x1b[2J\n"])
    stream.flush()
    assert real.getvalue() == "a\nb [2J\n"
    real.close()
    stream.write("closed")
    stream.flush()


def test_a_screen_obeys_no_text(capsys):
    """Names and messages that hold control characters are shown as one harmless line."""
    screen = Screen()
    for tell in (screen.say, screen.warn, screen.line):
        tell(f"Header {ORDER}\nError: all is lost")
    screen.error(f"{ORDER}\nforged", f"{ORDER}\nforged")
    screen.people.print(f"overlooked {ORDER}", markup=False)
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert not any(line.startswith(("forged", "Error: all")) for line in text.splitlines())


@pytest.mark.process
def test_a_file_name_that_forges_a_line(shell, tmp_path):
    """A path with a line break and an escape sequence makes one line without either."""
    name = tmp_path / "kept\n\x1b[2JAll is well.\u202e"
    done = shell.run("history", "backup", name)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout
    missing = shell.run("check", tmp_path / "no\n\x1b]52;c;aGk=\x07.xlsx")
    assert "\x1b" not in missing.stdout + missing.stderr
