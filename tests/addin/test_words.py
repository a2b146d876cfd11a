"""What the add-in says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import get_args

import pytest

from collect_xl.addin.words import (
    LONGEST,
    REASONS,
    end_words,
    fit,
    left_out_words,
    round_question,
    send_question,
    status_words,
    time_left,
)
from collect_xl.cli import screen
from collect_xl.domain.model import Layout, Options, Written
from collect_xl.domain.rows import Choices, LeftOut, Reason
from collect_xl.planning.asked_again import EarlierRound, NewRound
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.plan import make_plan
from collect_xl.receipt import endings
from collect_xl.remedies import Advice, Remedy
from collect_xl.sending.report import Report
from collect_xl.workflow.book import Book, Finished, Prepared
from support.people import ACCOUNT, KYC, known, people, row


def prepared(rows, left_out=(), **more):
    """What was planned for some rows."""
    from dataclasses import replace  # noqa: PLC0415

    layout = Layout("Contacts", 1, ())
    plan = make_plan(assess_rows(rows, ACCOUNT, known()), Choices(), ACCOUNT)
    plan = replace(plan, left_out=tuple(left_out))
    book = Book(layout, Options(), (), tuple(rows))
    return Prepared(book, ACCOUNT, Choices(), plan, **more)


def test_question_says_what_will_happen():
    """Team, requests, batches, campaign, round, who is left out and who gets an e-mail, and nothing else is needed."""
    rows = [row(number, f"p{number}@example.com", round="2026-11") for number in range(2, 255)]
    left_out = [LeftOut(300 + n, "invalid") for n in range(4)] + [LeftOut(310 + n, "duplicate") for n in range(2)]
    left_out += [LeftOut(400 + n, "sent") for n in range(31)] + [LeftOut(500, "blank"), LeftOut(501, "not chosen")]

    assert send_question(prepared(rows, left_out)) == (
        "Send 253 requests as ACME?\n\n"
        'ACME team: send 253 requests in 6 batches for campaign KYC 2026, round "2026-11".\n\n'
        "Left out: 4 invalid, 2 duplicates, 31 already sent. 253 people will get an e-mail.\n\n"
        "Due as the campaign says.\n\nNone of them is known here as a contact of Collect yet."
    )


def test_question_for_one_person():
    """One is not several."""
    asked = send_question(prepared([row(2, "a@example.com")], [LeftOut(3, "duplicate")]))

    assert asked.startswith("Send 1 request as ACME?\n\nACME team: send 1 request in 1 batch for campaign KYC 2026")
    assert "Left out: 1 duplicate. 1 person will get an e-mail." in asked


def test_question_names_the_people_where_they_are_few():
    """For five people or fewer each row and its address is named; more would not be read."""
    asked = send_question(prepared([row(2, "a@example.com"), row(7, "b@example.com")]))

    assert "\n\nRow 2: a@example.com\nRow 7: b@example.com\n\n" in asked
    assert "Row 6: p6@example.com" in send_question(prepared(people(5)))
    assert "p6@example.com" not in send_question(prepared(people(6)))


def test_question_names_the_ends_of_a_selection():
    """Of many selected rows the first and the last are named: a colleague may have sorted the sheet meanwhile."""
    from dataclasses import replace  # noqa: PLC0415

    chosen = replace(prepared(people(8)), choices=Choices(rows=frozenset(range(2, 10))))

    assert "\n\nRow 2: p2@example.com\n...\nRow 9: p9@example.com\n\n" in send_question(chosen)


def test_question_tells_of_silence():
    """Where Collect sends no message, nobody is said to get an e-mail."""
    asked = send_question(prepared([row(2, "a@example.com", send_message=False), row(3, "b@example.com")]))

    assert "1 person will get an e-mail. 1 person will get a request without an e-mail." in asked


def test_question_lists_campaigns():
    """Several campaigns or rounds stand on a line each."""
    asked = send_question(prepared([row(2, "a@example.com"), row(3, "b@example.com", campaign="tax1", round="Q4")]))

    sending = "send 2 requests in 2 batches, in 2 groups; by default for campaign KYC"
    assert asked.startswith(f"Send 2 requests as ACME?\n\nACME team: {sending}")
    assert '\n- 1: as above\n- 1: campaign Tax 2026; round "Q4"\n' in asked


def test_question_tells_warnings_in_the_buttons_words():
    """What a person must know stands in the question; commands are said as buttons."""
    asked = send_question(
        prepared(people(1), note=Advice("Earlier sends were not compared.", (Remedy.CHECK_ACCOUNT,))),
        ["This workbook is shared."],
    )

    assert "This workbook is shared." in asked
    assert "Press Check" in asked


def test_new_round_is_asked_about():
    """The second question names the earlier round, when it was and how many people it reached."""
    earlier = EarlierRound("Q3", datetime(2026, 7, 9, tzinfo=UTC), 12)

    asked = round_question(NewRound(KYC, "Q4", (earlier,)))

    assert 'The round "Q4" is new in campaign KYC 2026.' in asked
    assert '12 of these people were asked already, in round "Q3", last on 2026-07-09' in asked


def test_left_out_says_nothing_of_nobody():
    """Blank rows and rows that were not selected are not told."""
    assert left_out_words([LeftOut(2, "blank"), LeftOut(3, "not chosen")]) == ""


def finished(states, words="", **more):
    """The end of a run."""
    report = Report("run1", states=states, words=words)
    return Finished(report, (), (), more.pop("written", None), **more)


def test_end_counts_everything():
    """Sent, refused, unknown and not reached are counted, and what to press is said."""
    told = end_words(finished({2: "sent", 3: "sent", 4: "unknown", 5: "refused"}), prepared(people(6)))

    assert told.startswith("2 sent, 1 refused, 1 unknown, 2 not reached.")
    assert "press Look up unknown rows" in told


def test_end_tells_of_rows_that_are_gone():
    """Rows that were deleted meanwhile are reported, not lost."""
    written = Written("clients.xlsx", 2, moved=(4,), lost=(7, 9))

    told = end_words(finished({2: "sent"}, written=written), prepared(people(1)))

    assert "2 rows are gone from the sheet (row 7, 9 before)" in told
    assert "1 row had been moved" in told


@pytest.mark.parametrize(
    ("done", "seconds", "told"),
    [(0, 9, ""), (120, 9, ""), (50, 10, "about 15 s left"), (100, 1, "about 5 s left"), (10, 60, "about 11 min left")],
)
def test_time_left(done, seconds, told):
    """The rest at the pace so far, in round figures, and nothing before there is a pace."""
    assert time_left(done, 120, seconds) == told


def test_status_line():
    """Counts stand only where there are some."""
    assert status_words(0, 120, {}, "") == "Collect: 0 of 120 done"
    line = status_words(100, 120, {"sent": 98, "refused": 2}, "about 5 s left")
    assert line == "Collect: 100 of 120 done (98 sent, 2 refused), about 5 s left"


def test_every_reason_has_words_on_every_face():
    """A row that is left out is counted by alert, screen and receipt, whatever the reason."""
    unspoken = {"blank", "not chosen"}
    reasons = set(get_args(Reason))

    assert reasons - unspoken == set(REASONS)
    assert reasons == set(screen.REASONS)
    assert reasons == set(endings.OF_REASON)


def test_alert_fits_the_screen():
    """However much there is to say, the buttons of the alert stay in sight."""
    assert len(fit("word " * 1000)) <= LONGEST
    many = [row(number, f"p{number}@example.com", round=f"round {number}") for number in range(2, 400)]
    long = send_question(prepared(many, warnings=("word " * 1000,)))
    assert (len(long) <= LONGEST, long.startswith("Send 398 requests as ACME?")) == (True, True)
