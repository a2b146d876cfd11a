"""LibreOffice opens the add-in and finds our modules in it."""

from __future__ import annotations

import html
import re
import shutil
import zipfile

import pytest

from collect_xl.addin.build import OUR_MODULES, Baked, build_addin
from collect_xl.resources import shipped
from support.programs import output_of


@pytest.mark.slow
def test_libreoffice_lists_the_modules_with_our_sources(tmp_path):
    """As a macro-enabled workbook (one word differs) it opens with all five modules, our sources and the sheet."""
    office = shutil.which("soffice")
    if not office:
        pytest.skip("LibreOffice (soffice) is not installed")
    book = as_workbook(tmp_path)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [office, profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path), str(book)]
    output_of(command)

    with zipfile.ZipFile(tmp_path / "addin.ods") as found:
        listed = re.findall(r'library:name="(\w+)"/?>', found.read("Basic/CollectXl/script-lb.xml").decode())
        sources = {name: found.read(f"Basic/CollectXl/{name}.xml").decode() for name in OUR_MODULES}
        sheet = found.read("content.xml").decode()
    assert sorted(set(listed) - {"CollectXl"}) == [
        "CollectXlRibbon",
        "CollectXlStart",
        "Sheet2",
        "ThisWorkbook",
        "xlwings",
    ]
    assert {name: bare(html.unescape(text)) for name, text in sources.items()} == {
        name: bare(shipped(f"addin/{name}.bas").read_text("utf-8")) for name in OUR_MODULES
    }
    assert 'table:name="collect_xl.conf"' in sheet
    assert "C:\\Łukasz &amp; Co\\pythonw.exe" in sheet


def as_workbook(folder):
    """Write the add-in's twin: LibreOffice has no filter for the content type of add-ins."""
    (folder / "addin.xlam").write_bytes(build_addin(Baked("C:\\Łukasz & Co\\pythonw.exe")))
    with zipfile.ZipFile(folder / "addin.xlam") as addin, zipfile.ZipFile(folder / "addin.xlsm", "w") as twin:
        for name in addin.namelist():
            data = addin.read(name)
            twin.writestr(name, data.replace(b"ms-excel.addin.macroEnabled", b"ms-excel.sheet.macroEnabled"))
    return folder / "addin.xlsm"


def bare(text):
    """Return the lines of a module without what each program adds or hides."""
    body = re.sub(r"(?s)^.*?<script:module[^>]*>|</script:module>\s*$", "", text)
    lines = (line.rstrip() for line in body.replace("\r\n", "\n").split("\n"))
    return [line for line in lines if line and not re.match(r"(Rem )?(Attribute |Option VBASupport)", line)]
