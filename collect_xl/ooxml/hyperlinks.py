"""Native hyperlinks of one column: kept where they fit, replaced where the address changed, removed where it went."""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

from collect_xl.domain.a1 import MAX_ROW, Area, column_letters, integer
from collect_xl.ooxml.hyperlink_xml import (
    NO_RELATIONSHIPS,
    area_of,
    entry_format,
    find_list,
    id_of,
    joined,
    link_format,
    link_pattern,
    namespace,
    no_relationships,
    old_addresses,
    read_start,
    relationship_pattern,
    relationships_of,
    whole_relationships,
    without_cells,
)
from collect_xl.ooxml.linked_rows import LinkedRows
from collect_xl.ooxml.package import Package, rels_part
from collect_xl.ooxml.survey import Survey
from collect_xl.ooxml.xml_bytes import attribute_or_blank, blanked, plain, quoted, with_attribute

MAX_LINKS = 65_530
"""Hyperlinks that Excel keeps on a sheet."""
MAX_URL = 2_079
"""Characters of an address that Excel keeps."""

_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?(?:[/?#][A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*)?")
"""What a relationship's target may be: Excel calls a workbook damaged when one is no URI."""
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def linkable(text: str) -> bool:
    """Return whether a text is an address that may become a hyperlink."""
    if len(text) > MAX_URL or not _URL.fullmatch(text):
        return False
    return "%" not in text or not _BAD_ESCAPE.search(text)


@dataclass(frozen=True, slots=True)
class Link:
    """Which of the written columns carries hyperlinks."""

    header: str
    allowed: Callable[[int, str], bool] | None = None
    """Row number and text -> whether this text becomes a link; what is no plain https address never does."""


class NoLinks:
    """The hyperlinks of a sheet in which no column carries them: they stay as they are."""

    changed = False
    left_plain = 0

    def watch(self, rows: Sequence[int], texts: Sequence[str | None]) -> None:
        """Do nothing: no text becomes a link."""

    def tail(self, xml: bytes) -> Iterator[bytes]:
        """Yield what follows the rows as it is."""
        yield xml


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
        self._package = package
        self._survey = survey
        self._column = column
        self._allowed = allowed
        self._rels = rels_part(survey.part)
        self._pattern = link_pattern(survey.prefix)
        self._linked = LinkedRows()
        self._tall: list[Area] = []
        """Links over several rows."""
        self._room = MAX_LINKS
        """How many more links the sheet takes."""
        self._next_id = 1
        """The number of the next new id."""
        self._read_old_links()
        self._read_old_addresses()
        self._replaced = bytearray()
        """1 for each row whose old link has to go; empty until there is one."""
        self._rows = array("I")
        """Rows that get a link."""
        self._addresses = BytesIO()
        """A line for each of their addresses, as it is in an attribute."""
        self._gone: set[str] = set()
        """Ids that no link has any more."""
        self.changed = False
        """Whether any link is new, replaced or removed; certain when every text has been watched."""
        self.left_plain = 0
        """How many addresses stay plain text because the sheet has no room for more links."""

    def _read_old_links(self) -> None:
        our_letters = column_letters(self._column)
        for match in self._pattern.finditer(self._survey.tail):
            self._room -= 1
            letters, row, identifier = match.groups()
            if identifier is None:
                self._read_old_link(match[0])
            elif letters == our_letters:
                self._linked.add(identifier.decode(), int(row))

    def _read_old_link(self, link: bytes) -> None:
        """Read a link that is unusually written, or laid over several cells."""
        area = area_of(link)
        if not area.left <= self._column <= area.right:
            return
        if area.top == area.bottom:
            self._linked.add(id_of(link), area.top)
        else:
            self._tall.append(area)

    def _read_old_addresses(self) -> None:
        highest = 0
        for identifier, address in old_addresses(self._package, self._survey.part):
            if identifier.startswith("rId"):
                highest = max(highest, integer(identifier[3:].encode()))
            if address:
                self._linked.resolve(identifier, address)
        self._next_id = highest + 1

    def watch(self, rows: Sequence[int], texts: Sequence[str | None]) -> None:
        """Take note of texts that are written; ``None`` leaves the cell and its link as they are."""
        new_rows: list[int] = []
        new_addresses: list[str] = []
        for row, text in zip(rows, texts, strict=True):
            if text is None:
                continue
            address = self._new_address(row, text)
            if address:
                new_rows.append(row)
                new_addresses.append(address)
        self._add(new_rows, new_addresses)

    def _new_address(self, row: int, text: str) -> str:
        """Return where a new link of a row leads to; empty where none is made."""
        if row in self._linked or self._has_tall_link(row):
            return self._address_instead(row, text)
        if self._room <= 0:
            self.left_plain += text.startswith("https://")
            return ""
        address = self._address(row, text)
        self._room -= bool(address)
        return address

    def _has_tall_link(self, row: int) -> bool:
        return bool(self._tall) and any(area.holds(self._column, row) for area in self._tall)

    def _address_instead(self, row: int, text: str) -> str:
        """Return where a link leads to that replaces an old one; empty for none."""
        address = self._address(row, text)
        if address and self._linked.leads_to(row, address):
            return ""
        if not self._replaced:
            self._replaced = bytearray(MAX_ROW + 1)
        self._replaced[row] = 1
        self.changed = True
        return address

    def _address(self, row: int, text: str) -> str:
        """Return the address that a cell links to; empty for none."""
        if not linkable(text):
            return ""
        if self._allowed is not None and not self._allowed(row, text):
            return ""
        return text

    def _add(self, rows: Sequence[int], addresses: Sequence[str]) -> None:
        if rows:
            self.changed = True
            self._rows.extend(rows)
            # an address holds no line break: only what is linkable comes here
            self._addresses.write(quoted("\n".join([*addresses, ""])))

    def tail(self, xml: bytes) -> Iterator[bytes]:
        """Yield what follows the rows, with the links; call when every text has been watched.

        Args:
            xml: the sheet from the end of its rows on.
        """
        if not self.changed:
            yield xml
            return
        place = find_list(self._survey, xml)
        kept = place.links
        if self._replaced:
            kept = b"".join(self._without_replaced(kept))
        if self._gone:
            # another link may lead to the same address
            remaining = self._pattern.finditer(blanked(kept, self._survey.sheet))
            self._gone -= {id_of(match[0]) for match in remaining}
        yield xml[: place.start]
        if kept.strip() or self._rows:
            yield place.tag + kept
            new_link = link_format(self._survey, column_letters(self._column))
            yield from joined(map(new_link.__mod__, zip(self._rows, self._new_ids(), strict=False)))
            yield place.end_tag
        yield xml[place.end :]

    def _without_replaced(self, links: bytes) -> Iterator[bytes]:
        """Yield the old links, each without the cells that get another one, or none."""
        end = 0
        # what a comment holds is no link
        for match in self._pattern.finditer(blanked(links, self._survey.sheet)):
            yield links[end : match.start()]
            end = match.end()
            yield self._rest_of_link(links[match.start() : end])
        yield links[end:]

    def _rest_of_link(self, tag: bytes) -> bytes:
        """Return an old link without the cells that get another one, or none."""
        area = area_of(tag)
        rows = self._replaced_in(area)
        if not rows:
            return tag
        rest = list(without_cells(area, self._column, rows))
        if not rest:
            self._gone.add(id_of(tag))
        return b"".join(with_attribute(tag, b"ref", bytes(part)) for part in rest)

    def _replaced_in(self, area: Area) -> list[int]:
        """Return the rows of an area whose link in our column has to go."""
        if not area.left <= self._column <= area.right:
            return []
        return [row for row in range(area.top, min(area.bottom, MAX_ROW) + 1) if self._replaced[row]]

    def _new_ids(self) -> Iterator[int]:
        return itertools.count(self._next_id)

    def rels(self) -> Iterator[bytes]:
        """Yield the sheet's relationships part with the links' addresses, without those that nothing points to."""
        chunks: Iterable[bytes] = NO_RELATIONSHIPS
        if self._package.has(self._rels):
            chunks = relationships_of(self._package, self._rels)
        pieces = whole_relationships(chunks)
        start = read_start(pieces, self._rels)
        yield start.before
        end_tag = b"</%sRelationships" % start.prefix
        for piece in itertools.chain([start.behind], pieces):
            inside, end, behind = piece.partition(end_tag)
            yield self._without_gone(inside, start.prefix)
            if end:
                yield from self._new_entries(start.prefix)
                yield end + behind
                break
        else:
            raise no_relationships(self._rels)
        yield from pieces

    def _new_entries(self, prefix: bytes) -> Iterator[bytes]:
        entry = entry_format(prefix, namespace(self._survey.head))
        self._addresses.seek(0)
        addresses = map(bytes.rstrip, self._addresses)
        yield from joined(map(entry.__mod__, zip(self._new_ids(), addresses, strict=False)))

    def _without_gone(self, text: bytes, prefix: bytes) -> bytes:
        if not self._gone:
            return text
        return relationship_pattern(prefix).sub(self._unless_gone, text)

    def _unless_gone(self, relationship: re.Match[bytes]) -> bytes:
        identifier = plain(attribute_or_blank(relationship[0], b"Id"))
        return b"" if identifier in self._gone else relationship[0]
