"""``collect-xl help``: exit codes, variables of the environment, and the help of each command."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Annotated, Final

import typer

from collect_xl.cli.help_layout import Command

VARIABLES: Final[Sequence[tuple[str, str]]] = (
    ("COLLECT_API_KEY", "The API key."),
    ("COLLECT_API_KEY_FILE", "A file that holds the key; refused if others can read it, or if it is another user's."),
    ("COLLECT_API_URL", "The server; https://api.usecollect.com/v1 if not set. Plain http only to this computer."),
    ("COLLECT_XL_HISTORY", "Another place for the send history: a file, or a postgresql:// address."),
    ("COLLECT_XL_HISTORY_PASSWORD", "The password of the send history's database; never part of its address."),
    ("COLLECT_XL_LIMIT", "How many people one run may ask."),
    ("COLLECT_XL_DAILY_LIMIT", "How many people may be asked in one day by all who share the send history."),
    ("COLLECT_XL_PER_MINUTE", "How many calls to Collect a minute, by all who share the send history."),
    ("COLLECT_XL_LOOKUP_AFTER", "Seconds for which a request may still appear at Collect: 600; less only for tests."),
    (
        "COLLECT_XL_LIST_LAG",
        "Seconds for which Collect's lists may lag behind: 60; less only for a server on this computer.",
    ),
    ("COLLECT_XL_TRACEBACK", "Set to 1 to see where an unforeseen error comes from."),
)
"""Each variable and what it means."""

help_app = typer.Typer()


@help_app.command("help", cls=Command)
def show_help(
    context: typer.Context,
    topic: Annotated[
        str | None, typer.Argument(metavar="[TOPIC]", help="exit-codes, environment, or a command.", show_default=False)
    ] = None,
) -> int:
    """Explain exit codes, environment variables, or a command."""
    if topic == "exit-codes":
        typer.echo(exit_codes_page())
        return 0
    if topic == "environment":
        typer.echo(environment_page())
        return 0
    top = context.find_root()
    if topic is None:
        typer.echo(top.get_help())
        return 0
    _, command, _ = top.command.resolve_command(top, [topic])  # type: ignore[attr-defined]  # typer's groups have it
    typer.echo(command.get_help(command.make_context(topic, [], parent=top, resilient_parsing=True)))
    return 0


def exit_codes_page() -> str:
    """Return the exit codes, one a line."""
    from collect_xl.cli.exits import EXIT_CODES  # noqa: PLC0415  # not needed for --help

    return _page("Exit codes:", [(str(code), meaning) for code, meaning in EXIT_CODES])


def environment_page() -> str:
    """Return the variables, one a line."""
    return _page("Variables of the environment; they go before the user's settings:", VARIABLES)


def _page(title: str, lines: Sequence[tuple[str, str]]) -> str:
    width = max(len(name) for name, _ in lines) + 4
    text = [title]
    for name, meaning in lines:
        text.append(textwrap.fill(f"  {name:<{width - 2}}{meaning}", 100, subsequent_indent=" " * width))
    return "\n".join(text)
