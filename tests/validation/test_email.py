"""E-mail addresses: which are accepted, refused or cleaned, and that the fast path agrees with email-validator."""

from __future__ import annotations

import json
import os
import string
from pathlib import Path

import pytest
from email_validator import validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from collect_xl.domain.model import Blank, Rejected, SheetRow
from collect_xl.validation import email as address
from support.checking import accepted, checker, row

CORPUS = Path(os.environ.get("COLLECT_XL_CORPUS", Path(__file__).parents[3] / "shared" / "corpus"))


@pytest.fixture(scope="module")
def addresses():
    """The addresses of the corpus: valid, invalid and cleaned ones."""
    path = CORPUS / "addresses" / "addresses.json"
    if not path.exists():
        pytest.skip(f"no corpus of addresses at {path}")
    return json.loads(path.read_text("utf-8"))


def read(text):
    return checker().check(row(email=text))


def test_valid_addresses_of_the_corpus(addresses):
    """Every valid address is accepted as it was written."""
    assert [accepted(read(text)).contact.email for text in addresses["valid"]] == addresses["valid"]


def test_invalid_addresses_of_the_corpus(addresses):
    """Every invalid address is refused, unless it is right but for a mark around it, which is taken off and told."""
    taken = [found for found in map(read, addresses["invalid"]) if not isinstance(found, Rejected)]
    assert [found.notes for found in taken if found.notes not in {(EDGE,), (INVISIBLE,)}] == []
    assert {found.contact.email for found in taken} <= {"trailing-semicolon@domain.com", "a@b.co"}


def test_cleaned_addresses_of_the_corpus(addresses):
    """Every address with something around it is cleaned of it."""
    cleaned = {text: accepted(read(text)).contact.email for text in addresses["cleaned"]}
    assert cleaned == addresses["cleaned"]


INVISIBLE = "removed an invisible character from the address"
FOREIGN = "info@\u4f8b\u3048.\u30c6\u30b9\u30c8"
RESPELLED = "wrote the address's domain in its usual form"
EDGE = "removed a mark of punctuation behind the address"
NARROWED = "wrote full-width characters of the address in their usual form"
UNWRAPPED = "took the address out of < > or mailto:"


@pytest.mark.parametrize(
    ("text", "address", "notes"),
    [
        pytest.param(" a@b.co\u00a0\r\n", "a@b.co", (), id="blanks"),
        pytest.param("a\u200b@b\u2060.co", "a@b.co", (INVISIBLE,), id="inside"),
        pytest.param("\u200e a@b.co \u200f", "a@b.co", (INVISIBLE,), id="direction-marks"),
        pytest.param("< mailto:a@b.co >", "a@b.co", (UNWRAPPED,), id="both-wrappings"),
        pytest.param("MAILTO:A@B.co", "A@B.co", (UNWRAPPED,), id="letters-kept"),
        pytest.param(
            "info@\u4f8b\u3048.\u30c6\u30b9\u30c8", "info@\u4f8b\u3048.\u30c6\u30b9\u30c8", (), id="foreign-domain"
        ),
        pytest.param(
            "info@xn--r8jz45g.xn--zckzah",
            FOREIGN,
            (RESPELLED,),
            id="punycode",
        ),
        pytest.param("a@\uff42.co", "a@b.co", (RESPELLED,), id="full-width-domain"),
        pytest.param("a@b.co\u202e", "a@b.co", (INVISIBLE,), id="turns-text-round"),
        pytest.param("\u202a\u2066a\u061c@b.co\u2069\u202c", "a@b.co", (INVISIBLE,), id="isolated"),
        pytest.param(f"\u2067{FOREIGN}", FOREIGN, (INVISIBLE,), id="turned-foreign-domain"),
        pytest.param("a@b.co;", "a@b.co", (EDGE,), id="semicolon"),
        pytest.param("a@b.co , ;", "a@b.co", (EDGE,), id="marks-of-a-list"),
        pytest.param("a@b.co.", "a@b.co", (EDGE,), id="full-stop"),
        pytest.param("<a@b.co>;", "a@b.co", (f"{EDGE}, {UNWRAPPED}",), id="bracket-and-semicolon"),
        pytest.param("a\uff20b.co", "a@b.co", (NARROWED,), id="wide-at"),
        pytest.param("\uff41\uff20\uff42\uff0e\uff43\uff4f", "a@b.co", (NARROWED,), id="all-wide"),
        pytest.param("\u200ba\ufe6bb.co", "a@b.co", (f"{INVISIBLE}, {NARROWED}",), id="small-at"),
        pytest.param("o'neil+x@b.co", "o'neil+x@b.co", (), id="odd-but-plain"),
        pytest.param("{a|b}=c@b.co", "{a|b}=c@b.co", (), id="odd"),
    ],
)
def test_cleaning_is_told(text, address, notes):
    """What a person could not see, or would miss, is told beside the cleaned address."""
    found = accepted(read(text))
    assert (found.contact.email, found.notes) == (address, notes)


@pytest.mark.parametrize(
    ("text", "todo"),
    [
        pytest.param("a@b.co; c@d.co", "One person a row", id="two"),
        pytest.param("a@b.co,c@d.co", "One person a row", id="comma"),
        pytest.param("Ann Lee <a@b.co>", "Keep only the address", id="display-name"),
        pytest.param("ann lee@b.co", "Remove the space", id="blank"),
        pytest.param("ann.b.co", "Type the whole address", id="no-at"),
        pytest.param("a@b..co", "Correct the address. An email address cannot have two periods", id="dots"),
        pytest.param("a@printer.local", "Correct the address. The part after the @-sign is a special-use", id="local"),
        pytest.param("a@b.co;;c@d.co", "One person a row", id="two-with-marks"),
        pytest.param("<>", "Type the whole address", id="empty-brackets"),
        pytest.param("a" * 65 + "@b.co", "Correct the address. The email address is too long", id="long-name"),
        pytest.param(";" * 30_000 + "@", "Correct the address. ", id="as-long-as-a-cell"),
    ],
)
def test_remedy_fits_what_is_wrong(text, todo):
    """A refused address comes with the step that repairs it."""
    found = read(text)
    assert isinstance(found, Rejected)
    assert found.problems[0].todo.startswith(todo)


def test_cell_of_invisible_characters_is_blank():
    """An e-mail cell with nothing but invisible characters is a blank cell."""
    assert checker().check(SheetRow(2, False, {"email": "\u200b \ufeff"})) == Blank(2)


PIECES = st.text(f"{string.ascii_letters}{string.digits}_+-'", min_size=1, max_size=40)
LABELS = st.one_of(
    st.from_regex(r"[a-zA-Z0-9]{1,4}-?[a-zA-Z0-9]{0,60}", fullmatch=True),
    st.sampled_from(["local", "TEST", "arpa", "xn--a", "ab--c", "c0", "-a", "a-", "", "b_c", "x" * 63, "x" * 64]),
)
PLAIN_LOOKING = st.builds(
    lambda pieces, labels: f"{'.'.join(pieces)}@{'.'.join(labels)}",
    st.lists(PIECES, min_size=1, max_size=3),
    st.lists(LABELS, min_size=1, max_size=5),
)


@pytest.mark.slow
@settings(max_examples=500)
@given(PLAIN_LOOKING)
def test_fast_path_accepts_only_what_email_validator_accepts(text):
    """An address that skips email-validator would have passed it, unchanged but for the case of letters."""
    if address._is_plain(text):
        checked = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
        assert checked.normalized.casefold() == text.casefold()


@pytest.mark.parametrize("text", ["ann.lee+tax@sub.acme-corp.example", "A_1@b.co", "o'neil@b.museum"])
def test_usual_addresses_are_on_the_fast_path(text):
    """The addresses that fill real sheets do not need email-validator."""
    assert address._is_plain(text)


@given(st.text(min_size=1, max_size=30).map(lambda text: f"{text}@b.co"))
def test_any_text_is_accepted_or_refused(text):
    """No text makes the check fail otherwise than by a refusal."""
    read(text)
