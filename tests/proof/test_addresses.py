"""The lists of good and bad addresses, through the real command: who is good is asked, who is bad is told by cell."""

import json

import pytest

from support.books import make_book
from support.corpus import FOLDER

PROMISE = "14 addresses"

RIGHT_BUT_FOR_A_MARK = {
    "trailing-semicolon@domain.com;": "trailing-semicolon@domain.com",
    "a@b.co\u202e": "a@b.co",
}
"""On the list of bad addresses; copying leaves such marks behind good ones: they are taken off, and that is told."""


@pytest.fixture
def addresses():
    """The addresses of the corpus."""
    path = FOLDER.parent / "addresses" / "addresses.json"
    if not path.exists():
        pytest.skip(f"no corpus of addresses at {path}")
    return json.loads(path.read_text("utf-8"))


def test_good_addresses_are_asked(trials, figure, addresses):
    """Everybody on the good list, and everybody whose address needs cleaning, is asked under the proper address."""
    wanted = [*addresses["valid"], *addresses["cleaned"].values()]
    with trials.new() as trial:
        make_book(trial.book, [(each, "First") for each in (*addresses["valid"], *addresses["cleaned"])])
        assert trial.send() in {0, 3}
        mailed = {each["email"].casefold() for call in trial.server.posts for each in call.body["contacts"]}
        assert {each.casefold() for each in wanted} == mailed, trial.words
        assert trial.doubles == []
    figure(
        PROMISE,
        "good list, and those to be cleaned",
        f"{len(addresses['valid'])} + {len(addresses['cleaned'])} asked, 100 %",
    )


def test_bad_addresses_are_told(trials, figure, addresses):
    """Nobody on the bad list is asked, and each is told by cell."""
    bad = [each for each in addresses["invalid"] if each not in RIGHT_BUT_FOR_A_MARK]
    with trials.new() as trial:
        make_book(trial.book, [(each, "First") for each in bad])
        assert trial.send() == 3
        assert trial.server.posts == []
        assert trial.run("check", trial.book) == 3
        missing = [row for row in range(2, len(bad) + 2) if f"Contacts!A{row}" not in trial.words]
        assert missing == [], trial.words
    figure(PROMISE, "bad list", f"{len(bad)} refused by cell, 100 %")


def test_marks_behind_good_addresses_are_taken_off_and_told(trials, figure, addresses):
    """Whose address on the bad list is right but for a mark behind it is asked without it, and the mark is told."""
    assert set(addresses["invalid"]) >= set(RIGHT_BUT_FOR_A_MARK)
    with trials.new() as trial:
        make_book(trial.book, [(each, "First") for each in RIGHT_BUT_FOR_A_MARK])
        assert trial.send() == 0
        assert set(trial.mailed) == set(RIGHT_BUT_FOR_A_MARK.values())
        assert trial.doubles == []
        assert "mark of punctuation" in trial.words, trial.words
        assert "invisible character" in trial.words, trial.words
    figure(PROMISE, "bad list, right but for a mark behind it", f"{len(RIGHT_BUT_FOR_A_MARK)} asked, 2 marks told")
