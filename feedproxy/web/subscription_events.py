"""Subscription events: what an account puts into the feeds of single subscribers.

A 202 says that what was asked for is in the database, and in the next feed of each subscription concerned.
"""

import asyncio
import logging
from collections.abc import Collection
from uuid import UUID

from aiohttp import web

from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import Account
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys
from feedproxy.web.bearer import access_token_for
from feedproxy.web.bodies import Fields, read_fields
from feedproxy.web.calreply_models import SubscriptionEventRequest
from feedproxy.web.field_types import read_guid
from feedproxy.web.jobs import HEADER, job_id
from feedproxy.web.lenient_model import CODE

log = logging.getLogger(__name__)

LOGGED_IDS = 20
"""So many of the ids that one request named in vain are logged; the rest is counted."""
MANY_IDS = 500
"""So many are read in a thread: 10,000 would hold up everybody else for 40 ms."""


async def put_event(request: web.Request) -> web.Response:
    """POST /subscriptionevent/{accountCode}: add or update an event, and attach it."""
    token = await access_token_for(request, request.match_info["account_code"])
    body = await _read(await read_fields(request))
    event = body.event
    attached = await request.app[keys.STORE].put_event(
        token.account, event.event_id, event.to_details(), body.subscription_ids, now=request.app[keys.CLOCK]()
    )
    if attached.ignored:
        _log_ignored(request, token.account.code, attached.ignored)
    named, ignored = len(body.subscription_ids), len(attached.ignored)
    return await _accepted(request, token.account, attached.changed, attached=named - ignored, ignored=ignored)


async def update_event(request: web.Request) -> web.Response:
    """POST /subscriptionevent/{accountCode}/update: change an event in every feed that has it."""
    token = await access_token_for(request, request.match_info["account_code"])
    event = (await _read(await read_fields(request))).event
    attached = await request.app[keys.STORE].update_event(
        token.account, event.event_id, event.to_details(), now=request.app[keys.CLOCK]()
    )
    if attached is None:
        raise _unknown(event.event_id)
    return await _accepted(request, token.account, attached.changed, updated=len(attached.changed))


async def delete_event(request: web.Request) -> web.Response:
    """DELETE /subscriptionevent/{accountCode}/{eventId}: take an event out of every feed, and forget it."""
    token = await access_token_for(request, request.match_info["account_code"])
    event_id = request.match_info["event_id"]
    changed = await request.app[keys.STORE].delete_event(token.account, event_id, now=request.app[keys.CLOCK]())
    if changed is None:
        raise _unknown(event_id)
    return await _accepted(request, token.account, changed, removed=len(changed))


async def detach_event(request: web.Request) -> web.Response:
    """DELETE /subscription/{accountCode}/{subscriptionId}/subscriptionevent/{eventId}: take it out of one feed.

    A private event of the subscription is meant before one of the account's.
    """
    token = await access_token_for(request, request.match_info["account_code"])
    store, event_id = request.app[keys.STORE], request.match_info["event_id"]
    guid = read_guid(request.match_info["subscription_id"])
    subscription = await store.subscription(guid) if guid is not None else None
    if subscription is None or subscription.account.id != token.account.id:
        raise NotFound("there is no such subscription")
    changed = await store.detach_event(token.account, subscription.id, event_id, now=request.app[keys.CLOCK]())
    if changed is None:
        raise _unknown(event_id)
    return await _accepted(request, token.account, changed, removed=len(changed))


async def _read(fields: Fields) -> SubscriptionEventRequest:
    ids = fields.get("subscriptionids")
    if isinstance(ids, list) and len(ids) > MANY_IDS:
        return await asyncio.to_thread(SubscriptionEventRequest.read, fields)
    return SubscriptionEventRequest.read(fields)


def _unknown(event_id: str) -> BadRequest:
    return BadRequest(f"event id parameter {event_id[:60]!r} is unknown", code=CODE)


async def _accepted(request: web.Request, account: Account, changed: Collection[UUID], **counts: int) -> web.Response:
    """Tell the feeds what has changed, and answer with a job that knows the counts."""
    await request.app[keys.FEEDS].changed(changed)
    result = {"finishedAt": request.app[keys.CLOCK]().isoformat(timespec="seconds"), **counts}
    return web.Response(status=202, headers={HEADER: job_id(request.app[keys.SECRET_KEY], account, result)})


def _log_ignored(request: web.Request, account_code: str, ids: Collection[UUID]) -> None:
    names = sorted(log_name(feed_hash(request.app[keys.SECRET_KEY], each)) for each in ids)
    fields = {"account": account_code, "count": len(names), "feeds": names[:LOGGED_IDS]}
    log.warning("an event was not attached to subscriptions of other accounts", extra={"fields": fields})
