"""A row's options as they can be sent: assignee and items as Collect calls them, and a due date in the future."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from collect_xl.domain.due_dates import is_past, times_around_gap
from collect_xl.domain.headings import column_letters, option_of, title_of
from collect_xl.domain.model import Account, Layout, OptionCell, Options, Problem, Row, Sample, User

MOST_NAMED = 10
"""Candidates that a message names."""

_WRITE_AN_ITEM = "Write an item's name or ID."

_ASSIGNEE, _ITEMS, _SAMPLES, _DUE = "assignedTo", "items", "samples", "dueDate"
_NAMES = {_ASSIGNEE: "assigned_to", _DUE: "due"}
"""Options whose name in ``model.Options`` is another one."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where options are in the workbook, for the words about them."""

    defaults: Options = field(default_factory=Options)
    """What the options sheet says."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Option -> ``Contacts!F``, where the contacts have a column for it."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Option -> ``Options!B5``."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Option -> what the sheet calls it, where the contacts have a column for it."""

    @classmethod
    def of(cls, layout: Layout, options: Iterable[OptionCell], defaults: Options) -> Places:
        """Return the places of a workbook."""
        columns = {each.field: f"{layout.sheet}!{column_letters(each.index)}" for each in layout.columns}
        named = {key: each.value_at for each in options if (key := option_of(each.name))}
        headers = {each.field: " ".join(each.header.split()) for each in layout.columns}
        return cls(defaults, columns, named, headers)

    def place(self, key: str, row: Row, *, by_options: bool) -> tuple[str, int | None]:
        """Return the cell that gives a row an option, and the row's number where it is the row's own."""
        if key in self.columns and not (by_options and key in self.options):
            return f"{self.columns[key]}{row.number}", row.number
        return self.options.get(key, "Options"), None


@dataclass(frozen=True, slots=True)
class _Unfit:
    """What is wrong with an option: a name that means nothing, or two things, or a date that is past."""

    key: str
    """The option's."""
    found: str
    expected: str
    todo: str
    names_choices: bool = True
    """As in ``Problem``."""


class Resolver:
    """Puts what Collect calls them in the place of names; what Collect did not name is taken as it is written.

    Args:
        account: what is known of the account; None for nothing.
        places: where the options are.
        now: an aware moment; due dates before it are past. None to let every date pass.
    """

    def __init__(self, account: Account | None, places: Places, now: datetime | None = None) -> None:
        self._now, self._zone = now, account.team.zone if account else None
        self._users = account.users if account else ()
        self._items = account.items if account else {}
        self._places = places
        self._resolved: dict[tuple[str, Options], Options | tuple[_Unfit, ...]] = {}

    def resolve(self, row: Row, campaign_id: str) -> Row | tuple[Problem, ...]:
        """Return a row as it will be sent, or everything that is wrong with its options."""
        if not self._users and not self._items and row.options.due is None:
            return row
        place = (campaign_id, row.options)
        if place not in self._resolved:
            self._resolved[place] = self._try(row.options, self._items.get(campaign_id, {}))
        found = self._resolved[place]
        if isinstance(found, tuple):
            return tuple([self._problem(each, row) for each in found])
        return row if found is row.options else replace(row, options=found)

    def problems(self, row: Row) -> tuple[Problem, ...]:
        """Return what is wrong with a row's options, whatever its campaign."""
        found = self.resolve(row, "")
        return found if isinstance(found, tuple) else ()

    def _try(self, options: Options, known: Mapping[str, str]) -> Options | tuple[_Unfit, ...]:
        """Return options as Collect calls them, or all that is wrong: a row is repaired once, not once for each."""
        unfit = list(self._wrong_with_due(options.due))
        assigned = self._member(options.assigned_to, unfit)
        items, samples = options.items, options.samples
        if known:
            items = _resolved_items(items, known, unfit)
            samples = _resolved_samples(samples, known, unfit)
        if unfit:
            return tuple(unfit)
        resolved = replace(options, assigned_to=assigned, items=items, samples=samples)
        return options if resolved == options else resolved

    def _wrong_with_due(self, due: date | datetime | None) -> Iterator[_Unfit]:
        """Yield what is wrong with a due date.

        Only here, and not when the sheet is read: a date that passes does not make wrong what was sent before.
        """
        if due is None:
            return
        if self._now and is_past(due, self._now, self._zone):
            todo = "Type a later date, or leave the cell empty."
            yield _Unfit(_DUE, str(due), "a date in the future", todo, names_choices=False)
        if self._zone:
            around = times_around_gap(due, self._zone)
            if around is not None:
                yield _in_gap(due, around, self._zone)

    def _member(self, text: str | None, unfit: list[_Unfit]) -> str | None:
        """Return a member as Collect writes it; add what is wrong to the rest of it."""
        if not text or not self._users:
            return text
        member = _assignee(text, self._users)
        if isinstance(member, _Unfit):
            unfit.append(member)
            return text
        return member

    def _problem(self, unfit: _Unfit, row: Row) -> Problem:
        name = _NAMES.get(unfit.key, unfit.key)
        by_options = getattr(row.options, name) == getattr(self._places.defaults, name)
        where, number = self._places.place(unfit.key, row, by_options=by_options)
        header = self._places.headers.get(unfit.key, "") if number is not None else ""
        return Problem(
            where=where,
            field=title_of(unfit.key),
            found=unfit.found,
            expected=unfit.expected,
            todo=unfit.todo,
            row=number,
            header=header,
            names_choices=unfit.names_choices,
        )


AS_WRITTEN = Resolver(None, Places())


def _assignee(text: str, users: Sequence[User]) -> str | _Unfit:
    """Return a member as Collect writes it: the id, or the address; or why there is none."""
    for user in users:
        if text == user.id:
            return text
        if _compared(text) == _compared(user.email):
            return user.email
    known = _listed([user.email or user.id for user in users])
    todo = "Type the address of a member, or invite this one in Collect first."
    return _Unfit(_ASSIGNEE, f'"{text}"', f"a member of the team: {known}", todo)


def _in_gap(due: date, around: tuple[time, time], zone: str) -> _Unfit:
    before, after = (f"{each:%H:%M}" for each in around)
    found = f"{due}, a time that the clocks of {zone} skip on that day"
    todo = f"Type {before} or {after} instead."
    return _Unfit(_DUE, found, f"a time that exists, such as {before} or {after}", todo, names_choices=False)


def _resolved_items(texts: Iterable[str], known: Mapping[str, str], unfit: list[_Unfit]) -> tuple[str, ...]:
    """Return the IDs of the items that texts mean, each once; add each text that means none to what is wrong."""
    ids: dict[str, None] = {}
    for text in texts:
        for name in _names_in(text, known):
            found = _item(_ITEMS, name, known)
            if isinstance(found, _Unfit):
                unfit.append(found)
            else:
                ids[found] = None
    return tuple(ids)


def _resolved_samples(samples: Iterable[Sample], known: Mapping[str, str], unfit: list[_Unfit]) -> tuple[Sample, ...]:
    """Return samples with the IDs of their items; add each whose item means none to what is wrong."""
    resolved = []
    for sample in samples:
        found = _item(_SAMPLES, sample.item, known)
        if isinstance(found, _Unfit):
            unfit.append(found)
        else:
            resolved.append(replace(sample, item=found))
    return tuple(resolved)


def _names_in(text: str, known: Mapping[str, str]) -> list[str]:
    """Return the names that a text gives: itself, or what commas part where each of it is an item."""
    if not _is_item(text, known):
        parts = [part.strip() for part in text.split(",")]
        if all(_is_item(part, known) for part in parts):
            return parts
    return [text]


def _is_item(text: str, known: Mapping[str, str]) -> bool:
    return text in known or any(_compared(name) == _compared(text) for name in known.values())


def _item(key: str, text: str, known: Mapping[str, str]) -> str | _Unfit:
    """Return the ID of the item that an ID or a name means; or why there is none."""
    if text in known:
        return text
    named = [id_ for id_, name in known.items() if _compared(name) == _compared(text)]
    if len(named) == 1:
        return named[0]
    if named:
        found = f'"{text}", which {len(named)} items are called'
        return _Unfit(key, found, f"one of their IDs: {_listed(named)}", "Write the item's ID instead of its name.")
    names = _listed([name or id_ for id_, name in known.items()])
    todo = "Write an item's name or ID; several are separated by ;"
    return _Unfit(key, f'"{text}"', f"an item of the campaign: {names}", todo if "," in text else _WRITE_AN_ITEM)


def _compared(text: str) -> str:
    return " ".join(text.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
