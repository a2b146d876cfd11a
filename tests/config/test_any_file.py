"""Whatever a settings file or a key file holds: settings and a key, or words that name the file."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.config import settings as module
from collect_xl.config.credentials import FILE_VARIABLE, find_key
from collect_xl.config.settings import CONFIG_NAMES, Settings, load_settings
from collect_xl.errors import AccountError, CollectXlError, UsageError

SHORT = 9
"""Letters of a key that may stand in the name of a file by chance."""
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
VALUES = st.sampled_from(
    [
        *("https://api.usecollect.com/v1", "http://[", "https://[x", "ftp://a", "//", "https://a:99999", "\u2100.com"),
        *("0", "-1", "1e3", "9" * 400, "٣", "nan", "postgresql://a:b@c/d", "sqlite:///x", "ann@x.example", "\x00"),
    ]
) | st.text(max_size=20)
LINES = st.builds(
    lambda name, equals, quote, value: f"{name}{equals}{quote}{value}{quote}",
    st.sampled_from([*CONFIG_NAMES, "key", "", "[x]", "url.a"]),
    st.sampled_from([" = ", "=", " "]),
    st.sampled_from(['"', "'", '"""', ""]),
    VALUES,
)
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "latin-1"])
FILES = st.binary(max_size=200) | st.builds(
    lambda lines, encoding: "\n".join(lines).encode(encoding, "ignore"), st.lists(LINES, max_size=4), ENCODINGS
)
KEYS = (
    st.binary(max_size=200)
    | st.builds(lambda text, encoding: text.encode(encoding, "ignore"), st.text(max_size=40), ENCODINGS)
    | st.sampled_from([b"", b"a" * 5_000, b"key\r\n", b"\xef\xbb\xbfkey", b"\xff\xfek\0e\0y\0", b"key\0", b"a b"])
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder for the files of all examples."""
    return tmp_path_factory.mktemp("any")


def read(folder, config_file, settings_file, key_file):
    """Read a settings file and a key file; words name the file that is wrong, and never show a key."""
    config_file.write_bytes(settings_file)
    refused = refusal_of(lambda: load_settings({}))
    assert refused is None or isinstance(refused, UsageError)
    path = folder / "key"
    path.write_bytes(key_file)
    path.chmod(0o600)
    refused = refusal_of(lambda: find_key(Settings(), {FILE_VARIABLE: str(path)}))
    if refused is not None:
        assert isinstance(refused, AccountError)
        assert str(path) in refused.message
        return
    key = find_key(Settings(), {FILE_VARIABLE: str(path)})
    assert key.secret.isascii()
    assert key.secret.isprintable()
    # where it comes from may be told, and may happen to say the same
    assert key.secret not in repr(key).replace(key.source, "") or len(key.secret) < SHORT


def refusal_of(look):
    """Return the error that a look at a file ends in, whose words can be shown; None where there is none."""
    try:
        look()
    except CollectXlError as error:
        refused = error
    else:
        return None
    assert (bool(refused.message), bool(refused.tip)) == (True, True)
    str(refused).encode()
    return refused


@pytest.fixture
def settings_file(folder, monkeypatch):
    """Return where the settings are looked for."""
    file = folder / "config.toml"
    monkeypatch.setattr(module, "config_file", lambda: file)
    return file


@pytest.mark.slow
@settings(max_examples=150, derandomize=True, **SETTINGS)
@given(content=FILES, key=KEYS)
def test_any_file(folder, settings_file, content, key):
    """A file is read, or refused in words that say which file it is."""
    read(folder, settings_file, content, key)


@pytest.mark.proof
@pytest.mark.whole
@pytest.mark.slow
@pytest.mark.timeout(7_200)  # seconds, on a busy machine
@settings(max_examples=20_000, database=None, **SETTINGS)
@given(content=FILES, key=KEYS)
def test_any_file_tried_hard(folder, settings_file, content, key):
    """The same, with twenty thousand files of each kind."""
    read(folder, settings_file, content, key)
