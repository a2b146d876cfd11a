"""Native hyperlinks of one column: kept where they fit, replaced where the address changed, removed where it went."""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters, integer
from collect_xl.errors import DamagedWorkbook
from collect_xl.ooxml.package import Package, rels_part
from collect_xl.ooxml.survey import Survey, tail_elements
from collect_xl.ooxml.xml_bytes import attribute, plain, quoted, tag_pattern, with_attribute

__all__ = ["MAX_LINKS", "Link", "LinkedRows", "Links", "linkable"]

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
        self._linked = LinkedRows()
        self._tall: list[Area] = []
        """Links over several rows."""
        self._room = MAX_LINKS
        self._next_id = 1
        self._read_old()
        self._replaced = bytearray()
        """1 for each row whose link has to go, with or without another one for it; empty until there is one."""
        self._rows, self._addresses = array("I"), BytesIO()
        """Rows that get a link, and a line for each of their addresses, as it stands in an attribute."""
        self._gone: set[str] = set()
        self.changed = False
        """Whether any link is new, replaced or removed; known when every text has been watched."""
        self.left_plain = 0
        """How many addresses stay plain text because the sheet has no room for more links."""

    def _read_old(self) -> None:
        for found in self._pattern.finditer(self._survey.tail):
            self._room -= 1
            area = _area(found[0])
            if area and area.left <= self._column <= area.right:
                if area.top == area.bottom:
                    self._linked.add(_id(found[0]), area.top)
                else:
                    self._tall.append(area)
        for each in self._package.relationships(self._survey.part):
            if each.id.startswith("rId"):
                self._next_id = max(self._next_id, integer(each.id[3:].encode()) + 1)
            if each.type == "hyperlink":
                self._linked.resolve(each.id, each.target)

    def watch(self, rows: Sequence[int], texts: Sequence[str | None]) -> None:
        """Take note of texts that are written; ``None`` leaves the cell and its link as they are."""
        for row, text in zip(rows, texts, strict=True):
            if text is None:
                continue
            if row in self._linked or (self._tall and any(area.holds(self._column, row) for area in self._tall)):
                self._replace(row, self._address(row, text))
            elif self._room <= 0:
                self.left_plain += text.startswith("https://")
            elif address := self._address(row, text):
                self._add(row, address)
                self._room -= 1

    def _address(self, row: int, text: str) -> str:
        return text if linkable(text) and (self._allowed is None or self._allowed(row, text)) else ""

    def _replace(self, row: int, address: str) -> None:
        if address and self._linked.leads_to(row, address):
            return
        self._replaced = self._replaced or bytearray(MAX_ROW + 1)
        self._replaced[row] = self.changed = True
        if address:
            self._add(row, address)

    def _add(self, row: int, address: str) -> None:
        self.changed = True
        self._rows.append(row)
        self._addresses.write(quoted(f"{address}\n"))

    def tail(self, xml: bytes) -> Iterator[bytes]:
        """Yield what follows the rows, with the links in their place; call when every text has been watched.

        Args:
            xml: the sheet from the end of its rows on.
        """
        if not self.changed:
            yield xml
            return
        start, opened, inside, closed, end = self._parts(xml)
        kept = self._pattern.sub(self._without_replaced, inside) if any(self._replaced) else inside
        self._gone -= {_id(found[0]) for found in self._pattern.finditer(kept)} if self._gone else set()
        yield xml[:start]
        if kept.strip() or self._rows:
            yield opened + kept
            yield from _blocks(map(self._markup().__mod__, zip(self._rows, self._numbers(), strict=False)))
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

    def _without_replaced(self, old: re.Match[bytes]) -> bytes:
        """Return an old link without the cells that get another one, or none."""
        tag, area = old[0], _area(old[0])
        rows = self._replaced_in(area) if area else []
        if not area or not rows:
            return tag
        rest = list(_without(area, self._column, rows))
        if not rest:
            self._gone.add(_id(tag))
        return b"".join(with_attribute(tag, b"ref", bytes(part)) for part in rest)

    def _replaced_in(self, area: Area) -> list[int]:
        if not area.left <= self._column <= area.right:
            return []
        return [row for row in range(area.top, min(area.bottom, MAX_ROW) + 1) if self._replaced[row]]

    def _numbers(self) -> Iterator[int]:
        return itertools.count(self._next_id)

    def _markup(self) -> bytes:
        """Return a link in which ``%`` puts its row and its number."""
        name, declared = self._id_attribute()
        letters = column_letters(self._column)
        return b'<%shyperlink%s ref="%s%%d" %s="rId%%d"/>' % (self._survey.prefix, declared, letters, name)

    def _id_attribute(self) -> tuple[bytes, bytes]:
        """Return the name of ``r:id`` in this sheet, and its declaration where the sheet has none."""
        declared = re.search(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%s["']""" % self._namespace(), self._survey.head)
        return (declared[1] + b":id", b"") if declared else (b"r:id", b' xmlns:r="%s"' % self._namespace())

    def _namespace(self) -> bytes:
        return _NAMESPACES[b"purl.oclc.org/ooxml" in self._survey.head]

    def rels(self) -> Iterator[bytes]:
        """Yield the sheet's relationships part with the links' addresses, without those that nothing points to."""
        chunks = self._package.small(self._rels) if self._package.has(self._rels) else _NO_RELATIONSHIPS
        prefix = end = None
        for piece in _whole_tags(chunks):
            text, root = piece, _RELATIONSHIPS.search(piece) if prefix is None else None
            if root:
                prefix = root[1]
                opened = root[0][:-2] + b"></%sRelationships>" % prefix if root[0].endswith(b"/>") else root[0]
                text = piece[: root.start()] + opened + piece[root.end() :]
            if prefix is None or end:
                yield text
                continue
            before, end, after = text.partition(b"</%sRelationships" % prefix)
            yield self._without_gone(before, prefix)
            if end:
                yield from self._entries(prefix)
                yield end + after
        if not end:
            raise DamagedWorkbook(
                f"{self._rels} holds no relationships.", tip="Open the workbook in Excel and save it."
            )

    def _entries(self, prefix: bytes) -> Iterator[bytes]:
        self._addresses.seek(0)
        entry = b'<%sRelationship Id="rId%%d" Type="%s/hyperlink" Target="%%s" TargetMode="External"/>'
        entry %= prefix, self._namespace()
        yield from _blocks(
            entry % (number, line[:-1]) for number, line in zip(self._numbers(), self._addresses, strict=False)
        )

    def _without_gone(self, text: bytes, prefix: bytes) -> bytes:
        if not self._gone:
            return text
        return tag_pattern("Relationship", prefix).sub(lambda old: b"" if self._is_gone(old[0]) else old[0], text)

    def _is_gone(self, relationship: bytes) -> bool:
        return plain(attribute(relationship, b"Id") or b"") in self._gone


_NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>',
)


_RELATIONSHIPS = re.compile(rb"<((?:[\w.-]+:)?)Relationships(?:\s[^>]*)?>")


_ID = re.compile(rb"""\s[\w.-]+:id\s*=\s*["']([^"']*)["']""")


_BLOCK = 1_000


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    pieces = iter(pieces)
    while block := b"".join(itertools.islice(pieces, _BLOCK)):
        yield block


def _whole_tags(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a part in pieces that end before a tag begins."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = max(0, rest.rfind(b"<"))
        yield rest[:cut]
        rest = rest[cut:]
    yield rest


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


_NUMBERS = 1 << 20
"""Ids of the form ``rId7`` up to this number are kept as numbers."""


_LONGEST_ID = len(f"rId{_NUMBERS}")


_NOWHERE = 1


class LinkedRows:
    """Which rows have a link of their own, and its address: first the links are told, then where their ids lead to.

    Of an address only its hash is kept, 63 bits that nobody can foresee: what is another address is told as such.
    """

    def __init__(self) -> None:
        self._numbered = array("I")
        """Number of an id -> row."""
        self._named: dict[str, int] = {}
        self._leads = array("q")
        """Row -> hash of its address; 0 for a row without a link."""

    def add(self, link: str, row: int) -> None:
        """Take note of a row's link by its id; empty for a link that points into the workbook."""
        if number := _number(link):
            _reach(self._numbered, number)
            self._numbered[number] = row
        elif link:
            self._named[link] = row
        _reach(self._leads, row)
        self._leads[row] = _NOWHERE

    def resolve(self, link: str, address: str) -> None:
        """Take note of where an id leads to."""
        number = _number(link)
        row = self._numbered[number] if 0 < number < len(self._numbered) else self._named.get(link, 0)
        if row:
            self._leads[row] = _hash(address)

    def __contains__(self, row: int) -> bool:
        return row < len(self._leads) and self._leads[row] != 0

    def leads_to(self, row: int, address: str) -> bool:
        """Tell whether a row has a link to an address."""
        return row < len(self._leads) and self._leads[row] == _hash(address)


def _hash(address: str) -> int:
    return hash(address) | 2  # never that of no link, or of one that leads nowhere


def _number(link: str) -> int:
    digits = link[3:]
    if not link.startswith("rId") or len(link) > _LONGEST_ID or not (digits.isdecimal() and digits.isascii()):
        return 0
    number = int(digits)
    return number if number < _NUMBERS and digits[0] != "0" else 0


def _reach(numbers: array[int], index: int) -> None:
    if index >= len(numbers):
        numbers.frombytes(bytes(numbers.itemsize * (index + 1000 - len(numbers))))
