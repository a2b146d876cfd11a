"""The add-in's log: what went wrong, for the people who support it; no keys, addresses or portal links."""

from __future__ import annotations

import os
import re
import textwrap
import traceback
from datetime import datetime
from pathlib import Path

from collect_xl.addin.click import Click
from collect_xl.config.credentials import KEY_VARIABLE
from collect_xl.domain.own_files import NOT_THROUGH_LINKS
from collect_xl.domain.plain_text import shown_lines

LARGEST = 1_000_000
"""Bytes after which a new log begins, beside the old one."""

# What a message may quote, and what the log holds instead.
_SECRETS = (
    (re.compile(r"[\w.+%-]+@[\w-]+\.[\w.-]+"), "<address>"),
    (re.compile(r"https?://\S*portal\S*", re.IGNORECASE), "<portal>"),
    (re.compile(r"(?i)\b(basic|bearer) +[A-Za-z0-9+/=._-]{8,}"), r"\1 <key>"),
)


def log_file() -> Path:
    """Return the place of the log, whether or not it exists."""
    import platformdirs  # noqa: PLC0415  # only when something went wrong

    return platformdirs.user_log_path("collect-xl", appauthor=False) / "addin.log"


def keep_traceback(error: BaseException, click: Click | None) -> Path | None:
    """Write an error to the log, and return the log's place, or None.

    Args:
        error: what was raised, with all that led to it.
        click: which button was pressed; the workbook's name is left out, since it may name a client.
    """
    path = log_file()
    moment = f"{datetime.now().astimezone():%Y-%m-%d %H:%M:%S%z}"
    button = click.button.id if click else "before any button"
    # an error may quote a cell or a name of several lines: only an entry of ours begins at the edge
    text = textwrap.indent(shown_lines(scrubbed("".join(traceback.format_exception(error)))), "  ")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LARGEST:
            path.replace(path.with_suffix(".old.log"))
        # Private from its first byte: rights set after it was opened would leave it readable for a moment.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | NOT_THROUGH_LINKS, 0o600)
        with os.fdopen(handle, "a", encoding="utf-8") as file:
            file.write(f"{moment} {button}\n{text}\n")
    except OSError:
        return None
    return path


def scrubbed(text: str) -> str:
    """Return a text without keys, e-mail addresses and portal links."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if key:
        text = text.replace(key, "<key>")
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text
