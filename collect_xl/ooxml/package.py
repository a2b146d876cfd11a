"""A workbook as parts and relationships (Open Packaging), read within limits; nothing in it is trusted."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote
from xml.etree.ElementTree import Element, ParseError
from xml.parsers import expat

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from collect_xl.errors import CollectXlError, DamagedWorkbook, HostileWorkbook, LayoutError
from collect_xl.ooxml.document_type import declares_document_type
from collect_xl.ooxml.file_type import CONTENT_TYPES, not_a_workbook, refuse_other_kinds
from collect_xl.ooxml.zip_reader import Archive, Member

SMALL = 64 << 20
"""Bytes of a part that is read as a whole; the largest seen in 3,228 workbooks has 9 MB."""
LARGE = 8 << 30
"""Bytes of a part that is streamed: a sheet, the shared strings."""

_PROLOG = 1 << 12
_DOCTYPE = "<!DOCTYPE"
_REPAIR = "Open the workbook in Excel, let it repair the file, and save it."


@dataclass(frozen=True, slots=True)
class Relationship:
    """A link from one part to another, or out of the workbook."""

    id: str
    type: str
    """The last segment of the type's URI, the same in Transitional and Strict files: ``worksheet``, ``table``."""
    target: str
    """A part's name, or the address as written when external."""
    external: bool


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A worksheet of the book."""

    name: str
    part: str
    state: str
    """``visible``, ``hidden`` or ``veryHidden``."""


class Package:
    """A workbook opened for reading.

    Sample usage::

        with Package.open("clients.xlsx") as package:
            sheet = package.sheet("Contacts")
            stream = SheetStream(package.stream(sheet.part))
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.archive = Archive(path)
        self.workbook = ""
        """The name of the workbook's main part."""
        self._sheets: tuple[SheetPart, ...] | None = None
        try:
            self._parts = _parts(path, self.archive.members)
            self.workbook = self._workbook_part()
            self.kind = self._kind()
            """``workbook``, ``template`` or ``add-in``."""
            self._refuse_doctypes()
        # A file that stays open could be neither saved nor replaced on Windows.
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Package:
        """Open a workbook, and make sure that it is one.

        Args:
            path: the file; symbolic links are followed.

        Raises:
            NotAWorkbook: another kind of file; the message names it and the remedy.
            DamagedWorkbook: the zip or an XML part does not hold together.
            HostileWorkbook: built to exhaust its reader.
            DiskError: the file cannot be read.
        """
        real = Path(os.path.realpath(path))
        refuse_other_kinds(real)
        return cls(real)

    def close(self) -> None:
        """Close the file."""
        self.archive.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def has(self, part: str) -> bool:
        """Return whether a part exists; names are compared without case."""
        return _key(part) in self._parts

    def has_folder(self, folder: str) -> bool:
        """Return whether any part's name begins so."""
        return any(name.startswith(_key(folder)) for name in self._parts)

    def member_or_none(self, part: str) -> Member | None:
        """Return the zip member that holds a part, or None."""
        return self._parts.get(_key(part))

    def member(self, part: str) -> Member:
        """Return the zip member that holds a part; raise ``DamagedWorkbook`` when there is none."""
        try:
            return self._parts[_key(part)]
        except KeyError:
            raise DamagedWorkbook(f"{self.path.name} lacks its part {part}.", tip=_REPAIR) from None

    def stream(self, part: str) -> Iterator[bytes]:
        """Yield a part's content in chunks; the prolog is checked first, the length and the CRC at the end."""
        member = self.member(part)
        chunks = self.archive.inflated(member, LARGE)
        first = b""
        for chunk in chunks:
            first += chunk
            if len(first) >= _PROLOG:
                break
        # Before any parser: a document type may define a text that expands to gigabytes.
        if declares_document_type(first):
            raise _hostile(self.name_of(part))
        yield first
        yield from chunks

    def read(self, part: str) -> bytes:
        """Return the content of a small part."""
        return b"".join(self.small(part))

    def small(self, part: str) -> Iterator[bytes]:
        """Yield the content of a small part in chunks."""
        if self.member(part).info.file_size > SMALL:
            raise HostileWorkbook(
                f"{self.name_of(part)} in {self.path.name} is larger than {SMALL >> 20} MB, "
                "far beyond what such a part holds.",
                tip="If you trust the workbook, copy the contacts into a new one.",
            )
        yield from self.stream(part)

    def xml(self, part: str) -> Element:
        """Return a small part as a tree; no DOCTYPE, no entities."""
        content = self.read(part)
        with self._safely(part):
            root: Element = ElementTree.fromstring(content, forbid_dtd=True)
            return root

    def relationships(self, part: str, kind: str = "") -> Iterator[Relationship]:
        """Yield where a part points to, in order; ``/`` stands for the package itself.

        One by one, because a sheet may have 65,530 links; of one type only, if it is given.
        """
        source = rels_part(part)
        if not self.has(source):
            return
        for attributes in self.attributes(source, "Relationship"):
            if not kind or _last_segment(attributes.get("Type", "")) == kind:
                yield self._relationship(part, attributes)

    def attributes(self, part: str, name: str, *, large: bool = False) -> Iterator[Mapping[str, str]]:
        """Yield the attributes of a part's elements of one name, keeping nothing of what has passed."""
        passed: list[Mapping[str, str]] = []

        def started(tag: str, attributes: Mapping[str, str]) -> None:
            if local_name(tag) == name:
                passed.append(attributes)

        parser = expat.ParserCreate(namespace_separator="}")

        def refused(*_: object) -> None:
            raise _hostile(self.name_of(part))

        parser.StartElementHandler = started
        parser.StartDoctypeDeclHandler = refused
        chunks = self.stream(part) if large else self.small(part)
        for chunk in chain(chunks, [b""]):
            with self._safely(part):
                parser.Parse(chunk, not chunk)
            yield from passed
            passed.clear()

    @contextmanager
    def _safely(self, part: str) -> Iterator[None]:
        try:
            yield
        except HostileWorkbook:
            raise
        except DefusedXmlException as wrong:
            raise _hostile(self.name_of(part)) from wrong
        except (ParseError, expat.ExpatError, ValueError, LookupError) as wrong:
            name = self.name_of(part)
            raise DamagedWorkbook(f"{name} in {self.path.name} is no well-formed XML: {wrong}.", tip=_REPAIR) from wrong

    def _relationship(self, part: str, link: Mapping[str, str]) -> Relationship:
        target = link.get("Target", "")
        external = link.get("TargetMode") == "External"
        if not external:
            target = self._resolved(part, target)
        return Relationship(link.get("Id", ""), _last_segment(link.get("Type", "")), target, external)

    def _resolved(self, part: str, target: str) -> str:
        """Return the name of the part that a target means, which is relative to the part that names it."""
        path, _, _ = target.replace("\\", "/").partition("#")
        name = posixpath.normpath(posixpath.join(posixpath.dirname(part), path))
        # A target may climb above the root: it means a part in the package even so, never a file beside it.
        if name.startswith(("//", "..")):
            name = "/" + name.lstrip("/.")
        return name if self.has(name) else unquote(name)

    def related(self, part: str, kind: str) -> str | None:
        """Return the first part of a kind that a part points to, if it exists."""
        for link in self.relationships(part, kind):
            if not link.external and self.has(link.target):
                return link.target
        return None

    def sheets(self) -> tuple[SheetPart, ...]:
        """Return the worksheets in the book's order; chart, dialog and macro sheets are none."""
        if self._sheets is None:
            self._sheets = self._read_sheets()
        return self._sheets

    def name_of(self, part: str) -> str:
        """Return what messages call a part: a worksheet by the name that its user knows."""
        # the sheets' names are in these: where they are damaged, no name is known
        indexes = ("", rels_part("/"), self.workbook, rels_part(self.workbook))
        if not self.workbook or _key(part) in map(_key, indexes):
            return part
        try:
            sheets = self.sheets()
        except CollectXlError:
            return part
        for sheet in sheets:
            if _key(sheet.part) == _key(part):
                return f"Sheet {sheet.name}"
        return part

    def _read_sheets(self) -> tuple[SheetPart, ...]:
        parts = {link.id: link.target for link in self.relationships(self.workbook, "worksheet")}
        sheets = []
        for sheet in grandchildren(self.xml(self.workbook), "sheets"):
            part = parts.get(_relationship_id(sheet))
            if part is not None and self.has(part):
                sheets.append(SheetPart(sheet.get("name", ""), part, sheet.get("state", "visible")))
        return tuple(sheets)

    def sheet(self, name: str) -> SheetPart:
        """Return a worksheet by its name, ignoring case as Excel does; raise ``LayoutError`` when there is none."""
        alike = [sheet for sheet in self.sheets() if sheet.name.casefold() == name.casefold()]
        if not alike:
            names = ", ".join(sheet.name for sheet in self.sheets()) or "none"
            raise LayoutError(
                f"{self.path.name} has no worksheet named {name}; it has: {names}.", tip="Name one of these sheets."
            )
        # The exact name first: another program may have made sheets that differ by case alone.
        return min(alike, key=lambda sheet: sheet.name != name)

    def _names(self) -> frozenset[str]:
        return frozenset(name.lstrip("/") for name in self._parts)

    def _workbook_part(self) -> str:
        part = self.related("/", "officeDocument")
        if part is None or not self.has("/[Content_Types].xml"):
            raise not_a_workbook(self.path, self._names())
        return part

    def _kind(self) -> str:
        kind = CONTENT_TYPES.get(self.content_type(self.workbook).lower())
        if kind == "binary":
            raise not_a_workbook(self.path, self._names() | {"xl/workbook.bin"})
        if kind is None:
            raise not_a_workbook(self.path, self._names())
        return kind

    def _refuse_doctypes(self) -> None:
        for name, member in self._parts.items():
            # A user's own XML may declare what it likes: no spreadsheet program parses it on opening.
            if name.endswith((".xml", ".rels")) and not name.startswith("/customxml/"):
                next(self.stream(f"/{member.name}"))

    def content_type(self, part: str) -> str:
        """Return what ``[Content_Types].xml`` says of a part; empty where it says nothing."""
        key = _key(part)
        _, _, extension = part.rpartition(".")
        by_extension = ""
        for entry in self.xml("/[Content_Types].xml"):
            if _key(unquote(entry.get("PartName", ""))) == key:
                return entry.get("ContentType", "")
            if entry.get("Extension", "-").lower() == extension.lower():
                by_extension = entry.get("ContentType", "")
        return by_extension


def rels_part(part: str) -> str:
    """Return the name of the part that holds a part's relationships."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def local_name(tag: str) -> str:
    """Return an element's name without its namespace: Transitional and Strict files differ only there."""
    return tag.rpartition("}")[2]


def children_named(root: Element, name: str) -> Iterator[Element]:
    """Yield the children of an element that have one name, whatever their namespace."""
    return (child for child in root if local_name(child.tag) == name)


def grandchildren(root: Element, name: str) -> Iterator[Element]:
    """Yield what is in the children of one name: ``xf`` of ``cellXfs``, ``sheet`` of ``sheets``."""
    return chain.from_iterable(children_named(root, name))


def _last_segment(uri: str) -> str:
    return uri.rpartition("/")[2]


def _relationship_id(sheet: Element) -> str:
    # The namespace differs between Transitional and Strict files; only its end is the same.
    for name, value in sheet.items():
        if name.endswith("elationships}id"):
            return value
    return ""


def _key(part: str) -> str:
    return "/" + part.replace("\\", "/").lstrip("/").lower()


def _parts(path: Path, members: tuple[Member, ...]) -> dict[str, Member]:
    parts: dict[str, Member] = {}
    for member in members:
        if member.name.endswith("/"):
            continue
        # Programs differ in which of the two they take: Excel might show the user another workbook than we read.
        if parts.setdefault(_key(member.name), member) is not member:
            raise DamagedWorkbook(
                f"{path.name} holds two parts of the name {member.name}, so it is not clear which one counts.",
                tip="Open the workbook in Excel and save it.",
            )
    return parts


def _hostile(part: str) -> HostileWorkbook:
    return HostileWorkbook(
        f"{part} declares a document type, which no workbook does: such files are built to exhaust their reader.",
        tip="If you trust its sender, copy the contacts into a new workbook.",
    )
