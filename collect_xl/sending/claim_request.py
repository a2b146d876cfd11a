"""What a row asks the journal for before it is sent."""

from __future__ import annotations

from collect_xl.domain.identity import keys_of, person_of
from collect_xl.domain.model import Row
from collect_xl.domain.ports import ToClaim
from collect_xl.planning.payload import content_digest
from collect_xl.planning.plan import Batch


def claim_request(row: Row, batch: Batch) -> ToClaim:
    """Return what is claimed for a row of a batch."""
    return ToClaim(
        row.number,
        keys_of(row.contact),
        person_of(row.contact).casefolded,
        content_digest(batch.options, row.contact),
    )
