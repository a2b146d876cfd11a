"""``collect-xl takeover``: take over what was sent from another computer, as Collect confirms it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from collect_xl.cli.answers import Answers
from collect_xl.cli.exits import ATTENTION, code_of_run, surest
from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.json_lines import JsonLines
from collect_xl.cli.remedies import command_of, commands
from collect_xl.cli.run_end import facts_of
from collect_xl.cli.screen import MOST_PROBLEMS, Screen, first_of
from collect_xl.domain.amounts import amount
from collect_xl.domain.identity import round_key, round_words
from collect_xl.domain.model import Claim
from collect_xl.domain.ports import Adopted
from collect_xl.followup.takeover import Adoption, Left
from collect_xl.remedies import Remedy
from collect_xl.workflow import stories
from collect_xl.workflow.dialogue import TakeOverEnd
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened


def run_takeover(paths: Paths, round_: str, rows: frozenset[int] | None, answers: Answers, screen: Screen) -> int:
    """Look up what this journal does not know, show it, ask, and remember it."""
    CURRENT.work_on(paths)
    with opened(paths, WRITE) as session:
        default_round = session.book.defaults.round

        def approve(adoption: Adoption) -> bool:
            _show(adoption, default_round, screen)
            count = len(adoption.rows)
            # With nothing to remember there is nothing to ask.
            if not count:
                return True
            return answers.confirm(
                f"Remember {amount(count, 'row')} here as sent in {round_words(round_)}? [y/N]",
                screen,
                unanswered="No one can answer the question here. Nothing was taken over.",
                tip="Look at the rows, then add --yes.",
            )

        end = stories.take_over(session, collect_of(session), round_, rows, approve)
    if end is None:
        return screen.declined("Nothing was taken over.")
    screen.undelivered(end.finished.undelivered)
    screen.written(end.finished)
    _summary(end.adoption, end.held, screen)
    codes = {code_of_run(end.finished)}
    if end.adoption.left or end.held:
        codes.add(ATTENTION)
    code = surest(codes - {0}, something_sent=True)
    _as_json(end, code, screen.lines)
    return code


def run_take_back(paths: Paths, rows: frozenset[int] | None, answers: Answers, screen: Screen) -> int:
    """Undo a take-over: its rows are another computer's again."""

    def approve(taken: Mapping[int, Claim]) -> bool:
        for row, claim in list(taken.items())[:MOST_PROBLEMS]:
            screen.say(f"  row {row}: request {claim.request_id or 'unknown'}, {round_words(claim.scope.round)}")
        return answers.confirm(
            f"Forget here that these {len(taken)} rows were taken over? [y/N]",
            screen,
            unanswered="No one can answer the question here. Nothing was taken back.",
            tip="Look at the rows, then add --yes.",
        )

    CURRENT.work_on(paths)
    with opened(paths, WRITE) as session:
        taken, finished = stories.take_back(session, rows, approve)
    if not taken:
        screen.say("None of these rows was taken over: there is nothing to take back.")
        screen.lines.summary(0, {"given_back": 0})
        return 0
    if finished is None:
        return screen.declined("Nothing was taken back.")
    screen.say(f"{len(taken)} rows are another computer's again. {commands((Remedy.TAKE_OVER,))}")
    screen.written(finished)
    code = code_of_run(finished)
    screen.lines.rows(each for each in finished.rows if each.row in taken)
    screen.lines.summary(code, {"given_back": len(taken)}, facts_of(finished))
    return code


def _show(adoption: Adoption, round_: str, screen: Screen) -> None:
    """Show what would be taken over, and what would not."""
    screen.say_each(first_of(list(map(_line, adoption.rows))))
    left = [f"  row {each.row} is left as it is: {each.words}" for each in adoption.left]
    screen.warn_each(first_of(left, rest="  ... and {} more are left as they are."))
    if adoption.rows and round_key(round_) != round_key(adoption.round):
        screen.warn(
            f'The options sheet says round "{round_}" now. Who is taken over counts as asked in round '
            f'"{adoption.round}" alone.'
        )


def _line(adopted: Adopted) -> str:
    people = ", ".join(key.partition(":")[2] for key in adopted.keys)
    row = f"  row {adopted.row}: {people}"
    request = adopted.request
    if request is None:
        return f"{row}, no request at Collect: taken over as unknown, to look up"
    made = f", made {request.created:%Y-%m-%d}" if request.created else ""
    by = f" ({adopted.by})" if adopted.by else ""
    return f"{row}, request {request.id}, {request.status or 'pending'}{made}{by}"


def _taken_over(adoption: Adoption, held: Iterable[Left]) -> tuple[list[Adopted], int]:
    """Return the rows that are known here now, and how many of them are unknown."""
    # Between the question and the claim another run may have taken a person: those are held.
    held_rows = {each.row for each in held}
    taken = [each for each in adoption.rows if each.row not in held_rows]
    unknown = [each for each in taken if each.request is None]
    return taken, len(unknown)


def _summary(adoption: Adoption, held: Sequence[Left], screen: Screen) -> None:
    """Say how many rows were taken over, and what is left to do."""
    if not adoption.rows and not adoption.left:
        screen.say("No row was sent from another computer: there is nothing to take over.")
        return
    screen.warn_each(f"  row {each.row}: {each.words}" for each in held)
    taken, unknown = _taken_over(adoption, held)
    left = len(adoption.left) + len(held)
    parts = [f"{len(taken)} taken over"]
    if unknown:
        parts.append(f"{unknown} of them unknown")
    if left:
        parts.append(f"{left} left")
    screen.say(", ".join(parts) + ".")
    if unknown:
        screen.warn(f"To learn what became of those that are unknown: {command_of(Remedy.LOOK_UP)}")


def _as_json(end: TakeOverEnd, code: int, lines: JsonLines) -> None:
    """Print for programs one object for each row of another computer, and a summary."""
    rows = {row.row: row for row in end.rows}
    left = {each.row: each.words for each in (*end.adoption.left, *end.held)}
    taken, unknown = _taken_over(end.adoption, (*end.adoption.left, *end.held))
    for adopted in taken:
        request_id = adopted.request.id if adopted.request else ""
        row = replace(rows[adopted.row], request_id=request_id)
        lines.row(row, outcome="taken_over" if request_id else "unknown")
    for number, words in sorted(left.items()):
        lines.row(replace(rows[number], message=words), outcome="left")
    counts = {"taken_over": len(taken) - unknown, "left": len(left), "unknown": unknown}
    lines.summary(code, counts, facts_of(end.finished))
