"""The search for garbage pauses, and goes on as it was before."""

from __future__ import annotations

import gc

import pytest

from collect_xl.domain.garbage import pause_garbage_search


def test_it_goes_on_after_an_error() -> None:
    """Inside there is no search, also behind a nested pause; after an error it is on again."""

    def fail() -> None:
        with pause_garbage_search():
            with pause_garbage_search():
                assert not gc.isenabled()
            assert not gc.isenabled()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert gc.isenabled()


def test_it_stays_off_where_it_was_off() -> None:
    """A program that works without the search keeps its choice."""
    gc.disable()
    try:
        with pause_garbage_search():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
