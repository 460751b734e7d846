"""Models of what clients of the CalReply API send: lenient in names and types, exact in what comes of it."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema, ErrorDetails

from feedproxy.errors import BadRequest
from feedproxy.web.field_names import field_name
from feedproxy.web.field_schemas import or_absent

CODE = "InvalidRequestParameter"


class LenientModel(BaseModel):
    """Takes each field under its name in any case, with or without `_` and `-`; null and blank text are no value.

    Numbers serve as strings, and of two spellings of one field the last counts. Unknown fields are ignored, but kept as
    they were sent by a model with `extra="allow"`.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True
    )
    other_names: ClassVar[Mapping[str, str]] = {}
    """Further names of fields, folded by `field_name`, to the alias."""

    @classmethod
    def read(cls, body: object) -> Self:
        """Read a body, an object. Raises BadRequest that names the first parameter which is missing or wrong."""
        try:
            return cls.model_validate(body)
        except ValidationError as error:
            raise BadRequest(_complaint(error.errors(include_url=False, include_input=False)[0]), code=CODE) from None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe fields that need not be there as they may be: also null or blank."""
        schema = handler(core)
        told = handler.resolve_ref_schema(schema)
        needed = told.get("required", ())
        for name, field in told["properties"].items():
            told["properties"][name] = field if name in needed else or_absent(field)
        return schema

    @model_validator(mode="before")
    @classmethod
    def _by_any_name(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("must be an object")  # noqa: TRY004 # pydantic wants a ValueError
        aliases = [str(field.alias) for field in cls.model_fields.values()]
        names = {field_name(alias): alias for alias in aliases} | dict(cls.other_names)
        keeps_unknown = cls.model_config.get("extra") == "allow"
        named = ((names.get(field_name(name), name if keeps_unknown else None), item) for name, item in value.items())
        return {name: item for name, item in named if name is not None and not is_blank(item)}


def is_blank(value: object) -> bool:
    """Whether a value stands for none: null, or text without anything to see."""
    return value is None or (isinstance(value, str) and not value.strip())


def _complaint(error: ErrorDetails) -> str:
    """Name the parameter as the reference's own sample does: "event id parameter is missing"."""
    path = [str(part) for part in error["loc"]] or ["body"]
    words = " ".join(re.sub("([A-Z])", r" \1", part).lower() for part in path).replace("event event id", "event id")
    if error["type"] == "missing":
        return f"{words} parameter is missing"
    if error["type"] == "tuple_type":
        return f"{words} parameter must be a list"
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{words} parameter {reason[:1].lower()}{reason[1:]}"
