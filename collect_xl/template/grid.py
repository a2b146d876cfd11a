"""Rows and columns of the summary: facts that its formulas and its charts share."""

from __future__ import annotations

LABEL = "B"
COUNT = "C"
"""The columns of the words and of the figures."""

# What the overview counts -> its row. A chart takes neighbouring cells: the order makes two charts possible.
KEY_ROWS = {
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

# What has a tile of its own above the charts -> its colour.
TILES = {
    "sent": "blue",
    "waiting": "amber",
    "overdue": "red",
    "failed": "red",
    "due_within": "amber",
    "rate": "green",
}
TILE_ROW = 3
"""The row of their words; that of their figures follows."""
TILE_FIRST = 5
"""The column of the first tile."""
TILE_COLUMNS = 3
"""How many columns each tile covers."""
