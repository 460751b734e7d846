"""Types of fields as clients of the CalReply API send them: what each takes, and what becomes of it."""

import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Annotated, cast
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from feedproxy.model import Method
from feedproxy.web import event_times, zone_ids
from feedproxy.web.field_schemas import ADDRESS, EMAIL, IDENTIFIER, IDS, METHOD, TEXT, ZONE, ZONE_OR_NONE, Also, named

MAX_NOTIFY_MINUTES = 40_320
"""Four weeks: the longest reminder that calendar services take."""

_GUID = re.compile(r"(\{)?[0-9a-f]{8}(-?)[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{4}\2[0-9a-f]{12}(?(1)\})", re.IGNORECASE)

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_METHODS: dict[str, Method] = {"webcal": "webcal", "google": "google", "0": "webcal", "1": "google"}


def read_guid(text: str) -> UUID | None:
    """Read a GUID with or without dashes or braces, in any case; None if it is none."""
    return UUID(text.strip()) if _GUID.fullmatch(text.strip()) else None


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 # pydantic wants a ValueError
    return value


def _no_number(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a time zone id")  # noqa: TRY004 # pydantic wants a ValueError
    return value


def _stripped(value: object) -> object:
    return value.strip() if isinstance(value, str) else value


def _showable(value: object) -> object:
    """Drop what no database or calendar can hold: U+0000; half a surrogate pair becomes U+FFFD."""
    if not isinstance(value, str):
        return value
    return value.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def storable(value: object) -> object:
    """Return a value of JSON without what no database can hold."""
    if isinstance(value, Mapping):
        return {str(_showable(name)): storable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return _showable(value)


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


def _guid(value: object) -> UUID:
    guid = read_guid(value) if isinstance(value, str) else None
    if guid is None:
        raise ValueError(f"{str(value)[:60]!r} is not a GUID")
    return guid


def _guids(value: object) -> Sequence[UUID]:
    """Read a list of GUIDs, or one string of them between commas; null and empty strings in it do not count."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError("must be a list of GUIDs")  # noqa: TRY004 # pydantic wants a ValueError
    read: dict[UUID, None] = {}
    for part in parts:
        if part is None or (isinstance(part, str) and not part.strip()):
            continue
        read[_guid(part)] = None
    return tuple(read)


def _ids(value: object) -> Sequence[str]:
    """Read a list of ids, or one string of them between commas; numbers are as good, blanks do not count."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    read: dict[str, None] = {}
    for part in parts:
        if isinstance(part, bool) or not isinstance(part, str | int | float | None):
            raise ValueError("must be a list of ids")  # noqa: TRY004 # pydantic wants a ValueError
        number = int(part) if isinstance(part, float) and part.is_integer() else part
        read[str(number if number is not None else "").strip()] = None
    return tuple(str(_showable(each)) for each in read if each)


def _event_ids(value: object) -> Sequence[str]:
    """Write those that are GUIDs as we write them; the others name nothing, but what was asked for stays."""
    return tuple(dict.fromkeys(str(read_guid(each) or each) for each in _ids(value)))


def _zone(value: object) -> str:
    if value == []:
        return ""
    zone = zone_ids.read_zone(value) if isinstance(value, str) else None
    if zone is None:
        raise ValueError(f"{str(value)[:60]!r} is no known time zone id")
    return zone


def _email(value: str) -> str:
    if not _EMAIL.fullmatch(value.strip()):
        raise ValueError("is not an e-mail address")
    return value.strip()


def _address(value: object) -> str:
    try:
        return str(ip_address(cast(str, value).strip()))
    except (ValueError, AttributeError):
        raise ValueError("is not an IPv4 or IPv6 address") from None


def _as_given(value: object) -> int | str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a number or text")  # noqa: TRY004 # pydantic wants a ValueError
    return cast(int | str, _showable(value))


def _method(value: object) -> Method:
    method = None if isinstance(value, bool) else _METHODS.get(str(value).strip().lower())
    if method is None:
        raise ValueError("must be WebCal or Google")
    return method


Text = Annotated[str, BeforeValidator(_showable), Also(TEXT)]
ZoneText = Annotated[Text, BeforeValidator(_no_number), Also(ZONE)]
Identifier = Annotated[str, Field(max_length=255), BeforeValidator(_unchanged), Also(IDENTIFIER)]
Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema(named("Moment"))]
Instant = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema(named("Moment"))]
Guid = Annotated[UUID, BeforeValidator(_guid), WithJsonSchema(named("Guid"))]
Guids = Annotated[tuple[UUID, ...], BeforeValidator(_guids), WithJsonSchema(named("Guids"))]
Flag = Annotated[bool, BeforeValidator(_stripped), WithJsonSchema(named("Flag"))]
Minutes = Annotated[
    int, Field(ge=0, le=MAX_NOTIFY_MINUTES), BeforeValidator(_no_boolean), WithJsonSchema(named("Minutes"))
]
Ids = Annotated[tuple[str, ...], BeforeValidator(_ids), WithJsonSchema(IDS)]
EventIds = Annotated[tuple[str, ...], BeforeValidator(_event_ids), WithJsonSchema(IDS)]
ZoneName = Annotated[str, BeforeValidator(_zone), WithJsonSchema(ZONE_OR_NONE)]
"""A Windows id or IANA key as it is properly written; `[]`, which clears it, is empty text."""
AsGiven = Annotated[int | str, BeforeValidator(_as_given)]
Email = Annotated[Text, Field(max_length=254), AfterValidator(_email), Also(EMAIL)]
IpAddress = Annotated[str, BeforeValidator(_address), WithJsonSchema(ADDRESS)]
SubscriptionMethod = Annotated[Method, BeforeValidator(_method), WithJsonSchema(METHOD)]
