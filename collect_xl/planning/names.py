"""A row's options as they can be sent: assignee and items as Collect calls them, and a due date in the future."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time

from collect_xl.domain.a1 import column_name
from collect_xl.domain.due_dates import is_past, times_around_gap
from collect_xl.domain.headings import option_of, title_of
from collect_xl.domain.model import Account, Layout, OptionCell, Options, Problem, Row, Team, User

MOST_NAMED = 10
"""Candidates that a message names."""

_ASSIGNEE, _ITEMS, _SAMPLES, _DUE = "assignedTo", "items", "samples", "dueDate"
_NAMES = {_ASSIGNEE: "assigned_to", _DUE: "due"}
"""Options whose name in ``model.Options`` is another one."""


_NO_ACCOUNT = Account("", Team("", "", ""))
"""Nothing is known: no zone, no members, no items."""


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
    option_names: Mapping[str, str] = field(default_factory=dict)
    """Option -> what the options sheet calls it."""

    @classmethod
    def of(cls, layout: Layout, options: Iterable[OptionCell], defaults: Options) -> Places:
        """Return the places of a workbook."""
        columns = {each.field: f"{layout.sheet}!{column_name(each.index)}" for each in layout.columns}
        headers = {each.field: " ".join(each.header.split()) for each in layout.columns}
        places, names = {}, {}
        for each in options:
            key = option_of(each.name)
            if key is not None:
                places[key] = each.value_at
                names[key] = " ".join(each.name.split())
        return cls(defaults, columns, places, headers, names)

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
        account = account or _NO_ACCOUNT
        self._now, self._zone = now, account.team.zone
        self._users, self._items = account.users, account.items
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
        assigned, items, samples = options.assigned_to, options.items, options.samples
        if assigned and self._users:
            assigned = _member(assigned, self._users, unfit)
        if known:
            named = _Items(known, unfit)
            items = named.resolved(items)
            samples = tuple(replace(each, item=named.one(_SAMPLES, each.item)) for each in samples)
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

    def _problem(self, unfit: _Unfit, row: Row) -> Problem:
        name = _NAMES.get(unfit.key, unfit.key)
        by_options = getattr(row.options, name) == getattr(self._places.defaults, name)
        where, number = self._places.place(unfit.key, row, by_options=by_options)
        title, header = title_of(unfit.key), ""
        if number is None:
            title = self._places.option_names.get(unfit.key, title)
        else:
            header = self._places.headers.get(unfit.key, "")
        return Problem(
            where=where,
            field=title,
            found=unfit.found,
            expected=unfit.expected,
            todo=unfit.todo,
            row=number,
            header=header,
            names_choices=unfit.names_choices,
        )


AS_WRITTEN = Resolver(None, Places())


def _member(text: str, users: Sequence[User], unfit: list[_Unfit]) -> str:
    """Return a member as Collect writes it, the id or the address; add a text that means none to what is wrong."""
    for user in users:
        if text == user.id:
            return text
        if _compared(text) == _compared(user.email):
            return user.email
    known = _listed([user.email or user.id for user in users])
    todo = "Type the address of a member, or invite this one in Collect first."
    unfit.append(_Unfit(_ASSIGNEE, f'"{text}"', f"a member of the team: {known}", todo))
    return text


def _in_gap(due: date, around: tuple[time, time], zone: str) -> _Unfit:
    before, after = (f"{each:%H:%M}" for each in around)
    found = f"{due}, a time that the clocks of {zone} skip on that day"
    todo = f"Type {before} or {after} instead."
    return _Unfit(_DUE, found, f"a time that exists, such as {before} or {after}", todo, names_choices=False)


class _Items:
    """The items of a campaign, found by ID or name.

    Args:
        known: ID -> name.
        unfit: what is wrong with the options of a row; a text that means no item is added.
    """

    def __init__(self, known: Mapping[str, str], unfit: list[_Unfit]) -> None:
        self._known = known
        self._unfit = unfit
        self._ids_by_name: dict[str, list[str]] = {}
        for item, name in known.items():
            self._ids_by_name.setdefault(_compared(name), []).append(item)

    def resolved(self, texts: Iterable[str]) -> tuple[str, ...]:
        """Return the IDs of the items that texts mean, each once."""
        names = [name for text in texts for name in self._names_in(text)]
        return tuple(dict.fromkeys(self.one(_ITEMS, name) for name in names))

    def one(self, key: str, text: str) -> str:
        """Return the ID of the item that an ID or a name means; where there is none, the text.

        Args:
            key: the option that names it.
            text: as written.
        """
        named = self._ids_by_name.get(_compared(text), [])
        if text in self._known:
            return text
        if len(named) == 1:
            return named[0]
        self._unfit.append(_ambiguous(key, text, named) if named else self._unknown(key, text))
        return text

    def _names_in(self, text: str) -> list[str]:
        """Return the names that a text gives: itself, or what commas part where each of it is an item."""
        parts = [part.strip() for part in text.split(",")]
        if not self._has(text) and all(map(self._has, parts)):
            return parts
        return [text]

    def _has(self, text: str) -> bool:
        return text in self._known or _compared(text) in self._ids_by_name

    def _unknown(self, key: str, text: str) -> _Unfit:
        names = _listed([name or item for item, name in self._known.items()])
        todo = "Write an item's name or ID."
        if "," in text:
            todo = "Write an item's name or ID; several are separated by ;"
        return _Unfit(key, f'"{text}"', f"an item of the campaign: {names}", todo)


def _ambiguous(key: str, text: str, ids: Sequence[str]) -> _Unfit:
    found = f'"{text}", which {len(ids)} items are called'
    return _Unfit(key, found, f"one of their IDs: {_listed(ids)}", "Write the item's ID instead of its name.")


def _compared(text: str) -> str:
    return " ".join(text.split()).casefold()


def _listed(names: Sequence[str]) -> str:
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
