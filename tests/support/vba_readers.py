"""How oletools reads an add-in's VBA; its own imports warn, which is none of our business."""

from __future__ import annotations

import warnings
from pathlib import Path

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oletools.mraptor import MacroRaptor
    from oletools.olevba import VBA_Parser, decompress_stream

__all__ = ["autoexec_or_suspicious", "decompressed", "sources", "stomped"]


def decompressed(container: bytes) -> bytes:
    """Return what oletools makes of a CompressedContainer."""
    return bytes(decompress_stream(bytearray(container)))


def sources(file: Path) -> dict[str, str]:
    """Return the modules of an add-in by name, such as ``xlwings.bas``."""
    return {name: source.replace("\r\n", "\n") for _, _, name, source in _parser(file).extract_macros()}


def autoexec_or_suspicious(text: str) -> tuple[bool, bool]:
    """Return whether MacroRaptor finds code that starts by itself, and whether it finds all of it suspicious."""
    raptor = MacroRaptor(text)
    raptor.scan()
    return bool(raptor.autoexec), bool(raptor.suspicious)


def stomped(file: Path) -> bool:
    """Return whether olevba believes that the code that runs is not the source that is shown.

    Args:
        file: a ``vbaProject.bin``; inside a zip olevba cannot tell.
    """
    return bool(_parser(file).detect_vba_stomping())


def _parser(file: Path) -> VBA_Parser:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return VBA_Parser(str(file))
