"""Type information of the Excel that is served over COM: which members each of its objects has, as a library of types.

Excel gives such information for all its objects. pywin32 reads it to tell a property from a method, and to know the
names of arguments: without it an attribute that is read calls a method. It is made here with the functions of Windows
for it, in Wine's version, and holds what collect_xl and xlwings ask for, not what Excel has.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pythoncom
import pywintypes

GET, PUT, CALL = pythoncom.INVOKE_PROPERTYGET, pythoncom.INVOKE_PROPERTYPUT, pythoncom.INVOKE_FUNC
_LIBRARY = "{5B1F3C0A-3E5D-4C37-9F0B-6A0F2C1D7E00}"
_WINDOWS_64 = 3
_FIRST_OWN_NUMBER = 100
DEFAULT, ENUMERATOR = pythoncom.DISPID_VALUE, pythoncom.DISPID_NEWENUM


@dataclass(frozen=True, slots=True)
class Member:
    """A property or a method; arguments that may be left out end with a question mark."""

    number: int
    name: str
    kinds: tuple[int, ...]
    arguments: tuple[str, ...] = ()


# A word is a property that is read; ``=`` after it lets it be set, ``()`` makes it a method. Arguments follow a colon.
_MEMBERS = {
    "Application": """Application ActiveSheet ActiveWorkbook Calculation= CutCopyMode= DisplayAlerts= EnableEvents= Hwnd
        Interactive= Intersect():Arg1,Arg2 Name Path ProtectedViewWindows Ready ScreenUpdating= Selection StartupPath
        StatusBar= UserName Version Visible= Windows Workbooks""",
    "Window": "Application Caption Hwnd",
    "Workbooks": "_Default:Index Application Count Item:Index _NewEnum",
    "Workbook": "Activate() ActiveSheet Application FullName Name Parent Path ReadOnly Saved= Sheets Worksheets",
    "Sheets": "_Default:Index Application Count Item:Index Parent _NewEnum",
    "Worksheet": """Activate() Application Cells Evaluate():Name Hyperlinks Index ListObjects Name Parent
        PivotTables():Index? ProtectContents Range:Cell1,Cell2? Rows Select():Replace? UsedRange Visible""",
    "Range": """_Default:RowIndex?,ColumnIndex? Address:RowAbsolute?,ColumnAbsolute? Application Areas Cells Clear()
        ClearContents() Column Columns ColumnWidth= Count EntireColumn EntireRow Font Formula= HasArray Hidden=
        Hyperlinks Interior Item:RowIndex,ColumnIndex? ListObject MergeArea MergeCells= NumberFormat= Parent
        Resize:RowSize?,ColumnSize? Row Rows Select() SpecialCells():Type,Value? Value= Value2= Worksheet _NewEnum""",
    "Areas": "_Default:Index Application Count Item:Index _NewEnum",
    "ListObjects": "_Default:Index Application Count Item:Index _NewEnum",
    "ListObject": "DataBodyRange HeaderRowRange Name Range Resize():Range ShowAutoFilter ShowHeaders= ShowTotals=",
    "Hyperlinks": "Add():Anchor,Address,SubAddress?,ScreenTip?,TextToDisplay? Count _Default:Index Item:Index _NewEnum",
    "Hyperlink": "Address= Delete() ScreenTip= TextToDisplay=",
    "Font": "Bold= Color= Name Size",
    "Interior": "Color= ColorIndex=",
    "PivotTables": "_Default:Index Count Item:Index _NewEnum",
    "PivotTable": "Name TableRange1",
}


def _members(words: str) -> dict[int, Member]:
    members: dict[int, Member] = {}
    for number, word in enumerate(words.split(), _FIRST_OWN_NUMBER):
        name, _, arguments = word.partition(":")
        kinds: tuple[int, ...] = (GET,)
        if name.endswith("()"):
            kinds = (CALL,)
        elif name.endswith("="):
            kinds = (GET, PUT)
        plain = name.rstrip("=()")
        own_number = {"_Default": DEFAULT, "_NewEnum": ENUMERATOR}.get(plain, number)
        members[own_number] = Member(own_number, plain, kinds, tuple(filter(None, arguments.split(","))))
    return members


MEMBERS = {kind: _members(words) for kind, words in _MEMBERS.items()}
"""Kind of object -> number -> member."""


def type_infos(folder: Path) -> dict[str, object]:
    """Make the library of types in a folder, and return the information for each kind of object."""
    path = str(folder / f"excel-{os.getpid()}.tlb")
    library = pythoncom.CreateTypeLib2(_WINDOWS_64, path)
    library.SetGuid(pywintypes.IID(_LIBRARY))
    library.SetName("ExcelStandIn")
    library.SetVersion(1, 0)
    for place, (kind, members) in enumerate(MEMBERS.items(), 1):
        info = library.CreateTypeInfo(kind, pythoncom.TKIND_DISPATCH)
        info.SetGuid(_guid(place))
        info.SetTypeFlags(pythoncom.TYPEFLAG_FDISPATCHABLE)
        place_of_member = 0
        for member in members.values():
            for invoked in member.kinds:
                _add(info, place_of_member, member, invoked)
                place_of_member += 1
        info.LayOut()
    library.SaveAllChanges()
    read = pythoncom.LoadTypeLib(path)
    return {kind: read.GetTypeInfoOfGuid(_guid(place)) for place, kind in enumerate(MEMBERS, 1)}


def _guid(place: int) -> object:
    return pywintypes.IID(_LIBRARY.replace("E00}", f"E{place:02X}}}"))


def _add(info: object, place: int, member: Member, invoked: int) -> None:
    names = [each.rstrip("?") for each in member.arguments]
    optional = sum(each.endswith("?") for each in member.arguments)
    arguments = []
    for each in member.arguments:
        flags = pythoncom.PARAMFLAG_FIN
        if each.endswith("?"):
            flags |= pythoncom.PARAMFLAG_FOPT
        arguments.append((pythoncom.VT_VARIANT, flags, None))
    if invoked == PUT:
        arguments.append((pythoncom.VT_VARIANT, pythoncom.PARAMFLAG_FIN, None))
    described = pythoncom.FUNCDESC()
    described.memid = member.number
    described.funckind = pythoncom.FUNC_DISPATCH
    described.invkind = invoked
    described.callconv = pythoncom.CC_STDCALL if hasattr(pythoncom, "CC_STDCALL") else 4
    described.args = tuple(arguments)
    described.cParamsOpt = optional if invoked != PUT else 0
    described.rettype = (pythoncom.VT_VARIANT if invoked != PUT else pythoncom.VT_VOID, 0, None)
    info.AddFuncDesc(place, described)
    info.SetFuncAndParamNames(place, (member.name, *names))
