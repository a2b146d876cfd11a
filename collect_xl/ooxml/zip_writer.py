"""A new zip: members copied byte for byte, changed ones deflated, the directory as it was but for them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.deflate import LEVEL, zlib
from collect_xl.ooxml.zip_reader import CENTRAL_ENTRY, LOCAL_HEADER, Archive, Member

_DEFLATED = 8
_UTF8_NAME = 0x800
_VERSION = 20
"""Of the zip format, 2.0: what a reader needs for deflated members."""
_DOS_EPOCH = (0, 0x21)
"""Time and date of midnight of 1 January 1980, which Excel gives its members."""
_LIMIT_32 = 0xFFFFFFFF
_LIMIT_16 = 0xFFFF
_ZIP64 = 1
"""The kind of extra field that holds sizes and an offset beyond 4 GB."""
_ZIP64_VERSION = 45
_LARGE = 512 << 20
"""Room for zip64 sizes is kept in the header of members that had at least this many bytes."""
_ROOM = struct.Struct("<2H2Q")
_PADDING = struct.pack("<4H12x", 0xA220, 16, 0xA028, 0)
"""The growth hint of Open Packaging, of the size of a zip64 field: what fills that room when it is not needed."""
_EXTRA_HEADER = struct.Struct("<2H")


class _Sizes(NamedTuple):
    """What a header says of a member's content."""

    crc: int
    packed: int
    size: int


class _Header(NamedTuple):
    """What local header and directory entry of a changed member have in common."""

    name: bytes
    version: int
    flags: int
    time: int
    date: int


class _EntryFields(NamedTuple):
    """The fixed part of a directory entry (APPNOTE 4.3.12)."""

    signature: bytes
    made_by: int
    version: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    packed: int
    size: int
    name_length: int
    extra_length: int
    comment_length: int
    disk: int
    internal_attributes: int
    external_attributes: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A member of the new file: its old directory entry, with what is new about it."""

    raw: bytes
    offset: int
    sizes: _Sizes | None = None
    """Of a changed member."""


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
        """Append a member as it is in the old file."""
        self._entries[member.raw_name] = _Entry(member.entry, self._file.tell())
        for chunk in self._archive.record(member):
            self._file.write(chunk)

    def change(self, member: Member, content: Iterable[bytes]) -> None:
        """Append a member with new content, under its old name, date and attributes."""
        fields = _fields_of(member.entry)
        header = _Header(member.raw_name, fields.version, fields.flags & _UTF8_NAME, fields.time, fields.date)
        self._write(header, member.entry, content, large=member.info.file_size >= _LARGE)

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Append a member that the old file lacks."""
        header = _Header(name.encode(), _VERSION, 0, *_DOS_EPOCH)
        self._write(header, _new_entry(header), content, large=False)

    def _write(self, header: _Header, entry: bytes, content: Iterable[bytes], *, large: bool) -> None:
        # the header holds sizes that are known only at the end: its place is kept free until then
        start = self._file.tell()
        header_size = LOCAL_HEADER.size + len(header.name)
        if large:
            header_size += _ROOM.size
        self._file.write(bytes(header_size))
        crc, size = self._deflate(content)
        end = self._file.tell()
        sizes = _Sizes(crc, end - start - header_size, size)
        self._file.seek(start)
        self._file.write(_local_header(header, sizes, large=large))
        self._file.seek(end)
        self._entries[header.name] = _Entry(entry, start, sizes)

    def _deflate(self, content: Iterable[bytes]) -> tuple[int, int]:
        """Write the content deflated; return its CRC and its size."""
        crc = 0
        size = 0
        compressor = zlib.compressobj(LEVEL, zlib.DEFLATED, -15)
        # the compressor lets other threads run: it works while the next chunk is made
        with ThreadPoolExecutor(max_workers=1) as worker:
            ahead: Future[bytes] | None = None
            for chunk in content:
                if ahead is not None:
                    self._file.write(ahead.result())
                ahead = worker.submit(compressor.compress, chunk)
                crc = zlib.crc32(chunk, crc)
                size += len(chunk)
            if ahead is not None:
                self._file.write(ahead.result())
        self._file.write(compressor.flush())
        return crc, size

    def close(self) -> None:
        """Write the directory: the old members in their old order, then those that are new."""
        start = self._file.tell()
        names = [member.raw_name for member in self._archive.members]
        names += [name for name in self._entries if name not in set(names)]
        for name in names:
            self._file.write(_central_entry(self._entries[name]))
        size = self._file.tell() - start
        self._file.write(_end_records(len(names), size, start, self._archive.comment))


def _fields_of(entry: bytes) -> _EntryFields:
    return _EntryFields(*CENTRAL_ENTRY.unpack_from(entry))


def _new_entry(header: _Header) -> bytes:
    """Return the entry of a member that the old file lacks, without sizes and offset."""
    fields = _EntryFields(
        signature=b"PK\1\2",
        made_by=_VERSION,
        version=header.version,
        flags=header.flags,
        method=_DEFLATED,
        time=header.time,
        date=header.date,
        crc=0,
        packed=0,
        size=0,
        name_length=len(header.name),
        extra_length=0,
        comment_length=0,
        disk=0,
        internal_attributes=0,
        external_attributes=0,
        offset=0,
    )
    return CENTRAL_ENTRY.pack(*fields) + header.name


def _local_header(header: _Header, sizes: _Sizes, *, large: bool) -> bytes:
    version = header.version
    crc, packed, size = sizes
    room = _PADDING if large else b""
    if max(packed, size) >= _LIMIT_32:
        # without room the sizes do not fit, and the content is behind the header already
        if not large:
            raise WorkbookRefused(
                "The sheet would grow beyond 4 GB.", tip="Write shorter texts, or split the workbook in two."
            )
        room = _ROOM.pack(_ZIP64, 16, size, packed)
        version = _ZIP64_VERSION
        packed = _LIMIT_32
        size = _LIMIT_32
    fixed = LOCAL_HEADER.pack(
        b"PK\3\4",
        version,
        header.flags,
        _DEFLATED,
        header.time,
        header.date,
        crc,
        packed,
        size,
        len(header.name),
        len(room),
    )
    return fixed + header.name + room


def _central_entry(entry: _Entry) -> bytes:
    """Return an old directory entry with its new offset, and new sizes if it changed."""
    fields = _fields_of(entry.raw)
    name_end = CENTRAL_ENTRY.size + fields.name_length
    extra_end = name_end + fields.extra_length
    name = entry.raw[CENTRAL_ENTRY.size : name_end]
    extra = entry.raw[name_end:extra_end]
    comment = entry.raw[extra_end:]
    if entry.sizes is None:
        sizes = _old_sizes(fields, extra)
    else:
        sizes = entry.sizes
        fields = fields._replace(flags=fields.flags & _UTF8_NAME, method=_DEFLATED)

    # what does not fit into 32 bits goes into a zip64 field, in this order and without the others
    wide = [value for value in (sizes.size, sizes.packed, entry.offset) if value >= _LIMIT_32]
    extra = _without_zip64(extra)
    if wide:
        extra = struct.pack(f"<2H{len(wide)}Q", _ZIP64, 8 * len(wide), *wide) + extra
        fields = fields._replace(version=max(fields.version, _ZIP64_VERSION))
    fields = fields._replace(
        crc=sizes.crc,
        packed=min(sizes.packed, _LIMIT_32),
        size=min(sizes.size, _LIMIT_32),
        extra_length=len(extra),
        offset=min(entry.offset, _LIMIT_32),
    )
    return CENTRAL_ENTRY.pack(*fields) + name + extra + comment


def _extra_fields(extra: bytes) -> list[tuple[int, bytes]]:
    """Return kind and bytes of each extra field; kind -1 is the rest."""
    fields = []
    place = 0
    while place + _EXTRA_HEADER.size <= len(extra):
        kind, length = _EXTRA_HEADER.unpack_from(extra, place)
        end = place + _EXTRA_HEADER.size + length
        fields.append((kind, extra[place:end]))
        place = end
    fields.append((-1, extra[place:]))
    return fields


def _old_sizes(fields: _EntryFields, extra: bytes) -> _Sizes:
    """Return the sizes in an old entry; those beyond 4 GB are in its zip64 field."""
    packed = fields.packed
    size = fields.size
    wide = b""
    for kind, field in _extra_fields(extra):
        if kind == _ZIP64:
            wide = field[_EXTRA_HEADER.size :]
            break
    if size == _LIMIT_32:
        size = int.from_bytes(wide[:8], "little")
        wide = wide[8:]
    if packed == _LIMIT_32:
        packed = int.from_bytes(wide[:8], "little")
    return _Sizes(fields.crc, packed, size)


def _without_zip64(extra: bytes) -> bytes:
    return b"".join(field for kind, field in _extra_fields(extra) if kind != _ZIP64)


def _end_records(count: int, size: int, start: int, comment: bytes) -> bytes:
    """Return what follows the directory, with zip64 records for figures beyond the others."""
    wide = b""
    if count >= _LIMIT_16 or size >= _LIMIT_32 or start >= _LIMIT_32:
        wide = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, start)
        wide += struct.pack("<4sLQL", b"PK\6\7", 0, start + size, 1)
    short_count = min(count, _LIMIT_16)
    end = struct.pack(
        "<4s4H2LH",
        b"PK\5\6",
        0,
        0,
        short_count,
        short_count,
        min(size, _LIMIT_32),
        min(start, _LIMIT_32),
        len(comment),
    )
    return wide + end + comment
