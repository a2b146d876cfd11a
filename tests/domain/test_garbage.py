"""The search for garbage pauses, and goes on as it was before."""

from __future__ import annotations

import gc

import pytest

from collect_xl.domain.garbage import SELDOM, pause_garbage_search, search_garbage_seldom


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


def test_a_process_of_our_own_searches_seldom() -> None:
    """The search goes on, but only after many new values."""
    before = gc.get_threshold()
    try:
        search_garbage_seldom()
        assert gc.isenabled()
        assert gc.get_threshold() == (SELDOM, *before[1:])
    finally:
        gc.set_threshold(*before)
