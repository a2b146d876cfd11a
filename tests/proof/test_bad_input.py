"""Hostile and odd files: each ends in words that name the place and the remedy, and stays byte for byte as it was."""

import random
import re
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.errors import CollectXlError
from collect_xl.workbook.saved import open_saved
from support.books import make_book
from support.odd_files import FULL, LAST_ROW, ODD_FILES, filled, rezipped

PROMISE = "8 bad input"


def test_odd_files(trials, figure):
    """A check of each ends with its documented code and words, a send asks nobody wrongly, and the file is kept."""
    wrong = {}
    for name, (make, code, words) in ODD_FILES.items():
        with trials.new() as trial:
            make(trial.book)
            content = trial.book.read_bytes()
            checked = trial.run("check", trial.book)
            said = trial.words
            sent = trial.send()
            kept = {file.read_bytes() for file in trial.folder.glob("*.xlsx")}
            fine = {
                "code": checked == code,
                "words": bool(re.search(words, said)) and ("What to do" in said or code != 6),
                "no fault of ours": "Unforeseen" not in trial.words,
                "same end of a send": sent == (6 if name in FULL else code),
                "file": content in kept and (code != 6 or kept == {content}),
                "mailed": len(trial.mailed) <= 2 and (code == 0 or not trial.mailed),
            }
            if not all(fine.values()):
                wrong[name] = ([each for each, well in fine.items() if not well], checked, sent, trial.words[-400:])
    assert wrong == {}, "\n".join(map(str, wrong.items()))
    figure(
        PROMISE,
        "hostile and odd files, checked and sent",
        f"{len(ODD_FILES)} files, each with its code, place and remedy; 0 changed",
    )


@pytest.mark.whole
def test_a_sheet_filled_to_its_last_row(trials, figure):
    """Where somebody stands in each row that there is, all are checked, and what is wrong in the last row is told."""
    with trials.new() as trial:
        filled(trial.book)
        content = trial.book.read_bytes()
        assert trial.run("check", trial.book) == 3, trial.words
        assert f"Contacts!A{LAST_ROW}" in trial.words
        assert str(LAST_ROW - 2) in trial.words
        assert (trial.book.read_bytes() == content, trial.mailed) == (True, {})
    figure(PROMISE, "a sheet filled to its last row, checked", f"{LAST_ROW - 1:,} rows, the last one told as wrong")


PARTS = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml")


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a part with a few bytes changed, doubled, moved or left out."""
    made = bytearray(content)
    for _ in range(chance.randrange(1, 4)):
        at, length = chance.randrange(len(made)), chance.randrange(1, 40)
        match chance.randrange(4):
            case 0:
                made[at] = chance.choice(b"<>&\"'/=0 \x00\xff")
            case 1:
                del made[at : at + length]
            case 2:
                made[at:at] = made[at : at + length]
            case _:
                other = chance.randrange(len(made))
                made[at : at + length] = made[other : other + length]
    return bytes(made) or b"x"


def test_reader_meets_damaged_parts(tmp_path, figure, whole):
    """Whatever a part holds, reading ends in rows or in one of our errors; the file is never touched."""
    refused = read = 0

    @settings(
        max_examples=5_000 if whole else 250,
        deadline=None,
        database=None,
        derandomize=not whole,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.sampled_from(PARTS), st.integers(0, 2**32))
    def meet(part, seed):
        nonlocal refused, read
        chance = random.Random(seed)
        path = make_book(
            tmp_path / "book.xlsx", [("ann@example.com", "Ann & <b>", 3.5), ("bob@example.com", True, None)]
        )
        rezipped(path, lambda name, content: damaged(content, chance) if name == part else content)
        content = path.read_bytes()
        try:
            book = open_saved(path)
            list(book.rows())
            book.options()
        except CollectXlError:
            refused += 1
        else:
            read += 1
        assert path.read_bytes() == content

    meet()
    figure(
        PROMISE,
        "fuzzer on the reader: parts damaged inside the zip",
        f"{refused + read} files: {refused} refused, {read} read, 0 other ends",
    )


@pytest.mark.parametrize("flips", [1, 20])
def test_reader_meets_damaged_zips(tmp_path, figure, whole, flips):
    """Whatever bits of the file are flipped, reading ends in rows or in one of our errors."""
    whole_book = make_book(tmp_path / "whole.xlsx", 20).read_bytes()
    path, chance, refused = tmp_path / "book.xlsx", random.Random(flips), 0
    number = 2_000 if whole else 100
    for _ in range(number):
        content = bytearray(whole_book)
        for _ in range(flips):
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            list(open_saved(path).rows())
        except CollectXlError:
            refused += 1
    assert zipfile.is_zipfile(tmp_path / "whole.xlsx")
    figure(PROMISE, f"fuzzer on the reader: {flips} flipped bits", f"{number} files: {refused} refused, 0 other ends")
