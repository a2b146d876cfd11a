"""A part that is added has a type: where the workbook names one for each part, an entry is added, too."""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from collect_xl.ooxml.hyperlinks import Link
from collect_xl.workbook.write_columns import add_columns
from support.comparing import changed_members, content
from support.workbooks import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TYPES = "[Content_Types].xml"
RELS = "application/vnd.openxmlformats-package.relationships+xml"
ADDED = "xl/worksheets/_rels/sheet1.xml.rels"
DEFAULT = re.compile(rb'<Default Extension="rels"[^>]*/>')


def book(path: Path, change: Callable[[bytes], bytes]) -> Path:
    """Return a workbook whose part of types was changed."""
    old = zipfile.ZipFile(io.BytesIO(plain(path, (("Email",), ("ann@x.example",))).read_bytes()))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == TYPES else old.read(name))
    return path


def one_by_one(types: bytes) -> bytes:
    """Name the type of each part of relationships, as LibreOffice 3.3 to 6.0 did."""
    override = b'<Override PartName="/%b" ContentType="' + RELS.encode() + b'"/>'
    entries = b"".join(override % part for part in (b"_rels/.rels", b"xl/_rels/workbook.xml.rels"))
    return DEFAULT.sub(b"", types).replace(b"</Types>", entries + b"</Types>")


def prefixed(types: bytes) -> bytes:
    """Write the part with a prefix."""
    types = types.replace(b"xmlns=", b"xmlns:ct=")
    return re.sub(rb"<(/?)(?=[A-Z])", rb"<\1ct:", one_by_one(types) if b"<Types" in types else types)


def types_of(path: Path) -> dict[str, str]:
    root = ET.fromstring(content(path, TYPES))
    return {entry.get("PartName"): entry.get("ContentType") for entry in root.iterfind("{*}Override")}


def write(path: Path, text: str = "https://acme.usecollect.com/1") -> Path:
    output = path.with_name("out.xlsx")
    add_columns(path, "Contacts", 1, ("Link",), [(2, (text,))], output, link=Link("Link"))
    return output


@pytest.mark.parametrize("change", [one_by_one, prefixed, lambda types: DEFAULT.sub(b"", types)])
def test_new_relationships_get_a_type_where_none_covers_them(tmp_path, change):
    """The entry is added to the part of types, and the part's other entries stay as they were."""
    path = book(tmp_path / "book.xlsx", change)
    output = write(path)
    assert types_of(output) == {**types_of(path), f"/{ADDED}": RELS}
    assert {TYPES, ADDED} < changed_members(path, output)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        pytest.param(bytes, "https://acme.usecollect.com/1", id="a default covers them"),
        pytest.param(one_by_one, "no link", id="no link is written"),
    ],
)
def test_the_types_stay_as_they_are_where_nothing_is_missing(tmp_path, change, text):
    """Where every part has a type already the part of types is copied as it is."""
    path = book(tmp_path / "book.xlsx", change)
    assert TYPES not in changed_members(path, write(path, text))


def test_a_second_write_adds_no_second_entry(tmp_path):
    """The relationships that stand there have their type."""
    path = write(book(tmp_path / "book.xlsx", one_by_one))
    types = content(path, TYPES)
    add_columns(path, "Contacts", 1, ("Link",), [(2, ("https://acme.usecollect.com/2",))], link=Link("Link"))
    assert content(path, TYPES) == types
