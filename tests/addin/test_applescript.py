"""The AppleScript, as far as it can be judged without macOS: its names, and what reaches the shell."""

from __future__ import annotations

import re
import shlex
import subprocess

from collect_xl.resources import shipped

RESERVED = set(  # AppleScript Language Guide, "AppleScript keywords"
    re.findall(
        r"\w+",
        """about above after against and apart around as aside at back before beginning behind below beneath beside
        between but by considering contain contains continue copy div does eighth else end equal equals error every exit
        false fifth first for fourth from front get given global if ignoring in instead into is it its last local me
        middle mod my ninth not of on onto or out over prop property put ref reference repeat return returning script
        second set seventh since sixth some tell tenth that the then third through thru timeout times to transaction
        true try until where while whose with without""",
    )
)
SCRIPT = shipped("addin/collect_xl.applescript").read_text("ascii")
ODD = ('--wb=it\'s; $(touch x) `touch y` "q" & | > z.xlsx', "--from_xl=1", "--selection=O'Brien!A1:B2,C3")


def test_no_name_is_a_word_of_the_language():
    """Handlers, parameters and variables are words that AppleScript itself does not use."""
    names = set(re.findall(r"(?m)^\s*(?:set|repeat with|on error|on) (\w+)|\((\w+)\)$", SCRIPT))
    flat = {name for pair in names for name in pair if name} - {"error"}

    assert flat == {"StartCollect", "excelText", "excelLines", "proofFile", "shellLine", "wordNumber", "errorText"}
    assert flat & RESERVED == set()


def test_blocks_are_closed():
    """Each block ends with the word that opened it."""
    lines = [line.strip() for line in SCRIPT.split("\n")]
    opened = [line.split()[0] for line in lines if re.match(r"(try$|repeat |on StartCollect)", line)]
    closed = [line.split()[1] for line in lines if line.startswith("end ")]

    assert sorted(opened) == sorted(word if word != "StartCollect" else "on" for word in closed)


def test_every_line_that_reaches_the_shell_is_quoted():
    """What Excel handed over meets the shell only in the quoted form."""
    given = [line for line in SCRIPT.split("\n") if re.search(r"item (\d|wordNumber) of|proofFile$", line)]

    assert [line for line in given if "quoted form of" not in line and "set proofFile" not in line] == []


def test_the_line_that_the_script_makes_starts_the_program_with_the_very_words(tmp_path):
    """Run by a shell, the quoted line hands over each word untouched, in the background; nothing in a name is run."""
    program = tmp_path / "a b's $HOME program"
    program.write_text('#!/bin/sh\nfor word in "$@"; do printf "%s\\n" "$word"; done > "$0.words"\n')
    program.chmod(0o755)
    line = " ".join(map(shlex.quote, (str(program), *ODD)))  # quoted form of does what shlex.quote does
    tail = re.search(r'shellLine & "( > [^"]*)"', SCRIPT)[1]
    subprocess.run(["/bin/sh", "-c", f"{line}{tail} wait"], check=True, cwd=tmp_path, timeout=60)

    assert program.with_name(f"{program.name}.words").read_text().split("\n")[:-1] == list(ODD)
    assert [each.name for each in tmp_path.iterdir() if each.name in "xyz"] == []
