"""The options of a request: those of the options sheet, and a row's own."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from marshmallow import EXCLUDE, Schema

from collect_xl.domain.cell_content import BLANKS
from collect_xl.domain.headings import (
    DATE_ORDER,
    ITEMS_IN_SHEET,
    OPTION_FIELDS,
    OPTIONS_SHEET,
    SHEET_OPTIONS,
    fold,
    option_of,
    title_of,
)
from collect_xl.domain.model import CellValue, OptionCell, Options, Problem
from collect_xl.validation.fields import Assignee, DueDate, Order, Pieces, Round, Text, YesNo
from collect_xl.validation.reader import Reader
from collect_xl.validation.refusal import NOTHING, Refusal, describe
from collect_xl.validation.samples import Samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from marshmallow.fields import Field

    from collect_xl.domain.due_dates import DateOrder

CAMPAIGN = OPTION_FIELDS[0].key
_SAMPLES = "samples"
_NO_CAMPAIGN = Refusal(NOTHING, "a campaign ID or name", "Fill in the option Campaign ID, or add a column for it.")

_SECRETS = frozenset(map(fold, ("api key", "key", "secret", "password", "token", "api url", "url", "server")))
"""Names under which people might keep a key or an address in the workbook; neither is ever read from there."""


class OptionsSchema(Schema):
    """Every option; each ``data_key`` is a field key of ``columns``, each name one of ``model.Options``."""

    class Meta:
        """A row also holds a contact and results."""

        unknown = EXCLUDE

    campaign = Text(data_key="campaignId")
    round = Round(data_key="round")
    items = Pieces(data_key="items")
    samples = Samples(data_key="samples")
    due = DueDate(data_key="dueDate")
    assigned_to = Assignee(data_key="assignedTo")
    send_message = YesNo(data_key="sendMessage")
    send_completion_message = YesNo(data_key="sendCompletionMessage")
    send_rejection_message = YesNo(data_key="sendRejectionMessage")
    send_reopen_message = YesNo(data_key="sendReopenMessage")

    def __init__(self, order: DateOrder | None) -> None:
        self._order = order
        super().__init__()

    def on_bind_field(self, field_name: str, field_obj: Field[Any]) -> None:  # noqa: ARG002  # marshmallow's signature
        """Give the due date the order that dates are written in."""
        if isinstance(field_obj, DueDate):
            field_obj.order = self._order


class _SheetSchema(Schema):
    """The options of the sheet alone, which are never sent."""

    order = Order(data_key=DATE_ORDER.key)
    items_in_sheet = YesNo(data_key=ITEMS_IN_SHEET.key)


@dataclass(frozen=True, slots=True)
class OptionsSheet:
    """What the options sheet says."""

    reader: Reader
    """Reads the options that rows have of their own."""
    values: Mapping[str, Any]
    """The valid values by name of ``model.Options``."""
    given: frozenset[str]
    """The keys of the options that are filled in, rightly or not."""
    problems: tuple[Problem, ...]
    items_in_sheet: bool = False
    """Whether each refresh asks which items came in."""

    @property
    def defaults(self) -> Options:
        """Return the options of a row that has none of its own."""
        return Options(**self.values)


def read_options(
    cells: Sequence[OptionCell], *, campaign_by_row: bool, other_sheets: Sequence[str] = ()
) -> OptionsSheet:
    """Read the options sheet, collecting everything that is wrong in it.

    Args:
        cells: the named lines; a blank value counts as not given.
        campaign_by_row: whether the contacts have a column for the campaign.
        other_sheets: the workbook's other sheets, where none is the options sheet.
    """
    given = [cell for cell in cells if not _blank(cell.value)]
    problems = [*_unknown(given), *_repeated(given)]
    lines = _readable_lines(given)
    # The order of dates first: by it the due date is read.
    of_sheet = _read(Reader(_SheetSchema()), lines, problems)
    reader = Reader(OptionsSchema(of_sheet.get("order")))
    values = _read(reader, lines, problems)
    # A line that is given twice or wrongly counts as given: its own problem is enough.
    keys = frozenset(_by_option(given))
    if CAMPAIGN not in keys and not campaign_by_row:
        refusal = _no_options_sheet(other_sheets) if other_sheets else _NO_CAMPAIGN
        problems.append(_problem(*_campaign_cell(cells), refusal))
    items_in_sheet = of_sheet.get("items_in_sheet") is True
    return OptionsSheet(reader, values, keys, tuple(problems), items_in_sheet)


def _blank(value: CellValue | None) -> bool:
    return value is None or (isinstance(value, str) and not value.strip(BLANKS))


def _titles_by_name() -> dict[str, str]:
    """Return the titles of all options by the names that they may have on the sheet."""
    titles = {}
    for option in (*OPTION_FIELDS, *SHEET_OPTIONS):
        titles[fold(option.key)] = option.title
        titles[fold(option.title)] = option.title
    return titles


def _unknown(cells: Iterable[OptionCell]) -> Iterator[Problem]:
    titles = _titles_by_name()
    expected = f"one of {', '.join(dict.fromkeys(titles.values()))}"
    for cell in cells:
        name = fold(cell.name)
        if name in _SECRETS:
            # The name alone is shown, never the value: a message must not spread a key.
            yield Problem(
                where=cell.name_at,
                field="Options",
                found=describe(cell.name),
                expected="no API key and no address in a workbook, which is passed on",
                todo="Delete the line. Keep the key in the key store of this computer.",
            )
        elif option_of(cell.name) is None:
            similar = get_close_matches(name, titles, n=1)
            todo = "Delete the line."
            if similar:
                todo = f"Did you mean {titles[similar[0]]}? Otherwise delete the line."
            yield Problem(
                where=cell.name_at,
                field="Options",
                found=describe(cell.name),
                expected=expected,
                todo=todo,
            )


def _repeated(cells: Iterable[OptionCell]) -> Iterator[Problem]:
    for key, (first, *others) in _by_option(cells).items():
        if key == _SAMPLES:
            continue
        for cell in others:
            line = f"{describe(cell.name)} for a second value"
            if cell.name_at != first.name_at:
                line = f"{describe(cell.name)}, which {first.name_at} says already"
            yield Problem(
                where=cell.name_at,
                field=_called(cell),
                found=line,
                expected="each option once",
                todo="Keep one of the two lines.",
            )


def _by_option(cells: Iterable[OptionCell]) -> Mapping[str, list[OptionCell]]:
    by_option = defaultdict(list)
    for cell in cells:
        key = option_of(cell.name)
        if key:
            by_option[key].append(cell)
    return by_option


def _readable_lines(cells: Iterable[OptionCell]) -> list[tuple[str, OptionCell]]:
    """Return the lines that can be read: one for an option, any number of samples."""
    lines = []
    for key, same_option in _by_option(cells).items():
        if len(same_option) == 1 or key == _SAMPLES:
            lines += [(key, cell) for cell in same_option]
    return lines


def _read(reader: Reader, lines: Iterable[tuple[str, OptionCell]], problems: list[Problem]) -> dict[str, Any]:
    """Return the values of the lines by name, and add what is wrong in them to the problems."""
    values: dict[str, Any] = {}
    for key, cell in lines:
        if cell.value is None:
            continue
        of_line, refusals = reader.read({key: cell.value})
        problems.extend(_problem(cell.value_at, _called(cell), refusal) for refusal in refusals.get(key, ()))
        # Several lines of samples add up; every other option has one line.
        for name, value in of_line.items():
            values[name] = values[name] + value if name in values else value
    return values


def _problem(where: str, name: str, refusal: Refusal) -> Problem:
    return Problem(
        where=where,
        field=name,
        found=refusal.found,
        expected=refusal.expected,
        todo=refusal.todo,
    )


def _no_options_sheet(sheets: Sequence[str]) -> Refusal:
    return Refusal(
        f"no sheet called {OPTIONS_SHEET}; the other sheets are: {', '.join(sheets)}",
        _NO_CAMPAIGN.expected,
        f"If one of them has the options, call it {OPTIONS_SHEET}, or name it for this run. {_NO_CAMPAIGN.todo}",
    )


def _called(cell: OptionCell) -> str:
    """Return what the sheet calls an option, in one line."""
    return " ".join(cell.name.split())


def _campaign_cell(cells: Sequence[OptionCell]) -> tuple[str, str]:
    """Return where the campaign belongs, in its cell or somewhere on the options sheet, and what it is called there."""
    for cell in cells:
        if option_of(cell.name) == CAMPAIGN:
            return cell.value_at, _called(cell)
    if cells:
        sheet, _, _ = cells[0].name_at.rpartition("!")
        return sheet, title_of(CAMPAIGN)
    return OPTIONS_SHEET, title_of(CAMPAIGN)
