"""A VBA project as [MS-OVBA] asks of a writer: sources alone, without caches that Office would run instead."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from collect_xl.addin.cfb import write_compound_file
from collect_xl.addin.cfb_reader import read_compound_file
from collect_xl.addin.ovba import compress, decompress
from collect_xl.errors import AddinError

Record = tuple[int, bytes]
"""An identifier and its data, as the ``dir`` stream strings them together."""

NO_CACHE: Final = bytes.fromhex("cc61ffff000000")
"""The stream ``_VBA_PROJECT``: version 0xFFFF, which makes Office compile the sources, and no cache (2.3.4.1)."""

COOKIE: Final = b"\xff\xff"
"""What a writer gives for the cookies of project and modules (2.3.4.2.3, 2.3.4.2.3.2.7)."""

CODEPAGE, NAME, VERSION, MODULES, END = 0x03, 0x04, 0x09, 0x0F, 0x10
REFERENCE_NAME, REGISTERED, PROJECT_REFERENCE, CONTROL_REFERENCE = 0x16, 0x0D, 0x0E, 0x30
MODULE_NAME, MODULE_NAME_UNICODE, STREAM_NAME, STREAM_NAME_UNICODE = 0x19, 0x47, 0x1A, 0x32
DESCRIPTION, DESCRIPTION_UNICODE, OFFSET, HELP, MODULE_COOKIE = 0x1C, 0x48, 0x31, 0x1E, 0x2C
STANDARD, OTHER, MODULE_END, PROJECT_COOKIE = 0x21, 0x22, 0x2B, 0x13

_LAST_OF_REFERENCE = (REGISTERED, PROJECT_REFERENCE, CONTROL_REFERENCE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_KINDS = ("Document", "Class", "Module", "BaseClass", "Package")
"""The words of the ``PROJECT`` stream that name modules."""


@dataclass(frozen=True, slots=True)
class Module:
    """One module: its source with the ``Attribute`` lines that the editor hides."""

    name: str
    source: str
    """Lines end with ``\\n``; the file gets CRLF."""
    document: bool = False
    """Whether it belongs to the workbook or to a sheet."""


@dataclass(frozen=True, slots=True)
class Project:
    """A VBA project without its caches."""

    name: str
    modules: tuple[Module, ...]
    references: tuple[tuple[Record, ...], ...]
    """Each as the records that make it up; its name is that of the first."""
    information: tuple[Record, ...]
    """What stands before the references: system, language, code page, version."""
    text: str
    """The ``PROJECT`` stream, from which identity and protection are kept."""

    @property
    def encoding(self) -> str:
        """Return how names and sources are written."""
        return f"cp{struct.unpack('<H', dict(self.information)[CODEPAGE])[0]}"


def read_project(data: bytes) -> Project:
    """Return the project of a ``vbaProject.bin``.

    Raises:
        AddinError: it is damaged, or holds records in an order that we do not know.
    """
    streams = read_compound_file(data)
    try:
        records = list(_records(decompress(streams["VBA/dir"])))
        ids = [record[0] for record in records]
        first = ids.index(REFERENCE_NAME)
        last = ids.index(MODULES)
        information = tuple(records[:first])
        project = Project("", (), _references(records[first:last]), information, "")
        text = streams["PROJECT"].decode(project.encoding)
        name = dict(information)[NAME].decode(project.encoding)
        modules = tuple(_modules(records[last:], streams, project.encoding, text))
    except (KeyError, ValueError, struct.error) as error:
        raise AddinError(f"The template's VBA project is not as expected ({type(error).__name__}).") from None
    return Project(name, modules, project.references, information, text)


def write_project(project: Project) -> bytes:
    """Return the ``vbaProject.bin``: no cache, offsets 0, and names that agree in all four places.

    Raises:
        AddinError: a module's name or text cannot be kept in a VBA project.
    """
    _check(project)
    encoding = project.encoding
    streams = {
        "PROJECT": _text(project).encode(encoding),
        "PROJECTwm": b"".join(_both(module.name, encoding) for module in project.modules) + b"\0\0",
        "VBA/_VBA_PROJECT": NO_CACHE,
        "VBA/dir": compress(b"".join(_directory(project))),
    }
    sources = {f"VBA/{module.name}": compress(_source(module, encoding)) for module in project.modules}
    return write_compound_file(streams | sources)


def _records(data: bytes) -> Iterator[Record]:
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<HI", data, at)
        size = 6 if kind == VERSION else size  # it says 4, and means the long that precedes a short (2.3.4.2.1.11)
        yield kind, data[at + 6 : at + 6 + size]
        at += 6 + size


def _references(records: Sequence[Record]) -> tuple[tuple[Record, ...], ...]:
    groups: list[list[Record]] = [[]]
    for record in records:
        groups[-1].append(record)
        if record[0] in _LAST_OF_REFERENCE:
            groups.append([])
    return tuple(tuple(group) for group in groups if group)


def _modules(records: Sequence[Record], streams: dict[str, bytes], encoding: str, text: str) -> Iterator[Module]:
    documents = set(re.findall(r"(?m)^Document=(\w+)/", text))
    known: dict[int, bytes] = {}
    for kind, data in records:
        known[kind] = data
        if kind == MODULE_END:
            name = known[MODULE_NAME_UNICODE].decode("utf-16-le")
            stream = streams[f"VBA/{known[STREAM_NAME_UNICODE].decode('utf-16-le')}"]
            source = decompress(stream[struct.unpack("<I", known[OFFSET])[0] :]).decode(encoding)
            yield Module(name, source.replace("\r\n", "\n"), name in documents)


def _check(project: Project) -> None:
    names = [module.name.casefold() for module in project.modules]
    for module in project.modules:
        if not _NAME.fullmatch(module.name) or names.count(module.name.casefold()) > 1:
            raise AddinError(f'"{module.name}" is no name for a VBA module, or stands twice.')
        if f'Attribute VB_Name = "{module.name}"\n' not in module.source:
            raise AddinError(f"The source of the VBA module {module.name} does not say its own name.")


def _source(module: Module, encoding: str) -> bytes:
    try:
        return module.source.replace("\n", "\r\n").encode(encoding)
    except UnicodeEncodeError as error:
        sign = module.source[error.start]
        raise AddinError(f'The VBA module {module.name} holds "{sign}", which {encoding} cannot write.') from None


def _both(name: str, encoding: str) -> bytes:
    return name.encode(encoding) + b"\0" + name.encode("utf-16-le") + b"\0\0"


def _directory(project: Project) -> Iterator[bytes]:
    """Yield the records of the ``dir`` stream."""
    for kind, data in project.information:
        yield _record(kind, project.name.encode(project.encoding) if kind == NAME else data)
    for reference in project.references:
        yield from (_record(*record) for record in reference)
    yield _record(MODULES, struct.pack("<H", len(project.modules)))
    yield _record(PROJECT_COOKIE, COOKIE)
    for module in project.modules:
        yield from (_record(*record) for record in _of_module(module, project.encoding))
    yield _record(END)


def _of_module(module: Module, encoding: str) -> Iterator[Record]:
    narrow, wide = module.name.encode(encoding), module.name.encode("utf-16-le")
    yield from ((MODULE_NAME, narrow), (MODULE_NAME_UNICODE, wide), (STREAM_NAME, narrow), (STREAM_NAME_UNICODE, wide))
    yield from ((DESCRIPTION, b""), (DESCRIPTION_UNICODE, b""))
    yield from ((OFFSET, bytes(4)), (HELP, bytes(4)), (MODULE_COOKIE, COOKIE))
    yield from ((OTHER if module.document else STANDARD, b""), (MODULE_END, b""))


def _record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HI", kind, 4 if kind == VERSION else len(data)) + data


def _text(project: Project) -> str:
    """Return the ``PROJECT`` stream: identity and protection as they were, with our names and modules."""
    head, _, _ = project.text.partition("[Workspace]")
    lines = head.rstrip("\r\n").split("\r\n")
    at = next(number for number, line in enumerate(lines) if line.partition("=")[0] in _KINDS)
    kept = [line for line in lines if line.partition("=")[0] not in _KINDS]
    kept = [f'Name="{project.name}"' if line.startswith("Name=") else line for line in kept]
    named = [f"Document={each.name}/&H00000000" if each.document else f"Module={each.name}" for each in project.modules]
    windows = [f"{module.name}=0, 0, 0, 0, C" for module in project.modules]
    return "\r\n".join([*kept[:at], *named, *kept[at:], "", "[Workspace]", *windows, ""])
