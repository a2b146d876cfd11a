"""Removals of safety, one line each, and the test that must notice; ``python tests/proof/mutants.py`` runs them all.

With ``--everyday`` it shows which of them the tests of the README's command notice. Each removal is made in a copy of
the project, never in the checkout.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
COPIED = (
    *("collect_xl", "tests", "addin", "sample_workbooks", "pyproject.toml", "README.md", "CONTRIBUTING.md"),
    *("CHANGELOG.md", "LICENSE", ".ci", ".github", ".pre-commit-config.yaml"),
)

EVERYDAY = "not slow and not proof"
"""What ``pytest`` runs when nothing else is asked for (pyproject.toml)."""
WORKERS = 4
NOTHING = 5
"""What pytest ends with where no test of a folder belongs to the selection."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """One line that keeps people safe, taken away."""

    what: str
    file: str
    """Below ``collect_xl``."""
    old: str
    new: str
    caught_by: str
    """A test, below ``tests``."""


_CONTACT, _OVERRIDDEN = "every_option_of_the_sheet_and_every_field_of_a_contact", "every_option_overridden_by_a_row"
_SENT = (
    *((line, _CONTACT) for line in ("firstName", "lastName", "company", "tags", "customFields")),
    *((line, _OVERRIDDEN) for line in ("items", "samples", "dueDate", "assignedTo", "sendMessage")),
    *((line, _OVERRIDDEN) for line in ("sendCompletionMessage", "sendRejectionMessage", "sendReopenMessage")),
)
"""Fields of a call that no one would miss in the sheet, with the test that does."""

MUTANTS = (
    # the question before a send, in Excel
    Mutant("Enter means yes", "addin/boxes.py",
           '"question": 0x20 | _OK_CANCEL | _SECOND_IS_DEFAULT,', '"question": 0x20 | _OK_CANCEL,',
           "addin/test_boxes.py::test_only_the_button_itself_means_yes"),
    Mutant("Return means yes on macOS", "addin/boxes.py",
           '            default_button="Cancel",\n', "",
           "addin/test_boxes.py::test_only_the_button_itself_means_yes"),
    Mutant("a question times out", "addin/boxes.py",
           '            cancel_button="Cancel",\n            timeout=0,', '            cancel_button="Cancel",',
           "addin/test_boxes.py::test_answer_after_lunch_counts"),
    Mutant("a yes that no one can have meant counts", "addin/boxes.py",
           'return "too soon" if clock() - began < SOON else "yes"', 'return "yes"',
           "addin/test_boxes.py::test_yes_before_anyone_could_read"),
    Mutant("a second run takes changed settings for the user's", "excel/screen_updating.py",
           "            lock.acquire(timeout=0)\n        except Timeout:\n            return None",
           "            pass\n        except Timeout:\n            return None",
           "excel/test_screen_updating.py"),
    Mutant("a busy Excel has no link", "excel/retry.py",
           "return any(map(_says_busy, _chain(error)))", "return _says_busy(error)",
           "excel/test_portal_links.py::test_old_link_while_excel_is_busy"),
    Mutant("a spilled cell is written over", "excel/typed_cells.py",
           "is_spilled = not formula and value is not None", "is_spilled = False",
           "excel/test_writing.py::test_cell_into_which_a_formula_spills"),
    # the journal on the disk
    Mutant("commits are not synced", "journal/database.py",
           '"PRAGMA synchronous=FULL",', '"PRAGMA synchronous=NORMAL",',
           "proof/test_order_on_disk.py::test_claim_is_synced_before_the_first_byte"),
    Mutant("writers do not take turns", "journal/database.py",
           '"BEGIN IMMEDIATE" if writes else "BEGIN"', '"BEGIN"',
           "journal/test_database.py::test_writers_take_their_turn_when_they_begin"),
    Mutant("a replaced journal is not noticed", "journal/store.py",
           "        if inode_of(self.place.file) != self._inode:", "        if False:",
           "journal/test_database.py::test_a_journal_replaced_under_its_user_is_noticed"),
    Mutant("a file that is no journal is made one", "journal/__init__.py",
           "    require_own(place)\n    if place.file and not", "    if place.file and not",
           "journal/test_own_journal.py::test_a_file_that_is_no_journal_stays_as_it_is"),
    Mutant("another program's database is opened", "journal/own_journal.py",
           "if tables and t.journal.name not in tables else", "if False else",
           "journal/test_own_journal.py::test_a_database_of_another_program_keeps_its_mode"),
    Mutant("a journal with a trigger is opened", "journal/migrate.py",
           "    require_passive(db, place)", "    pass",
           "journal/test_own_tables.py::test_an_older_journal_that_was_changed_is_refused"),
    Mutant("a journal without its guard is opened", "journal/own_tables.py",
           "if _keys_of_file(db, table.name) != _keys_of_ours(table):", "if False:",
           "journal/test_own_tables.py::test_a_journal_that_was_changed_is_refused"),
    # the claim
    Mutant("a held person is claimed again", "journal/claims.py",
           "holder = _holder(sharing, each)", "holder = None",
           "journal/test_claims.py::test_a_lost_row_names_who_holds_the_person"),
    Mutant("two rows of one person are both claimed", "journal/claims.py",
           "twin = _twin(sharing, row, rows_of_key)", "twin = None",
           "journal/test_claims.py::test_twins_in_one_call"),
    Mutant("learned keys are not claimed", "journal/claims.py",
           "keys = {row: keys_to_look_up(person, pairs) for row, person in people.items()}",
           "keys = {row: person.keys for row, person in people.items()}",
           "journal/test_claims.py::test_learned_keys_are_claimed_too"),
    Mutant("a lease never ends by the clock", "journal/leases.py",
           "owner == ticket.owner and now < until and", "owner == ticket.owner and",
           "journal/test_leases.py::test_a_laptop_that_slept_finds_its_claim_gone"),
    Mutant("a clock set back lengthens a lease", "journal/store.py",
           "time.monotonic() >= self._monotonic_ends.get(ticket.batch, 0.0)", "False",
           "journal/test_leases.py::test_a_clock_set_back_does_not_lengthen_a_lease"),
    Mutant("a claim that was taken over is still ours", "journal/leases.py",
           'now < until and state == "intent"', "now < until",
           "journal/test_leases.py::test_a_claim_taken_over_is_not_mine"),
    Mutant("the body leaves without asking its guard", "api/wire.py",
           "if not self._may_leave():", "if False:",
           "api/test_guard.py::test_guard_that_says_no"),
    # taking over
    Mutant("sleepers are called dead", "journal/leases.py",
           "        except (Timeout, OSError):\n            return False",
           "        except (Timeout, OSError):\n            return True",
           "journal/test_several_processes.py::test_a_stopped_sender_is_not_dead"),
    Mutant("what a dead run claimed becomes free", "journal/leases.py",
           'values(state="unknown"', 'values(state="not_sent"',
           "journal/test_several_processes.py::test_a_killed_sender_is_taken_over_at_once"),
    Mutant("not sent while a byte may be under way", "journal/changes.py",
           "and self.news.at < claim.quiet_from", "and False",
           "journal/test_leases.py::test_nothing_is_quiet_before_lease_and_deadline_are_over"),
    Mutant("a look-up decides while the sender is at work", "journal/states.py",
           '_SETTLER: Mapping[ClaimState, frozenset[ClaimState]] = {\n    "intent": _NONE,',
           '_SETTLER: Mapping[ClaimState, frozenset[ClaimState]] = {\n    "intent": frozenset({"not_sent"}),',
           "journal/test_changes.py::test_arrows"),
    # what an answer proves
    Mutant("a broken answer counts as not sent", "api/verdict.py",
           "if released or failure.connected:", "if False:",
           "proof/test_fault_server.py::test_every_answer_cut_everywhere"),
    Mutant("a server error counts as refused", "api/verdict.py",
           'return _answer("lost", f"the server failed with', 'return _answer("answered", f"the server failed with',
           "proof/test_fault_server.py::test_every_answer_cut_everywhere"),
    Mutant("a redirect counts as refused", "api/verdict.py",
           '_answer("lost", f"the server sent us elsewhere', '_answer("answered", f"the server sent us elsewhere',
           "proof/test_fault_server.py::test_redirects"),
    Mutant("a refusal is believed unseen", "sending/read_answer.py",
           'return _all(ticket, "unknown", refusal_words(answer), _why_refused(answer, len(rows)))',
           'return _all(ticket, "refused", refusal_words(answer), "refused alone")',
           "sending/test_refusals.py::test_part_of_a_refused_batch_is_never_asked_again"),
    Mutant("half an answer is believed", "api/verdict.py",
           "    if reply.trouble:", "    if False:",
           "api/test_verdicts.py::test_strange_answer"),
    Mutant("the library sends again", "api/transport.py",
           "max_retries=0)", "max_retries=__import__('urllib3').Retry(3, allowed_methods=None))",
           "proof/test_fault_server.py::test_every_answer_cut_everywhere"),
    Mutant("there is no deadline", "api/wire.py",
           "self._watchdog.limit(self._limits.deadline)", "self._watchdog.limit(30.0)",
           "api/test_verdicts.py::test_drip_is_not_waited_for"),
    Mutant("the key goes unprotected", "api/address.py",
           'if parts.scheme == "http" and not is_loopback(host):', "if False:",
           "api/test_address.py::test_unfit"),
    Mutant("an altered id is taken for an id", "api/bounds.py",
           'return "" if is_altered or', 'return "" if',
           "api/test_bounds.py::test_id"),
    Mutant("half an address is blamed", "api/bounds.py",
           "    return head[: len(head) - length]", "    return head",
           "api/test_bounds.py::test_complaint_is_not_cut_inside_an_address"),
    Mutant("the key comes back out of escapes", "api/redaction.py",
           "if self._plain and", "if False and",
           "api/test_redaction.py::test_key_is_nowhere"),
    Mutant("a server's clock may be years off", "api/wire.py",
           "return offset if abs(offset) <= _LARGEST_OFFSET else None", "return offset",
           "api/test_questions.py::test_date_that_is_far_off"),
    Mutant("a list that was cut by a limit is complete", "api/questions.py",
           "return Pages(tuple(entries.values()), steady=False, limit=spent)",
           "return Pages(tuple(entries.values()), steady=True, limit=spent)",
           "api/test_listing.py::test_listing_without_end"),
    Mutant("requests are matched by position", "evidence/reply.py",
           "    silent = [each.row",
           "    by_row |= {e.row: r for e, r in zip(sent, requests) if e.row not in by_row}\n    silent = [each.row",
           "evidence/test_reply.py::test_never_by_position_and_never_twice"),
    # approvals
    Mutant("a new round needs no word", "planning/approval.py",
           "    for new_round in unconfirmed_rounds(plan, approval.new_rounds):\n        raise",
           "    if False:\n        raise",
           "stories/test_python_interface.py::test_new_round_must_be_named"),
    Mutant("another campaign of the name needs no word", "planning/approval.py",
           "    for new_campaign in unconfirmed_campaigns(plan, approval.new_campaigns):\n        raise",
           "    if False:\n        raise",
           "planning/test_asked_again.py::test_python_programs_must_name_the_campaign"),
    Mutant("another plan is approved", "planning/approval.py",
           "if approval.fingerprint is None or approval.fingerprint != plan.fingerprint:", "if False:",
           "stories/test_python_interface.py::test_approval_of_another_plan_sends_nothing"),
    Mutant("two new rounds pass at once", "journal/claims.py",
           "        elif row in sharing.unseen:", "        elif False:",
           "journal/test_other_scopes.py::test_who_was_asked_in_another_round_unseen_is_refused"),
    Mutant("claims of two rounds do not take turns on a server", "journal/claims.py",
           "    take_turn(db, team)\n", "",
           "journal/test_other_scopes.py::test_two_rounds_claimed_at_once_on_a_server"),
    Mutant("what a name meant is forgotten", "journal/claims.py",
           "    keep_meanings(db, team, batch.scope, names, batch.run, batch.claimed_at)\n", "",
           "planning/test_asked_again.py::test_python_programs_must_name_the_campaign"),
    Mutant("who was asked since a round began is no news", "planning/asked_again.py",
           "return began is None or claim.claimed_at > began", "return began is None",
           "planning/test_asked_again.py::test_round_that_has_begun_asks_about_those_who_were_asked_since"),
    # the run
    Mutant("outcomes are not recorded", "sending/run.py",
           "self._journal.record(ticket, list(outcomes", "(lambda *_: None)(ticket, list(outcomes",
           "stories/test_send_command.py::test_every_result_stands_on_its_own_row"),
    Mutant("two unclear batches do not stop a run", "sending/run.py",
           "if self._lost_in_a_row > 1:", "if False:",
           "sending/test_run.py::test_two_unclear_batches_stop_the_run"),
    Mutant("an incomplete list proves absence", "evidence/listing.py",
           "    if not view.listing.complete:", "    if False:",
           "evidence/test_listing.py::test_list_that_was_broken_off_sees_nothing"),
    Mutant("others' requests are not looked for", "planning/asked_elsewhere.py",
           "if each.id not in bound and keeps(each, since)", "if False",
           "planning/test_asked_elsewhere.py::test_who_was_asked_by_others_is_left_out_and_told"),
    Mutant("a send with nothing to send does not look for lost answers", "planning/asked_elsewhere.py",
           "unsettled = {batch.scope.campaign for batch in batches}",
           "unsettled = {batch.scope.campaign for batch in batches if batch.answered_at}",
           "planning/test_asked_elsewhere.py::test_lost_answer_is_looked_for_where_nothing_else_is_to_be_sent"),
    # what goes out
    *(Mutant(f"{line} is not sent", "planning/payload.py", f'        "{line}": ', f'        "_{line}": ',
             f"planning/test_payload.py::test_{test}")
      for line, test in _SENT),
    # settling
    Mutant("one look proves absence", "evidence/judgement.py",
           "    if batch.first_look is None:\n        if listing.started < first_from:",
           "    if False:\n        if listing.started < first_from:",
           "evidence/test_judgement.py::test_one_list_proves_no_absence"),
    Mutant("the first look does not wait", "evidence/judgement.py",
           "        if listing.started < first_from:\n            return first_from\n", "",
           "evidence/test_judgement.py::test_after_a_lost_answer"),
    Mutant("the second look does not wait", "evidence/judgement.py",
           "if listing.started <= batch.first_look or listing.started < second_from:",
           "if listing.started <= batch.first_look:",
           "evidence/test_judgement.py::test_after_an_answer_of_another_process"),
    Mutant("strangers prove absence", "evidence/listing.py",
           "            if strangers:\n", "            if False:\n",
           "evidence/test_listing.py::test_stranger_blocks_every_row_by_address"),
    Mutant("an older request is taken for ours", "evidence/listing.py",
           "return first is None or first > batch.base.list_number", "return True",
           "evidence/test_listing.py::test_base_is_the_number_of_a_list"),
    Mutant("a request is found for two", "evidence/listing.py",
           "            if request.id in self._view.bound:", "            if False:",
           "evidence/test_listing.py::test_bound_request_is_not_found_again"),
    # the sheet
    Mutant("the sheet is no evidence", "planning/standing.py",
           'if meaning == "free" or _is_settled(row.seen, freed):', "if True:",
           "planning/test_plan.py::test_sheet_is_evidence"),
    Mutant("an edited row is free", "planning/standing.py",
           'return Standing("edited", bound)', 'return Standing("free", bound)',
           "planning/test_plan.py::test_edited_address_is_held_back"),
    Mutant("a column that holds out is ignored", "planning/eligibility.py",
           "        if row.skip is not None:\n            return left_out_by_mark(row, row.skip, stray=stray)\n", "",
           "planning/test_plan.py::test_a_row_that_its_list_holds_out_is_not_sent"),
    Mutant("a twin without a mark is asked", "planning/eligibility.py",
           "if twin in self._held_out:", "if False:",
           "planning/test_plan.py::test_whom_one_row_holds_out_no_other_row_asks"),
    Mutant("a mark that cannot be read lets the row be sent", "validation/skip_marks.py",
           "if value is None or shows_nothing(value) or _says_no(value):",
           "if value is None or shows_nothing(value) or _says_no(value) or isinstance(value, Fault):",
           "validation/test_skip_marks.py::test_what_cannot_be_read_holds_out"),
    Mutant("a second list is asked", "validation/nameless_rows.py",
           "        if header.is_repeated_by(row):", "        if False:",
           "validation/test_nameless_rows.py::test_a_second_list_is_not_asked"),
    Mutant("people without address are blank", "validation/checker.py",
           "if is_nameless and not content_of(row):", "if is_nameless:",
           "validation/test_nameless_rows.py::test_whatever_was_typed_makes_a_row"),
    Mutant("another's link stays after a sort", "results/cell_changes.py",
           "        if known.shows_anothers(row):", "        if False:",
           "results/test_cells.py::test_results_that_a_sort_left_behind_are_put_right"),
    Mutant("case makes another person", "domain/identity.py",
           "text.lower().rstrip('.')", "text.rstrip('.')",
           "planning/test_plan.py::test_second_row_of_a_person_is_a_duplicate"),
    Mutant("any link is clickable", "domain/portal_urls.py",
           "return _LINK.fullmatch(url) is not None", "return True",
           "domain/test_portal_urls.py::test_only_links_of_collect_are_clickable"),
    # the receipt
    Mutant("a receipt shows links unasked", "receipt/lines.py",
           "show_link = links and may_link(end.portal_url)", "show_link = may_link(end.portal_url)",
           "receipt/test_receipt.py::test_portal_links_stand_in_it_only_when_asked_for"),
    Mutant("what a sheet holds is HTML on a receipt", "receipt/page.py",
           "autoescape=True,", "autoescape=False,",
           "receipt/test_receipt.py::test_what_a_sheet_holds_is_text_on_the_page"),
    # the workbook
    Mutant("a list in other columns is left out silently", "workbook/headers.py",
           "    _refuse_list_beside(header, header.texts.keys())\n", "",
           "workbook/test_saved.py"),
    Mutant("a note beside a person is taken for the header", "workbook/headers.py",
           "return not names_person, len(header.fields), len(header.texts)",
           "return True, len(header.fields), len(header.texts)",
           "workbook/test_saved.py"),
    Mutant("people in a second place for rows are passed over", "ooxml/tokenizer.py",
           "        self.tail = tail.getvalue()\n        self._refuse_further_rows()\n",
           "        self.tail = tail.getvalue()\n",
           "ooxml/test_tokenizer.py::test_rows_in_two_places_are_refused"),
    Mutant("Subscribed is taken for a slip of Unsubscribed", "domain/headings.py",
           "    if is_about_permission(name):", "    if not name:",
           "domain/test_headings.py::test_headers_that_may_hold_out"),
    Mutant("a data type's text is sent", "excel/open_layout.py",
           "merged=_harmful_merges(contacts), rich=tuple(rich))", "merged=_harmful_merges(contacts))",
           "excel/test_open_rows.py::test_data_types_are_neither_text_nor_error"),
    Mutant("texts are not escaped", "ooxml/cell_text.py",
           "    return _ODD.sub(_escape, text).encode()", "    return text.encode()",
           "ooxml/test_add_columns_property.py"),
    Mutant("a draft is not synced", "ooxml/atomic_save.py",
           "        os.fsync(self.file.fileno())\n", "",
           "ooxml/test_atomic_save.py::test_a_draft_is_durable_before_it_takes_its_place"),
    Mutant("somebody else's change is overwritten", "workbook/saved.py",
           "        if self._state() != reading.state:", "        if False:",
           "workbook/test_saved.py::test_changed_between_layout_and_rows"),
    Mutant("last month's copy stands in for this month's", "ooxml/atomic_save.py",
           "if not as_it_first_was or filecmp.cmp(copy, path, shallow=False):", "if True:",
           "ooxml/test_atomic_save.py::test_another_workbooks_copy_does_not_stand_in_for_ours"),
    Mutant("a backup of the journal takes any file's place", "journal/backups.py",
           "    if not _may_be_replaced(target):", "    if False:",
           "cli/test_history.py::test_backup_replaces_older_backups_and_nothing_else"),
    Mutant("requests that name nobody are passed over", "planning/asked_elsewhere.py",
           "elif any(_names_no_one(each) for each in listing.requests):", "elif False:",
           "planning/test_asked_elsewhere.py::test_list_that_names_nobody_sends_nothing"),
    Mutant("the end takes for granted what was written in between", "workflow/approved_run.py",
           "again=outcomes if saved.has_written else ()", "again=()",
           "results/test_periodic_write.py::test_row_that_ends_as_it_began_shows_no_state_of_in_between"),
    Mutant("each write in between leaves a file beside an open workbook", "results/periodic_write.py",
           "written = self._workbook.fill_in(results)", "written = self._workbook.write(results)",
           "results/test_periodic_write.py::test_workbook_that_is_opened_meanwhile_is_left_alone"),
    Mutant("the rest follows a canary that was not sent", "sending/canary.py",
           """    if not states <= {"sent"}:""", "    if False:",
           "sending/test_canary.py::test_refused_canary_is_not_even_asked_about"),
    Mutant("any answer sends the rest after the canary", "sending/canary.py",
           "    if asks() is not True:", "    if asks() is False:",
           "sending/test_canary.py::test_nothing_but_a_yes_sends_the_rest"),
    Mutant("lists are not read again after the canary's question", "sending/run.py",
           "if rest and rest_may_follow(run.report, first, go_on) and run.lists_are_fresh():",
           "if rest and rest_may_follow(run.report, first, go_on):",
           "sending/test_canary.py::test_lists_are_read_again_after_the_question"),
    Mutant("a send begins before its time", "workflow/stories.py",
           "    require_start(how.start, online.now())\n", "",
           "workflow/test_start_time.py::test_core_sends_nothing_before_the_time"),
    Mutant("the first write is not rehearsed", "workbook/saved.py",
           """            edit.write(cast("BinaryIO", _Nowhere()), rows)\n""", "",
           "workbook/test_saved.py::test_damage_is_found_before_anything_is_sent"),
    Mutant("dates of the sheet are those of Greenwich", "results/shown_dates.py",
           "there = moment.astimezone(zone).replace(", "there = moment.replace(",
           "results/test_shown_dates.py::test_the_day_of_a_moment_is_the_teams"),
    Mutant("a date is a bare number where there are no styles", "ooxml/date_cells.py",
           "if isinstance(value, date) and styles.usable:", "if isinstance(value, date):",
           "ooxml/test_date_cells.py::test_without_styles_a_date_is_a_text"),
    Mutant("the rehearsal leaves links out", "workbook/saved.py",
           'tuple([_REHEARSED.get(field, "x") for', 'tuple(["x" for',
           "workbook/test_saved.py::test_links_are_rehearsed"),
    Mutant("links of relationships in UTF-16 are taken for absent", "ooxml/hyperlink_xml.py",
           "            return encoding\n", '            return "utf-8"\n',
           "ooxml/test_hyperlinks.py::test_relationships_in_another_encoding"),
    Mutant("a draft can be read by others", "ooxml/atomic_save.py",
           "os.open(self._path, _NEW_FILE, 0o600)", "os.open(self._path, _NEW_FILE, 0o666)",
           "ooxml/test_file_rights.py::test_a_draft_is_private_until_it_is_whole"),
    Mutant("the names of copy and results are not tried", "workbook/saved.py",
           "        rehearse_names(self._target)\n", "",
           "ooxml/test_file_rights.py::test_a_name_that_leaves_no_room_for_a_copy"),
    Mutant("the draft of a living run is removed", "ooxml/old_drafts.py",
           "fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)\n            draft.unlink()", "draft.unlink()",
           "ooxml/test_old_drafts.py::test_a_draft_that_is_written_for_hours_stays"),
    Mutant("an output that fails ends a run", "cli/output.py",
           "with suppress(OSError, ValueError):  # a closed stream is a ValueError", "if True:",
           "cli/test_output.py::test_a_full_disk_behind_the_output"),
    Mutant("a name commands the terminal", "cli/console.py",
           "yield Segment(shown_lines(segment.text), segment.style)", "yield segment",
           "cli/test_output.py::test_a_screen_obeys_no_text"),
    Mutant("a pipe is waited for", "domain/own_files.py",
           'getattr(os, "O_NONBLOCK", 0) | getattr', "0 | getattr",
           "domain/test_own_files.py::test_only_a_file_is_read"),
    Mutant("the note of a run is written through a link", "workflow/run_lock.py",
           "            _leave_note(note, who)", '            note.write_text(who, encoding="utf-8")',
           "workflow/test_run_lock.py::test_a_note_that_is_a_link"),
    Mutant("settings that others can change are followed", "config/settings.py",
           "    if may_others_write(status):", "    if False:",
           "config/test_settings.py::test_settings_that_others_can_change"),
    Mutant("a status of Collect stands as if it were ours", "domain/statuses.py",
           "    if status.strip().casefold() in OURS:", "    if False:",
           "results/test_cells.py::test_a_status_of_collect_that_is_called_like_ours"),
    Mutant("times are moved though ours may be the wrong clock", "evidence/judgement.py",
           "or abs(now) > _WRONG.total_seconds():", "or False:",
           "evidence/test_judgement.py::test_clocks_that_cannot_be_told_apart"),
    Mutant("an open workbook is written", "ooxml/atomic_save.py",
           "        if os.path.exists(lock):", "        if False:",
           "ooxml/test_atomic_save.py::test_a_workbook_that_is_open_elsewhere_is_not_touched"),
    Mutant("no copy is kept", "ooxml/atomic_save.py",
           "    while copy.exists():\n", "    return None\n    while copy.exists():\n",
           "ooxml/test_atomic_save.py::test_the_first_write_keeps_a_copy_and_later_ones_leave_it"),
    Mutant("entities are expanded", "ooxml/package.py",
           "            self._refuse_doctypes()\n", "",
           "ooxml/test_package.py::test_a_document_type_is_refused_in_every_part"),
    Mutant("cells in another prefix are read as blank", "ooxml/row_cells.py",
           "    return re.compile(prefixed + _REST).findall\n", "    return re.compile(prefixed).findall\n",
           "ooxml/test_row_cells.py::test_an_address_in_another_prefix_is_not_read_as_blank"),
    Mutant("what is unknown between two cells is passed over", "ooxml/row_cells.py",
           "        _refuse_unknown(body[end : cell.start()], prefix, sheet)\n", "",
           "ooxml/test_row_cells.py::test_what_is_not_known_is_refused"),
    Mutant("what is unknown behind the cells is written over", "ooxml/survey.py",
           " and self._blanks.fullmatch(row, end_of_cell):", ":",
           "ooxml/test_row_cells.py::test_a_cell_in_another_prefix_is_not_written_over"),
    Mutant("texts move to other cells", "ooxml/shared_strings.py",
           "        if not plain or _length_of_plain(plain, xml) != len(xml):", "        if not plain:",
           "ooxml/test_cell_values.py::test_a_text_in_another_prefix_is_counted"),
    Mutant("rows in a comment or an extension are taken for the sheet's", "ooxml/sheet_head.py",
           "        if self._depth == _CHILD and local_name", "        if local_name",
           "ooxml/test_odd_markup.py::test_a_sheet_with_odd_markup_is_read_and_written_rightly"),
    Mutant("a sheet that stands in the book twice is written", "ooxml/sheet_edit.py",
           "        _refuse_shared_part(package, self._sheet)\n", "",
           "workbook/test_nasty_workbooks.py"),
    Mutant("bombs are unpacked", "ooxml/zip_reader.py",
           "        _refuse_excess(self.path.name, self.members)\n", "",
           "ooxml/test_zip_reader.py::test_bombs_are_refused_by_what_they_declare"),
    Mutant("two runs hold one workbook", "workflow/run_lock.py",
           "            lock.acquire(timeout=0)\n", "",
           "stories/test_python_interface.py::test_workbook_is_held_by_one_run"),
    # adopting, tests to oneself, a lost memory
    Mutant("a campaign that refuses everything is never left", "sending/refusals.py",
           "return self.batches >= MOST_BATCHES", "return False",
           "sending/test_refusals.py::test_reasons_that_differ_only_by_name_are_one_reason"),
    Mutant("another contact's request is adopted", "followup/takeover.py",
           'return compare(self.person, person_of_request(request), self.pairs) == "same"', "return True",
           "followup/test_takeover.py::test_row_that_does_not_match_is_told_and_left"),
    Mutant("an adopted unknown row is free", "journal/claims.py",
           'return Outcome(claim, "unknown", adopted.by, why="sent elsewhere")',
           'return Outcome(claim, "not_sent", adopted.by)',
           "followup/test_takeover.py::test_unknown_row_without_a_request_is_unknown_here_and_settled"),
    Mutant("a test goes to anybody", "sending/trial.py",
           "    if found is None:", '    found = found or User("", address)\n    if found is None:',
           "sending/test_trial.py::test_nobody_but_a_member_gets_a_test"),
    Mutant("a test counts as asked", "planning/history.py",
           "if is_trial_round(claim.scope.round):", "if False:",
           "sending/test_trial.py::test_member_who_is_a_client_too_is_asked_all_the_same"),
    Mutant("a run in the night begins a journal", "cli/option_values.py",
           "return new_journal or (somebody_is_there() and not said)", "return True",
           "stories/test_new_journal.py::test_unattended_run_begins_no_journal"),
    # who is the same person
    Mutant("two typed IDs are one person", "domain/identity.py",
           'return "same" if is_same else "different"', 'return "same"',
           "domain/test_identity.py::test_every_line_of_the_table"),
    Mutant("an ID typed for an address that another has is the same", "domain/identity.py",
           'return "same" if ids_of_address <= {known.id} | known.learned else "ask"', 'return "same"',
           "domain/test_identity.py::test_every_line_of_the_table"),
    Mutant("an address of two contacts is one person's", "domain/identity.py",
           'return "same" if was_sent or len(ids | other_ids) <= 1 else "ask"', 'return "same"',
           "domain/test_identity.py::test_every_line_of_the_table"),
    Mutant("two addresses of several contacts are one person's", "domain/identity.py",
           'return "same" if ids == other_ids and len(ids) == 1 else "ask"', 'return "same"',
           "domain/test_identity.py::test_every_line_of_the_table"),
    Mutant("an answer's word is forgotten", "domain/identity.py",
           '    if known.id in by_address.learned:\n        return "same"\n', "",
           "domain/test_identity.py::test_every_line_of_the_table"),
    Mutant("a look-alike of version 2 is somebody else", "domain/identity.py",
           "return not one.casefolded.isdisjoint(other.casefolded)", "return False",
           "journal/test_version_3.py::test_look_alike_of_a_casefolded_key_is_held"),
    Mutant("a domain has two spellings", "domain/identity.py",
           'return idna.encode(domain.rstrip("."), uts46=True).decode("ascii").lower()', "return _lower(domain)",
           "domain/test_identity.py::test_spellings_of_one_address"),
    Mutant("two calls to one person explain a merged contact's request", "evidence/listing.py",
           "            if len(requests) > 1 or is_shared:",
           "            if any(len(requests) > claims_of_request[request.id] for request in requests):",
           "evidence/test_listing_surplus.py::test_requests_of_two_calls_to_one_person_block_others"),
    Mutant("a request that a person called one call's is given to another", "evidence/listing.py",
           "if was_said or claim.state in", "if claim.state in",
           "evidence/test_listing_surplus.py"
           "::test_request_of_a_call_that_a_person_called_sent_is_given_to_no_other_round"),
    Mutant("a placeholder ID is learned", "domain/identity.py",
           "        if len(of_id) == 1:", "        if of_id:",
           "domain/test_identity.py::test_id_with_two_addresses_is_not_learned"),
    Mutant("an old ID beside an address is certain", "domain/identity.py",
           "    if not claim.own and not mails:", "    if not claim.own:",
           "domain/test_identity.py::test_id_beside_an_address_is_certain_only_where_it_stood_in_the_row"),
    Mutant("who may be asked already is sent", "domain/holder.py",
           'return None if likeness == "different" else Holder(claim, likeness == "same")',
           'return Holder(claim, True) if likeness == "same" else None',
           "planning/test_shared_addresses.py::test_id_given_to_a_row_sent_by_address_is_held_back"),
    Mutant("an old journal's addresses have one spelling", "journal/version_3.py",
           "    _add_canonical_keys(db)\n", "",
           "journal/test_version_3.py::test_canonical_keys_are_added"),
    # what a list proves
    Mutant("another key sees all", "evidence/listing.py",
           "    if salt and view.key_print(salt) != key_print:", "    if False:",
           "evidence/test_listing.py::test_list_of_another_key_sees_nothing"),
    Mutant("a list that lags is believed", "evidence/listing.py",
           "    if view.named_since(batch.batch).difference(view.listing.ids):", "    if False:",
           "evidence/test_listing.py::test_list_that_lags_sees_nothing"),
    Mutant("one of several is bound", "evidence/listing.py",
           "        if len(requests) > 1:", "        if False:",
           "evidence/test_listing.py::test_two_new_requests_of_one_person_are_asked_about"),
    Mutant("a request of two contacts is bound", "evidence/listing.py",
           "        if self._perhaps[each.claim.id]:", "        if False:",
           "evidence/test_listing.py::test_address_of_two_contacts_is_asked_about"),
    Mutant("a request of two open claims is bound", "evidence/listing.py",
           "        if self._has_another_open_claim(each):", "        if False:",
           "evidence/test_listing.py::test_another_open_claim_of_the_person_is_asked_about"),
    Mutant("a request of last year is bound", "evidence/listing.py",
           "        if not since - off <= created.timestamp() <= until + off:", "        if False:",
           "evidence/test_listing.py::test_request_that_is_far_off_is_asked_about"),
    Mutant("a list that could not see counts", "evidence/judgement.py",
           "    if judgement.blind[batch.batch]:", "    if False:",
           "evidence/test_judgement.py::test_broken_list_is_no_first_look"),
    Mutant("clocks of two computers agree", "evidence/judgement.py",
           "batch.answered_at + patience.lag + BETWEEN_PROCESSES", "batch.answered_at + patience.lag",
           "sending/test_refusals.py::test_between_processes_the_wall_clock_is_given_a_minute"),
    Mutant("a refused batch is refused", "evidence/judgement.py",
           '"answered": ("not_sent", "absent after refusal"),', '"answered": ("refused", "refused alone"),',
           "evidence/test_judgement.py::test_what_an_absent_claim_becomes"),
    # refusals
    Mutant("the wait is not waited", "sending/refusals.py",
           "return self.answered + self.wait", "return self.answered",
           "sending/test_refusals.py::test_list_that_lags_is_waited_for"),
    Mutant("a late first list closes a call", "sending/proof.py",
           "if has_waited and self._lists[each.ticket.batch] >= LISTS:", "if has_waited:",
           "sending/test_refusals.py::test_bad_rows_of_fifty_are_refused_alone"),
    Mutant("rows of a paused campaign go on", "sending/run.py",
           "            if state.is_paused:\n                state.deferred.append(batch)\n                continue\n",
           "",
           "sending/test_refusals.py::test_campaign_that_refuses_everything_is_left_after_few_calls"),
    Mutant("a server that turns away is asked once more", "sending/run.py",
           "self._turned_away_in_a_row >= MOST_TURNED_AWAY or", "self._turned_away_in_a_row > MOST_TURNED_AWAY or",
           "sending/test_refusals.py::test_three_turned_away_in_a_row_stop_posting"),
    Mutant("a refused batch goes out whole again", "sending/run.py",
           "self.post_all(left.one_by_one())", "self.post_all([left])",
           "sending/test_refusals.py::test_bad_rows_of_fifty_are_refused_alone"),
    Mutant("a request that may be a colleague's is cancelled without its date", "workflow/chosen_requests.py",
           "    front.not_named(dates_of_found(online, requests))\n", "",
           "followup/test_cancel.py::test_request_that_no_answer_named_is_cancelled_with_its_date_first"),
    Mutant("a cancellation is believed on its answer", "followup/cancel.py",
           'state: ChangeState = "asked" if answer.verdict == "accepted" else "unknown"', 'state: ChangeState = "done"',
           "followup/test_cancel.py::test_cancellation_that_only_the_answer_shows_is_not_believed"),
    Mutant("a wish is completed unseen", "followup/cancel.py",
           "for request in requests if CANCEL.is_met_by(request)}", "for request in requests}",
           "followup/test_cancel.py::test_cancellation_that_only_the_answer_shows_is_not_believed"),
    Mutant("an older backup undoes a cancellation", "journal/merge.py",
           "        if ours[: len(theirs)] == theirs:\n            return False\n", "",
           "journal/test_backups.py::test_an_older_backup_does_not_undo_a_cancellation"),
    Mutant("rows that turned out never sent are freed in silence", "cli/exits.py",
           "    if report.freed:", "    if False:",
           "stories/test_wait_for_proof.py::test_rows_of_an_earlier_run_that_prove_unsent_are_told"),
    Mutant("a row that Collect left out ends with 0", "cli/exits.py",
           '    elif report.rows("not_sent"):', "    elif False:",
           "stories/test_wait_for_proof.py::test_row_that_collect_left_out_is_told"),
    # what came in, beside each person
    Mutant("another request's items are taken for this one's", "api/item_replies.py",
           "if bounds.id_of(data) != request_id:", "if False:",
           "api/test_item_replies.py::test_another_request_is_none"),
    Mutant("items of a claim's earlier request are shown", "journal/kept_items.py",
           "query.where(is_its_own, *conditions)", "query.where(*conditions)",
           "journal/test_kept_items.py::test_items_of_another_request_are_not_the_claims"),
    Mutant("after a sort another person's items stay on the row", "results/item_cells.py",
           "return cells if is_beside_its_request else {**cells, **blank}", "return cells",
           "results/test_item_cells.py::test_unknown_items_stay_beside_their_own_request_alone"),
    Mutant("what was missing is named after the request was finished", "results/item_cells.py",
           'is_outdated = _is_finished(cells) and status_word(kept.status) != cells["result.status"]',
           "is_outdated = False",
           "results/test_item_cells.py::test_items_of_before_the_end_are_not_shown_after_it"),
    Mutant("items of the earlier round stay beside the new request", "results/as_you_go.py",
           "belongs = with_named_items_cleared(outcome_cells(outcome, now), fields)",
           "belongs = outcome_cells(outcome, now)",
           "results/test_as_you_go.py::test_a_new_request_has_nothing_of_the_items_of_an_earlier_one"),
    Mutant("notes of the user below Item: are emptied", "workflow/session.py",
           "present = {field for field in present if not item_of(field)}", "pass",
           "followup/test_item_lookup.py::test_notes_of_the_user_stay_until_items_are_asked_for"),
    Mutant("an item that comes in unseen is never asked about", "followup/item_lookup.py",
           "return bool(request.activity) or request.status.casefold() in FINISHED", "return True",
           "followup/test_item_lookup.py::test_only_news_is_asked_about"),
    Mutant("answers are read as options or contact fields", "domain/named_results.py",
           "_HEADERS: Final = ((ITEM, _ITEM_HEADER), (ANSWER, _ANSWER_HEADER))",
           "_HEADERS: Final = ((ITEM, _ITEM_HEADER),)",
           "domain/test_named_results.py::test_named_results_are_results"),
)  # fmt: skip


def mutated(mutant: Mutant, text: str) -> str:
    """Return a file's text without the safety; the line must be there exactly once."""
    assert text.count(mutant.old) == 1, f"{mutant.what}: {mutant.file} has it {text.count(mutant.old)} times"
    return text.replace(mutant.old, mutant.new)


@contextmanager
def copied() -> Iterator[Path]:
    """Give a copy of the project."""
    with tempfile.TemporaryDirectory(prefix="collect-xl-mutants-") as name:
        for each in COPIED:
            source, target = PROJECT / each, Path(name) / each
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", ".*"))
            else:
                shutil.copy(source, target)
        yield Path(name)


def runs_well(project: Path, *tests: str) -> bool:
    """Return whether tests pass in a copy, slow or not."""
    return not failures(project, *tests)


def failures(project: Path, *tests: str, marks: str = "", workers: int = 0) -> list[str]:
    """Return which tests fail first in a copy; anything but passing and failing is an error of ours.

    Args:
        project: the copy.
        tests: files, folders or tests, below ``tests``.
        marks: which of them; all by default, slow or not.
        workers: how many processes run them; 0 for this one alone.
    """
    parallel = ["-n", str(workers)] if workers else []
    paths = [f"tests/{each}" for each in tests]
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", marks, "-p", "no:cacheprovider", *parallel, *paths]
    done = _pytest(command, project)
    failed = re.findall(r"^(?:FAILED|ERROR) tests/(\S+)", done.stdout, re.MULTILINE)
    assert bool(failed) == (done.returncode not in {0, NOTHING}), done.stdout[-2000:] + done.stderr[-2000:]
    return failed


def _pytest(command: list[str], project: Path) -> subprocess.CompletedProcess[str]:
    ours = ("PYTEST_", "COVERAGE_")  # of the run that this one is a part of
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    environ = {**kept, "PYTHONPATH": str(project), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=1200)


@contextmanager
def without_safety(mutant: Mutant, project: Path) -> Iterator[None]:
    """Take the safety away in a copy; it is whole again afterwards."""
    file = project / "collect_xl" / mutant.file
    text = file.read_text("utf-8")
    try:
        file.write_text(mutated(mutant, text), "utf-8")
        yield
    finally:
        file.write_text(text, "utf-8")


def is_caught(mutant: Mutant, project: Path) -> bool:
    """Return whether the named test goes red without the safety."""
    with without_safety(mutant, project):
        return not runs_well(project, mutant.caught_by)


def everyday_tests(project: Path) -> frozenset[str]:
    """Return the tests that the README's command runs, each file and each test without its case."""
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-m", EVERYDAY, "-p", "no:cacheprovider"]
    lines = [line for line in _pytest(command, project).stdout.splitlines() if line.startswith("tests/")]
    tests = {line.removeprefix("tests/").partition("[")[0] for line in lines}
    return frozenset(tests | {test.partition("::")[0] for test in tests})


def caught_everyday(mutant: Mutant, project: Path, selection: frozenset[str]) -> str:
    """Return which test of every day goes red without the safety; empty where none does.

    The cheap ones are tried first: the named one, then its folder's and the file's; the others only where none is red.
    """
    named = [mutant.caught_by] if mutant.caught_by in selection else []
    folders = sorted({mutant.caught_by.partition("/")[0], mutant.file.partition("/")[0]} - {"proof"})
    near = [folder for folder in folders if (project / "tests" / folder).is_dir()]
    with without_safety(mutant, project):
        for tests, workers in ((named, 0), (near, WORKERS), (["."], WORKERS)):
            if tests and (red := failures(project, *tests, marks=EVERYDAY, workers=workers)):
                return red[0]
    return ""


def main() -> int:
    """Run all mutants, or those whose number is named, and tell of each."""
    parser = argparse.ArgumentParser(description="Take the lines that keep people safe away: which test notices?")
    parser.add_argument("numbers", nargs="*", type=int, help="of the list, from 0; all by default")
    parser.add_argument("--everyday", action="store_true", help="does a test of the everyday selection notice, too?")
    options = parser.parse_args()
    chosen = [MUTANTS[number] for number in options.numbers] or MUTANTS
    survivors = 0
    with copied() as project:
        selection = frozenset()
        if options.everyday:
            selection = everyday_tests(project)
            red = failures(project, ".", marks=EVERYDAY, workers=WORKERS)
            assert not red, f"red before anything is taken away: {red}"
        for mutant in chosen:
            if options.everyday:
                by = caught_everyday(mutant, project, selection)
            else:
                by = mutant.caught_by if is_caught(mutant, project) else ""
            survivors += not by
            print(f"{'caught  ' if by else 'SURVIVED'}  {mutant.what}  ({by or mutant.caught_by})", flush=True)  # noqa: T201
    print(f"{len(chosen) - survivors} of {len(chosen)} caught")  # noqa: T201
    return survivors


if __name__ == "__main__":
    sys.exit(main())
