"""Subscription events: what an account puts into the feeds of single subscribers."""

import logging
from collections.abc import Collection
from uuid import UUID

from aiohttp import web

from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys
from feedproxy.web.bearer import access_token_for
from feedproxy.web.bodies import read_fields
from feedproxy.web.calreply_models import SubscriptionEventRequest
from feedproxy.web.jobs import HEADER, job_id

log = logging.getLogger(__name__)

LOGGED_IDS = 20
"""So many of the ids that one request named in vain are logged; the rest is counted."""


async def put_event(request: web.Request) -> web.Response:
    """POST /subscriptionevent/{accountCode}: add or update an event, attach it, and answer 202 once it is stored."""
    token = await access_token_for(request, request.match_info["account_code"])
    body = SubscriptionEventRequest.read(await read_fields(request))
    now = request.app[keys.CLOCK]()
    attached = await request.app[keys.STORE].put_event(
        token.account,
        body.event.event_id,
        body.event.to_details(),
        body.subscription_ids,
        now=now,
    )
    if attached.ignored:
        _log_ignored(request, token.account.code, attached.ignored)
    await request.app[keys.FEEDS].changed(attached.changed)
    named, ignored = len(set(body.subscription_ids)), len(attached.ignored)
    result = {"finishedAt": now.isoformat(timespec="seconds"), "attached": named - ignored, "ignored": ignored}
    return web.Response(status=202, headers={HEADER: job_id(request.app[keys.SECRET_KEY], token.account, result)})


def _log_ignored(request: web.Request, account_code: str, ids: Collection[UUID]) -> None:
    names = sorted(log_name(feed_hash(request.app[keys.SECRET_KEY], each)) for each in ids)
    fields = {"account": account_code, "count": len(names), "feeds": names[:LOGGED_IDS]}
    log.warning("an event was not attached to subscriptions of other accounts", extra={"fields": fields})
