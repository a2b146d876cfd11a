"""Which version of the template a workbook was made from, as its custom document property says."""

from __future__ import annotations

import re

from collect_xl.domain.headings import SUMMARY_SHEETS
from collect_xl.ooxml.package import Package, local_name

_NUMBER = re.compile(r"(\d{1,9})(?:\.0*)?", re.ASCII)
"""LibreOffice makes a floating-point number of it."""

TEMPLATE_PROPERTY = "collect-xl template"
TEMPLATE_VERSION = 2
"""Of the templates that this program makes, and the newest one that it knows."""


def template_version(package: Package) -> int | None:
    """Return the version of the template that a workbook was made from.

    None for a workbook of another origin.
    """
    part = package.related("/", "custom-properties")
    if part is None:
        return None
    for element in package.xml(part):
        if local_name(element.tag) == "property" and element.get("name") == TEMPLATE_PROPERTY:
            text = "".join(element.itertext())
            return _version(text.strip())
    return None


def _version(text: str) -> int | None:
    number = _NUMBER.fullmatch(text)
    return int(number[1]) if number else None


def summary_part(package: Package) -> str | None:
    """Return the worksheet that a template counts results on, None where it has none."""
    if template_version(package) is None:
        return None
    for sheet in package.sheets():
        if sheet.name in SUMMARY_SHEETS:
            return sheet.part
    return None


def newer_template(package: Package) -> tuple[str, ...]:
    """Return a sentence about a workbook whose template is newer than this program."""
    version = template_version(package)
    if version is None or version <= TEMPLATE_VERSION:
        return ()
    sentence = (
        f"{package.path.name} was made from version {version} of the template; this program knows versions up to "
        f"{TEMPLATE_VERSION}, so it may overlook something. Update collect-xl."
    )
    return (sentence,)
