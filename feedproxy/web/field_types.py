"""Types of fields as clients of the CalReply API send them: what each takes, and what becomes of it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, Field, WithJsonSchema

from feedproxy.web import event_times

MAX_NOTIFY_MINUTES = 40_320
"""Four weeks: the longest reminder that calendar services take."""

_GUID = re.compile(r"(\{)?[0-9a-f]{8}(-?)[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12}(?(1)\})", re.IGNORECASE)


def read_guid(text: str) -> UUID | None:
    """Read a GUID with or without dashes or braces, in any case; None if it is none."""
    return UUID(text.strip()) if _GUID.fullmatch(text.strip()) else None


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 # pydantic wants a ValueError
    return value


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _showable(value: object) -> object:
    """Drop what no database or calendar can hold: U+0000; half a surrogate pair becomes U+FFFD."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unchanged(value: object) -> object:
    """Refuse in an identifier what would have to be changed: two events must not become one."""
    if value != _showable(value):
        raise ValueError("holds U+0000 or half a surrogate pair")
    return value


def _moment(value: object) -> datetime:
    if not isinstance(value, str):
        raise ValueError("must be a string such as 2018-10-24T16:33:00")  # noqa: TRY004 # pydantic wants a ValueError
    return event_times.read_time(value)


def _instant(value: object) -> datetime:
    moment = _moment(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _guids(value: object) -> Sequence[UUID]:
    """Read a list of GUIDs, or one string of them between commas; null and empty strings in it do not count."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError("must be a list of GUIDs")  # noqa: TRY004 # pydantic wants a ValueError
    read: dict[UUID, None] = {}
    for part in parts:
        if part is None or (isinstance(part, str) and not part.strip()):
            continue
        guid = read_guid(part) if isinstance(part, str) else None
        if guid is None:
            raise ValueError(f"{str(part)[:60]!r} is not a GUID")
        read[guid] = None
    return tuple(read)


Text = Annotated[str, BeforeValidator(_showable)]
Identifier = Annotated[str, Field(max_length=255), BeforeValidator(_unchanged)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string"})]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string"})]
Guids = Annotated[tuple[UUID, ...], BeforeValidator(_guids)]
Flag = Annotated[bool, BeforeValidator(_stripped)]
Minutes = Annotated[int, Field(ge=0, le=MAX_NOTIFY_MINUTES), BeforeValidator(_no_boolean)]
