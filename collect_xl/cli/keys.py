"""``collect-xl key`` and ``collect-xl config``: the API key in the store of the system, and settings of this user."""

from __future__ import annotations

import getpass
import os
import sys
from typing import Annotated, Literal

import typer

from collect_xl.cli.help_layout import Command, Group
from collect_xl.cli.output import echo

key_app = typer.Typer(cls=Group, help="Keep the API key in the store of the operating system.", rich_markup_mode=None)
config_app = typer.Typer(cls=Group, help="Show and change user settings; variables go first.", rich_markup_mode=None)


JournalOption = Annotated[bool, typer.Option("--history", help="The password of the send history's server instead.")]


@key_app.command("set", cls=Command)
def key_set(
    stdin: Annotated[bool, typer.Option("--stdin", help="Read it from standard input.")] = False,
    journal: JournalOption = False,
) -> int:
    """Keep the API key; it is never shown, and never given as an argument that others could read."""
    from collect_xl.config.credentials import set_key, set_password  # noqa: PLC0415
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    settings = load_settings(os.environ)
    what = "Password of the send history's server" if journal else "API key"
    secret = sys.stdin.readline() if stdin else getpass.getpass(f"{what} (nothing is shown while you type): ")
    if journal:
        store = set_password(settings, secret.rstrip("\r\n"))
        echo(f"The send history's password is kept in {store}.")
        return 0
    store = set_key(settings, secret.strip())
    echo(f"The key for {settings.origin} is kept in {store}.")
    return 0


@key_app.command("status", cls=Command)
def key_status(journal: JournalOption = False) -> int:
    """Say whether there is a key and where it comes from, never the key."""
    from collect_xl.config.credentials import find_key, password_status  # noqa: PLC0415
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    settings = load_settings(os.environ)
    if journal:
        echo(f"The send history's password comes from {password_status(settings, os.environ)}.")
        return 0
    echo(f"The key for {settings.origin} comes from {find_key(settings, os.environ).source}.")
    return 0


@key_app.command("delete", cls=Command)
def key_delete(journal: JournalOption = False) -> int:
    """Forget the key that the store of the operating system holds."""
    from collect_xl.config.credentials import delete_key, delete_password  # noqa: PLC0415
    from collect_xl.config.settings import load_settings  # noqa: PLC0415

    settings = load_settings(os.environ)
    what = "password for the send history" if journal else f"key for {settings.origin}"
    gone = delete_password(settings) if journal else delete_key(settings)
    echo(f"The {what} is deleted." if gone else f"No {what} was kept.")
    return 0


NameArgument = Annotated[
    Literal["history", "url", "me", "per-minute", "limit", "daily-limit"],
    typer.Argument(metavar="NAME", help="history, url, me, per-minute, limit or daily-limit.", show_default=False),
]


@config_app.command("list", cls=Command)
def config_list() -> int:
    """Show every setting, its value, and where it comes from."""
    from collect_xl.config.settings import setting_sources  # noqa: PLC0415

    for each in setting_sources(os.environ):
        echo(f"{each.name:<12} {each.value or '(not set)'}  [{each.source}]")
    return 0


@config_app.command("get", cls=Command)
def config_get(name: NameArgument) -> int:
    """Print the value of one setting; nothing if it is not set."""
    from collect_xl.config.settings import setting_sources  # noqa: PLC0415

    values = {each.name: each.value for each in setting_sources(os.environ)}
    if values[name]:
        echo(values[name])
    return 0


@config_app.command("unset", cls=Command)
def config_unset(name: NameArgument) -> int:
    """Forget a setting."""
    from collect_xl.config.settings import set_config  # noqa: PLC0415

    echo(f"Forgotten in {set_config(name, '')}.")
    return 0


@config_app.command("set", cls=Command)
def config_set(
    name: NameArgument,
    value: Annotated[str, typer.Argument(metavar="VALUE", help="A path, URL, address or number.", show_default=False)],
) -> int:
    """Keep a setting for the command line, scheduled runs and the add-in."""
    from collect_xl.config.settings import set_config  # noqa: PLC0415
    from collect_xl.journal.places import locate  # noqa: PLC0415

    if name == "history" and value:
        locate(value)  # raises what every later command would meet
    echo(f"Kept in {set_config(name, value)}.")
    return 0
