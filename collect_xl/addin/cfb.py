"""The compound file that a VBA project is in ([MS-CFB] version 3), written from nothing."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from collect_xl.errors import AddinError

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
HEADER = struct.Struct("<8s16x5H6x9I109I")
"""Magic; minor and major version, byte order, sector and mini sector shift; nine counts and places; the DIFAT."""
ENTRY = struct.Struct("<64sHBB3I16x4x16xIQ")
"""A directory entry: name, its size, kind, colour; left, right and child; where its bytes begin, and how many."""

SECTOR = 512
MINI = 64
"""Bytes of a sector and of a mini sector."""
SMALL = 4096
"""Streams of fewer bytes live in mini sectors."""
DIFAT_IN_HEADER = 109
"""How many sectors of the FAT the header itself can name."""

FREE = 0xFFFFFFFF
END = 0xFFFFFFFE
FAT = 0xFFFFFFFD
"""What the FAT says of a sector that does not lead to another one: unused, the last of its chain, the FAT's own."""
NO_STREAM = 0xFFFFFFFF
"""Marks a directory entry that has no neighbour or child."""

STORAGE = 1
STREAM = 2
ROOT = 5
_RED = 0
_BLACK = 1

_MINOR_VERSION = 0x3E
_MAJOR_VERSION = 3
_LITTLE_ENDIAN = 0xFFFE
_SECTOR_SHIFT = 9
_MINI_SHIFT = 6

_LONGEST_NAME = 31
_FORBIDDEN = set("/\\:!")


@dataclass(slots=True)
class _Node:
    """An entry of the directory, while the file is made."""

    name: str
    kind: int
    data: bytes = b""
    children: dict[str, _Node] = field(default_factory=dict)
    number: int = 0
    left: int = NO_STREAM
    right: int = NO_STREAM
    child: int = NO_STREAM
    colour: int = _BLACK
    start: int = 0

    @property
    def order(self) -> tuple[int, str]:
        """Return what siblings are sorted by: the shorter name first, then capitals ([MS-CFB] 2.6.4)."""
        return len(self.name.encode("utf-16-le")), self.name.upper()


class _Sectors:
    """The sectors of the file after its header, and the table that chains them."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.chain: list[int] = []

    def add(self, data: bytes) -> int:
        """Append bytes as a chain of sectors, and return the first."""
        if not data:
            return END
        first = len(self.chain)
        self.chain += _chain(first, data, SECTOR)
        self.data += _padded(data, SECTOR)
        return first

    def close(self) -> tuple[int, int]:
        """Append the table itself, and return where it begins and how many sectors it takes."""
        first = len(self.chain)
        # The table lists its own sectors too, so each sector that it takes may make it need another one.
        count = 0
        while count * SECTOR // 4 < first + count:
            count += 1
        if count > DIFAT_IN_HEADER:
            raise AddinError("The VBA project is too large.", tip="Report this as a mistake.")
        table = _longs([*self.chain, *[FAT] * count])
        self.data += _padded(table, SECTOR, b"\xff")
        return first, count


def write_compound_file(streams: Mapping[str, bytes]) -> bytes:
    """Return a compound file with these streams; the same streams give the same bytes.

    Args:
        streams: what is where, such as ``{"PROJECT": ..., "VBA/dir": ...}``; storages come of the slashes.

    Raises:
        AddinError: a name that no compound file can have, or more than 7 MB.
    """
    nodes = _tree(streams)
    sectors = _Sectors()
    mini_stream, mini_chain = _place(nodes, sectors)
    # The root has no bytes of its own: its entry names the stream that all mini sectors are in.
    root = nodes[0]
    root.data = mini_stream
    root.start = sectors.add(mini_stream)
    mini_table = _padded(_longs(mini_chain), SECTOR, b"\xff")
    mini_start = sectors.add(mini_table)
    entries = b"".join(_entry(node) for node in nodes)
    directory = sectors.add(_padded(entries, SECTOR, _unused_entry()))
    fat_start, fat_count = sectors.close()
    header = HEADER.pack(
        MAGIC,
        _MINOR_VERSION,
        _MAJOR_VERSION,
        _LITTLE_ENDIAN,
        _SECTOR_SHIFT,
        _MINI_SHIFT,
        0,  # sectors of the directory, which version 3 does not count
        fat_count,
        directory,
        0,  # transactions
        SMALL,
        mini_start,
        len(mini_table) // SECTOR,
        END,  # no DIFAT beyond the header's
        0,
        *range(fat_start, fat_start + fat_count),
        *[FREE] * (DIFAT_IN_HEADER - fat_count),
    )
    return header + bytes(sectors.data)


def _tree(streams: Mapping[str, bytes]) -> list[_Node]:
    """Return all entries in the order of their numbers, the root first."""
    root = _Node("Root Entry", ROOT)
    for path, data in streams.items():
        *folders, name = path.split("/")
        storage = root
        for folder in folders:
            storage = storage.children.setdefault(folder, _Node(folder, STORAGE))
        storage.children[name] = _Node(name, STREAM, data)
    nodes: list[_Node] = []
    _number(root, nodes)
    return nodes


def _number(node: _Node, nodes: list[_Node]) -> None:
    _check(node.name)
    node.number = len(nodes)
    nodes.append(node)
    # A storage names one child only, the top of a tree in which a reader looks for names by their order.
    children = sorted(node.children.values(), key=lambda child: child.order)
    for child in children:
        _number(child, nodes)
    node.child = _linked(children, _full_levels(len(children)))


def _check(name: str) -> None:
    if not 0 < len(name) <= _LONGEST_NAME or _FORBIDDEN & set(name):
        raise AddinError(f'"{name}" is no name for a part of a VBA project.', tip="Report this as a mistake.")


def _full_levels(count: int) -> int:
    """Return how many levels of a balanced tree with ``count`` nodes are full."""
    return (count + 1).bit_length() - 1


def _linked(siblings: Sequence[_Node], black_levels: int) -> int:
    """Link sorted siblings as a red-black tree, and return its top."""
    if not siblings:
        return NO_STREAM
    middle = len(siblings) // 2
    node = siblings[middle]
    # The format asks that all paths meet the same number of black nodes, and no red node has a red child: the full
    # levels of a balanced tree are black, and what hangs below them is red.
    node.colour = _BLACK if black_levels > 0 else _RED
    node.left = _linked(siblings[:middle], black_levels - 1)
    node.right = _linked(siblings[middle + 1 :], black_levels - 1)
    return node.number


def _place(nodes: Sequence[_Node], sectors: _Sectors) -> tuple[bytes, list[int]]:
    """Put the streams into sectors; return the mini sectors and their chain."""
    mini_stream = bytearray()
    chain: list[int] = []
    for node in nodes:
        if node.kind != STREAM:
            continue
        if len(node.data) >= SMALL:
            node.start = sectors.add(node.data)
        elif node.data:
            node.start = len(chain)
            chain += _chain(node.start, node.data, MINI)
            mini_stream += _padded(node.data, MINI)
        else:
            node.start = END
    return bytes(mini_stream), chain


def _entry(node: _Node) -> bytes:
    name = node.name.encode("utf-16-le") + b"\0\0"
    return ENTRY.pack(
        name,
        len(name),
        node.kind,
        node.colour,
        node.left,
        node.right,
        node.child,
        node.start,
        len(node.data),
    )


def _unused_entry() -> bytes:
    return ENTRY.pack(b"", 0, 0, 0, NO_STREAM, NO_STREAM, NO_STREAM, 0, 0)


def _chain(first: int, data: bytes, size: int) -> list[int]:
    """Return the table's entries for some bytes: each sector's successor, and the end."""
    count = -(-len(data) // size)
    return [*range(first + 1, first + count), END]


def _padded(data: bytes, size: int, filler: bytes = b"\0") -> bytes:
    missing = -len(data) % size
    return data + filler * (missing // len(filler))


def _longs(numbers: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(numbers)}I", *numbers)
