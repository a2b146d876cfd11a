"""A zip written anew: members copied byte for byte, changed ones deflated, the directory as it was but for them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO

from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.deflate import LEVEL, zlib
from collect_xl.ooxml.zip_reader import CENTRAL_ENTRY, LOCAL_HEADER, Archive, Member

__all__ = ["Rewrite"]

_DEFLATED = 8
_UTF8_NAME = 0x800
_DOS_EPOCH = (0, 0x21)
"""Midnight of 1 January 1980, the time that Excel gives its members."""
_LIMIT_32 = 0xFFFFFFFF
_LIMIT_16 = 0xFFFF
_ZIP64 = 1
_ZIP64_VERSION = 45
_LARGE = 512 << 20
"""Room for zip64 sizes is kept in the header of members that had at least this many bytes."""
_ROOM = struct.Struct("<2H2Q")
_PADDING = struct.pack("<4H12x", 0xA220, 16, 0xA028, 0)
"""The growth hint of Open Packaging, of the size of a zip64 field: what fills that room when it is not needed."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member of the new file: its old directory entry, with what is new about it."""

    raw: bytes
    offset: int
    sizes: tuple[int, int, int] | None = None
    """CRC, compressed and uncompressed size of a changed member."""


class Rewrite:
    """A new zip that is filled member by member and then closed.

    Args:
        archive: where the unchanged members come from.
        file: an empty file, open for writing and reading, at its beginning.
    """

    def __init__(self, archive: Archive, file: BinaryIO) -> None:
        self._archive = archive
        self._file = file
        self._entries: dict[bytes, _Entry] = {}

    def copy(self, member: Member) -> None:
        """Append a member as it stands in the old file."""
        self._entries[member.raw_name] = _Entry(member.entry, self._file.tell())
        for chunk in self._archive.record(member):
            self._file.write(chunk)

    def change(self, member: Member, content: Iterable[bytes]) -> None:
        """Append a member with new content, under its old name, date and attributes."""
        _, _, version, flags, _, time, date, *_ = CENTRAL_ENTRY.unpack_from(member.entry)
        large = member.info.file_size >= _LARGE
        self._write(member.raw_name, member.entry, (version, flags & _UTF8_NAME, time, date), content, large=large)

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Append a member that the old file lacks."""
        raw_name = name.encode()
        fixed = (b"PK\1\2", 20, 20, 0, _DEFLATED, *_DOS_EPOCH, 0, 0, 0, len(raw_name), 0, 0, 0, 0, 0, 0)
        self._write(raw_name, CENTRAL_ENTRY.pack(*fixed) + raw_name, (20, 0, *_DOS_EPOCH), content, large=False)

    def _write(
        self, name: bytes, entry: bytes, facts: tuple[int, int, int, int], content: Iterable[bytes], *, large: bool
    ) -> None:
        offset = self._file.tell()
        header_size = LOCAL_HEADER.size + len(name) + (_ROOM.size if large else 0)
        self._file.write(bytes(header_size))
        crc, size = self._deflate(content)
        packed, end = self._file.tell() - offset - header_size, self._file.tell()
        self._file.seek(offset)
        self._file.write(_local_header(name, facts, (crc, packed, size), large=large))
        self._file.seek(end)
        self._entries[name] = _Entry(entry, offset, (crc, packed, size))

    def _deflate(self, content: Iterable[bytes]) -> tuple[int, int]:
        crc = size = 0
        deflater = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        # the compressor lets other threads run: it works while the next chunk is made
        with ThreadPoolExecutor(max_workers=1) as worker:
            ahead = None
            for chunk in content:
                if ahead:
                    self._file.write(ahead.result())
                ahead = worker.submit(deflater.compress, chunk)
                crc, size = zlib.crc32(chunk, crc), size + len(chunk)
            self._file.write(ahead.result() if ahead else b"")
        self._file.write(deflater.flush())
        return crc, size

    def close(self) -> None:
        """Write the directory: the old members in their old order, then those that are new."""
        start = self._file.tell()
        old = [member.raw_name for member in self._archive.members]
        names = [*old, *(name for name in self._entries if name not in set(old))]
        for name in names:
            self._file.write(_central_entry(self._entries[name]))
        size = self._file.tell() - start
        self._file.write(_end(len(names), size, start, self._archive.comment))


def _local_header(name: bytes, facts: tuple[int, int, int, int], sizes: tuple[int, int, int], *, large: bool) -> bytes:
    version, flags, time, date = facts
    crc, packed, size = sizes
    room = b""
    if max(packed, size) >= _LIMIT_32:
        if not large:
            raise WorkbookRefused(
                "The sheet would grow beyond 4 GB.", tip="Write shorter texts, or split the workbook in two."
            )
        room = _ROOM.pack(_ZIP64, 16, size, packed)
        version, packed, size = _ZIP64_VERSION, _LIMIT_32, _LIMIT_32
    elif large:
        room = _PADDING
    fixed = (b"PK\3\4", version, flags, _DEFLATED, time, date, crc, packed, size, len(name), len(room))
    return LOCAL_HEADER.pack(*fixed) + name + room


def _central_entry(entry: _Entry) -> bytes:
    """Return an old directory entry with its new offset and, where the member changed, its new sizes."""
    fields = list(CENTRAL_ENTRY.unpack_from(entry.raw))
    name_length, extra_length = fields[10:12]
    name, rest = entry.raw[CENTRAL_ENTRY.size :][:name_length], entry.raw[CENTRAL_ENTRY.size + name_length :]
    extra, comment = rest[:extra_length], rest[extra_length:]
    crc, packed, size = entry.sizes or (fields[7], *_old_sizes(fields[8], fields[9], extra))
    if entry.sizes:
        fields[3], fields[4] = fields[3] & _UTF8_NAME, _DEFLATED
    wide = [value for value in (size, packed, entry.offset) if value >= _LIMIT_32]
    extra = _without_zip64(extra)
    if wide:
        fields[2] = max(fields[2], _ZIP64_VERSION)
        extra = struct.pack(f"<2H{len(wide)}Q", _ZIP64, 8 * len(wide), *wide) + extra
    fields[7:10] = crc, min(packed, _LIMIT_32), min(size, _LIMIT_32)
    fields[11], fields[16] = len(extra), min(entry.offset, _LIMIT_32)
    return CENTRAL_ENTRY.pack(*fields) + name + extra + comment


def _fields(extra: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<2H", extra, at)
        found.append((kind, extra[at : at + 4 + length]))
        at += 4 + length
    return [*found, (-1, extra[at:])]


def _old_sizes(packed: int, size: int, extra: bytes) -> tuple[int, int]:
    wide = next((field[4:] for kind, field in _fields(extra) if kind == _ZIP64), b"")
    if size == _LIMIT_32:
        size, wide = int.from_bytes(wide[:8], "little"), wide[8:]
    if packed == _LIMIT_32:
        packed = int.from_bytes(wide[:8], "little")
    return packed, size


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(field for kind, field in _fields(extra) if kind != _ZIP64)


def _end(count: int, size: int, start: int, comment: bytes) -> bytes:
    wide = b""
    if count >= _LIMIT_16 or size >= _LIMIT_32 or start >= _LIMIT_32:
        record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        wide = record + struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    short = min(count, _LIMIT_16)
    fixed = (b"PK\5\6", 0, 0, short, short, min(size, _LIMIT_32), min(start, _LIMIT_32), len(comment))
    return wide + struct.pack("<4s4H2LH", *fixed) + comment
