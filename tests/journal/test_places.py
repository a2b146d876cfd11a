"""Where a journal may lie."""

from __future__ import annotations

import stat
from pathlib import Path, PurePosixPath

import pytest

from collect_xl.errors import JournalError
from collect_xl.journal import open_journal
from collect_xl.journal.places import is_network, kind_at, linux_mounts, locate, macos_mounts
from support.systems import posix_rights, symbolic_links, xdg_folders

LINUX = """\
/dev/sda2 / ext4 rw,relatime 0 0
tmpfs /tmp tmpfs rw 0 0
//server/share /mnt/share cifs rw,vers=3.0 0 0
server:/export /home nfs4 rw 0 0
server:/ann /home/ann\\040smith nfs rw 0 0
C:\\134 /mnt/c 9p rw 0 0
/dev/sdb1 /media/disk fuseblk rw 0 0
ann@host:/ /home/bob/remote fuse.sshfs rw 0 0
/dev/sdc1 /home/bob ext4 rw 0 0
server:/new /mnt/over nfs rw 0 0
/dev/sdd1 /mnt/over xfs rw 0 0
"""
MACOS = """\
/dev/disk3s1s1 on / (apfs, sealed, local, read-only, journaled)
/dev/disk3s5 on /System/Volumes/Data (apfs, local, journaled, nobrowse)
//ann@server/share on /Volumes/share (smbfs, nodev, nosuid, mounted by ann)
/dev/disk5s1 on /Volumes/Ann (old) (hfs, local)
drivefs on /Volumes/Drive (macfuse, local, synchronous)
"""


@pytest.mark.parametrize(
    ("path", "kind", "refused"),
    [
        pytest.param("/var/lib/j", "ext4", False, id="root"),
        pytest.param("/mnt/share/x/j", "cifs", True, id="cifs"),
        pytest.param("/home/eve/j", "nfs4", True, id="nfs"),
        pytest.param("/home/ann smith/j", "nfs", True, id="a blank in the mount point"),
        pytest.param("/mnt/c/Users/j", "9p", True, id="Windows seen from WSL"),
        pytest.param("/media/disk/j", "fuseblk", False, id="NTFS on a local disk"),
        pytest.param("/home/bob/remote/j", "fuse.sshfs", True, id="sshfs"),
        pytest.param("/home/bob/j", "ext4", False, id="a local disk below a share"),
        pytest.param("/mnt/over/j", "xfs", False, id="the later of two mounts"),
    ],
)
def test_linux_mounts(path, kind, refused):
    """The file system that a path lies on is found among Linux's mounts, and shares are told from disks."""
    found = kind_at(PurePosixPath(path), linux_mounts(LINUX))
    assert (found, is_network(found)) == (kind, refused)


@pytest.mark.parametrize(
    ("path", "kind", "refused"),
    [
        pytest.param("/Users/ann/j", "apfs", False, id="own disk"),
        pytest.param("/Volumes/share/j", "smbfs", True, id="share"),
        pytest.param("/Volumes/Ann (old)/j", "hfs", False, id="brackets in the name"),
        pytest.param("/Volumes/Drive/j", "macfuse", True, id="user-space file system"),
    ],
)
def test_macos_mounts(path, kind, refused):
    """The file system that a path lies on is found in what macOS prints, and shares are told from disks."""
    found = kind_at(PurePosixPath(path), macos_mounts(MACOS))
    assert (found, is_network(found)) == (kind, refused)


@pytest.mark.parametrize(
    "folder",
    [
        "OneDrive",
        "OneDrive - Contoso Ltd",
        "SharePoint",
        "Dropbox",
        "Dropbox (Personal)",
        "Google Drive",
        "GoogleDrive-ann@acme.com",
        "My Drive",
        "iCloudDrive",
        "Library/Mobile Documents/com~apple~CloudDocs",
        "Library/CloudStorage/Somebody-ann",
        "Box Sync",
        "Nextcloud",
    ],
)
def test_synced_folders_are_refused(tmp_path, folder):
    """A folder that a service copies to other computers is refused, with the remedy, and nothing is made there."""
    file = tmp_path / folder / "work" / "journal.sqlite3"
    with pytest.raises(JournalError, match="copies to other computers") as refused:
        open_journal(str(file), who="ann")
    assert "PostgreSQL" in refused.value.tip
    assert list(tmp_path.iterdir()) == []


def test_a_synced_folder_is_known_by_its_marker(tmp_path):
    """A folder of another name is refused when a service's own file lies at its top."""
    (tmp_path / "shared" / ".stfolder").mkdir(parents=True)
    with pytest.raises(JournalError, match="Syncthing"):
        locate(str(tmp_path / "shared" / "journal.sqlite3"))


@symbolic_links
def test_a_link_into_a_synced_folder_is_seen_through(tmp_path):
    """A link does not hide where the journal lies."""
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "plain").symlink_to(tmp_path / "Dropbox")
    with pytest.raises(JournalError, match="Dropbox"):
        locate(str(tmp_path / "plain" / "journal.sqlite3"))


@pytest.mark.parametrize("folder", ["boxes", "My Drives", "one drive at a time", "dropboxes", "drive"])
def test_plain_folders_are_not_taken_for_synced_ones(tmp_path, folder):
    """A folder whose name only resembles a service's is fine."""
    assert locate(str(tmp_path / folder / "journal.sqlite3")).file == tmp_path / folder / "journal.sqlite3"


@xdg_folders
def test_the_default_place(tmp_path):
    """Without a setting the journal lies in the user's data folder."""
    assert locate(None).file == tmp_path / "xdg" / "collect-xl" / "journal.sqlite3"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        pytest.param("mysql://ann:secret@host/db", "cannot be kept in mysql://ann:***@host/db", id="another database"),
        pytest.param("sqlite://", "cannot be kept", id="memory"),
        pytest.param("postgresql://ann:secret@host:port/db", "URL cannot be read", id="no URL"),
    ],
)
def test_other_urls_are_refused_without_their_password(url, words):
    """A URL that names no journal is refused, and its password is not shown."""
    with pytest.raises(JournalError) as refused:
        locate(url)
    assert words in refused.value.message
    assert "secret" not in f"{refused.value} {refused.value.tip} {refused.value.__cause__}"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_urls(scheme):
    """A PostgreSQL URL of any driver is read with ours."""
    place = locate(f"{scheme}://ann@host/db")
    assert (place.url.drivername, place.shown) == ("postgresql+psycopg", f"{scheme}://ann@host/db")


@posix_rights
def test_only_its_user_can_read_a_journal(file):
    """File, side files and folder of a new journal are its user's alone, from the moment they exist."""
    file.parent.parent.chmod(0o755)
    with open_journal(str(file), who="ann"):
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in [file.parent, *file.parent.iterdir()]}
    assert dict.fromkeys(modes, 0o600) | {"data": 0o700} == modes
    assert {"data", file.name, f"{file.name}-wal", f"{file.name}-shm", f"{file.name}.lock"} == set(modes)


@posix_rights
def test_a_journal_that_others_could_read_is_narrowed(file):
    """A journal that came back from a copy with wider rights is its user's alone again."""
    open_journal(str(file), who="ann").close()
    file.chmod(0o644)
    open_journal(str(file), who="ann").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_looking_makes_nothing(file):
    """Opened only to look, a journal that does not exist stays so: it knows nobody, and keeps nothing."""
    with open_journal(str(file), who="ann", create=False) as journal:
        assert list(journal.claims("o", "t", "c")) == []
        assert journal.account("o") is None
    assert not file.parent.exists()


def test_a_home_folder_that_is_a_tilde():
    """A path below the home folder may be written with a tilde."""
    assert locate("~/journal.sqlite3").file == Path.home() / "journal.sqlite3"
