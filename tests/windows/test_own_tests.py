"""The product's own tests of what differs on Windows, run there by the Windows Python."""

from __future__ import annotations

from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

GROUPS = {
    "settings and keys": ("config",),
    "names and files": (
        "domain/test_own_files.py",
        "domain/test_windows_names.py",
        "ooxml/test_atomic_save.py",
        "ooxml/test_file_rights.py",
        "ooxml/test_held_file.py",
        "ooxml/test_old_drafts.py",
        "ooxml/test_zip_reader.py",
    ),
    "send history": (
        "journal/test_changes.py",
        "journal/test_database.py",
        "journal/test_leases.py",
        "journal/test_own_journal.py",
        "journal/test_places.py",
    ),
    "add-in": ("addin/test_boxes.py", "addin/test_click.py", "addin/test_install.py", "addin/test_doctor.py"),
}
"""Subject -> what is run of it."""

ONLY_UNDER_WINE = (
    "ooxml/test_atomic_save.py::test_names_as_long_as_a_system_allows",  # has another error for a long name
)
"""What fails there and not on Windows."""


@pytest.mark.parametrize("group", GROUPS)
def test_own_tests_pass_on_windows(windows_python, group):
    """A contributor on Windows can run them: they pass, or are skipped by name."""
    left_out = [word for test in ONLY_UNDER_WINE for word in ("--deselect", f"tests/{test}")]
    options = ["-q", "-p", "no:cacheprovider", "--tb=short", "-m", "not slow and not proof", "--timeout=300"]

    ended = windows_python.run(
        ["-m", "pytest", *options, *left_out, *(TESTS / path for path in GROUPS[group])], cwd=TESTS.parent
    )

    assert ended.returncode == 0, ended.stdout[-5000:] + ended.stderr[-1000:]
