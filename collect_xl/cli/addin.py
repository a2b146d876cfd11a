"""``collect-xl addin``: build, install and remove the Excel add-in, and show its state."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from collect_xl.cli.help_layout import Command, Group
from collect_xl.cli.output import echo
from collect_xl.errors import UsageError

addin_app = typer.Typer(cls=Group, help="Install the Collect tab in Excel.", rich_markup_mode=None)

DestOption = Annotated[
    Path | None, typer.Option("--dest", metavar="FOLDER", help="Another folder than Excel's own, such as a shared one.")
]


@addin_app.command("install", cls=Command)
def addin_install(dest: DestOption = None) -> int:
    """Build the add-in for this Python and put it where Excel loads it; an older one is replaced."""
    from collect_xl.addin.install import install  # noqa: PLC0415
    from collect_xl.addin.machine import this_machine  # noqa: PLC0415

    for file in install(this_machine(), dest):
        echo(f"Installed: {file}")
    echo("Restart Excel: the Collect tab is there." if dest is None else _ADD_BY_HAND)
    return 0


@addin_app.command("uninstall", cls=Command)
def addin_uninstall(dest: DestOption = None) -> int:
    """Take the add-in away; key, settings and journal stay."""
    from collect_xl.addin.install import uninstall  # noqa: PLC0415
    from collect_xl.addin.machine import this_machine  # noqa: PLC0415

    gone = uninstall(this_machine(), dest)
    for file in gone:
        echo(f"Deleted: {file}")
    echo("Restart Excel." if gone else "Nothing was installed.")
    return 0


@addin_app.command("status", cls=Command)
def addin_status(dest: DestOption = None) -> int:
    """Say whether the add-in is installed, and whether it fits this Python; 0 only when both hold."""
    from collect_xl.addin.install import place_of, status  # noqa: PLC0415
    from collect_xl.addin.machine import this_machine  # noqa: PLC0415

    machine = this_machine()
    found = status(machine, dest)
    if found is None:
        echo(f"Not installed: there is no {place_of(machine, dest)}.")
        return 1
    differs = found.differs(machine)
    echo(f"Installed: {found.file}")
    echo(f"{differs} Run: collect-xl addin install" if differs else "It fits this Python.")
    return 1 if differs else 0


@addin_app.command("build", cls=Command)
def addin_build(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlam", show_default=False)],
    python: Annotated[
        str, typer.Option(help="The Python that its buttons start, at the same place on each computer.")
    ] = "",
) -> int:
    """Write the add-in's file, to look at it, to sign it, or to hand it out; the same on every computer."""
    if out.suffix.casefold() != ".xlam":
        raise UsageError(f"{out} is no name for an add-in.", tip="Name a file that ends with .xlam.")
    from collect_xl.addin.build import Baked, build_addin  # noqa: PLC0415
    from collect_xl.addin.install import write_file  # noqa: PLC0415
    from collect_xl.addin.stamp import read_stamp  # noqa: PLC0415

    if out.exists():
        read_stamp(out)  # only one of ours is replaced
    write_file(out.absolute(), build_addin(Baked(python)))
    echo(f"The add-in is in {out}." + ("" if python else " Its buttons start no Python: name one with --python."))
    return 0


_ADD_BY_HAND = (
    "In Excel: File, Options, Add-ins, Go, Browse, and choose that file. Its folder must be a trusted location."
)
