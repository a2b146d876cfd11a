"""How a command ends when results are not where they were meant to be."""

from __future__ import annotations

import pytest

from collect_xl.cli.exits import code_of_change, code_of_run
from collect_xl.domain.model import Written
from collect_xl.followup.cancel import Changed, ChangeEnd
from collect_xl.sending.report import Report
from collect_xl.workflow.book import Finished


@pytest.mark.parametrize(("is_beside", "code"), [(False, 0), (True, 6)])
def test_results_in_another_file_are_no_success(is_beside, code):
    """Results that went into a file beside the workbook are noticed by whatever reads the exit code alone."""
    report = Report("run1", states={2: "sent"})

    assert code_of_run(Finished(report, (), (), Written("clients.xlsx", 1, is_beside=is_beside))) == code


@pytest.mark.parametrize("written", [Written("clients.xlsx", 1, lost=(4,)), Written("b.xlsx", 1, is_beside=True)])
def test_lost_rows_and_other_files_are_no_success(written):
    """Rows that are gone from the sheet, and results in another file, are 6 after a send and after a change."""
    finished = Finished(Report("run1", states={2: "sent"}), (), (), written)

    assert code_of_run(finished) == 6
    assert code_of_change(Changed([ChangeEnd(2, "r", "done")]), finished) == 6
