"""The address of the API: one spelling, and no unprotected way to strangers."""

import pytest

from collect_xl.api.address import DEFAULT_ADDRESS, normalised
from collect_xl.errors import UsageError

# as people write it -> as identities hold it
SPELLINGS = {
    DEFAULT_ADDRESS: DEFAULT_ADDRESS,
    "https://API.UseCollect.com/v1/": DEFAULT_ADDRESS,
    "HTTPS://api.usecollect.com:443/v1": DEFAULT_ADDRESS,
    "  https://api.usecollect.com./v1 \n": DEFAULT_ADDRESS,
    "https://api.usecollect.com/V1": "https://api.usecollect.com/V1",
    "https://api.usecollect.com": "https://api.usecollect.com",
    "https://collect.example:8443//": "https://collect.example:8443",
    "http://127.0.0.1:80/v1": "http://127.0.0.1/v1",
    "http://127.9.8.7:9/v1": "http://127.9.8.7:9/v1",
    "http://LOCALHOST:8080/v1": "http://localhost:8080/v1",
    "http://[::1]:8080/v1": "http://[::1]:8080/v1",
    "https://[2001:DB8::1]/v1": "https://[2001:db8::1]/v1",
}


@pytest.mark.parametrize("written", SPELLINGS)
def test_one_spelling(written):
    """However an address is written, identities hold one spelling of it, and that spelling stays as it is."""
    assert (normalised(written), normalised(normalised(written))) == (SPELLINGS[written],) * 2


UNFIT = [
    "",
    "api.usecollect.com/v1",
    "ftp://api.usecollect.com",
    "https://",
    "https:///v1",
    "file:///etc/passwd",
    "http://api.usecollect.com/v1",
    "http://127.0.0.1.example.com/v1",
    "http://localhost.example.com/v1",
    "http://0.0.0.0/v1",
    "https://:secret@api.usecollect.com/v1",
    "https://api.usecollect.com/v1?key=secret",
    "https://api.usecollect.com/v1#secret",
    "https://api.usecollect.com:99999/v1",
    "https://api.usecollect.com:port/v1",
    "https://api.use collect.com/v1",
    "https://api.usecollect.com/v1\u202e",
    "https://[::1/v1",
]


@pytest.mark.parametrize("written", UNFIT)
def test_unfit(written):
    """What is no address, carries a secret, or goes unprotected over the network is refused without repeating it."""
    with pytest.raises(UsageError) as raised:
        normalised(written)
    assert ("secret" in str(raised.value), DEFAULT_ADDRESS in raised.value.tip) == (False, True)
