"""``collect-xl doctor``: what keeps a button from reaching Collect, with a remedy for each."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from collect_xl.cli.help_layout import Command
from collect_xl.cli.output import echo

if TYPE_CHECKING:
    from collect_xl.addin.doctor import Finding

doctor_app = typer.Typer(rich_markup_mode=None)

_SIGNS = {"ok": "ok     ", "note": "note   ", "wrong": "WRONG  "}
"""What is skipped is shown by --json alone."""


@doctor_app.command(cls=Command)
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    dest: Annotated[
        Path | None, typer.Option("--dest", metavar="FOLDER", help="Where the add-in was installed with --dest.")
    ] = None,
) -> int:
    """Find and explain problems with the add-in and with sending."""
    from collect_xl.addin.doctor import examine  # noqa: PLC0415
    from collect_xl.addin.machine import this_machine  # noqa: PLC0415

    findings = examine(this_machine(), dest)
    well = all(finding.state != "wrong" for finding in findings)
    if as_json:
        typer.echo(json.dumps({"well": well, "checks": [asdict(finding) for finding in findings]}, indent=1))
    else:
        _show(findings, well=well)
    return 0 if well else 1


def _show(findings: tuple[Finding, ...], *, well: bool) -> None:
    for finding in findings:
        if finding.state == "skipped":
            continue
        echo(f"{_SIGNS[finding.state]}{finding.check}: {finding.found}")
        if finding.remedy:
            echo(f"       -> {finding.remedy}")
    echo("All is well." if well else "Not all is well: see the remedies above.")
