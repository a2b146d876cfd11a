"""``collect-xl history``: backup, restore and merge of the durable memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from collect_xl.cli.help_layout import Command, Group
from collect_xl.cli.output import echo

history_app = typer.Typer(cls=Group, help="Back up, restore, merge or look at the send history.", rich_markup_mode=None)

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", show_default=False)]


@history_app.command("backup", cls=Command)
def history_backup(file: FileArgument) -> int:
    """Copy the journal to FILE, while it may be in use."""
    from collect_xl.journal import backup  # noqa: PLC0415

    backup(_place(), file)
    echo(f"The send history is copied to {file}.")
    return 0


@history_app.command("restore", cls=Command)
def history_restore(file: FileArgument) -> int:
    """Put a backup in the journal's place; the present one is kept beside it."""
    from collect_xl.journal import restore  # noqa: PLC0415

    kept = restore(_place(), file)
    echo("The send history is restored." + (f" The one before is kept as {kept}." if kept else ""))
    echo("What was sent after the backup was made is known only to Collect and to the workbooks.")
    return 0


@history_app.command("merge", cls=Command)
def history_merge(file: FileArgument) -> int:
    """Add what another computer's journal knows; no one is freed by it."""
    from collect_xl.config.settings import load_settings  # noqa: PLC0415
    from collect_xl.journal import merge  # noqa: PLC0415
    from collect_xl.workflow.open import journal_of, who_runs  # noqa: PLC0415

    with journal_of(load_settings(os.environ), who_runs()) as journal:
        echo(f"{merge(journal, file)} claims were added.")
    return 0


@history_app.command("status", cls=Command)
def history_status() -> int:
    """Show where the send history is kept, and what it holds."""
    from collect_xl.config.settings import load_settings  # noqa: PLC0415
    from collect_xl.workflow.open import journal_of, who_runs  # noqa: PLC0415

    with journal_of(load_settings(os.environ), who_runs(), create=False) as journal:
        states, runs = journal.census(1)
        if journal.place.in_memory:
            echo("There is no send history yet: nothing was sent from here.")
            return 0
        echo(f"Place: {journal.place.shown}")
        counts = ", ".join(f"{count} {state.replace('_', ' ')}" for state, count in sorted(states.items()) if count)
        echo(f"Requests: {counts or 'none'}")
        last = runs[0].id if runs else "none"
        echo(f"Last run: {last}")
    return 0


def _place() -> str | None:
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    return load_settings(os.environ).journal
