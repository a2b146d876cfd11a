"""fetch: what clients uploaded, in folders beside the workbook, each file once and whole."""

from __future__ import annotations

import json

import pytest

import collect_xl
from collect_xl.testing import faults
from support.books import make_book, results


@pytest.fixture
def sent(shell, server, tmp_path):
    """A workbook of three people who were asked for two documents; two of them have uploaded."""
    for name in ("Passport", "Payslip"):
        server.account.add_item(server.campaign, name)
    book = make_book(tmp_path / "a.xlsx", 3)
    done = shell.send(book)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = results(book)
    account = server.account
    account.add_upload(shown[2]["Collect request ID"], "Passport", "scan.pdf", b"passport of 2")
    account.add_upload(shown[2]["Collect request ID"], "Payslip", "may.pdf", b"payslip of 2")
    account.add_upload(shown[3]["Collect request ID"], "Passport", "scan.pdf", b"passport of 3")
    return book


def fetch(shell, book, *words, code=0):
    """Fetch into a folder beside the workbook, and return what was said."""
    done = shell.run("fetch", book, "--to", shell.folder / "files", *words)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def files(shell):
    """Return the files that people see in the folder, by path."""
    folder = shell.folder / "files"
    paths = [each for each in folder.rglob("*") if each.is_file() and "collect-xl-files" not in each.name]
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in paths}


def test_files_come_once(shell, server, sent):
    """Each client has a folder, each document one inside; a second run fetches what is new since, and nothing else."""
    before = sent.read_bytes()
    said = fetch(shell, sent)

    first = files(shell)
    assert sorted(first.values()) == [b"passport of 2", b"passport of 3", b"payslip of 2"]
    assert {path.rpartition("/")[0].rpartition("/")[2] for path in first} == {"Passport", "Payslip"}
    assert "Fetching files: 3 requests." in said
    assert ": 3. There already: 0." in said

    server.account.add_upload(results(sent)[4]["Collect request ID"], "Payslip", "../../june.pdf", b"payslip of 4")
    said = fetch(shell, sent)

    assert ": 1. There already: 3." in said
    assert files(shell) == first | {path: b"payslip of 4" for path in files(shell) if path.endswith("/june.pdf")}
    assert len(files(shell)) == 4
    assert sent.read_bytes() == before


def test_the_storage_never_sees_the_key(shell, server, sent):
    """Another host serves the files: it gets neither the key nor any other header that says who asks."""
    said = fetch(shell, sent, "--json")

    assert len(server.account.storage.headers) == 3
    for headers in server.account.storage.headers:
        assert not {"Authorization", "Cookie"} & set(headers)
    assert "X-Amz" not in said
    assert "X-Amz" not in "".join(path.read_text("utf-8") for path in (shell.folder / "files").glob("*.jsonl"))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"status": "quarantined"}, "a virus was found"),
        ({"status": "expired"}, "archived or has expired"),
        ({"restricted": True}, "marked as sensitive"),
    ],
)
def test_what_collect_holds_back_is_told(shell, server, sent, more, words):
    """A file that Collect does not give is named with the reason, and the exit code asks for a look."""
    server.account.add_upload(results(sent)[4]["Collect request ID"], "Passport", "odd.pdf", b"odd", **more)

    said = fetch(shell, sent, code=3)

    assert "Row 4: Passport: odd.pdf: Collect" in " ".join(said.split())
    assert words in " ".join(said.split())
    assert len(files(shell)) == 3


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["cut", "longer", "busy", "redirect"])
def test_file_that_does_not_come_whole_is_none(shell, server, sent, fault):
    """A file that breaks off, is larger than said, or is somewhere else is told; the next run fetches it."""
    server.account.storage.faults = [None, fault]

    said = fetch(shell, sent, code=1)
    assert "could not be fetched" in " ".join(said.split())
    assert len(files(shell)) == 2

    fetch(shell, sent)
    assert sorted(files(shell).values()) == [b"passport of 2", b"passport of 3", b"payslip of 2"]


def test_link_that_has_expired_is_asked_for_again(shell, server, sent):
    """Links are good for minutes: where one is over, the request is asked for a new one."""
    server.account.storage.faults = [None, "expired"]

    fetch(shell, sent)

    assert len(files(shell)) == 3
    assert sum(call.route == "GET /requests/{id}" for call in server.calls) == 4


def test_chosen_rows_and_documents(shell, sent):
    """Rows and documents can be chosen; a document that no one has uploaded is told."""
    said = fetch(shell, sent, "--rows", "2,4", "--items", "payslip")
    assert list(files(shell).values()) == [b"payslip of 2"]
    assert ": 1. There already: 0." in said

    said = fetch(shell, sent, "--items", "Paslip", code=3)
    assert 'No request has a file for "Paslip".' in said


def test_moved_files_come_again_only_when_asked(shell, sent):
    """What its reader has moved away is not fetched again by itself, and that is said."""
    fetch(shell, sent)
    first = files(shell)
    (moved,) = [path for path, content in first.items() if content == b"payslip of 2"]
    (shell.folder / "files" / moved).unlink()

    said = fetch(shell, sent)
    assert "has been moved or deleted since" in " ".join(said.split())
    assert len(files(shell)) == 2

    fetch(shell, sent, "--again")
    assert files(shell) == first


def test_programs_get_a_line_for_each_row(shell, server, sent):
    """--json names the folder of each request, the files that came, and what was left with the reason."""
    server.account.add_upload(results(sent)[4]["Collect request ID"], "Passport", "odd.pdf", b"odd", status="expired")

    done = shell.run("fetch", sent, "--to", shell.folder / "files", "--json")

    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rows = {line["row"]: line for line in lines if line["type"] == "row"}
    assert [len(rows[row]["files"]) for row in (2, 3, 4)] == [2, 1, 0]
    assert rows[2]["files"][0].startswith(rows[2]["folder"] + "/")
    assert rows[4]["left"] == [{"item": "Passport", "name": "odd.pdf", "why": "expired", "message": ""}]
    assert (lines[-1]["exit"], lines[-1]["counts"]["files"]) == (3, 3)


def test_server_that_is_down_is_not_asked_about_everyone(shell, server, sent):
    """After three requests that cannot be seen the rest is left, and said to be."""
    server.on(faults.Status(404), route="GET /requests/{id}")

    said = fetch(shell, sent, code=1)

    assert said.count("its files could not be asked for") == 3
    assert files(shell) == {}


def test_python_fetches(shell, sent, monkeypatch, tmp_path):
    """Python programs fetch with one call, and learn what came, by row."""
    for name, value in shell.environ.items():
        if name.startswith("COLLECT_"):
            monkeypatch.setenv(name, value)

    fetched = collect_xl.fetch(sent, tmp_path / "files", rows=[2, 4]).fetched

    assert sorted(path.rpartition("/")[2] for path in fetched.files[2]) == ["may.pdf", "scan.pdf"]
    assert (fetched.count, fetched.here, fetched.is_whole) == (2, 0, True)
