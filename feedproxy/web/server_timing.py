"""Server-Timing (W3C): how long the steps took that an answer had to wait for. What was in memory waited for nothing.

Which steps there were tells an outsider what was in a cache, so it is off unless a setting allows it.
"""

from aiohttp import web
from aiohttp.typedefs import Handler

from feedproxy import steps


@web.middleware
async def tell_timing(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Say how long each step took; where there was none, say nothing."""
    taken: list[steps.Step] = []
    with steps.told_to(taken.append):
        response = await handler(request)
    if taken:
        response.headers["Server-Timing"] = ", ".join(f"{step.name};dur={step.seconds * 1000:.1f}" for step in taken)
    return response
