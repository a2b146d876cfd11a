"""How help is laid out: commands and options in groups, whole sentences, examples; and old names that are answered."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from typer.core import TyperCommand, TyperGroup

from collect_xl.cli.invocation import CURRENT
from collect_xl.cli.renamed import command_words, option_words
from collect_xl.errors import UsageError

if TYPE_CHECKING:
    import typer

Lines = Sequence[tuple[str, str]]
"""What is on the left -> what it means."""

CONTEXT: Final[dict[Any, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 120}
"""Settings of the top command, which those below it inherit."""

_RANGE: Final = re.compile(r"(?:;\s*x>=\d+)|\s*\[x>=\d+\]|\s*\[required\]")

GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "Begin": ("demo", "new", "lists", "upgrade"),
    "Send": ("check", "send", "lookup"),
    "Follow up": ("refresh", "overdue", "fetch", "due", "cancel", "takeover", "log"),
    "Set up": ("key", "config", "history", "addin", "doctor", "sandbox", "help"),
}
"""The commands in the order of work."""

EXAMPLES: Final[Mapping[str, Lines]] = {
    "collect-xl": (
        ("demo", "try it on a server on this computer"),
        ("check clients.xlsx", "see what is wrong, and what would be sent"),
        ("send clients.xlsx", "look at the preview, confirm, send"),
    ),
    "check": (
        ("check clients.xlsx", "needs no network"),
        ("check clients.xlsx --online", "also compare with the account"),
        ("check clients.xlsx --row 12", "what exactly row 12 would send"),
    ),
    "send": (
        ("send clients.xlsx", "preview, question, send"),
        ("send clients.xlsx --first 1", "send one row and look at the result"),
        ("send clients.xlsx --yes --abort-above 200", "every night"),
    ),
    "lookup": (
        ("lookup clients.xlsx", "ask Collect about unknown rows"),
        ("lookup clients.xlsx --wait", "stay until all is known"),
        ("lookup clients.xlsx --assume not-sent", "you looked in Collect"),
    ),
    "refresh": (
        ("refresh clients.xlsx", "statuses of all requests"),
        ("refresh inbox/*.xlsx --quiet", "several workbooks, only warnings"),
        ("refresh --live", "the workbook in front in Excel"),
    ),
    "overdue": (
        ("overdue clients.xlsx", "as of the last refresh"),
        ("overdue clients.xlsx --online", "refresh first"),
        ("overdue clients.xlsx --within 14", "also what is due in two weeks"),
    ),
    "fetch": (
        ("fetch clients.xlsx --to files", "what is new since the last time"),
        ('fetch clients.xlsx --to files --items "Payslip" --rows 2-50', "some of it"),
    ),
    "due": (
        ("due clients.xlsx --due 2027-01-31 --rows 2-50", "some rows"),
        ("due clients.xlsx --due 2027-01-31T12:00 --rows 12", "with a time"),
    ),
    "cancel": (
        ("cancel clients.xlsx --rows 12", "one row"),
        ("cancel clients.xlsx 20270131-091500-a1b2c3", "all that one run sent"),
    ),
    "takeover": (
        ('takeover clients.xlsx --round "2027"', "all rows of the round"),
        ('takeover clients.xlsx --round "" --rows 2-50', "some rows, without a round"),
    ),
}
"""Command -> what to type, and what it is for."""


class Command(TyperCommand):
    """A command whose help shows its options in groups."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]  # click's context, which typer keeps private
        """Read the words; an old option is answered with the new one."""
        CURRENT.command = ctx.info_name or ""
        own = {name for parameter in self.params for name in parameter.opts}
        for word in args:
            option = word.partition("=")[0]
            if option not in own and option_words(option):
                raise UsageError(option_words(option), tip="Type the new name.")
        return super().parse_args(ctx, args)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401  # click's formatter, which typer keeps private
        """Write arguments, then each group of options, in the order in which they are declared."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                groups.setdefault(_group_of(parameter), []).append(_without_types(parameter, record))
        for name, lines in groups.items():
            _write_group(formatter, name, lines)

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002  # as above
        """Write examples, and where the exit codes are explained."""
        _write_examples(formatter, self.name or "")


class Group(TyperGroup):
    """The commands, in groups and in the order of work."""

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # as above
        """Return the commands in the order of work."""
        ordered = [name for names in GROUPS.values() for name in names if name in self.commands]
        return [*ordered, *(name for name in super().list_commands(ctx) if name not in ordered)]

    def format_commands(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401  # as above
        """Write each group with the first sentence of each command, whole."""
        names = self.list_commands(ctx)
        if not any(name in GROUPS["Send"] for name in names):
            _write_group(formatter, "Commands", self._lines(names))
            return
        for title, members in GROUPS.items():
            _write_group(formatter, title, self._lines(name for name in members if name in names))

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:  # type: ignore[override]  # noqa: ANN401, ARG002  # as above
        """Write examples, and where the exit codes are explained."""
        _write_examples(formatter, "collect-xl" if "send" in self.commands else "")

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> Any:  # type: ignore[override]  # noqa: ANN401  # as above
        """Return the command that was typed; an old name is answered with the new one."""
        words = command_words(args[0]) if args and args[0] not in self.commands else ""
        if words:
            raise UsageError(words, tip="Type the new name.")
        return super().resolve_command(ctx, args)

    def _lines(self, names: Iterable[str]) -> Lines:
        return [(name, _first_sentence(self.commands[name].help or "")) for name in names]


def _first_sentence(text: str) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join(text.strip().split("\n\n")[0].split())


def _group_of(parameter: Any) -> str:  # noqa: ANN401  # click's parameter, which typer keeps private
    if parameter.param_type_name == "argument":
        return "Arguments"
    return getattr(parameter, "rich_help_panel", None) or "Options"


def _without_types(parameter: Any, record: tuple[str, str]) -> tuple[str, str]:  # noqa: ANN401  # as above
    """Return a line of help without the names of types and ranges, which say nothing to most users."""
    name, words = record
    if parameter.param_type_name == "argument":
        name, words = parameter.metavar or name, parameter.help or ""
    return name, _RANGE.sub("", words).rstrip()


def _write_examples(formatter: Any, name: str) -> None:  # noqa: ANN401  # as above
    lines = EXAMPLES.get(name, ())
    if not lines:
        return
    with formatter.section("Examples"):
        for words, meaning in lines:
            _write_example(formatter, f"collect-xl {words}", meaning)
    with formatter.section("More"):
        formatter.write_dl(
            [
                ("collect-xl help exit-codes", "what the exit codes mean"),
                ("collect-xl help environment", "variables"),
                ("collect-xl help json", "what --json prints"),
            ]
        )


def _write_example(formatter: Any, command: str, meaning: str) -> None:  # noqa: ANN401  # as above
    """Write a command whole, so that it can be copied, and its meaning beside or below it."""
    indent = " " * formatter.current_indent
    line = f"{indent}{command:<46}  {meaning}"
    if len(line) > formatter.width:
        line = f"{indent}{command}\n{indent}  {meaning}"
    formatter.write(f"{line}\n")


def _write_group(formatter: Any, title: str, lines: Lines) -> None:  # noqa: ANN401  # as above
    if lines:
        with formatter.section(title):
            formatter.write_dl(lines)
