"""Columns written into a saved workbook with what Collect knows of it: who its rows are about, and its summary."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from collect_xl.domain.headings import field_of, title_of
from collect_xl.domain.status_colours import COLOURS, NEEDS_A_PERSON, OTHER_COLOUR, STATUS_COLOURS
from collect_xl.ooxml import add_columns as editor
from collect_xl.ooxml.add_columns import Added
from collect_xl.ooxml.highlights import Colour, Highlight
from collect_xl.ooxml.hyperlinks import Link
from collect_xl.ooxml.row_edit import Values
from collect_xl.ooxml.sheet_edit import Meaning, TextColumns
from collect_xl.workbook.headers import PERSON
from collect_xl.workbook.template_version import summary_part

COLLECT = Meaning(is_key=lambda header: field_of(header) in PERSON, summary=summary_part)
"""What a workbook means to Collect."""

PORTAL_LINK = Link(title_of("result.portalUrl"))


def result_highlights(status: str, message: str) -> tuple[Highlight, Highlight]:
    """Return the colours of the result columns, as the template has them.

    Only our own columns are coloured, never the cell that is wrong: its format is the user's. To take such a colour
    back, its old format would have to be remembered somewhere else, and each program that saves the workbook numbers
    the formats again; and a conditional format over the user's columns would be copied, sorted and mailed with them.
    A conditional format on our columns needs nothing to be taken back: it goes when the status does.

    Args:
        status: the header of the column that decides.
        message: the header of the column that says what to do.
    """
    colours = {}
    for word, name in STATUS_COLOURS.items():
        colours[word] = _colour(name, bold=True)
    loud = {word: _colour(STATUS_COLOURS[word], bold=False) for word in NEEDS_A_PERSON}
    return (
        Highlight(status, by=status, colours=colours, other=_colour(OTHER_COLOUR, bold=True)),
        Highlight(message, by=status, colours=loud),
    )


def _colour(name: str, *, bold: bool) -> Colour:
    background, ink, _ = COLOURS[name]
    return Colour(background, ink, bold)


def add_columns(  # noqa: PLR0913  # the six are the public contract; options are by name
    path: str | os.PathLike[str],
    sheet: str,
    header_row: int,
    columns: Sequence[str],
    rows: Iterable[tuple[int, Values]],
    output: str | os.PathLike[str] | None = None,
    *,
    link: Link | None = PORTAL_LINK,
    widths: Sequence[float] = (),
    force: bool = False,
    keep_backup: bool = True,
    highlights: Sequence[Highlight] = (),
) -> Added:
    """Write columns of texts into a workbook, and change nothing else in it.

    As ``ooxml.add_columns``, with hyperlinks in the column *Collect portal URL* unless ``link`` says otherwise.

    Raises:
        WorkbookError: the file is no workbook, is damaged or hostile, or writing would harm something in it.
        WorkbookBusy: another program has it open, or changed it meanwhile.
        DiskError: the disk refused; the workbook is as it was.
        UsageError: headers or rows do not fit together.
    """
    texts = TextColumns(
        sheet=sheet,
        header_row=header_row,
        headers=tuple(columns),
        widths=tuple(widths),
        link=link,
        meaning=COLLECT,
        highlights=tuple(highlights),
    )
    return editor.add_columns(path, texts, rows, output, force=force, keep_backup=keep_backup)
