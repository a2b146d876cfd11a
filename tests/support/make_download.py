"""Makes ``collect-xl-VERSION.zip``, what people download: the wheel, both installers, constraints and a page to read.

``python tests/support/make_download.py dist`` puts it beside the wheel that ``python -m build`` left in that folder.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PROJECT = Path(__file__).parents[2]
BESIDE = ("addin/install.cmd", "addin/install.command", "addin/README.md", "constraints.txt", "LICENSE")
"""What travels with the wheel."""

RUNS = 0o755
READS = 0o644


def make_download(folder: Path) -> Path:
    """Make the zip of the only wheel in a folder, and return it.

    Args:
        folder: holds the wheel; the zip is put there, too.

    Raises:
        ValueError: there is no wheel, or several.
    """
    (wheel,) = folder.glob("collect_xl-*.whl")
    version = wheel.name.split("-")[1]
    target = folder / f"collect-xl-{version}.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in (wheel, *(PROJECT / name for name in BESIDE)):
            # Finder starts a .command only when the zip says that it may run.
            rights = RUNS if file.suffix == ".command" else READS
            entry = zipfile.ZipInfo(f"collect-xl/{file.name}")
            entry.external_attr = (0o100000 | rights) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, file.read_bytes())
    return target


if __name__ == "__main__":
    sys.stdout.write(f"{make_download(Path(sys.argv[1]))}\n")
