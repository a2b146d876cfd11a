"""What the add-in says: before a send, while it runs, and after it, in sentences that fit an alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from collect_xl.addin.remedies import advice_words, tip_of
from collect_xl.domain.amounts import word_for
from collect_xl.domain.identity import round_words
from collect_xl.planning.approval import new_campaign_words
from collect_xl.planning.groups import AS_ABOVE, distinct, known_words, not_known_yet, preview_of
from collect_xl.remedies import Advice

if TYPE_CHECKING:
    from collect_xl.domain.model import ClaimState, Problem
    from collect_xl.domain.rows import LeftOut, Reason
    from collect_xl.followup.lookup import Settled
    from collect_xl.planning.asked_again import NewCampaign, NewRound
    from collect_xl.planning.groups import Preview
    from collect_xl.planning.plan import Batch
    from collect_xl.workflow.book import Finished, Prepared

LONGEST = 1300
"""Characters that an alert shows on a laptop's screen with its buttons still in sight."""

MOST_NAMED = 5
"""Most people that the question before a send names."""

MOST_GROUPS = 10
"""Groups of calls that one alert lists; the rest is counted."""

LONGEST_GROUP = 80
"""Characters of a group's line, unless two lines would be alike."""

SHORTEST_SENDING = 300
"""Characters that what is sent has in any case, however much there is to warn of."""

_SAID_BELOW = frozenset({"dueDate", "sendMessage"})
"""Options that have a sentence of their own."""

MOST_LINES = 6
"""Problems, notes or groups that one alert lists; the rest is counted."""

REASONS: Mapping[Reason, tuple[str, str]] = {  # one, several
    "invalid": ("invalid", "invalid"),
    "duplicate": ("duplicate", "duplicates"),
    "sent": ("already sent", "already sent"),
    "unknown": ("unknown (press Look up unknown rows)", "unknown (press Look up unknown rows)"),
    "busy": ("being sent by another run", "being sent by another run"),
    "elsewhere": ("sent from another computer", "sent from another computer"),
    "asked elsewhere": ("asked already by a colleague or in Collect", "asked already by a colleague or in Collect"),
    "skipped": ("held out by your list", "held out by your list"),
    "skip unclear": ("held out, Skip cannot be read", "held out, Skip cannot be read"),
    "typed": ("held out by a typed status", "held out by a typed status"),
    "edited": ("held back, changed since it was sent", "held back, changed since they were sent"),
    "ask": ("held back, perhaps the same person as another", "held back, perhaps the same people as others"),
    "hidden": ("hidden", "hidden"),
    "not allowed": ("not allowed", "not allowed"),
    "beyond first": ("left for later", "left for later"),
    "beyond cap": ("left for the next run, beyond your limit", "left for the next run, beyond your limit"),
}
"""Blank rows and rows that were not selected are not mentioned."""

_ENDS: tuple[tuple[ClaimState, str], ...] = (
    ("sent", "sent"),
    ("refused", "refused"),
    ("unknown", "unknown"),
    ("not_sent", "not sent"),
)


def send_question(prepared: Prepared, warnings: Sequence[str] = ()) -> str:
    """Return the yes-or-no question before a send: how many requests, to which people and how."""
    plan = prepared.plan
    preview = preview_of(plan, prepared.account)
    team = f"{prepared.account.team.name} team: " if prepared.account else ""
    lines = _people_lines(plan.batches, are_chosen=prepared.choices.rows is not None)
    counts = (left_out_words(plan.left_out), _mail_words(plan.batches))
    lines.append(" ".join(words for words in counts if words))
    if preview.is_common("dueDate"):
        lines.append(_sentence(preview.usual["dueDate"]))
    if prepared.account:
        lines.append(known_words(plan))
    lines += not_known_yet(plan.batches, prepared.account)
    lines += _listed([*prepared.row_notes, *warnings, *prepared.warnings, *_note(prepared)])
    # The question comes first, and stays whole however long the rest is: what is cut off is never what is agreed to.
    sender = f" as {prepared.account.team.name}" if prepared.account else ""
    question = f"Send {counted_requests(plan.batches)}{sender}?"
    rest = "\n\n".join(lines)
    # Where all of it is too long, the groups are cut, and not the warnings below them.
    sending = fit(team + _sending_words(preview), max(LONGEST - len(rest) - len(question), SHORTEST_SENDING))
    return fit(f"{question}\n\n{sending}\n\n{rest}")


def counted_requests(batches: Iterable[Batch]) -> str:
    """Return ``253 requests``."""
    return _count(_size(batches), "request", "requests")


def _people_lines(batches: Iterable[Batch], *, are_chosen: bool) -> list[str]:
    """Return the rows and their people where they are few enough to be read; of more chosen ones the first and last."""
    rows = sorted((row for batch in batches for row in batch.rows), key=lambda row: row.number)
    names = [f"Row {row.number}: {row.contact.called}" for row in rows]
    if len(names) <= MOST_NAMED:
        return ["\n".join(names)]
    # A colleague may have sorted the sheet since the rows were chosen.
    return ["\n".join((names[0], "...", names[-1]))] if are_chosen else []


def round_question(new: NewRound) -> str:
    """Return the second question, for a round that is new while some of these people were asked before."""
    earlier = new.earlier[0]
    called = round_words(earlier.round)
    now = f'"{new.round}"' if new.round else "without a name"
    were = word_for(earlier.people, "was")
    return (
        f"The round {now} is new in campaign {new.campaign.called}.\n\n"
        f"{earlier.people:,} of these people {were} asked already, in {called}, last on {earlier.last:%Y-%m-%d}, and "
        f"will get another request.\n\n"
        f"Ask them again in the round {now}?"
    )


def campaign_question(new: NewCampaign) -> str:
    """Return the second question, for a campaign behind a name that meant another one before."""
    return f"{new_campaign_words(new)}\n\nAsk people in the campaign that this name means now?"


def left_out_words(left_out: Iterable[LeftOut]) -> str:
    """Return ``Left out: 4 invalid, 2 duplicates, 31 already sent.``, or nothing."""
    counts = Counter(each.reason for each in left_out)
    parts = []
    for reason, (one, several) in REASONS.items():
        count = counts[reason]
        if count:
            parts.append(f"{count} {one if count == 1 else several}")
    return f"Left out: {', '.join(parts)}." if parts else ""


def check_words(prepared: Prepared, first: str) -> str:
    """Return what a check found.

    Args:
        prepared: the plan that it made.
        first: where the first wrong cell is, which is selected.
    """
    plan, book = prepared.plan, prepared.book
    problems: Sequence[Problem] = (*book.problems, *plan.problems)
    lines = []
    if book.option_problems:
        lines.append("Fix the Options sheet first: until then, nothing can be sent.")
    elif plan.size:
        lines.append(f"{_count(plan.size, 'person', 'people')} ready to be asked.")
    else:
        lines.append("No one is left to be asked.")
    left_out = left_out_words(plan.left_out)
    if left_out:
        lines.append(left_out)
    if first:
        lines.append(f"The first mistake is in {first}, which is selected:")
    lines += _listed([str(problem) for problem in problems], most=3)
    lines += _listed([*book.layout.notes, *prepared.row_notes, *prepared.warnings, *_note(prepared)])
    return fit("\n\n".join(lines))


def end_words(finished: Finished, prepared: Prepared) -> str:
    """Return how a send ended."""
    report = finished.report
    size = prepared.plan.size
    counts = {state: len(report.rows(state)) for state, _ in _ENDS}
    first = _counted(counts) or "nothing sent"
    not_reached = size - sum(counts.values()) - len(report.held)
    if not_reached > 0:
        first += f", {not_reached} not reached"
    first = f"{first[:1].upper()}{first[1:]}."
    if counts["sent"] == size and finished.written:
        first += " Results are in the Collect columns."
    lines = [first]
    if report.held:
        lines.append(f"{_count(len(report.held), 'row is', 'rows are')} being sent by another run.")
    if report.words:
        lines.append(advice_words(Advice(report.words, report.remedies)))
    if report.rows("unknown"):
        lines.append("The answer for unknown rows was lost. They are never sent again: press Look up unknown rows.")
    return fit("\n\n".join((*lines, *written_words(finished))))


def settled_words(settled: Settled, finished: Finished) -> str:
    """Return what a look-up found, and when another one can decide more."""
    lines = ["No row is unknown."]
    if settled.sent or settled.not_sent or settled.open:
        lines = [f"{settled.sent} were sent, {settled.not_sent} were not sent, {settled.open} still unknown."]
    # Several calls may end with the same words.
    lines += [advice_words(each) for each in dict.fromkeys(settled.advice)]
    if settled.look_again is not None:
        lines.append(f"Press Look up unknown rows again after {settled.look_again.astimezone():%H:%M}.")
    return fit("\n\n".join((*lines, *written_words(finished))))


def status_words(done: int, total: int, counts: Mapping[ClaimState, int], left: str) -> str:
    """Return the line for the status bar, such as ``Collect: 100 of 120 done (98 sent, 2 refused), 5 s left``."""
    words = f"Collect: {done} of {total} done"
    ends = _counted(counts)
    if ends:
        words += f" ({ends})"
    if left:
        words += f", {left}"
    return words


def _counted(counts: Mapping[ClaimState, int]) -> str:
    """Return ``98 sent, 2 refused``."""
    return ", ".join(f"{counts[state]} {words}" for state, words in _ENDS if counts.get(state))


def time_left(done: int, total: int, seconds: float) -> str:
    """Return how long the rest takes at the pace so far, in round figures; nothing before there is a pace."""
    if not done or done >= total:
        return ""
    left = seconds / done * (total - done)
    if left < 90:  # noqa: PLR2004  # below a minute and a half seconds are what people count in
        fives = round(left / 5)
        return f"about {max(5, fives * 5)} s left"
    return f"about {round(left / 60)} min left"


def fit(words: str, most: int = LONGEST) -> str:
    """Return words that an alert can show whole."""
    if len(words) <= most:
        return words
    end = " ..."
    return words[: most - len(end)].rstrip() + end


def _note(prepared: Prepared) -> Iterable[str]:
    """Yield what the plan could not take into account, where there is something."""
    if prepared.note:
        yield advice_words(prepared.note)


def _size(batches: Iterable[Batch]) -> int:
    return sum(len(batch.rows) for batch in batches)


def _sending_words(preview: Preview) -> str:
    """Return what is sent and what most calls say, and below it a line for each group with what it says otherwise."""
    batches = [batch for group in preview.groups for batch in group.batches]
    requests = _count(_size(batches), "request", "requests")
    sending = f"send {requests} in {_count(len(batches), 'batch', 'batches')}"
    usual = [words for key, words in preview.usual.items() if not (key in _SAID_BELOW and preview.is_common(key))]
    if len(preview.groups) == 1:
        return f"{sending} for {', '.join(usual)}."
    owns = ["; ".join(preview.own(group)) or AS_ABOVE for group in preview.groups]
    counts = [group.size for group in preview.groups]
    shown = distinct(owns[:MOST_GROUPS], LONGEST_GROUP)
    lines = [f"{count:,}: {own}" for count, own in zip(counts, shown, strict=False)]
    if len(owns) > MOST_GROUPS:
        lines.append(f"... and {len(owns) - MOST_GROUPS} more groups.")
    return "\n- ".join((f"{sending}, in {len(owns)} groups; by default for {', '.join(usual)}:", *lines))


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _mail_words(batches: Sequence[Batch]) -> str:
    silent = _size(batch for batch in batches if batch.options.get("sendMessage") is False)
    with_mail = _size(batches) - silent
    sentences = []
    if with_mail:
        sentences.append(f"{_count(with_mail, 'person', 'people')} will get an e-mail.")
    if silent:
        sentences.append(f"{_count(silent, 'person', 'people')} will get a request without an e-mail.")
    return " ".join(sentences)


def written_words(finished: Finished) -> Iterable[str]:
    """Yield what to say about the write-back, and about requests that were not delivered."""
    if finished.undelivered:
        numbers = ", ".join(map(str, finished.undelivered[:10]))
        yield f"Collect could not deliver to {_count(len(finished.undelivered), 'row', 'rows')}: {numbers}."
    if finished.failure:
        yield f"The results could not be written: {finished.failure.message} {tip_of(finished.failure)}"
        yield "They are safe in the send history: the next Send or Refresh status writes them; no one is asked again."
        return
    written = finished.written
    if written is None:
        return
    if written.moved:
        yield f"{_count(len(written.moved), 'row', 'rows')} had been moved meanwhile, and were found again."
    if written.lost:
        rows = ", ".join(map(str, written.lost[:10]))
        gone = _count(len(written.lost), "row is", "rows are")
        yield f"{gone} gone from the sheet (row {rows} before); what happened to them is in the send history."
    yield from written.notes


def _listed(lines: Sequence[str], most: int = MOST_LINES) -> list[str]:
    more = [f"... and {len(lines) - most} more."] if len(lines) > most else []
    return [*lines[:most], *more]


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"
