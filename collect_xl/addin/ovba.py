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
_HEADER_MARK = 0x7000
_HEADER_SIZE = 0x0FFF
_IS_COMPRESSED = 0x8000
"""The parts of such a header: the signature, the size, and the bit of a compressed chunk."""

_SHORTEST = 3
"""A copy token pays from three bytes on."""

_TOKENS_IN_A_GROUP = 8


def compress(data: bytes) -> bytes:
    """Return the CompressedContainer that stands for the bytes.

    Args:
        data: a module's source or the ``dir`` stream.

    Raises:
        AddinError: the last chunk cannot be shortened. A raw chunk is always 4,096 bytes long, so it would come back
            with zeros at its end; text never gets there.
    """
    starts = range(0, len(data), _CHUNK)
    chunks = (_packed_chunk(data[start : start + _CHUNK]) for start in starts)
    return bytes([_SIGNATURE]) + b"".join(chunks)


def decompress(container: bytes) -> bytes:
    """Return the bytes that a CompressedContainer stands for.

    Raises:
        AddinError: it is damaged.
    """
    if container[:1] != bytes([_SIGNATURE]):
        raise AddinError("The VBA project's compressed text does not begin as it must.")
    try:
        return b"".join(_plain_chunks(container))
    except (IndexError, struct.error):
        raise AddinError("The VBA project's compressed text ends too early.") from None


def _plain_chunks(container: bytes) -> Iterator[bytes]:
    position = 1
    while position < len(container):
        (header,) = struct.unpack_from("<H", container, position)
        end = position + (header & _HEADER_SIZE) + 3
        if header & _HEADER_MARK != _RAW or end > len(container):
            raise AddinError("The VBA project's compressed text holds a chunk that is none.")
        body = container[position + 2 : end]
        if header & _IS_COMPRESSED:
            yield _unfolded(body)
        else:
            yield body
        position = end


def _unfolded(body: bytes) -> bytes:
    """Return what the tokens of a chunk stand for."""
    out = bytearray()
    position = 0
    while position < len(body):
        flags = body[position]
        position += 1
        # Each bit of the flags says what the next token is: a copy of two bytes, or a byte as it is.
        for bit in range(_TOKENS_IN_A_GROUP):
            if position >= len(body):
                break
            if flags >> bit & 1:
                (token,) = struct.unpack_from("<H", body, position)
                _copy(out, token)
                position += 2
            else:
                out.append(body[position])
                position += 1
    return bytes(out)


def _copy(out: bytearray, token: int) -> None:
    bits = _offset_bits(len(out))
    back = (token >> (16 - bits)) + 1
    length = (token & (0xFFFF >> bits)) + _SHORTEST
    if back > len(out):
        raise AddinError("The VBA project's compressed text copies from before its beginning.")
    # Byte by byte: a copy may overlap what it writes.
    for _ in range(length):
        out.append(out[-back])


def _offset_bits(position: int) -> int:
    """Return how many bits of a copy token are its offset (2.4.1.3.19.1)."""
    # As many as the position needs, at least four; the rest of the sixteen bits holds the length.
    return max(4, (position - 1).bit_length())


def _packed_chunk(plain: bytes) -> bytes:
    body = b"".join(_groups(plain))
    if len(body) <= _CHUNK:
        return struct.pack("<H", _COMPRESSED | (len(body) - 1)) + body
    # Only a full chunk can be kept raw: a reader takes 4,096 bytes of a raw one, however many were meant.
    if len(plain) < _CHUNK:
        raise AddinError("What is to go into the VBA project cannot be compressed.", tip="Report this as a mistake.")
    return struct.pack("<H", _RAW | (_CHUNK - 1)) + plain


def _groups(plain: bytes) -> Iterator[bytes]:
    """Yield groups of up to eight tokens, each behind its byte of flags."""
    tokens = list(_tokens(plain))
    for start in range(0, len(tokens), _TOKENS_IN_A_GROUP):
        group = tokens[start : start + _TOKENS_IN_A_GROUP]
        flags = 0
        for bit, token in enumerate(group):
            if len(token) > 1:
                flags |= 1 << bit
        yield bytes([flags]) + b"".join(group)


def _tokens(plain: bytes) -> Iterator[bytes]:
    """Yield literals of one byte and copies of two."""
    # Where each run of three bytes began so far; without it every position would be compared with all before it.
    places: defaultdict[bytes, list[int]] = defaultdict(list)
    position = 0
    while position < len(plain):
        candidates = places[plain[position : position + _SHORTEST]]
        source, length = _longest_match(plain, position, candidates)
        if length >= _SHORTEST:
            yield _copy_token(position, source, length)
        else:
            length = 1
            yield plain[position : position + 1]
        for passed in range(position, position + length):
            places[plain[passed : passed + _SHORTEST]].append(passed)
        position += length


def _copy_token(position: int, source: int, length: int) -> bytes:
    offset = (position - source - 1) << (16 - _offset_bits(position))
    return struct.pack("<H", offset | (length - _SHORTEST))


def _longest_match(plain: bytes, position: int, candidates: list[int]) -> tuple[int, int]:
    """Return where the longest match begins and how long it is."""
    longest_token = (0xFFFF >> _offset_bits(position)) + _SHORTEST
    limit = min(longest_token, len(plain) - position)
    best_source = 0
    best_length = 0
    # The nearest first, so that of equals the nearest is taken.
    for source in reversed(candidates):
        # A candidate shares its first three bytes; near the end there may be fewer to share.
        length = _SHORTEST if limit >= _SHORTEST else 0
        while length < limit and plain[source + length] == plain[position + length]:
            length += 1
        if length > best_length:
            best_source = source
            best_length = length
        if length == limit:
            break
    return best_source, best_length
