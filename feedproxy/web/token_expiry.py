"""Tokens that have expired leave the database. Some API clients ask for a token for each message that they send."""

import asyncio
import logging
from collections.abc import AsyncIterator

from aiohttp import web

from feedproxy.errors import Unavailable
from feedproxy.web import keys

PURGE_SECONDS = 600.0

_log = logging.getLogger(__name__)


async def purge_tokens(app: web.Application) -> AsyncIterator[None]:
    """Forget expired tokens now and then, as long as the application runs (a `cleanup_ctx`)."""
    purging = asyncio.get_running_loop().create_task(_keep_purging(app))
    yield
    purging.cancel()
    await asyncio.wait((purging,))


async def _keep_purging(app: web.Application) -> None:
    while True:
        try:
            await app[keys.STORE].purge_expired_tokens(now=app[keys.CLOCK]())
        except Unavailable as outage:
            _log.warning("expired tokens stay for now", exc_info=outage)
        except Exception:  # noqa: BLE001 # whatever it is, it is tried again
            _log.exception("expired tokens could not be forgotten")
        await asyncio.sleep(PURGE_SECONDS)
