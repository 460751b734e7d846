"""Strict models: exact names, exact types, and one line for what is wrong.

Operators write these by hand or with a program of their own, so a field that nobody knows is a slip, never ignored.
"""

import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from feedproxy.errors import BadRequest

Model = TypeVar("Model", bound=BaseModel)

MAX_TEXT = 60_000
"""Characters of a description, as many as an event's may have."""

CONTROL = r"\u0000-\u001f\u007f-\u009f"
"""For character classes of the patterns in JSON schemas; validators say more of what is wrong."""
LINE_PATTERN = rf"^(?:[^\s{CONTROL}](?:[^{CONTROL}\u2028\u2029]*[^\s{CONTROL}])?)?$"
CODE_PATTERN = LINE_PATTERN.replace("^", r"^(?!\.{1,2}$)", 1)
TEXT_PATTERN = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$"

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_NO_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def _showable(text: str) -> str:
    if _NO_TEXT.search(text):
        raise ValueError("holds a control character or half a surrogate pair")
    return text


def _one_line(text: str) -> str:
    if _NO_LINE.search(text):
        raise ValueError("holds a line break, a control character or half a surrogate pair")
    if text != text.strip():
        raise ValueError("begins or ends with a space")
    return text


def _in_a_path(code: str) -> str:
    if code in {".", ".."}:
        raise ValueError("is a path's way up; clients would leave it out of URLs")
    return code


def also(**schema: Any) -> Any:
    """Return what puts more into the JSON schema of a type."""
    return Field(json_schema_extra=schema)


Text = Annotated[str, Field(max_length=MAX_TEXT), AfterValidator(_showable), also(pattern=TEXT_PATTERN)]
Line = Annotated[str, Field(max_length=1_000), AfterValidator(_one_line), also(pattern=LINE_PATTERN)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_one_line), also(pattern=LINE_PATTERN)]
Code = Annotated[Name, AfterValidator(_in_a_path), also(pattern=CODE_PATTERN)]
"""A segment of the paths of the API."""


class StrictModel(BaseModel):
    """Takes its fields under their camelCase names alone, in their own types."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, hide_input_in_errors=True, strict=True
    )

    def given(self) -> dict[str, Any]:
        """Return the fields that were given, by attribute name: what is absent stays as it is."""
        return {name: getattr(self, name) for name in self.model_fields_set}


def without_defaults(schema: dict[str, Any]) -> None:
    """Take the defaults out of the JSON schema of a change: what is absent from it stays as it is."""
    for each in schema["properties"].values():
        each.pop("default", None)


class ShownModel(BaseModel):
    """What is shown of a record: JSON of the admin API and of `--json`."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True, validate_by_name=True)


def read(
    model: type[Model], body: bytes | Mapping[str, object], *, label: Callable[[str], str] = lambda name: name
) -> Model:
    """Read octets of JSON, or values by field name. Raises BadRequest that names the first field which is wrong.

    `label` gives the name by which whoever is asking knows a field.
    """
    try:
        if isinstance(body, bytes):
            return model.model_validate_json(body)
        return model.model_validate(body)
    except ValidationError as error:
        raise BadRequest(_complaint(model, error, label)) from None


def _complaint(model: type[BaseModel], error: ValidationError, label: Callable[[str], str]) -> str:
    """Name the place and what is wrong there; unknown fields first, for they may be a missing one's misspelling."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    first = next((each for each in errors if each["type"] == "extra_forbidden"), errors[0])
    match first["type"]:
        case "json_invalid":
            return f"the body is not JSON: {first['msg'].removeprefix('Invalid JSON: ')}"
        case "model_type" if not first["loc"]:
            return "the body should be a JSON object"
        case "missing":
            reason = "is missing"
        case "extra_forbidden":
            names = [str(field.alias) for field in model.model_fields.values()]
            reason = "is not known here" + (f"; there are {', '.join(names)}" if len(first["loc"]) == 1 else "")
        case _:
            message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
            reason = message[:1].lower() + message[1:]
    head, *rest = map(str, first["loc"])
    return f"{'.'.join((label(head), *rest))}: {reason}"
