"""Calls from other processes seen before they reach an object, and turned away: what Excel does while a cell is edited.

Excel registers a message filter for this, as is done here (``IMessageFilter``, by hand with ctypes, since pywin32 has
none): its ``HandleInComingCall`` says no, and the caller gets RPC_E_CALL_REJECTED.
"""

from __future__ import annotations

import ctypes

import pythoncom

from windows.excel_com import CALLS

_GUID = ctypes.c_byte * 16
_METHODS = 6
_UNKNOWN = ("", "", "")
"""The methods that every object has: they ask Excel nothing."""
_KINDS = {
    "{00020400-0000-0000-C000-000000000046}": (*_UNKNOWN, "GetTypeInfoCount", "GetTypeInfo", "GetIDsOfNames", "Invoke"),
    "{00020404-0000-0000-C000-000000000046}": (*_UNKNOWN, "_NewEnum.Next", "_NewEnum.Skip", "_NewEnum.Reset"),
}


class _Asked(ctypes.Structure):
    _fields_ = (("object", ctypes.c_void_p), ("interface", _GUID), ("method", ctypes.c_ushort))


def _interface(asked) -> str:
    name = str(pythoncom.MakeIID(bytes(asked.interface), True)).upper()
    methods = _KINDS.get(name)
    return methods[asked.method] if methods and asked.method < len(methods) else ""


def _handle(this, kind, task, ticks, asked):
    name = _interface(asked.contents) if asked else ""
    if not name or CALLS.comes_in(name):
        return 0
    return CALLS.answer


_prototypes = (
    ctypes.WINFUNCTYPE(ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p)),
    ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p),
    ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p),
    ctypes.WINFUNCTYPE(
        ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.POINTER(_Asked)
    ),
    ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong),
    ctypes.WINFUNCTYPE(ctypes.c_ulong, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong),
)


def _itself(this, interface, found):
    found[0] = this
    return 0


_functions = tuple(
    prototype(function)
    for prototype, function in zip(
        _prototypes,
        (_itself, lambda _: 1, lambda _: 1, _handle, lambda *_: 0xFFFFFFFF, lambda *_: 2),
        strict=True,
    )
)
_table = (ctypes.c_void_p * _METHODS)(*(ctypes.cast(each, ctypes.c_void_p).value for each in _functions))
_filter = (ctypes.c_void_p * 1)(ctypes.addressof(_table))


def register() -> None:
    """Let all calls from other processes pass through here first; for the thread that serves them."""
    before = ctypes.c_void_p()
    ctypes.oledll.ole32.CoRegisterMessageFilter(ctypes.addressof(_filter), ctypes.byref(before))
