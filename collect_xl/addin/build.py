"""The add-in's file, made from our sources and from the installed xlwings' own template and module."""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass, replace
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from collect_xl.addin.excerpt import excerpt
from collect_xl.addin.package import VBA, adjusted, packed
from collect_xl.addin.vba import REFERENCE_NAME, Module, Project, read_project, write_project
from collect_xl.errors import AddinError
from collect_xl.resources import shipped

FILE_NAME: Final = "collect_xl.xlam"
PROJECT_NAME: Final = "CollectXl"
OUR_MODULES: Final = ("CollectXlRibbon", "CollectXlStart")
_TEMPLATE: Final = "quickstart_addin_ribbon.xlam"
_REFERENCE: Final = b"Office"
"""The only library beside VBA's and Excel's own that our modules name: it knows ``IRibbonControl``."""

_UNSAFE_IN_A_CELL: Final = re.compile(r"[\x00-\x1f\u2028\u2029\ud800-\udfff]")
"""Control characters, line breaks and lone surrogates."""


@dataclass(frozen=True, slots=True)
class Baked:
    """What is fixed in an add-in when it is made."""

    interpreter: str = ""
    """The Python that its buttons start; empty in a file that is to suit every computer."""
    proof: str = ""
    """A file that an upgrade of collect-xl takes away, so that the add-in knows that it is older."""
    repair: str = "collect-xl addin install"
    """The command that makes it again."""
    terminal: str = "a terminal"
    """Where that command is typed. No macro says it: scanners take one that names PowerShell for one that runs it."""


def build_addin(baked: Baked) -> bytes:
    """Return the ``.xlam``; the same words and versions give the same bytes.

    Raises:
        AddinError: the installed xlwings is not one that our sources fit.
    """
    template = _template()
    settings = (
        ("Interpreter", _checked(baked.interpreter)),
        ("Proof", _checked(baked.proof)),
        ("Repair", _checked(baked.repair)),
        ("Terminal", _checked(baked.terminal)),
        ("collect-xl", version("collect-xl")),
        ("xlwings", version("xlwings")),
    )
    project = _our_project(read_project(template[VBA]))
    ribbon = shipped("addin/customUI14.xml").read_bytes()
    return packed(adjusted(template, write_project(project), ribbon, settings))


def _template() -> dict[str, bytes]:
    """Return the parts of xlwings' own add-in."""
    # Looking for the package is enough: importing xlwings would take half a second.
    spec = find_spec("xlwings")
    if spec is None or not spec.submodule_search_locations:
        raise AddinError("xlwings is not installed.", tip="pip install --force-reinstall collect-xl")
    with zipfile.ZipFile(Path(spec.submodule_search_locations[0]) / _TEMPLATE) as package:
        return {name: package.read(name) for name in package.namelist()}


def _our_project(template: Project) -> Project:
    """Return the template's project with our modules in place of its own."""
    documents = [module for module in template.modules if module.document]
    stock = [module for module in template.modules if module.name == "xlwings"]
    references = [records for records in template.references if records[0] == (REFERENCE_NAME, _REFERENCE)]
    if len(stock) != 1 or len(references) != 1:
        raise AddinError("The template of xlwings lacks the module or the library that our sources need.")
    # Of xlwings' own module only an excerpt goes in; what is left out is unsafe, as ``excerpt`` says.
    ours = [Module(name, _source(name)) for name in OUR_MODULES]
    xlwings = Module("xlwings", excerpt(stock[0].source, version("xlwings")))
    return replace(
        template,
        name=PROJECT_NAME,
        modules=(*documents, *ours, xlwings),
        references=tuple(references),
    )


def _source(name: str) -> str:
    return shipped(f"addin/{name}.bas").read_text("utf-8")


def _checked(text: str) -> str:
    """Return a setting, unless a cell or a VBA string cannot hold it."""
    if _UNSAFE_IN_A_CELL.search(text):
        raise AddinError(
            "The path of this Python holds a line break or a sign that no add-in can keep.",
            tip="Install collect-xl into a virtual environment in another folder.",
        )
    return text
