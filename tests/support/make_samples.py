"""Make the workbooks of ``sample_workbooks/``: ``python tests/support/make_samples.py`` from the project's root.

``python tests/support/make_samples.py 10000 big.xlsx`` makes the filled template with so many contacts.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from collect_xl import check
from collect_xl.template import looks, template
from collect_xl.template.sheets import Filling

FOLDER = Path(__file__).parents[2] / "sample_workbooks"
FIRST = ("Ann", "Bashir", "Chloé", "Dmitri", "Élodie", "Farah", "Goran", "Hana", "Ines", "Jörg", "Kofi", "Łucja")
LAST = ("Abara", "Bauer", "Costa", "Dubois", "Evans", "Fischer", "García", "Hansen", "Ito", "Jensen")
COMPANIES = ("Alder Accounting", "Birch & Sons", "Cedar Lending", "Dogwood HR", "Elm Care")
PLAIN = {"Chloé": "chloe", "Élodie": "elodie", "Jörg": "joerg", "Łucja": "lucja", "García": "garcia"}
CAMPAIGN = "Yearly documents"

WRONG = {  # row of the sheet -> what is wrong in it
    9: {"email": "bashir.evans(at)example.com"},
    27: {"email": ""},
    58: {"email": "kofi.garcia@example"},
    74: {"dueDate": date(2020, 1, 31)},
    101: {"email": "ann.abara.2@example.com"},  # row 2 has it, too
}

USUAL = {"font_name": "Calibri", "font_size": 11, "font_color": f"#{looks.INK}", "valign": "vcenter"}
RULE = {"bottom": 1, "bottom_color": "#D5DAE1"}
HEAD = {"bold": True, "font_color": "#FFFFFF", "valign": "vcenter"}
LOOKS: Mapping[str, Mapping[str, object]] = {
    "head": {**HEAD, "bg_color": f"#{looks.ACCENT}"},
    "said": {**HEAD, "bg_color": f"#{looks.QUIET}"},
    "text": RULE,
    "long": {**RULE, "text_wrap": True},
    "day": {**RULE, "num_format": 14, "align": "left"},
}
"""The looks of cells, as the template has them."""
WIDEST = 60

SAID = "What check says"

Line = Sequence[object]


def person(row: int) -> dict[str, str | date]:
    """Return the contact of a row of the sheet, in which every person has an address of their own."""
    first, last = FIRST[(row - 2) % len(FIRST)], LAST[(row - 2) // len(FIRST) % len(LAST)]
    local = ".".join(PLAIN.get(name, name.lower()) for name in (first, last))
    return {
        "email": f"{local}.{row}@example.com",
        "firstName": first,
        "lastName": last,
        "company": COMPANIES[row % len(COMPANIES)],
        "tags": "retail; 2026" if row % 3 else "business",
    }


def filled_template(path: Path, rows: int) -> None:
    """Make the template with so many contacts, some of them wrong."""
    people = [{**person(row), **WRONG.get(row, {})} for row in range(2, rows + 2)]
    options = {"campaignId": CAMPAIGN, "round": "first", "sendMessage": "yes"}
    path.write_bytes(template("en", Filling(people, options)))


def written(path: Path, sheets: Mapping[str, tuple[tuple[int, int], Sequence[Line]]]) -> None:
    """Write sheets of plain cells in the template's dress: name -> the first cell's row and column (from 0), lines."""
    with xlsxwriter.Workbook(path) as book:
        book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})
        formats = {name: book.add_format({**USUAL, **more}) for name, more in LOOKS.items()}
        for name, ((top, left), lines) in sheets.items():
            sheet = book.add_worksheet(name)
            dress(sheet, top, left, lines)
            for number, line in enumerate(lines):
                for column, value in enumerate(line):
                    place = (top + number, left + column)
                    write(sheet, place, value, formats, look_of(lines[0][column], number))


def look_of(header: object, number: int) -> str:
    """Return how a cell looks, by the header of its column and the number of its line."""
    if number == 0:
        return "said" if header == SAID else "head"
    return "long" if header == SAID else "text"


def dress(sheet: Worksheet, top: int, left: int, lines: Sequence[Line]) -> None:
    """Make columns as wide as their content, keep the header in sight, and fit the sheet to its paper."""
    for column in range(len(lines[0])):
        longest = max(len(str(line[column])) for line in lines if line[column] is not None)
        sheet.set_column(left + column, left + column, min(WIDEST, longest + 3))
    if SAID in lines[0]:
        # Not every program fits the height of a row to its text.
        for number, line in enumerate(lines):
            text = line[lines[0].index(SAID)]
            rows = sum(len(part) // (WIDEST - 6) + 1 for part in str(text).split("\n"))
            sheet.set_row(top + number, 22 if number == 0 else max(18, 15 * rows + 3))
    else:
        sheet.set_row(top, 22)
    sheet.freeze_panes(top + 1, 0)
    sheet.repeat_rows(top)
    sheet.set_landscape()
    sheet.set_paper(looks.PAPER)
    sheet.fit_to_pages(1, 0)
    sheet.set_footer("&L&A&R&P / &N")


def write(sheet: Worksheet, place: tuple[int, int], value: object, formats: Mapping[str, Format], look: str) -> None:
    """Write one cell as Excel would have it."""
    if isinstance(value, date):
        moment = datetime(value.year, value.month, value.day)  # noqa: DTZ001  # a cell has no zone
        sheet.write_datetime(*place, moment, formats["day"])
    elif isinstance(value, str) and value.startswith("="):
        sheet.write_formula(*place, value, formats[look], "#N/A")
    elif value is not None:
        sheet.write(*place, value, formats[look])
    else:
        sheet.write_blank(*place, None, formats[look])


PLAIN_RANGE = {
    "Clients": (
        (3, 2),
        (
            ("Ref.", "E-mail *", "Given name", "Surname", "Organisation", "Deadline (yyyy-mm-dd)", "Custom: loan_ref"),
            ("A-1", "ann@alder.example", "Ann", "Abara", "Alder Accounting", date(2035, 6, 30), "00071"),
            ("A-2", "bashir@birch.example", "Bashir", "Bauer", "Birch & Sons", "2035-06-30", "00072"),
            ("A-3", "chloe@cedar.example", "Chloé", "Costa", "Cedar Lending", None, "00073"),
            (None, None, None, None, None, None, None),
            ("A-4", "<dmitri@dogwood.example>", "Dmitri", "Dubois", "Dogwood HR", date(2035, 6, 30), "00074"),
        ),
    ),
    "Options": ((0, 0), (("Option", "Value"), ("Campaign name", CAMPAIGN), ("Round", "spring"))),
}

FRENCH = {
    "Contacts": (
        (1, 1),
        (
            ("Courriel", "Prénom", "Nom de famille", "Société", "Échéance (jj/mm/aaaa)", "Envoyer le message ?"),
            ("amelie@alder.example", "Amélie", "Moreau", "Alder Comptabilité", "30/06/2035", "oui"),
            ("benoit@birch.example", "Benoît", "Lefèvre", "Bouleau et Fils", "05/07/2035", "non"),
            ("chloe@cedar.example", "Chloé", "Garnier", "Cèdre Crédit", None, None),
        ),
    ),
    "Options": (
        (0, 0),
        (("Option", "Valeur"), ("Campagne", CAMPAIGN), ("Vague", "printemps"), ("Ordre de la date", "jj/mm/aaaa")),
    ),
}

GERMAN = {
    "Kontakte": (
        (4, 0),
        (
            ("E-Mail-Adresse", "Vorname", "Nachname", "Firma", "Fällig am", "Schlagwörter"),
            ("joerg@müller.example", "Jörg", "Müller", "Müller GmbH", "30.06.2035", "Bestand; 2026"),
            ("heike@birke.example", "Heike", "Groß", "Birke & Söhne", date(2035, 7, 5), "neu"),
            ("ute@zeder.example", "Ute", "Jäger", "Zeder Kredit", None, None),
        ),
    ),
    "Optionen": ((0, 0), (("Einstellung", "Wert"), ("Kampagne", CAMPAIGN), ("Runde", "Frühjahr"))),
}

OVERRIDES = {
    "Contacts": (
        (0, 0),
        (
            ("Email", "First name", "Campaign", "Due date", "Assigned to"),
            *(
                (f"person{row}@example.com", FIRST[row % len(FIRST)], campaign, due, colleague)
                for row, (campaign, due, colleague) in enumerate(
                    (
                        (None, None, None),
                        (None, date(2035, 3, 31), None),
                        (None, date(2035, 6, 30), None),
                        (None, date(2035, 9, 30), "ann@sandbox.example"),
                        (None, date(2035, 9, 30), "bob@sandbox.example"),
                        (None, date(2035, 9, 30), "ann@sandbox.example"),
                        ("Onboarding", None, None),
                        ("Onboarding", date(2035, 3, 31), "bob@sandbox.example"),
                        ("Onboarding", date(2035, 3, 31), "bob@sandbox.example"),
                        ("onboarding", date(2035, 3, 31), "Bob@Sandbox.example"),
                        (None, None, None),
                        (None, date(2035, 3, 31), None),
                    ),
                    2,
                )
            ),
        ),
    ),
    "Options": ((0, 0), (("Option", "Value"), ("Campaign ID", CAMPAIGN), ("Round", "first"))),
}

HEADS = ("Email", "Contact ID", "First name", "Due date", "Round", "Assigned to", "Send message", "Samples", SAID)
MISTAKES: tuple[dict[str, object], ...] = (
    {"Email": "bashir(at)example.com"},
    {"First name": "Nobody"},
    {"Email": "ann@example.com; bob@example.com"},
    {"Email": "ann abara@example.com"},
    {"Email": "Ann Abara <ann@example.com> (home)"},
    {"Email": 4711},
    {"Email": "=NA()"},
    {"Email": "ann@localhost"},
    {"Email": "ann@@example.com"},
    {"Contact ID": "ann abara"},
    {"Contact ID": 12345678901234567},
    {"Email": "p13@example.com", "Due date": date(2020, 1, 31)},
    {"Email": "p14@example.com", "Due date": "03/04/2035"},
    {"Email": "p15@example.com", "Due date": "soon"},
    {"Email": "p16@example.com", "Due date": 45},
    {"Email": "p17@example.com", "Due date": True},
    {"Email": "p18@example.com", "Round": 2026.5},
    {"Email": "p19@example.com", "Round": date(2035, 1, 31)},
    {"Email": "p20@example.com", "Assigned to": "Bob Miller"},
    {"Email": "p21@example.com", "Send message": "perhaps"},
    {"Email": "p22@example.com", "Samples": "passport https://files.example.com/passport.pdf"},
    {"Email": "p23@", "Due date": "31/02/2035", "Send message": "x"},
)
"""One row each, from row 2 on."""


def every_row_wrong(path: Path) -> None:
    """Make a workbook in which each row is wrong in its own way, with what check says of it at its end."""
    said: dict[int, str] = {}
    for _ in range(2):  # first to be checked, then with what was said
        lines = [[*(each.get(head) for head in HEADS[:-1]), said.get(row)] for row, each in enumerate(MISTAKES, 2)]
        options = (("Option", "Value"), ("Campaign ID", CAMPAIGN))
        written(path, {"Contacts": ((0, 0), (HEADS, *lines)), "Options": ((0, 0), options)})
        said = messages(path)


def messages(path: Path) -> dict[int, str]:
    """Return what check says of each row that is wrong, without asking anybody."""
    found: dict[int, list[str]] = {}
    prepared = check(path)
    for problem in (*prepared.book.problems, *prepared.plan.problems):
        found.setdefault(problem.row or 0, []).append(str(problem))
    return {row: "\n".join(lines) for row, lines in found.items()}


def make(folder: Path) -> None:
    """Make all samples; made twice, they are equal."""
    filled_template(folder / "clients_120.xlsx", 120)
    written(folder / "plain_range.xlsx", PLAIN_RANGE)
    written(folder / "liste_fr.xlsx", FRENCH)
    written(folder / "liste_de.xlsx", GERMAN)
    written(folder / "per_row_options.xlsx", OVERRIDES)
    every_row_wrong(folder / "every_row_wrong.xlsx")


if __name__ == "__main__":
    if sys.argv[1:]:
        filled_template(Path(sys.argv[2]), int(sys.argv[1]))
    else:
        make(FOLDER)
