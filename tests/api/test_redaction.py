"""The key in an answer is found in every spelling that a server may give it, and nothing else is taken out."""

import base64
import html
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.api import replies
from collect_xl.api.client import CollectClient
from collect_xl.api.redaction import Redaction
from support.fault_server import FaultServer, answer, answers

KEY = 'canary-0f9e/8d7c"ü🎉+='
IN_HEADER = base64.b64encode(f":{KEY}".encode()).decode()
IN_ADDRESS = base64.urlsafe_b64encode(f":{KEY}".encode()).decode()


def spelt(text, hexadecimal):
    """Return a text with each character escaped as JSON may."""
    units = text.encode("utf-16-be").hex()
    return "".join("\\u" + hexadecimal(units[start : start + 4]) for start in range(0, len(units), 4))


SPELLINGS = {
    "plain": KEY,
    "json": json.dumps(KEY)[1:-1],
    "json-unescaped": json.dumps(KEY, ensure_ascii=False)[1:-1],
    "json-in-json": json.dumps(json.dumps(KEY)[1:-1])[1:-1],
    "all-escaped": spelt(KEY, str),
    "all-escaped-in-capitals": spelt(KEY, str.upper),
    "slashes-escaped": KEY.replace("/", "\\/").replace('"', '\\"'),
    "one-letter-escaped": KEY.replace("y", "\\u0079"),
    "percent": quote(KEY, safe=""),
    "percent-in-small-letters": quote(KEY, safe="").lower(),
    "form": quote_plus(KEY),
    "html": html.escape(KEY).replace("&quot;", "&#34;"),
    "header": IN_HEADER,
    "header-without-padding": IN_HEADER.rstrip("="),
    "header-in-json": spelt(IN_HEADER, str),
    "header-in-an-address": quote(IN_HEADER, safe=""),
    "header-safe-for-addresses": IN_ADDRESS,
}


@pytest.mark.parametrize("name", SPELLINGS)
def test_every_spelling(name):
    """However the key is spelt, it is not in the answer any more, and what stands around it stays."""
    body = f'{{"message": "the key {SPELLINGS[name]} is wrong"}}'.encode()
    assert Redaction(KEY.encode()).apply(body) == b'{"message": "the key (the API key) is wrong"}'


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("shape", ['{"errors": [%s]}', "[%s]", '{"errors": [{"a": [%s]}]}'])
def test_key_is_nowhere(name, shape):
    """A refusal that echoes the key shows it neither in its complaints nor in the body that is kept."""
    spelling = SPELLINGS[name]
    text = f'"{spelling}"' if _is_json(f'"{spelling}"') else json.dumps(spelling)
    with FaultServer(answers(answer(400, (shape % text).encode()))) as server:
        found = CollectClient(server.url, KEY).post("{}", lambda: True)
    told = "".join((*found.errors, found.body))
    assert [secret for secret in (KEY, IN_HEADER, spelling) if secret in told] == []
    assert ("(the API key)" in found.errors[0], "(the API key)" in found.body) == (True, True)


def _is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@given(st.lists(st.sampled_from(["plain", "short", "u"]), min_size=len(KEY), max_size=len(KEY)))
def test_any_mixture(forms):
    """Each letter may be escaped in its own way: what JSON makes of it never shows the key."""
    pieces = []
    for letter, form in zip(KEY, forms, strict=True):
        must = letter in '"\\'
        pieces.append(spelt(letter, str) if form == "u" or (form == "plain" and must) else letter)
        if form == "short" and letter in '"/':
            pieces[-1] = "\\" + letter
        elif form == "short" and must:
            pieces[-1] = spelt(letter, str)
    body = ('{"errors": ["' + "".join(pieces) + '"]}').encode()
    [told] = replies.complaints(replies.parse(Redaction(KEY.encode()).apply(body)))
    assert told == "(the API key)"


@pytest.mark.parametrize("secret", [b"", b"short", b"seven-7"])
def test_short_key_is_no_word(secret):
    """A key that is too short to be told from a word is left; as the header has it, it is taken out when long."""
    body = b"a seven-7 short word %41 " + secret
    assert Redaction(secret).apply(body) == body


def test_key_that_is_no_text():
    """A key of any bytes is taken out."""
    assert Redaction(b"\xff\xfe-0123456").apply(b"a \xff\xfe-0123456 \\u0041") == b"a (the API key) \\u0041"


@pytest.mark.parametrize("piece", [b"\\", b"\\u0063", b"%63", b"&#0000", b"canary-0f9e/8d7c\\", b"c"])
def test_long_answers_come_to_an_end(piece):
    """An answer that nearly has the key everywhere is looked through in one go, and not for hours."""
    body = piece * (2**20 // len(piece)) + b"%"
    assert Redaction(KEY.encode()).apply(body) == body
