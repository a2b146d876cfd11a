"""Files that are only beside a workbook: Excel's own lock file, and the copies that a first write keeps."""

from __future__ import annotations

import re
from pathlib import Path

from collect_xl.domain.own_files import is_there

_EXCEL_LOCK = "~$"
"""How the name of the file begins that Excel lays beside a workbook that it has open."""

_BACKUP = re.compile(r"\.backup( \d+)?$")
"""How the names end, without suffix, that ``ooxml.atomic_save.backup`` gives to its copies."""


def lies_beside(path: Path) -> bool:
    """Return whether a file is no workbook of the user's own, but is beside one.

    A file that is only called like a copy, without the workbook that it would be a copy of, is the user's own.
    """
    if path.name.startswith(_EXCEL_LOCK):
        return True
    stem_of_original = _BACKUP.sub("", path.stem)
    is_called_a_copy = stem_of_original != path.stem
    return is_called_a_copy and is_there(path.with_stem(stem_of_original))
