"""What the reader makes of a cell, however the workbook writes it."""

from __future__ import annotations

import itertools
import os
from contextlib import suppress
from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collect_xl.domain.a1 import Area
from collect_xl.domain.model import CellValue, Fault, Number
from collect_xl.errors import DamagedWorkbook, HostileWorkbook, WorkbookRefused
from collect_xl.ooxml.cell_text import escaped
from collect_xl.ooxml.cell_values import Cells
from collect_xl.ooxml.number_formats import number_reader
from collect_xl.ooxml.package import Package
from collect_xl.ooxml.row_cells import cells
from collect_xl.ooxml.shared_strings import SharedStrings, plain_text, some_texts, text_of
from collect_xl.ooxml.tokenizer import SheetStream
from support.other_readers import agree, read_by_calamine, read_by_openpyxl
from support.raw_workbook import STRICT, raw_workbook

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMATS = ("dd/mm/yyyy", "h:mm", "[h]:mm:ss", "00000", "14")


def values_of(path: Path, sheet: int = 0) -> dict[str, CellValue]:
    with Package.open(path) as package:
        values, part = Cells.of(package), package.sheets()[sheet].part
        stream = SheetStream(package.stream(part), part)
        read = {
            f"{token[0].decode()}{row.number}": values.read(token)
            for row in stream.rows()
            for token in cells(row.body, stream.prefix)
        }
    return {name: value for name, value in read.items() if value is not None}


def value_of(folder: Path, cell: str, **more: object) -> CellValue | None:
    sheet = {"S": f'<sheetData><row r="1">{cell}</row></sheetData>'}
    path = raw_workbook(folder / "cell.xlsx", sheet, formats=FORMATS, **more)
    return values_of(path).get("A1")


def same(expected: object, actual: object) -> None:
    assert (type(expected), expected) == (type(actual), actual)


CELLS = {
    "inline text": ('<c r="A1" t="inlineStr"><is><t>Ann</t></is></c>', "Ann"),
    "inline runs": ('<c r="A1" t="inlineStr"><is><r><t>A</t></r><r><rPr><b/></rPr><t>nn</t></r></is></c>', "Ann"),
    "inline with phonetic": (
        '<c r="A1" t="inlineStr"><is><t>課</t><rPh sb="0" eb="1"><t>カ</t></rPh></is></c>',
        "課",
    ),
    "inline empty": ('<c r="A1" t="inlineStr"><is><t></t></is></c>', None),
    "text is not trimmed": ('<c r="A1" t="inlineStr"><is><t xml:space="preserve"> x </t></is></c>', " x "),
    "whole number": ('<c r="A1"><v>49</v></c>', Number("49")),
    "whole float": ('<c r="A1" t="n"><v>49.0</v></c>', Number("49")),
    "fraction": ('<c r="A1"><v>0.1</v></c>', Number("0.1")),
    "noise of doubles": ('<c r="A1"><v>0.30000000000000004</v></c>', Number("0.3")),
    "small": ('<c r="A1"><v>1E-7</v></c>', Number("0.0000001")),
    "exponent": ('<c r="A1"><v>1.5E3</v></c>', Number("1500")),
    "minus zero": ('<c r="A1"><v>-0</v></c>', Number("0")),
    "negative": ('<c r="A1"><v>-12</v></c>', Number("-12")),
    "15 digits": ('<c r="A1"><v>123456789012345</v></c>', Number("123456789012345")),
    "16 digits": ('<c r="A1"><v>1234567890123450</v></c>', Fault("digits", "1.23456789012345E+15")),
    "18 digits": ('<c r="A1"><v>1.23456789012346E+17</v></c>', Fault("digits", "1.23456789012346E+17")),
    "no number": ('<c r="A1"><v>abc</v></c>', Fault("error", "abc")),
    "infinite": ('<c r="A1"><v>1E999</v></c>', Fault("error", "inf")),
    "date": ('<c r="A1" s="1"><v>46387</v></c>', date(2026, 12, 31)),
    "built-in date": ('<c r="A1" s="5"><v>46387</v></c>', date(2026, 12, 31)),
    "moment": ('<c r="A1" s="1"><v>46387.75</v></c>', datetime.fromisoformat("2026-12-31T18:00")),
    "rounded to a millisecond": (
        '<c r="A1" s="1"><v>46387.416666666664</v></c>',
        datetime.fromisoformat("2026-12-31T10:00"),
    ),
    "rounded up to midnight": ('<c r="A1" s="1"><v>46386.99999999999</v></c>', date(2026, 12, 31)),
    "first day": ('<c r="A1" s="1"><v>1</v></c>', date(1900, 1, 1)),
    "before the false leap day": ('<c r="A1" s="1"><v>59</v></c>', date(1900, 2, 28)),
    "the false leap day": ('<c r="A1" s="1"><v>60</v></c>', Fault("date", "60")),
    "within the false leap day": ('<c r="A1" s="1"><v>60.5</v></c>', Fault("date", "60.5")),
    "after the false leap day": ('<c r="A1" s="1"><v>61</v></c>', date(1900, 3, 1)),
    "negative date": ('<c r="A1" s="1"><v>-1</v></c>', Fault("date", "-1")),
    "last day": ('<c r="A1" s="1"><v>2958465</v></c>', date(9999, 12, 31)),
    "last moment": ('<c r="A1" s="1"><v>2958465.999999999999</v></c>', Fault("date", "2958466")),
    "beyond the last day": ('<c r="A1" s="1"><v>2958466</v></c>', Fault("date", "2958466")),
    "endless date": ('<c r="A1" s="1"><v>1E300</v></c>', Fault("date", "1e+300")),
    "time": ('<c r="A1" s="2"><v>0.5</v></c>', time(12)),
    "time in a date format": ('<c r="A1" s="1"><v>0.25</v></c>', time(6)),
    "midnight": ('<c r="A1" s="2"><v>0</v></c>', time(0)),
    "duration below a day": ('<c r="A1" s="3"><v>0.25</v></c>', time(6)),
    "duration": ('<c r="A1" s="3"><v>1.5</v></c>', "36:00:00"),
    "padded": ('<c r="A1" s="4"><v>123</v></c>', Number("00123")),
    "style out of range": ('<c r="A1" s="99"><v>7</v></c>', Number("7")),
    "true": ('<c r="A1" t="b"><v>1</v></c>', True),
    "false": ('<c r="A1" t="b"><v>0</v></c>', False),
    "true in words": ('<c r="A1" t="b"><v>true</v></c>', True),
    "error": ('<c r="A1" t="e"><v>#N/A</v></c>', Fault("error", "#N/A")),
    "formula": ('<c r="A1"><f>1+1</f><v>2</v></c>', Number("2")),
    "text formula": ('<c r="A1" t="str"><f>"a"</f><v>a&amp;b</v></c>', "a&b"),
    "formula of an empty text": ('<c r="A1" t="str"><f>""</f><v></v></c>', None),
    "formula without result": ('<c r="A1"><f>A2&amp;B2</f></c>', Fault("formula", "=A2&B2")),
    "formula with an empty result": ('<c r="A1"><f>A2</f><v></v></c>', Fault("formula", "=A2")),
    "formula without result, of any type": ('<c r="A1" t="s"><f>A2</f></c>', Fault("formula", "=A2")),
    "shared formula without result": ('<c r="A1"><f t="shared" si="0"/></c>', Fault("formula", "a formula")),
    "formula with an error": ('<c r="A1" t="e"><f>1/0</f><v>#DIV/0!</v></c>', Fault("error", "#DIV/0!")),
    "ISO date": ('<c r="A1" t="d"><v>2026-12-31</v></c>', date(2026, 12, 31)),
    "ISO moment": ('<c r="A1" t="d"><v>2026-12-31T10:30:00</v></c>', datetime.fromisoformat("2026-12-31T10:30")),
    "ISO midnight": ('<c r="A1" t="d"><v>2026-12-31T00:00:00Z</v></c>', date(2026, 12, 31)),
    "ISO time": ('<c r="A1" t="d"><v>10:30:00</v></c>', time(10, 30)),
    "ISO time with a T": ('<c r="A1" t="d"><v>T10:30:00</v></c>', time(10, 30)),
    "ISO, rounded to a millisecond": (
        '<c r="A1" t="d"><v>2026-12-31T10:29:59.9999999</v></c>',
        datetime.fromisoformat("2026-12-31T10:30"),
    ),
    "ISO with milliseconds": (
        '<c r="A1" t="d"><v>2026-12-31T10:29:59.894</v></c>',
        datetime.fromisoformat("2026-12-31T10:29:59.894"),
    ),
    "ISO, rounded up to midnight": ('<c r="A1" t="d"><v>2026-12-30T23:59:59.9997</v></c>', date(2026, 12, 31)),
    "ISO time, rounded": ('<c r="A1" t="d"><v>10:29:59.9996</v></c>', time(10, 30)),
    "ISO time before midnight": ('<c r="A1" t="d"><v>23:59:59.9999</v></c>', time(23, 59, 59, 999_000)),
    "ISO, the last moment": (
        '<c r="A1" t="d"><v>9999-12-31T23:59:59.9999</v></c>',
        Fault("date", "9999-12-31T23:59:59.9999"),
    ),
    "ISO duration": ('<c r="A1" t="d"><v>PT0H11M0S</v></c>', time(0, 11)),
    "ISO duration, rounded": ('<c r="A1" t="d"><v>PT10H29M59.6S</v></c>', time(10, 30)),
    "ISO duration over days": ('<c r="A1" t="d"><v>P1DT12H</v></c>', "36:00:00"),
    "ISO duration of hours": ('<c r="A1" t="d"><v>PT100H0M1S</v></c>', "100:00:01"),
    "ISO duration of months": ('<c r="A1" t="d"><v>P1M</v></c>', Fault("date", "P1M")),
    "ISO duration of nothing": ('<c r="A1" t="d"><v>PT</v></c>', Fault("date", "PT")),
    "inline formula with a value": ('<c r="A1" t="inlineStr"><f>B1</f><v>ann@x.example</v></c>', "ann@x.example"),
    "inline formula with an inline text": ('<c r="A1" t="inlineStr"><f>B1</f><is><t>a</t></is></c>', "a"),
    "inline with a value": ('<c r="A1" t="inlineStr"><v>a&amp;b</v></c>', "a&b"),
    "inline formula without result": ('<c r="A1" t="inlineStr"><f>A2</f></c>', Fault("formula", "=A2")),
    "ISO nonsense": ('<c r="A1" t="d"><v>2026-02-30</v></c>', Fault("date", "2026-02-30")),
    "blank": ('<c r="A1" s="1"/>', None),
    "empty value": ('<c r="A1"><v/></c>', None),
    "without reference": ("<c><v>5</v></c>", Number("5")),
    "unknown type": ('<c r="A1" t="zz"><v>x</v></c>', "x"),
    "characters by number": ('<c r="A1" t="str"><v>&#65;&#x42;&apos;&quot;&lt;&gt;</v></c>', "AB'\"<>"),
    "no HTML names": ('<c r="A1" t="str"><v>a&amp;nbsp;b</v></c>', "a&nbsp;b"),
    "C1 controls stay": ('<c r="A1" t="str"><v>&#x80;</v></c>', "\x80"),
    "escaped character": ('<c r="A1" t="str"><v>a_x0041_b</v></c>', "aAb"),
    "escaped escape": ('<c r="A1" t="str"><v>_x005F_x0041_</v></c>', "_x0041_"),
    "escaped pair": ('<c r="A1" t="str"><v>_xD83D__xDE00_</v></c>', "\U0001f600"),
    "lone half": ('<c r="A1" t="str"><v>a_xD83D_b</v></c>', "a\ufffdb"),
    "CR LF": ('<c r="A1" t="str"><v>a\r\nb_x000D_\nc&#13;&#10;d</v></c>', "a\nb\nc\nd"),
}


@pytest.mark.parametrize(("cell", "expected"), CELLS.values(), ids=CELLS.keys())
def test_a_cell(tmp_path: Path, cell: str, expected: CellValue | None) -> None:
    """A cell is read as what a person sees in it, or as the reason why it cannot be trusted."""
    same(expected, value_of(tmp_path, cell))


SINCE_1904 = {
    "date": ('<c r="A1" s="1"><v>44925</v></c>', date(2026, 12, 31)),
    "serial 60 is a day like any other": ('<c r="A1" s="1"><v>60</v></c>', date(1904, 3, 1)),
    "first day": ('<c r="A1" s="1"><v>0</v></c>', date(1904, 1, 1)),
    "first noon": ('<c r="A1" s="1"><v>0.5</v></c>', datetime.fromisoformat("1904-01-01T12:00")),
    "time of day": ('<c r="A1" s="2"><v>0.5</v></c>', time(12)),
    "last day": ('<c r="A1" s="1"><v>2957003</v></c>', date(9999, 12, 31)),
    "beyond": ('<c r="A1" s="1"><v>2957004</v></c>', Fault("date", "2957004")),
}


@pytest.mark.parametrize(("cell", "expected"), SINCE_1904.values(), ids=SINCE_1904.keys())
def test_the_1904_date_system(tmp_path: Path, cell: str, expected: CellValue) -> None:
    """Workbooks from old Macs count days from 1904, and serial 0 is a date there."""
    same(expected, value_of(tmp_path, cell, date1904=True))


ZEROS = [
    ("00000", 123, "00123"),
    ("00000", 1234567, "1234567"),
    ("000-000", 12345, "012-345"),
    ("000\\-00\\-0000", 12345678, "012-34-5678"),
    ('"LN-"0000', 12, "LN-0012"),
    ('"D-"00000', 1067, "D-01067"),
    ("[$-407]00000", 1067, "01067"),
    ('0#" "##" "##" "##" "##', 612345678, "06 12 34 56 78"),
    ("(000) 000-0000", 5551234, "(000) 555-1234"),
    ("00000;-00000;0", 0, "0"),
    ("00000;\\m0000", -12, "m0012"),
    ("00000", -12, "-00012"),
    ("00000", 0, "00000"),
    ("0", 49, "49"),
    ("00000", 1.5, "1.5"),  # a fraction is no identifier
    ("0.00", 49, "49"),
    ("#,##0", 1234567, "1234567"),
    ("0%", 1, "1"),
    ("0.00E+00", 1500, "1500"),
    ('#,##0.00\\ "€"', 12, "12"),
    ("[Red]000", 7, "007"),
    ("[>99]000", 7, "7"),  # which section holds is not worked out
    ("# ?/?", 3, "3"),
    ("General", 7, "7"),
    ("@", 7, "7"),
]


@pytest.mark.parametrize(("code", "number", "expected"), ZEROS)
def test_zeros_that_a_format_shows(code: str, number: float, expected: str) -> None:
    """A format of digit places and signs makes an identifier of a number; formats of quantities change nothing."""
    same(Number(expected), number_reader(code, date1904=False)(float(number)))


DATE_CODES = {
    "d/m/yyyy": True,
    "[$-409]d\\-mmm\\-yy;@": True,
    "yyyy\\-mm\\-dd\\ hh:mm": True,
    'd"." mmmm yyyy': True,
    "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy": True,
    "yyyy年m月d日": True,
    "mm:ss.0": True,
    '0" days"': False,
    "0.0 \\m": False,
    "[Magenta]0.0": False,
    '"dmy"0.0': False,
    "_-* #,##0.00_-": False,
    "General": False,
    "Standard": False,
    '#,##0.00_ ;[Red]-#,##0.00\\ "d"': False,
}


@pytest.mark.parametrize(("code", "dated"), DATE_CODES.items())
def test_which_codes_are_dates(code: str, dated: bool) -> None:
    """A code is a date when a letter of dates stands in its first section outside quotes, escapes and brackets."""
    assert dated == isinstance(number_reader(code, date1904=False)(46387.0), date)


@pytest.mark.parametrize("number", [14, 15, 16, 17, 22, 27, 36, 50, 58])
def test_formats_that_are_dates_by_number(tmp_path: Path, number: int) -> None:
    """Built-in formats are known by their number alone, East Asian ones too."""
    sheet = {"S": '<sheetData><row r="1"><c r="A1" s="1"><v>46387</v></c></row></sheetData>'}
    path = raw_workbook(tmp_path / "built_in.xlsx", sheet, formats=[str(number)])
    assert {"A1": date(2026, 12, 31)} == values_of(path)


STRINGS = {
    "plain": ("<si><t>a</t></si>", "a"),
    "kept blanks": ('<si><t xml:space="preserve"> a </t></si>', " a "),
    "runs": ("<si><r><t>a</t></r><r><rPr><b/></rPr><t>b</t></r></si>", "ab"),
    "phonetic": ('<si><t>東</t><rPh sb="0" eb="1"><t>トウ</t></rPh><phoneticPr fontId="1"/></si>', "東"),
    "pretty printed": ("<si>\n  <t>a</t>\n</si>", "a"),
    "entities": ("<si><t>a &amp; b &#8364;</t></si>", "a & b €"),
    "CDATA": ("<si><t><![CDATA[a & b]]></t></si>", "a & b"),
    "comment": ("<si><!-- no --><t>a</t></si>", "a"),
    "instruction": ("<si><t>a<?pi b?>c</t></si>", "ac"),
    "attribute": ('<si x="1"><t>a</t></si>', "a"),
}


@pytest.mark.parametrize(("item", "expected"), STRINGS.values(), ids=STRINGS.keys())
def test_a_shared_string(tmp_path: Path, item: str, expected: str) -> None:
    """A shared string is its text without formatting and phonetic hints, whatever stands before it."""
    strings = f"<si/><si /><si><t/></si>{item}"
    same(expected, value_of(tmp_path, '<c r="A1" t="s"><v>3</v></c>', strings=strings))


@pytest.mark.parametrize(
    "strings",
    [
        pytest.param("<si><t>a</t></si><x:si><x:t>b</x:t></x:si><si><t>c</t></si>", id="another prefix"),
        pytest.param("<si><t>a</t></si><si><x:t>b</x:t></si><si><t>c</t></si>", id="its text alone"),
    ],
)
def test_a_text_in_another_prefix_is_counted(strings: str) -> None:
    """Each text keeps its index: one that was passed over would give the others to other people's cells."""
    sst = f'<sst xmlns:x="u">{strings}</sst>'.encode()
    texts = SharedStrings([sst])
    assert [texts[index] for index in range(len(texts))] == ["a", "b", "c"]
    assert some_texts([sst], [1, 2]) == {1: "b", 2: "c"}


@pytest.mark.parametrize(
    "strings",
    [
        pytest.param("<si><t>a</t></si><item><t>b</t></item><si><t>c</t></si>", id="an unknown item"),
        pytest.param("<si><t>a</t></si>b<si><t>c</t></si>", id="a text between items"),
        pytest.param("<si><t>a</t></si><si><r><foo>b</foo></r></si>", id="an unknown run"),
        pytest.param("<si><mc:Choice><t>a</t></mc:Choice><mc:Fallback><t>a</t></mc:Fallback></si>", id="alternatives"),
    ],
)
def test_unknown_texts_are_refused(strings: str) -> None:
    """What is not known among the texts is refused, where it is not in the way, too."""
    sst = f'<sst xmlns:mc="u">{strings}</sst>'.encode()
    with pytest.raises(WorkbookRefused, match="not known here"):
        SharedStrings([sst])
    with pytest.raises(WorkbookRefused, match="not known here"):
        some_texts([sst], [0, 1, 2])


@pytest.mark.parametrize("index", [0, 1, 2])
def test_an_empty_shared_string_is_blank(tmp_path: Path, index: int) -> None:
    """A cell that points to an empty text is a blank cell."""
    assert value_of(tmp_path, f'<c r="A1" t="s"><v>{index}</v></c>', strings="<si/><si /><si><t/></si>") is None


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_of_the_shared_strings(tmp_path: Path, encoding: str) -> None:
    """Shared strings may begin with a byte order mark or be written in another encoding."""
    name = "utf-8" if encoding == "utf-8-sig" else encoding
    xml = f'<?xml version="1.0" encoding="{name}"?><x:sst xmlns:x="u"><x:si><x:t>é</x:t></x:si><x:si/></x:sst>'
    strings = xml.encode(encoding)
    same("é", value_of(tmp_path, '<c r="A1" t="s"><v>0</v></c>', strings=strings))
    assert value_of(tmp_path, '<c r="A1" t="s"><v>1</v></c>', strings=strings) is None


@pytest.mark.parametrize("index", ["1", "-1", "x", "99999999999999999999"])
def test_a_shared_string_that_does_not_exist(tmp_path: Path, index: str) -> None:
    """A cell that points nowhere is damage, never a blank."""
    with pytest.raises(DamagedWorkbook, match="does not exist") as told:
        value_of(tmp_path, f'<c r="A1" t="s"><v>{index}</v></c>', strings="<si><t>a</t></si>")
    assert "repair" in told.value.tip


@pytest.mark.parametrize(
    ("strings", "error"),
    [
        (b'<!DOCTYPE sst [<!ENTITY a "b">]><sst><si><t>&a;</t></si></sst>', HostileWorkbook),
        (b"<!-- x --><sst><si></sst>", DamagedWorkbook),
        (b"<sst><si><t>\xff</t></si></sst>", DamagedWorkbook),
        (b'<?xml version="1.0" encoding="UT"?><sst/>', DamagedWorkbook),
    ],
    ids=["document type", "not well-formed", "not UTF-8", "unknown encoding"],
)
def test_shared_strings_that_are_refused(strings: bytes, error: type[Exception]) -> None:
    """Entities are never expanded, and broken texts are never guessed."""
    with pytest.raises(error):
        SharedStrings([strings])[0]


def test_more_texts_than_any_list_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shared strings that would fill the memory are refused while they are read."""
    monkeypatch.setattr("collect_xl.ooxml.shared_strings.MAX_TEXTS", 1 << 20)
    endless = itertools.repeat(b"<si><t>x</t></si>" * 1_000)
    with pytest.raises(HostileWorkbook, match="MB of texts"):
        SharedStrings(endless)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), max_size=8))
def test_every_text_comes_back(texts: list[str]) -> None:
    """Whatever text a cell may have is read as it was written."""
    written = b"".join(b"<si><t>%s</t></si>" % escaped(text) for text in texts)
    strings = SharedStrings([b"<sst>", written[:7], written[7:], b"</sst>"])
    assert texts == [strings[index] for index in range(len(strings))]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    """No content of a text makes the reader fail in another way than by its own error."""
    for read in (plain_text, text_of):
        with suppress(DamagedWorkbook, WorkbookRefused):
            assert isinstance(read(raw), str)


def test_only_wanted_cells_and_no_blanks() -> None:
    """A row gives its wanted cells by field, and a cell of blanks alone counts as blank."""
    strings = SharedStrings([b'<sst><si><t xml:space="preserve"> </t></si><si><t>a</t></si></sst>'])
    row = b'<c r="A1" t="s"><v>1</v></c><c r="B1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1"><v>0</v></c>'
    wanted = {b"A": "one", b"B": "two", b"D": "four"}
    assert {"one": "a", "four": Number("0")} == Cells(strings, ()).row(cells(row), wanted)


def test_many_different_texts() -> None:
    """Texts are right however many different ones a sheet has, though only some are kept decoded."""
    items = b"".join(b"<si><t>text %d</t></si>" % number for number in range(20_000))
    values = Cells(SharedStrings([b"<sst>", items, b"</sst>"]), ())
    order = [*range(20_000), *range(0, 20_000, 7)]
    assert [f"text {n}" for n in order] == [values.read((b"A", b"", b"s", b"", b"%d" % n, b"")) for n in order]


ODD_SHEETS = {
    "prefixed": '<x:worksheet xmlns:x="{ns}"><x:sheetData><x:row r="2"><x:c r="B2"><x:v>5</x:v></x:c></x:row>'
    "</x:sheetData></x:worksheet>",
    "no references": '<worksheet xmlns="{ns}"><sheetData><row/><row><c/><c><v>5</v></c></row></sheetData></worksheet>',
    "stale dimension": '<worksheet xmlns="{ns}"><dimension ref="A1"/><sheetData><row r="2"><c r="B2"><v>5</v></c></row>'
    "</sheetData></worksheet>",
    "byte order mark": '\ufeff<?xml version="1.0"?><worksheet xmlns="{ns}"><sheetData><row r="2">'
    '<c r="B2"><v>5</v></c></row></sheetData></worksheet>',
}


@pytest.mark.parametrize("namespace", [None, STRICT], ids=["transitional", "strict"])
@pytest.mark.parametrize("sheet", ODD_SHEETS.values(), ids=ODD_SHEETS.keys())
def test_sheets_that_are_written_oddly(tmp_path: Path, sheet: str, namespace: str | None) -> None:
    """Prefixes, missing references, a stale dimension and Strict files change nothing."""
    more = {"namespace": namespace} if namespace else {}
    path = raw_workbook(tmp_path / "odd.xlsx", {"S": sheet.replace("{ns}", namespace or "n")}, **more)
    assert {"B2": Number("5")} == values_of(path)


def test_the_last_cell_of_a_sheet(tmp_path: Path) -> None:
    """A value in the last cell of all costs nothing and is found."""
    far = '<sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    assert {"XFD1048576": Number("1")} == values_of(raw_workbook(tmp_path / "far.xlsx", {"S": far}))


CORPUS = Path(os.environ.get("COLLECT_XL_CORPUS", Path(__file__).parents[3] / "shared" / "corpus")) / "workbooks"

EXPLAINED = {  # file, reader, sheet -> cells that differ, and why
    ("13_aaa.xlsx", "openpyxl", "Sheet1"): {(30, 2)},  # an East Asian built-in date format that openpyxl does not know
    ("39_stress002.xlsx", "openpyxl", "Schedule E Supplemental Tables"): {(16, 2), (53, 2), (90, 2)},  # merged over
}
UNREADABLE = {  # file, reader -> why it cannot serve
    ("14_OLE-O12-XL-OLE.xlsx", "openpyxl"): "Strict",
    ("22_Photo_Formats_-_CGM-O12-XL-Pictures.xlsx", "openpyxl"): "Strict",
    ("42_xlmmacro.xlsm", "calamine"): "macro sheets",
}
READERS = {"openpyxl": read_by_openpyxl, "calamine": read_by_calamine}


@pytest.mark.slow
@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "path", sorted(CORPUS.glob("*.xls*")) or [None], ids=lambda path: path.name if path else "none"
)
def test_real_workbooks_read_as_others_read_them(path: Path | None, reader: str) -> None:
    """Every cell of every real workbook is what openpyxl and calamine read, but for differences that are explained."""
    if path is None:
        pytest.skip(f"the workbooks of {CORPUS} are not here")
    if (path.name, reader) in UNREADABLE:
        return
    theirs = dict(READERS[reader](path))
    different = {}
    for sheet, ours in enumerate_sheets(path):
        places = ours.keys() | theirs[sheet].keys()
        odd = {place for place in places if not agree(ours.get(place), theirs[sheet].get(place))}
        different.update({sheet: odd} if odd else {})
    explained = {sheet: cells for (name, by, sheet), cells in EXPLAINED.items() if (name, by) == (path.name, reader)}
    assert explained == different


def enumerate_sheets(path: Path) -> Iterator[tuple[str, dict[tuple[int, int], CellValue]]]:
    with Package.open(path) as package:
        names = [each.name for each in package.sheets()]
    for index, name in enumerate(names):
        areas = ((Area.parse(cell.encode()), value) for cell, value in values_of(path, index).items())
        yield name, {(area.top, area.left): value for area, value in areas}
