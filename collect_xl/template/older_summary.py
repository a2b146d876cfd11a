"""The summary of an older template: its formulas counted dates that were texts, and are changed to count real ones."""

from __future__ import annotations

import html
import re
from pathlib import Path

from collect_xl.ooxml.atomic_save import Draft
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.zip_writer import Rewrite
from collect_xl.workbook.template_version import summary_part

_FORMULA = re.compile(rb"(<(?:[\w.-]+:)?f>)([^<]*)(</(?:[\w.-]+:)?f>)")

# As the templates of version 1 and 2 had them. A sheet's name has quotes or none, as the program that saved it likes.
_DATED_RANGE = r"""SUMPRODUCT\(MAX\(\("0"&SUBSTITUTE\(([^,()]+),"-",""\)\)\+0\)\)"""
_NEWEST_DAY = re.compile(rf"IFERROR\(MAX\({_DATED_RANGE},{_DATED_RANGE}\),0\)")
_STILL_OPEN = r"""((?:,[^,()]+,"<>[a-z]+")+)"""
_DUE_ON = re.compile(rf"""IF\((\$?B\$?\d+)="",0,COUNTIFS\(([^,()]+),YEAR\(.*?,2\){_STILL_OPEN}\)\+COUNTIFS\(.*\)""")
_TEXT_DATES = ("SUBSTITUTE(", '&"T1*"')
"""What formulas hold that count texts."""


def bring_up_summary(path: Path) -> bool:
    """Change the formulas of a workbook's summary that count dates; return whether all that counted texts are changed.

    Every other byte of the workbook stays. A summary that the user has deleted stays away.

    Raises:
        WorkbookError: the workbook cannot be read.
        DiskError: the disk refused; the workbook is as it was.
    """
    with Package.open(path) as package:
        part = summary_part(package)
        if part is None:
            return True
        old = package.read(part)
        new = _FORMULA.sub(_changed, old)
        if new != old:
            member = package.member(part)
            with Draft(path) as draft:
                rewrite = Rewrite(package.archive, draft.file)
                for each in package.archive.members:
                    if each is member:
                        rewrite.change(each, [new])
                    else:
                        rewrite.copy(each)
                rewrite.close()
                package.close()  # Windows replaces no file that is open
                draft.keep(like=path)
    formulas = html.unescape(new.decode("utf-8", "replace"))
    return not any(mark in formulas for mark in _TEXT_DATES)


def _changed(match: re.Match[bytes]) -> bytes:
    opening, formula, closing = match.groups()
    text = html.unescape(formula.decode("utf-8", "replace"))
    newest = _NEWEST_DAY.fullmatch(text)
    due = _DUE_ON.fullmatch(text)
    if newest:
        changed = _as_number(f"MAX({newest[1]},{newest[2]})")
    elif due:
        day, column, still_open = due.groups()
        changed = f'IF({day}="",0,COUNTIFS({column},">="&{day},{column},"<"&{day}+1{still_open}))'
    else:
        return match[0]
    return opening + html.escape(changed, quote=False).encode() + closing


def _as_number(day: str) -> str:
    """Return a formula for a day as the number 20261231, of which the older templates make their days."""
    return f"IF({day}=0,0,YEAR({day})*10000+MONTH({day})*100+DAY({day}))"
