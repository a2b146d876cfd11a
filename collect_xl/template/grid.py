"""Rows and columns of the summary: facts that its formulas and its charts share."""

from __future__ import annotations

LABEL = "B"
COUNT = "C"
BAR = "D"
"""The columns of the words, of the figures, and of the bars beside them."""
AS_OF_ROW = 3

# The statuses by who has to act, each group under its heading: what waits for the user comes first, and there what is
# most important. The names are those of ``SummaryWords``; ``other`` and ``not_sent`` are no statuses.
GROUPS = {
    "needs_you": ("unknown", "error", "invalid", "refused", "duplicate", "skipped", "waiting"),
    "pending": ("pending", "due", "other"),
    "closed": ("completed", "cancelled", "archived"),
    "not_yet": ("not_sent",),
}
NO_STATUS = ("other", "not_sent")
FIRST_GROUP = 6
"""The row of the first heading."""


def _rows() -> tuple[dict[str, int], dict[str, int]]:
    """Return the row of each heading, and that of each status."""
    headings, rows = {}, {}
    row = FIRST_GROUP
    for group, statuses in GROUPS.items():
        headings[group] = row
        for status in statuses:
            row += 1
            rows[status] = row
        row += 2
    return headings, rows


HEADING_ROWS, STATUS_ROWS = _rows()
STATUSES = tuple(status for status in STATUS_ROWS if status not in NO_STATUS)
FIRST_COUNT = min(STATUS_ROWS.values())
LAST_COUNT = max(STATUS_ROWS.values())

# What has a tile of its own above the charts -> its colour.
TILES = {
    "contacts": "grey",
    "sent": "blue",
    "needs_you": "red",
    "with_client": "blue",
    "due_within": "amber",
    "rate": "green",
}
TILE_ROW = 3
"""The row of their words; that of their figures follows."""
TILE_FIRST = 6
"""The column of the first tile."""
TILE_COLUMNS = 3
"""How many columns each tile covers."""

# What only the charts are drawn from is in columns that are hidden: each figure is shown once.
CHART_LABEL = "Y"
CHART_COUNT = "Z"
RATE_ROWS = {"completed": 3, "still_open": 4}
FIRST_DAY = 6
DAYS = 7
