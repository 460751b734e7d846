"""What the types of fields take, as JSON Schema: all of it, since programs read these, but no more than is taken.

What no schema can say is said in words: that an end is not before its start, which time zones there are.
"""

from typing import Any

from pydantic import GetJsonSchemaHandler
from pydantic_core import CoreSchema

Schema = dict[str, Any]

ABSENT: Schema = {
    "title": "absent",
    "description": "Null and blank text are as good as no value.",
    "anyOf": [{"type": "null"}, {"type": "string", "pattern": r"^\s*$"}],
}

_GUID = r"(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})"
_IN_BRACES = rf"\s*(?:{_GUID}|\{{{_GUID}\}})\s*"

GUID: Schema = {
    "title": "GUID",
    "description": "With or without dashes or braces, in any case.",
    "type": "string",
    "pattern": f"^{_IN_BRACES}$",
}
GUIDS: Schema = {
    "title": "list of GUIDs",
    "description": "A list, or one text with commas between them.",
    "anyOf": [
        {"type": "array", "items": {"anyOf": [{"x-name": "Guid"}, {"x-name": "Absent"}]}},
        {"type": "string", "pattern": rf"^(?:{_IN_BRACES}|\s*)(?:,(?:{_IN_BRACES}|\s*))*$"},
    ],
}

TEXT: Schema = {"type": ["string", "number"], "pattern": r"\S"}
IDENTIFIER: Schema = {"type": ["string", "number"], "pattern": r"^[^\u0000]*[^\s\u0000][^\u0000]*$"}
"""These two are merged into the schema of a string, which has its greatest length."""

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
_DATE = rf"(?!000[01]|9999)[0-9]{{4}}(?:-{_MONTH}-{_DAY}|{_MONTH}{_DAY})"
_HOUR, _SIXTY, _PART = "(?:[01][0-9]|2[0-3])", "[0-5][0-9]", "(?:[.,][0-9]{1,9})?"
_CLOCK = rf"{_HOUR}(?::{_SIXTY}(?::{_SIXTY}{_PART})?|{_SIXTY}(?:{_SIXTY}{_PART})?)?"
_OFFSET = rf" ?(?:[Zz]|[+-]{_HOUR}(?::?{_SIXTY})?)"

MOMENT: Schema = {
    "title": "date and time",
    "description": "ISO 8601: `2018-10-24T16:33:00`, `2018-10-24T16:33:00+10:00`, `20181024T063300Z`, `2018-10-24`.",
    "type": "string",
    "format": "iso-8601",
    "pattern": rf"^\s*{_DATE}(?:[Tt ]{_CLOCK}(?:{_OFFSET})?)?\s*$",
}

FLAG: Schema = {
    "title": "boolean",
    "anyOf": [
        {"type": "boolean"},
        {"enum": [0, 1]},
        {
            "type": "string",
            "pattern": r"^\s*(?:[Tt](?:[Rr][Uu][Ee])?|[Yy](?:[Ee][Ss])?|[Oo][Nn]|1"
            r"|[Ff](?:[Aa][Ll][Ss][Ee])?|[Nn][Oo]?|[Oo][Ff][Ff]|0)\s*$",
        },
    ],
}

MINUTES: Schema = {
    "title": "minutes",
    "description": "From 0 to 40320, four weeks; as a number or as text.",
    "anyOf": [
        {"type": "integer", "minimum": 0, "maximum": 40_320},
        {"type": "string", "pattern": r"^\s*\+?0*(?:[0-3]?[0-9]{1,4}|40[0-2][0-9]{2}|403[01][0-9]|40320)\s*$"},
    ],
}

ZONE: Schema = {"title": "time zone id", "type": ["string"], "format": "time-zone"}
"""This too: of a text that names a time zone."""
ZONE_OR_NONE: Schema = {
    "title": "time zone id",
    "anyOf": [{"type": "string", "format": "time-zone"}, {"type": "array", "maxItems": 0}],
}
"""Where an empty list stands for none."""

IDS: Schema = {
    "title": "list of ids",
    "anyOf": [{"type": "array", "items": {"type": ["string", "number", "null"]}}, {"type": ["string", "number"]}],
}
"""A list, or one text with commas between them."""

EMAIL: Schema = {"type": "string", "pattern": r"^\s*[^@\s]+@[^@\s]+\s*$"}
ADDRESS: Schema = {
    "title": "IP address",
    "anyOf": [{"type": "string", "format": "ipv4"}, {"type": "string", "format": "ipv6"}],
}
METHOD: Schema = {
    "title": "WebCal or Google",
    "anyOf": [
        {"enum": [0, 1]},
        {"type": "string", "pattern": r"^\s*(?:[Ww][Ee][Bb][Cc][Aa][Ll]|[Gg][Oo][Oo][Gg][Ll][Ee]|0|1)\s*$"},
    ],
}

NAMED = {"Absent": ABSENT, "Guid": GUID, "Guids": GUIDS, "Moment": MOMENT, "Flag": FLAG, "Minutes": MINUTES}
"""Those that a document refers to by name."""

NAME = "x-name"
ABOUT = ("title", "description", "default", "examples")
"""What a schema says that does not decide what is taken."""


def named(name: str) -> Schema:
    """Return what stands for a schema of `NAMED` until a document refers to it: pydantic knows its own names only."""
    return {NAME: name}


def or_absent(schema: Schema) -> Schema:
    """Return the schema of a field that may be absent, from pydantic's, which may allow null."""
    about = {name: schema[name] for name in ABOUT if schema.get(name) is not None}
    kind = {name: value for name, value in schema.items() if name not in ABOUT}
    kinds = [each for each in kind.get("anyOf", ()) if each != {"type": "null"}]
    if kinds:
        kind = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    if kind.get("pattern") == TEXT["pattern"]:
        del kind["pattern"]
        return {**kind, "type": [*kind["type"], "null"], **about}
    return {"anyOf": [kind, named("Absent")], **about}


class Also:
    """Merged into the schema of the type that is annotated with it."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> Schema:
        return {**handler(core), **self._schema}
