"""From ``addin install`` over the button in the built file to the rows: nothing in between is made for the test."""

from __future__ import annotations

import os

import pytest

from collect_xl.addin.install import install
from support.addin_excel import addin_excel
from support.books import make_book, results
from support.excel import ButtonProcess
from support.machines import machine


@pytest.mark.slow
@pytest.mark.parametrize("platform", ["windows", "macos"])
def test_a_click_in_the_installed_add_in_fills_the_rows(user, server, tmp_path, platform):
    """The installed file's own VBA names the program and its words; that very line sends 60 requests in 2 batches."""
    place = tmp_path / "Łukasz & Co 100%"
    place.mkdir()
    process = ButtonProcess(place, os.environ)
    book = make_book(tmp_path / "clients & 100% %PATH%.xlsx", 60)
    (file, *_) = install(machine(platform, tmp_path / "home", process.python))
    with addin_excel(file, mac=platform == "macos") as excel:
        excel.open(book.name)
        excel.press("CollectXlRibbon.OnButton", "send")
        words = excel.scripts[0][2].split("\n")[1:] if platform == "macos" else excel.words()

    try:
        ended = process.wait(process.run(words, book, answers=["yes"]))
    finally:
        process.end()

    assert (ended.code, ended.output) == (0, "")
    assert len(server.posts) == 2
    assert {each["Collect status"] for each in results(book).values()} == {"pending"}
