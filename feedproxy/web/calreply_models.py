"""Subscription events as clients of the CalReply API send them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

import tzmap
from feedproxy.errors import BadRequest
from feedproxy.model import EventDetails, PersonalEvent
from feedproxy.web import event_times
from feedproxy.web.field_names import field_name
from feedproxy.web.field_schemas import named
from feedproxy.web.field_types import Flag, Guids, Identifier, Instant, Minutes, Moment, Text, ZoneText
from feedproxy.web.lenient_model import CODE, LenientModel, is_blank


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
    timezone: ZoneText | None = Field(
        default=None,
        max_length=255,
        description="A Windows or IANA time zone id; may be left out only if `start` has an offset.",
    )
    timezone_iana_id: ZoneText | None = Field(
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

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe both forms, the one with `event` first."""
        schema = super().__get_pydantic_json_schema__(core, handler)
        told = handler.resolve_ref_schema(schema)
        event, ids = told["properties"].values()
        wrapped = {"properties": {"event": event, "subscriptionIds": ids}, "required": ["event"]}
        bare = {**event, "properties": {"event": named("Absent"), "subscriptionIds": ids}}
        del told["properties"], told["required"]
        told["anyOf"] = [wrapped, bare]
        return schema

    @model_validator(mode="before")
    @classmethod
    def _unwrapped(cls, value: Any) -> Any:
        if not isinstance(value, Mapping):
            return value
        names = {field_name(name) for name, item in value.items() if not is_blank(item)}
        return value if "event" in names else {**value, "event": value}


def read_events(value: object, *, now: datetime) -> list[PersonalEvent]:
    """Read events as a file has them: one as in a request, with or without its `{"event": ...}`, or a list of such.

    They belong to no account; a later event of the same id replaces the earlier. Raises BadRequest that says which
    event is wrong and how.
    """
    events: dict[str, PersonalEvent] = {}
    for number, item in enumerate(value if isinstance(value, list) else [value], 1):
        try:
            event = SubscriptionEventRequest.read(item).event
            details = event.to_details()
        except BadRequest as error:
            raise BadRequest(f"event {number}: {error.message}", code=CODE) from None
        events[event.event_id] = PersonalEvent("", event.event_id, details, 0, now, now)
    return list(events.values())
