"""The add-in's file, looked at by other readers than ours."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import sys
import zipfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import olefile
import pytest
from pyopenvba import ExcelFile, check_file

from collect_xl.addin import package
from collect_xl.addin.build import OUR_MODULES, Baked, build_addin
from collect_xl.addin.excerpt import TAKEN, excerpt
from collect_xl.addin.vba import Module, read_project, write_project
from collect_xl.errors import AddinError
from collect_xl.resources import shipped
from support.vba_readers import autoexec_or_suspicious, decompressed, sources, stomped

XLWINGS = Path(find_spec("xlwings").submodule_search_locations[0])
STOCK = (XLWINGS / "xlwings_custom_addin.bas").read_text("utf-8")
ODD = Baked(r"C:\Users\Łukasz & Co\100%\pythonw.exe", "/opt/it's/METADATA", "& 'C:\\x y\\python.exe' -m collect_xl")


@pytest.fixture(scope="module")
def addin(tmp_path_factory):
    """An add-in on the disk."""
    file = tmp_path_factory.mktemp("addin") / "collect_xl.xlam"
    file.write_bytes(build_addin(ODD))
    return file


@pytest.fixture(scope="module")
def parts(addin):
    """Its parts."""
    with zipfile.ZipFile(addin) as found:
        return {name: found.read(name) for name in found.namelist()}


@pytest.fixture(scope="module")
def ole(parts):
    """Its VBA project, as olefile reads it."""
    return olefile.OleFileIO(io.BytesIO(parts[package.VBA]), raise_defects=olefile.DEFECT_POTENTIAL)


def test_the_same_words_give_the_same_bytes():
    """Built by another process, the file is the same to the byte."""
    code = (
        "import hashlib; from collect_xl.addin.build import *; print(hashlib.sha256(build_addin(Baked())).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True)

    assert hashlib.sha256(build_addin(Baked())).hexdigest() == done.stdout.strip()


def test_olevba_reads_the_very_sources_of_the_repository(addin):
    """What another reader finds in the file is what stands under addin/, and nothing else runs."""
    found = sources(addin)
    ours = {f"{name}.bas": shipped(f"addin/{name}.bas").read_text("utf-8") for name in OUR_MODULES}

    assert {name: lines(found[name]) for name in ours} == {name: lines(source) for name, source in ours.items()}
    assert set(found) - set(ours) == {"xlwings.bas", "ThisWorkbook.cls", "Sheet2.cls"}
    assert [
        line for name in ("ThisWorkbook.cls", "Sheet2.cls") for line in lines(found[name]) if not hidden(line)
    ] == []


def test_the_excerpt_is_of_the_installed_xlwings(addin):
    """Every line of the module xlwings stands in the installed xlwings' own, but for our own heading."""
    found = sources(addin)["xlwings.bas"]

    strange = [line for line in lines(found) if line.strip() and line not in set(STOCK.split("\n"))]
    assert strange == [
        "Option Explicit",
        "' An excerpt of the module xlwings of the installed xlwings, unchanged, made by collect-xl.",
    ]
    assert f'XLWINGS_VERSION As String = "{version("xlwings")}"' in found


def test_the_licence_of_xlwings_travels_along(addin):
    """Copyright, conditions and disclaimer of xlwings stand in the file, as its licence asks."""
    found = sources(addin)["xlwings.bas"]
    notice = re.search(r"'xlwings is distributed.*?SUCH DAMAGE\.", STOCK, re.DOTALL)[0]

    assert notice in "\n".join(lines(found))


def test_office_is_made_to_compile_the_sources(ole):
    """Version 0xFFFF, no cache, no streams of one, offsets 0, cookies 0xFFFF: no old code can run instead of ours."""
    records = decompressed(ole.openstream("VBA/dir").read())

    assert ole.openstream("VBA/_VBA_PROJECT").read() == bytes.fromhex("cc61ffff000000")
    assert [path for path in ole.listdir() if "__SRP_" in path[-1]] == []
    assert re.findall(rb"\x31\x00\x04\x00\x00\x00(....)", records, re.DOTALL) == [bytes(4)] * 5
    assert re.findall(rb"\x2c\x00\x02\x00\x00\x00(..)", records, re.DOTALL) == [b"\xff\xff"] * 5
    assert records[records.index(b"\x13\x00\x02\x00\x00\x00") + 6 :][:2] == b"\xff\xff"


def test_names_agree_in_all_places(ole):
    """Streams, ``dir``, ``PROJECT``, ``PROJECTwm`` and the sources themselves name the same five modules."""
    text = ole.openstream("PROJECT").read().decode("cp1252")
    wide = ole.openstream("PROJECTwm").read()
    streams = {path[1] for path in ole.listdir() if path[0] == "VBA"} - {"dir", "_VBA_PROJECT"}
    listed = set(re.findall(r"(?m)^(?:Module|Document|Class)=(\w+)", text))
    windows = set(re.findall(r"(?m)^(\w+)=", text.partition("[Workspace]")[2]))

    assert streams == listed == windows == {"ThisWorkbook", "Sheet2", "CollectXlRibbon", "CollectXlStart", "xlwings"}
    assert [name for name in streams if name.encode() + b"\0" + name.encode("utf-16-le") not in wide] == []


def test_nothing_suspicious_is_found(addin, parts, tmp_path):
    """MacroRaptor finds no macro that starts by itself; olevba sees no DLL and no stomping, and no name of a shell."""
    source = "\n".join(sources(addin).values())
    project = tmp_path / "vbaProject.bin"
    project.write_bytes(parts[package.VBA])

    assert autoexec_or_suspicious(source) == (False, False)
    assert re.findall(r"(?im)^\s*(?:public |private )?declare\b|\bworkbook_open\b|\bauto_open\b", source) == []
    assert re.findall(r"(?i)powershell|cmd\.exe|%comspec%", source) == []
    assert not stomped(project)


def test_pyopenvba_finds_it_whole(addin):
    """A third reader finds no fault, and the same sources."""
    with ExcelFile(str(addin)) as book:
        found = {name: book.vba_project().get_module(name).source for name in OUR_MODULES}

    assert check_file(str(addin)).ok
    assert {name: lines(text) for name, text in found.items()} == {
        name: lines(shipped(f"addin/{name}.bas").read_text("utf-8")) for name in OUR_MODULES
    }


def test_neither_authors_nor_paths_travel_along(parts, ole):
    """No person's name or folder is in the file, and no reference but the one to Office's own library."""
    streams = {"/".join(path): ole.openstream(path).read() for path in ole.listdir()}
    streams["VBA/dir"] = decompressed(streams["VBA/dir"])
    texts = b"\n".join([*parts.values(), *streams.values()])

    assert re.findall(rb"(?i)felix|zumstein|c:\\users\\[^\xc5]|MSForms|xlwings(?:32|64)|/home/|/tmp/", texts) == []
    assert re.findall(rb"\*\\G\{[^}]*\}", streams["VBA/dir"]) == [rb"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}"]


def test_the_ribbon_is_reached_as_excel_expects(parts):
    """One part of the namespace of 2009, reached by the relationship of 2007, and no part of the older kind."""
    relations = re.findall(r'<Relationship [^>]*extensibility"[^>]*>', parts["_rels/.rels"].decode())

    assert [re.search(r'Target="([^"]*)"', each)[1] for each in relations] == ["customUI/customUI14.xml"]
    assert "/office/2007/relationships/ui/extensibility" in relations[0]
    assert b"schemas.microsoft.com/office/2009/07/customui" in parts["customUI/customUI14.xml"]
    assert [name for name in parts if name.startswith("customUI/")] == ["customUI/customUI14.xml"]


def test_no_time_and_no_library_enters_the_zip(addin):
    """Parts are stored as they are, with the first date that a zip knows."""
    with zipfile.ZipFile(addin) as found:
        assert {(info.date_time, info.compress_type, info.create_system) for info in found.infolist()} == {
            ((1980, 1, 1, 0, 0, 0), zipfile.ZIP_STORED, 0)
        }


@pytest.mark.parametrize("pattern", [pattern for _, pattern in TAKEN])
def test_a_part_that_is_missing_ends_the_build(pattern):
    """An xlwings whose module lacks what we take is refused."""
    without = re.sub(pattern, "", STOCK, flags=re.MULTILINE | re.DOTALL)

    with pytest.raises(AddinError, match="0 times; expected once"):
        excerpt(without, version("xlwings"))


@pytest.mark.parametrize("pattern", [pattern for _, pattern in TAKEN])
def test_a_part_that_stands_twice_ends_the_build(pattern):
    """An xlwings whose module holds twice what we take is refused: either could be meant."""
    part = re.search(pattern, STOCK, re.MULTILINE | re.DOTALL)[0]

    with pytest.raises(AddinError, match="2 times; expected once"):
        excerpt(f"{STOCK}\n{part}\n", version("xlwings"))


def test_a_module_of_another_version_ends_the_build():
    """Package and module must be of one version."""
    with pytest.raises(AddinError, match=r"not that of version 9\.9\.9"):
        excerpt(STOCK, "9.9.9")


@pytest.mark.parametrize(
    ("part", "pattern"), [change[:2] for change in package.CHANGES if not change[1].endswith(r"\Z")]
)
def test_a_template_that_looks_otherwise_ends_the_build(part, pattern):
    """Each change of the template must find its place exactly once."""
    with zipfile.ZipFile(XLWINGS / "quickstart_addin_ribbon.xlam") as found:
        template = {name: found.read(name) for name in found.namelist()}
    template[part] = re.sub(pattern, "", template[part].decode(), flags=re.DOTALL).encode()

    with pytest.raises(AddinError, match="0 times"):
        package.adjusted(template, b"", b"", [])


@pytest.mark.parametrize("sign", ["\n", "\0", "\u2028"])
def test_a_path_that_no_add_in_can_keep_is_refused(sign):
    """A line break in the interpreter's path would shift the lines that the AppleScript reads."""
    with pytest.raises(AddinError, match="line break"):
        build_addin(Baked(f"/opt/py{sign}thon"))


@pytest.mark.parametrize(
    ("module", "why"),
    [
        pytest.param(Module("1x", 'Attribute VB_Name = "1x"\n'), "no name", id="name"),
        pytest.param(Module("Sheet2", 'Attribute VB_Name = "Sheet2"\n'), "occurs twice", id="twice"),
        pytest.param(Module("Other", 'Attribute VB_Name = "Another"\n'), "its own name", id="says another name"),
        pytest.param(Module("Other", 'Attribute VB_Name = "Other"\n\' Łódź\n'), "cannot write", id="letters"),
    ],
)
def test_a_module_that_office_would_not_take_ends_the_build(parts, module, why):
    """Wrong names, names that stand twice, and letters that the code page lacks are refused."""
    project = read_project(parts[package.VBA])
    modules = (*project.modules, module)

    with pytest.raises(AddinError, match=why):
        write_project(type(project)(project.name, modules, project.references, project.information, project.text))


def lines(text):
    return text.replace("\r\n", "\n").rstrip("\n").split("\n")


def hidden(line):
    return line.startswith("Attribute VB_") or not line.strip()
