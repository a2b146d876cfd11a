"""What travels with the program: sample workbooks, and the sources of the add-in."""

from __future__ import annotations

from pathlib import Path

from collect_xl.errors import CollectXlError


def shipped(name: str) -> Path:
    """Return a file or folder that travels with the program.

    Args:
        name: such as ``sample_workbooks/clients_120.xlsx``.

    Raises:
        CollectXlError: it is not there.
    """
    package = Path(__file__).parent
    # A wheel brings its files inside the package; in a checkout they are beside it.
    for root in (package / "shipped", package.parent):
        path = root / name
        if path.exists():
            return path
    raise CollectXlError(f"{name} is missing from this installation.", tip="Install collect-xl again.")
