"""The button Stop: the run on this workbook ends after the batch that is on its way, with or without a window."""

from __future__ import annotations

import os

from collect_xl.addin.button_context import ButtonContext
from collect_xl.config.settings import load_settings
from collect_xl.excel.find_workbook import place_of
from collect_xl.workflow.open import stop_run


def stop(context: ButtonContext) -> None:
    """Ask the run on this workbook to stop."""
    holder = stop_run(load_settings(os.environ), place_of(context.book))
    if not holder:
        context.front.tell("No run is on in this workbook: there is nothing to stop.")
        return
    context.front.tell(
        f"The run of {holder} stops after the batch that is on its way. The next Send goes on from there.\n\n"
        "A run that was started in a terminal is stopped there, with Ctrl-C."
    )
