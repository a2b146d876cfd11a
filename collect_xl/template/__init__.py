"""The workbook that people start from: sheets, rules, drop-downs and a live summary, the same bytes each time."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from collect_xl.domain.windows_names import refuse_kept_name
from collect_xl.errors import DiskError, UsageError

if TYPE_CHECKING:
    from collect_xl.template.sheets import Filling

__all__ = ["new_workbook", "template"]

SUFFIX = ".xlsx"


def new_workbook(path: str | os.PathLike[str], language: str = "en") -> Path:
    """Write a new workbook; a file that exists already is never touched.

    Args:
        path: where; ``.xlsx`` is added where it has no ending.
        language: ``en``, ``fr``, ``de`` or ``es``.

    Returns:
        where it is.

    Raises:
        UsageError: the file exists already, or the name has another ending, or the language is not spoken.
        DiskError: the disk refused; nothing is left behind.
    """
    place = Path(path)
    if not place.suffix:
        place = place.with_name(f"{place.name}{SUFFIX}")
    if place.suffix.lower() != SUFFIX:
        raise UsageError(f"{place.name} does not end in {SUFFIX}.", tip=f"Call it {place.stem}{SUFFIX}.")
    refuse_kept_name(place.name)
    content = template(language)
    try:
        _write(place, content)
    except FileExistsError as error:
        raise UsageError(f"{place} is there already; it was not touched.", tip="Choose another name.") from error
    except OSError as error:
        message = f"{place} cannot be written: {error.strerror or error}."
        raise DiskError(message, tip="Check the folder and its rights, and that the disk has room.") from error
    return place


def _write(place: Path, content: bytes) -> None:
    # "x" refuses a file that exists, even one that another program makes at this very moment.
    with place.open("xb") as file:
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            place.unlink(missing_ok=True)
            raise


def template(language: str = "en", filling: Filling | None = None) -> bytes:
    """Return the bytes of a template.

    Args:
        language: as for ``new_workbook``.
        filling: people and options that are in it already; none by default.
    """
    from openpyxl import Workbook  # noqa: PLC0415  # 0.35 s

    from collect_xl.template.finish import workbook_bytes  # noqa: PLC0415
    from collect_xl.template.sheets import NOTHING, contacts_sheet, lists_sheet, options_sheet  # noqa: PLC0415
    from collect_xl.template.start import start_sheet  # noqa: PLC0415
    from collect_xl.template.summary import summary_sheet  # noqa: PLC0415
    from collect_xl.template.words import words_in  # noqa: PLC0415

    words = words_in(language)
    filling = filling or NOTHING
    book = Workbook()
    # openpyxl starts with a sheet of its own.
    del book[book.sheetnames[0]]
    start_sheet(book, words)
    contacts_sheet(book, words, filling)
    options_sheet(book, words, filling)
    results = summary_sheet(book, words, _people(filling))
    lists_sheet(book)
    return workbook_bytes(book, {words.summary_sheet: results})


def _people(filling: Filling) -> int:
    """Return how many rows the summary's formulas count as contacts."""
    people = [person for person in filling.contacts if person.get("email") or person.get("contactId")]
    return len(people)
