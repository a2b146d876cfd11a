"""Workbooks that people really had, where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

CORPUS = Path(os.environ.get("COLLECT_XL_CORPUS", Path(__file__).parents[2] / ".." / "shared" / "corpus"))
FOLDER = CORPUS / "workbooks"
NASTY = CORPUS / "nasty"
"""Workbooks made by hand, one oddity each."""


def corpus_workbooks() -> list:
    """Return one test case for each workbook; a single skipped one where there is none."""
    return _cases(FOLDER)


def nasty_workbooks() -> list:
    """Return one test case for each workbook that was made by hand."""
    return _cases(NASTY)


def _cases(folder: Path) -> list:
    files = sorted(folder.glob("*.xls[xm]"))
    skipped = pytest.mark.skip(reason=f"no workbooks in {folder}: set COLLECT_XL_CORPUS")
    return [pytest.param(file, id=file.name) for file in files] or [pytest.param(None, marks=skipped, id="absent")]


def corpus_workbook(name: str) -> Path:
    """Return one workbook; skip the test where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not in {FOLDER}: set COLLECT_XL_CORPUS")
    return path
