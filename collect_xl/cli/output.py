"""The standard streams: what cannot be written ends no run, and what is written commands no terminal."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

import typer

from collect_xl.domain.plain_text import shown, shown_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class SteadyStream:
    """A text stream that goes on in silence while nothing can be written.

    A full disk behind the standard output, or a pipe whose reader is gone, is no reason to leave people without their
    results. What is not written stays in the buffer, and is written later where that becomes possible.

    Args:
        stream: the real one.
        cleans: whether control characters are taken out; Rich needs its own.
    """

    def __init__(self, stream: TextIO, *, cleans: bool) -> None:
        self._stream = stream
        self._cleans = cleans

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever else a stream has
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what can be written."""
        with suppress(OSError, ValueError):  # a closed stream is a ValueError
            self._stream.write(shown_lines(text) if self._cleans else text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write what can be written of some lines."""
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        """Bring to the system what it takes."""
        with suppress(OSError, ValueError):
            self._stream.flush()

    def with_controls(self) -> SteadyStream:
        """Return the same stream for Rich, which colours with control characters and cleans what it is given."""
        return SteadyStream(self._stream, cleans=False)


def steady_streams() -> None:
    """Let no output of this process end it, whatever becomes of the streams."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            # a name that the terminal cannot show must not end a run, either
            stream.reconfigure(encoding=_encoding(stream, sys.platform, os.environ), errors="backslashreplace")
            setattr(sys, name, SteadyStream(stream, cleans=True))


def _encoding(stream: TextIO, platform: str, environ: Mapping[str, str]) -> str | None:
    """Return the encoding that a stream should have; None leaves it as it is.

    On Windows a pipe or a file would get the code page of the user's language, which lacks the letters of most names.
    """
    is_left = platform != "win32" or stream.isatty() or environ.get("PYTHONIOENCODING")
    return None if is_left else "utf-8"


def for_rich(*, stderr: bool) -> TextIO | None:
    """Return the stream that Rich writes to; None leaves it to Rich."""
    stream: object = sys.stderr if stderr else sys.stdout
    if isinstance(stream, SteadyStream):
        return stream.with_controls()  # type: ignore[return-value]  # all that Rich asks of a stream
    return None


def echo(words: str) -> None:
    """Print one line, whatever names of files or texts of others are in it."""
    typer.echo(shown(words))
