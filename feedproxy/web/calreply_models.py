"""What clients of the CalReply API send, as models: lenient in names and types, exact in what comes of it."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

import tzmap
from feedproxy.errors import BadRequest
from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.web import event_times
from feedproxy.web.field_names import field_name

CODE = "InvalidRequestParameter"

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


class LenientModel(BaseModel):
    """Takes each field under its name in any case, with or without `_` and `-`; null and blank text are no value.

    Unknown fields are ignored, numbers serve as strings, and of two spellings of one field the last counts.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, coerce_numbers_to_str=True, frozen=True, hide_input_in_errors=True
    )
    other_names: ClassVar[Mapping[str, str]] = {}
    """Further names of fields, folded by `field_name`, to the alias."""

    @model_validator(mode="before")
    @classmethod
    def _by_any_name(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            raise ValueError("must be an object")  # noqa: TRY004 # pydantic wants a ValueError
        aliases = [str(field.alias) for field in cls.model_fields.values()]
        names = {field_name(alias): alias for alias in aliases} | dict(cls.other_names)
        known = ((names.get(field_name(name)), item) for name, item in value.items())
        return {alias: item for alias, item in known if alias is not None and not _is_blank(item)}


class SubscriptionEvent(LenientModel):
    """An event to put into the feeds of single subscriptions: the reference's "Event Details Model"."""

    other_names: ClassVar[Mapping[str, str]] = {
        "timezoneid": "timezone",
        "timezonebclid": "timezone",
        "visiblefromdatetimeutc": "visibleFromDateTimeUtc",
    }

    event_id: Identifier = Field(description="Names the event within the account; the same id again updates it.")
    title: Text = Field(max_length=1_000, description="Summary of the event.")
    description: Text = Field(default="", max_length=60_000, description="Longer text.")
    location: Text = Field(default="", max_length=2_000, description="Where it is.")
    start: Moment = Field(description="ISO 8601. Without an offset it is local time in `timezone`.")
    end: Moment | None = Field(
        default=None,
        description="ISO 8601. Without it the event ends as it starts, or is one day long. An all-day event's end at "
        "00:00 is exclusive; at any other time that day is included.",
    )
    timezone: Text | None = Field(
        default=None,
        max_length=255,
        description="A Windows or IANA time zone id; may be left out only if `start` has an offset.",
    )
    timezone_iana_id: Text | None = Field(
        default=None, max_length=255, description="An IANA time zone id; counts before `timezone`."
    )
    all_day_event: Flag = Field(default=False, description="Whether only the days of `start` and `end` count.")
    notify_before: Minutes | None = Field(default=None, description="Minutes from a reminder to the start.")
    visible_from: Instant | None = Field(
        default=None, alias="visibleFromDateTimeUtc", description="ISO 8601; the event is hidden until then."
    )

    def to_details(self) -> EventDetails:
        """Return the event as the store keeps it. Raises BadRequest: no time zone, an unknown one, an end too early."""
        span_of = event_times.whole_days if self.all_day_event else event_times.timed
        try:
            span = span_of(self.start, self.end, self._zone())
        except ValueError as error:
            raise BadRequest(f"event end parameter {error}", code=CODE) from error
        return EventDetails(
            title=self.title,
            start=span.start,
            end=span.end,
            zone=span.zone,
            description=self.description,
            location=self.location,
            notify_before=self.notify_before,
            visible_from=self.visible_from,
        )

    def _zone(self) -> str | None:
        name = (self.timezone_iana_id or self.timezone or "").strip()
        if not name:
            if self.start.tzinfo is None:
                raise BadRequest("event timezone parameter is missing", code=CODE)
            return None
        zone = tzmap.resolve(name).zone
        if zone is None:
            raise BadRequest(f"event timezone parameter {name[:60]!r} is no known time zone id", code=CODE)
        return zone


class SubscriptionEventRequest(LenientModel):
    """The body of POST /subscriptionevent/{accountCode}. The event's fields may also stand beside `subscriptionIds`."""

    event: SubscriptionEvent
    subscription_ids: Guids = Field(default=(), description="GUIDs of the subscriptions that get the event.")

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        names = {field_name(name) for name, item in value.items() if not _is_blank(item)}
        return value if "event" in names else {**value, "event": value}


def read_request(body: object) -> SubscriptionEventRequest:
    """Read a request's body, an object. Raises BadRequest that names the first parameter which is missing or wrong."""
    try:
        return SubscriptionEventRequest.model_validate(body)
    except ValidationError as error:
        raise BadRequest(_complaint(error.errors(include_url=False, include_input=False)[0]), code=CODE) from None


def read_events(value: object, *, now: datetime) -> list[PersonalEvent]:
    """Read events as a file has them: one as in a request, with or without its `{"event": ...}`, or a list of such.

    They belong to no account; a later event of the same id replaces the earlier. Raises BadRequest that says which
    event is wrong and how.
    """
    events: dict[str, PersonalEvent] = {}
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        try:
            event = read_request(item).event
            details = event.to_details()
        except BadRequest as error:
            raise BadRequest(f"event {number}: {error.message}", code=CODE) from None
        events[event.event_id] = PersonalEvent("", event.event_id, details, 0, now, now)
    return list(events.values())


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _complaint(error: ErrorDetails) -> str:
    """Name the parameter as the reference's own sample does: "event id parameter is missing"."""
    path = [str(part) for part in error["loc"]] or ["body"]
    words = " ".join(re.sub("([A-Z])", r" \1", part).lower() for part in path).replace("event event id", "event id")
    if error["type"] == "missing":
        return f"{words} parameter is missing"
    reason = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{words} parameter {reason[:1].lower()}{reason[1:]}"
