"""The contact that a row names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from marshmallow import EXCLUDE, Schema

from collect_xl.domain.headings import CUSTOM
from collect_xl.validation.fields import ContactId, CustomValue, Email, Pieces, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from collect_xl.domain.model import Column


class ContactSchema(Schema):
    """The columns of a contact; each ``data_key`` is a field key of ``columns``, each name one of ``model.Contact``."""

    class Meta:
        """A row also holds options and results."""

        unknown = EXCLUDE

    id = ContactId(data_key="contactId")
    email = Email(data_key="email")
    first_name = Text(data_key="firstName")
    last_name = Text(data_key="lastName")
    company = Text(data_key="company")
    tags = Pieces(data_key="tags")


def contact_schema(columns: Iterable[Column]) -> Schema:
    """Return the schema for a sheet that has these columns: one instance for all rows.

    Custom columns are loaded under numbered names, as marshmallow would nest a variable that has a dot in it.
    """
    keys = [column.field for column in columns]
    custom = {}
    for number, key in enumerate(keys):
        if key.startswith(CUSTOM):
            custom[f"custom{number}"] = CustomValue(data_key=key)
    schema = ContactSchema.from_dict(dict(custom), name="SheetContactSchema")
    present = [name for name, field in schema().fields.items() if field.data_key in keys]
    return schema(only=present)
