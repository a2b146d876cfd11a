"""Why a claim is in its state: codes, of which each face makes its words."""

from __future__ import annotations

from typing import Literal

Why = Literal[
    "",
    "answer lost", "sender ended", "answered", "answered alone", "turned away", "not named", "row refused",
    "other name", "another's request", "sent elsewhere",
    "found in list", "person said", "taken over",
    "no connection", "absent", "absent after refusal", "absent after error", "taken back",
    "refused alone",
]  # fmt: skip
"""Why a claim is in its state; words for people are made of it where they are shown.

Unknown: ``answer lost``; ``sender ended`` before its outcome was known; ``answered``: a refusal of the whole batch, of
which Collect may have done a part; ``answered alone``: of a single row; ``turned away``: 429; ``not named``: accepted,
but no request is this row's; ``row refused``: the answer complains of this row; ``other name``: one request for no one,
probably this row's; ``another's request``: bound to another claim; ``sent elsewhere``: taken over as unknown. Sent:
``found in list``: no answer said so; ``person said``; ``taken over``. Not sent: ``no connection``; ``absent`` from two
lists; ``absent after refusal`` of its batch; ``absent after error``: Collect did not name it; ``taken back``."""


AWAITING_PROOF: frozenset[Why] = frozenset({"answered", "answered alone", "turned away", "not named", "row refused"})
"""Why claims are unknown of which Collect's lists will soon show what came."""

TAKEN_OVER: frozenset[Why] = frozenset({"taken over", "sent elsewhere"})
"""Why claims are as they are that another computer made."""
