"""The buttons, pressed in an Excel of the tests' engine, against a Collect on a socket."""

from __future__ import annotations

import gc
import os
import threading
import webbrowser
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import xlwings as xw

from collect_xl.addin.buttons import BUTTONS
from collect_xl.addin.log import log_file, scrubbed
from collect_xl.addin.progress import STOP_LOOKOUT
from collect_xl.addin.ribbon import main, story_of
from collect_xl.addin.send import sharing_warning
from collect_xl.addin.unfinished import OpenPlace
from collect_xl.config.settings import Settings, set_config
from collect_xl.template import new_workbook
from collect_xl.testing import faults
from collect_xl.workflow.run_lock import hold
from support.books import make_book, person
from support.waiting import until


@pytest.fixture
def make(running, tmp_path):
    """Open a workbook in Excel."""

    def do(rows, name="clients.xlsx", **more):
        return running.open(make_book(tmp_path / name, rows, **more))

    return do


def cells(book, row, column="D"):
    """What stands in a row from a column on: status, message, portal URL, request ID."""
    width = 4
    values = book.sheets["Contacts"].range(f"{column}{row}").resize(1, width).options(ndim=2).value
    return [value or "" for value in values[0]]


def statuses(book, rows):
    """The status of some rows."""
    return [cells(book, row)[0] for row in rows]


def write(book, cell, text):
    """Type into a cell."""
    book.sheets["Contacts"].range(cell).value = text


def test_every_button_has_its_story():
    """What the table names is there."""
    assert [button.id for button in BUTTONS if not callable(story_of(button))] == []


@dataclass(frozen=True)
class Looks(faults.Fault):
    """No fault: lets the test look at the sheet when a call comes."""

    look: Callable[[], object]

    def perform(self, call, world):
        """Look, then do what the call asks."""
        self.look()
        return super().perform(call, world)


class TestSend:
    """Send, and its two shorter sisters."""

    def test_no_sends_nothing(self, excel, make, server):
        """After a no nothing is sent, and no other box appears."""
        book = make(3)

        told = excel.press("send", book, answers=["no"])

        assert (len(told.alerts), server.posts) == (1, [])

    @pytest.mark.parametrize("mac", [False, True], ids=["Windows", "macOS"])
    @pytest.mark.parametrize("key", ["enter", "enter late", "escape", "at once"])
    def test_key_that_was_meant_for_a_cell_sends_nothing(self, excel, make, running, server, key, mac):
        """The Enter that ends a cell, Escape, and a yes before the question can have been read are all a no."""
        running.quirks.mac = mac

        told = excel.press("send", make(3), answers=[key])

        assert (len(told.asked), server.posts) == (1, [])
        assert (len(told.said) == 2) == (key == "at once")

    def test_letter_that_was_meant_for_a_cell_sends_nothing(self, excel, make, server):
        """The first letter of Yes, typed into the box, is no answer: the box waits on."""
        excel.press("send", make(3), answers=["y", "no"])

        assert server.posts == []

    @pytest.mark.parametrize("mac", [False, True], ids=["Windows", "macOS"])
    def test_question_waits_over_lunch(self, excel, make, running, server, mac):
        """A question that is answered after ten minutes is shown once, and its answer counts."""
        running.quirks.mac = mac

        told = excel.press("send", make(3), answers=["lunch"])

        assert (len(told.asked), len(server.accepted)) == (1, 3)

    def test_question_whose_window_is_gone_is_asked_nevertheless(self, excel, make, running):
        """Excel's window was closed since the button was pressed: the box stands on its own."""
        running.hwnd = 0

        assert len(excel.press("send", make(3), answers=["no"]).asked) == 1

    @pytest.mark.slow
    def test_rows_fill_in_and_excel_is_as_before(self, excel, make, server):
        """Everybody is asked once, the rows are filled, the status bar is Excel's own again."""
        book = make(3)

        told = excel.press("send", book, answers=["yes"])

        assert statuses(book, (2, 3, 4)) == ["pending"] * 3
        assert told.settings == {"screen_updating": True, "calculation": "automatic", "status_bar": False}
        assert excel.press("send", book).said == ["Nothing to send.\n\nLeft out: 3 already sent."]
        assert len(server.accepted) == 3

    def test_rows_fill_in_while_the_run_is_on(self, excel, make, server):
        """When the second batch leaves, the first fifty rows are filled already."""
        book, seen = make(60), []
        server.on(Looks(lambda: seen.append(statuses(book, range(2, 62)).count("pending"))), nth=2)

        excel.press("send", book, answers=["yes"])

        assert seen == [50]

    def test_row_that_is_deleted_meanwhile_is_reported(self, excel, make, server):
        """A row that is deleted while its batch is on its way is named, and the others get their results."""
        book = make(3)
        server.on(Looks(lambda: book.sheets["Contacts"].impl.page.delete_rows(3)), nth=1)

        told = excel.press("send", book, answers=["yes"])

        assert "1 row is gone from the sheet (row 3 before)" in told.said[-1]
        assert statuses(book, (2, 3)) == ["pending", "pending"]

    def test_first_row_only(self, excel, make, server):
        """One row is sent, the others are left for later, and say nothing."""
        book = make(3)

        told = excel.press("send-first", book, answers=["yes"])

        assert "2 left for later" in told.asked[0]
        assert ([each.email for each in server.accepted], statuses(book, (2, 3, 4))) == (
            ["p2@example.com"],
            ["pending", "", ""],
        )

    @pytest.mark.slow
    def test_new_round_needs_a_second_yes(self, excel, make, server):
        """People who were asked before are asked again only when the new round is confirmed on its own."""
        book = make(2, options={"Round": "q3"})
        excel.press("send", book, answers=["yes"])
        book.sheets["Options"].range("B3").value = "Q4"

        told = excel.press("send", book, answers=["yes", "no"])

        assert 'The round "Q4" is new' in told.asked[1]
        assert '2 of these people were asked already, in round "q3"' in told.asked[1]
        assert len(server.accepted) == 2
        excel.press("send", book, answers=["yes", "yes"])
        assert len(server.accepted) == 4

    @pytest.mark.slow
    def test_another_campaign_behind_the_same_name_needs_a_second_yes(self, excel, make, server):
        """People are asked in another campaign of the same name only when that campaign is confirmed on its own."""
        book = make(2)
        excel.press("send", book, answers=["yes"])
        server.account.campaigns[server.campaign]["name"] = "Yearly documents 2025"
        other = server.account.add_campaign("Yearly documents")

        told = excel.press("send", book, answers=["yes", "no"])

        assert f'"Yearly documents" now means another campaign: {other}' in told.asked[1]
        assert "2 people were asked in campaign" in told.asked[1]
        assert len(server.accepted) == 2
        excel.press("send", book, answers=["yes", "yes"])
        assert len(server.accepted) == 4

    def test_second_click_says_that_a_run_is_on(self, excel, make, server, tmp_path):
        """While a run is on, another press sends nothing and says whose run it is."""
        book = make(2)

        with hold(tmp_path / "books", Path(book.fullname), "ann on PC-7 (run 1)"):
            told = excel.press("send", book)

        assert (told.code, server.posts) == (1, [])
        assert told.said[0].startswith("A run is still on. clients.xlsx is being worked on by ann on PC-7 (run 1).")
        assert "press Stop in the Collect tab" in told.said[0]

    @pytest.mark.slow
    def test_stop_in_the_ribbon_ends_the_run(self, excel, make, server):
        """Stop, pressed while the first batch is on its way, lets no other begin; it needs no window."""
        book, seen = make(120), []

        def stop():
            seen.append(main(["stop", f"--wb={book.name}"]))
            # the thread that looks for it ends once it has seen it
            until(lambda: STOP_LOOKOUT not in {thread.name for thread in threading.enumerate()})

        server.on(Looks(stop), nth=1)

        told = excel.press("send", book, answers=["yes"])

        assert (seen, len(server.posts), len(server.accepted)) == ([0], 1, 50)
        assert "70 not reached" in told.said[-1]
        assert excel.press("stop", book).said == ["No run is on in this workbook: there is nothing to stop."]
        excel.press("send", book, answers=["yes"])
        assert len(server.accepted) == 120

    def test_sheet_that_cannot_be_written_is_not_sent(self, excel, make, server):
        """Whose results could not be written back is not asked."""
        book = make(2)
        book.sheets["Contacts"].impl.page.protection.sheet = True

        told = excel.press("send", book)

        assert (told.code, server.posts) == (1, [])
        assert "protected" in told.said[0]

    def test_refused_key_of_the_environment_is_said(self, excel, make, monkeypatch):
        """A key that the environment names cannot be replaced by a window: the alert says where it comes from."""
        monkeypatch.setenv("COLLECT_API_KEY", "old-key")

        told = excel.press("send", make(2))

        assert "COLLECT_API_KEY" in told.said[0]
        assert "Correct it there." in told.said[0]
        assert "old-key" not in told.said[0]

    def test_no_key_and_no_window(self, excel, make, server, monkeypatch):
        """Where there is neither key nor window, one alert says what to do."""
        monkeypatch.delenv("COLLECT_API_KEY")

        told = excel.press("send", make(2))

        assert (told.code, server.posts) == (1, [])
        assert "no API key" in told.said[0]
        assert "python -m collect_xl key set" in told.said[0]

    def test_shared_workbook_with_an_own_journal_is_warned_of(self, excel, make, running):
        """In a workbook on OneDrive two people may press Send at once: the question says so, and names the remedy."""
        book = make(2)
        running.quirks.cloud = True

        told = excel.press("send", book, answers=["no"])

        assert "This workbook is shared with others" in told.asked[0]
        assert "Let one person send, or use a shared send history" in told.asked[0]

    def test_own_workbook_is_not_warned_of(self, excel, make):
        """A workbook in a folder of this computer alone needs no warning."""
        assert "shared" not in excel.press("send", make(2), answers=["no"]).asked[0]

    def test_shared_journal_needs_no_warning(self):
        """With one journal in a database there is no warning: it keeps people from being asked twice."""
        shared = Settings(journal="postgresql://db.example/collect")

        assert sharing_warning("https://acme.sharepoint.com/clients.xlsx", shared) == ""
        assert sharing_warning("https://acme.sharepoint.com/clients.xlsx", Settings()) != ""

    def test_synced_folder_is_shared(self, tmp_path):
        """A workbook in a folder that a service copies to others is warned of by its path alone."""
        assert sharing_warning(str(tmp_path / "OneDrive - ACME" / "clients.xlsx"), Settings()) != ""

    @pytest.mark.slow
    def test_unreachable_collect_is_one_alert(self, excel, make, monkeypatch):
        """Without a network the alert says what happened and what to do, and nothing is sent."""
        monkeypatch.setenv("COLLECT_API_URL", "http://127.0.0.1:9/v1")

        told = excel.press("send", make(2))

        assert (told.code, len(told.alerts)) == (1, 1)
        assert "Traceback" not in told.said[0]

    @pytest.mark.slow
    def test_rows_that_were_edited_wait_for_a_yes(self, excel, make, server):
        """A sent row whose address was changed is asked about when it is selected, and sent only then."""
        book = make(2)
        excel.press("send", book, answers=["yes"])
        write(book, "A2", "other@example.com")

        assert "1 held back" in excel.press("send", book).said[0]
        told = excel.press("send-selected", book, "--selection=Contacts!A2:C2", answers=["no"])
        assert "was changed after it was sent" in told.asked[0] or "were changed after they were sent" in told.asked[0]
        assert len(server.accepted) == 2
        excel.press("send-selected", book, "--selection=Contacts!A2:C2", answers=["yes", "yes"])
        assert [each.email for each in server.accepted][2:] == ["other@example.com"]

    def test_people_whom_others_asked_wait_for_a_yes(self, excel, make, server):
        """A person asked by a colleague is left out; selected ones are sent only after a yes."""
        book = make(2)
        body = {"campaignId": server.campaign, "contacts": [{"email": "p2@example.com"}]}
        server.account.send(body)

        told = excel.press("send-selected", book, "--selection=Contacts!2:2", answers=["no"])

        assert "asked already" in told.asked[0]
        before = len(server.posts)
        excel.press("send-selected", book, "--selection=Contacts!2:2", answers=["yes", "yes"])
        assert len(server.posts) == before + 1


class TestSelection:
    """Only what is selected is sent."""

    def test_selected_rows(self, excel, make, server):
        """Rows of several areas are sent, others are not."""
        book = make(5)

        excel.press("send-selected", book, "--selection=Contacts!A3:B4,A6", answers=["yes"])

        assert [each.email for each in server.accepted] == [person(row)[0] for row in (3, 4, 6)]

    def test_selection_of_excel_where_vba_said_none(self, excel, make, server):
        """Without VBA's word Excel is asked what is selected."""
        book = make(3)
        book.sheets["Contacts"].range("B3").select()

        excel.press("send-selected", book, answers=["yes"])

        assert [each.email for each in server.accepted] == ["p3@example.com"]

    @pytest.mark.parametrize("chosen", ["Options!A2", "Contacts!A1:C1", "Contacts!A50:A60", ""])
    def test_nothing_that_fits_is_selected(self, excel, make, server, chosen):
        """Another sheet, the header, cells below the contacts, or nothing: no request is sent."""
        told = excel.press("send-selected", make(3), f"--selection={chosen}")

        assert (told.code, server.posts) == (1, [])
        assert "elect" in told.said[0]


class TestCheck:
    """Check writes what is wrong, and nothing else."""

    def test_errors_stand_beside_their_rows(self, excel, make, server):
        """Each faulty row says what is wrong, the first wrong cell is selected, and nothing is sent."""
        book = make([person(2), ("ann.example.com", "Ann", "A"), person(2)])

        told = excel.press("check", book)

        assert cells(book, 2) == ["", "", "", ""]
        assert (cells(book, 3)[0], cells(book, 4)[0]) == ("invalid", "duplicate")
        assert cells(book, 3)[1].startswith('Email cannot be "ann.example.com". ')
        assert excel.selected == "Contacts!A3"
        assert "1 person ready to be asked." in told.said[0]
        assert "Contacts!A3, which is selected" in told.said[0]
        assert server.posts == []

    def test_mended_rows_lose_their_errors(self, excel, make):
        """Once a row is right, its error goes."""
        book = make([person(2), ("ann.example.com", "Ann", "A")])
        excel.press("check", book)
        write(book, "A3", "ann@example.com")

        told = excel.press("check", book)

        assert cells(book, 3) == ["", "", "", ""]
        assert [words.partition("\n\n")[0] for words in told.said] == ["2 people ready to be asked."]

    def test_sent_rows_are_not_touched(self, excel, make):
        """A row that was sent keeps its results, whatever is wrong in it now."""
        book = make(2)
        excel.press("send", book, answers=["yes"])
        before = cells(book, 2)
        write(book, "A2", "broken")

        excel.press("check", book)

        assert cells(book, 2) == before

    @pytest.mark.slow
    def test_check_without_a_network_goes_as_far_as_it_can(self, excel, make, monkeypatch):
        """What is wrong in the sheet is found without Collect, and the alert says what could not be asked."""
        monkeypatch.setenv("COLLECT_API_URL", "http://127.0.0.1:9/v1")
        book = make([("ann.example.com", "Ann", "A")])

        told = excel.press("check", book)

        assert cells(book, 2)[0] == "invalid"
        assert "goes as far as it can" in told.said[0]

    def test_wrong_option_is_selected(self, excel, make):
        """What is wrong on the options sheet comes first, since nothing can be sent before it is right."""
        told = excel.press("check", make(1, options={"Due date": "whenever"}))

        assert excel.selected == "Options!B3"
        assert "Fix the Options sheet first: until then, nothing can be sent." in told.said[0]


class TestFollowing:
    """What was sent is looked after."""

    def test_refresh_writes_statuses(self, excel, make, server):
        """Collect's statuses come back into the sheet."""
        book = make(2)
        excel.press("send", book, answers=["yes"])
        server.account.requests[server.accepted[0].request_id]["status"] = "completed"

        told = excel.press("refresh", book)

        assert statuses(book, (2, 3)) == ["completed", "pending"]
        assert told.said[0].startswith("2 requests checked: 1 with another status.")

    @pytest.mark.slow
    def test_unknown_rows_are_looked_up(self, excel, make, server):
        """A lost answer is found again, and no person is asked twice."""
        book = make(2)
        server.on(faults.DropAfterCreating(), nth=1)
        told = excel.press("send", book, answers=["yes"])
        assert "press Look up unknown rows" in told.said[1]

        assert excel.press("look-up", book).said == ["2 were sent, 0 were not sent, 0 still unknown."]
        assert statuses(book, (2, 3)) == ["pending", "pending"]
        assert excel.press("look-up", book).said == ["No row is unknown."]
        assert len(server.accepted) == 2

    def test_unfinished_rows_are_listed(self, excel, make, server):
        """Who has not completed is listed, and the first such row is selected; finished rows and duplicates are not."""
        book = make([person(2), person(3), ("bad", "", ""), person(3)])
        excel.press("send", book, answers=["yes"])
        server.account.requests[server.accepted[0].request_id]["status"] = "completed"
        excel.press("refresh", book)

        told = excel.press("unfinished", book)

        assert told.said[0].split("\n")[2:] == ["Row 3: p3@example.com, pending", "Row 4: bad, invalid"]
        assert excel.selected == "Contacts!A3"

    @pytest.mark.slow
    @pytest.mark.parametrize("button", ["unfinished", "settings"])
    def test_excel_can_be_quit_while_a_window_is_open(self, excel, make, monkeypatch, button):
        """While a list or the settings are shown, nothing of Excel is held: it would go on without a window."""
        book = make(2)
        kept = {id(each) for each in held()}
        seen = []
        monkeypatch.setattr("collect_xl.addin.ribbon.open_window", lambda _: object())
        show = f"collect_xl.addin.{MODULES[button]}.show_{MODULES[button].removesuffix('_dialog')}"
        show = show.replace("show_unfinished", "show_list")
        monkeypatch.setattr(show, lambda *_: seen.append([each for each in held() if id(each) not in kept]))

        assert excel.press(button, book).code == 0

        assert seen == [[]]

    def test_chosen_row_is_gone_to_in_whatever_is_open_then(self, make, running):
        """The list finds its workbook again; one that was closed is gone, and a row that is filtered out is said so."""
        book = make(3)
        place = OpenPlace(book.name, None, {3: "Contacts!A3"})
        book.sheets["Contacts"].impl.page.row_dimensions[3].hidden = True

        assert place.go(3) == "Row 3 is hidden, by hand or by a filter: show it in Excel to see it."
        book.sheets["Contacts"].impl.page.row_dimensions[3].hidden = False
        assert (place.go(3), place.is_gone()) == ("", False)
        assert running.selection.address == "$A$3"
        running.quirks.busy = 1
        assert not place.is_gone()
        book.close()
        assert place.is_gone()
        assert "No workbook called clients.xlsx is open." in place.go(3)

    def test_duplicate_is_not_unfinished(self, excel, make):
        """The other row of the same person tells of her, whether or not the sheet calls this one a duplicate yet."""
        book = make([person(2), person(2)])
        excel.press("check", book)
        book.sheets["Contacts"].range("D2:G3").value = None

        assert "1 not completed" in excel.press("unfinished", book).said[0]

    def test_portal_of_the_selected_row_opens(self, excel, make, monkeypatch):
        """The browser gets the portal of the selected row alone."""
        opened = []
        monkeypatch.setattr(webbrowser, "open", opened.append)
        book = make(2)
        excel.press("send", book, answers=["yes"])

        excel.press("open-portal", book, "--selection=Contacts!B3")

        assert opened == [cells(book, 3)[2]]
        assert excel.press("open-portal", book, "--selection=Contacts!B2:B3").said[0].startswith("2 rows are selected.")

    def test_foreign_link_is_not_opened(self, excel, make, monkeypatch):
        """A link in the sheet that does not lead to Collect is not opened."""
        opened = []
        monkeypatch.setattr(webbrowser, "open", opened.append)
        headers = ("Email", "Collect portal URL")
        book = make([("a@example.com", "https://usecollect.com.evil.example/x")], headers=headers)

        told = excel.press("open-portal", book, "--selection=Contacts!A2")

        assert opened == []
        assert "does not lead to Collect" in told.said[0]


class TestTrial:
    """A test goes to the sender alone."""

    @pytest.fixture(autouse=True)
    def _me(self, server):
        """A member of the team who has said who she is."""
        self.me = server.account.users[0]["email"]
        set_config("me", self.me)

    def test_test_goes_to_me_and_to_nobody_else(self, excel, make, server):
        """One request goes to the user's own address; no row is sent or changed, and all can be sent after."""
        book = make(2, options={"Round": "Q4"})

        told = excel.press("test-to-me", book, answers=["yes", "no"])

        assert f"send the request of row 2 to {self.me} instead" in told.asked[0]
        assert [each.email for each in server.accepted] == [self.me]
        assert book.sheets["Contacts"].range("D1").value is None
        excel.press("send", book, answers=["yes"])
        assert len(server.accepted) == 3

    def test_portal_of_the_test_opens(self, excel, make, monkeypatch):
        """The user may look at the portal at once."""
        opened = []
        monkeypatch.setattr(webbrowser, "open", opened.append)

        excel.press("test-to-me", make(1), answers=["yes", "yes"])

        assert [url.startswith("https://app.usecollect.com/portal/") for url in opened] == [True]

    def test_stranger_gets_no_test(self, excel, make, server):
        """A mistyped address gets no mail: only members of the team get tests."""
        set_config("me", "mee@example.com")

        told = excel.press("test-to-me", make(1))

        assert "not the address of a member" in told.said[0]
        assert server.posts == []

    def test_no_sends_no_test(self, excel, make, server):
        """No is no."""
        excel.press("test-to-me", make(1), answers=["no"])

        assert server.posts == []

    def test_unknown_address_without_a_window(self, excel, make):
        """Where no window can ask for the user's address, the alert says how to tell it."""
        set_config("me", "")

        assert "config set me" in excel.press("test-to-me", make(1)).said[0]


class TestPick:
    """The drop-downs of a template are filled."""

    def test_lists_are_filled(self, excel, running, server, tmp_path):
        """Campaigns, members and, once a campaign is chosen, its items stand on the hidden sheet, as texts."""
        server.account.add_campaign("=1+1")
        book = running.open(new_workbook(tmp_path / "clients.xlsx", "en"))

        told = excel.press("pick", book)

        listed = [row[0] for row in book.sheets["Collect lists"].range("A2:A20").options(ndim=2).value]
        assert {"Yearly documents", "=1+1"} <= set(listed)
        assert "Choose a campaign and press Pick again" in told.said[0]
        assert server.posts == []

    def test_plain_workbook_has_no_lists(self, excel, make):
        """A workbook without drop-downs is left alone, and the alert says which one has some."""
        told = excel.press("pick", make(1))

        assert "no drop-downs that could be filled" in told.said[0]
        assert "collect-xl new" in told.said[0]


class TestErrors:
    """Whatever goes wrong becomes one alert."""

    def test_unforeseen_error_names_the_log(self, excel, make, running):
        """A mistake of ours is one alert with the next step; the traceback is in the log, without secrets."""
        book = make(2)
        words = f"{os.environ['COLLECT_API_KEY']} ann@example.com https://app.usecollect.com/portal/x/y"
        running.meter.meanwhile["used_range"] = lambda: raise_(ZeroDivisionError(words))

        told = excel.press("send", book)

        assert (told.code, len(told.alerts)) == (1, 1)
        assert str(log_file()) in told.said[0]
        assert "Traceback" not in told.said[0]
        log = log_file().read_text("utf-8")
        assert "ZeroDivisionError" in log
        assert "Traceback" in log
        assert [word for word in words.split() if word in log] == []
        assert told.settings["status_bar"] is False

    def test_log_is_the_users_alone(self, excel, make):
        """Others cannot read the log."""
        excel.press("send-selected", make(1), "--selection=Options!A1")

        assert log_file().stat().st_mode & 0o077 == 0

    def test_scrubbed_text_keeps_its_sense(self):
        """Only what is confidential is replaced."""
        text = "POST by Basic c2VjcmV0OnNlY3JldA== for ann@example.com failed at row 7"

        assert scrubbed(text) == "POST by Basic <key> for <address> failed at row 7"

    def test_workbook_that_is_not_open(self, excel, make):
        """Another workbook is never taken in its place."""
        make(1)
        told = excel.press("send", _Named("other.xlsx"))

        assert "No workbook called other.xlsx is open." in told.said[0]

    @pytest.mark.slow
    def test_excel_that_is_busy_at_the_end_gets_its_status_bar_back(self, excel, make, running):
        """The user types into a cell when the run ends: the status bar is given back once Excel listens again."""
        on_reading(running, "status_bar", nth=1, then=lambda: setattr(running.quirks, "busy", 3))

        told = excel.press("send", make(1), answers=["yes"])

        assert (told.code, told.settings["status_bar"]) == (0, False)

    def test_box_waits_for_an_excel_that_is_busy(self, excel, make, running, server):
        """A box that Excel for Mac cannot show yet is shown once it listens; it is neither lost nor shown twice."""
        running.quirks.mac = True
        on_reading(running, "activate", nth=1, then=lambda: setattr(running.quirks, "busy", 2))

        told = excel.press("send", make(1), answers=["yes"])

        assert (len(told.asked), len(server.accepted)) == (1, 1)

    def test_box_that_excel_never_shows_does_not_undo_the_run(self, excel, make, running, server):
        """Where Excel shows no box in the end, the run has ended well nevertheless."""
        on_reading(running, "alert", nth=2, then=lambda: raise_(ValueError("no box")))

        told = excel.press("send", make(1), answers=["yes"])

        assert (told.code, len(server.accepted)) == (0, 1)

    def test_status_bar_that_cannot_be_written_stops_nothing(self, excel, make, running, server):
        """What is said in passing is no reason to end a run."""
        on_reading(running, "status_bar=", nth=4, then=lambda: setattr(running.quirks, "busy", 1))

        told = excel.press("send", make(1), answers=["yes"])

        assert (told.code, len(server.accepted)) == (0, 1)

    @pytest.mark.parametrize("said", ["Collect is starting ...", "FALSE", "Ready"])
    @pytest.mark.parametrize("name", ["clients.xlsx", "closed.xlsx"])
    def test_status_bar_is_excels_own_in_the_end(self, excel, make, running, name, said):
        """Neither VBA's words about starting nor Excel's own, given as a text, stay in the status bar."""
        book = make(1)
        running.settings["status_bar"] = said
        told = excel.press("check", book if name == book.name else _Named(name))

        assert (told.code, told.settings["status_bar"]) == (int(name != book.name), False)


MODULES = {"unfinished": "unfinished", "settings": "settings_dialog"}


def held():
    """What is held of Excel, by whichever part of the program."""
    gc.collect()
    return [each for each in gc.get_objects() if isinstance(each, xw.App | xw.Book | xw.Sheet | xw.Range)]


def on_reading(running, call, *, nth, then):
    """Do something right before the nth call of a name into Excel."""
    seen = []

    def count():
        seen.append(call)
        if len(seen) == nth:
            then()
        else:
            running.meter.meanwhile[call] = count

    running.meter.meanwhile[call] = count


def raise_(error):
    """Raise, where only an expression may stand."""
    raise error


class _Named:
    """Something with a name."""

    def __init__(self, name):
        self.name = name
