"""Colours of added columns by what they say: conditional formats, which come and go with the text of a cell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from collect_xl.domain.a1 import MAX_ROW, column_letters, column_name
from collect_xl.errors import WorkbookError
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.survey import Survey, place_in_tail, tail_elements
from collect_xl.ooxml.xml_bytes import Element, child_named, elements, end_of_last, quoted, tag_pattern, with_attribute

_STYLES_BEFORE = {  # children of <styleSheet> that come before <dxfs> (ECMA-376 part 1, 18.8.39)
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
}
_ROOT = re.compile(rb"<((?:[\w.-]+:)?)styleSheet[\s>]")
_PRIORITY = re.compile(rb"""\spriority\s*=\s*["'](\d{1,9})["']""")


class Colour(NamedTuple):
    """How a cell looks, as RRGGBB."""

    background: str
    ink: str
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Highlight:
    """The colours of one column, by what is in the same row of another one, or of itself."""

    header: str
    """Of the column that is coloured."""
    by: str
    """Of the column that decides."""
    colours: Mapping[str, Colour]
    """Text, in whatever case -> colour."""
    other: Colour | None = None
    """Of all other texts."""


class Highlighter:
    """Adds conditional formats for columns that are new in a sheet.

    Args:
        package: the open workbook.
        survey: what the sheet holds.
        highlights: what is coloured.
        columns: header -> column, of those that are new.
        first_row: the row below the headers.
    """

    def __init__(
        self,
        package: Package,
        survey: Survey,
        highlights: Sequence[Highlight],
        columns: Mapping[str, int],
        first_row: int,
    ) -> None:
        self._survey = survey
        self._first_row = first_row
        # A column that stood there before keeps its looks: the user may have taken our colours away, or has own ones.
        self._highlights = [each for each in highlights if each.header in columns and each.by in columns]
        self._columns = columns
        self._styles_part = ""
        self._styles = b""
        self._first_style = 0
        if self._highlights:
            self._add_styles(package)

    @property
    def styles(self) -> Mapping[str, bytes]:
        """The part of styles with ours behind the others; nothing where none is added."""
        return {self._styles_part: self._styles} if self._styles_part else {}

    def tail(self, tail: bytes) -> bytes:
        """Return what follows the rows, with the conditional formats.

        Args:
            tail: the sheet from the end of its rows on.
        """
        if not self._styles_part:
            return tail
        place = place_in_tail(tail_elements(self._survey, tail), "conditionalFormatting")
        # The user's own formats go first, wherever they cover our columns.
        priority = max(map(int, _PRIORITY.findall(tail)), default=0) + 1
        return tail[:place] + self._formats(priority) + tail[place:]

    def _add_styles(self, package: Package) -> None:
        part = package.related(package.workbook, "styles")
        if part is None:
            return
        looks = [colour for each in self._highlights for colour, _ in self._rules(each)]
        try:
            styles = package.read(part)
            added = _with_styles(styles, part, looks)
        except WorkbookError:
            # Colours are worth no error: what is odd in the styles is another program's affair.
            return
        if added is not None:
            self._styles_part = package.member(part).name
            self._first_style, self._styles = added

    def _formats(self, priority: int) -> bytes:
        style = self._first_style
        formats = []
        for highlight in self._highlights:
            letters = column_letters(self._columns[highlight.header])
            rules = []
            for _, formula in self._rules(highlight):
                rule = b'<@cfRule type="expression" dxfId="%d" priority="%d"><@formula>%b</@formula></@cfRule>'
                rules.append(rule % (style, priority, formula))
                style += 1
                priority += 1
            area = b"%b%d:%b%d" % (letters, self._first_row, letters, MAX_ROW)
            formats.append(b'<@conditionalFormatting sqref="%b">' % area + b"".join(rules))
            formats.append(b"</@conditionalFormatting>")
        # The sign stands for the sheet's prefix, and no formula of ours holds one.
        return b"".join(formats).replace(b"@", self._survey.prefix)

    def _rules(self, highlight: Highlight) -> list[tuple[Colour, bytes]]:
        """Return each colour with the formula that calls for it; the first that fits holds."""
        letters = column_name(self._columns[highlight.by])
        cell = f"${letters}{self._first_row}"
        texts: dict[Colour, list[str]] = {}
        for text, colour in highlight.colours.items():
            texts.setdefault(colour, []).append(text)
        rules = []
        for colour, alike in texts.items():
            conditions = ",".join(f'{cell}="{text}"' for text in alike)
            rules.append((colour, quoted(f"OR({conditions})")))
        if highlight.other is not None:
            rules.append((highlight.other, quoted(f"LEN({cell})>0")))
        return rules


def _with_styles(styles: bytes, part: str, looks: Sequence[Colour]) -> tuple[int, bytes] | None:
    """Return the number of the first new differential style, and the part with them; None for a part of odd shape."""
    root = _ROOT.search(styles)
    if root is None:
        return None
    prefix = root[1]
    new = b"".join(_style(look, prefix) for look in looks)
    children = elements(styles, part)
    old = child_named(children, "dxfs")
    if old is not None:
        return _behind_others(styles, old, prefix, new, len(looks))
    place = end_of_last(children, _STYLES_BEFORE)
    if not place:
        return None
    block = b'<%bdxfs count="%d">%b</%bdxfs>' % (prefix, len(looks), new, prefix)
    return 0, styles[:place] + block + styles[place:]


def _behind_others(styles: bytes, dxfs: Element, prefix: bytes, new: bytes, count: int) -> tuple[int, bytes] | None:
    old = styles[dxfs.start : dxfs.end]
    tag = tag_pattern("dxfs", prefix).match(old)
    if tag is None:
        return None
    # Their number is counted: what the attribute says may be wrong, and a wrong one would colour by a stranger's style.
    before = sum(child.name == "dxf" for child in elements(old, "dxfs"))
    opening = with_attribute(tag[0], b"count", b"%d" % (before + count))
    if tag[0].endswith(b"/>"):
        opening = opening[:-2] + b">"
        inside = b""
    else:
        inside = old[tag.end() : old.rindex(b"</")]
    block = b"%b%b%b</%bdxfs>" % (opening, inside, new, prefix)
    return before, styles[: dxfs.start] + block + styles[dxfs.end :]


def _style(colour: Colour, prefix: bytes) -> bytes:
    """Return a differential style."""
    bold = b"<@b/>" if colour.bold else b""
    ink, background = colour.ink.encode(), colour.background.encode()
    font = b'<@font>%b<@color rgb="FF%b"/></@font>' % (bold, ink)
    fill = (
        b'<@fill><@patternFill patternType="solid"><@fgColor rgb="FF%b"/><@bgColor rgb="FF%b"/></@patternFill></@fill>'
    )
    style = b"<@dxf>%b%b</@dxf>" % (font, fill % (background, background))
    return style.replace(b"@", prefix)
