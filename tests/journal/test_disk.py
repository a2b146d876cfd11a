"""A disk that refuses: nothing is claimed, and the message names the place."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support.journals import Desk, sent

# The limit on the size of a file stands for a disk that fills up: from some write on the system says no.
FILLING_UP = textwrap.dedent("""
    import resource, signal, sys
    from support.journals import Desk
    from collect_xl.errors import DiskError

    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Desk(sys.argv[1]) as desk:
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
        claimed = []
        try:
            for number in range(400):
                person = f"{number}@acme.com"
                desk.claim(person)
                claimed.append(person)
            print("never full")
        except DiskError as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            kept = [key.removeprefix("mail:") for claim in desk.known() for key in claim.keys]
            print(error)
            print(kept == claimed, len(claimed) > 0)
""")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="limits of the system on the size of a file")
@pytest.mark.parametrize("size", [300_000, 1_000_001])
def test_a_disk_that_fills_up(file, size):
    """When the disk is full, the claim that did not fit is not there, the earlier ones are, and the place is named."""
    ran = subprocess.run(
        [sys.executable, "-c", FILLING_UP, str(file), str(size)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=True,
    )
    said, kept = ran.stdout.splitlines()
    assert f"The send history {file} cannot be written" in said
    assert kept == "True True"


@pytest.mark.slow
def test_claims_cost_less_than_a_kilobyte(file):
    """A thousand people asked by address, learned by id, with the raw answers, take less than a kilobyte each."""
    with Desk(str(file)) as desk:
        for batch in range(20):
            ticket = desk.claim(*(f"firstname.lastname{batch * 50 + each}@some-company.example" for each in range(50)))
            ids = [(claim, secrets.token_hex(12)) for claim in ticket.won.values()]
            outcomes = [sent(claim, each, keys=[f"id:{each}"]) for claim, each in ids]
            answer = json.dumps([{"_id": each, "status": "pending", "words": "so long " * 40} for _, each in ids])
            desk.journal.record(ticket, outcomes, "answer", answer[:20_000])
    assert file.stat().st_size / 1000 < 1000
