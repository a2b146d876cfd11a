"""Where the API key is found and kept: in which order, from which stores only, and never in sight."""

from __future__ import annotations

import os
import subprocess
import sys

import keyring
import pytest
from keyring.backends import fail, null

from collect_xl.config import credentials as keys
from collect_xl.config.credentials import Key, delete_key, find_key, key_status, set_key
from collect_xl.config.settings import Settings
from collect_xl.errors import AccountError, KeyMissing, UsageError
from support.keystore import ForgetfulStore, LockedStore, PlaintextStore, TrustedStore, chain

SECRET = "s3cr3t-k3y"
HERE = Settings()
ELSEWHERE = Settings(api_url="https://collect.example/v1")


@pytest.fixture(autouse=True)
def no_keyring_of_this_machine():
    """Each test starts on a system without any store, and leaves none behind."""
    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def install(monkeypatch):
    """Make stores the system's own; all but the plain-text one are on the list of trusted ones."""

    def put(*stores):
        for store in stores:
            if not isinstance(store, PlaintextStore):
                monkeypatch.setitem(keys.STORES, keys._path(store), f"the {type(store).__name__}")
        keyring.set_keyring(chain(*stores) if len(stores) > 1 else stores[0])

    return put


@pytest.fixture
def key_file(tmp_path):
    """A private file that holds a key."""
    path = tmp_path / "key"
    path.touch(mode=0o600)
    path.write_text(f" {SECRET}\n", encoding="utf-8")
    return path


def test_environment_goes_first(install, key_file):
    """The variable goes before the file, and the file before the store."""
    store = TrustedStore()
    install(store)
    set_key(HERE, "from-store")
    file = {"COLLECT_API_KEY_FILE": str(key_file)}
    assert find_key(HERE, {"COLLECT_API_KEY": " from-variable\n", **file}).secret == "from-variable"
    assert find_key(HERE, {"COLLECT_API_KEY": " ", **file}) == Key(
        SECRET, f"the file {key_file} (COLLECT_API_KEY_FILE)"
    )
    assert find_key(HERE, {}) == Key("from-store", "the TrustedStore")


def test_no_key_anywhere(install):
    """Without a key the error names the variable and the command that would give one."""
    install(TrustedStore())
    with pytest.raises(KeyMissing, match=r"no API key for https://api\.usecollect\.com/v1") as caught:
        find_key(HERE, {})
    assert "COLLECT_API_KEY" in caught.value.tip
    assert "Keep the API key in the key store." in caught.value.tip


def test_key_of_one_server_is_never_found_for_another(install):
    """A key is kept under the server's address, port and path included."""
    install(TrustedStore())
    set_key(HERE, SECRET)
    for settings in (
        ELSEWHERE,
        Settings(api_url="https://api.usecollect.com:8443/v1"),
        Settings(api_url="http://localhost/v1"),
    ):
        with pytest.raises(KeyMissing):
            find_key(settings, {})


def test_set_status_delete(install):
    """A key that was kept is found, told by its place only, and forgotten again."""
    store = TrustedStore()
    install(store)
    assert set_key(HERE, f" {SECRET}\n") == "the TrustedStore"
    assert store.kept == {("collect-xl https://api.usecollect.com/v1", "api-key"): SECRET}
    assert key_status(HERE, {}) == "the TrustedStore"
    assert delete_key(HERE) is True
    assert delete_key(HERE) is False
    assert store.kept == {}


def test_first_trusted_store_of_a_chain_is_used(install):
    """Where a system has several stores, untrusted ones are passed over."""
    plain, first, second = PlaintextStore(), TrustedStore(), TrustedStore()
    install(plain, first, second)
    set_key(HERE, SECRET)
    assert (len(plain.kept), len(first.kept), len(second.kept)) == (0, 1, 0)


def test_key_is_forgotten_in_every_store(install):
    """Deleting reaches all stores, so that no old key comes back."""
    first, second = TrustedStore(), TrustedStore()
    install(first, second)
    for store in (first, second):
        store.set_password(keys._service(HERE), "api-key", SECRET)
    delete_key(HERE)
    assert (first.kept, second.kept) == ({}, {})


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(fail.Keyring, id="fail"),
        pytest.param(null.Keyring, id="null"),
        pytest.param(PlaintextStore, id="plain-text"),
    ],
)
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda: find_key(HERE, {}), id="find"),
        pytest.param(lambda: set_key(HERE, SECRET), id="set"),
        pytest.param(lambda: delete_key(HERE), id="delete"),
        pytest.param(lambda: key_status(HERE, {}), id="status"),
    ],
)
def test_stores_that_are_not_trusted(install, store, use):
    """A store that keeps nothing, or in plain text, is not used; the error names the variable."""
    made = store()
    install(made) if store is PlaintextStore else keyring.set_keyring(made)
    with pytest.raises(KeyMissing, match="No secure credential store") as caught:
        use()
    assert "COLLECT_API_KEY" in caught.value.tip
    assert not getattr(made, "kept", None)


@pytest.mark.parametrize(
    "store", [pytest.param(LockedStore, id="locked"), pytest.param(ForgetfulStore, id="forgetful")]
)
def test_store_that_does_not_do_it(install, store):
    """A store that refuses, or does not keep what it took, is an error without the key in it."""
    install(store())
    with pytest.raises(KeyMissing) as caught:
        set_key(HERE, SECRET)
    assert "COLLECT_API_KEY" in caught.value.tip
    assert SECRET not in f"{caught.value!r} {caught.value.tip}"


def test_backend_that_cannot_be_loaded(monkeypatch):
    """A backend that the user named and that is not there is an error with the remedy."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "nowhere.Keyring")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    with pytest.raises(KeyMissing, match="ModuleNotFoundError"):
        find_key(HERE, {})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644])
@pytest.mark.skipif(os.name == "nt", reason="Windows keeps rights elsewhere")
def test_file_that_others_can_read(key_file, mode):
    """A key file that others may read or write is refused, with the command that mends it."""
    key_file.chmod(mode)
    with pytest.raises(AccountError, match="Others can read") as caught:
        find_key(HERE, {"COLLECT_API_KEY_FILE": str(key_file)})
    assert caught.value.tip.startswith(f"Make it private: chmod 600 {key_file}")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give a file away")
def test_file_of_another_user(key_file):
    """A key file that another user wrote is refused, though only that user can read it."""
    os.chown(key_file, 4321, 4321)
    with pytest.raises(AccountError, match="belongs to another user"):
        find_key(HERE, {"COLLECT_API_KEY_FILE": str(key_file)})


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        pytest.param("\ufeff", "utf-8", id="PowerShell-utf8"),
        pytest.param("\ufeff", "utf-16-le", id="PowerShell-unicode"),
        pytest.param("\ufeff", "utf-16-be", id="bigendian"),
        pytest.param("", "utf-16-le", id="utf-16-le-without-mark"),
        pytest.param("", "utf-16-be", id="utf-16-be-without-mark"),
    ],
)
def test_file_as_other_programs_write_it(key_file, mark, encoding):
    """A key file with a byte-order mark, or in UTF-16, holds the key all the same."""
    key_file.write_bytes(f"{mark}{SECRET}\r\n".encode(encoding))
    assert find_key(HERE, {"COLLECT_API_KEY_FILE": str(key_file)}).secret == SECRET


def test_file_that_is_too_long(key_file):
    """A key that was cut off is not taken for a whole one."""
    key_file.write_bytes(b"\xff\xfe" + ("x" * 5000).encode("utf-16-le"))
    with pytest.raises(AccountError, match="holds is no API key"):
        find_key(HERE, {"COLLECT_API_KEY_FILE": str(key_file)})


def test_file_that_is_not_there(tmp_path):
    """A key file that cannot be read is an error; the store is not asked instead."""
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(KeyMissing, match="cannot be read"):
            find_key(HERE, {"COLLECT_API_KEY_FILE": str(path)})


@pytest.mark.parametrize("text", ["", "two words", "k\u00e9y", "a\nb", "x" * 5000, "\x00"])
def test_text_that_is_no_key(key_file, text):
    """An empty file, prose or a binary is no key, and is not repeated."""
    key_file.write_text(text, encoding="utf-8")
    with pytest.raises(AccountError, match="holds is no API key") as caught:
        find_key(HERE, {"COLLECT_API_KEY_FILE": str(key_file)})
    assert not text or text not in str(caught.value)


def test_key_is_never_shown():
    """Neither form of a key's text holds the secret."""
    key = find_key(HERE, {"COLLECT_API_KEY": SECRET})
    assert SECRET not in f"{key!r} {key}"


def test_named_stores_exist():
    """The list names real classes of the installed keyring; those of other systems by their modules' texts."""
    for path in keys.STORES:
        module, _, name = path.rpartition(".")
        found = __import__(module, fromlist=[name])
        assert name == "WinVaultKeyring" or path.startswith("keyring.backends.macOS") or hasattr(found, name)


def test_keyring_is_imported_only_when_asked():
    """Starting the program wakes neither keyring nor the desktop's services."""
    code = "import sys, collect_xl.config.credentials; print('keyring' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


SERVER = Settings(journal="postgresql://ann@db.example:5432/journal?sslmode=verify-full")


def test_password_of_the_journal_is_kept_for_one_server(install):
    """The store gives the password to the server that it was kept for, however one connects to it, and to no other."""
    install(TrustedStore())
    assert keys.set_password(SERVER, SECRET) == "the TrustedStore"
    assert keys.find_password(SERVER, {}) == SECRET
    assert keys.find_password(Settings(journal="postgresql://ann@db.example:5432/journal"), {}) == SECRET
    for other in ("postgresql://bob@db.example:5432/journal", "postgresql://ann@evil.example:5432/journal", "j.db"):
        assert keys.find_password(Settings(journal=other), {}) is None
    assert "store" in keys.password_status(SERVER, {})
    with pytest.raises(KeyMissing):
        find_key(SERVER, {})
    assert (keys.delete_password(SERVER), keys.delete_password(SERVER)) == (True, False)
    assert keys.find_password(SERVER, {}) is None


def test_environment_goes_before_the_store_for_passwords(install):
    """Our variable goes first; who sets one of PostgreSQL's own means it, and the store is not asked."""
    install(TrustedStore())
    keys.set_password(SERVER, "from-store")
    assert keys.find_password(SERVER, {"COLLECT_XL_HISTORY_PASSWORD": "ours", "PGPASSWORD": "theirs"}) == "ours"
    for name in ("PGPASSWORD", "PGPASSFILE"):
        assert keys.find_password(SERVER, {name: "theirs"}) is None
        assert name in keys.password_status(SERVER, {name: "theirs"})


def test_journal_without_a_store_is_left_to_its_server(install):
    """Without a store, or with a locked one, PostgreSQL's own library decides; a file has no password at all."""
    assert keys.find_password(SERVER, {}) is None
    install(LockedStore())
    assert keys.find_password(SERVER, {}) is None
    with pytest.raises(KeyMissing, match="locked") as refused:
        keys.set_password(SERVER, SECRET)
    assert SECRET not in str(refused.value)
    with pytest.raises(UsageError, match="no password"):
        keys.set_password(Settings(), SECRET)
