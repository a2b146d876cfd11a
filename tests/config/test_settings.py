"""Settings: the environment before the per-user file, one spelling of the address, a file that its user alone reads."""

from __future__ import annotations

import os
import stat
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collect_xl.config import settings as module
from collect_xl.config.settings import Settings, config_file, load_settings, set_config
from collect_xl.errors import DiskError, UsageError
from collect_xl.journal import DEADLINE, LEASE


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A user without settings."""
    monkeypatch.setattr(module, "config_file", lambda: tmp_path / "collect-xl" / "config.toml")
    return tmp_path / "collect-xl"


def test_defaults():
    """Without any word of the user's: Collect's address, the user's data folder, ten minutes, one minute for lists."""
    assert load_settings({}) == Settings(
        "https://api.usecollect.com/v1", None, settle_after=600.0, list_lag=60.0, lease=LEASE, deadline=DEADLINE
    )


@pytest.mark.skipif(sys.platform == "win32", reason="rights and owners of POSIX")
@pytest.mark.parametrize("mode", [0o666, 0o660, 0o602, 0o646])
def test_settings_that_others_can_change(home, mode):
    """A file that others can write is not followed, and not rewritten: its address is where the key goes."""
    path = set_config("url", "https://file.example/v1")
    path.chmod(mode)
    for read in (lambda: load_settings({}), lambda: set_config("limit", "5")):
        with pytest.raises(UsageError, match="can be changed by others") as refused:
            read()
        assert f"chmod 600 {path}" in refused.value.tip
    path.chmod(0o644)
    assert load_settings({}).api_url == "https://file.example/v1"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_settings_of_another_user(home):
    """A file that belongs to another user is not followed."""
    path = set_config("url", "https://file.example/v1")
    os.chown(path, 4321, 4321)
    with pytest.raises(UsageError, match="belongs to another user"):
        load_settings({})


def test_settings_that_are_too_large(home):
    """A file far beyond any settings is told to be damaged, and not read whole."""
    path = set_config("limit", "5")
    path.write_text("#" * 200_000)
    with pytest.raises(UsageError, match="too large"):
        load_settings({})


def test_environment_goes_before_the_file(home):
    """A variable goes before the file; a blank one does not."""
    set_config("url", "https://file.example/v1")
    set_config("history", "postgresql://file/db")
    assert load_settings({"COLLECT_API_URL": " ", "COLLECT_XL_HISTORY": ""}) == Settings(
        "https://file.example/v1", "postgresql://file/db"
    )
    environ = {
        "COLLECT_API_URL": "https://env.example",
        "COLLECT_XL_HISTORY": "/j.db",
        "COLLECT_XL_LOOKUP_AFTER": "0.5",
    }
    assert load_settings(environ) == Settings("https://env.example", "/j.db", 0.5)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("HTTPS://API.UseCollect.com:443/v1/", "https://api.usecollect.com/v1", id="one-spelling"),
        pytest.param("http://127.0.0.1:8080/", "http://127.0.0.1:8080", id="loopback"),
        pytest.param("http://localhost:80", "http://localhost", id="localhost"),
    ],
)
def test_address_has_one_spelling(text, url):
    """However the address is written, identities are made of one spelling of it."""
    found = load_settings({"COLLECT_API_URL": text})
    assert (found.api_url, found.origin) == (url, url)


@pytest.mark.parametrize(
    "text", ["http://collect.example/v1", "ftp://x", "collect", "https://user:pw@x/", "https://x/?k=1"]
)
def test_address_that_is_not_safe(text):
    """Plain http to another machine, or an address with more in it, is refused before any key goes there."""
    with pytest.raises(UsageError) as caught:
        load_settings({"COLLECT_API_URL": text})
    assert caught.value.tip
    with pytest.raises(UsageError):
        set_config("url", text)


@pytest.mark.parametrize("text", ["soon", "-1", "nan", "inf", "1e9"])
def test_wrong_wait(text):
    """The wait is a number of seconds, at most a week."""
    with pytest.raises(UsageError, match="COLLECT_XL_LOOKUP_AFTER") as caught:
        load_settings({"COLLECT_XL_LOOKUP_AFTER": text})
    assert caught.value.tip


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080", "http://localhost"])
def test_lists_of_a_server_on_this_computer_may_lag_less(url):
    """A test against a server on this computer need not wait a minute for its lists."""
    assert load_settings({"COLLECT_API_URL": url, "COLLECT_XL_LIST_LAG": "0.3"}).list_lag == 0.3


@pytest.mark.parametrize("text", ["0.3", "59", "soon", "-1", "nan", "inf", "1e9"])
def test_lists_of_collect_may_lag_a_minute(text):
    """How long Collect's lists may lag is at least a minute: less would believe absence too early, and ask twice."""
    with pytest.raises(UsageError, match="COLLECT_XL_LIST_LAG") as caught:
        load_settings({"COLLECT_XL_LIST_LAG": text})
    assert caught.value.tip


def test_lists_may_lag_longer():
    """A longer lag than a minute is taken for any server."""
    assert load_settings({"COLLECT_XL_LIST_LAG": "90"}).list_lag == 90.0


def test_kept_setting_is_replaced_and_removed(home):
    """A later value replaces an earlier one, and an empty one removes it; other settings stay."""
    set_config("url", "https://one.example")
    set_config("history", "postgresql://db")
    assert set_config("url", "https://two.example/") == home / "config.toml"
    assert load_settings({}) == Settings("https://two.example", "postgresql://db")
    set_config("url", " ")
    assert load_settings({}) == Settings(journal="postgresql://db")


def test_journal_is_kept_as_an_absolute_path(tmp_path, monkeypatch):
    """A scheduled run, which starts in another folder, finds the same journal."""
    monkeypatch.chdir(tmp_path)
    set_config("history", "my journal.db")
    assert load_settings({}).journal == str(tmp_path / "my journal.db")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps rights elsewhere")
def test_file_is_private_and_alone(home):
    """Settings are nobody else's business: only the user can read the file, and nothing is left beside it."""
    set_config("history", "postgresql://ann@db/journal")
    assert [path.name for path in home.iterdir()] == ["config.toml"]
    assert stat.S_IMODE((home / "config.toml").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "place",
    [
        "postgresql://ann:s3cret@db/journal",
        "postgresql+psycopg://ann:@db/journal",
        "postgresql://db/journal?user=ann&password=s3cret",
        "postgresql://db/journal?sslpassword=s3cret",
    ],
)
def test_journal_with_a_password_is_refused(home, place):
    """A password in the journal's address is refused where it is kept and where it is read, and is not repeated."""
    for refused in (lambda: set_config("history", place), lambda: load_settings({"COLLECT_XL_HISTORY": place})):
        with pytest.raises(UsageError, match="holds a password") as found:
            refused()
        assert "s3cret" not in f"{found.value}{found.value.tip}"
    assert not home.exists()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.text().filter(str.strip))
def test_any_journal_that_is_kept_is_read_again(text):
    """A place with quotes, backslashes or any other letters comes back as it was."""
    try:
        set_config("history", f"db://{text}")
    except UsageError as error:
        assert error.tip  # noqa: PT017  # a place with control characters is refused
    else:
        assert load_settings({}).journal == f"db://{text}".strip()


def test_unknown_setting():
    """Only the settings that every front end reads are kept."""
    with pytest.raises(UsageError, match='no setting "key"'):
        set_config("key", "s3cr3t")


@pytest.mark.parametrize("text", ["url = ", "api_key = 'x'", "url = 1", "\ufeff\x00", "[url]\nx=1"])
def test_file_that_cannot_be_read(home, text):
    """A damaged file, or one with words that mean nothing, is an error that names it: no setting is lost in silence."""
    home.mkdir()
    (home / "config.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"config\.toml"):
        load_settings({})
    with pytest.raises(UsageError):
        set_config("url", "https://x.example")
    assert (home / "config.toml").read_text(encoding="utf-8") == text


def test_disk_that_refuses(home):
    """A setting that cannot be kept is an error, and the old file stays."""
    home.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises((DiskError, UsageError)) as caught:
        set_config("url", "https://x.example")
    assert caught.value.tip


def test_file_lies_in_the_users_own_folder(monkeypatch, tmp_path):
    """The file lies where the system wants a user's settings."""
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_file().name == "config.toml"
    assert config_file().parent.name == "collect-xl"


def test_settings_load_nothing_heavy():
    """Reading the settings, as every command does, loads neither the database's nor the network's library."""
    heavy = ("sqlalchemy", "requests", "urllib3", "keyring", "email_validator", "marshmallow")
    code = f"import sys, collect_xl.config.settings; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_smallest_limit_is_named():
    """A limit that is too small is refused with the smallest number, where it is kept and where it is read."""
    for refused in (lambda: set_config("per-minute", "0"), lambda: load_settings({"COLLECT_XL_PER_MINUTE": "0"})):
        with pytest.raises(UsageError, match="expected a whole number from 1 on"):
            refused()
