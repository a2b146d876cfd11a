"""What belongs to people, found by the keys that they are known by, so that not everyone is compared with everyone."""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

from collect_xl.domain.identity import Likeness, Pairs, Person, compare

T = TypeVar("T")


class PeopleIndex(Generic[T]):
    """Rows, claims or the like, each with the person that it is about.

    Args:
        pairs: which IDs and addresses Collect showed together.
    """

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs
        self._entries: list[tuple[Person, T]] = []
        self._numbers_by_key: dict[str, list[int]] = {}

    def add(self, thing: T, person: Person, keys: Collection[str]) -> None:
        """Add what belongs to a person.

        Args:
            thing: a row, a claim or the like.
            person: whose it is.
            keys: every key by which this person is found (``identity.keys_to_look_up``).
        """
        for key in keys:
            self._numbers_by_key.setdefault(key, []).append(len(self._entries))
        self._entries.append((person, thing))

    def alike(self, person: Person, keys: Collection[str]) -> list[tuple[T, Likeness]]:
        """Return each thing of the same person, or of someone who may be this person, once.

        Args:
            person: who is looked for.
            keys: as for ``add``.
        """
        # Two who share a key need not be one person: a key says only where to look.
        numbers = [number for key in keys for number in self._numbers_by_key.get(key, ())]
        alike: list[tuple[T, Likeness]] = []
        for number in dict.fromkeys(numbers):
            other, thing = self._entries[number]
            likeness = compare(person, other, self._pairs)
            if likeness != "different":
                alike.append((thing, likeness))
        return alike
