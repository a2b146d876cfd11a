"""How a cell is refused: what is in it, what is expected, what to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time

from marshmallow import ValidationError

from collect_xl.domain.model import CellValue, Fault, FaultKind, Number

AS_TEXT = "Format the cell as text and type the value again."
NOTHING = "nothing"

_LONGEST = 60
"""Characters of a cell that a message shows."""

_TYPE_TEXT = "Type the text into the cell, or turn the data type into text"

_FAULTS: dict[FaultKind, tuple[str, str]] = {
    "error": ("the error value {}", "Repair the formula, or type the value."),
    "formula": (
        "the formula {}, whose result is not stored in the file",
        "Open the workbook in Excel and save it there, or type the value instead of the formula.",
    ),
    "merged": ("a part of the merged cells {}", "Unmerge the cells and give each row its own value."),
    "digits": ("the number {}, of which Excel keeps only 15 digits", AS_TEXT),
    "date": ("{}, which is formatted as a date but is none", "Type the value again."),
    "rich": ("a data type of Excel or a picture", f"{_TYPE_TEXT} (right-click: Data Type, Convert to Text)."),
}
"""Kind -> what is found, and what to do about it."""

_NO_VALUE = Fault("error", "#VALUE!")
"""What a formula shows that fails, and what is beneath pictures and data types."""

_INVISIBLE = re.compile(
    r"[^\S ]|[\x00-\x1f\x7f-\xa0\xad\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a cell is refused."""

    found: str
    expected: str
    todo: str


def refuse(value: CellValue, expected: str, todo: str) -> ValidationError:
    """Return the error that marshmallow collects for a cell; a cell that holds a fault has its own remedy."""
    if isinstance(value, Fault):
        _, todo = _FAULTS[value.kind]
        if value == _NO_VALUE:
            todo = f"{todo} If the cell shows a picture or a data type of Excel, type its text instead."
    return ValidationError([Refusal(describe(value), expected, todo)])


def describe(value: CellValue) -> str:
    """Return a cell's value for a message: quoted, cut, invisible characters made visible."""
    if isinstance(value, Fault):
        words, _ = _FAULTS[value.kind]
        return words.format(_visible(value.shown))
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, Number):
        return f"the number {_visible(value)}"
    if isinstance(value, str):
        return f'"{_visible(value)}"'
    return _shown_moment(value)


def _shown_moment(value: date | time) -> str:
    if isinstance(value, datetime):
        return f"the date {value.isoformat(' ')}"
    kind = "date" if isinstance(value, date) else "time"
    return f"the {kind} {value.isoformat()}"


def _visible(text: str) -> str:
    if len(text) > _LONGEST:
        text = f"{text[:_LONGEST]}..."
    return _INVISIBLE.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
