"""Plans: who is sent, in which batch, and why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from collect_xl.domain.identity import Person
from collect_xl.domain.model import Blank, Problem, Rejected
from collect_xl.domain.rows import Choices
from collect_xl.domain.skip_words import SkipMark
from collect_xl.errors import CampaignError
from collect_xl.planning.campaigns import resolve_campaign
from collect_xl.planning.eligibility import assess_rows
from collect_xl.planning.history import Known
from collect_xl.planning.payload import content_digest
from collect_xl.planning.plan import Plan, make_plan
from support.people import ACCOUNT, KYC, TAX, claim, known, people, row

NOBODY_SAID = Choices()


def plan_of(rows, choices=NOBODY_SAID, journal=None) -> Plan:
    return make_plan(assess_rows(rows, ACCOUNT, journal or known()), choices, ACCOUNT)


def sent_rows(plan: Plan) -> list[int]:
    return [each.number for batch in plan.batches for each in batch.rows]


def reasons(plan: Plan) -> dict[int, str]:
    return {each.row: each.reason for each in plan.left_out}


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (49, [49]), (50, [50]), (51, [50, 1]), (120, [50, 50, 20])])
def test_batches_hold_fifty_in_sheet_order(count, sizes):
    """Batches hold at most 50 contacts, in the order of the sheet."""
    plan = plan_of(people(count))

    assert sizes == [len(batch.rows) for batch in plan.batches]
    assert list(range(2, count + 2)) == sent_rows(plan)


def test_rows_with_equal_options_share_batches():
    """Rows with other due dates go out in calls of their own, whatever their order in the sheet."""
    rows = [row(n, f"p{n}@example.com", due=date(2027, 1, 1 + n % 2)) for n in range(2, 8)]

    plan = plan_of(rows)

    assert [[each.number for each in batch.rows] for batch in plan.batches] == [[2, 4, 6], [3, 5, 7]]
    assert [batch.options["dueDate"] for batch in plan.batches] == ["2027-01-01T22:59:00Z", "2027-01-02T22:59:00Z"]


def test_campaign_by_name_and_by_id_are_one():
    """A campaign written by its name and by its id is the same campaign, in one batch."""
    plan = plan_of([row(2, "a@example.com"), row(3, "b@example.com", campaign="kyc 2026")])

    assert [[each.number for each in batch.rows] for batch in plan.batches] == [[2, 3]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("nope", "No campaign", id="absent"),
        pytest.param("old1", "closed", id="closed"),
        pytest.param("Twin", "Two campaigns", id="two fit"),
    ],
)
def test_campaign_that_cannot_be_told_is_an_error(text, told):
    """A campaign that is absent, closed or one of two of its name is refused with the reason."""
    twins = (*ACCOUNT.campaigns, replace(KYC, id="t1", name="Twin"), replace(TAX, id="t2", name="twin"))

    with pytest.raises(CampaignError, match=told):
        resolve_campaign(text, twins)


def test_closed_campaign_takes_nobody_and_forgets_nobody():
    """A row of a closed campaign is not sent, and one that was sent before it was closed is known as sent."""
    sent = claim(1, ["mail:b@example.com"], request="R1")
    held = known(replace(sent, scope=replace(sent.scope, campaign="old1")))

    plan = plan_of([row(2, "a@example.com", campaign="old1"), row(3, "b@example.com", campaign="Old")], journal=held)

    assert (sent_rows(plan), reasons(plan)) == ([], {2: "invalid", 3: "sent"})
    assert "closed" in plan.left_out[0].words


def test_second_row_of_a_person_is_a_duplicate():
    """Of two rows with one address only the first is sent, and the second says which one that is."""
    plan = plan_of([row(2, "Ann@Example.com"), row(3, "ann@example.COM"), row(4, "bob@example.com")])

    assert sent_rows(plan) == [2, 4]
    assert "row 2" in plan.left_out[0].words


def test_alias_makes_two_rows_one_person():
    """A row by id and a row by the address of the same contact are one person once Collect has told so."""
    aliases = {"id:X1": frozenset({"mail:ann@example.com"}), "mail:ann@example.com": frozenset({"id:X1"})}

    plan = plan_of([row(2, "ann@example.com"), row(3, id="X1")], journal=known(aliases=aliases))

    assert reasons(plan) == {3: "duplicate"}


def test_person_asked_by_an_old_address_is_known_by_the_new_one():
    """Who was asked at one address of a contact is not asked again at the address that the contact has now."""
    aliases = {
        "id:X1": frozenset({"mail:old@example.com", "mail:new@example.com"}),
        "mail:old@example.com": frozenset({"id:X1"}),
        "mail:new@example.com": frozenset({"id:X1"}),
    }
    held = known(claim(1, ["mail:old@example.com"], request="R1"), aliases=aliases)

    for seen in ({}, {"result.requestId": "R1"}):
        assert reasons(plan_of([row(2, "new@example.com", seen=seen)], journal=held)) == {2: "sent"}


def test_same_person_in_another_round_or_campaign_is_no_duplicate():
    """The same address may be asked in another campaign or round."""
    rows = [row(2, "a@example.com"), row(3, "a@example.com", round="2"), row(4, "a@example.com", campaign="tax1")]

    assert sorted(sent_rows(plan_of(rows))) == [2, 3, 4]


def test_what_the_journal_holds_is_left_out():
    """Rows that were sent, are unknown or are being sent are left out, whatever the sheet shows."""
    held = known(
        claim(1, ["mail:p2@example.com"], request="R1"),
        claim(2, ["mail:p3@example.com"], "unknown"),
        claim(3, ["mail:p4@example.com"], "intent"),
    )

    plan = plan_of(people(4), journal=held)

    assert sent_rows(plan) == [5]
    assert reasons(plan) == {2: "sent", 3: "unknown", 4: "busy"}
    assert "2026-11-01 as R1" in plan.left_out[0].words


@pytest.mark.parametrize("state", ["refused", "not_sent", "cancelled"])
def test_what_is_freed_may_be_sent_again(state):
    """A refused, unsent or cancelled person is planned again; cancelled ones are counted apart."""
    plan = plan_of(people(1), journal=known(claim(1, ["mail:p2@example.com"], state)))

    assert sent_rows(plan) == [2]
    assert (state == "cancelled") == plan.freed


@pytest.mark.parametrize(
    "seen",
    [
        pytest.param({"result.requestId": "R9"}, id="request id"),
        pytest.param({"result.portalUrl": "https://app.usecollect.com/portal/x/R9"}, id="portal"),
        pytest.param({"result.status": "completed"}, id="status of Collect"),
    ],
)
def test_sheet_is_evidence(seen):
    """A row that says it was sent is never sent again by a journal that does not know of it."""
    plan = plan_of([row(2, "a@example.com", seen=seen)])

    assert reasons(plan) == {2: "elsewhere"}


def test_unknown_of_another_computer_stays_unknown():
    """A row that somebody else left unknown is not sent, and still counts as unknown."""
    plan = plan_of([row(2, "a@example.com", seen={"result.status": "unknown"})])

    assert reasons(plan) == {2: "unknown"}
    assert "another computer" in plan.left_out[0].words


@pytest.mark.parametrize("status", ["", "invalid", "duplicate", "skipped", "refused"])
def test_our_own_words_of_rows_never_sent_are_no_evidence(status):
    """A row that was invalid, duplicate, skipped or refused may be sent once it is mended."""
    assert sent_rows(plan_of([row(2, "a@example.com", seen={"result.status": status})])) == [2]


def test_twin_of_a_row_sent_elsewhere_is_not_sent():
    """A clean row is not sent while another row of the same person says that somebody sent it."""
    plan = plan_of([row(2, "a@example.com"), row(3, "a@example.com", seen={"result.requestId": "R9"})])

    assert reasons(plan) == {2: "duplicate", 3: "elsewhere"}


def test_results_stay_with_the_row_that_shows_them():
    """Of two rows of one person the one that shows the request keeps it; the one above is the duplicate."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))

    plan = plan_of([row(2, "a@example.com"), row(3, "a@example.com", seen={"result.requestId": "R1"})], journal=held)

    assert reasons(plan) == {2: "duplicate", 3: "sent"}


def test_edited_address_is_held_back():
    """A row whose address was changed after it was sent is held back and shows old and new."""
    held = known(claim(1, ["mail:old@example.com"], request="R1"))
    rows = [row(2, "new@example.com", seen={"result.requestId": "R1"})]

    plan = plan_of(rows, journal=held)

    assert reasons(plan) == {2: "edited"}
    assert "old@example.com" in plan.left_out[0].words
    assert "new@example.com" in plan.left_out[0].words
    assert sent_rows(plan_of(rows, Choices(send_edited=True), held)) == [2]


def test_sorted_results_do_not_hold_a_person_back():
    """A row that shows a request of somebody who stands elsewhere in the sheet was sorted, not edited."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    rows = [row(2, "b@example.com", seen={"result.requestId": "R1"}), row(3, "a@example.com")]

    plan = plan_of(rows, journal=held)

    assert sent_rows(plan) == [2]
    assert reasons(plan) == {3: "sent"}


def test_choices_leave_rows_out_with_their_reason():
    """Hidden rows, rows that were not chosen and addresses that are not allowed each have their reason."""
    rows = [
        row(2, "a@example.com", hidden=True),
        row(3, "b@example.com"),
        row(4, "c@other.example"),
        row(5, "d@example.com"),
        Blank(6),
        row(7, id="X1"),
    ]

    plan = plan_of(rows, Choices(rows=frozenset({2, 4, 5, 6, 7}), only_to=("@example.com",)))

    assert sent_rows(plan) == [5]
    expected = {2: "hidden", 3: "not chosen", 4: "not allowed", 6: "blank", 7: "not allowed"}
    assert expected == reasons(plan)


def test_first_counts_after_exclusions():
    """``--first 2`` takes the first two rows that would be sent, not the first two of the sheet."""
    held = known(claim(1, ["mail:p2@example.com"], request="R1"))

    plan = plan_of(people(4), Choices(first=2), held)

    assert sent_rows(plan) == [3, 4]
    assert reasons(plan) == {2: "sent", 5: "beyond first"}


def test_rejected_row_carries_every_problem():
    """An invalid row tells all that is wrong in it."""
    problems = tuple(Problem(f"Contacts!{c}2", "Email", '"x"', "an address", "Mend it.", 2) for c in "AB")

    plan = plan_of([Rejected(2, hidden=False, anchor=(), seen={}, problems=problems)])

    assert "Contacts!A2" in plan.left_out[0].words
    assert "Contacts!B2" in plan.left_out[0].words


def test_new_round_names_the_earlier_one():
    """A round in which nobody was asked, of people who were asked before, is told with the earlier round."""
    held = known(
        claim(1, ["mail:p2@example.com"], round_="2026-10"), claim(2, ["mail:p3@example.com"], round_="2026-10")
    )
    rows = [replace(each, options=replace(each.options, round="2026-11")) for each in people(3)]

    (new,) = plan_of(rows, journal=held).new_rounds

    assert (new.round, new.earlier[0].round, new.earlier[0].people) == ("2026-11", "2026-10", 2)


def test_round_that_has_begun_is_not_new():
    """After the first batch of a round went out, its rest needs no second word."""
    held = known(claim(1, ["mail:p2@example.com"], round_="a"), claim(2, ["mail:p9@example.com"], round_="b"))
    rows = [replace(each, options=replace(each.options, round="b")) for each in people(3)]

    assert plan_of(rows, journal=held).new_rounds == ()


def test_fingerprint_tells_plans_apart():
    """The fingerprint changes with anything that would be sent and with the choices that cut the plan."""
    rows = people(3)
    prints = {
        plan_of(rows).fingerprint,
        plan_of(rows, Choices(first=3)).fingerprint,
        plan_of(rows, Choices(rows=frozenset({2, 3, 4}))).fingerprint,
        plan_of([*rows[:2], row(4, "other@example.com")]).fingerprint,
        plan_of([replace(each, options=replace(each.options, round="2")) for each in rows]).fingerprint,
        plan_of([replace(each, options=replace(each.options, send_message=False)) for each in rows]).fingerprint,
    }

    assert len(prints) == 6
    assert plan_of(rows).fingerprint == plan_of(people(3)).fingerprint


def test_no_fingerprint_without_an_account():
    """What was not compared with an account cannot be approved."""
    assert make_plan(assess_rows(people(1), None, known()), NOBODY_SAID, None).fingerprint is None


def test_unknown_of_somebody_else_outlives_our_own_refusal():
    """A row that we were refused, and that then says ``unknown``, was sent by somebody else and is not free."""
    refused = known(claim(1, ["mail:a@example.com"], "refused"))

    plan = plan_of([row(2, "a@example.com", seen={"result.status": "unknown"})], journal=refused)

    assert (sent_rows(plan), reasons(plan)) == ([], {2: "unknown"})


@pytest.mark.parametrize("status", ["waiting", "completed"])
def test_status_of_collect_outlives_our_own_failure(status):
    """A row that bears Collect's own word is no longer free because a try of ours did not reach Collect."""
    unsent = known(claim(1, ["mail:a@example.com"], "not_sent"))

    assert sent_rows(plan_of([row(2, "a@example.com", seen={"result.status": status})], journal=unsent)) == []


def test_id_beside_an_allowed_address_goes_where_collect_says():
    """``--only-to`` asks for the address that Collect knows of a contact ID, not for the one typed beside it."""
    only = Choices(only_to=("@example.com",))
    rows = [row(2, "me@example.com", id="X1"), row(3, "me2@example.com", id="X2"), row(4, id="X3")]
    told = {"X2": "client@other.example", "X3": "ann@example.com"}
    aliases = {f"id:{contact}": frozenset({f"mail:{mail}"}) for contact, mail in told.items()}

    plan = plan_of(rows, only, known(aliases=aliases))

    assert (sent_rows(plan), reasons(plan)) == ([4], {2: "not allowed", 3: "not allowed"})


def test_what_was_refused_before_goes_out_alone():
    """Rows of a refused batch stay single in later runs; others share their batch as ever."""
    refused = [replace(claim(n, [f"mail:p{n}@example.com"], "not_sent"), why="absent after refusal") for n in (2, 4)]

    plan = plan_of(people(5), journal=known(*refused))

    assert [[each.number for each in batch.rows] for batch in plan.batches] == [[3, 5, 6], [2], [4]]


def test_row_that_was_refused_alone_goes_last_until_its_content_changes():
    """A row that was refused alone comes last while what is sent of it is as it was, and in its place once changed."""
    rows = people(3)
    (batch,) = plan_of(rows).batches
    same, other = content_digest(batch.options, rows[0].contact), "another content"
    as_before = replace(claim(2, ["mail:p2@example.com"], "refused"), why="refused alone", content=same)
    with_batch = replace(claim(3, ["mail:p3@example.com"], "not_sent"), why="absent after refusal")

    order = [
        [[each.number for each in batch.rows] for batch in plan_of(rows, journal=known(first, with_batch)).batches]
        for first in (as_before, replace(as_before, content=other))
    ]

    assert order == [[[4], [3], [2]], [[4], [2], [3]]]


def test_rows_by_address_go_out_first():
    """Rows by address go out in earlier calls than rows by ID: their answers teach whose address it is."""
    plan = plan_of([row(2, id="X1"), row(3, "a@example.com")])

    assert [[each.number for each in batch.rows] for batch in plan.batches] == [[3], [2]]


def test_two_rows_that_may_be_one_person_are_held_back():
    """Of two rows of which only a person can say whether they are one, the second is held back, with words."""
    both = frozenset({"id:X1", "id:X2"})
    shared = {"mail:a@example.com": both, "id:X1": frozenset({"mail:a@example.com"})}
    shared["id:X2"] = shared["id:X1"]

    plan = plan_of([row(2, id="X1"), row(3, "a@example.com")], journal=known(aliases=shared))

    assert (sent_rows(plan), reasons(plan)) == ([2], {3: "ask"})
    assert "row 2" in plan.left_out[0].words


def test_what_was_taken_back_is_another_computers_again():
    """A row whose take-over was taken back is not sent: it is another computer's as before."""
    back = replace(claim(1, ["mail:a@example.com"], "not_sent"), why="taken back")

    for seen in ({"result.status": "pending"}, {"result.requestId": "R1"}):
        assert reasons(plan_of([row(2, "a@example.com", seen=seen)], journal=known(back))) == {2: "elsewhere"}


MARK = SkipMark("Do not contact", '"yes"', is_clear=True)
BROKEN = SkipMark("Skip", "the error value #N/A", is_clear=False)


def test_a_row_that_its_list_holds_out_is_not_sent():
    """A mark holds an unsent row out, and so does one that cannot be read; its words name column and cell."""
    rows = [row(2, "a@example.com"), replace(row(3, "b@example.com"), skip=MARK)]
    rows.append(replace(row(4, "c@example.com"), skip=BROKEN))

    plan = plan_of(rows)

    assert (sent_rows(plan), reasons(plan)) == ([2], {3: "skipped", 4: "skip unclear"})
    assert plan.left_out[0].words == (
        'Held out: Do not contact says "yes". To ask this person, empty that cell or type no.'
    )
    assert "Skip cannot be read, it holds the error value #N/A" in plan.left_out[1].words


@pytest.mark.parametrize("first", [2, 3])
def test_whom_one_row_holds_out_no_other_row_asks(first):
    """A second row of the same person, without a mark, is held out as well, whichever comes first."""
    marked = replace(row(first, "ann@example.com"), skip=MARK)
    other = row(5 - first, "Ann@Example.com")

    plan = plan_of(sorted([marked, other], key=lambda each: each.number))

    assert (sent_rows(plan), reasons(plan)) == ([], {2: "skipped", 3: "skipped"})
    (words,) = [each.words for each in plan.left_out if each.row == other.number]
    assert f"the same person as in row {first}" in words


def test_a_hidden_mark_holds_out_too():
    """A mark on a hidden row keeps the person from being asked by another row."""
    plan = plan_of([row(2, "ann@example.com"), replace(row(3, "ann@example.com", hidden=True), skip=MARK)])

    assert sent_rows(plan) == []


def test_what_was_sent_before_it_was_held_out_is_sent():
    """A mark takes nothing from a row that was sent, and an invalid row with a mark is held out, not wrong."""
    held = known(claim(1, ["mail:a@example.com"], request="R1"))
    rejected = Rejected(3, False, ("", "", "", ""), {}, (Problem("Contacts!B3", "Email", "x", "y", "z", 3),), MARK)

    plan = plan_of([replace(row(2, "a@example.com"), skip=MARK), rejected], journal=held)

    assert reasons(plan) == {2: "sent", 3: "skipped"}


def test_an_edited_row_with_a_mark_is_not_sent():
    """Not even --send-edited sends a row that its list holds out."""
    held = known(claim(1, ["mail:old@example.com"], request="R1"))
    edited = replace(row(2, "new@example.com", seen={"result.requestId": "R1"}), skip=MARK)

    assert reasons(plan_of([edited], journal=held)) == {2: "edited"}
    assert reasons(plan_of([edited], Choices(send_edited=True), held)) == {2: "skipped"}


@pytest.mark.parametrize("word", ["skip", "Email sent", "done 12/3", "don't"])
def test_a_word_typed_into_the_status_holds_out(word):
    """A word that no program wrote holds the row out, in words that fit; Collect's own words mean another computer."""
    plan = plan_of([row(2, "a@example.com", seen={"result.status": word})])

    assert reasons(plan) == {2: "typed"}
    assert f'Collect status says "{word}", which no program wrote' in plan.left_out[0].words
    for own in ("pending", "due", "completed"):
        assert reasons(plan_of([row(2, "a@example.com", seen={"result.status": own})])) == {2: "elsewhere"}
    shown = {"result.status": word, "result.requestId": "R9"}
    assert reasons(plan_of([row(2, "a@example.com", seen=shown)])) == {2: "elsewhere"}


def test_last_claim_of_a_person_is_the_latest_under_any_key():
    """A person who was freed by contact ID, and later by address, has the later claim as the last one."""
    by_id, by_address = claim(1, ["id:X"], "not_sent"), claim(5, ["mail:a@example.com"], "not_sent")
    freed = {("kyc1", "", "id:X"): by_id, ("kyc1", "", "mail:a@example.com"): by_address}

    assert Known(freed=freed).last("kyc1", "", Person("id:X", ("mail:a@example.com",))) == by_address
