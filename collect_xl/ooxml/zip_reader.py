"""The zip container: members inflated within limits, or copied byte for byte."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

from collect_xl.domain.own_files import open_regular
from collect_xl.errors import DamagedWorkbook, DiskError, HostileWorkbook, NotAWorkbook
from collect_xl.ooxml.deflate import zlib
from collect_xl.ooxml.held_file import unreadable

CHUNK = 1 << 17

MAX_MEMBERS = 100_000
MAX_DECLARED = 16 << 30
"""Bytes of all members together; a sheet of 1,048,576 rows and 100 full columns has about 6 GB."""
MAX_RATIO = 1_000
"""Deflate cannot do better than 1,032:1; sheets of real workbooks stay below 100:1."""
RATIO_FROM = 8 << 20
"""Smaller members may have any ratio: they do no harm."""

_AFTER_DIRECTORY = {b"PK\5\6", b"PK\6\6", b"PK\5\5"}
"""What may follow: the end record, the one of zip64, a signature of the directory."""

LOCAL_HEADER = struct.Struct("<4s5H3L2H")
CENTRAL_ENTRY = struct.Struct("<4s6H3L5H2L")
_LENGTHS_FROM = 10
"""Of the fields of a central entry, the first of the three lengths of what follows it: name, extra field, comment."""

_REPAIR = "Open the workbook in Excel, let it repair the file, and save it."


@dataclass(frozen=True, slots=True)
class Member:
    """One file inside the zip."""

    name: str
    """As people see it, with ``/`` between folders."""
    info: zipfile.ZipInfo
    entry: bytes
    """Its entry of the central directory, as it is in the file."""

    @property
    def raw_name(self) -> bytes:
        """The name's bytes as they are in the file."""
        name_length = CENTRAL_ENTRY.unpack_from(self.entry)[_LENGTHS_FROM]
        return self.entry[CENTRAL_ENTRY.size : CENTRAL_ENTRY.size + name_length]


class Archive:
    """A zip file opened for reading.

    Args:
        path: an existing file that begins as a zip does.

    Raises:
        DamagedWorkbook: its directory cannot be read.
        HostileWorkbook: what it declares is beyond any real workbook.
        NotAWorkbook: its members are encrypted.
        DiskError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = open_regular(path)
        except OSError as wrong:
            raise unreadable(path, wrong) from wrong
        try:
            self._read_directory()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _read_directory(self) -> None:
        try:
            with zipfile.ZipFile(self._file) as opened:
                self.comment = opened.comment
                self.members = tuple(_members(self._file, opened))
                self._ends = _ends(opened)
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError, OSError) as wrong:
            raise DamagedWorkbook(f"{self.path.name} is cut short or damaged: {wrong}.", tip=_REPAIR) from wrong
        _refuse_excess(self.path.name, self.members)

    def inflated(self, member: Member, limit: int) -> Iterator[bytes]:
        """Yield a member's content in chunks, and check its length and CRC at the end.

        Raises:
            DamagedWorkbook: the content does not fit what the directory says.
            HostileWorkbook: it has more than ``limit`` bytes.
        """
        info = member.info
        if info.file_size > limit:
            raise HostileWorkbook(
                f"{member.name} holds {info.file_size:,} bytes; at most {limit:,} are read.",
                tip="If you trust the workbook, copy the contacts into a new one.",
            )
        size = 0
        crc = 0
        try:
            for chunk in self._decoded(member):
                size += len(chunk)
                # More than was declared is given to no caller: limits were checked by what is declared.
                if size > info.file_size:
                    break
                crc = zlib.crc32(chunk, crc)
                yield chunk
        except zlib.error as wrong:
            raise DamagedWorkbook(f"{member.name} is damaged: {wrong}.", tip=_REPAIR) from wrong
        if (size, crc) != (info.file_size, info.CRC):
            raise DamagedWorkbook(f"{member.name} is damaged: its check sum or length is wrong.", tip=_REPAIR)

    def _decoded(self, member: Member) -> Iterator[bytes]:
        match member.info.compress_type:
            case zipfile.ZIP_STORED:
                yield from self._compressed(member)
            case zipfile.ZIP_DEFLATED:
                yield from _inflate(self._compressed(member))
            case other:
                raise DamagedWorkbook(
                    f"{member.name} is compressed in a way that workbooks do not use (method {other}).",
                    tip="Open the workbook in Excel and save it.",
                )

    def _compressed(self, member: Member) -> Iterator[bytes]:
        start = self._content(member)
        return self._bytes(start, start + member.info.compress_size)

    def record(self, member: Member) -> Iterator[bytes]:
        """Yield a member as it is in the file: header, compressed bytes, and what follows up to the next one."""
        self._content(member)
        start = member.info.header_offset
        return self._bytes(start, self._ends[start])

    def _content(self, member: Member) -> int:
        """Return where a member's compressed bytes begin; directory and local header must agree."""
        offset = member.info.header_offset
        header = self._read(offset, LOCAL_HEADER.size) if offset >= 0 else b""
        if len(header) == LOCAL_HEADER.size:
            signature, *_, name_length, extra_length = LOCAL_HEADER.unpack(header)
            name = self._read(offset + LOCAL_HEADER.size, name_length)
            start: int = offset + LOCAL_HEADER.size + name_length + extra_length
            fits = start + member.info.compress_size <= self._ends[offset]
            if signature == b"PK\3\4" and fits and _same_name(name, member.raw_name):
                return start
        # A program that goes by the directory and one that goes by the headers would see two different workbooks.
        raise DamagedWorkbook(f"{self.path.name} is damaged: {member.name} is not where it should be.", tip=_REPAIR)

    def _bytes(self, start: int, end: int) -> Iterator[bytes]:
        while start < end:
            chunk = self._read(start, min(CHUNK, end - start))
            if not chunk:
                raise DamagedWorkbook(f"{self.path.name} is cut short.", tip=_REPAIR)
            start += len(chunk)
            yield chunk

    def _read(self, offset: int, size: int) -> bytes:
        try:
            self._file.seek(offset)
            return self._file.read(size)
        except OSError as wrong:
            raise DiskError(
                f"{self.path.name} cannot be read any more: {wrong.strerror}.", tip="Check the disk or the network."
            ) from wrong


def _same_name(one: bytes, other: bytes) -> bool:
    # Some programs write one kind of slash in the directory and the other one in the header.
    return one.replace(b"\\", b"/").lower() == other.replace(b"\\", b"/").lower()


def _inflate(compressed: Iterator[bytes]) -> Iterator[bytes]:
    inflater = zlib.decompressobj(-15)
    for piece in compressed:
        rest = piece
        while rest and not inflater.eof:
            # Never more than a chunk at once: a bomb grows a thousandfold before its size could be checked.
            chunk = inflater.decompress(rest, CHUNK)
            rest = inflater.unconsumed_tail
            if chunk:
                yield chunk
    # The input is used up, but a full chunk may have left output behind in the inflater.
    while not inflater.eof:
        chunk = inflater.decompress(b"", CHUNK)
        if not chunk:
            return
        yield chunk


def _members(file: BinaryIO, opened: zipfile.ZipFile) -> Iterator[Member]:
    file.seek(opened.start_dir)
    for info in opened.infolist():
        fixed = file.read(CENTRAL_ENTRY.size)
        lengths = CENTRAL_ENTRY.unpack(fixed)[_LENGTHS_FROM : _LENGTHS_FROM + 3]
        rest = file.read(sum(lengths))
        yield Member(info.orig_filename.replace("\\", "/").lstrip("/"), info, fixed + rest)
    if file.read(4) not in _AFTER_DIRECTORY:
        raise zipfile.BadZipFile("its directory does not end where it should")


def _ends(opened: zipfile.ZipFile) -> dict[int, int]:
    """Return where each member's bytes must end at the latest, by where they begin."""
    # Members may be in any order, and two that claim one place end at the same one.
    starts = sorted({info.header_offset for info in opened.infolist()})
    return dict(pairwise([*starts, opened.start_dir]))


def _refuse_excess(name: str, members: tuple[Member, ...]) -> None:
    if any(member.info.flag_bits & 1 for member in members):
        raise NotAWorkbook(
            f"{name} is a zip with a password.", tip="Unpack it, and save the workbook without a password."
        )
    what = _excess(members)
    if what:
        raise HostileWorkbook(
            f"{name} is built to exhaust its reader: {what}.",
            tip="If you trust its sender, copy the contacts into a new workbook.",
        )


def _excess(members: tuple[Member, ...]) -> str:
    """Return what is beyond any real workbook, or nothing."""
    for member in members:
        size = member.info.file_size
        if size > max(RATIO_FROM, MAX_RATIO * member.info.compress_size):
            return f"{member.name} is packed more than {MAX_RATIO:,}:1"
    declared = sum(member.info.file_size for member in members)
    if len(members) > MAX_MEMBERS or declared > MAX_DECLARED:
        return f"{len(members):,} parts, {declared:,} bytes"
    return ""
