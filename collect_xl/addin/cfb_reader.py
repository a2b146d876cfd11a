"""The streams of a compound file ([MS-CFB] version 3), as far as a template's VBA project needs them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from collect_xl.addin.cfb import DIFAT_IN_HEADER, ENTRY, FREE, HEADER, MAGIC, MINI, NO_STREAM, SECTOR, SMALL, STREAM
from collect_xl.errors import AddinError

_VERSION = 3


class _Header(NamedTuple):
    """The fields of ``HEADER`` before the DIFAT, in its order."""

    magic: bytes
    minor_version: int
    version: int
    byte_order: int
    sector_shift: int
    mini_shift: int
    directory_sectors: int
    fat_sectors: int
    directory: int
    transactions: int
    small: int
    mini_fat: int
    mini_fat_sectors: int
    difat: int
    difat_sectors: int


class _Entry(NamedTuple):
    """A directory entry, in the order of ``ENTRY``."""

    name: bytes
    name_size: int
    kind: int
    colour: int
    left: int
    right: int
    child: int
    start: int
    length: int


def read_compound_file(data: bytes) -> dict[str, bytes]:
    """Return the streams by path, such as ``VBA/dir``.

    Raises:
        AddinError: the file is no compound file of version 3, or is damaged.
    """
    try:
        return dict(_Reader(data).streams())
    except (struct.error, IndexError, UnicodeDecodeError, RecursionError):
        raise _damaged() from None


def _damaged() -> AddinError:
    return AddinError("The VBA project of the template is damaged.", tip="Install xlwings again.")


class _Reader:
    """A compound file whose tables have been read."""

    def __init__(self, data: bytes) -> None:
        fields = HEADER.unpack_from(data)
        header = _Header(*fields[:-DIFAT_IN_HEADER])
        if header.magic != MAGIC or header.version != _VERSION:
            raise _damaged()
        if 1 << header.sector_shift != SECTOR or header.difat_sectors != 0:
            raise _damaged()
        self._data = data
        fat_sectors = [sector for sector in fields[-DIFAT_IN_HEADER:] if sector != FREE]
        self._fat = _longs(b"".join(self._sector(sector) for sector in fat_sectors))
        self._entries = [_Entry(*entry) for entry in ENTRY.iter_unpack(self._chained(header.directory))]
        self._mini_fat = _longs(self._chained(header.mini_fat))
        # The root's entry names no bytes of its own, but the stream that all mini sectors are in.
        root = self._entries[0]
        self._mini_stream = self._chained(root.start)[: root.length]

    def streams(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of each stream."""
        yield from self._below(self._entries[0].child, "")

    def _below(self, number: int, folder: str) -> Iterator[tuple[str, bytes]]:
        if number == NO_STREAM:
            return
        entry = self._entries[number]
        path = folder + entry.name[: entry.name_size - 2].decode("utf-16-le")
        yield from self._below(entry.left, folder)
        if entry.kind == STREAM:
            yield path, self._stream(entry)
        else:
            yield from self._below(entry.child, f"{path}/")
        yield from self._below(entry.right, folder)

    def _stream(self, entry: _Entry) -> bytes:
        if entry.length >= SMALL:
            return self._chained(entry.start)[: entry.length]
        sectors = _follow(self._mini_fat, entry.start)
        pieces = (self._mini_stream[sector * MINI : (sector + 1) * MINI] for sector in sectors)
        return b"".join(pieces)[: entry.length]

    def _chained(self, start: int) -> bytes:
        return b"".join(self._sector(sector) for sector in _follow(self._fat, start))

    def _sector(self, number: int) -> bytes:
        # The header takes the place of one sector, so sector 0 is the second piece of the file.
        return self._data[(number + 1) * SECTOR : (number + 2) * SECTOR]


def _follow(table: Sequence[int], start: int) -> Iterator[int]:
    """Yield the members of a chain; one that runs in a circle is damage."""
    sector = start
    # A chain has at most as many members as the table: a longer walk would never end.
    for _ in table:
        # The end of a chain, like all that is no sector, is a number beyond the table.
        if sector >= len(table):
            return
        yield sector
        sector = table[sector]
    if sector < len(table):
        raise _damaged()


def _longs(data: bytes) -> tuple[int, ...]:
    whole = len(data) // 4
    return struct.unpack(f"<{whole}I", data[: whole * 4])
