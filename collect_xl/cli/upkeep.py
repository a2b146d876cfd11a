"""``collect-xl journal``: backup, restore and merge of the durable memory."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["journal_app"]

journal_app = typer.Typer(help="The durable memory of who was asked.", rich_markup_mode=None)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]
