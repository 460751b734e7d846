"""/ops/accounts and below: accounts, their calendars, sources, applications; subscriptions, their GUIDs masked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from feedproxy.admin import accounts, calendars
from feedproxy.admin.applications import ShownApplication
from feedproxy.admin.calendars import ShownCalendar
from feedproxy.admin.fields import ShownModel
from feedproxy.admin.sources import ShownSource
from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account, Calendar, CalendarSource, Subscription
from feedproxy.ops.anatomy import Subject
from feedproxy.ops.own import Own
from feedproxy.ops.subscription import look
from feedproxy.policy.secrets import log_name, source_hash
from feedproxy.sealing import mask_id, unmask_id, unseal_source
from feedproxy.web.ops.desk import Asked, Desk, Values
from feedproxy.web.ops.feeds import asked_month, health_values, last_good_values
from feedproxy.web.ops.pages import iso, masked, masked_guid

PAGE = 50


async def every_account(desk: Desk, _: Asked) -> Values:
    """List the accounts."""
    return {"accounts": [_account(each) for each in await desk.store.accounts()]}


async def account(desk: Desk, asked: Asked) -> Values:
    """Show an account with all that is in it; URLs of sources with `?reveal=1`."""
    found = await accounts.wanted(desk.store, asked.places["account_code"])
    return {
        "account": _account(found),
        "calendars": [shown(ShownCalendar.of(each)) for each in await desk.store.calendars(found)],
        "sources": [_source(desk, each, reveal=asked.reveal) for each in await desk.store.sources(found)],
        "applications": [shown(ShownApplication.of(each)) for each in await desk.store.applications(found)],
        "reveal": asked.reveal,
        **await _subscriptions(desk, asked, found, None),
    }


async def calendar(desk: Desk, asked: Asked) -> Values:
    """Show a calendar, and who subscribes to it."""
    owner = await accounts.wanted(desk.store, asked.places["account_code"])
    found = await calendars.wanted(desk.store, owner, asked.places["calendar_code"])
    return {
        "account": _account(owner),
        "calendar": shown(ShownCalendar.of(found)),
        "source": _source(desk, found.source, reveal=asked.reveal),
        "reveal": asked.reveal,
        **await _subscriptions(desk, asked, owner, found),
    }


async def subscription(desk: Desk, asked: Asked) -> Values:
    """Show a subscription, called by its masked id: what it wants, what it is served."""
    name = asked.places["masked_id"]
    subscription_id = unmask_id(desk.key, name)
    if subscription_id is None:
        raise NotFound("there is no subscription of that masked id")
    settings = desk.settings
    looked = await look(
        desk.store,
        desk.key,
        subscription_id,
        None,
        upstream_url=settings.upstream_url,
        upstream_headers={},
        on_deactivate=settings.on_deactivate,
        refresh_minutes=settings.refresh_interval_minutes,
        now=asked.now,
    )
    if looked.subscription is None and looked.kept is None and looked.health is None and not looked.personal:
        raise NotFound("no subscription of that id is known here")
    own = Own(looked.wanted.selection, looked.personal, looked.wanted.naming)
    subject = Subject(name, None, looked.kept, own=own, first=asked_month(asked), zone=asked.query.get("zone", ""))
    found = looked.subscription or await desk.store.subscription(subscription_id)
    return {
        "now": iso(asked.now),
        "subscription": _subscription(desk, found, subscription_id, reveal=asked.reveal),
        "wants": _wants(found),
        "events": [
            {"eventId": each.event_id, "title": each.details.title, "start": iso_start(each.details.start),
             "hidden": each in looked.hidden}
            for each in (*looked.personal, *looked.hidden)
        ],
        "served": looked.wanted.ended,
        "feed": log_name(looked.wanted.source.key),
        "health": health_values(looked.health) if looked.health else None,
        "lastGood": last_good_values(looked.kept),
        "reveal": asked.reveal,
        **desk.anatomy(subject, asked.now),
    }  # fmt: skip


def shown(model: ShownModel) -> dict[str, Any]:
    """Return a record for JSON."""
    return model.model_dump(mode="json", by_alias=True)


def iso_start(start: Any) -> str:
    """Return a time or a day for JSON."""
    return str(start.isoformat())


def _account(found: Account) -> Values:
    return {"code": found.code, "name": found.name, "createdAt": iso(found.created_at)}


def _source(desk: Desk, source: CalendarSource, *, reveal: bool) -> Values:
    values = shown(ShownSource.of(source, unseal_source(desk.key, source), reveal=reveal))
    return values | {"feed": log_name(source_hash(desk.key, source.id, source.url_digest))}


async def _subscriptions(desk: Desk, asked: Asked, owner: Account, of: Calendar | None) -> Mapping[str, object]:
    """Return a page of subscriptions; `next` is the masked id behind which the next one begins."""
    written = asked.query.get("after")
    after = unmask_id(desk.key, written) if written else None
    if written and after is None:
        raise BadRequest("after: what a page says is next is wanted")
    found: Sequence[Subscription] = await desk.store.subscriptions(owner, of, after=after, limit=PAGE + 1)
    return {
        "subscriptions": [_subscription(desk, each, each.id, reveal=asked.reveal) for each in found[:PAGE]],
        "next": mask_id(desk.key, found[PAGE - 1].id) if len(found) > PAGE else None,
    }


def _subscription(desk: Desk, found: Subscription | None, guid: UUID, *, reveal: bool) -> Values:
    """Return a subscription; its GUID opens the feed, and what is known of the subscriber is his."""
    name = mask_id(desk.key, guid)
    id_shown = str(guid) if reveal else masked_guid(guid)
    if found is None:
        return {"name": name, "id": id_shown, "state": "upstream"}
    who = found.subscriber
    if not reveal:
        who = replace(
            who, subscriber_id=masked(who.subscriber_id), user_name=masked(who.user_name), email=masked(who.email)
        )
    return {
        "name": name,
        "id": id_shown,
        "account": found.account.code,
        "calendar": found.calendar.code if found.calendar else None,
        "state": found.state,
        "method": found.method,
        "protected": found.login is not None,
        "subscriberId": who.subscriber_id,
        "userName": who.user_name,
        "email": who.email,
        "createdAt": iso(found.created_at),
        "updatedAt": iso(found.updated_at),
        "deactivatedAt": iso(found.deactivated_at),
    }


def _wants(found: Subscription | None) -> Values:
    if found is None:
        return {}
    wishes = found.wishes
    said: dict[str, object] = {
        "tags": [tag.text for tag in wishes.tags],
        "timeZone": wishes.zone,
        "include": [*wishes.include_events, *wishes.include_external],
        "exclude": [*wishes.exclude_events, *wishes.exclude_external],
    }
    return {name: wish for name, wish in said.items() if wish}
