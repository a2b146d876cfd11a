"""``collect-xl adopt``: take over what was sent from another computer, as Collect confirms it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from collect_xl.cli.answers import Answers
from collect_xl.cli.exits import ATTENTION, code_of_run, surest
from collect_xl.cli.screen import MOST_PROBLEMS, Screen
from collect_xl.domain.identity import round_key, round_words
from collect_xl.domain.ports import Adopted
from collect_xl.followup.takeover import Adoption, Left
from collect_xl.workflow import stories
from collect_xl.workflow.open import WRITE, Paths, collect_of, opened


def run_adopt(paths: Paths, round_: str, rows: frozenset[int] | None, answers: Answers, screen: Screen) -> int:
    """Look up what this journal does not know, show it, ask, and remember it."""
    with opened(paths, WRITE) as session:
        default_round = session.book.defaults.round

        def approve(adoption: Adoption) -> bool:
            _show(adoption, default_round, screen)
            count = len(adoption.rows)
            return not count or answers.confirm(
                f"Remember {count} row{'' if count == 1 else 's'} here as sent in {round_words(round_)}? [y/N]",
                screen,
                nobody="Nobody is there to be asked. Nothing was taken over.",
                tip="Look at the rows, then add --yes.",
            )

        end = stories.take_over(session, collect_of(session), round_, rows, approve)
    if end is None:
        return screen.declined("Nothing was taken over.")
    screen.undelivered(end.finished.undelivered)
    screen.written(end.finished)
    _tell(end.adoption, end.held, screen)
    codes = {code_of_run(end.finished)}
    if end.adoption.left or end.held:
        codes.add(ATTENTION)
    code = surest(codes - {0}, something_sent=True)
    if screen.as_json:
        _as_json(end.adoption, end.held, end.finished.report.run, code)
    return code


def _show(adoption: Adoption, round_: str, screen: Screen) -> None:
    _list([_line(each) for each in adoption.rows], screen)
    for each in adoption.left[:MOST_PROBLEMS]:
        screen.warn(f"  row {each.row} is left as it is: {each.words}")
    if len(adoption.left) > MOST_PROBLEMS:
        screen.warn(f"  ... and {len(adoption.left) - MOST_PROBLEMS} more are left as they are.")
    if adoption.rows and round_key(round_) != round_key(adoption.round):
        screen.warn(
            f'The options sheet says round "{round_}" now. Who is taken over counts as asked in round '
            f'"{adoption.round}" alone.'
        )


def _list(lines: Sequence[str], screen: Screen) -> None:
    for line in lines[:MOST_PROBLEMS]:
        screen.say(line)
    if len(lines) > MOST_PROBLEMS:
        screen.say(f"  ... and {len(lines) - MOST_PROBLEMS} more.")


def _line(each: Adopted) -> str:
    whom = ", ".join(key.partition(":")[2] for key in each.keys)
    request = each.request
    if request is None:
        return f"  row {each.row}: {whom}, for whom Collect shows no request: taken over as unknown, to be settled"
    made = f", made {request.created:%Y-%m-%d}" if request.created else ""
    by = f" ({each.by})" if each.by else ""
    return f"  row {each.row}: {whom}, request {request.id}, {request.status or 'pending'}{made}{by}"


def _tell(adoption: Adoption, held: Sequence[Left], screen: Screen) -> None:
    if not adoption.rows and not adoption.left:
        screen.say("No row was sent from another computer: there is nothing to take over.")
        return
    for each in held:
        screen.warn(f"  row {each.row}: {each.words}")
    taken = [each for each in adoption.rows if each.row not in {other.row for other in held}]
    unknown = sum(each.request is None for each in taken)
    left = len(adoption.left) + len(held)
    told = (f"{len(taken)} taken over", f"{unknown} of them unknown" if unknown else "", f"{left} left" if left else "")
    screen.say(", ".join(filter(None, told)) + ".")
    if unknown:
        screen.warn("To learn what became of those that are unknown: collect-xl settle")


def _as_json(adoption: Adoption, held: Sequence[Left], run: str, code: int) -> None:
    """Print one object per row and a summary, and nothing else, on standard output."""
    left = {each.row: each.words for each in (*adoption.left, *held)}
    for each in adoption.rows:
        if each.row not in left:
            request = each.request.id if each.request else ""
            print(json.dumps({"row": each.row, "outcome": "adopted" if request else "unknown", "requestId": request}))  # noqa: T201
    for row, words in sorted(left.items()):
        print(json.dumps({"row": row, "outcome": "left", "requestId": "", "words": words}))  # noqa: T201
    adopted = [each for each in adoption.rows if each.row not in left]
    counts = {"adopted": sum(each.request is not None for each in adopted), "left": len(left)}
    counts["unknown"] = len(adopted) - counts["adopted"]
    print(json.dumps({"schema": 1, "run": run, "exit": code, **counts}))  # noqa: T201
