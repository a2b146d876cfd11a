"""How Excel misbehaves, as switches; the error codes of its cells; and a meter of the calls that it gets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

REJECTED = -2147418111
"""RPC_E_CALL_REJECTED: somebody is editing a cell, or a box is open."""
EDITING = -2146777998
"""0x800AC472: the same, said by Excel's own object model."""
REFUSED = -2147352567
"""An exception inside Excel, whatever it is."""

ERROR_CODES = {
    "#NULL!": -2146826288,
    "#DIV/0!": -2146826281,
    "#VALUE!": -2146826273,
    "#REF!": -2146826265,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#N/A": -2146826246,
    "#GETTING_DATA": -2146826245,
    "#SPILL!": -2146826243,
    "#CALC!": -2146826238,
}
KNOWN_CODES = {code: text for text, code in list(ERROR_CODES.items())[:7]}
"""What xlwings on Windows makes texts of; the others leak as integers."""


class ComError(Exception):
    """What pywin32 raises, and (with other numbers) appscript."""

    def __init__(self, hresult: int, words: str, scode: int | None = None) -> None:
        excepinfo = (0, "Microsoft Excel", words, "", 0, scode) if scode is not None else None
        super().__init__(hresult, words, excepinfo, None)
        self.hresult, self.excepinfo = hresult, excepinfo


@dataclass(slots=True)
class Quirks:
    """What Excel does wrong; as it stands, what Excel for Windows does every day."""

    mac: bool = False
    """Errors come as nothing, one row comes as a flat list, and ``err_to_str`` fails on blocks."""
    coerce: bool = True
    """``007`` becomes 7, ``=1+1`` a formula and ``2026-01-02`` a date, unless the cell is formatted as text."""
    floats: bool = True
    """Every number comes as a float."""
    decimals: bool = True
    """Numbers formatted as money come as ``Decimal``."""
    protected: Literal["raise", "ignore", "can not be set"] = "raise"
    """What a write to a protected sheet does: Windows raises, without type information in words of pywin32's own that
    it also has for a busy Excel; macOS ignores it."""
    filtered_writes: bool = True
    """A block written over hidden rows repeats its first line in the visible rows."""
    apostrophes: bool = False
    """An apostrophe at the beginning of a text is dropped in cells that are formatted as text, too."""
    spills: str = ""
    """The cells into which a formula spills, such as ``D2:D4``: what they show has no formula of their own."""
    tables: Literal["resize", "by themselves", "ignore", "raise"] = "resize"
    """How tables grow: when told, when something is typed beside them, or not at all."""
    localised: bool = False
    """``no cells were found`` is said in another language, so that xlwings does not know it."""
    busy: int = 0
    """How many of the next calls are rejected."""
    busy_code: int = REJECTED
    lost_proxies: int = 0
    """How many of the next look-ups in a collection return nothing, as after a rejected call."""
    lost_listings: int = 0
    """How many of the next collections are not listed: of a listing that Excel rejects, pywin32 leaves the error of a
    member 0, which no collection has."""
    cloud: bool = False
    """Whether the workbook lies on OneDrive: its full name is an address."""
    before_data_types: bool = False
    """Whether this Excel is older than data types and pictures in cells, and knows no question about them."""
    evaluate: Literal["", "refuses", "an error", "errors"] = ""
    """What becomes of a formula that Excel is asked to calculate."""
    macro: Callable[[Any], None] | None = None
    """What the workbook's own ``Worksheet_Change`` does with cells that were just changed, where events are on."""
    hung: bool = False
    """Whether it answers nothing any more: a call to it would never end."""


class Meter:
    """Counts calls into Excel, rejects those that come while it is busy, and lets a person act between two of them."""

    def __init__(self, quirks: Quirks) -> None:
        self.quirks = quirks
        self.calls: Counter[str] = Counter()
        self.meanwhile: dict[str, Callable[[], None]] = {}
        """Name of a call -> what a person does right before the next one of that name."""

    @property
    def count(self) -> int:
        """How many calls there were."""
        return self.calls.total()

    def happens(self, name: str) -> None:
        """Let a person act right before something that is no call, such as a box of the system."""
        if name in self.meanwhile:
            self.meanwhile.pop(name)()

    def answers(self) -> None:
        """Fail the test where an Excel is asked that hangs: it would wait for ever."""
        assert not self.quirks.hung, "an Excel that hangs is asked"

    def call(self, name: str) -> None:
        """Count a call, or reject it."""
        self.happens(name)
        self.answers()
        self.calls[name] += 1
        if self.quirks.busy:
            self.quirks.busy -= 1
            if self.quirks.busy_code == REJECTED:
                raise ComError(REJECTED, "Call was rejected by callee.")
            raise ComError(REFUSED, "Exception occurred.", self.quirks.busy_code)

    def list(self) -> None:
        """Let a collection be gone through, or fail as one of which Excel rejected the listing."""
        if self.quirks.lost_listings:
            self.quirks.lost_listings -= 1
            raise ComError(REFUSED, "Invalid index.", -2147352565)

    def loses_proxy(self) -> bool:
        """Tell whether this look-up returns nothing."""
        if self.quirks.lost_proxies:
            self.quirks.lost_proxies -= 1
            return True
        return False
