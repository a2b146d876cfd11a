"""The groups of a plan in words: no two groups read alike, so that a yes is given to what is sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from collect_xl.domain.amounts import word_for
from collect_xl.domain.model import Account
from collect_xl.planning.plan import Batch, Plan, rows_of

_SWITCHES = {
    "sendCompletionMessage": "completion message",
    "sendRejectionMessage": "rejection message",
    "sendReopenMessage": "reopen message",
}
_MESSAGES = {
    None: "Collect sends its messages",
    True: "Collect sends its messages, as the options say",
    False: "Collect sends no messages",
}
AS_ABOVE = "as above"
"""What is said of the group that says nothing otherwise than most."""

_ABSENT = {
    "items": "all items",
    "samples": "no samples",
    "assignedTo": "assigned as the campaign says",
    **{key: f"{called} as the campaign says" for key, called in _SWITCHES.items()},
}
"""What a call says that lacks an option."""
_ABOUT_ITEMS = frozenset({"items", "samples"})
_ORDER = ("campaignId", "round", "items", "samples", "dueDate", "assignedTo", "sendMessage", *_SWITCHES)


@dataclass(frozen=True, slots=True)
class Group:
    """The calls that say the same of all their people."""

    batches: tuple[Batch, ...]
    parts: Mapping[str, str]
    """What they say, each option in words; its key is the option's, ``round`` for the round."""

    @property
    def size(self) -> int:
        """How many people it asks."""
        return len(rows_of(self.batches))

    @property
    def is_silent(self) -> bool:
        """Whether its people get no message."""
        return self.batches[0].options.get("sendMessage") is False


@dataclass(frozen=True, slots=True)
class Preview:
    """The groups of a plan, and what most of them say."""

    groups: tuple[Group, ...]
    usual: Mapping[str, str]
    """What most of them say: a group's own words are shown where they differ."""

    def own(self, group: Group) -> tuple[str, ...]:
        """Return what a group says otherwise than most."""
        return tuple(words for key, words in group.parts.items() if words != self.usual[key])

    def lines(self) -> tuple[str, ...]:
        """Return what most calls say, and a line for each group where there are several."""
        usual = "; ".join(self.usual.values())
        if len(self.groups) <= 1:
            return (usual,) if usual else ()
        owns = [f"{group.size}: {'; '.join(self.own(group)) or AS_ABOVE}" for group in self.groups]
        return (f"{len(self.groups)} groups; by default: {usual}", *owns)

    def is_common(self, key: str) -> bool:
        """Return whether all groups say the same of an option."""
        return all(group.parts.get(key) == self.usual.get(key) for group in self.groups)


def preview_of(plan: Plan, account: Account | None) -> Preview:
    """Return the groups of a plan, in the order of their first calls.

    Args:
        plan: what would be sent.
        account: for the names of items and the team's zone; None where it is not known.
    """
    # Options hold lists, which are no keys of a dictionary: their text is.
    batches: dict[str, list[Batch]] = {}
    for batch in plan.batches:
        meaning = json.dumps([batch.options, batch.round], sort_keys=True)
        batches.setdefault(meaning, []).append(batch)
    groups = [Group(tuple(alike), _parts(alike[0], account)) for alike in batches.values()]
    groups = _with_ids_where_names_are_shared(groups)
    groups = list(_told_apart(_with_what_is_absent(groups)))
    keys = dict.fromkeys(key for group in groups for key in group.parts)
    usual = {key: Counter(group.parts[key] for group in groups).most_common(1)[0][0] for key in keys}
    return Preview(tuple(groups), usual)


_AS_WRITTEN: Sequence[tuple[Collection[str], str]] = (
    (_ABOUT_ITEMS, "items as they are written"),
    ({"assignedTo"}, "assignee as it is written"),
    ({"dueDate"}, "due date as if the team were in UTC"),
)
"""Options, and how they are shown while nothing is known of the account."""


def not_known_yet(batches: Iterable[Batch], account: Account | None) -> Iterator[str]:
    """Yield what is shown as it is written, since the account was not asked for it yet."""
    campaigns_of: dict[str, set[str]] = {}
    for batch in batches:
        for option in batch.options:
            campaigns_of.setdefault(option, set()).add(batch.campaign.id)
    if account is None:
        as_written = [words for options, words in _AS_WRITTEN if not campaigns_of.keys().isdisjoint(options)]
        yield f"The account was not asked yet: {', '.join(['campaign as it is written', *as_written])}."
        return
    unasked = list(_not_asked_for(campaigns_of, account))
    if unasked:
        yield f"Collect was not asked for its {' and '.join(unasked)} yet: they are shown as they are written."


def _not_asked_for(campaigns_of: Mapping[str, Collection[str]], account: Account) -> Iterator[str]:
    """Yield what Collect was not asked for, though calls name it.

    Args:
        campaigns_of: option -> the IDs of the campaigns whose calls have it.
        account: what Collect was asked for.
    """
    with_items = {campaign for option in _ABOUT_ITEMS for campaign in campaigns_of.get(option, ())}
    if not with_items <= account.items.keys():
        yield "items"
    if "assignedTo" in campaigns_of and not account.users:
        yield "assignees"


def _parts(batch: Batch, account: Account | None) -> dict[str, str]:
    """Return each option of a call in words, by its key."""
    options = batch.options
    due = batch.rows[0].options.due
    zone = account.team.zone if account else "the team's zone"
    parts = {
        "campaignId": f"campaign {batch.campaign.called}",
        "round": f'round "{batch.round}"' if batch.round else "no round",
        "dueDate": f"due {due} ({zone})" if due else "due as the campaign says",
        "sendMessage": _MESSAGES[options.get("sendMessage")],
    }
    names = _unique(account.items.get(batch.campaign.id, {})) if account else {}
    for key in _WORDS_OF.keys() & options.keys():
        parts[key] = _WORDS_OF[key](options[key], names)
    return parts


def _items_words(items: Iterable[str], names: Mapping[str, str]) -> str:
    return f"items {', '.join(names.get(item, item) for item in items)}"


def _samples_words(samples: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    return f"samples {', '.join(_sample_words(sample, names) for sample in samples)}"


def _assignee_words(assignee: str, _: Mapping[str, str]) -> str:
    return f"assigned to {assignee}"


def _switch_words(called: str, is_on: bool, _: Mapping[str, str]) -> str:  # as the call holds it
    return called if is_on else f"no {called}"


_WORDS_OF: Mapping[str, Callable[[Any, Mapping[str, str]], str]] = {
    "items": _items_words,
    "samples": _samples_words,
    "assignedTo": _assignee_words,
    **{key: partial(_switch_words, called) for key, called in _SWITCHES.items()},
}
"""Option of a call -> what says its value in words, with the names of items by their IDs."""


def _unique(names: Mapping[str, str]) -> Mapping[str, str]:
    """Return the items that a name tells from all others, ID -> name; the others are called by their IDs."""
    uses = Counter(names.values())
    return {item: name for item, name in names.items() if name and uses[name] == 1}


def _sample_words(sample: Mapping[str, Any], names: Mapping[str, str]) -> str:
    more = {key: value for key, value in sample.items() if key not in {"itemId", "url"}}
    further = f" {json.dumps(more, ensure_ascii=False, sort_keys=True)}" if more else ""
    item = sample["itemId"]
    return f"{names.get(item, item)} -> {sample['url']}{further}"


def _with_ids_where_names_are_shared(groups: Sequence[Group]) -> list[Group]:
    """Name campaigns by their IDs, too, where two have one name."""
    ids: dict[str, set[str]] = {}
    for group in groups:
        ids.setdefault(group.parts["campaignId"], set()).add(group.batches[0].campaign.id)
    described: list[Group] = []
    for group in groups:
        words = group.parts["campaignId"]
        if len(ids[words]) > 1:
            words = f"{words} ({group.batches[0].campaign.id})"
        described.append(replace(group, parts={**group.parts, "campaignId": words}))
    return described


def _with_what_is_absent(groups: Sequence[Group]) -> list[Group]:
    """Say of each group what it leaves to Collect, where another one does not."""
    given = {key for group in groups for key in group.parts}
    whole = []
    for group in groups:
        parts = {key: group.parts.get(key, _ABSENT.get(key, "")) for key in _ORDER if key in given}
        whole.append(replace(group, parts=parts))
    return whole


def _told_apart(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield the groups; where two have the same words, with all that their calls say, letter by letter."""
    uses = Counter(tuple(group.parts.values()) for group in groups)
    if max(uses.values(), default=1) == 1:
        yield from groups
        return
    for group in groups:
        exactly = json.dumps(group.batches[0].options, ensure_ascii=False, sort_keys=True)
        yield replace(group, parts={**group.parts, "exactly": f"exactly {exactly}"})


def distinct(texts: Sequence[str], most: int) -> list[str]:
    """Return texts cut to a length, those whole that would be alike otherwise."""
    cut = [text if len(text) <= most else f"{text[: most - 4].rstrip()} ..." for text in texts]
    uses = Counter(cut)
    return [short if uses[short] == 1 else text for short, text in zip(cut, texts, strict=True)]


def known_words(plan: Plan) -> str:
    """Return how many of a plan's people Collect has as contacts already."""
    if not plan.known_contacts:
        return "None of them is known here as a contact of Collect yet."
    are = word_for(plan.known_contacts, "is")
    return f"{plan.known_contacts} of {plan.size} {are} known as contacts of Collect."
