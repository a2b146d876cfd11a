"""What a row asks the journal for before it is sent."""

from __future__ import annotations

from collect_xl.domain.identity import keys_of, person_of
from collect_xl.domain.model import Row
from collect_xl.domain.ports import ToClaim
from collect_xl.planning.asked_again import AskedAgain, name_of_campaign
from collect_xl.planning.payload import content_digest
from collect_xl.planning.plan import Batch


def claim_request(row: Row, batch: Batch, again: AskedAgain) -> ToClaim:
    """Return the claim that a row asks for.

    Args:
        row: of the batch.
        batch: the call.
        again: the people that the approved plan asks again; a claim that is not in it refuses the row.
    """
    return ToClaim(
        row.number,
        keys_of(row.contact),
        person_of(row.contact).casefolded,
        content_digest(batch.options, row.contact),
        again.claims.get(row.number, frozenset()),
        name_of_campaign(row, batch.campaign.id),
    )
