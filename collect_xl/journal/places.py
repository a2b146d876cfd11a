"""Where a journal is, and where it may: on a disk of this computer that nothing copies behind our back."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import product
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from collect_xl.domain.own_files import is_there
from collect_xl.errors import DiskError, JournalError
from collect_xl.remedies import Advice, Remedy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FILE_NAME = "journal.sqlite3"

# Names of folders whose content a service copies to other computers; one part of the path, ignoring case.
SYNCED: Mapping[str, re.Pattern[str]] = {
    "OneDrive": re.compile(r"onedrive( ?- ?.+)?"),
    "SharePoint": re.compile(r"sharepoint( ?- ?.+)?|sharedlibraries-.+"),
    "Dropbox": re.compile(r"dropbox( \(.+\)|-.+)?"),
    "Google Drive": re.compile(r"google ?drive(-.+| .+)?|my drive"),
    "iCloud": re.compile(r"icloud ?drive.*|com~apple~clouddocs|mobile documents"),
    "a cloud service": re.compile(r"cloudstorage"),  # ~/Library/CloudStorage on macOS, of any service
    "Box": re.compile(r"box(-box| sync)"),
    "Nextcloud": re.compile(r"nextcloud\d*|owncloud"),
}
# Files that a service leaves at the top of a folder it copies, whatever the folder's name.
MARKERS: Mapping[str, str] = {
    ".dropbox.cache": "Dropbox",
    ".stfolder": "Syncthing",
    ".nextcloudsync.log": "Nextcloud",
    ".tmp.drivedownload": "Google Drive",
}
# Kinds of file system that reach another computer, where SQLite's locks and shared memory do not hold.
NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "afs", "afpfs", "ncpfs", "coda", "davfs", "webdav"),
        # Clusters.
        *("beegfs", "ceph", "gfs", "gfs2", "glusterfs", "gpfs", "lustre", "ocfs2", "orangefs", "acfs"),
        # A virtual machine's or a container's window on its host.
        *("9p", "drvfs", "prl_fs", "vboxsf", "virtiofs", "vmhgfs"),
    }
)
# File systems in user space that are nevertheless local; any other may be anything.
LOCAL_FUSE = frozenset({"fuseblk", "fuse.fuse-overlayfs", "fuse.gocryptfs", "fuse.encfs", "fuse.ntfs-3g"})

_MACOS_MOUNT = re.compile(r"^.+? on (?P<at>/.*) \((?P<kind>[^,)]+)")
_OCTAL = re.compile(r"\\([0-7]{3})")
_DRIVE_REMOTE = 4
_REACH = Advice("Name a file on a disk of this computer.", (Remedy.MOVE_JOURNAL,))
_WITHOUT_PASSWORD = Advice("Take it out, or set COLLECT_XL_HISTORY_PASSWORD.", (Remedy.KEEP_JOURNAL_LOGIN,))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a journal is."""

    url: URL
    file: Path | None
    """The SQLite file; None for PostgreSQL and for a journal in memory."""
    shown: str
    """For messages: the path, or the URL without its password."""
    folder: Path
    """Holds ``runs/``, by which runs of this computer tell each other that they live."""

    @property
    def in_memory(self) -> bool:
        """Whether this is the stand-in for a journal that does not exist yet."""
        return self.url.database is None

    @property
    def on_server(self) -> bool:
        """Whether several computers may share it."""
        return self.file is None and not self.in_memory


def locate(url_or_path: str | None) -> Place:
    """Return the place that a setting names.

    Args:
        url_or_path: a file, ``sqlite:///FILE``, ``postgresql://...``; None for the user's data folder.

    Raises:
        JournalError: the URL is of another database, or the file would be where none may be.
    """
    if url_or_path is None:
        return _file_place(_default_folder() / FILE_NAME)
    if "://" not in url_or_path:
        return _file_place(Path(url_or_path))
    url = _parsed(url_or_path)
    kind = url.get_backend_name()
    if kind == "sqlite" and url.database:
        return _file_place(Path(url.database))
    if kind == "postgresql":
        _refuse_password(url)
        return Place(url.set(drivername="postgresql+psycopg"), None, url.render_as_string(), _default_folder())
    raise JournalError(
        f"A send history cannot be kept in {url.render_as_string()}.",
        tip="Name a file on this computer's own disk, or a postgresql:// URL.",
    )


def _refuse_password(url: URL) -> None:
    if url.password is not None or {"password", "sslpassword"} & url.query.keys():
        raise JournalError(
            "The send history's address holds a password, which does not belong there.",
            tip=_WITHOUT_PASSWORD,
        )


def _parsed(text: str) -> URL:
    try:
        return make_url(text)
    except (ArgumentError, ValueError):
        # The text may hold a password, so neither it nor the cause is shown.
        raise JournalError(
            "The send history's URL cannot be read.", tip="Write it as postgresql://USER@HOST/DATABASE."
        ) from None


def _file_place(path: Path) -> Place:
    try:
        named = path.expanduser()
        _refuse_link_to_nothing(named)
        file = named.resolve()
        _refuse_unsafe(file)
        # A name that is too long, or a folder that may not be entered, is found here and not in the middle of a run.
        file.exists()
    except DiskError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise JournalError(f"The send history {path} cannot be reached: {why}.", tip=_REACH) from error
    return place_of(file)


def _refuse_link_to_nothing(path: Path) -> None:
    # A journal that has moved is behind a link; a link to nothing would choose for us where a file is made.
    if path.is_symlink() and not path.exists():
        raise JournalError(f"The send history {path} is a link to a file that does not exist.", tip=_REACH)


def place_of(file: Path, shown: str = "") -> Place:
    """Return the place of a file that is known to be in a safe place."""
    return Place(URL.create("sqlite", database=str(file)), file, shown or str(file), file.parent)


def inode_of(file: Path | None) -> tuple[int, int] | None:
    """Return what tells a file from another one in its place; None for a journal that is no file."""
    if file is None:
        return None
    try:
        status = file.stat()
    except OSError:
        return (0, 0)
    return (status.st_dev, status.st_ino)


def memory_place(place: Place) -> Place:
    """Return a stand-in for a journal that does not exist yet."""
    return Place(URL.create("sqlite"), None, place.shown, place.folder)


def _default_folder() -> Path:
    """Return the folder of the user's data, which holds journal and run locks."""
    import platformdirs  # noqa: PLC0415  # only where no other place was named

    return platformdirs.user_data_path("collect-xl", appauthor=False)


def _refuse_unsafe(path: Path) -> None:
    """Raise ``JournalError`` when a journal at this place could not be trusted.

    Args:
        path: the journal's file, absolute and with links resolved.
    """
    reason = unsafe(path)
    if reason:
        raise JournalError(
            f"The send history {path} {reason}. Two computers could then both believe that a person was not asked yet.",
            tip="Keep it on this computer's own disk. To share one between computers, use a PostgreSQL database.",
            remedies=(Remedy.MOVE_JOURNAL,),
        )


def unsafe(path: Path) -> str:
    """Return why a place cannot hold a journal, as the end of a sentence, or nothing."""
    service = _syncing_service(path)
    if service:
        return f"would be in a folder that {service} copies to other computers"
    kind = _network_kind(path)
    if kind:
        return f"would be on a network share ({kind})"
    return ""


def _syncing_service(path: Path) -> str:
    for part in path.parent.parts:
        service = _service_by_name(part.casefold())
        if service:
            return service
    for folder, marker in product(path.parents, MARKERS):
        if is_there(folder / marker):
            return MARKERS[marker]
    return ""


def _service_by_name(folder: str) -> str:
    for service, pattern in SYNCED.items():
        if pattern.fullmatch(folder):
            return service
    return ""


def _network_kind(path: Path) -> str:
    if str(path).startswith(("\\\\", "//")):
        return "UNC path"
    if os.name == "nt":
        is_remote = _drive_type(path.anchor) == _DRIVE_REMOTE
        return "network drive" if is_remote else ""
    kind = kind_at(path, _mounts())
    return kind if is_network(kind) else ""


def is_network(kind: str) -> bool:
    """Return whether a kind of file system may reach another computer."""
    if kind in LOCAL_FUSE:
        return False
    # A file system in user space may be anything, so that only those listed as local are trusted.
    return kind in NETWORK or kind.startswith(("fuse", "osxfuse", "macfuse"))


def kind_at(path: PurePath, mounts: Iterator[tuple[str, str]]) -> str:
    """Return the kind of the file system that a path is on.

    Of two mounts on one point the later one counts.
    """
    nearest = ""
    kind = ""
    for mount_point, kind_there in mounts:
        if path.is_relative_to(mount_point) and len(mount_point) >= len(nearest):
            nearest = mount_point
            kind = kind_there
    return kind


def linux_mounts(text: str) -> Iterator[tuple[str, str]]:
    """Yield mount point and kind from the text of ``/proc/self/mounts``, where blanks are written in octal."""
    for line in text.splitlines():
        _, mount_point, kind, *_ = line.split(" ")
        yield _OCTAL.sub(lambda match: chr(int(match[1], 8)), mount_point), kind


def macos_mounts(text: str) -> Iterator[tuple[str, str]]:
    """Yield mount point and kind from what ``mount`` prints on macOS."""
    for line in text.splitlines():
        match = _MACOS_MOUNT.match(line)
        if match:
            yield match["at"], match["kind"]


def _mounts() -> Iterator[tuple[str, str]]:
    table = Path("/proc/self/mounts")
    if table.exists():
        try:
            return linux_mounts(table.read_text(encoding="utf-8", errors="surrogateescape"))
        except OSError as error:
            # Whether the journal is on a network share is then unknown, so nothing may be sent.
            message = f"{table} cannot be read: {error.strerror}. Nothing was sent."
            raise DiskError(message, tip="Run the same command again.") from error
    printed = subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=False, timeout=10)
    return macos_mounts(printed.stdout)


def _drive_type(anchor: str) -> int:
    if sys.platform == "win32":
        import ctypes  # noqa: PLC0415  # Windows only

        return int(ctypes.windll.kernel32.GetDriveTypeW(anchor))
    return 0
