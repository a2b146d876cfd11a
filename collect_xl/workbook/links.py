"""Native hyperlinks of one column: kept where they fit, replaced where the address changed, removed where it went."""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from collect_xl.errors import DamagedWorkbook
from collect_xl.workbook.markup import Area, attribute, column_letters, plain, quoted, tag_pattern, with_attribute
from collect_xl.workbook.package import Package, rels_part
from collect_xl.workbook.survey import Survey, tail_elements

__all__ = ["MAX_LINKS", "Link", "Links", "linkable"]

MAX_LINKS = 65_530
"""Hyperlinks that Excel keeps on a sheet."""
MAX_URL = 2_079
"""Characters of an address that Excel keeps."""

_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?")
"""What a relationship's target may be: Excel calls a workbook damaged when one is no URI."""
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")

_NAMESPACES = {  # whether the workbook is Strict -> the namespace of r:id, which is the types' beginning, too
    False: b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    True: b"http://purl.oclc.org/ooxml/officeDocument/relationships",
}

_BEFORE = {  # children of <worksheet> that stand before <hyperlinks> (ECMA-376 part 1, 18.3.1.99)
    "sheetData",
    "sheetCalcPr",
    "sheetProtection",
    "protectedRanges",
    "scenarios",
    "autoFilter",
    "sortState",
    "dataConsolidate",
    "customSheetViews",
    "mergeCells",
    "phoneticPr",
    "conditionalFormatting",
    "dataValidations",
}


def linkable(text: str) -> bool:
    """Tell whether a text is an address that may become a hyperlink."""
    if len(text) > MAX_URL or not _URL.fullmatch(text):
        return False
    return "%" not in text or not _BAD_ESCAPE.search(text)


@dataclass(frozen=True, slots=True)
class Link:
    """Which of the written columns carries hyperlinks."""

    header: str
    allowed: Callable[[int, str], bool] | None = None
    """Row number and text -> whether this text becomes a link; what is no plain https address never does."""


class Links:
    """The hyperlinks of a sheet, with those of one column brought in line with its texts.

    Args:
        package: the open workbook.
        survey: what the sheet holds.
        column: the column's index.
        allowed: see ``Link``.
    """

    def __init__(
        self, package: Package, survey: Survey, column: int, allowed: Callable[[int, str], bool] | None
    ) -> None:
        self._survey, self._column, self._allowed = survey, column, allowed
        self._package, self._rels = package, rels_part(survey.part)
        self._pattern = _hyperlink(survey.prefix)
        self._current: dict[int, str] = {}
        """Row -> address of its link; empty where a link points into the workbook."""
        self._tall: list[Area] = []
        """Links over several rows."""
        self._room = MAX_LINKS
        self._read_old()
        self._wanted: dict[int, str] = {}
        """Row that has a link -> address that it has to get; empty where the link has to go."""
        self._rows = array("L")
        self._addresses = BytesIO()
        """Rows that get their first link, and a line for each of their addresses: 65,530 objects would take 10 MB."""
        self._gone: set[str] = set()
        self.changed = False
        """Whether any link is new, replaced or removed; known when ``tail`` has been read."""
        self.left_plain = 0
        """How many addresses stay plain text because the sheet has no room for more links."""

    def _read_old(self) -> None:
        targets: dict[str, str] = {}
        self._next_id = 1
        for each in self._package.relationships(self._survey.part):
            if each.id.startswith("rId") and each.id[3:].isdigit():
                self._next_id = max(self._next_id, int(each.id[3:]) + 1)
            if each.type == "hyperlink":
                targets[each.id] = each.target
        for found in self._pattern.finditer(self._survey.tail):
            self._room -= 1
            area = _area(found[0])
            if area and area.left <= self._column <= area.right:
                if area.top == area.bottom:
                    self._current[area.top] = targets.get(_id(found[0]), "")
                else:
                    self._tall.append(area)

    def watch(self, row: int, text: str | None) -> None:
        """Take note of a text that is written; ``None`` leaves the cell and its link as they are."""
        if text is None:
            return
        current = self._current.get(row)
        covered = current is not None or any(area.holds(self._column, row) for area in self._tall)
        if not covered and self._room <= 0:
            self.left_plain += text.startswith("https://")
            return
        fits = linkable(text) and (self._allowed is None or self._allowed(row, text))
        address = text if fits else ""
        if covered and address and address == current:
            return
        if covered:
            self._wanted[row] = address
        elif address:
            self._rows.append(row)
            self._addresses.write(f"{address}\n".encode())
            self._room -= 1

    def tail(self, xml: bytes) -> Iterator[bytes]:
        """Yield what follows the rows, with the links in their place; call when every text has been watched.

        Args:
            xml: the sheet from the end of its rows on.
        """
        if not self._wanted and not self._rows:
            yield xml
            return
        start, opened, inside, closed, end = self._parts(xml)
        kept = self._pattern.sub(self._without_wanted, inside) if self._current or self._tall else inside
        self._gone -= {_id(found[0]) for found in self._pattern.finditer(kept)} if self._gone else set()
        self.changed = True
        yield xml[:start]
        if kept.strip() or self._rows or any(self._wanted.values()):
            yield opened + kept
            yield from _blocks(self._markup(row, number) for number, row, _ in self._new())
            yield closed
        yield xml[end:]

    def _parts(self, xml: bytes) -> tuple[int, bytes, bytes, bytes, int]:
        """Return where ``<hyperlinks>`` starts, its tag, its inside, its end tag, and where it ends."""
        prefix = self._survey.prefix
        opened, closed = b"<%shyperlinks>" % prefix, b"</%shyperlinks>" % prefix
        at = 0
        for child in tail_elements(self._survey, xml):
            if child.name in _BEFORE:
                at = child.end
            if child.name == "hyperlinks":
                tag = tag_pattern("hyperlinks", prefix).match(xml, child.start)
                if tag and not tag[0].endswith(b"/>"):
                    inside = xml[tag.end() : xml.rindex(b"</", tag.end(), child.end)]
                    return child.start, tag[0], inside, closed, child.end
                return child.start, opened, b"", closed, child.end
        return at, opened, b"", closed, at

    def _without_wanted(self, old: re.Match[bytes]) -> bytes:
        """Return an old link without the cells that get another one, or none."""
        tag, area = old[0], _area(old[0])
        rows = self._wanted_in(area) if area else []
        if not area or not rows:
            return tag
        rest = list(_without(area, self._column, rows))
        if not rest:
            self._gone.add(_id(tag))
        return b"".join(with_attribute(tag, b"ref", bytes(part)) for part in rest)

    def _wanted_in(self, area: Area) -> list[int]:
        if not area.left <= self._column <= area.right:
            return []
        if area.top == area.bottom:
            return [area.top] if area.top in self._wanted else []
        return [row for row in self._wanted if area.top <= row <= area.bottom]

    def _new(self) -> Iterator[tuple[int, int, str]]:
        """Yield number, row and address of each new link."""
        self._addresses.seek(0)
        fresh = zip(self._rows, (line[:-1].decode() for line in self._addresses), strict=True)
        replaced = ((row, address) for row, address in self._wanted.items() if address)
        for number, (row, address) in enumerate(itertools.chain(fresh, replaced), start=self._next_id):
            yield number, row, address

    def _markup(self, row: int, number: int) -> bytes:
        reference = b"%s%d" % (column_letters(self._column), row)
        name, declared = self._id_attribute()
        return b'<%shyperlink%s ref="%s" %s="rId%d"/>' % (self._survey.prefix, declared, reference, name, number)

    def _id_attribute(self) -> tuple[bytes, bytes]:
        """Return the name of ``r:id`` in this sheet, and its declaration where the sheet has none."""
        declared = re.search(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%s["']""" % self._namespace(), self._survey.head)
        return (declared[1] + b":id", b"") if declared else (b"r:id", b' xmlns:r="%s"' % self._namespace())

    def _namespace(self) -> bytes:
        return _NAMESPACES[b"purl.oclc.org/ooxml" in self._survey.head]

    def rels(self) -> Iterator[bytes]:
        """Yield the sheet's relationships part with the links' addresses, without those that nothing points to."""
        xml = self._package.read(self._rels) if self._package.has(self._rels) else _NO_RELATIONSHIPS
        root = _RELATIONSHIPS.search(xml)
        if not root:
            raise DamagedWorkbook(
                f"{self._rels} holds no relationships.", tip="Open the workbook in Excel and save it."
            )
        prefix = root[1]
        if root[0].endswith(b"/>"):
            xml = xml[: root.end() - 2] + b"></%sRelationships>" % prefix + xml[root.end() :]
        xml = tag_pattern("Relationship", prefix).sub(lambda old: b"" if self._is_gone(old[0]) else old[0], xml)
        at = xml.rindex(b"</")
        yield xml[:at]
        entry = b'<%sRelationship Id="rId%%d" Type="%s/hyperlink" Target="%%s" TargetMode="External"/>'
        entry %= prefix, self._namespace()
        yield from _blocks(entry % (number, quoted(address)) for number, _, address in self._new())
        yield xml[at:]

    def _is_gone(self, relationship: bytes) -> bool:
        return plain(attribute(relationship, b"Id") or b"") in self._gone


_NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
)
_RELATIONSHIPS = re.compile(rb"<((?:[\w.-]+:)?)Relationships(?:\s[^>]*)?>")
_ID = re.compile(rb"""\s[\w.-]+:id\s*=\s*["']([^"']*)["']""")
_BLOCK = 1_000


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pieces = iter(pieces)
    while block := b"".join(itertools.islice(pieces, _BLOCK)):
        yield block


@cache
def _hyperlink(prefix: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"%s(?:(?<=/>)|\s*</%shyperlink\s*>)" % (tag_pattern("hyperlink", prefix).pattern, prefix))


def _area(tag: bytes) -> Area | None:
    return Area.parse(attribute(tag, b"ref"))


def _id(tag: bytes) -> str:
    found = _ID.search(tag)
    return plain(found[1]) if found else ""


def _without(area: Area, column: int, rows: Sequence[int]) -> Iterator[Area]:
    """Yield what is left of an area when some cells of one column are taken out."""
    if area.left < column:
        yield area._replace(right=column - 1)
    top = area.top
    for row in sorted(rows):
        if top < row:
            yield Area(column, top, column, row - 1)
        top = row + 1
    if top <= area.bottom:
        yield Area(column, top, column, area.bottom)
    if column < area.right:
        yield area._replace(left=column + 1)
