"""Objects of Python served over COM, as Excel serves its own: by name and number, with type information and refusals.

What is served stands in ``excel_objects.py``; which members each object has, in ``excel_types.py``. All calls are
counted, and any of them can fail.
"""

from __future__ import annotations

import ctypes
import datetime as dt
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import pythoncom
import winerror
from win32com.server.exception import COMException
from win32com.server.policy import BasicWrapPolicy
from win32com.server.util import NewEnum, unwrap

from support.excel_quirks import REFUSED, ComError
from windows.excel_types import CALL, GET, MEMBERS, PUT, Member, type_infos

_LEFT_OUT = winerror.DISP_E_PARAMNOTFOUND
_DAY_ZERO = dt.datetime(1899, 12, 30)  # noqa: DTZ001  # Excel has no zones
_THIS_PROCESS = -1


class Calls:
    """What was asked of this Excel, and which of the calls fail, or let something happen before."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        """Kind of object and member, with ``=`` where it was set -> how often."""
        self.log: list[str] = []
        """What came in, in order; a question that is no call of a member is there by the name of its interface."""
        self.rejected: set[int] = set()
        """Numbers of calls from outside that are turned away before they reach an object, counted from 1."""
        self.rejects_all = False
        self.answer = 1
        """How they are turned away: SERVERCALL_REJECTED, or SERVERCALL_RETRYLATER (2)."""
        self.before: dict[str, tuple[int, Callable[[], object]]] = {}
        """Member -> how often it must be asked for until something happens right before, once."""

    def forget(self) -> None:
        """Begin to count again, and let nothing fail."""
        self.__init__()

    def comes_in(self, interface: str) -> bool:
        """Note a call from outside; return whether it may go on."""
        self.log.append(interface)
        return not self.rejects_all and len(self.log) not in self.rejected

    def asked(self, member: str) -> None:
        """Note which member a call is for, and let happen what was ordered before it."""
        self.counts[member] += 1
        if self.log:
            self.log[-1] = member
        if member in self.before:
            left, happens = self.before.pop(member)
            if left > 1:
                self.before[member] = (left - 1, happens)
                return
            happens()


CALLS = Calls()
_infos: dict[str, object] = {}


class Served:
    """An object of Excel; its class has the name that Excel has for it, and its members are those of ``MEMBERS``."""

    @property
    def kind(self) -> str:
        """What Excel calls such an object."""
        return type(self).__name__


class Policy(BasicWrapPolicy):
    """How calls reach an object."""

    def _getdispid_(self, name, _flags):
        for member in MEMBERS[self._obj_.kind].values():
            if member.name.casefold() == name.casefold():
                return member.number
        raise COMException(scode=winerror.DISP_E_UNKNOWNNAME)

    def _GetTypeInfoCount_(self):  # pywin32's name
        return 1

    def _GetTypeInfo_(self, _index, _lcid):  # as above
        if not _infos:
            _infos.update(type_infos(Path(os.environ["TEMP"])))
        return 0, _infos[self._obj_.kind]

    def _invokeex_(self, number, _lcid, flags, args, _kwargs, _provider):  # pywin32's arguments
        member = MEMBERS[self._obj_.kind].get(number)
        wanted = _wanted(member, flags)
        if not wanted:
            raise COMException(scode=winerror.DISP_E_MEMBERNOTFOUND)
        given = [each for each in map(_taken, args) if each is not pythoncom.Missing]
        return _guarded(lambda: self._do(member.name, wanted, given))

    def _do(self, name, wanted, given):
        served = self._obj_
        CALLS.asked(f"{served.kind}.{name}{'=' if wanted == PUT else ''}")
        if wanted == PUT:
            setattr(served, name, given[-1])
            return None
        found = getattr(served, name)
        return handed_out(found(*given) if callable(found) and not isinstance(found, Served) else found)


def _wanted(member: Member | None, flags: int) -> int:
    """Return what a caller wants of a member; 0 where it has nothing of the kind."""
    if member is None:
        return 0
    if flags & (pythoncom.DISPATCH_PROPERTYPUT | pythoncom.DISPATCH_PROPERTYPUTREF):
        return PUT if PUT in member.kinds else 0
    if CALL in member.kinds:
        # An attribute that is only read calls no method: reading ClearContents would clear.
        return CALL if flags & CALL else 0
    return GET


def handed_out(value):
    """Return what leaves this process for a value: an object as one of COM, a value by the type that Excel has for it.

    An error's number goes as a number: pywin32 cannot make an error of COM's own type, and reads one as its number.
    """
    if isinstance(value, Served):
        return pythoncom.WrapObject(Policy(value))
    if isinstance(value, Members):
        return NewEnum([handed_out(each) for each in value.items])
    if isinstance(value, tuple | list):
        # a list, since of a tuple pywin32 returns the first member, and the others as arguments that come back
        return [handed_out(each) for each in value]
    if isinstance(value, dt.datetime):
        # pywin32 takes one without a zone for local time, and Excel has no zones
        return value.replace(tzinfo=dt.UTC)
    return value


class Members:
    """What a collection holds, to be gone through."""

    def __init__(self, items: Iterable[Served]) -> None:
        self.items = list(items)


def number_of(value):
    """Return a value as ``Value2`` has it: dates and money are numbers there."""
    if isinstance(value, tuple | list):
        return tuple(number_of(each) for each in value)
    if isinstance(value, dt.datetime):
        return (value.replace(tzinfo=None) - _DAY_ZERO) / dt.timedelta(days=1)
    return float(value) if isinstance(value, Decimal) else value


def _taken(value):
    """Return what came in for an argument; an object of ours is itself again."""
    if isinstance(value, pythoncom.TypeIIDs[pythoncom.IID_IDispatch]):
        return unwrap(value)
    if isinstance(value, int) and value == _LEFT_OUT:
        return pythoncom.Missing
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    return value


def _guarded(do):
    """Do something, with errors as COM has them."""
    try:
        return do()
    except ComError as error:
        _, words, details, _ = error.args
        scode = details[5] if details else error.hresult
        raise COMException(scode=scode, desc=words, source="Microsoft Excel") from error
    except (KeyError, IndexError) as error:
        raise COMException(scode=winerror.DISP_E_BADINDEX) from error
    except TypeError as error:
        traceback.print_exc(file=sys.stderr)
        raise COMException(scode=winerror.DISP_E_BADPARAMCOUNT) from error
    except COMException:
        raise
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        raise COMException(scode=winerror.E_FAIL, desc=str(error)) from error


def refuse(words: str, scode: int = -2146827284) -> None:
    """Refuse what is asked, as Excel does with error 1004."""
    raise ComError(REFUSED, words, scode)


def die() -> None:
    """End this process at once, in the middle of a call."""
    ctypes.windll.kernel32.TerminateProcess(ctypes.c_void_p(_THIS_PROCESS), 9)


class Collection(Served):
    """Several objects, by number or name."""

    def __init__(self, application, items, parent=None) -> None:
        self.Application, self._items, self.Parent = application, items, parent

    @property
    def Count(self):
        return len(self._items())

    def Item(self, key):
        items = self._items()
        if isinstance(key, str):
            found = [each for each in items if each.Name.casefold() == key.casefold()]
        else:
            found = items[int(key) - 1 : int(key)] if int(key) > 0 else []
        return found[0] if found else refuse("Invalid index.", winerror.DISP_E_BADINDEX)

    _Default = Item

    @property
    def _NewEnum(self):
        return Members(self._items())
