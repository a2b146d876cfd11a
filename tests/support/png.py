"""Pictures as rows of dots: cut to what is on them, and written as PNG without another library."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_SHADES = 0xF8
"""Of each colour 32 shades are kept: letters stay sharp, and files small."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of three bytes a dot, row by row."""

    width: int
    height: int
    dots: bytes

    @classmethod
    def from_ppm(cls, file: Path) -> Self:
        """Read what pdftoppm writes."""
        _, size, _, dots = file.read_bytes().split(b"\n", 3)
        width, height = map(int, size.split())
        return cls(width, height, dots)

    @classmethod
    def from_xwd(cls, file: Path) -> Self:
        """Read the screen that Xvfb keeps in a file: four bytes a dot, blue first."""
        data = file.read_bytes()
        head = struct.unpack(">25I", data[:100])
        width, height, line = head[4], head[5], head[12]
        begin = head[0] + 12 * head[19]
        dots = bytearray(3 * width * height)
        rows = b"".join(data[begin + y * line : begin + y * line + 4 * width] for y in range(height))
        dots[0::3], dots[1::3], dots[2::3] = rows[2::4], rows[1::4], rows[0::4]
        return cls(width, height, bytes(dots))

    def row(self, y: int) -> bytes:
        """Return the dots of a row."""
        return self.dots[3 * self.width * y : 3 * self.width * (y + 1)]

    def cut(self, left: int, top: int, right: int, bottom: int) -> Picture:
        """Return a piece, from one corner up to the other."""
        rows = [self.row(y)[3 * left : 3 * right] for y in range(top, bottom)]
        return Picture(right - left, bottom - top, b"".join(rows))

    def trimmed(self, paper: bytes, margin: int = 0, tallest: int | None = None) -> Picture:
        """Return what is on the paper.

        Args:
            paper: the three bytes of a dot with nothing on it.
            margin: dots of paper that stay around it.
            tallest: rows at most; what stands below is left out.
        """
        blank = paper * self.width
        inked = [y for y in range(self.height) if self.row(y) != blank]
        top, bottom = inked[0], inked[-1] + 1
        if tallest is not None:
            bottom = min(bottom, top + tallest)
        columns = [x for x in range(self.width) if self._has_ink(x, paper, inked)]
        left, right = max(columns[0] - margin, 0), min(columns[-1] + 1 + margin, self.width)
        return self.cut(left, max(top - margin, 0), right, min(bottom + margin, self.height))

    def write(self, file: Path) -> None:
        """Write it as PNG."""
        shades = bytes(min(value & _SHADES | value >> 5, 255) for value in range(256))
        dots = self.dots.translate(shades)
        step = 3 * self.width
        lines = b"".join(b"\0" + dots[at : at + step] for at in range(0, len(dots), step))
        head = struct.pack(">IIBBBBB", self.width, self.height, 8, 2, 0, 0, 0)
        parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
        file.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_part(name, data) for name, data in parts))

    def _has_ink(self, x: int, paper: bytes, rows: list[int]) -> bool:
        step = 3 * self.width
        return any(self.dots[step * y + 3 * x : step * y + 3 * x + 3] != paper for y in rows)


def _part(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
