"""The part that names the types of all parts, with an entry for one that is added."""

from __future__ import annotations

from collect_xl.errors import WorkbookRefused
from collect_xl.ooxml.xml_bytes import elements, quoted

CONTENT_TYPES = "/[Content_Types].xml"
_RELATIONSHIPS = b"application/vnd.openxmlformats-package.relationships+xml"


def with_type_of_relationships(xml: bytes, part: str) -> bytes:
    """Return the part with an entry for a part of relationships.

    Args:
        xml: the part as it stands.
        part: the name of the part that is added.

    Raises:
        WorkbookRefused: nothing can be added to it.
    """
    entries = elements(xml, CONTENT_TYPES)
    if not entries:
        raise WorkbookRefused(f"{CONTENT_TYPES} names no types.", tip="Open the workbook in Excel and save it.")
    place = entries[-1].end
    # the prefix of the entry before is right for the new one, too
    name = xml[entries[-1].start + 1 :].split(None, 1)[0]
    prefix, colon, _ = name.rpartition(b":")
    entry = b'<%b%bOverride PartName="/%b" ContentType="%b"/>' % (prefix, colon, quoted(part), _RELATIONSHIPS)
    return xml[:place] + entry + xml[place:]
