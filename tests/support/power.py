"""What a disk holds when the power goes: only what was synced, told from the system calls of a run."""

from __future__ import annotations

import codecs
import os
import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

CALLS = "openat,pwrite64,write,fsync,fdatasync,ftruncate,unlink,sendto"
"""What a run may do to the journal's files and to the network."""

OPTIONS = ("-y", "-xx", "-s", "70000", "-e", f"trace={CALLS}", "--seccomp-bpf")
"""Of strace: paths of handles, and all bytes in hexadecimal digits."""

_CALL = re.compile(r"^\d+ +(\w+)\((.*)\) += (-?\d+)")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_HANDLE = re.compile(r"^(\d+)<((?:[^<>]|<[^<>]*>)*)>")


@dataclass(slots=True)
class Call:
    """One system call that succeeded."""

    name: str
    path: str
    data: bytes = b""
    at: int = 0
    created: bool = False


@dataclass(slots=True)
class Disk:
    """The journal's files: what is safe, and what only the system's memory holds."""

    safe: dict[str, bytearray] = field(default_factory=dict)
    pending: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)
    """Made, but their folder was not synced since: the power takes the whole file."""

    def take(self, call: Call) -> None:
        """Follow a call."""
        if call.name == "openat" and call.created and call.path not in self.safe:
            self.safe[call.path] = bytearray()
            self.unnamed.add(call.path)
        elif call.name in {"pwrite64", "write"} and call.path in self.safe:
            self.pending.setdefault(call.path, []).append((call.at, call.data))
        elif call.name == "ftruncate" and call.path in self.safe:
            self._sync(call.path)
            del self.safe[call.path][call.at :]
        elif call.name in {"fsync", "fdatasync"}:
            self._sync(call.path)
            self.unnamed -= {path for path in self.unnamed if os.path.dirname(path) == call.path}  # noqa: PTH120
        elif call.name == "unlink":
            self.safe.pop(call.path, None)
            self.pending.pop(call.path, None)

    def _sync(self, path: str) -> None:
        for at, data in self.pending.pop(path, ()):
            _put(self.safe[path], at, data)

    def after_power_loss(self, folder: Path, *, kept: int = 0) -> None:
        """Write the files as they are after the power has gone.

        Args:
            folder: where.
            kept: how many of the writes to each file that nobody synced have reached the disk all the same.
        """
        for path, content in self.safe.items():
            file = bytearray(content)
            for at, data in self.pending.get(path, [])[:kept]:
                _put(file, at, data)
            if path not in self.unnamed:
                (folder / Path(path).name).write_bytes(file)


def _put(file: bytearray, at: int, data: bytes) -> None:
    file.extend(bytes(max(0, at + len(data) - len(file))))
    file[at : at + len(data)] = data


def calls_of(out: Path) -> Iterator[Call]:
    """Yield what strace told, in order; the path of what is sent is that of its socket."""
    with out.open(encoding="utf-8") as lines:
        for line in lines:
            assert "<unfinished" not in line, line[:200]
            found = _CALL.match(line)
            if found and int(found[3]) >= 0:
                yield _call(found[1], found[2])


def _call(name: str, words: str) -> Call:
    texts = [codecs.escape_decode(each)[0] for each in _TEXT.findall(words)]
    if name in {"openat", "unlink"}:
        return Call(name, texts[0].decode(), created="O_CREAT" in words)
    path = codecs.escape_decode(_HANDLE.match(words)[2])[0].decode()
    if name == "pwrite64":
        return Call(name, path, texts[0], int(words.rpartition(", ")[2]))
    return Call(name, path, texts[0] if texts else b"", int(words.rpartition(", ")[2]) if name == "ftruncate" else 0)


def held(folder: Path, name: str = "journal.sqlite3") -> set[str]:
    """Return the keys that are held in the journal of a folder; it must be whole."""
    if not (folder / name).exists():
        return set()
    with closing(sqlite3.connect(folder / name)) as db:
        assert db.execute("PRAGMA quick_check").fetchone() == ("ok",)
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'held'").fetchone():
            return set()
        return {key for (key,) in db.execute("SELECT key FROM held")}


def bodies(calls: Iterable[Call]) -> Iterator[tuple[Call, bool]]:
    """Yield each call, and whether it sends the body of a ``POST /requests``."""
    posting: set[str] = set()
    for call in calls:
        is_body = call.name == "sendto" and call.path in posting and not call.data.startswith((b"GET ", b"POST "))
        if call.name == "sendto" and call.data.startswith(b"POST /v1/requests"):
            posting.add(call.path)
        elif call.name == "sendto":
            posting.discard(call.path)
        yield call, is_body
