"""Which portal addresses become links in cells and receipts, and are opened by buttons."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.portal_urls import may_link

LINKS = (
    "https://app.usecollect.com/portal/uGFR/nw42",
    "https://usecollect.com/portal/x",
    "HTTPS://App.UseCollect.com/x",
    "https://usecollect.com",
    "https://usecollect.com./x",
    "https://eu-1.app.usecollect.com/x?a=b&c=%20#top",
    "https://app.usecollect.com?next=https://evil.example/@x",
)
NO_LINKS = {
    "other-scheme": "http://app.usecollect.com/x",
    "script": "javascript:alert(1)",
    "no-scheme": "//app.usecollect.com/x",
    "empty": "",
    "host-goes-on": "https://app.usecollect.com.evil.example/x",
    "host-begins-earlier": "https://evilusecollect.com/x",
    "user": "https://app.usecollect.com@evil.example/x",
    "user-of-ours": "https://evil.example@app.usecollect.com/x",
    "password": "https://a:b@app.usecollect.com/x",
    "port": "https://app.usecollect.com:8443/x",
    "port-of-its-own": "https://app.usecollect.com:443/x",
    "port-that-is-none": "https://app.usecollect.com:x/",
    "backslash": "https://evil.example\\.usecollect.com/x",
    "backslash-behind": "https://app.usecollect.com/\\evil.example",
    "bracket": "https://[x",
    "bracketed": "https://[::1].usecollect.com/",
    "changed-by-nfkc": "https://evil.example\u2100.usecollect.com/x",
    "full-width": "https://app.use\uff43ollect.com/x",
    "long-s": "https://app.u\u017fecollect.com/x",
    "full-stop-of-another-script": "https://evil\u3002usecollect.com/",
    "percent-in-host": "https://evil.example%2f.usecollect.com/x",
    "slash-in-host": "https://evil.example/.usecollect.com/x",
    "query-first": "https://evil.example?.usecollect.com/x",
    "blank": "https://app.usecollect.com/a b",
    "blank-at-end": "https://app.usecollect.com/a ",
    "line": "https://app.usecollect.com/a\n",
    "tab-in-host": "https://app.use\tcollect.com/a",
    "escape": "https://app.usecollect.com/\x1b[31m",
    "override": "https://app.usecollect.com/\u202eexe",
    "surrogate": "https://app.usecollect.com/\ud800",
    "other-letters": "https://app.usecollect.com/é",
    "too-long": "https://app.usecollect.com/" + "x" * 2_000,
    "empty-label": "https://.usecollect.com/x",
}


@pytest.mark.parametrize("url", LINKS)
def test_links(url):
    """An https address on Collect's own hosts is a link, in any case of letters."""
    assert may_link(url) is True


@pytest.mark.parametrize("name", NO_LINKS)
def test_only_links_of_collect_are_clickable(name):
    """Only an https address on Collect's own hosts is a link, and nothing that two readers may read as two hosts."""
    assert may_link(NO_LINKS[name]) is False


@given(st.text() | st.text("htps:/[]@\\.usecolmx%\uff43\u2100\ud800 \n", max_size=40).map("https://".__add__))
def test_any_text(text):
    """No text raises, and a link is always of the strict form."""
    assert may_link(text) in {False, text.lower().startswith("https://")}
