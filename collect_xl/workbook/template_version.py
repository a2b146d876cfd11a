"""Which version of the template a workbook was made from, as its custom document property says."""

from __future__ import annotations

import re
from pathlib import Path

from collect_xl.domain.headings import SUMMARY_SHEETS
from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.atomic_save import Draft
from collect_xl.ooxml.package import Package, children_named
from collect_xl.ooxml.zip_writer import Rewrite

_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)
"""LibreOffice makes a floating-point number of it."""

TEMPLATE_PROPERTY = "collect-xl template"
TEMPLATE_VERSION = 3
"""Of the templates that this program makes, and the newest one that it knows."""

_MARK = re.compile(
    rb"""(<(?:[\w.-]+:)?property\s[^<>]*\bname=["']collect-xl template["'][^<>]*>\s*<[\w.:-]+[^<>]*>)\s*[\d.]+\s*(<)"""
)
"""The property with its value, in whatever type a program keeps it."""


def template_version(package: Package) -> int | None:
    """Return the version of the template that a workbook was made from.

    None for a workbook of another origin.
    """
    part = package.related("/", "custom-properties")
    if part is None:
        return None
    for element in children_named(package.xml(part), "property"):
        if element.get("name") == TEMPLATE_PROPERTY:
            text = "".join(element.itertext())
            return _version(text.strip())
    return None


def write_template_version(path: Path) -> None:
    """Write into a workbook that it has all that the newest template has; every other byte of its parts stays.

    Raises:
        WorkbookRefused: its property is written in a way that is not understood.
    """
    with Package.open(path) as package:
        part = package.related("/", "custom-properties")
        if part is None:
            raise _unusual(path)
        new, count = _MARK.subn(rb"\g<1>%d\g<2>" % TEMPLATE_VERSION, package.read(part))
        if count != 1:
            raise _unusual(path)
        marked = package.member(part)
        with Draft(path) as draft:
            rewrite = Rewrite(package.archive, draft.file)
            for member in package.archive.members:
                if member is marked:
                    rewrite.change(member, [new])
                else:
                    rewrite.copy(member)
            rewrite.close()
            package.close()  # Windows replaces no file that is open
            draft.keep(like=path)


def _unusual(path: Path) -> WorkbookRefused:
    message = f"The property {TEMPLATE_PROPERTY} of {path.name} is written in an unusual way."
    return WorkbookRefused(message, tip="Open the workbook in Excel and save it.")


def _version(text: str) -> int | None:
    number = _NUMBER.fullmatch(text)
    return int(number[1]) if number else None


def _of_older(package: Package, version: int) -> tuple[str, ...]:
    if summary_part(package) is None:
        return ()
    sentence = (
        f"{package.path.name} was made from version {version} of the template, whose summary does not count dates as "
        "they are written now. Upgrade the workbook."
    )
    return (sentence,)


def summary_part(package: Package) -> str | None:
    """Return the worksheet that a template counts results on, None where it has none."""
    if template_version(package) is None:
        return None
    for sheet in package.sheets():
        if sheet.name in SUMMARY_SHEETS:
            return sheet.part
    return None


def other_template(package: Package) -> tuple[str, ...]:
    """Return a sentence about a workbook whose template is not the one of this program."""
    version = template_version(package)
    if version is None or version == TEMPLATE_VERSION:
        return ()
    if version < TEMPLATE_VERSION:
        return _of_older(package, version)
    sentence = (
        f"{package.path.name} was made from version {version} of the template; this program knows versions up to "
        f"{TEMPLATE_VERSION}, so it may overlook something. Update collect-xl."
    )
    return (sentence,)
