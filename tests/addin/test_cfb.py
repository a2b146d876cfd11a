"""The compound file, against olefile and the rules of its directory."""

from __future__ import annotations

import io

import olefile
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from collect_xl.addin.cfb import ENTRY, NO_STREAM, SECTOR, write_compound_file
from collect_xl.addin.cfb_reader import read_compound_file
from collect_xl.errors import AddinError

NAMES = st.text("abcXYZ_019", min_size=1, max_size=31)
STREAMS = st.one_of(
    st.binary(max_size=200), st.integers(0, 20_000).map(lambda size: bytes(size % 251 for _ in range(size)))
)


@st.composite
def trees(draw):
    """Draw streams at different depths whose names differ in more than capitals."""
    tree = {}
    for folder in ("", "VBA/", "A/b/"):
        for name in draw(st.lists(NAMES, max_size=12, unique_by=str.upper)):
            if (folder + name).upper() not in {"VBA", "A", "A/B"}:
                tree[folder + name] = draw(STREAMS)
    return tree


@pytest.mark.slow
@given(trees())
@example({f"of {size}": b"x" * size for size in (0, 1, 63, 64, 65, 4095, 4096, 4097)})
def test_every_stream_comes_back_here_and_in_olefile(tree):
    """Whatever lies in the file is found again, by name, whole, and without a defect that olefile knows."""
    data = write_compound_file(tree)
    ole = olefile.OleFileIO(io.BytesIO(data), raise_defects=olefile.DEFECT_POTENTIAL)

    assert read_compound_file(data) == tree
    assert {"/".join(path): ole.openstream(path).read() for path in ole.listdir()} == tree
    assert ole.parsing_issues == []


@pytest.mark.slow
@given(trees())
def test_each_storage_is_a_red_black_tree(tree):
    """Siblings are in order, no red node has a red child, and all ways down meet as many black ones."""
    entries = directory(write_compound_file(tree))

    for entry in entries:
        if entry["child"] != NO_STREAM:
            check(entries, entry["child"])
            order = [(len(name), name.upper()) for name in names(entries, entry["child"])]
            assert order == sorted(order)


def test_the_same_streams_give_the_same_bytes():
    """Nothing of the moment or the computer enters, nor the order in which streams are named."""
    tree = {"PROJECT": b"x" * 5000, "VBA/dir": b"y", "VBA/_VBA_PROJECT": b"z"}

    assert write_compound_file(tree) == write_compound_file(dict(reversed(tree.items())))


@pytest.mark.parametrize("name", ["", "x" * 32, "a:b", "a!b", "a\\b"])
def test_names_that_cannot_be_kept_are_refused(name):
    """A name that is too long, empty or holds a forbidden sign ends the build."""
    with pytest.raises(AddinError, match="no name"):
        write_compound_file({name: b""})


def test_more_than_seven_megabytes_are_refused():
    """What needs a longer table than the header holds is refused, not cut off."""
    with pytest.raises(AddinError, match="too large"):
        write_compound_file({"big": bytes(8_000_000)})


@pytest.mark.parametrize("cut", [0, 100, 600, 1024])
def test_a_damaged_file_is_told(cut):
    """A file that ends early is an error of ours."""
    with pytest.raises(AddinError, match="damaged"):
        read_compound_file(write_compound_file({"PROJECT": b"x" * 5000})[:cut])


def test_a_chain_that_runs_in_a_circle_ends():
    """Two sectors that name each other are damage, not an endless loop."""
    data = bytearray(write_compound_file({"PROJECT": b"x" * 5000}))
    fat = (1 + int.from_bytes(data[76:80], "little")) * SECTOR
    data[fat + 36 : fat + 40] = (0).to_bytes(4, "little")

    with pytest.raises(AddinError, match="damaged"):
        read_compound_file(bytes(data))


def directory(data):
    ole = olefile.OleFileIO(io.BytesIO(data))
    start, raw = ole.first_dir_sector, b""
    while start < 0xFFFFFFFA:
        raw += data[(start + 1) * SECTOR : (start + 2) * SECTOR]
        start = ole.fat[start]
    keys = ("name", "size", "kind", "colour", "left", "right", "child", "start", "length")
    return [dict(zip(keys, entry, strict=True)) for entry in ENTRY.iter_unpack(raw)]


def check(entries, number):
    """Return how many black nodes a way down meets."""
    if number == NO_STREAM:
        return 1
    entry = entries[number]
    children = [entry["left"], entry["right"]]
    if entry["colour"] == 0:
        assert [
            entries[child]["colour"] for child in children if child != NO_STREAM and entries[child]["colour"] == 0
        ] == []
    left, right = (check(entries, child) for child in children)
    assert left == right
    return left + entry["colour"]


def names(entries, number):
    if number == NO_STREAM:
        return []
    entry = entries[number]
    own = entry["name"][: entry["size"] - 2].decode("utf-16-le")
    return [*names(entries, entry["left"]), own, *names(entries, entry["right"])]
