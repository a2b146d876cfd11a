"""The compression that VBA sources are kept in ([MS-OVBA] 2.4.1), both ways."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator

from collect_xl.errors import AddinError

_SIGNATURE = 1
"""The first byte of a CompressedContainer."""

_CHUNK = 4096
"""How many bytes a chunk stands for; only the last may stand for fewer."""

_COMPRESSED = 0xB000
_RAW = 0x3000
"""Headers of a chunk: signature 0b011, and whether what follows is compressed; the low twelve bits are its size - 3."""

_SHORTEST = 3
"""A copy token pays from three bytes on."""


def compress(data: bytes) -> bytes:
    """Return the CompressedContainer that stands for the bytes.

    Args:
        data: a module's source or the ``dir`` stream.

    Raises:
        AddinError: the last chunk cannot be shortened. A raw chunk is always 4,096 bytes long, so it would come back
            with zeros at its end; text never gets there.
    """
    chunks = (_chunk(data[start : start + _CHUNK]) for start in range(0, len(data), _CHUNK))
    return bytes([_SIGNATURE]) + b"".join(chunks)


def decompress(container: bytes) -> bytes:
    """Return the bytes that a CompressedContainer stands for.

    Raises:
        AddinError: it is damaged.
    """
    if container[:1] != bytes([_SIGNATURE]):
        raise AddinError("The VBA project's compressed text does not begin as it must.")
    try:
        return b"".join(_chunks(container))
    except (IndexError, struct.error):
        raise AddinError("The VBA project's compressed text ends too early.") from None


def _chunks(container: bytes) -> Iterator[bytes]:
    at = 1
    while at < len(container):
        (header,) = struct.unpack_from("<H", container, at)
        end = at + (header & 0x0FFF) + 3
        if header & 0x7000 != _RAW or end > len(container):
            raise AddinError("The VBA project's compressed text holds a chunk that is none.")
        body = container[at + 2 : end]
        yield _unfolded(body) if header & 0x8000 else body
        at = end


def _unfolded(body: bytes) -> bytes:
    out = bytearray()
    at = 0
    while at < len(body):
        flags = body[at]
        at += 1
        for bit in range(8):
            if at >= len(body):
                break
            if flags >> bit & 1:
                _copy(out, *struct.unpack_from("<H", body, at))
                at += 2
            else:
                out.append(body[at])
                at += 1
    return bytes(out)


def _copy(out: bytearray, token: int) -> None:
    bits = _offset_bits(len(out))
    back, length = (token >> (16 - bits)) + 1, (token & (0xFFFF >> bits)) + _SHORTEST
    if back > len(out):
        raise AddinError("The VBA project's compressed text copies from before its beginning.")
    for _ in range(length):  # byte by byte: a copy may overlap what it writes
        out.append(out[-back])


def _offset_bits(position: int) -> int:
    """Return how many bits of a copy token are its offset: what the position needs, at least four (2.4.1.3.19.1)."""
    return max(4, (position - 1).bit_length())


def _chunk(plain: bytes) -> bytes:
    body = b"".join(_groups(plain))
    if len(body) <= _CHUNK:
        return struct.pack("<H", _COMPRESSED | (len(body) - 1)) + body
    if len(plain) < _CHUNK:
        raise AddinError("What is to go into the VBA project cannot be compressed.", tip="Report this as a mistake.")
    return struct.pack("<H", _RAW | (_CHUNK - 1)) + plain


def _groups(plain: bytes) -> Iterator[bytes]:
    """Yield groups of up to eight tokens, each behind the byte that tells copies from literals."""
    tokens = list(_tokens(plain))
    for start in range(0, len(tokens), 8):
        group = tokens[start : start + 8]
        flags = sum(1 << bit for bit, token in enumerate(group) if len(token) > 1)
        yield bytes([flags]) + b"".join(group)


def _tokens(plain: bytes) -> Iterator[bytes]:
    """Yield literals of one byte and copies of two."""
    seen: defaultdict[bytes, list[int]] = defaultdict(list)
    at = 0
    while at < len(plain):
        source, length = _longest(plain, at, seen[plain[at : at + _SHORTEST]])
        if length >= _SHORTEST:
            yield struct.pack("<H", (at - source - 1) << (16 - _offset_bits(at)) | (length - _SHORTEST))
        else:
            length = 1
            yield plain[at : at + 1]
        for passed in range(at, at + length):
            seen[plain[passed : passed + _SHORTEST]].append(passed)
        at += length


def _longest(plain: bytes, at: int, candidates: list[int]) -> tuple[int, int]:
    """Return where the longest match begins and how long it is; the nearest of equals."""
    longest = min((0xFFFF >> _offset_bits(at)) + _SHORTEST, len(plain) - at)
    best = (0, 0)
    for source in reversed(candidates):
        length = _SHORTEST if longest >= _SHORTEST else 0
        while length < longest and plain[source + length] == plain[at + length]:
            length += 1
        best = max(best, (source, length), key=lambda found: found[1])
        if length == longest:
            break
    return best
