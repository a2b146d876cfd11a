"""The figures of the proofs: each notes its own, and the run ends with their table (``--figures=tests/README.md``)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_BEGIN, _END = "<!-- figures: begin -->", "<!-- figures: end -->"
_HEAD = "| promise | how it is tried | figures |\n| --- | --- | --- |\n"


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
    """Show the figures of the proofs that held, as the table that stands in tests/README.md."""
    passed = terminalreporter.stats.get("passed", ())
    noted = [value for report in passed for name, value in report.user_properties if name == "figure"]
    if not noted:
        return
    lines = {(promise, tried): told for promise, tried, told in noted}
    terminalreporter.section("figures")
    terminalreporter.write(_table(lines))
    if name := config.option.figures:
        _bring_up_to_date(Path(name), lines)


def _table(lines):
    return _HEAD + "".join(
        f"| {promise} | {tried} | {told} |\n" for (promise, tried), told in sorted(lines.items(), key=_order)
    )


def _order(line):
    (promise, tried), _ = line
    return int(re.match(r"\d+", promise)[0]), promise, tried


def _bring_up_to_date(file, lines):
    """Replace the lines of these proofs in a file, and leave those of others."""
    text = file.read_text("utf-8")
    before, _, rest = text.partition(_BEGIN)
    table, _, after = rest.partition(_END)
    kept = [re.split(r" \| ", line.strip("| "), maxsplit=2) for line in table.splitlines() if re.match(r"\| \d", line)]
    lines = {(promise, tried): told for promise, tried, told in kept} | lines
    file.write_text(f"{before}{_BEGIN}\n{_table(lines)}{_END}{after}", "utf-8")
