"""Makes ``sample_workbooks/pictures/``: ``python tests/support/make_pictures.py [NAME...]`` from the project's root.

The pictures show what today's program makes of the sample workbook. It needs LibreOffice with poppler-utils, Chromium,
and Xvfb with a Python that has Tk.
"""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path

PROJECT = Path(__file__).parents[2]
sys.path.insert(0, str(PROJECT / "tests"))

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

import collect_xl  # noqa: E402
from collect_xl.addin.words import send_question, status_words  # noqa: E402
from collect_xl.resources import shipped  # noqa: E402
from collect_xl.testing import FakeCollect, furnish  # noqa: E402
from support.chromium import QUIET, chromium  # noqa: E402
from support.png import Picture  # noqa: E402
from support.programs import output_of  # noqa: E402
from support.screen import paths, python_with_tk, screen  # noqa: E402
from support.shell import COMMAND  # noqa: E402
from support.spreadsheet import converted  # noqa: E402

FOLDER = PROJECT / "sample_workbooks" / "pictures"
COLUMNS = 100
BAR = "━"
"""What a bar is made of; output that no terminal shows has none."""
WHITE, BLACK = b"\xff\xff\xff", b"\0\0\0"

_CHANGING = (
    (r"\S*/collect-xl-demo[\w-]*/", "~/collect-xl-demo/"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:8765"),
    (r"\b\d{8}-\d{6}-[0-9a-f]{6}\b", "20261201-090000-a1b2c3"),
    (r"Plan [0-9a-f]{10}", "Plan 0123456789"),
    (r"\b0:\d\d:\d\d\b", "0:00:03"),
)
"""What differs from demo to demo, and what stands in the picture instead."""


def lasting(text: str) -> str:
    """Return a demo's output without what differs from one to the next."""
    for pattern, instead in _CHANGING:
        text = re.sub(pattern, instead, text)
    return text


def demo(folder: Path, **environ: str) -> str:
    """Run the demo in a folder, and return what it prints."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("COLLECT_")}
    done = subprocess.run(
        [*COMMAND, "demo"],
        env={**ours, "HOME": str(folder), "COLUMNS": str(COLUMNS), **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def words_of_svg(text: str) -> list[str]:
    """Return the words that a picture of a terminal shows, in their order, without the bar of a run."""
    lines: dict[str, str] = {}
    for place, line in re.findall(r'<text class="demo-r\d+"[^>]* y="([\d.]+)"[^>]*>(.*?)</text>', text):
        lines[place] = lines.get(place, "") + unescape(line)
    return " ".join(line for line in lines.values() if BAR not in line).split()


def words_of_output(text: str) -> list[str]:
    """Return the words that a demo prints where no terminal shows them, without the lines that stand for the bar."""
    return [word for line in text.splitlines() if not line.startswith("Batch ") for word in line.split()]


def make_terminal(folder: Path) -> None:
    """Draw the demo as a terminal shows it; letters are the reader's own, so nothing is loaded."""
    # A run that nobody watches draws no bar that moves.
    printed = lasting(demo(folder, FORCE_COLOR="1", TTY_INTERACTIVE="0", TERM="xterm-256color"))
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(printed))
    svg = console.export_svg(title="collect-xl demo", unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    (FOLDER / "demo.svg").write_text(svg, encoding="utf-8")


def make_sheets(folder: Path) -> None:
    """Print the demo's workbook, and cut out the filled sheet and the summary."""
    demo(folder)
    pdf = converted(folder / "collect-xl-demo" / "clients.xlsx", "pdf", folder / "pdf")
    texts = output_of(["pdftotext", "-layout", pdf, "-"]).split("\f")
    for name, words, dots, tallest in (("sheet", "ann.abara.2@", 120, 330), ("summary", "Needs you", 100, 262)):
        page = next(number for number, text in enumerate(texts, start=1) if words in text)
        root = folder / name
        output_of(["pdftoppm", "-r", str(dots), "-f", str(page), "-l", str(page), "-singlefile", pdf, root])
        Picture.from_ppm(root.with_suffix(".ppm")).trimmed(WHITE, 8, tallest).write(FOLDER / f"{name}.png")


def make_receipt(folder: Path) -> None:
    """Open a run's receipt in Chromium, as wide as a small window."""
    book = folder / "clients.xlsx"
    book.write_bytes(shipped("sample_workbooks/clients_120.xlsx").read_bytes())
    page = folder / "receipt.html"
    with FakeCollect() as server:
        furnish(server.account)
        ours = {"COLLECT_API_KEY": server.key, "COLLECT_API_URL": server.url, "COLLECT_XL_LIST_LAG": "1"}
        history = {"COLLECT_XL_HISTORY": str(folder / "history.sqlite3"), "HOME": str(folder)}
        subprocess.run(
            [*COMMAND, "send", book, "--yes", "--new-history", "--quiet", "--receipt", page],
            env={**os.environ, **ours, **history},
            check=False,  # some rows are wrong on purpose
            capture_output=True,
        )
    # Another port each time, and today's day: neither is what the picture shows.
    page.write_text(lasting(page.read_text("utf-8")), encoding="utf-8")
    picture = folder / "receipt.png"
    flags = ("--hide-scrollbars", "--window-size=900,820", f"--screenshot={picture}")
    output_of([chromium(), *QUIET, *flags, f"--user-data-dir={folder / 'profile'}", page.as_uri()])
    (FOLDER / "receipt.png").write_bytes(picture.read_bytes())


def make_windows(folder: Path) -> None:
    """Draw the progress window and the question before a send, on a screen without a desktop."""
    title = "Sending 115 requests"
    counts = status_words(50, 115, {"sent": 50}, "4 s left").removeprefix("Collect: ")
    drawn(folder, "progress", {"title": title, "total": 115, "done": 50, "words": counts})
    drawn(folder, "question", {"question": lasting(question(folder))})


def question(folder: Path) -> str:
    """Return the question before the sample is sent."""
    book = folder / "clients.xlsx"
    book.write_bytes(shipped("sample_workbooks/clients_120.xlsx").read_bytes())
    with FakeCollect() as server:
        furnish(server.account)
        ours = {"COLLECT_API_KEY": server.key, "COLLECT_API_URL": server.url}
        os.environ.update({**ours, "COLLECT_XL_HISTORY": str(folder / "history.sqlite3")})
        prepared = collect_xl.check(book, online=True)
    return send_question(prepared)


def drawn(folder: Path, name: str, words: Mapping[str, object]) -> None:
    """Open a window, take what the screen shows, and cut the window out."""
    place = folder / name
    place.mkdir()
    with screen(folder=place) as display:
        window = subprocess.Popen(
            [str(python_with_tk()), "-m", "support.picture_windows", name],
            env={**os.environ, "DISPLAY": display, "PYTHONPATH": os.pathsep.join(paths())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert window.stdin is not None
            assert window.stdout is not None
            window.stdin.write(json.dumps(words))
            window.stdin.close()
            assert window.stdout.readline() == "drawn\n"
            picture = Picture.from_xwd(place / "Xvfb_screen0")
        finally:
            window.kill()
            window.wait()
    picture.trimmed(BLACK).write(FOLDER / f"{name}.png")


MAKERS: Mapping[str, Callable[[Path], None]] = {
    "terminal": make_terminal,
    "sheets": make_sheets,
    "receipt": make_receipt,
    "windows": make_windows,
}


def main() -> None:
    """Make the pictures that are named, or all."""
    FOLDER.mkdir(exist_ok=True)
    for name in sys.argv[1:] or MAKERS:
        with tempfile.TemporaryDirectory(prefix="cxl-") as folder:
            MAKERS[name](Path(folder))


if __name__ == "__main__":
    main()
