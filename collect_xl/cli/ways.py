"""The ways that ``collect-xl send`` goes: one row to oneself, one workbook, or several, here or on a cluster."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from collect_xl.cli.books import Books, one_by_one
from collect_xl.cli.screen import Screen
from collect_xl.cli.send_one import Approval, run_send, show_only
from collect_xl.planning.eligibility import Choices
from collect_xl.planning.limits import Caps
from collect_xl.workflow.open import Paths

if TYPE_CHECKING:
    from collect_xl.cli.receipt import WantedReceipt

__all__ = ["Wish", "go"]


@dataclass(frozen=True, slots=True)
class Wish:
    """All that the words of the command said."""

    books: Books
    paths: Paths
    """What holds for each of the workbooks; ``of`` names the one."""
    choices: Choices
    approval: Approval
    screen: Screen
    caps: Caps
    settle: bool
    refresh: bool
    dry_run: bool
    test_to: str | None
    scheduler: str | None
    receipt: WantedReceipt | None

    def of(self, book: Path) -> Paths:
        """Return the paths of one of the workbooks."""
        return replace(self.paths, book=book)


def go(wish: Wish) -> int:
    """Go the way that was said, and return the exit code.

    Raises:
        typer.BadParameter: two words do not go together.
    """
    if wish.test_to is not None:
        return _to_oneself(wish, wish.test_to)
    if wish.scheduler is not None and wish.paths.live:
        raise typer.BadParameter("--scheduler goes with saved workbooks, not with --live.")
    if wish.books.only and wish.scheduler is None:
        return _one(wish, wish.books.only)
    _refuse_words_of_one_book(wish)
    return _one_after_another(wish) if wish.dry_run else _several(wish)


def _to_oneself(wish: Wish, me: str) -> int:
    from collect_xl.cli.cancel import Asking  # noqa: PLC0415
    from collect_xl.cli.trial import run_test_to  # noqa: PLC0415

    book, approval, choices = wish.books.only, wish.approval, wish.choices
    limits = (approval.at_most is not None, approval.plan, approval.new_rounds, choices.first, choices.only_to)
    steps = (wish.settle, wish.refresh, wish.dry_run, wish.paths.output, wish.receipt, wish.scheduler)
    if book is None or any((*limits, *steps)):
        raise typer.BadParameter("--test-to sends one row's request to you: with it go --rows N, --yes and --json.")
    asking = Asking(approval.yes, approval.terminal)
    return run_test_to(wish.of(book), me, choices.rows, asking, wish.screen, wish.caps)


def _one(wish: Wish, book: Path) -> int:
    return run_send(
        wish.of(book),
        wish.choices,
        wish.approval,
        wish.screen,
        settle=wish.settle,
        refresh=wish.refresh,
        dry_run=wish.dry_run,
        caps=wish.caps,
        receipt=wish.receipt,
    )


def _refuse_words_of_one_book(wish: Wish) -> None:
    words = (wish.paths.output, wish.approval.plan, wish.choices.rows, wish.choices.first, wish.receipt)
    if any(word is not None for word in words):
        told = "--output, --plan, --rows, --first and --receipt go with one workbook; --most with several."
        raise typer.BadParameter(told)


def _one_after_another(wish: Wish) -> int:
    def show(book: Path) -> int:
        return show_only(wish.of(book), wish.choices, wish.screen, wish.caps)

    return one_by_one(wish.books, show, wish.screen)


def _several(wish: Wish) -> int:
    from collect_xl.cli.send_many import on_cluster, run_many  # noqa: PLC0415
    from collect_xl.workflow.many_workbooks import Here  # noqa: PLC0415
    from collect_xl.workflow.workbook_job import Job  # noqa: PLC0415

    like = Job(wish.paths, wish.choices, wish.caps, wish.settle, wish.refresh, rows=wish.screen.as_json)
    jobs = [replace(like, paths=wish.of(book)) for book in wish.books.paths]
    if wish.scheduler is not None:
        return on_cluster(wish.books, jobs, wish.approval, wish.screen, wish.scheduler)
    return run_many(wish.books, jobs, wish.approval, wish.screen, Here())
