"""The sample workbooks say what their README says, and are what their script makes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections import Counter

import openpyxl
import pytest

from collect_xl.resources import shipped
from support import make_samples

FOLDER = shipped("sample_workbooks")
LINES = [
    [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
    for line in (FOLDER / "README.md").read_text("utf-8").split("\n")
    if line.startswith("| `")
]
NAMED = {name.strip("`"): re.findall("`([^`]+)`", said) for name, _, said in LINES}


def test_each_workbook_has_a_line():
    """The README names every workbook of the folder, and no other."""
    assert set(NAMED) == {each.name for each in FOLDER.glob("*.xlsx")}
    assert all(NAMED.values())


@pytest.mark.parametrize("name", NAMED)
def test_check_says_what_the_readme_says(shell, name):
    """Every sentence that the README quotes stands in what ``check`` prints."""
    done = shell.run("check", FOLDER / name)
    printed = " ".join(done.stdout.split())

    assert [said for said in NAMED[name] if said not in printed] == []
    assert done.returncode == (3 if "problems found" in printed else 0)


def test_the_wrong_rows_of_the_first_sample(shell):
    """The rows that the README names are those that are wrong."""
    printed = shell.run("check", FOLDER / "clients_120.xlsx").stdout

    assert re.findall(r"^  Contacts!\w(\d+)", printed, re.MULTILINE) == ["9", "27", "58", "74"]


def test_beside_each_wrong_row_stands_what_check_says():
    """The last column of the sample is, row by row, what check says; no row is right, and no two are wrong alike."""
    book = FOLDER / "every_row_wrong.xlsx"
    rows = list(openpyxl.load_workbook(book)["Contacts"].iter_rows(min_row=2, values_only=True))
    said = {number: row[-1] for number, row in enumerate(rows, 2)}

    assert said == make_samples.messages(book)
    assert max(Counter(re.sub(r"!\w+", "", str(text)) for text in said.values()).values()) == 1


@pytest.mark.slow
def test_each_row_goes_out_with_its_own_options(shell, tmp_path):
    """Rows of the sample reach two campaigns, with their own due dates and assignees, in as few calls as can be."""
    campaign = shell.server.account.add_campaign("Onboarding")
    book = shutil.copy(FOLDER / "per_row_options.xlsx", tmp_path / "book.xlsx")
    done = shell.send(book)
    requests = list(shell.server.account.requests.values())
    dues = Counter(request["dueDate"][:10] for request in requests if request["dueDate"].startswith("2035"))

    assert (done.returncode, len(requests)) == (0, 12), done.stdout
    assert Counter(request["campaignId"] == campaign for request in requests) == {False: 8, True: 4}
    assert dues == {"2035-03-31": 5, "2035-06-30": 1, "2035-09-30": 3}
    assert "Batch 7 of 7" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain_range.xlsx", "liste_fr.xlsx", "liste_de.xlsx", "clients_120.xlsx"])
def test_each_can_be_sent(shell, tmp_path, name):
    """What check counts is what send sends; nobody is asked a second time."""
    book = shutil.copy(FOLDER / name, tmp_path / name)
    planned = int(re.search(r"(\d+) people will be asked", " ".join(NAMED[name]))[1])
    shell.send(book)
    shell.send(book)

    assert len(shell.server.accepted) == planned
    assert max(Counter(each.email for each in shell.server.accepted).values()) == 1


def test_the_script_makes_them(tmp_path):
    """The kept workbooks are those that the script makes now, cell by cell."""
    make_samples.make(tmp_path)

    assert {name: _cells(tmp_path / name) for name in NAMED} == {name: _cells(FOLDER / name) for name in NAMED}


def _cells(path):
    book = openpyxl.load_workbook(path)
    return {sheet.title: [row for row in sheet.iter_rows(values_only=True) if any(row)] for sheet in book}


@pytest.mark.slow
def test_ten_thousand_contacts_are_made_not_kept(shell, tmp_path):
    """The script makes the template with as many contacts as one wants, and check plans them."""
    command = [sys.executable, make_samples.__file__, "10000", tmp_path / "big.xlsx"]
    subprocess.run(command, check=True, timeout=300)
    done = shell.run("check", tmp_path / "big.xlsx")

    assert "9995 people will be asked." in done.stdout
