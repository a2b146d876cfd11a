"""The marshmallow fields that cells are read by: each takes what people type for it, cleans it, or refuses it."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from marshmallow import ValidationError, fields, missing

from collect_xl.domain.cell_content import BLANKS
from collect_xl.domain.due_dates import PLAUSIBLE, DateOrder, UnclearDateError, is_plausible, read_due
from collect_xl.domain.headings import CUSTOM, fold
from collect_xl.domain.model import CellValue, Fault, Number
from collect_xl.validation.email import Noted, read_address
from collect_xl.validation.refusal import AS_TEXT, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

_ZERO_WIDTH = str.maketrans(dict.fromkeys("\xad\u180e\u200b\u2060\ufeff"))
_UNSENDABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Cell(fields.Field[T]):
    """A cell that holds one kind of thing. A cell of nothing but blanks counts as absent."""

    expected: ClassVar[str]
    todo: ClassVar[str] = AS_TEXT
    numbers: ClassVar[bool] = True
    """Whether a number may stand for its text."""
    trim: ClassVar[str | None] = BLANKS
    """What is taken off the edges of a text; None takes what ``str.strip`` does."""

    def _deserialize(self, value: CellValue, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> T:  # noqa: ANN401, ARG002  # marshmallow's signature
        meaning = self.read(value)
        return cast("T", missing) if meaning is None else meaning

    def read(self, value: CellValue) -> T | None:
        """Return what a cell means, None where it holds only blanks; raise ``ValidationError`` with a ``Refusal``."""
        if not isinstance(value, str):
            return self.read_other(value)
        text = value.strip(self.trim)
        if not text:
            return None
        if not self.numbers and isinstance(value, Number):
            raise self.refused(value)
        if not text.isprintable() and _UNSENDABLE.search(text):
            raise refuse(value, f"{self.expected}, without control characters", "Type the value again.")
        return self.read_text(text)

    def read_text(self, text: str) -> T | None:
        """Return what a trimmed text means."""
        raise NotImplementedError

    def read_other(self, value: bool | date | time | Fault) -> T:
        """Return what a cell means that holds no text."""
        raise self.refused(value)

    def refused(self, value: CellValue) -> ValidationError:
        """Return the error that says what this kind of cell takes."""
        return refuse(value, self.expected, self.todo)


class Text(Cell[str]):
    """A text on one line: blanks and line breaks inside become one blank."""

    expected = "text"

    def read_text(self, text: str) -> str:
        """Return the text with its blanks collapsed."""
        # The same object where there is nothing to collapse: a copy for each of 100,000 rows adds up.
        if text.isprintable() and "  " not in text:
            return text
        return " ".join(text.split())


class CustomValue(Cell[tuple[str, str]]):
    """A custom field as ``(variable, text)``: dates, times and truth values in a form that stays readable."""

    expected = "text, a number or a date"

    def read_text(self, text: str) -> tuple[str, str]:
        """Return the text as it is; custom fields may have several lines."""
        return self._variable, text

    def read_other(self, value: bool | date | time | Fault) -> tuple[str, str]:
        """Return ISO 8601, or Excel's own word for a truth value."""
        if isinstance(value, Fault):
            raise self.refused(value)
        if isinstance(value, bool):
            return self._variable, str(value).upper()
        if isinstance(value, datetime) and value.time() == time():
            value = value.date()
        return self._variable, value.isoformat()

    @cached_property
    def _variable(self) -> str:
        return (self.data_key or "").removeprefix(CUSTOM)


class Email(Cell[Noted]):
    """The address of a person."""

    expected = "one e-mail address, such as ann@example.com"
    todo = "Type the address."
    numbers = False
    trim = None  # read_address takes off what is invisible, and makes a note of it

    def read_text(self, text: str) -> Noted | None:
        """Return the cleaned address."""
        if not text.strip(BLANKS):
            return None
        return read_address(text)


class ContactId(Cell[Noted]):
    """The ID of a contact that Collect has already."""

    expected = "a contact ID as Collect shows it, 17 letters and digits"

    _METEOR = re.compile(r"[2-9A-HJ-NP-TW-Za-km-z]{17}")
    """The form of all IDs seen (``collect_api.md`` section 4); enough for a hint, not for a refusal."""
    _NOT_AN_ID = re.compile(r"[\s@]|.{65}", re.DOTALL)

    def read_text(self, text: str) -> Noted:
        """Return the ID; refuse what is surely none."""
        if self._NOT_AN_ID.search(text):
            todo = "Copy the ID from Collect, or leave the cell empty and give the person's e-mail address."
            raise refuse(text, self.expected, todo)
        if not self._METEOR.fullmatch(text):
            return Noted(text, "the contact ID does not look like one of Collect's")
        return Noted(text)


class Pieces(Cell[tuple[str, ...]]):
    """A list, split at ``;`` and at line breaks, never at a comma; repeated pieces once."""

    expected = "texts separated by ; or a new line"

    def read_text(self, text: str) -> tuple[str, ...]:
        """Return the pieces that are not blank."""
        return pieces(text)


@lru_cache(maxsize=1024)  # few different lists are in a column
def pieces(text: str) -> tuple[str, ...]:
    """Return the pieces of a list that are not blank, each once."""
    trimmed = (piece.strip(BLANKS) for piece in re.split(r"[;\r\n]", text))
    return tuple(dict.fromkeys(piece for piece in trimmed if piece))


class Round(Cell[str]):
    """The user's own word for "again, on purpose"; a date that Excel made of it would be another round."""

    expected = "a round as text, or a whole number"

    def read(self, value: CellValue) -> str | None:
        """Return the round; a number is its digits, so that 2026 typed and 2026 as text are one round."""
        if isinstance(value, Number) and not value.strip().isdecimal():
            raise self.refused(value)
        return super().read(value)

    def read_text(self, text: str) -> str:
        """Return the round as it is shown: NFC, blanks collapsed, nothing invisible in it."""
        visible = text.translate(_ZERO_WIDTH)
        return " ".join(unicodedata.normalize("NFC", visible).split())


class Assignee(Cell[str]):
    """A member of the team, by e-mail address or user ID."""

    expected = "a team member's e-mail address or user ID"
    todo = "Type the address that the team member signs in to Collect with."

    def read_text(self, text: str) -> str:
        """Return the address or the ID."""
        if "@" in text:
            return read_address(text).text
        if any(map(str.isspace, text)):
            raise self.refused(text)
        return text


class YesNo(Cell[bool]):
    """Yes or no, in the words people type.

    A tick (``x``) is not among them: where ticks mean yes, blank means no, but here blank means "as the options say".
    """

    expected = "yes or no (also true/false, 1/0, on/off, oui/non, ja/nein, sí/no)"
    todo = "Type yes or no, or leave the cell empty."

    WORDS: ClassVar[dict[str, bool]] = {
        **dict.fromkeys(("yes", "y", "true", "1", "on"), True),
        **dict.fromkeys(("no", "n", "false", "0", "off"), False),
        **dict.fromkeys(("oui", "vrai", "ja", "wahr", "si", "verdadero"), True),  # fr, de, es; accents are folded
        **dict.fromkeys(("non", "faux", "nein", "falsch", "falso"), False),
    }

    def read_text(self, text: str) -> bool:
        """Return what the word says."""
        answer = self.WORDS.get(fold(text))
        if answer is None:
            raise self.refused(text)
        return answer

    def read_other(self, value: bool | date | time | Fault) -> bool:
        """Return a truth value as it is."""
        if isinstance(value, bool):
            return value
        raise self.refused(value)


class Order(Cell[DateOrder]):
    """How ``03/04/2026`` is meant on this workbook's sheets."""

    expected = "DMY (day first), MDY (month first) or YMD (year first)"
    todo = "Type DMY, MDY or YMD."

    WORDS: ClassVar[dict[str, DateOrder]] = {
        **dict.fromkeys(("dmy", "ddmmyyyy", "daymonthyear", "dayfirst", "jjmmaaaa", "ttmmjjjj", "ddmmaaaa"), "DMY"),
        **dict.fromkeys(("mdy", "mmddyyyy", "monthdayyear", "monthfirst"), "MDY"),
        **dict.fromkeys(("ymd", "yyyymmdd", "yearmonthday", "yearfirst", "iso"), "YMD"),
    }

    def read_text(self, text: str) -> DateOrder:
        """Return the order that the letters of the text name, whatever is between them."""
        letters = re.sub(r"[^a-z]", "", text.casefold())
        order = self.WORDS.get(letters)
        if order is None:
            raise self.refused(text)
        return order


_HALF_SECOND = timedelta(milliseconds=500)


class DueDate(Cell[date | datetime]):
    """A date; whether it is ahead matters only to a row that will be sent (``planning.names``)."""

    expected = "a date, such as 2026-12-31 or 31/12/2026"
    todo = "Type the date as YYYY-MM-DD, or format the cell as a date and type it again."
    numbers = False

    order: DateOrder | None = None

    def read_text(self, text: str) -> date | datetime:
        """Return the date that was typed."""
        try:
            due = read_due(text, self.order)
        except UnclearDateError as unclear:
            raise refuse(text, unclear.expected, unclear.todo) from None
        return self._in_calendar(due, text)

    def read_other(self, value: bool | date | time | Fault) -> date | datetime:
        """Return a real date as it is, to the nearest second: Excel shows it so, and a request holds no less."""
        if not isinstance(value, date):
            raise self.refused(value)
        due = self._in_calendar(value, value)
        if isinstance(due, datetime):
            return (due + _HALF_SECOND).replace(microsecond=0)
        return due

    def _in_calendar(self, due: date | datetime, value: CellValue) -> date | datetime:
        if not is_plausible(due):
            raise refuse(value, PLAUSIBLE, self.todo)
        return due
