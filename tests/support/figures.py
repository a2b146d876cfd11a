"""The figures of the proofs: each notes its own, and the run ends with their table (``--figures=tests/README.md``)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from support.programs import output_of

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = "| promise | how it is tried | figures | run |\n| --- | --- | --- | --- |\n"
_PROJECT = Path(__file__).parents[2]


def pytest_addoption(parser):
    """Take the name of a file whose table is to be brought up to date."""
    parser.addoption("--figures", metavar="FILE", help="write the proofs' figures into the table of this file")


def is_whole(config):
    """Tell whether the whole proof was asked for: ``-m proof``."""
    words = re.findall(r"\w+", config.option.markexpr or "")
    return "proof" in words and "not" not in words


@pytest.fixture(scope="session")
def whole(pytestconfig):
    """Tell whether the whole proof is to be run, or the shorter one of every day."""
    return is_whole(pytestconfig)


@pytest.fixture
def figure(record_property):
    """Note the figures of a proof: the promise, how it was tried, what came out."""

    def note(promise, tried, told):
        record_property("figure", (promise, tried, told))

    return note


def pytest_terminal_summary(terminalreporter, config):
    """Show the figures of the proofs that held, as the table that is in tests/README.md."""
    passed = terminalreporter.stats.get("passed", ())
    noted = [value for report in passed for name, value in report.user_properties if name == "figure"]
    if not noted:
        return
    run = f"{datetime.now(UTC):%Y-%m-%d} {commit_of(_PROJECT)}".strip()
    lines = {(promise, tried): (figures, run) for promise, tried, figures in noted}
    terminalreporter.section("figures")
    terminalreporter.write(_table(lines))
    # A shorter selection of a proof must not take the place of the whole one.
    if config.option.figures and is_whole(config):
        bring_up_to_date(Path(config.option.figures), lines)


def commit_of(project):
    """Return the commit of a checkout, with a plus where something in it is changed; empty where there is none."""
    try:
        return output_of(["git", "-C", project, "describe", "--always", "--dirty=+", "--exclude=*"]).strip()
    except (OSError, AssertionError):
        return ""


def _table(lines):
    return _HEAD + "".join(
        f"| {promise} | {tried} | {figures} | {run} |\n"
        for (promise, tried), (figures, run) in sorted(lines.items(), key=_order)
    )


def _order(line):
    (promise, tried), _ = line
    return int(re.match(r"\d+", promise)[0]), promise, tried


def bring_up_to_date(file, lines):
    """Replace the lines of these proofs in a file, and leave those of others, which another run made.

    Args:
        file: with a table between two marks.
        lines: promise and how it is tried -> the figures, and the run that they are of.
    """
    text = file.read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    table, _, after = rest.partition(_END)
    kept = {}
    for line in re.findall(r"^\| (\d.*) \|$", table, re.MULTILINE):
        promise, tried, figures, run = (*line.split(" | "), "")[:4]
        kept[promise, tried] = (figures, run)
    file.write_text(f"{before}{_BEGIN}\n{_table(kept | lines)}{_END}{after}", "utf-8")
