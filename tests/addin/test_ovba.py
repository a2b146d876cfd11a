"""The compression of VBA sources, against the specification's examples and against other readers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.addin.ovba import compress, decompress
from collect_xl.errors import AddinError
from support.vba_readers import decompressed

SPECIFIED = (  # [MS-OVBA] 3.2
    pytest.param(
        b"abcdefghijklmnopqrstuv.",
        "01 19 B0 00 61 62 63 64 65 66 67 68 00 69 6A 6B 6C 6D 6E 6F 70 00 71 72 73 74 75 76 2E",
        id="nothing repeats",
    ),
    pytest.param(
        b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa",
        "01 2F B0 00 23 61 61 61 62 63 64 65 82 66 00 70 61 67 68 69 6A 01 38 08 61 6B 6C 00 30 6D 6E 6F 70 06 71 02 70"
        " 04 10 72 73 74 75 76 10 77 78 79 7A 00 3C",
        id="some repeats",
    ),
    pytest.param(b"a" * 73, "01 03 B0 02 61 45 00", id="all repeats"),
)

SOURCES = st.one_of(
    st.binary(max_size=3000),
    st.lists(st.sampled_from([b"Dim x As Long\r\n", b"End Sub\r\n", b" ", b"aaaa", b"'"]), max_size=1500).map(b"".join),
)


@pytest.mark.parametrize(("plain", "container"), SPECIFIED)
def test_reads_the_examples_of_the_specification(plain, container):
    """What the specification shows compressed comes out as it shows."""
    assert decompress(bytes.fromhex(container)) == plain


@pytest.mark.parametrize(("plain", "container"), SPECIFIED)
def test_is_as_short_as_the_examples_of_the_specification(plain, container):
    """The matches found are as good as those of the specification."""
    assert len(compress(plain)) <= len(bytes.fromhex(container))


@given(SOURCES)
def test_what_goes_in_comes_out_here_and_elsewhere(plain):
    """Our own reader and that of oletools give back every byte, over the borders of chunks too."""
    container = compress(plain)

    assert decompress(container) == plain
    assert decompressed(container) == plain


def test_a_whole_chunk_that_cannot_be_shortened_is_kept_raw():
    """4,096 bytes without a repetition come back as they were."""
    plain = b"".join(number.to_bytes(2, "big") for number in range(2048))

    assert decompress(compress(plain)) == plain


def test_a_last_chunk_that_cannot_be_shortened_is_refused():
    """Zeros at the end of a source would be worse than none at all."""
    plain = b"".join((number * 40503 % 65536).to_bytes(2, "big") for number in range(2000))

    with pytest.raises(AddinError, match="cannot be compressed"):
        compress(plain)


@pytest.mark.parametrize(
    "damaged",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\x02\x03\xb0\x02aE\x00", id="wrong signature"),
        pytest.param(b"\x01\x03\xb0\x02aE", id="ends in a token"),
        pytest.param(b"\x01\x03\x80\x02aE\x00", id="no chunk"),
        pytest.param(b"\x01\x03\xb0\x01\x00\x70a", id="copies from before the beginning"),
    ],
)
def test_damage_is_told(damaged):
    """A damaged container is an error of ours, not a traceback."""
    with pytest.raises(AddinError):
        decompress(damaged)
