"""appscript's own Python code, from its wheel for macOS: what it makes of a command, up to the event that is sent.

The one compiled module, which speaks to macOS, is replaced by one that knows nothing. Run as a program it prints what
each box of ours would send.
"""

from __future__ import annotations

import json
import subprocess
import sys
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

PROJECT = Path(__file__).parents[2]

ALERT = {"message": b"mesS", "buttons": b"btns", "default_button": b"dflt", "cancel_button": b"cbtn"}
"""Words of ``display alert`` -> their codes, as StandardAdditions has them."""


def fetched(folder: Path) -> Path:
    """Fetch the wheel into a folder, and return where its code is.

    Raises:
        CalledProcessError: there is no index.
    """
    for_macos = ("--only-binary=:all:", "--platform", "macosx_11_0_arm64", "--python-version", "3.11")
    pinned = ("-c", str(PROJECT / "constraints.txt"))
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", *for_macos, *pinned, "-d", str(folder)]
    subprocess.run([*command, "appscript"], check=True, capture_output=True, timeout=300)
    with zipfile.ZipFile(next(folder.glob("appscript-*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder / "aeosa"


class _Nothing(Exception):
    """Whatever a module has that is not here: it does nothing."""

    def __getattr__(self, name: str) -> Callable[..., None]:
        return lambda *_: None


class _Absent(types.ModuleType):
    """A module that is not here: whatever is asked of it is a class of that name."""

    def __getattr__(self, name: str) -> type:
        return type(name, (_Nothing,), {})


class _Target:
    """An application that notes what is sent to it."""

    def __init__(self) -> None:
        self.sent: list[dict[str, object]] = []

    def event(self, code, params, atts, codecs=None):  # noqa: ARG002  # appscript's names
        def send(timeout, flags):
            values = {key.decode(): value for key, value in params.items()}
            self.sent.append({"timeout": timeout, "waits": bool(flags & 3 == 3), **values})
            return {}

        return SimpleNamespace(send=send)


def main() -> None:
    """Show a question, a message and a call without a word about time, and print what is sent."""
    sys.path.insert(0, sys.argv[1])
    sys.modules["aem.ae"] = _Absent("aem.ae")
    sys.modules["lxml"] = _Absent("lxml")  # it reads what applications say of themselves, which none does here
    import aem  # noqa: PLC0415
    from appscript.reference import Command  # noqa: PLC0415

    from collect_xl.addin.boxes import Box, mac_box  # noqa: PLC0415

    target = _Target()
    application = SimpleNamespace(AS_appdata=SimpleNamespace(target=lambda: target), AS_aemreference=aem.app)
    alert = Command(application, "display_alert", b"sysodisA", ALERT)
    additions = SimpleNamespace(activate=lambda: None, display_alert=alert)
    app = SimpleNamespace(pid=1)
    mac_box(app, Box("Send 253 requests?", "question", "Send 253 requests"), lambda _: additions)
    mac_box(app, Box("Done.", "warning"), lambda _: additions)
    alert("plain")
    print(json.dumps({"sent": target.sent, "never": aem.kae.kNoTimeOut}))  # noqa: T201


if __name__ == "__main__":
    main()
