"""The people of a sheet, found by the claims that may be theirs."""

from __future__ import annotations

from collections.abc import Mapping

from collect_xl.domain.identity import Person, person_of_claim
from collect_xl.domain.model import Claim
from collect_xl.domain.people_index import PeopleIndex
from collect_xl.planning.history import Known


class People:
    """The people of a sheet, found by the claims that may be theirs.

    Args:
        of_row: row -> its person.
        known: what was learned of them.
    """

    def __init__(self, of_row: Mapping[int, Person], known: Known) -> None:
        self.of_row = of_row
        self._known = known
        self._index: PeopleIndex[Person] | None = None

    def has(self, claim: Claim) -> bool:
        """Return whether the person of a claim may be in some row."""
        if self._index is None:  # most sheets show no request of another row
            self._index = self._indexed()
        person = person_of_claim(claim)
        return bool(self._index.alike(person, self._known.keys(person)))

    def _indexed(self) -> PeopleIndex[Person]:
        index = PeopleIndex[Person](self._known.aliases)
        for person in self.of_row.values():
            index.add(person, person, self._known.keys(person))
        return index
