"""Hyperlinks as they are written: the list behind a sheet's rows, and the addresses among its relationships."""

from __future__ import annotations

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from collect_xl.domain.a1 import Area
from collect_xl.errors import DamagedWorkbook, WorkbookRefused
from collect_xl.ooxml.package import Package, rels_part
from collect_xl.ooxml.sheet_head import root_of
from collect_xl.ooxml.survey import Survey, place_in_tail, tail_elements
from collect_xl.ooxml.xml_bytes import Element, attribute, child_named, plain, tag_pattern

_TRANSITIONAL = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = b"http://purl.oclc.org/ooxml/officeDocument/relationships"

_ID = re.compile(rb"""\s[\w.-]+:id\s*=\s*["']([^"']*)["']""")
_RELATIONSHIPS = re.compile(rb"<((?:[\w.-]+:)?)Relationships(?:\s[^>]*)?>")
_USUAL_RELATIONSHIP = re.compile(  # the second group is empty for what is no link to an address
    rb'<Relationship Id="([\w.-]++)" Type="[^"<>&]*+"'
    rb'(?:(?<=/hyperlink") Target="([^"<>]*+)" TargetMode="External"| Target="[^"<>]*+")/>'
)
_UTF_16 = {
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    b"<\0": "utf-16-le",
    b"\0<": "utf-16-be",
}
"""How a part in UTF-16 begins -> its name for Python."""
_COMMENT = re.compile(rb"<!--.*?-->", re.DOTALL)
_AS_IT_IS = {"utf-8", "utf8", "us-ascii", "ascii"}
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([\w.-]+)""")
_ENCODING = re.compile(r"""\A(<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')""")
_BLOCK = 1_000
"""Links that are written together."""

NO_RELATIONSHIPS = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n',
    b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>',
)
"""The relationships of a sheet that has none."""


def namespace(head: bytes) -> bytes:
    """Return the namespace of ``r:id``; the types of relationships begin with it, too."""
    return _STRICT if b"purl.oclc.org/ooxml" in root_of(head)[0] else _TRANSITIONAL


@cache
def link_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a link with its end tag, if it has one.

    Its groups are letters and row of its only cell, and its id, where these come first, as most programs write them.
    """
    tag = tag_pattern("hyperlink", prefix).pattern.replace(
        rb"(?=[\s/>])", rb'(?=[\s/>])(?: ref="([A-Z]{1,3})(\d{1,7})" r:id="([\w.-]+)")?', 1
    )
    return re.compile(rb"%s(?:(?<=/>)|\s*</%shyperlink\s*>)" % (tag, prefix))


@cache
def relationship_pattern(prefix: bytes) -> re.Pattern[bytes]:
    """Return a pattern of a relationship with its end tag, if it has one."""
    tag = tag_pattern("Relationship", prefix).pattern
    return re.compile(rb"%s(?:(?<=/>)|\s*</%sRelationship\s*>)" % (tag, prefix))


def link_format(survey: Survey, letters: bytes) -> bytes:
    """Return a link of a column in which ``%`` puts its row and the number of its id."""
    space = namespace(survey.head)
    # a sheet without links need not declare the namespace of their ids; a prefix declared further in ends there
    declaration = re.search(rb"""\sxmlns:([\w.-]+)\s*=\s*["']%s["']""" % space, root_of(survey.head)[0])
    if declaration is None:
        declared = b' xmlns:r="%s"' % space
        name = b"r:id"
    else:
        declared = b""
        name = declaration[1] + b":id"
    return b'<%shyperlink%s ref="%s%%d" %s="rId%%d"/>' % (survey.prefix, declared, letters, name)


_NO_CELLS = Area(left=1, top=1, right=0, bottom=0)


def area_of(link: bytes) -> Area:
    """Return the cells that a link is laid over; an area without any where it names none."""
    return Area.parse(attribute(link, b"ref")) or _NO_CELLS


def id_of(link: bytes) -> str:
    """Return the id of a link's relationship; empty where it has none."""
    match = _ID.search(link)
    return plain(match[1]) if match else ""


def without_cells(area: Area, column: int, rows: Sequence[int]) -> Iterator[Area]:
    """Yield what is left of an area without some cells of one column."""
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


class LinkList(NamedTuple):
    """Where the links are in the tail of a sheet, or would be."""

    start: int
    end: int
    tag: bytes
    links: bytes
    end_tag: bytes


def find_list(survey: Survey, tail: bytes) -> LinkList:
    """Return the list of links, or the place where the schema wants one."""
    tag = b"<%shyperlinks>" % survey.prefix
    end_tag = b"</%shyperlinks>" % survey.prefix
    children = tail_elements(survey, tail)
    old = child_named(children, "hyperlinks")
    if old is None:
        place = place_in_tail(children, "hyperlinks")
        return LinkList(place, place, tag, b"", end_tag)
    old_tag, links = _content_of(tail, old, survey.prefix)
    return LinkList(old.start, old.end, old_tag or tag, links, end_tag)


def _content_of(tail: bytes, element: Element, prefix: bytes) -> tuple[bytes, bytes]:
    """Return start tag and inside of a list; nothing of an empty-element tag."""
    tag = tag_pattern("hyperlinks", prefix).match(tail, element.start)
    if tag is None or tag[0].endswith(b"/>"):
        return b"", b""
    end_tag = tail.rindex(b"</", tag.end(), element.end)
    return tag[0], tail[tag.end() : end_tag]


def old_addresses(package: Package, sheet: str) -> Iterator[tuple[str, str]]:
    """Yield id and address of each relationship of a sheet at least once.

    What is no link to the outside has no address.
    The usual way to write them is read without a parser, in a third of the time. That is safe because the survey of the
    sheet, which looks for tables, has parsed the part.

    Raises:
        WorkbookRefused: no entry can be added to the part.
    """
    part = rels_part(sheet)
    chunks = relationships_of(package, part) if package.has(part) else ()
    for piece in whole_relationships(chunks):
        # characters of two bytes that nothing announced: no entry is found among them, and none can be added
        if b"\0" in piece:
            message = f"{part} is written in an unusual way."
            raise WorkbookRefused(message, tip="Open the workbook in Excel and save it.")
        usual = _USUAL_RELATIONSHIP.findall(piece)
        count = piece.count(b"Relationship") - piece.count(b"Relationships")
        if len(usual) != count:
            yield from _parsed_addresses(package, sheet)
            return
        for identifier, address in usual:
            yield identifier.decode(), plain(address)


def _parsed_addresses(package: Package, sheet: str) -> Iterator[tuple[str, str]]:
    for each in package.relationships(sheet):
        is_link = each.type == "hyperlink" and each.external
        yield each.id, each.target if is_link else ""


def relationships_of(package: Package, part: str) -> Iterator[bytes]:
    """Yield a part of relationships as UTF-8 without comments, which is how it is read and written here.

    A program may write it in UTF-16. Its bytes then hold no tag that would be found: old links would be taken for
    absent, and ids be given twice. In Windows-1252 an address may hold bytes that are no UTF-8. A comment may hold the
    end tag that new links are put before.

    Raises:
        DamagedWorkbook: it is written in a way that is unknown here.
    """
    chunks = _in_utf8(package.small(part), part)
    for chunk in chunks:
        if b"<!" in chunk or chunk.endswith(b"<"):
            # rare, so that it may cost memory: a comment may begin in one chunk and end in another
            whole = _COMMENT.sub(b"", b"".join([chunk, *chunks]))
            if b"<!" in whole:
                raise no_relationships(part)
            yield whole
            return
        yield chunk


def _in_utf8(chunks: Iterator[bytes], part: str) -> Iterator[bytes]:
    first = next(chunks, b"")
    encoding = _encoding_of(first)
    if encoding in _AS_IT_IS:
        yield first
        yield from chunks
        return
    try:
        decoder = codecs.getincrementaldecoder(encoding)("replace")
    except LookupError as unknown:
        raise no_relationships(part) from unknown
    text = decoder.decode(first).removeprefix("\ufeff")
    yield _ENCODING.sub(r"\1", text, count=1).encode("utf-8", "replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _encoding_of(start: bytes) -> str:
    """Return how the text of a part is encoded that begins so."""
    for mark, encoding in _UTF_16.items():
        if start.startswith(mark):
            return encoding
    declared = _DECLARED.match(start)
    return declared[1].decode().lower() if declared else "utf-8"


class RelationshipsStart(NamedTuple):
    """A part of relationships, cut behind the start tag of its root."""

    before: bytes
    """Everything up to the cut; the tag is opened where it was an empty-element tag."""
    prefix: bytes
    behind: bytes
    """What has been read already of what follows."""


def read_start(pieces: Iterator[bytes], part: str) -> RelationshipsStart:
    """Read a part of relationships up to its root.

    Args:
        pieces: the part, no tag in two pieces; what is not needed is left.
        part: its name, for messages.
    """
    before: list[bytes] = []
    for piece in pieces:
        root = _RELATIONSHIPS.search(piece)
        if root is None:
            before.append(piece)
            continue
        tag = root[0]
        prefix = root[1]
        behind = piece[root.end() :]
        if tag.endswith(b"/>"):
            tag = tag[:-2] + b">"
            behind = b"</%sRelationships>" % prefix + behind
        before += [piece[: root.start()], tag]
        return RelationshipsStart(b"".join(before), prefix, behind)
    raise no_relationships(part)


def no_relationships(part: str) -> DamagedWorkbook:
    """Return the error about a part of relationships that has no beginning, or no end."""
    return DamagedWorkbook(
        f"{part} holds no relationships that can be read here.", tip="Open the workbook in Excel and save it."
    )


def entry_format(prefix: bytes, space: bytes) -> bytes:
    """Return a relationship in which ``%`` puts the number of its id and its quoted address."""
    entry = b'<%sRelationship Id="rId%%d" Type="%s/hyperlink" Target="%%b" TargetMode="External"/>'
    return entry % (prefix, space)


def joined(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield pieces joined to longer ones."""
    remaining = iter(pieces)
    while block := b"".join(itertools.islice(remaining, _BLOCK)):
        yield block


def whole_relationships(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield a part in pieces that end before a start tag."""
    rest = b""
    for chunk in chunks:
        rest += chunk
        cut = rest.rfind(b"<")
        # an end tag belongs to what is before it: back over the part's own, that of a relationship, and the
        # beginning of one; no further, since a hostile part may end a million times
        for _ in range(3):
            if cut > 0 and rest[cut : cut + 2] in {b"</", b"<"}:
                cut = rest.rfind(b"<", 0, cut)
        cut = max(0, cut)
        yield rest[:cut]
        rest = rest[cut:]
    yield rest
