"""One request to an edge, through the egress policy like everything that we dial."""

from feedproxy.policy.weburl import read_url
from feedproxy.purge.edges import PurgeRequest
from feedproxy.upstream import GuardedSession
from feedproxy.upstream.failures import status_failure


async def deliver(session: GuardedSession, request: PurgeRequest) -> None:
    """Send a request and see that it was done. Raises FetchFailed."""
    reply = await session.send(request.method, request.url, headers=request.headers, body=request.body or None)
    if not 200 <= reply.status < 300 and reply.status not in request.accepted:
        raise status_failure(read_url(request.url).origin.host, reply.status, reply.headers)
