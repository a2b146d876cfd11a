"""Whether a part declares a document type, seen before any parser reads it."""

from __future__ import annotations

import re

_DECLARATION = re.compile(rb"<!DOCTYPE|<!ENTITY", re.IGNORECASE)
_PASSED = {b"<?": b"?>", b"<!--": b"-->"}
"""What may come before a document type, and how it ends."""
_START = re.compile(rb"(?:\xef\xbb\xbf)?\s*(<\?|<!--|<[A-Za-z_])")


def declares_document_type(start: bytes) -> bool:
    """Return whether a part declares a document type, or may do so.

    Args:
        start: its first bytes.
    """
    if b"\0" in start:
        # Without its zeros UTF-16 reads like ASCII; comments are not looked for there, since other characters of two
        # bytes would read like their ends.
        return _DECLARATION.search(start.replace(b"\0", b"")) is not None
    end = 0
    while found := _START.match(start, end):
        closing = _PASSED.get(found[1])
        if closing is None:
            # the root: no document type is behind it
            return False
        end_of_passed = start.find(closing, found.end())
        if end_of_passed < 0:
            break
        end = end_of_passed + len(closing)
    return _DECLARATION.search(start, end) is not None
