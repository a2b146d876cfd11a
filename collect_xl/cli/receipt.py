"""``send --receipt``: tried before anything is sent, written when all is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from collect_xl.cli.exits import code_of_error
from collect_xl.cli.screen import Screen
from collect_xl.errors import CollectXlError
from collect_xl.receipt import keep_receipt, receipt_page, refuse_receipt
from collect_xl.workflow.session import Desk, Finished, Prepared

__all__ = ["WantedReceipt"]


@dataclass(frozen=True, slots=True)
class WantedReceipt:
    """A receipt that somebody asked for.

    Args:
        path: where it goes.
        links: whether portal addresses may stand in it.
    """

    path: Path
    links: bool

    def refuse(self) -> None:
        """Raise what writing it would meet: whoever wants a receipt must not find out after the e-mails."""
        refuse_receipt(self.path)

    def write(self, desk: Desk, finished: Finished, prepared: Prepared, screen: Screen) -> int:
        """Write it, and return 0, or the exit code of what went wrong: what was sent is sent all the same."""
        page = receipt_page(finished, prepared, desk.run, datetime.now().astimezone(), links=self.links)
        try:
            keep_receipt(self.path, page)
        except CollectXlError as error:
            screen.error(f"The receipt could not be written: {error.message}", error.tip)
            return code_of_error(error)
        screen.say(f"The receipt is {self.path}.")
        return 0
