"""A fake Collect on this machine: a real socket, its own account, faults on demand, and a log of its e-mails.

Sample usage::

    from collect_xl.testing import FakeCollect, faults

    with FakeCollect() as collect:
        collect.on(faults.DropAfterCreating(), nth=2)   # the second POST is accepted, without an answer
        ...                                             # point the tool to collect.url with collect.key
        assert [each.email for each in collect.accepted] == ["ann@example.com"]
"""

from collect_xl.testing import faults, spellings
from collect_xl.testing.account import Accepted, FakeAccount
from collect_xl.testing.ageing import furnish, let_age
from collect_xl.testing.exchange import Answer, Call
from collect_xl.testing.server import FakeCollect, serve_forever

__all__ = [
    "Accepted",
    "Answer",
    "Call",
    "FakeAccount",
    "FakeCollect",
    "faults",
    "furnish",
    "let_age",
    "serve_forever",
    "spellings",
]
