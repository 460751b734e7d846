"""What clients send to make, change and end subscriptions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar, TypeVar

from pydantic import ConfigDict, Field

from feedproxy.errors import BadRequest
from feedproxy.model import Calendar, EventDetails, Method, Subscriber, Tag, Wishes
from feedproxy.policy.subscribing import UnknownTag, method_for, named_tag
from feedproxy.web.calreply_models import SubscriptionEvent
from feedproxy.web.field_types import (
    AsGiven,
    Email,
    EventIds,
    Flag,
    Guid,
    Identifier,
    Ids,
    IpAddress,
    SubscriptionMethod,
    Text,
    ZoneName,
    storable,
)
from feedproxy.web.lenient_model import CODE, LenientModel

NOT_OF_CALENDAR = "Invalid combination of tag details and merchant/calendar codes"
"""Word for word what the reference says of tags, and of subscriptions, that the calendar does not have."""

_NO_FACTS = frozenset(
    {
        "calendar_tags",
        "tag_id",
        "time_zone_id",
        "timezone_iana_id",
        "request_event_ids",
        "external_event_ids",
        "exclude_request_event_ids",
        "exclude_external_event_ids",
        "redirect_to",
        "subscriber_id",
        "user_name",
        "email_address",
        "subscription_method",
        "events",
        "id",
        "username",
    }
)
"""Fields that have a place of their own in the records."""

T = TypeVar("T")


class TagReference(LenientModel):
    """A tag by its id here, by the id that the calendar's owner gave it, or by both, which must agree."""

    other_names: ClassVar[Mapping[str, str]] = {"id": "internalId", "tagid": "internalId"}

    internal_id: Guid | None = Field(default=None, description="GUID of the tag.")
    external_id: Identifier | None = Field(default=None, description="The tag's id in its owner's system.")


class SubscriptionFields(LenientModel):
    """What may be said of a subscription at any time. What is absent stays as it is; an empty list clears it."""

    model_config = ConfigDict(extra="allow")
    other_names: ClassVar[Mapping[str, str]] = {
        "timezone": "timeZoneId",
        "timezonebclid": "timeZoneId",
        "excludexternaleventids": "excludeExternalEventIds",  # so in the reference's example
        "redirecturl": "redirectTo",
    }

    calendar_tags: tuple[TagReference, ...] | None = Field(default=None, description="Only events with such a tag.")
    tag_id: Guid | None = Field(default=None, description="The same, for one tag.")
    time_zone_id: ZoneName | None = Field(
        default=None, description="Windows or IANA id: only events of this time zone, and of none."
    )
    timezone_iana_id: ZoneName | None = Field(default=None, description="IANA id; counts before `timeZoneId`.")
    request_event_ids: EventIds | None = Field(default=None, description="GUIDs: only these events.")
    external_event_ids: Ids | None = Field(default=None, description="Ids of the calendar's owner: only these events.")
    exclude_request_event_ids: EventIds | None = Field(default=None, description="GUIDs: none of these events.")
    exclude_external_event_ids: Ids | None = Field(
        default=None, description="Ids of the calendar's owner: none of these events."
    )
    marketing_allowed: Flag | None = Field(default=None, description="Whether the subscriber may be sent marketing.")
    additional_opt_in: Flag | None = Field(default=None, description="The subscriber's answer to a further question.")
    redirect_to: Text | None = Field(
        default=None, description="Where people go on after a consent with Google: a URI that is registered."
    )

    def wishes(self, calendar: Calendar, before: Wishes = Wishes()) -> Wishes:  # noqa: B008 # it is frozen
        """Return what is wanted now. Raises BadRequest for a tag that the calendar does not have."""
        zone = self.time_zone_id if self.timezone_iana_id is None else self.timezone_iana_id
        return Wishes(
            tags=_given(self._tags(calendar), before.tags),
            zone=_given(zone, before.zone),
            include_events=_given(self.request_event_ids, before.include_events),
            include_external=_given(self.external_event_ids, before.include_external),
            exclude_events=_given(self.exclude_request_event_ids, before.exclude_events),
            exclude_external=_given(self.exclude_external_event_ids, before.exclude_external),
        )

    def facts(self) -> dict[str, object]:
        """Return what else was said, by canonical name, and what nobody knows, by the name that it came under."""
        return _facts(self)

    def _tags(self, calendar: Calendar) -> tuple[Tag, ...] | None:
        if self.calendar_tags is None and self.tag_id is None:
            return None
        ids = [(tag.internal_id, tag.external_id) for tag in self.calendar_tags or ()]
        if self.tag_id is not None:
            ids.append((self.tag_id, None))
        try:
            return tuple(dict.fromkeys(named_tag(calendar.tags, *each) for each in ids))
        except UnknownTag:
            raise BadRequest(NOT_OF_CALENDAR, code=CODE) from None


class UpdateRequest(SubscriptionFields):
    """The body of PUT /subscription/{accountCode}/{calendarCode}/{subscriptionId}."""

    def subscriber(self, before: Subscriber) -> Subscriber:
        """Return the subscriber with what was said now."""
        return replace(before, facts={**before.facts, **self.facts()})


class SubscribeRequest(SubscriptionFields):
    """The body of POST /subscribe/{accountCode}/{calendarCode}, and of the routes for one method alone."""

    other_names: ClassVar[Mapping[str, str]] = {
        **SubscriptionFields.other_names,
        "referer": "urlReferrer",
        "referrer": "urlReferrer",
    }

    subscriber_id: Identifier | None = Field(default=None, description="Who subscribes, as the caller calls them.")
    user_name: Identifier | None = Field(default=None, description="The same, where there is no subscriberId.")
    email_address: Email | None = Field(default=None, description="The subscriber's e-mail address.")
    subscription_method: SubscriptionMethod | None = Field(
        default=None, description="WebCal or Google; without it the user agent decides."
    )
    user_agent: Text | None = Field(default=None, description="The subscriber's browser.")
    ip_address: IpAddress | None = Field(default=None, description="The subscriber's IPv4 or IPv6 address.")
    url_referrer: Text | None = Field(default=None, description="The page that the subscriber came from.")
    utm_source: Text | None = Field(default=None, description="Where the subscriber comes from.")
    utm_medium: Text | None = Field(default=None, description="By what medium.")
    utm_content: Text | None = Field(default=None, description="By what content.")
    utm_campaign: Text | None = Field(default=None, description="Of what campaign.")
    channel_finder_zip_code: Text | None = Field(default=None, description="Post code that was entered.")
    channel_finder_line_up_id: Text | None = Field(default=None, description="Line-up of channels there.")
    click_id: Text | None = Field(default=None, description="The click that led here.")
    source_id: AsGiven | None = Field(default=None, description="Number of the source.")
    network_device: Text | None = Field(default=None, description="Kind of TV network.")
    provider_name: Text | None = Field(default=None, description="TV provider.")
    provider_location: Text | None = Field(default=None, description="Where the TV provider is.")
    station_num: AsGiven | None = Field(default=None, description="Number of the TV station.")
    station_name: Text | None = Field(default=None, description="Name of the TV station.")
    subscription_platform_type: AsGiven | None = Field(default=None, description="The subscriber's calendar app.")
    events: tuple[SubscriptionEvent, ...] = Field(default=(), description="Events of this subscription alone.")

    @property
    def method(self) -> Method:
        """The method that was asked for, or that fits the user agent. Raises BadRequest if there is neither."""
        if self.subscription_method is None and self.user_agent is None:
            raise BadRequest("userAgent is required", code=CODE)
        return method_for(self.subscription_method, self.user_agent or "")

    def subscriber(self) -> Subscriber:
        """Return who subscribes."""
        return Subscriber(
            subscriber_id=self.subscriber_id or "",
            user_name=self.user_name or "",
            email=self.email_address or "",
            facts=self.facts(),
        )

    def private_events(self) -> tuple[tuple[str, EventDetails], ...]:
        """Return the events of this subscription alone, the last of each id. Raises BadRequest."""
        return tuple({event.event_id: event.to_details() for event in self.events}.items())


class DeactivateRequest(LenientModel):
    """The body of DELETE /subscription/{accountCode}/{calendarCode}, of which each part may stand in the query."""

    model_config = ConfigDict(extra="allow")
    other_names: ClassVar[Mapping[str, str]] = {"subscriptionid": "id", "subscriberid": "username"}

    id: Text | None = Field(default=None, description="GUID of the subscription to deactivate.")
    username: Identifier | None = Field(default=None, description="Whose subscriptions to deactivate, all.")
    unsubscribe_reason_id: AsGiven | None = Field(default=None, description="Why, as a number.")
    unsubscribe_reason_text: Text | None = Field(default=None, description="Why, in words.")
    action_type: AsGiven | None = Field(default=None, description="What the subscriber did.")

    def facts(self) -> dict[str, object]:
        """Return what else was said, as `SubscriptionFields.facts` does."""
        return _facts(self)


def _facts(body: LenientModel) -> dict[str, object]:
    known = {
        str(field.alias): value
        for name, field in type(body).model_fields.items()
        if name not in _NO_FACTS and (value := getattr(body, name)) is not None
    }
    return {str(storable(name)): storable(value) for name, value in (body.model_extra or {}).items()} | known


def _given(value: T | None, before: T) -> T:
    return before if value is None else value
