"""A screen for windows."""

from __future__ import annotations

import pytest

from support import screen


@pytest.fixture(scope="session")
def display():
    """The display of a screen that nobody looks at."""
    if missing := screen.lacking():
        pytest.skip(f"missing: {missing}")
    with screen.screen() as name:
        yield name
