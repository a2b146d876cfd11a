"""Workbooks that people really had, where they are present."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("COLLECT_XL_CORPUS", Path(__file__).parents[2] / ".." / "shared" / "corpus")) / "workbooks"


def corpus_workbooks() -> list:
    """Return one test case for each workbook; a single skipped one where there is none."""
    files = sorted(FOLDER.glob("*.xls[xm]"))
    skipped = pytest.mark.skip(reason=f"no workbooks in {FOLDER}: set COLLECT_XL_CORPUS")
    return [pytest.param(file, id=file.name) for file in files] or [pytest.param(None, marks=skipped, id="absent")]


def corpus_workbook(name: str) -> Path:
    """Return one workbook; skip the test where it is absent."""
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not in {FOLDER}: set COLLECT_XL_CORPUS")
    return path
