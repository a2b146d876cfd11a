"""``collect-xl log --diagnose``: a bundle for support that names no person."""

from __future__ import annotations

import json
import os
import platform
import re
import sqlite3
import sys
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, requires, version
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from collect_xl.api.address import DEFAULT_ADDRESS
from collect_xl.cli.screen import Screen
from collect_xl.config.settings import load_settings
from collect_xl.errors import DiskError, UsageError
from collect_xl.journal.claim_history import Logged, Wanted
from collect_xl.workflow.open import journal_of, who_runs

if TYPE_CHECKING:
    from collect_xl.config.settings import Settings
    from collect_xl.journal import Journal

RUNS = 20
"""How many runs the bundle describes."""

HOWS = (  # by what a change is known, as the journal begins to write it; anything else may name people
    "claimed",
    "POST",
    "a listing right after the answer",  # of journals before the third version
    "no byte was sent",
    "taken over",
    "found in a list",
    "absent from two",
    "found by a refresh",
    "undo",
    "a person's word",
    "merged from",
    "adopted",
)


def run_diagnose(file: Path, screen: Screen) -> int:
    """Write the bundle: versions, platform, settings and what happened, without people, keys, links and paths."""
    settings = load_settings(os.environ)
    with journal_of(settings, who_runs(), create=False) as journal:
        parts = {
            "versions.json": _versions(),
            "settings.json": _settings(settings, kind="file" if journal.place.file else "none or a database"),
            "journal.json": _journal(journal),
        }
    _write(file, parts)
    screen.say(f"The bundle is in {file}. It names no people, keys, links or folders; look into it before you send it.")
    return 0


def _versions() -> dict[str, str]:
    names = [re.split(r"[^\w.-]", each)[0] for each in requires("collect-xl") or () if "extra ==" not in each]
    return {
        "python": sys.version.split()[0],
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        **{name: _version(name) for name in ("collect-xl", *names)},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _settings(settings: Settings, kind: str) -> dict[str, object]:
    """Return the settings; an address or a place of the user's own is mentioned, not named."""
    return {
        "api": DEFAULT_ADDRESS if settings.api_url == DEFAULT_ADDRESS else "another address",
        "journal": kind,
        "journal place": "default" if settings.journal is None else "chosen",
        "settle after": settings.settle_after,
        "lease": settings.lease,
        "deadline": settings.deadline,
        "variables": sorted(name for name in os.environ if name.startswith("COLLECT_")),
    }


def _journal(journal: Journal) -> dict[str, object]:
    states, runs = journal.census(RUNS)
    return {
        "states": states,
        "runs": [
            {
                "id": run.id,
                "started": run.started.isoformat(),
                "ended": run.ended.isoformat() if run.ended else None,
                "batches": _batches(journal.log(Wanted(run=run.id))),
            }
            for run in runs
        ],
    }


def _batches(entries: Iterable[Logged]) -> list[dict[str, Any]]:
    return [
        {"batch": batch, "rows": [_row(entry) for entry in of_batch]}
        for batch, of_batch in groupby(entries, key=lambda entry: entry.claim.batch)
    ]


def _row(entry: Logged) -> dict[str, Any]:
    events = [[each.at.isoformat(), each.old, each.new, _how(each.how)] for each in entry.history]
    return {"row": entry.claim.row, "kinds": _kinds(entry.claim.keys), "events": events}


def _kinds(keys: Sequence[str]) -> list[str]:
    """Return by what a person is known: ``id``, ``mail``; never the value."""
    return sorted({key.partition(":")[0] for key in keys})


def _how(text: str) -> str:
    """Return by what a change is known, in our own words and the HTTP status alone: the rest may be Collect's."""
    known = next((each for each in HOWS if text.startswith(each)), "something else")
    status = re.search(r"\b[1-5]\d\d\b", text) if known == "POST" else None
    return f"{known} {status[0]}" if status else known


def _write(file: Path, parts: Mapping[str, object]) -> None:
    """Write a new zip."""
    # A file that is there already is never overwritten: it may be a workbook.
    try:
        with zipfile.ZipFile(file, "x", zipfile.ZIP_DEFLATED) as bundle:
            for name, part in parts.items():
                bundle.writestr(name, json.dumps(part, indent=1))
    except FileExistsError:
        raise UsageError(f"{file} exists already, and is left as it is.", tip="Name a new file.") from None
    except OSError as error:
        raise DiskError(f"{file} cannot be written: {error.strerror}.", tip="Name a file in another folder.") from error
