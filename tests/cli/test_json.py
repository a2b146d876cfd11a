"""What programs read: with --json standard output is JSON to the last line, also when nothing came of it."""

from __future__ import annotations

import json
import os
import re
import subprocess

import jsonschema
import pytest

from collect_xl.cli.json_lines import EXAMPLES, FIELDS
from collect_xl.testing import FakeCollect, faults
from support.books import make_book
from support.shell import COMMAND, Shell

_TEXT = {"type": "string"}
_SNAKE = {"type": "string", "pattern": "^[a-z0-9_]*$"}
_LINE = {"schema": {"const": 2}, "type": _TEXT, "book": _TEXT}
_ROW = {
    **_LINE,
    "row": {"type": "integer", "minimum": 0},
    **dict.fromkeys(("email", "contact_id", "request_id", "message"), _TEXT),
    "status": _SNAKE,
    "due": {"type": "string", "pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+))?$"},
}
_ROW_MORE = {
    "portal_url": _TEXT,
    "outcome": {"enum": ["done", "asked", "refused", "unknown", "not_reached", "taken_over", "left"]},
    "kind": {"enum": ["undelivered", "overdue", "due_soon"]},
    "missing": {"type": "array", "items": _TEXT},
    "folder": _TEXT,
    "files": {"type": "array", "items": _TEXT},
    "left": {"type": "array", "items": {"type": "object", "required": ["item", "name", "why", "message"]}},
    "request": {"type": ["object", "null"]},
    "state": _SNAKE,
    "people": {"type": "array", "items": _TEXT},
    **dict.fromkeys(("campaign", "round", "at", "by", "run"), _TEXT),
    "history": {"type": "array", "items": {"type": "object", "required": ["at", "by", "how", "from", "to"]}},
}
_COUNTS = {"type": "object", "propertyNames": {"pattern": "^[a-z_]+$"}, "additionalProperties": {"type": "integer"}}
_SUMMARY = {**_LINE, "exit": {"enum": list(range(9))}, "plan": _TEXT, "counts": _COUNTS}
_SUMMARY_MORE = {
    "run": _TEXT,
    "stopped": {"type": ["string", "null"]},
    "written": {"type": ["string", "null"]},
    "books": {"type": "integer"},
}
_ERROR = {**_LINE, "exit": {"enum": list(range(1, 9))}, "message": {"type": "string", "minLength": 1}, "tip": _TEXT}


def _kind(must: dict, may: dict) -> dict:
    return {"type": "object", "properties": {**must, **may}, "required": list(must), "additionalProperties": False}


SCHEMA = {"row": _kind(_ROW, _ROW_MORE), "summary": _kind(_SUMMARY, _SUMMARY_MORE), "error": _kind(_ERROR, {})}
"""What each type of line holds; the keys of the API stand inside ``request`` alone."""


def lines_of(done) -> list[dict]:
    """Return the objects of the standard output, each of which fits its schema; the last has the exit code."""
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines, done.stderr
    for line in lines:
        jsonschema.validate(line, SCHEMA[line["type"]])
    assert lines[-1]["exit"] == done.returncode
    return lines


@pytest.fixture
def book(tmp_path):
    """A workbook of two people."""
    return make_book(tmp_path / "a.xlsx", 2)


def test_errors_are_objects(shell, server, book, tmp_path):
    """An error that ends a command is an object with its exit code and what to do, and words beside it."""
    server.on(faults.Status(401), route="GET /team")
    for words, code in (
        (("send", book, "--yes"), 5),
        (("send", book), 5),
        (("refresh", book), 5),
        (("send", tmp_path / "none.xlsx", "--yes"), 6),
        (("cancel", book, "--yes"), 2),
        (("send", book, "--rows", "x"), 2),
        (("send", book, "--no-such-word"), 2),
    ):
        done = shell.run(*words, "--json")
        error = lines_of(done)[-1]
        assert (done.returncode, error["type"]) == (code, "error"), done.stdout + done.stderr
        assert done.stderr
        assert code == 2 or (error["tip"], error["book"]) == (error["tip"], str(words[1]))


def test_missing_approval_is_an_object(shell, book):
    """Where no one can be asked and nothing was approved, an object says so."""
    error = lines_of(shell.run("send", book, "--json"))[-1]

    assert (error["exit"], "No one can answer" in error["message"], "--yes" in error["tip"]) == (2, True, True)


@pytest.mark.slow
@pytest.mark.parametrize("words", ["send", "cancel --rows 2", "send --test-to {me}"])
def test_a_no_is_an_object(shell, server, book, words):
    """What a person declines is an object with exit code 7, while the question stands elsewhere."""
    pty = pytest.importorskip("pty")
    if words.startswith("cancel"):
        shell.send(book)
    verb, *rest = words.format(me=server.account.users[0]["email"]).split()
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"n\n")
    command = [*COMMAND, verb, book, *rest, "--json"]
    with subprocess.Popen(
        command, env=shell.environ, stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        os.close(terminal)
        out, err = run.communicate(timeout=60)
    os.close(keyboard)

    (line,) = [json.loads(each) for each in out.splitlines()]
    jsonschema.validate(line, SCHEMA["error"])
    assert (run.returncode, line["exit"], line["book"]) == (7, 7, str(book))
    assert "[y/N]" in err


@pytest.mark.slow
@pytest.mark.parametrize("words", [("check",), ("send", "--dry-run")], ids=["check", "dry run"])
def test_check_tells_what_could_not_be_delivered(shell, server, book, words):
    """Rows whose request Collect could not deliver are named by a check, too, and need a person: 3."""
    shell.send(book)
    next(iter(server.account.requests.values()))["status"] = "error"
    shell.run("refresh", book)

    done = shell.run(*words, book)

    assert done.returncode == 3
    assert "Collect could not deliver 1 request: row 2." in done.stdout


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A computer with a fake Collect, and a workbook of two people, one of them twice, and a wrong row."""
    with FakeCollect() as server:
        shell = Shell(tmp_path_factory.mktemp("desk"), server)
        people = [("p2@example.com", "A", "B"), ("p3@example.com", "C", "D"), ("wrong", "E", "F")]
        make_book(shell.folder / "clients.xlsx", [*people, people[0]])
        yield shell


COMMANDS = (
    ("check clients.xlsx", 4, 3),
    ("check clients.xlsx --row 2", 1, 0),
    ("check clients.xlsx --row 4", 1, 3),
    ("send clients.xlsx --dry-run", 4, 3),
    ("send clients.xlsx --yes", 4, 3),
    ("send clients.xlsx --yes --quiet", 4, 3),
    ("lookup clients.xlsx", 4, 0),
    ("lookup clients.xlsx --assume sent", 0, 0),
    ("refresh clients.xlsx", 4, 0),
    ("overdue clients.xlsx", 0, 0),
    ("due clients.xlsx --due 2030-01-31 --rows 2 --yes", 1, 0),
    ("overdue clients.xlsx --within 3000", 2, 3),
    ("overdue clients.xlsx --within 3000 --online", 2, 3),
    ("cancel clients.xlsx --rows 3 --yes", 1, 0),
    ("takeover clients.xlsx --round x --yes", 0, 0),
    ("takeover clients.xlsx --take-back --yes", 0, 0),
    ("log", 2, 0),
    ("log clients.xlsx", 2, 0),
    ("new other.xlsx", 0, 0),
    ("lists other.xlsx", 0, 0),
    ("upgrade other.xlsx", 0, 0),
    ("lists clients.xlsx", 0, 6),
)
"""Every command that takes a workbook, in the order of work: of how many rows it has lines, and its exit code."""


@pytest.mark.slow
def test_every_command_with_a_workbook_speaks_one_form(desk):
    """Each line fits the schema of its type and names its workbook; the last has the exit code."""
    for words, rows, code in COMMANDS:
        done = desk.run(*words.split(), "--json")
        lines = lines_of(done)
        kinds = [line["type"] for line in lines]
        assert (done.returncode, kinds[:-1]) == (code, ["row"] * rows), (words, done.stdout, done.stderr)
        assert kinds[-1] in {"summary", "error"}
        assert lines[-1]["book"] == ("" if words == "log" else words.split()[1])
        assert "portal_url" not in done.stdout


@pytest.mark.slow
def test_several_workbooks_name_theirs(shell, book, tmp_path):
    """With several workbooks each line names its own, and the last sums up; an error of one is an object, too."""
    other = make_book(tmp_path / "b.xlsx", [("x@example.com", "X", "Y")])
    missing = tmp_path / "none.xlsx"
    for command in ("check", "send --dry-run", "send --yes", "refresh", "lookup"):
        verb, *words = command.split()
        lines = lines_of(shell.run(verb, book, other, missing, *words, "--json"))
        assert {line["book"] for line in lines if line["type"] == "row"} == {str(book), str(other)}, command
        assert [line["book"] for line in lines if line["type"] == "error"] == [str(missing)]
        assert (lines[-1]["type"], lines[-1]["book"], lines[-1]["books"], lines[-1]["exit"]) == ("summary", "", 3, 6)


def test_portals_are_shown_only_on_request(shell, book):
    """``--links`` adds the portals, which open documents; without it no line has one."""
    shell.send(book)

    lines = lines_of(shell.run("refresh", book, "--json", "--links"))
    assert [bool(line["portal_url"]) for line in lines if line["type"] == "row"] == [True, True]
    assert "/portal/" not in shell.run("refresh", book, "--json").stdout


def test_a_trial_is_a_row_and_a_summary(shell, server, book):
    """``send --test-to`` says to whom the request went."""
    me = server.account.users[0]["email"]

    row, summary = lines_of(shell.run("send", book, "--test-to", me, "--yes", "--json"))
    assert (row["row"], row["email"], row["status"], summary["counts"]) == (2, me, "sent", {"sent": 1})


def test_help_documents_every_key_and_type(shell):
    """``help json`` has a line for every key, and one example of each type that fits the schema."""
    page = shell.run("help", "json").stdout
    documented = set(re.findall(r"\w+", " ".join(names for names, _ in FIELDS)))
    keys = {key for kind in SCHEMA.values() for key in kind["properties"]}

    assert keys == documented
    assert [line for line in EXAMPLES.values() if line not in page] == []
    for kind, line in EXAMPLES.items():
        jsonschema.validate(json.loads(line), SCHEMA[kind])
