"""Where things stand on the summary: facts that its formulas and its charts share."""

from __future__ import annotations

LABEL, COUNT = "B", "C"

KEY_ROWS = {  # what the overview counts -> its row; the order makes two charts of neighbouring cells
    "contacts": 6,
    "sent": 7,
    "pending": 8,
    "waiting": 9,
    "overdue": 10,
    "failed": 11,
    "completed": 12,
    "still_open": 13,
    "due_within": 14,
    "rate": 15,
}

STATUSES = (
    "pending", "waiting", "completed", "due", "error", "unknown",
    "refused", "invalid", "duplicate", "skipped", "cancelled", "archived",
)  # fmt: skip
FIRST_STATUS = 18
"""The row of the contacts without a status; one row a word follows, and one for all other words."""

FIRST_DAY = FIRST_STATUS + len(STATUSES) + 4
DAYS = 7

TILES = {  # what stands in a tile of its own above the charts -> its colour
    "sent": "blue",
    "waiting": "amber",
    "overdue": "red",
    "failed": "red",
    "due_within": "amber",
    "rate": "green",
}
TILE_ROW, TILE_FIRST, TILE_COLUMNS = 3, 5, 3
"""The row of their words, the column of the first one, and how many columns each covers."""
