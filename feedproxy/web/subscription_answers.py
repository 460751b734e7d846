"""What clients are told of subscriptions: the members of each answer, in the order that the reference shows."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from aiohttp import web

from feedproxy.model import Calendar, Method, Subscription, Wishes
from feedproxy.transform import CalendarEvent
from feedproxy.transform.eventid import guid
from feedproxy.web.feed_login import NewLogin
from feedproxy.web.zone_ids import windows_id

UPDATED = "Subscription updated"

METHOD_NAMES: Mapping[Method, str] = {"webcal": "WebCal", "google": "Google"}
"""As lists and updates write them; what makes or shows a single subscription writes them in small letters."""

_SUCCESS = {"success": True, "statusCode": 200, "errors": []}


def answered(body: object) -> web.Response:
    """Return the answer that has this body; nobody on the way may keep it."""
    return web.json_response(body, headers={"Cache-Control": "no-store"})


def made(
    subscription: Subscription,
    *,
    url: str | None = None,
    login: NewLogin | None = None,
    is_new: bool | None = None,
    redirect_to: str | None = None,
) -> dict[str, object]:
    """Return what is told of a subscription that was made, or updated instead; what is None is left out."""
    return _SUCCESS | _present(
        subscriptionType=subscription.method,
        subscriptionId=str(subscription.id),
        subscriberId=subscription.subscriber.key or None,
        subscriptionUrl=url,
        username=login.user_name if login else None,
        password=login.password if login else None,
        isNewSubscription=is_new,
        redirectTo=redirect_to,
    )


def updated(subscription: Subscription, redirect_to: str | None = None) -> dict[str, object]:
    """Return what is told of a subscription that was updated."""
    return _SUCCESS | _present(
        message=UPDATED,
        subscriptionId=str(subscription.id),
        subscriberId=subscription.subscriber.key or None,
        subscriptionType=METHOD_NAMES[subscription.method],
        redirectTo=redirect_to,
    )


def shown(
    subscription: Subscription, calendar: Calendar, events: Sequence[CalendarEvent], method: str
) -> dict[str, object]:
    """Return what is shown of a subscription; `events` are its calendar's, `method` is how its method is written."""
    wishes, subscriber, deactivated_at = subscription.wishes, subscription.subscriber, subscription.deactivated_at
    return _present(
        subscriptionId=str(subscription.id),
        calendar=_present(code=calendar.code, name=calendar.details.title, image=calendar.details.image or None),
        tags=[{"id": str(tag.id), "name": tag.text} for tag in wishes.tags],
        timezoneId=windows_id(wishes.zone) if wishes.zone else None,
        subscriptionType=method,
        subscriberId=subscriber.key or None,
        emailAddress=subscriber.email or None,
        createdAt=api_time(subscription.created_at),
        isActive=subscription.state == "active",
        deactivatedDate=api_time(deactivated_at) if deactivated_at else None,
        events=_chosen(wishes, events),
    )


def api_time(moment: datetime) -> str:
    """Write an instant in UTC as the API does."""
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds")


def _chosen(wishes: Wishes, events: Sequence[CalendarEvent]) -> list[dict[str, object]]:
    """Return the events that are chosen or excluded one by one, in the calendar's order."""
    excluded = _named(events, wishes.exclude_events, wishes.exclude_external)
    included = _named(events, wishes.include_events, wishes.include_external)
    return [
        _present(id=str(event.id), name=event.name, externalId=event.external_id, isExcluded=event.id in excluded)
        for event in events
        if event.id in included | excluded
    ]


def _named(events: Sequence[CalendarEvent], ids: Collection[str], external_ids: Collection[str]) -> frozenset[UUID]:
    """Return the events that go by a GUID, or by an id of the calendar's owner, which may be the UID."""
    guids = {*ids, *map(guid, external_ids)}
    return frozenset(each.id for each in events if str(each.id) in guids or each.external_id in external_ids)


def _present(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value is not None}
