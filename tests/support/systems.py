"""What a system lacks that some tests are about: marks that skip these by name, so that the suite runs on Windows."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import pytest


def _makes_links() -> bool:
    """Return whether this user may make symbolic links here, as on Windows only some may."""
    with tempfile.TemporaryDirectory() as name:
        link = Path(name, "link")
        try:
            link.symlink_to(Path(name))
        except OSError:
            return False
        return link.is_dir()  # Wine says that it made one, and makes none


posix_rights = pytest.mark.skipif(os.name != "posix", reason="rights as POSIX has them")
xdg_folders = pytest.mark.skipif(os.name != "posix", reason="folders that XDG's variables name")
moved_while_open = pytest.mark.skipif(os.name == "nt", reason="Windows moves no file that is open")
symbolic_links = pytest.mark.skipif(not _makes_links(), reason="this user may make no symbolic links here")
scripts = pytest.mark.skipif(os.name != "posix", reason="programs that are shell scripts")
no_excel = pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="systems for which there is an Excel differ")
posix_paths = pytest.mark.skipif(os.name != "posix", reason="paths as POSIX has them")
