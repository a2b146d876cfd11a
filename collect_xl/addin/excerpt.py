"""What the add-in takes of xlwings' own VBA module: the licence, the version, and the procedures that ours call."""

from __future__ import annotations

import re

from collect_xl.errors import AddinError

# What is taken, and what it looks like; each must be there exactly once, or the build fails.
TAKEN = (
    ("the licence", r"^'Version: \S+\n.*?POSSIBILITY OF SUCH DAMAGE\.$"),
    ("the version", r'^Public Const XLWINGS_VERSION As String = "[\w.]+"$'),
    ("WScript, which starts programs on Windows", r"^Function WScript\(.*?^End Function$"),
    ("SheetExists", r"^Function SheetExists\(wb As Workbook, .*?^End Function$"),
)
"""Nothing else is taken: RunPython waits until Python has ended, lets the active workbook and its folder choose the
interpreter and ``sys.path``, runs code that is embedded in sheets, and hands names to a shell unquoted; the rest
declares functions of a DLL."""

_HEAD = """\
Attribute VB_Name = "xlwings"
Option Explicit

' An excerpt of the module xlwings of the installed xlwings, unchanged, made by collect-xl."""


def excerpt(module: str, version: str) -> str:
    """Return the module that goes into the add-in.

    Args:
        module: the source of xlwings' module for add-ins, its lines ending with a line feed alone.
        version: what the installed xlwings says it is.

    Raises:
        AddinError: a part is missing or ambiguous, or the module is of another version.
    """
    parts = [_part(module, name, pattern) for name, pattern in TAKEN]
    source = "\n\n".join([_HEAD, *parts]) + "\n"
    if f'XLWINGS_VERSION As String = "{version}"' not in source:
        raise AddinError(f"The VBA module of xlwings is not that of version {version}.", tip="Install xlwings again.")
    return source


def _part(module: str, name: str, pattern: str) -> str:
    matches = re.findall(pattern, module, re.MULTILINE | re.DOTALL)
    if len(matches) != 1:
        raise AddinError(
            f"xlwings' VBA module holds {name} {len(matches)} times; expected once.",
            tip="Install the release of xlwings that collect-xl asks for: pip install --force-reinstall collect-xl",
        )
    return str(matches[0])
