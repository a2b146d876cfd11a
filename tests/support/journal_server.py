"""A PostgreSQL server of our own for the journal's contract, in a temporary folder."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pwd import struct_passwd


GUARD = "host all guarded 127.0.0.1/32 scram-sha-256\n"
"""Whoever is called ``guarded`` needs a password; everybody else is let in."""


def binaries() -> Path | None:
    """Return the folder of the newest PostgreSQL server that is installed; on Windows none is begun from here."""
    if os.name != "posix":
        return None
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    on_path = shutil.which("initdb")
    return installed[-1].parent if installed else Path(on_path).parent if on_path else None


@contextmanager
def running(programs: Path) -> Iterator[str]:
    """Run a server that waits for its disk, as ours must; yield its URL."""
    # Not under pytest's own folder, which nobody but its user may enter; in memory where that is to be had.
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(prefix="collect-xl-postgres-", dir=memory) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            os.chown(folder, _owner().pw_uid, -1)
        _run([programs / "initdb", "-D", folder / "data", "-U", "tester", "-A", "trust", "--no-sync"], folder)
        rules = folder / "data" / "pg_hba.conf"
        rules.write_text(GUARD + rules.read_text("utf-8"), encoding="utf-8")
        control = [programs / "pg_ctl", "-D", folder / "data", "-w"]
        port = _free_port()
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
        _run([*control, "-l", folder / "log", "-o", options, "start"], folder)
        try:
            yield f"postgresql://tester@127.0.0.1:{port}/postgres"
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _run(command: Sequence[str | Path], folder: Path) -> None:
    # The server refuses to run as root, as which containers run tests.
    user = _owner().pw_name if os.geteuid() == 0 else None
    group = _owner().pw_gid if user else None
    subprocess.run(command, check=True, cwd=folder, user=user, group=group, stdout=subprocess.DEVNULL, timeout=180)


def _owner() -> struct_passwd:
    import pwd  # noqa: PLC0415  # not on Windows

    names = {entry.pw_name for entry in pwd.getpwall()}
    return pwd.getpwnam("postgres" if "postgres" in names else "nobody")
