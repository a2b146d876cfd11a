"""What a workbook asks of those who open it: to leave it as it is. That is a wish, no lock; people are told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from collect_xl.ooxml.package import Package
from collect_xl.ooxml.xml_bytes import attribute, is_true, tag_pattern

__all__ = ["marks_of"]

_FINAL = re.compile(
    rb"""<[^<>]*\sname\s*=\s*["']_MarkAsFinal["'][^<>]*>\s*<(?:[\w.-]+:)?bool\s*>\s*(?:true|1)\s*<""", re.IGNORECASE
)
"""The custom property that Excel sets. Looked for as bytes: a part that is not ours to judge refuses nothing."""
_SHARING = re.compile(tag_pattern("fileSharing").pattern.replace(b"<", rb"<(?:[\w.-]+:)?", 1))


def marks_of(package: Package) -> tuple[str, ...]:
    """Return a sentence for each wish of the workbook that writing results goes against."""
    return tuple(_marks(package))


def _marks(package: Package) -> Iterator[str]:
    name, custom = package.path.name, package.related("/", "custom-properties")
    if custom and _FINAL.search(package.read(custom)):
        yield f"{name} is marked as final; results are written all the same, and the mark stays."
    sharing = _SHARING.search(package.read(package.workbook))
    if sharing and is_true(attribute(sharing[0], b"readOnlyRecommended")):
        yield f"{name} asks to be opened for reading only; results are written all the same."
