"""Faces for stories that are told without a person: each says yes to whatever it is shown."""

from __future__ import annotations

from collections.abc import Callable

from collect_xl.domain.events import Event
from collect_xl.workflow.dialogue import SendFront


class Yes(SendFront):
    """Approves every plan, and passes the events on."""

    def __init__(self, on_event: Callable[[Event], None] = lambda _: None) -> None:
        self._on_event = on_event

    def approve(self, prepared):
        """Return the approval of exactly this plan."""
        return prepared.approval()

    def on_event(self, event):
        """Pass it on."""
        self._on_event(event)
