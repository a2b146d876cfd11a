"""The README is short, its pictures and figures are today's, and what it says can be typed."""

from __future__ import annotations

import re
import struct
import tomllib
from pathlib import Path

import pytest

from collect_xl.cli.help import VARIABLES
from collect_xl.config import renamed
from support.make_pictures import COLUMNS, FOLDER, lasting, words_of_output, words_of_svg

PROJECT = Path(__file__).parents[1]
README = (PROJECT / "README.md").read_text("utf-8")
PAGES = ("README.md", "addin/README.md", "collect_xl/cli/README.md", "sample_workbooks/README.md", "tests/README.md")
OTHERS = {
    "--system-site-packages",
    "--user",
    "--no-index",
    "--find-links",
    "--now",
    "--wb",
    "--from",
    "--hwnd",
    "--python",
}
"""Options of other programs, or of commands that are not typed by people."""


def test_readme_is_short_enough_to_be_read():
    """At most 2,000 words, tables and commands with them."""
    assert len(README.split()) <= 2000


def test_readme_shows_pictures():
    """At least five pictures, each with words for those who cannot see it; none is a burden to load."""
    shown = re.findall(r"!\[(.+?)\]\((.+?)\)", README)

    assert len(shown) >= 5
    assert sorted(path for _, path in shown) == sorted(
        f"sample_workbooks/pictures/{each.name}" for each in FOLDER.iterdir()
    )
    assert [path for words, path in shown if len(words.split()) < 4] == []
    assert [each.name for each in FOLDER.iterdir() if each.stat().st_size > 150_000] == []


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.png")), ids=lambda path: path.name)
def test_pictures_are_whole(path):
    """Each is a PNG with a size and an end."""
    data = path.read_bytes()

    assert data.startswith(b"\x89PNG")
    assert min(struct.unpack(">II", data[16:24])) > 100
    assert data.endswith(b"IEND\xaeB`\x82")


@pytest.mark.slow
def test_terminal_shows_what_the_demo_prints_today(shell):
    """The words of the drawn terminal are those of a demo that runs now; ``make_pictures.py`` draws it again."""
    printed = lasting(shell.run("demo", COLUMNS=str(COLUMNS)).stdout)
    picture = (FOLDER / "demo.svg").read_text("utf-8")

    assert words_of_svg(picture) == words_of_output(printed)
    assert re.findall(r"url\(|href=|<script", picture.replace("url(#demo-", "")) == []


def test_pictures_are_not_in_the_wheel():
    """The wheel ships every workbook and its page, and no picture."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    files = {f"sample_workbooks/{each.name}" for each in FOLDER.parent.iterdir() if each.is_file()}

    assert {name for name in shipped if name.startswith("sample_workbooks")} == files


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    """What a page links to is there, down to the heading."""
    text = (PROJECT / page).read_text("utf-8")
    folder = (PROJECT / page).parent
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)(?:#[^)]*)?\)", text)
    wrong = [target for target in targets if not (folder / target).exists()]
    for target, heading in re.findall(r"\]\(([^)#:]+)#([^)]+)\)", text):
        headings = re.findall(r"^#+ (.+)$", (folder / target).read_text("utf-8"), re.MULTILINE)
        if heading not in {re.sub(r"[^\w -]", "", each).lower().replace(" ", "-") for each in headings}:
            wrong.append(heading)

    assert wrong == []


@pytest.mark.slow
def test_options_on_the_pages_are_those_of_the_program(shell):
    """Each option that a page for users names is an option of a command."""
    known = set()
    for command in re.findall(r"^  (\w+) ", shell.run("--help").stdout, re.MULTILINE):
        page = shell.run(command, "--help", COLUMNS="200").stdout
        known |= set(re.findall(r"--[a-z-]+", page))
        for inner in re.findall(r"^  (\w+) ", page.partition("Commands:")[2], re.MULTILINE):
            known |= set(re.findall(r"--[a-z-]+", shell.run(command, inner, "--help", COLUMNS="200").stdout))
    named = set()
    for page in PAGES[:4]:
        named |= set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", (PROJECT / page).read_text("utf-8")))

    assert len(known) > 30
    assert sorted(named - known - OTHERS) == []


def test_variables_on_the_pages_are_explained_by_the_program():
    """Each variable that a page names is in ``collect-xl help environment``; none has an old name."""
    explained = {name for name, _ in VARIABLES}
    for page in PAGES[:4]:
        named = set(re.findall(r"\bCOLLECT_[A-Z_]+\b", (PROJECT / page).read_text("utf-8")))
        assert sorted(named - explained) == [], page
        assert named & set(renamed.VARIABLES) == set(), page


def test_every_night_is_the_same_run():
    """cron, systemd and Windows send with the same options; a test runs those of cron."""
    night = README.split("## Every night", 1)[1].split("\n## ", 1)[0]
    runs = re.findall(r"clients\.xlsx[`\"]* (--[^\"\n]*)", night)

    assert len(runs) == 3
    assert len(set(runs)) == 1
    assert "[Timer]" in night
    assert "WantedBy=timers.target" in night


def test_figures_of_the_readme_are_those_of_the_proofs():
    """The three figures are sums of the table in tests/README.md."""
    table = (PROJECT / "tests" / "README.md").read_text("utf-8")
    kills = sum(map(int, re.findall(r"SIGKILL at every step: [^|]*\| (\d+) kills", table)))
    rows = int(re.search(r"lost answers x [^|]*\| \d+ cases, (\d+) rows: [^|]*; 0 wrong", table)[1])
    caught, tried = re.search(r"\| (\d+) of (\d+) caught", table).groups()

    assert caught == tried
    assert f"{kills:,} kills" in README
    assert f"{rows:,} rows with lost answers" in README
    assert f"each of {tried} safety lines" in README
