"""Cells as XML, of every kind that a sheet may hold, with any text in them."""

from __future__ import annotations

import re

from hypothesis import strategies as st

from collect_xl.domain.headings import OPTION_FIELDS, RESULT_FIELDS

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORDS = st.sampled_from(
    [
        *(
            "Email",
            "E-mail",
            "Contact ID",
            "First name",
            "Company",
            "Tags",
            "Custom: X",
            "Custom:",
            "Answer: Q",
            "Answer:",
        ),
        *(
            "Campaign ID",
            "Round",
            "Items",
            "Samples",
            "Due date",
            "Assigned to",
            "Option",
            "Value",
            "Skip",
            "Do not contact",
        ),
        *(field.title for field in RESULT_FIELDS),
        *(field.title for field in OPTION_FIELDS),
        *("ann@x.example", "bob@x.example; eve@x.example", "a -> https://x.example", "http://[", "yes", "no", "=1+1"),
        *(
            "2026-12-31",
            "9999-12-31",
            "0001-01-01",
            "31/12/2026",
            "2026-12-31T10:00:00+14:00",
            "DMY",
            "#N/A",
            "-1",
            "0",
        ),
        *(
            "_xD800_",
            "_x0000_",
            "\u202e",
            "\u200b",
            "\ufeff",
            "\x1b]52;c;eA==",
            "a" * 300,
            "e" + "\u0301" * 50,
            "﹫",
            " ",
        ),
    ]
)
TEXTS = _WORDS | st.text(max_size=12) | st.builds("{} {}".format, _WORDS, _WORDS)
_NUMBERS = st.sampled_from(
    ["0", "-0", "1", "46387", "46387.999999999", "1e308", "-1", "1E999", "nan", "inf", "1_0", "٣", "9" * 400, "", " 1 "]
) | st.floats().map(repr)
_KINDS = ["s", "str", "inlineStr", "b", "e", "d", "n", "", "zz"]
_FORMULAS = st.sampled_from(["", "<f>A1</f>", '<f t="shared" si="0"/>', '<f t="array" ref="A1:B9">x</f>', "<f/>"])


def xml(text: str) -> str:
    """Return a text as XML holds it; what it cannot hold is left out."""
    plain = _NOT_XML.sub("", text)
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


_PLACE = "\x00"
"""Stands for a cell's place until it is known; no text in XML holds it."""


def inline(place: str, text: str) -> str:
    """Return a cell that holds a text."""
    return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{xml(text)}</t></is></c>'


def _raw(kind: str, formula: str, value: str, style: str) -> str:
    attributes = f' s="{style}"' if style else ""
    attributes += f' t="{kind}"' if kind else ""
    return f'<c r="{_PLACE}"{attributes}>{formula}<v>{xml(value)}</v></c>'


_INLINE = TEXTS.map(lambda text: inline(_PLACE, text))
_RAW = st.builds(_raw, st.sampled_from(_KINDS), _FORMULAS, TEXTS | _NUMBERS, st.sampled_from(["", "1", "2", "3", "99"]))
CELLS = _INLINE | _INLINE | _RAW | st.just("")
"""Cells of every kind, or none; most hold a text."""


def row_of(number: int, cells: list[str], first: str = "A") -> str:
    """Return cells as a row, from a column on."""
    placed = [cell.replace(_PLACE, f"{chr(ord(first) + at)}{number}") for at, cell in enumerate(cells)]
    return "".join(placed)


def _sheet(lines: list[list[str]]) -> str:
    rows = [f'<row r="{number}">{row_of(number, line)}</row>' for number, line in enumerate(lines, start=1)]
    return f"<sheetData>{''.join(rows)}</sheetData>"


def _list(lines: list[list[str]]) -> str:
    rows = []
    for number, line in enumerate(lines, start=1):
        address = "Email" if number == 1 else f"p{number}@x.example"
        rows.append(f'<row r="{number}">{inline(f"A{number}", address)}{row_of(number, line, "B")}</row>')
    return f"<sheetData>{''.join(rows)}</sheetData>"


def _lines(width: int) -> st.SearchStrategy[list[list[str]]]:
    return st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=4, max_size=4)


SHEETS = _lines(3).map(_sheet)
"""Four rows of any cells."""
LISTS = _lines(4).map(_list)
"""A header with an address column among any others, and three people below it."""
