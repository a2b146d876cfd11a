"""A workbook on paper, as LibreOffice prints it: where each word stands, and whether all of it is to be seen."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from support.programs import output_of
from support.spreadsheet import converted

DOTS = 144
"""An inch; the tools tell places in points, of which there are 72."""
SCALE = DOTS / 72
FAINT = 45
"""Of 255 steps of brightness: what differs less is no ink."""

_PAGE = re.compile(r"<page [^>]*>(.*?)</page>", re.DOTALL)
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)</word>')


@dataclass(frozen=True, slots=True)
class Box:
    """A piece of a page, in points from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def part(self, left: float, top: float, right: float, bottom: float) -> Box:
        """Return a piece of it, by shares of its width and height."""
        width, height = self.right - self.left, self.bottom - self.top
        return Box(
            self.left + left * width, self.top + top * height, self.left + right * width, self.top + bottom * height
        )

    def covers(self, other: Box) -> bool:
        """Tell whether the two stand on each other, by more than edges that touch."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return across > 1.5 and down > 0.4 * min(self.bottom - self.top, other.bottom - other.top)


@dataclass(frozen=True, slots=True)
class Word:
    """A word on a page."""

    text: str
    box: Box


@dataclass(frozen=True, slots=True)
class Page:
    """What a page shows: words where the file says that they stand, and the dots that are there."""

    words: Sequence[Word]
    width: int
    height: int
    dots: bytes

    def colours(self, box: Box) -> Iterator[bytes]:
        """Yield the dots of a piece."""
        left, right = (min(max(round(each * SCALE), 0), self.width) for each in (box.left, box.right))
        for y in range(max(round(box.top * SCALE), 0), min(round(box.bottom * SCALE), self.height)):
            line = self.dots[3 * (y * self.width + left) : 3 * (y * self.width + right)]
            yield from (line[at : at + 3] for at in range(0, len(line), 3))

    def cut_off(self) -> list[str]:
        """Return the words that are not to be seen whole: without ink at their end or foot, or under another word."""
        hidden = [word.text for word in self.words if len(word.text) > 1 and not self._is_whole(word.box)]
        pairs = itertools.combinations(self.words, 2)
        return hidden + [f"{one.text} over {other.text}" for one, other in pairs if one.box.covers(other.box)]

    def _is_whole(self, box: Box) -> bool:
        return self._has_ink(box.part(0.66, 0, 1, 1)) and self._has_ink(box.part(0, 0.58, 1, 0.75))

    def _has_ink(self, box: Box) -> bool:
        shades = [sum(each) / 3 for each in self.colours(box)]
        return bool(shades) and max(shades) - min(shades) > FAINT


def printed(book: Path, folder: Path) -> list[Page]:
    """Print a workbook and return its pages."""
    pdf = converted(book, "pdf", folder)
    output_of(["pdftotext", "-bbox", pdf, folder / "words.html"])
    output_of(["pdftoppm", "-r", str(DOTS), pdf, folder / "page"])
    told = _PAGE.findall((folder / "words.html").read_text("utf-8"))
    return [_page(words, dots) for words, dots in zip(told, sorted(folder.glob("page-*.ppm")), strict=True)]


def _page(told: str, dots: Path) -> Page:
    words = [Word(unescape(text), Box(*map(float, box))) for *box, text in _WORD.findall(told)]
    _, size, _, pixels = dots.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    return Page(words, width, height, pixels)
