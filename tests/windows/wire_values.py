"""Python values as text, on their way between a test and its processes of the Windows Python."""

from __future__ import annotations

import base64
import copyreg
import pickle
from types import MappingProxyType


def read_only(kept: dict[object, object]) -> MappingProxyType[object, object]:
    """Return a mapping that cannot be changed, of which pickle knows no way by itself."""
    return MappingProxyType(kept)


copyreg.pickle(MappingProxyType, lambda kept: (read_only, (dict(kept),)))


def packed(value: object) -> str:
    """Return a value as text."""
    return base64.b64encode(pickle.dumps(value)).decode("ascii")


def unpacked(text: str) -> object:
    """Return the value of a text; both ends are ours."""
    return pickle.loads(base64.b64decode(text))
