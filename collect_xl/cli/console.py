"""The console of Rich: it prints no control characters but its own, and goes on when its reader is gone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.console import Console
from rich.segment import Segment

from collect_xl.cli.output import for_rich
from collect_xl.domain.plain_text import shown_lines

if TYPE_CHECKING:
    from rich.console import ConsoleOptions, RenderableType


class _Console(Console):
    """A console that prints no control characters but its own, and goes on in silence when its reader is gone.

    What was sent must still be recorded and written.
    """

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield what is printed, the texts cleaned; the last gate, whatever a caller has overlooked."""
        for segment in super().render(renderable, options):
            if segment.control or segment.text.isprintable():
                yield segment
            else:
                yield Segment(shown_lines(segment.text), segment.style)

    def on_broken_pipe(self) -> None:
        """Write to nowhere from here on; rich itself would end the process."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def console_of(*, stderr: bool) -> Console:
    """Return a console that wraps at words in a terminal, and never in a file or a pipe."""
    console = _Console(stderr=stderr, highlight=False, file=for_rich(stderr=stderr))
    console.soft_wrap = not console.is_terminal
    return console
