"""A VBA project as [MS-OVBA] asks of a writer: sources alone, without caches that Office would run instead."""

from __future__ import annotations

import re
import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
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

# The identifiers of the records of the dir stream (2.3.4.2), first those of the project.
CODEPAGE = 0x03
NAME = 0x04
VERSION = 0x09
MODULES = 0x0F
PROJECT_COOKIE = 0x13
END = 0x10
# Those of a reference to a library.
REFERENCE_NAME = 0x16
REGISTERED = 0x0D
PROJECT_REFERENCE = 0x0E
CONTROL_REFERENCE = 0x30
# Those of a module, in the order in which they are written.
MODULE_NAME = 0x19
MODULE_NAME_UNICODE = 0x47
STREAM_NAME = 0x1A
STREAM_NAME_UNICODE = 0x32
DESCRIPTION = 0x1C
DESCRIPTION_UNICODE = 0x48
OFFSET = 0x31
HELP = 0x1E
MODULE_COOKIE = 0x2C
STANDARD = 0x21
OTHER = 0x22
MODULE_END = 0x2B

_LAST_OF_REFERENCE = (REGISTERED, PROJECT_REFERENCE, CONTROL_REFERENCE)
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_MODULE_WORDS = ("Document", "Class", "Module", "BaseClass", "Package")
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
    """What comes before the references: system, language, code page, version."""
    text: str
    """The ``PROJECT`` stream, from which identity and protection are kept."""

    @property
    def encoding(self) -> str:
        """Return how names and sources are written."""
        (codepage,) = struct.unpack("<H", dict(self.information)[CODEPAGE])
        return f"cp{codepage}"


def read_project(data: bytes) -> Project:
    """Return the project of a ``vbaProject.bin``.

    Raises:
        AddinError: it is damaged, or holds records in an order that we do not know.
    """
    streams = read_compound_file(data)
    try:
        return _project(streams)
    except (KeyError, ValueError, struct.error) as error:
        raise AddinError(f"The template's VBA project is not as expected ({type(error).__name__}).") from None


def _project(streams: dict[str, bytes]) -> Project:
    records = list(_records(decompress(streams["VBA/dir"])))
    identifiers = [identifier for identifier, _ in records]
    references_start = identifiers.index(REFERENCE_NAME)
    modules_start = identifiers.index(MODULES)
    project = Project(
        name="",
        modules=(),
        references=_references(records[references_start:modules_start]),
        information=tuple(records[:references_start]),
        text="",
    )
    # Only the code page among that information says how to read all other texts.
    text = streams["PROJECT"].decode(project.encoding)
    name = dict(project.information)[NAME].decode(project.encoding)
    modules = tuple(_modules(records[modules_start:], streams, project.encoding, text))
    return replace(project, name=name, modules=modules, text=text)


def write_project(project: Project) -> bytes:
    """Return the ``vbaProject.bin``, without a cache of compiled code.

    Raises:
        AddinError: a module's name or text cannot be kept in a VBA project.
    """
    _check(project)
    encoding = project.encoding
    # Each name is written in four places, which must agree: both records of the dir stream, PROJECT and PROJECTwm.
    names = b"".join(_both_spellings(module.name, encoding) for module in project.modules)
    streams = {
        "PROJECT": _project_text(project).encode(encoding),
        "PROJECTwm": names + b"\0\0",
        "VBA/_VBA_PROJECT": NO_CACHE,
        "VBA/dir": compress(b"".join(_directory(project))),
    }
    for module in project.modules:
        streams[f"VBA/{module.name}"] = compress(_source(module, encoding))
    return write_compound_file(streams)


def _records(data: bytes) -> Iterator[Record]:
    position = 0
    while position < len(data):
        kind, size = struct.unpack_from("<HI", data, position)
        if kind == VERSION:
            # It says 4, and means the long that precedes a short (2.3.4.2.1.11).
            size = 6
        start = position + 6
        yield kind, data[start : start + size]
        position = start + size


def _references(records: Sequence[Record]) -> tuple[tuple[Record, ...], ...]:
    """Return the records of each reference."""
    references: list[tuple[Record, ...]] = []
    current: list[Record] = []
    for record in records:
        current.append(record)
        # A reference is several records, and only the kind of the last one shows that it is complete.
        if record[0] in _LAST_OF_REFERENCE:
            references.append(tuple(current))
            current = []
    if current:
        references.append(tuple(current))
    return tuple(references)


def _modules(records: Sequence[Record], streams: dict[str, bytes], encoding: str, text: str) -> Iterator[Module]:
    documents = set(re.findall(r"(?m)^Document=(\w+)/", text))
    fields: dict[int, bytes] = {}
    for kind, data in records:
        fields[kind] = data
        if kind == MODULE_END:
            name = fields[MODULE_NAME_UNICODE].decode("utf-16-le")
            stream_name = fields[STREAM_NAME_UNICODE].decode("utf-16-le")
            # A cache of compiled code comes first; the source begins behind it.
            (offset,) = struct.unpack("<I", fields[OFFSET])
            source = decompress(streams[f"VBA/{stream_name}"][offset:]).decode(encoding)
            yield Module(name, source.replace("\r\n", "\n"), name in documents)


def _check(project: Project) -> None:
    # VBA does not distinguish capitals, so two names that differ only in them are one.
    names = Counter(module.name.casefold() for module in project.modules)
    for module in project.modules:
        if not _NAME.fullmatch(module.name) or names[module.name.casefold()] > 1:
            raise AddinError(f'"{module.name}" is no name for a VBA module, or occurs twice.')
        if f'Attribute VB_Name = "{module.name}"\n' not in module.source:
            raise AddinError(f"The source of the VBA module {module.name} does not say its own name.")


def _source(module: Module, encoding: str) -> bytes:
    try:
        return module.source.replace("\n", "\r\n").encode(encoding)
    except UnicodeEncodeError as error:
        sign = module.source[error.start]
        raise AddinError(f'The VBA module {module.name} holds "{sign}", which {encoding} cannot write.') from None


def _both_spellings(name: str, encoding: str) -> bytes:
    return name.encode(encoding) + b"\0" + name.encode("utf-16-le") + b"\0\0"


def _directory(project: Project) -> Iterator[bytes]:
    """Yield the records of the ``dir`` stream."""
    for kind, data in project.information:
        if kind == NAME:
            yield _record(NAME, project.name.encode(project.encoding))
        else:
            yield _record(kind, data)
    for reference in project.references:
        for kind, data in reference:
            yield _record(kind, data)
    yield _record(MODULES, struct.pack("<H", len(project.modules)))
    yield _record(PROJECT_COOKIE, COOKIE)
    for module in project.modules:
        yield from _module_records(module, project.encoding)
    yield _record(END)


def _module_records(module: Module, encoding: str) -> Iterator[bytes]:
    name = module.name.encode(encoding)
    wide_name = module.name.encode("utf-16-le")
    yield _record(MODULE_NAME, name)
    yield _record(MODULE_NAME_UNICODE, wide_name)
    yield _record(STREAM_NAME, name)
    yield _record(STREAM_NAME_UNICODE, wide_name)
    yield _record(DESCRIPTION)
    yield _record(DESCRIPTION_UNICODE)
    # No cache of compiled code comes before the source.
    yield _record(OFFSET, bytes(4))
    yield _record(HELP, bytes(4))
    yield _record(MODULE_COOKIE, COOKIE)
    yield _record(OTHER if module.document else STANDARD)
    yield _record(MODULE_END)


def _record(kind: int, data: bytes = b"") -> bytes:
    # As in _records: the version's size does not count its last two bytes.
    size = 4 if kind == VERSION else len(data)
    return struct.pack("<HI", kind, size) + data


def _project_text(project: Project) -> str:
    """Return the ``PROJECT`` stream with our names and modules; all else is kept."""
    head, _, _ = project.text.partition("[Workspace]")
    lines = head.rstrip("\r\n").split("\r\n")
    kept: list[str] = []
    module_places: list[int] = []
    for line in lines:
        if line.partition("=")[0] in _MODULE_WORDS:
            module_places.append(len(kept))
        elif line.startswith("Name="):
            kept.append(f'Name="{project.name}"')
        else:
            kept.append(line)
    # Ours are where the first of the template's modules was: what follows them must stay behind them.
    place = module_places[0]
    modules = [_module_line(module) for module in project.modules]
    windows = [f"{module.name}=0, 0, 0, 0, C" for module in project.modules]
    return "\r\n".join([*kept[:place], *modules, *kept[place:], "", "[Workspace]", *windows, ""])


def _module_line(module: Module) -> str:
    if module.document:
        return f"Document={module.name}/&H00000000"
    return f"Module={module.name}"
