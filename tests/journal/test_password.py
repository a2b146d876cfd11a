"""The password of a journal's server: found where secrets are kept, and shown nowhere."""

from __future__ import annotations

import zipfile

import pytest

from support.books import make_book
from support.shell import Shell

SECRET = "s3cr3t:p@ss"


@pytest.fixture
def guarded(empty_postgres, postgres, tmp_path, server):
    """The command of a user whose journal's server asks for a password."""
    import psycopg  # noqa: PLC0415  # only where a server is installed

    schema = empty_postgres.rpartition("%3D")[2]
    with psycopg.connect(postgres, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'guarded'").fetchone():
            connection.execute(f"CREATE ROLE guarded LOGIN PASSWORD '{SECRET}'")
        connection.execute(f"GRANT ALL ON SCHEMA {schema} TO guarded")
    shell = Shell(tmp_path, server)
    shell.environ["COLLECT_XL_HISTORY"] = empty_postgres.replace("tester@", "guarded@")
    return shell


@pytest.mark.slow
@pytest.mark.parametrize("way", ["COLLECT_XL_HISTORY_PASSWORD", "PGPASSWORD", "PGPASSFILE"])
def test_where_a_password_may_be(guarded, server, tmp_path, way):
    """Our own variable and those of PostgreSQL's library let the journal in; nothing that is written shows it."""
    file = tmp_path / "passwords"
    file.touch(mode=0o600)
    file.write_text("*:*:*:guarded:" + SECRET.replace(":", "\\:") + "\n", encoding="utf-8")
    environ = {way: str(file) if way == "PGPASSFILE" else SECRET}
    book, log, bundle = make_book(tmp_path / "clients.xlsx", 2), tmp_path / "run.log", tmp_path / "bundle.zip"

    runs = [
        guarded.run("send", book, "--yes", "--new-history", "--log-file", log, **environ),
        guarded.run("log", "--json", **environ),
        guarded.run("log", "--diagnose", bundle, **environ),
        guarded.run("key", "status", "--history", **environ),
    ]

    assert [done.returncode for done in runs] == [0] * 4, runs
    assert len(server.accepted) == 2
    assert way in runs[3].stdout
    with zipfile.ZipFile(bundle) as opened:
        told = [opened.read(name).decode() for name in opened.namelist()]
    told += [text for done in runs for text in (done.stdout, done.stderr)]
    assert SECRET not in "".join([*told, log.read_text("utf-8")])


@pytest.mark.slow
@pytest.mark.parametrize("environ", [{}, {"COLLECT_XL_HISTORY_PASSWORD": "wr0ng", "COLLECT_XL_TRACEBACK": "1"}])
def test_server_that_turns_away(guarded, server, tmp_path, environ):
    """Without a password, or with a wrong one, nothing is sent, and the message says where it is looked for."""
    done = guarded.run("send", make_book(tmp_path / "clients.xlsx", 2), "--yes", **environ)

    assert (done.returncode, server.posts) == (6, [])
    assert "refused the user or password" in done.stderr
    assert "collect-xl key status --history" in done.stderr
    assert "wr0ng" not in done.stdout + done.stderr


def test_password_in_the_address_ends_the_run(guarded, server, tmp_path):
    """An address with a password is refused before anything is opened, and is not repeated."""
    place = guarded.environ["COLLECT_XL_HISTORY"].replace("guarded@", "guarded:s3cr3t@")

    done = guarded.run("send", make_book(tmp_path / "clients.xlsx", 2), "--yes", COLLECT_XL_HISTORY=place)

    assert (done.returncode, server.calls) == (2, [])
    assert "collect-xl key set --history" in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr
