"""What is kept of a feed whose subscription ends."""

import logging

from aiohttp import web

from feedproxy.model import Calendar, Frozen, Subscription
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys

log = logging.getLogger(__name__)


async def frozen(request: web.Request, calendar: Calendar, subscription: Subscription) -> Frozen | None:
    """Return the feed as it is now, if it shall stay so; None if not, or if there is none or it cannot be had.

    Nothing is raised: who wants no more events gets no more, whatever becomes of those that were there.
    """
    app = request.app
    if (calendar.details.on_deactivate or app[keys.SETTINGS].on_deactivate) != "freeze":
        return None
    try:
        return await app[keys.FEEDS].snapshot(subscription)
    except Exception as error:
        fields = {"feed": log_name(feed_hash(app[keys.SECRET_KEY], subscription.id))}
        log.warning("the feed of an ended subscription was not kept", exc_info=error, extra={"fields": fields})
        return None
