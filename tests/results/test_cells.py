"""What is written beside each row, from what the journal knows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from collect_xl.domain.headings import RESULT_COLUMNS
from collect_xl.domain.model import Outcome, Problem, Rejected, RemoteRequest, RowResult
from collect_xl.domain.portal_urls import may_link
from collect_xl.domain.rows import Choices, LeftOut
from collect_xl.domain.statuses import status_word
from collect_xl.planning.eligibility import Sorted, assess_rows, sort_rows
from collect_xl.planning.history import Known
from collect_xl.planning.standing import carries_evidence
from collect_xl.results.cell_changes import row_results
from collect_xl.results.cells import NOT_REACHED, outcome_cells, row_cells
from support.people import ACCOUNT, claim, known, row

FIELDS = frozenset(column.key for column in RESULT_COLUMNS)
LINK = "https://app.usecollect.com/portal/x/R1"


def results(rows, journal: Known, attempted=(), by_choice=()) -> dict[int, RowResult]:
    truth = sort_rows(assess_rows(rows, ACCOUNT, journal), Choices(include_hidden=True))
    cells = row_cells(truth, journal, attempted)
    found = row_results(truth, journal, cells, FIELDS, by_choice=by_choice, may_link=may_link, zone=UTC)
    return {each.row: each for each in found}


def status(result: RowResult) -> str | None:
    return result.cells.get("result.status")


def test_lost_results_come_back():
    """A row without results whose person the journal holds gets them, even if it was not chosen."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))

    (result,) = results([row(2, "a@example.com")], held, by_choice=[2]).values()

    assert result.cells == {"result.status": "pending", "result.requestId": "R1"}


def test_results_that_are_right_are_not_written():
    """What stands right in the sheet is not touched."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))

    assert results([row(2, "a@example.com", seen={"result.status": "pending", "result.requestId": "R1"})], held) == {}


def test_results_that_a_sort_left_behind_are_put_right():
    """After a sort of the contacts alone each request stands beside its own person again, and nobody else."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    rows = [
        row(2, "b@example.com", seen={"result.requestId": "R1", "result.status": "pending"}),
        row(3, "a@example.com"),
    ]

    put = results(rows, held, by_choice=[2, 3])

    assert put[2].cells == {"result.status": "", "result.requestId": ""}
    assert put[3].cells["result.requestId"] == "R1"


def test_foreign_evidence_is_never_blanked():
    """A request id that the journal does not know stays, whatever else is wrong with the row."""
    seen = {"result.requestId": "R9", "result.status": "waiting"}
    problem = Problem("Contacts!A3", "Email", '"x"', "an address", "Mend it.", 3)
    rows = [row(2, "a@example.com", seen=seen), Rejected(3, hidden=False, anchor=(), seen=seen, problems=(problem,))]

    put = results(rows, known())

    assert [set(each.cells) for each in put.values()] == [{"result.error"}, {"result.error"}]


def test_results_that_a_sort_left_on_an_invalid_row_are_cleared():
    """A client's link does not stay beside a row that cannot even be read, while the client stands elsewhere."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    problem = Problem("Contacts!A2", "Email", '"x"', "an address", "Mend it.", 2)
    seen = {"result.requestId": "R1", "result.portalUrl": LINK, "result.status": "pending"}
    rows = [Rejected(2, hidden=False, anchor=(), seen=seen, problems=(problem,)), row(3, "a@example.com")]

    for by_choice in ((), (2, 3)):
        put = results(rows, held, by_choice=by_choice)
        assert (put[2].cells["result.requestId"], put[2].cells["result.portalUrl"]) == ("", "")
        assert put[3].cells["result.requestId"] == "R1"


def test_results_of_an_edited_row_stay():
    """What holds an edited row back is not cleared, not even where the row was not chosen."""
    held = known(claim(1, ["mail:old@example.com"], request="R1"))
    rows = [row(2, "new@example.com", seen={"result.requestId": "R1", "result.status": "pending"})]

    for by_choice in ((), (2,)):
        assert all(set(each.cells) == {"result.error"} for each in results(rows, held, by_choice=by_choice).values())


def test_results_of_a_row_that_became_invalid_stay():
    """A row that was sent and cannot be read any more keeps its request."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    problem = Problem("Contacts!A2", "Email", '"x"', "an address", "Mend it.", 2)
    seen = {"result.requestId": "R1", "result.status": "pending"}

    (result,) = results([Rejected(2, hidden=False, anchor=(), seen=seen, problems=(problem,))], held).values()

    assert set(result.cells) == {"result.error"}


def test_results_stay_where_the_campaign_is_gone():
    """A row whose campaign is not to be seen any more keeps its request."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    rows = [row(2, "a@example.com", campaign="gone", seen={"result.requestId": "R1", "result.status": "pending"})]

    assert set(results(rows, held)[2].cells) == {"result.error"}


def test_of_two_twins_the_one_that_was_sent_has_the_results():
    """A twin above, hidden or not chosen, does not take the results of the row that was sent."""
    held = known(claim(3, ["mail:a@example.com"], request="R1"))

    put = results([row(2, "a@example.com", hidden=True), row(3, "a@example.com")], held, by_choice=[2])

    assert put[3].cells["result.requestId"] == "R1"
    assert 2 not in put


def test_unknown_of_the_journal_does_not_blank_a_foreign_id():
    """An id that somebody found elsewhere stays, although our own claim is unknown."""
    held = known(claim(1, ["mail:a@example.com"], "unknown"))

    (result,) = results([row(2, "a@example.com", seen={"result.requestId": "R9"})], held).values()

    assert set(result.cells) == {"result.error"}


@pytest.mark.parametrize(
    ("state", "words", "expected"),
    [
        pytest.param("refused", "bad tag", ("refused", "bad tag"), id="refused"),
        pytest.param("not_sent", "no connection", ("skipped", "Not sent: no connection. Send again."), id="not sent"),
        pytest.param("cancelled", "", ("skipped", NOT_REACHED), id="free again, not reached"),
    ],
)
def test_rows_that_were_tried_in_vain_say_why(state, words, expected):
    """A row that was to be sent and was not says what happened, so that nobody is forgotten in silence."""
    journal = known(claim(1, ["mail:a@example.com"], state, words=words))

    (result,) = results([row(2, "a@example.com")], journal, attempted=[2]).values()

    assert (status(result), result.cells["result.error"]) == expected


def test_rows_that_were_never_tried_stay_as_they_are():
    """A row that nobody tried to send is not written on."""
    assert results([row(2, "a@example.com")], known()) == {}


def test_settled_unknown_is_told_even_if_not_chosen():
    """What the sheet calls unknown and was settled as not sent is told, so that the next send takes it."""
    journal = known(claim(1, ["mail:a@example.com"], "not_sent", words="Collect never received it."))

    (result,) = results([row(2, "a@example.com", seen={"result.status": "unknown"})], journal, by_choice=[2]).values()

    assert status(result) == "skipped"


@pytest.mark.parametrize("is_chosen", [True, False])
def test_copy_of_an_unknown_row_is_a_duplicate_once_the_row_is_decided(is_chosen):
    """A copied row that still says unknown says duplicate, once the request of its person is known on the other row."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    unknown = {"result.status": "unknown", "result.error": "the answer was lost"}
    rows = [row(2, "a@example.com", seen=unknown), row(3, "a@example.com", seen=unknown)]

    put = results(rows, held, by_choice=() if is_chosen else (2, 3))

    assert (status(put[2]), status(put[3])) == ("pending", "duplicate")


def test_unknown_of_another_computer_stays_on_a_duplicate():
    """A duplicate that says unknown, and whose person nothing holds here, keeps what proves that it was sent."""
    seen = {"result.status": "unknown", "result.error": "the answer was lost"}
    rows = [row(2, "a@example.com"), row(3, "a@example.com", seen=seen)]

    assert status(results(rows, known()).get(3, RowResult(3, (), {}))) is None


@pytest.mark.parametrize("word", ["refused", "skipped", "duplicate", "invalid", "unknown", " Refused "])
def test_a_status_of_collect_that_is_called_like_ours(word):
    """A status of the account's own never stands in the sheet as if we said that nothing was sent."""
    held = known(replace(claim(1, ["mail:a@example.com"], request="R1"), status=word))
    asked = row(2, "a@example.com")

    (result,) = results([asked], held).values()

    assert status(result) == f"{word.strip()} (in Collect)"
    assert carries_evidence({"result.status": status(result)})
    request = RemoteRequest(id="R1", status=word)
    shown = outcome_cells(Outcome(1, "sent", request=request), datetime(2026, 11, 28, tzinfo=UTC))
    assert shown["result.status"] == status(result)


def test_other_statuses_of_collect_stay_as_they_are():
    """A status that no word of ours is like stands as Collect says it, and none at all is pending."""
    assert [status_word(each) for each in ("waiting", "Refused by bank", "")] == [
        "waiting",
        "Refused by bank",
        "pending",
    ]


@pytest.mark.parametrize(("stray", "status"), [(False, None), (True, "skipped")])
def test_row_that_may_be_another_persons_keeps_what_it_shows(stray, status):
    """A row held back as perhaps another's keeps its own request; a request that a sort left on it is cleared."""
    shown = row(2, "a@example.com", seen={"result.requestId": "R1", "result.status": "pending"})
    truth = Sorted((shown,), (), (LeftOut(2, "ask", "Held back.", stray=stray),))

    cells = row_cells(truth, known(), ())[2]

    assert (cells["result.error"], cells.get("result.status")) == ("Held back.", status)
