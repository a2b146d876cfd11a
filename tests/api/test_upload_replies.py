"""Files in replies, and the links to them: odd shapes, odd hosts."""

from __future__ import annotations

import io

import pytest

from collect_xl.api.client import CollectClient
from collect_xl.api.replies import UnreadableError
from collect_xl.api.upload_replies import MOST_UPLOADS, uploads_of
from collect_xl.domain.uploads import Upload
from collect_xl.errors import CollectUnavailable


def request(*uploads, **more):
    """A reply about one request with files of one document."""
    document = {"id": "e1", "name": "Passport", "uploads": list(uploads), **more}
    return {"_id": "r1", "documents": [document]}


def test_documented_file_is_read():
    """A file has its document, its name, size and link; what is not a file of a document is passed over."""
    reply = request({"id": "u1", "name": "a.pdf", "size": 9, "url": "https://s.example.com/1", "virusScanned": True})

    (upload,) = uploads_of({**reply, "forms": [{"id": "f1", "name": "About you", "items": []}], "texts": "x"}, "r1")

    assert upload == Upload("u1", "e1", "Passport", "a.pdf", 9, "https://s.example.com/1")


@pytest.mark.parametrize(
    ("entry", "withheld"),
    [
        ({"url": "https://s.example.com/1", "status": "Quarantined"}, "infected"),
        ({"status": "archived"}, "expired"),
        ({"url": "https://s.example.com/1", "restricted": True}, "restricted"),
        ({"status": "something"}, "without a link"),
        ({"url": "https://s.example.com/1", "status": "something"}, ""),
        ({"url": 7}, ""),
        ({"url": "https://s.example.com/" + "x" * 9_000}, "without a link"),
    ],
)
def test_why_a_file_is_held_back(entry, withheld):
    """Collect's own words, an absent link and a mark of sensitive files each say why a file is not to be had."""
    (upload,) = uploads_of(request({"id": "u1", "name": "a.pdf", **entry}), "r1")

    assert upload.withheld == withheld


@pytest.mark.parametrize("size", [True, -1, 1.5, "9", 2**80, None])
def test_odd_sizes_are_none(size):
    """A size that is no number of bytes is not compared."""
    (upload,) = uploads_of(request({"id": "u1", "name": "a.pdf", "size": size, "url": "https://s.example.com"}), "r1")

    assert upload.size is None


def test_files_without_ids_are_told_apart():
    """One example shows a single object without an ID: its moment and name stand for it."""
    reply = {"_id": "r1", "documents": [{"name": "Passport", "uploads": {"name": "a.pdf", "createdAt": "2026-01-01"}}]}

    (upload,) = uploads_of(reply, "r1")

    assert (upload.id, upload.element) == ("Passport 2026-01-01 a.pdf", "Passport")


@pytest.mark.parametrize("reply", [[], "x", {"_id": "r2"}, request(*[{"id": "u"}] * (MOST_UPLOADS + 1))])
def test_reply_about_anything_else_is_refused(reply):
    """Another request's files would stand in this client's folder."""
    with pytest.raises(UnreadableError):
        uploads_of(reply, "r1")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://127.0.0.1:9/x", "leads to this computer"),
        ("https://localhost/x", "leads to this computer"),
        ("http://storage.example.com/x", "unprotected"),
        ("file:///etc/passwd", "no web address"),
        ("https://user@storage.example.com/x", "no web address"),
        ("https://[broken/x", "no web address"),
        ("", "no web address"),
    ],
)
def test_links_that_lead_elsewhere_are_refused(url, words):
    """A link of the real Collect opens a server on the web, protected; nothing else is called."""
    client = CollectClient("https://api.example.com/v1", "key")

    with pytest.raises(CollectUnavailable, match=words):
        client.download(Upload("u1", "e1", "Passport", "a.pdf", None, url), io.BytesIO())


def test_link_of_a_fake_stays_on_this_computer():
    """Where the API is on this computer, its files are, too."""
    client = CollectClient("http://127.0.0.1:9/v1", "key")

    with pytest.raises(CollectUnavailable, match="leads away"):
        client.download(Upload("u1", "e1", "Passport", "a.pdf", None, "https://storage.example.com/x"), io.BytesIO())
