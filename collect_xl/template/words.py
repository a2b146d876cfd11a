"""What a template says in one language; each language has a module with its texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, cast, get_args

from collect_xl.domain.headings import title_of
from collect_xl.errors import UsageError

Language = Literal["en", "fr", "de", "es"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

_MODULES: dict[Language, str] = {"en": "english", "fr": "french", "de": "german", "es": "spanish"}


@dataclass(frozen=True, slots=True)
class SummaryWords:
    """The words of the summary."""

    as_of: str
    nothing_yet: str
    """In the place of the date while nothing was sent."""
    needs_you: str
    """Everything that waits for the user: the heading of its statuses, and the tile of their sum."""
    pending: str
    """Everything that waits for the client: the heading of its statuses."""
    with_client: str
    """The tile of their sum."""
    closed: str
    """The heading of the statuses in which nothing is left to do."""
    not_yet: str
    """The heading of the contacts without a status."""
    not_sent: str
    due_soon: str
    contacts: str
    sent: str
    completed: str
    due_within: str
    rate: str
    still_open: str
    other: str
    """Status words that the account's owner has made."""
    how: str
    """One sentence on what is counted, and from which day."""


@dataclass(frozen=True, slots=True)
class Words:
    """Everything that a template says; status words and result columns stay English in every language."""

    start_sheet: str
    contacts_sheet: str
    options_sheet: str
    summary_sheet: str
    headers: Mapping[str, str]
    """Field key -> the header or the option's name; what is absent has the title of ``columns``."""
    option_heads: tuple[str, str, str]
    help: Mapping[str, str]
    """Option -> what it is for."""
    prompts: Mapping[str, str]
    """Field -> what Excel says beside its cell when it is chosen; 255 characters at most."""
    yes: str
    no: str
    title: str
    what: str
    steps_title: str
    steps: tuple[str, str, str, str, str]
    ribbon_title: str
    ribbon: str
    example_title: str
    example: str
    """That the example is not sent, and how further columns are added."""
    statuses_title: str
    statuses: Mapping[str, str]
    """Status word -> what it means and what to do."""
    choose: str
    """``{choices}`` stands for what may be chosen."""
    day: str
    """What a due date must be."""
    round: str
    """That a round must be text."""
    summary: SummaryWords

    def header(self, key: str) -> str:
        """Return the header of a column, or the name of an option."""
        return self.headers.get(key) or title_of(key)


def words_in(language: str) -> Words:
    """Return the words of a language.

    Raises:
        UsageError: the template does not speak it.
    """
    module = _MODULES.get(cast("Language", language))
    if module is None:
        message = f'The template does not speak "{language}"; it speaks {", ".join(LANGUAGES)}.'
        raise UsageError(message, tip="Name one of them with --lang; headers are understood in all of them.")
    return cast("Words", import_module(f"collect_xl.template.{module}").WORDS)
