"""Resume by identity: after a crash the sheet is turned upside down; nobody is asked twice or gets another's result."""

import copy
import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import collect_xl
from support.books import make_book
from support.trials import Trial

SIGKILL = -9
HEADERS = ("Email", "First name", "Last name", "Due date", "Collect status", "Collect request ID")
OURS = 4
"""From which column on the results stand."""
NEW = ("new1@example.com", "new2@example.com")
SPELLINGS = ("{}", " {} ", "\u00a0{}", "{}\u200b", "<{}>")
CHANGES = st.fixed_dictionaries(
    {
        "order": st.permutations(range(6)),
        "gone": st.sets(st.integers(0, 5), max_size=3),
        "twice": st.sets(st.integers(0, 5), max_size=2),
        "new": st.dictionaries(st.sampled_from(NEW), st.integers(0, 5)),
        "results": st.sampled_from(["go with their rows", "are deleted", "stay where they were"]),
        "columns": st.permutations(range(len(HEADERS))),
        "colour at": st.integers(0, len(HEADERS)),
        "sheet": st.sampled_from(["Contacts", "contacts", "Kunden 2026"]),
        "book": st.sampled_from(["clients.xlsx", "clients 2.xlsx", "Müller & Söhne.xlsx"]),
        "spelling": st.lists(st.sampled_from(SPELLINGS), min_size=10, max_size=10),
        "case": st.lists(st.sampled_from([str, str.upper, str.title]), min_size=10, max_size=10),
    }
)
"""What a user does to a list before sending it again: everything at once."""


@dataclass(frozen=True, slots=True)
class Crash:
    """What a killed run left: the journal and the sheet, and Collect as it was then."""

    trial: Trial
    lines: Sequence[tuple]
    kept: Sequence[object]

    def begin_again(self) -> None:
        """Let Collect be as it was right after the crash."""
        account = self.trial.server.account
        account.accepted[:], account.requests, account.contacts = copy.deepcopy(self.kept)


def _lines(book, sheet="Contacts"):
    """Return the rows, each a dictionary by header."""
    opened = openpyxl.load_workbook(book)
    header, *lines = opened[sheet].iter_rows(values_only=True)
    opened.close()
    return [dict(zip(header, line, strict=True)) for line in lines]


@pytest.fixture(params=["before Collect has it", "after Collect has it"])
def crash(trials, request, monkeypatch):
    """Kill a run in its second of three batches, and write what is known of it into the sheet."""
    with trials.new() as trial:
        trace = trial.folder / "trace"
        with trials.new() as other:
            other.send(trace=trace)
        step = "body: 115 of" if request.param.startswith("before") else "reply: after a piece"
        names = trace.read_text("utf-8").splitlines()
        number = next(at for at, name in enumerate(names, 1) if name.startswith("call 2") and step in name)
        assert trial.send(dies_at=number) == SIGKILL
        assert trial.run("refresh", trial.book) in {0, 4}, trial.words
        assert len(trial.mailed) == (2 if request.param.startswith("before") else 4)
        for name in ("COLLECT_API_KEY", "COLLECT_API_URL", "COLLECT_XL_LOOKUP_AFTER"):
            monkeypatch.setenv(name, trial.environ[name])
        account = trial.server.account
        kept = copy.deepcopy((list(account.accepted), account.requests, account.contacts))
        lines = [tuple(each[name] for name in HEADERS) for each in _lines(trial.book)]
        yield Crash(trial, lines, kept)


def rearranged(crash: Crash, how: Mapping, folder: Path) -> Path:
    """Make the workbook that the user makes of it."""
    behind = [line[OURS:] for line in crash.lines]
    lines = [crash.lines[at] for at in (*how["order"], *sorted(how["twice"])) if at not in how["gone"]]
    for person, at in how["new"].items():
        lines.insert(at, (person, "New", "Person", "2099-01-02", None, None))
    if how["results"] != "go with their rows":
        left = behind if how["results"] == "stay where they were" else []
        lines = [line[:OURS] + (left[at] if at < len(left) else (None, None)) for at, line in enumerate(lines)]
    spelt = zip(lines, how["spelling"], how["case"], strict=False)
    rows = [(spelling.format(case(line[0])), *line[1:]) for line, spelling, case in spelt]
    moved = [[row[at] for at in how["columns"]] for row in rows]
    headers = [HEADERS[at] for at in how["columns"]]
    for line, colour in zip((headers, *moved), ("Colour", *["red"] * len(moved)), strict=True):
        line.insert(how["colour at"], colour)
    return make_book(folder / how["book"], moved, headers=headers, sheet=how["sheet"])


def person_of(text: str) -> str:
    """Return whom an address means, however it is spelt."""
    return text.strip(" \u00a0\u200b<>").casefold()


def judge(crash: Crash, how: Mapping, book: Path) -> None:
    """Hold what a send made of it against what Collect had before and has now."""
    asked = Counter(each.email.casefold() for each in crash.trial.server.accepted)
    assert [email for email, times in asked.items() if times > 1] == []
    rows = [(person_of(each["Email"]), each) for each in _lines(book, how["sheet"])]
    free = {line[0] for line in crash.lines[4:]} | set(NEW)
    wanted = {person for person, _ in rows if person in free}
    before = {each.email for each in crash.kept[0]}
    assert set(asked) - before <= wanted
    if how["results"] != "stay where they were":  # a stranger's request in a row holds it back
        assert wanted <= set(asked)
    lost = {line[0] for line in crash.lines[2:4]}
    # What Collect has by now is found in its list by the very next send, even if that has no one to ask; what it never
    # got stays unknown.
    end_of_lost = "pending" if lost <= before else "unknown"
    ends = {(person in lost, each["Collect status"]) for person, each in rows}
    assert all(end for _, end in ends)
    if how["results"] != "stay where they were":
        assert ends <= {(True, end_of_lost), (True, "duplicate"), (False, "pending"), (False, "duplicate")}, how
    owner = {each.request_id: each.email.casefold() for each in crash.trial.server.accepted}
    shown = {(person, each["Collect request ID"]) for person, each in rows if each.get("Collect request ID")}
    strange = {owner[request] for person, request in shown if owner[request] != person}
    # A row beside the request of somebody who is in no row any more looks like one whose address was edited.
    assert not strange or (
        how["results"] == "stay where they were" and strange.isdisjoint({person for person, _ in rows})
    )
    told = {line[0] for line in crash.lines[:2]} | (set(asked) - before)
    assert {person for person, _ in rows} & told <= {person for person, _ in shown}, how


def test_same_people_in_another_sheet(crash, figure, whole, monkeypatch, request):
    """Sorted, doubled, cut, moved, renamed and spelt anew, a list is sent on: each person once, on their row."""
    tried = Counter()

    @settings(
        max_examples=1_000 if whole else 30,
        deadline=None,
        database=None,
        derandomize=not whole,
        suppress_health_check=list(HealthCheck),
    )
    @given(CHANGES)
    def hold(how):
        crash.begin_again()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            shutil.copy(crash.trial.folder / "journal.sqlite3", folder)
            monkeypatch.setenv("COLLECT_XL_HISTORY", str(folder / "journal.sqlite3"))
            book = rearranged(crash, how, folder)
            collect_xl.send(book, approve=lambda prepared: prepared.approval())
            judge(crash, how, book)
            tried[how["results"]] += 1

    hold()
    told = f"{tried.total():,} sheets, 0 doubles, 0 results on a wrong row, nobody forgotten"
    moment = request.node.callspec.params["crash"]
    figure("10, 11 whole life", f"killed {moment}; rows, columns, sheet, file, spelling changed; sent on", told)
