"""Canaries: the key is nowhere after any flow, and no text of anybody becomes a formula or a strange link."""

import base64
import csv
import shutil
import zipfile
from dataclasses import dataclass, replace

import openpyxl
import pytest
import xlsxwriter

from collect_xl.domain.portal_urls import may_link
from collect_xl.testing import faults
from collect_xl.testing.exchange import Answer, Call
from support.programs import output_of
from support.trials import HEADERS

KEY = "canary-7d1f-0b2e-key"
SPELLINGS = tuple(
    text.encode(encoding)
    for text in (KEY, base64.b64encode(f":{KEY}".encode()).decode(), base64.b64encode(KEY.encode()).decode()[:-4])
    for encoding in ("utf-8", "utf-16-le")
)

PORTAL = b"/portal/"
CAMPAIGN = "Yearly documents"
INVALID = 3
"""The exit code of a run that left rows out since something is wrong in them."""


@dataclass(frozen=True, slots=True)
class Echoes(faults.Fault):
    """Repeats the key in its own words, as a careless server does."""

    status: int = 400

    def perform(self, call: Call, world: faults.World) -> Answer:
        """Say it in plain letters and as the header has it."""
        del call, world
        header = base64.b64encode(f":{KEY}".encode()).decode()
        said = {"message": f"bad credentials {KEY} in 'Basic {header}'", "errors": [f"key {KEY} for p0.0@example.com"]}
        return Answer(self.status, said)


# flow -> the fault that the server shows, and on which route
FLOWS = {
    **{
        f"send, {name}": (fault, "POST /requests")
        for name, fault in faults.FAULTS.items()
        if name not in {"drip", "hang"}
    },
    **{f"send, echo with {status}": (Echoes(status), "POST /requests") for status in (400, 401, 422, 500)},
    "list, echo": (Echoes(500), "GET /requests"),
    "team, echo": (Echoes(401), "GET /team"),
    "campaigns, html": (faults.Html(), "GET /campaigns"),
    "undo, echo": (Echoes(400), "PATCH /request"),
    "undo, dropped": (faults.DropAfterCreating(), "PATCH /request"),
    "nothing wrong": (faults.Fault(), "GET /users"),
}
COMMANDS = (
    ("check", "--online"),
    ("send", "--yes", "--json", "--log-file", "run.log"),
    ("lookup",),
    ("refresh",),
    ("overdue",),
    ("cancel", "--rows", "2", "--yes"),
    ("log", "--json"),
)


def everything_in(folder):
    """Yield every file, and every part of every zip, with its bytes."""
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.name, file.read_bytes()
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as opened:
                    yield from ((f"{file.name}!{name}", opened.read(name)) for name in opened.namelist())


def test_key_is_nowhere(trials, figure, whole):
    """After every flow no file of the user, no log, word, bundle or temporary file holds the key in any spelling."""
    found, searched, commands = [], 0, 0
    flows = (
        list(FLOWS.items())
        if whole
        else [*list(FLOWS.items())[::4], ("send, echo with 422", FLOWS["send, echo with 422"])]
    )
    for flow, (fault, route) in flows:
        with trials.new(batches=1, key=KEY) as trial:
            (trial.folder / "tmp").mkdir()
            trial.environ |= {"TMPDIR": str(trial.folder / "tmp"), "COLLECT_XL_TRACEBACK": "1"}
            if route.startswith("PATCH"):
                assert trial.send() == 0
            trial.server.on(fault, route=route)
            for name, *words in COMMANDS:
                words = [str(trial.folder / word) if word.endswith(".log") else word for word in words]  # noqa: PLW2901
                trial.run(name, trial.book, *words)
                commands += 1
            trial.run("log", "--diagnose", trial.folder / "bundle.zip")
            for name, content in everything_in(trial.folder):
                searched += 1
                found += [(flow, name) for spelling in SPELLINGS if spelling in content]
                confidential = name == "run.log" or "bundle" in name
                assert not (confidential and (PORTAL in content or b"p0.0@example.com" in content)), (flow, name)
    assert found == []
    figure(
        "16 secrets",
        "canary key, server echoing it, every command",
        f"{len(flows)} flows, {commands} commands, {searched} files searched, 0 hits",
    )


FULL_WIDTH = "\uff1d\uff0b\uff0d\uff20"
DANGEROUS = [
    *(f'{start}HYPERLINK("http://evil.example","x")' for start in "=+-@|" + FULL_WIDTH),
    *("\t=1+1", "\r=1+1", "\n=1+1", "\x00=1+1", " =1+1", "'=1+1", '"=1+1"', "=cmd|' /C calc'!A0", '=DDE("cmd","/C")'),
    *("{=1+1}", "-2+3+cmd|' /C calc'!A0", "@SUM(1)", "javascript:alert(1)", "file:///etc/passwd", "<f>1+1</f>"),
    *("http://evil.example/portal/1", "https://evil.example/portal/1", "https://usecollect.com.evil.example/p"),
]


def told_by(text):
    """Return what makes a server tell a text wherever it can."""

    def change(body):
        requests = [
            {**each, "_id": f"{text}{n}", "portalUrl": text, "status": text, "dueDate": text}
            for n, each in enumerate(body["requests"])
        ]
        return {**body, "requests": requests, "errors": [text]}

    return faults.Reshaped(change)


@pytest.fixture
def office_program():
    """LibreOffice, which calculates whatever is a formula."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    if found is None:
        pytest.skip("LibreOffice is not installed")
    return found


def test_no_text_becomes_a_formula(trials, figure, whole, office_program):
    """Whatever the server says, our cells are texts, links go to Collect alone, and LibreOffice calculates nothing."""
    formulas, links, cells, calculated = [], [], 0, 0
    for number, text in enumerate(DANGEROUS if whole else DANGEROUS[::3]):
        with trials.new(batches=1) as trial:
            shown = (told_by(text), replace(faults.Status(400), body={"message": text}))[number % 2]
            trial.server.on(shown)
            trial.send()
            book = openpyxl.load_workbook(trial.book)
            for row in book["Contacts"].iter_rows(min_row=2, min_col=5):
                for each in row:
                    cells += each.value is not None
                    formulas += [(text, each.coordinate)] if each.data_type == "f" else []
                    # An ID that cannot be kept names no row: then Collect's list does, with its own link.
                    if each.hyperlink and not each.hyperlink.target.startswith("https://app.usecollect.com/portal/"):
                        links.append((text, each.hyperlink.target))
            with zipfile.ZipFile(trial.book) as parts:
                assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml"), text
            if number in {0, 1}:  # both kinds of telling, through another program
                calculated += 1
                command = [office_program, f"-env:UserInstallation=file://{trials.folder}/office", "--headless"]
                command += [
                    "--convert-to",
                    "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,1",
                ]
                command += ["--outdir", str(trial.folder), str(trial.book)]
                output_of(command)
                (made,) = trial.folder.glob("*.csv")
                with made.open(encoding="utf-8", newline="") as file:
                    told = [value for line in csv.reader(file) for value in line]
                assert any("HYPERLINK" in value for value in told), told
    assert (formulas, links) == ([], [])
    figure(
        "15 formula injection",
        "server texts that begin like formulas, links to others",
        f"{number + 1} texts in {cells} cells, 0 formulas, 0 links; {calculated} recalculated by LibreOffice",
    )


def test_no_text_of_the_user_becomes_a_formula(trials, figure):
    """Whatever stands in the user's own cells, what we say of it is text, and these cells are as they were left."""
    texts = [text for text in DANGEROUS if "\x00" not in text]
    lines = [(f"p{number}@example.com", text, text, "") for number, text in enumerate(texts)]
    lines += [(text, "First", text, text) for text in texts]
    with trials.new(batches=1) as trial:
        with xlsxwriter.Workbook(trial.book, {"strings_to_formulas": False, "strings_to_urls": False}) as made:
            sheets = {"Contacts": [HEADERS, *lines], "Options": [("Option", "Value"), ("Campaign ID", CAMPAIGN)]}
            for name, rows in sheets.items():
                page = made.add_worksheet(name)
                for number, row in enumerate(rows):
                    page.write_row(number, 0, row)
        before = contacts(trial.book)
        assert trial.run("send", trial.book, "--yes") == INVALID, trial.words
        told = [cell for row in contacts(trial.book)[1:] for cell in row[len(HEADERS) :] if cell.value is not None]
        kept = [[cell.value for cell in row[: len(HEADERS)]] for row in contacts(trial.book)]
    assert kept == [[cell.value for cell in row] for row in before]
    assert [cell.coordinate for cell in told if cell.data_type != "s"] == []
    assert [cell.coordinate for cell in told if cell.hyperlink and not may_link(cell.hyperlink.target)] == []
    assert len(told) >= 2 * len(lines)
    figure(
        "15 formula injection",
        "users' own texts, sent or complained of",
        f"{len(lines)} rows, {len(told)} cells told, 0 formulas, 0 strange links",
    )


def contacts(book):
    """Return the rows of the list, as openpyxl reads them."""
    return list(openpyxl.load_workbook(book)["Contacts"].iter_rows())
