"""Another due date for requests that were sent."""

from __future__ import annotations

from collect_xl.followup.cancel import Wish


def extend_to(due: str) -> Wish:
    """Return the wish for another due date: ``YYYY-MM-DDTHH:MM:SSZ``."""
    return Wish({"dueDate": due}, f"extend to {due}", due)
