"""What large answers cost: a reply of 2 MB to a send, and a campaign that has 100,000 requests already.

Run it with: python tests/benchmarks/bench_reply.py [KIND ...], a kind of answers as the table names it

Each figure is a whole process of the command, beside a Collect in another process; the first lines show what the same
commands cost with ordinary answers.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench_run import SERVE, cost_of, say, write_book

PEOPLE = 50
"""A batch."""
STRANGERS = 24_000
"""Requests in one reply that are of no one who was sent; with them it has 2 MB."""
LISTED = 100_000
"""Requests that a campaign has already."""
KINDS = ("ordinary answers", "a reply of 2 MB", "100,000 requests")


def with_strangers(reply: Any) -> dict[str, object]:
    """Return a reply with the requests of many others among its own."""
    others = [
        {"_id": f"stranger{at:09}", "contact": {"email": f"someone{at}@client{at % 977}.example.com"}}
        for at in range(STRANGERS)
    ]
    return {**reply, "requests": [*others[::2], *reply["requests"], *others[1::2]]}


def long_list(account: Any, request: dict[str, Any]) -> Any:
    """Return what lists many others' requests before those of an account, a page at a time."""
    from collect_xl.testing.exchange import Answer, Call  # noqa: PLC0415  # as above
    from collect_xl.testing.faults import Fault  # noqa: PLC0415  # as above

    others = [
        {**request, "_id": f"other{at:012}", "contact": {"_id": f"c{at:012}", "email": f"p{at}@elsewhere.example"}}
        for at in range(LISTED)
    ]

    class LongList(Fault):
        def perform(self, call: Call, world: Any) -> Answer:
            del world
            if call.query.get("filter"):
                return Answer(200, [])
            offset, limit = int(call.query["offset"]), int(call.query["limit"])
            return Answer(200, [*others, *account.requests.values()][offset : offset + limit])

    return LongList()


def serve(kind: str) -> None:
    """Be a Collect of one kind until no one listens any more, and say where."""
    from collect_xl.testing import FakeCollect, faults  # noqa: PLC0415  # not in the process that measures

    with FakeCollect() as server:
        if kind == KINDS[1]:
            server.on(faults.Reshaped(with_strangers))
        if kind == KINDS[2]:
            first = server.account.send({"campaignId": server.campaign, "contacts": [{"email": "a@elsewhere.example"}]})
            server.on(long_list(server.account, first["requests"][0]), route="GET /requests")
        sys.stdout.write(f"{server.url} {server.key}\n")
        sys.stdout.flush()
        sys.stdin.read()


@contextmanager
def company(kind: str, folder: Path) -> Iterator[dict[str, str]]:
    """Yield the environment of a computer without a journal, beside a Collect of one kind."""
    with subprocess.Popen(
        [sys.executable, __file__, SERVE, kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        url, key = server.stdout.readline().split()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COLLECT_")}
        ours = {
            "HOME": str(folder),
            "COLLECT_API_URL": url,
            "COLLECT_API_KEY": key,
            "COLLECT_XL_HISTORY": str(folder / "journal.sqlite3"),
        }
        yield {**kept, **ours}
        server.stdin.close()


def main(kinds: Sequence[str]) -> None:
    """Measure and print the table, line by line."""
    say(f"{'':42}{'CPU s':>8}{'seconds':>9}{'peak MB':>9}\n")
    for kind in kinds:
        with tempfile.TemporaryDirectory() as name, company(kind, Path(name)) as environ:
            book = Path(name) / "clients.xlsx"
            write_book(book, PEOPLE)
            for words in (["send", str(book), "--yes", "--new-history"], ["refresh", str(book)]):
                begun = time.monotonic()
                cost = cost_of(words, environ)
                seconds = time.monotonic() - begun
                say(f"{f'{words[0]}, {kind}':42}{cost.cpu:8.2f}{seconds:9.1f}{cost.peak:9.0f}\n")


if __name__ == "__main__":
    match sys.argv[1:]:
        case [what, kind] if what == SERVE:
            serve(kind)
        case kinds:
            main(kinds or KINDS)
