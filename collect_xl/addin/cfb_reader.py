"""The streams of a compound file ([MS-CFB] version 3), as far as a template's VBA project needs them."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from collect_xl.addin.cfb import DIFAT_IN_HEADER, ENTRY, FREE, HEADER, MAGIC, MINI, NOBODY, SECTOR, SMALL, STREAM
from collect_xl.errors import AddinError


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
        magic, _, version, _, shift, _, _, _, directory, _, _, mini_start, _, _, difats, *difat = HEADER.unpack_from(
            data
        )
        if magic != MAGIC or (version, 1 << shift, difats) != (3, SECTOR, 0):
            raise _damaged()
        self._data = data
        used = [sector for sector in difat[:DIFAT_IN_HEADER] if sector != FREE]
        self._fat = _longs(b"".join(map(self._sector, used)))
        self._entries = list(ENTRY.iter_unpack(self._chained(directory)))
        root = self._entries[0]
        self._mini_fat = _longs(self._chained(mini_start))
        self._mini = self._chained(root[-2])[: root[-1]]

    def streams(self) -> Iterator[tuple[str, bytes]]:
        """Yield path and bytes of each stream."""
        yield from self._below(self._entries[0][6], "")

    def _below(self, number: int, folder: str) -> Iterator[tuple[str, bytes]]:
        if number == NOBODY:
            return
        raw, size, kind, _, left, right, child, start, length = self._entries[number]
        path = folder + raw[: size - 2].decode("utf-16-le")
        yield from self._below(left, folder)
        if kind == STREAM:
            yield path, self._stream(start, length)
        else:
            yield from self._below(child, f"{path}/")
        yield from self._below(right, folder)

    def _stream(self, start: int, length: int) -> bytes:
        if length >= SMALL:
            return self._chained(start)[:length]
        pieces = (self._mini[at * MINI : (at + 1) * MINI] for at in _follow(self._mini_fat, start))
        return b"".join(pieces)[:length]

    def _chained(self, start: int) -> bytes:
        return b"".join(map(self._sector, _follow(self._fat, start)))

    def _sector(self, number: int) -> bytes:
        return self._data[(number + 1) * SECTOR : (number + 2) * SECTOR]


def _follow(table: Sequence[int], start: int) -> Iterator[int]:
    """Yield the members of a chain; one that runs in a circle is damage."""
    at = start
    for _ in table:
        if at >= len(table):  # the end, or what is no sector
            return
        yield at
        at = table[at]
    if at < len(table):
        raise _damaged()


def _longs(data: bytes) -> tuple[int, ...]:
    return struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
