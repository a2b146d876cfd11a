"""LibreOffice as somebody else's spreadsheet program: it saves a copy, calculates, and prints."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pytest

from support.programs import output_of

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")


def converted(book: Path, kind: str, folder: Path) -> Path:
    """Open a workbook in LibreOffice and save it as ``xlsx`` or ``pdf`` in another folder."""
    folder.mkdir(parents=True, exist_ok=True)
    profile = (folder / "profile").resolve().as_uri()  # its own, so that tests may run side by side
    command = [
        SOFFICE,
        f"-env:UserInstallation={profile}",
        "--headless",
        "--convert-to",
        kind,
        "--outdir",
        folder,
        book,
    ]
    output_of(command)
    return folder / f"{book.stem}.{kind}"


def values(book: Path, sheet: str) -> dict[str, object]:
    """Return what the cells of a sheet show, by their names."""
    opened = openpyxl.load_workbook(book, data_only=True)
    try:
        cells = (cell for row in opened[sheet].iter_rows() for cell in row)
        return {cell.coordinate: cell.value for cell in cells if cell.value is not None}
    finally:
        opened.close()


def pages(book: Path, folder: Path, dots: int = 80) -> list[Path]:
    """Print a workbook and return a PNG of each page."""
    pdf = converted(book, "pdf", folder)
    output_of(["pdftoppm", "-r", str(dots), "-png", pdf, folder / book.stem])
    return sorted(folder.glob(f"{book.stem}-*.png"))
