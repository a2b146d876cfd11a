"""Every text of the package is plain modern English: a list of words that sound old or say little is kept out."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Literal

import pytest

import collect_xl

PACKAGE = Path(collect_xl.__file__).parent
PROJECT = Path(__file__).parents[1]

BANNED = {
    r"\b(told)\b": "said, shown, reported, called with",
    r"\b(nobody|whoever|somebody)\b": "no one, anyone who, a person, someone",
    r"\b(whom)\b": "who, or turn the sentence round",
    r"\b(mends?|mended|mending)\b": "correct",
    r"\b(anew)\b": "again; restart",
    r"\b(thereof|of that)\b": "its, or the thing's own name",
    r"\b(so many)\b": "N, a number of",
    r"\b(all the same)\b": "anyway, still",
    r"\b(what came of)\b": "the outcome of, the result",
    r"\b((?:is|are) to be)\b": "will be, should be, must be",
    r"\b(to be settled)\b": "to look up",
    r"\b(tell whether)\b": "return whether",
    r"\b(tells? of)\b": "says about, describes, shows",
    r"\b(without a word)\b": "silently, unexpectedly",
    r"\b(stands? (?:beside|on|there|below|between|behind|anywhere|nowhere|already|right|in(?! the way| for)))\b": "is",
    r"\b(it lies|that lies|lies (?:in|on|below|inside|beside))\b": "is",
    r"\b(fit for keys|for the occasion|where to press|given more time)\b": "see the messages that are there now",
}
"""Words and forms -> what to write instead."""

Kind = Literal["comment", "docstring", "message"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a file, its lines joined."""

    line: int
    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a word may stay."""

    file: str
    """Pattern of paths inside the package."""
    kind: Kind
    words: str
    """Part of the text; empty for every text of the kind."""
    reason: str


ALLOWED = (
    Allowance("journal/version_*.py", "message", "", "sentences that old journals hold"),
    Allowance("journal/tables.py", "message", "no row could be told to own", "is in the tables of existing databases"),
    Allowance("journal/tables.py", "message", "the number of that list", "is in the tables of existing databases"),
    Allowance("journal/tables.py", "message", "What Collect told of", "is in the tables of existing databases"),
)


def texts(source: str) -> Iterator[Text]:
    """Yield the comments, docstrings and messages of a file."""
    yield from _comments(source)
    tree = ast.parse(source)
    statements = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {part for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield Text(node.lineno, "message", _one_line("".join(map(str, parts))))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in inner:
            kind: Kind = "docstring" if node in statements else "message"
            yield Text(node.lineno, kind, _one_line(node.value))


def _comments(source: str) -> Iterator[Text]:
    """Yield comments; those on consecutive lines are one text, since a phrase may go on in the next line."""
    block: list[str] = []
    start = last = 0
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.COMMENT:
            continue
        line = token.start[0]
        if block and line != last + 1:
            yield Text(start, "comment", _one_line(" ".join(block)))
            block = []
        if not block:
            start = line
        block.append(token.string.lstrip("# "))
        last = line
    if block:
        yield Text(start, "comment", _one_line(" ".join(block)))


def _one_line(text: str) -> str:
    return " ".join(text.split())


def banned_in(words: str) -> list[str]:
    """Return the banned words of a text, each with what to write instead."""
    found = []
    for pattern, instead in BANNED.items():
        match = re.search(pattern, words, re.IGNORECASE)
        if match:
            found.append(f'"{match[1]}" (rather: {instead})')
    return found


def allowances_of(file: str, text: Text) -> list[Allowance]:
    """Return the allowances that a text makes use of."""
    return [
        each for each in ALLOWED if fnmatch(file, each.file) and each.kind == text.kind and each.words in text.words
    ]


@cache
def offending() -> list[tuple[str, Text, list[str]]]:
    """Return file, text and banned words wherever the package has any."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for text in texts(path.read_text("utf-8")):
            banned = banned_in(text.words)
            if banned:
                found.append((path.relative_to(PACKAGE).as_posix(), text, banned))
    return found


@pytest.mark.slow
def test_texts_are_in_plain_english():
    """No message, help, docstring or comment has a banned word; what may stay is listed with its reason."""
    wrong = [
        f"{file}:{text.line} {text.kind}: {', '.join(banned)} in: {text.words[:150]}"
        for file, text, banned in offending()
        if not allowances_of(file, text)
    ]

    assert wrong == []


def test_every_allowance_is_needed():
    """An exception whose text is gone is taken off the list."""
    used = {each for file, text, _ in offending() for each in allowances_of(file, text)}

    assert [each for each in ALLOWED if each not in used] == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "addin/README.md", "collect_xl/cli/README.md"])
def test_pages_are_in_plain_english(page):
    """What users, administrators and maintainers read has none of the banned words either."""
    lines = (PROJECT / page).read_text("utf-8").splitlines()

    assert [f"{page}:{number} {banned_in(line)}" for number, line in enumerate(lines, 1) if banned_in(line)] == []


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        pytest.param('x = f"{n} rows: " "nobo" "dy is asked"', "message", id="joined literals"),
        pytest.param('x = "said so " + f"{n} all the same"', "message", id="part of a sum"),
        pytest.param('def f():\n    """Return it, all the\n    same."""', "docstring", id="docstring over two lines"),
        pytest.param("# rows that are to\n# be sent", "comment", id="comment over two lines"),
        pytest.param("x = 1  # Mend it", "comment", id="comment behind code"),
    ],
)
def test_a_banned_word_is_seen(source, kind):
    """A banned word is found in each kind of text, also where it is split over lines or literals."""
    assert [text.kind for text in texts(source) if banned_in(text.words)] == [kind]


def test_idioms_stay():
    """A form that reads as modern English is not taken for a banned one."""
    assert banned_in("How the row stands; a formula stands in the way; a tilde stands for the home folder") == []
