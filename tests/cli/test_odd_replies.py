"""One odd field in a reply spoils nothing else: every other row gets its result, and later commands go on working."""

from dataclasses import dataclass, replace

import pytest

from collect_xl.testing import faults
from support.books import make_book, results

QUESTIONS = ("GET /team", "GET /campaigns", "GET /campaigns/{id}", "GET /requests")
ODD_URLS = {
    "bracket": "https://[x",
    "nfkc": "https://a\u2100.usecollect.com/x",
    "surrogate": "https://app.usecollect.com/\ud800",
    "backslash": "https://evil.example\\.usecollect.com/x",
}


def odd_for(email, **fields):
    """Return a fault that gives the request of one person other fields, wherever it is shown."""

    def change(body):
        entries = body["requests"] if isinstance(body, dict) else body
        for entry in entries:
            if entry["contact"]["email"] == email:
                entry.update(fields)
        return body

    return faults.Reshaped(change)


@pytest.mark.parametrize(
    ("name", "people"),
    [("bracket", 100), *[pytest.param(name, 6, marks=pytest.mark.slow) for name in ODD_URLS if name != "bracket"]],
)
def test_one_odd_portal_url(shell, server, tmp_path, name, people):
    """All other rows get their results, and so does this one; refresh and settle work afterwards."""
    for route in ("POST /requests", "GET /requests"):
        server.on(odd_for("p4@example.com", portalUrl=ODD_URLS[name]), route=route)
    book = make_book(tmp_path / "a.xlsx", people)

    sent = shell.send(book)
    refreshed = shell.run("refresh", book)
    settled = shell.run("lookup", book)

    assert [done.returncode for done in (sent, refreshed, settled)] == [0, 0, 0], sent.stderr + refreshed.stderr
    found = results(book)
    assert {line["Collect status"] for line in found.values()} == {"pending"}
    linked = [line["Collect portal URL"].endswith(line["Collect request ID"]) for line in found.values()]
    assert (len(server.accepted), linked.count(False), linked[2]) == (people, 1, False)
    assert shell.send(book).returncode == 0
    assert len(server.accepted) == people


def test_odd_names_of_others(shell, server, tmp_path):
    """Half characters and endless numbers in what others made keep nobody from checking and sending."""
    server.account.team["name"] = "A\ud800\x1b]52;c;eA==\x07 & Co"
    server.account.campaigns[server.account.add_campaign("\ud800\u202e")]["_id"] = 10**401
    stranger = server.account.add_contact("stranger\ud800@example.com")
    server.account.send({"campaignId": server.campaign, "contacts": [stranger]})
    book = make_book(tmp_path / "a.xlsx", 3)

    checked = shell.run("check", book, "--online")
    sent = shell.send(book)

    assert (checked.returncode, sent.returncode) == (0, 0), checked.stdout + checked.stderr + sent.stderr
    assert ("\x1b" in checked.stdout + sent.stdout, len(server.accepted)) == (False, 4)


@dataclass(frozen=True, slots=True)
class FarDate(faults.Fault):
    """Says in every answer that it is the last day of the year 9999."""

    def reshape(self, answer):
        """Change the header."""
        return replace(answer, headers={"Date": "Fri, 31 Dec 9999 23:59:59 GMT"})


def test_date_header_far_away(shell, server, tmp_path):
    """A server whose clock is thousands of years ahead does not keep its requests from being found afterwards."""
    for route in QUESTIONS:
        server.on(FarDate(), route=route)
    server.on(faults.DropAfterCreating(), nth=1)
    book = make_book(tmp_path / "a.xlsx", 3)
    shell.send(book)
    server._rules.clear()

    settled = shell.run("lookup", book)

    assert settled.returncode == 0, settled.stdout + settled.stderr
    assert {line["Collect status"] for line in results(book).values()} == {"pending"}
    assert len(server.accepted) == 3


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 401])
def test_key_in_escapes(shell, server, tmp_path, status):
    """A refusal that repeats the key with JSON's escapes shows it in no cell, no word and no file."""
    escaped = "".join(f"\\u{ord(letter):04x}" for letter in server.key)
    server.on(faults.Status(status, body=f'{{"errors": ["bad key {escaped}"]}}'.encode()))
    book = make_book(tmp_path / "a.xlsx", 2)

    done = shell.send(book)
    shown = shell.run("log")

    told = [done.stdout, done.stderr, shown.stdout, *(line["Collect message"] for line in results(book).values())]
    files = [file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()]
    assert server.posts
    assert [text for text in told if server.key in text or escaped in text] == []
    assert [1 for content in files if server.key.encode() in content or escaped.encode() in content] == []
    assert any("(the API key)" in text for text in told)
