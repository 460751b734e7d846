"""Where a redirect leads, and what may be taken along."""

from feedproxy.errors import FetchFailed
from feedproxy.policy.weburl import UrlRefused, WebUrl, follow

STATUSES = frozenset({301, 302, 303, 307, 308})


def next_url(url: WebUrl, location: str | None, *, status: int) -> WebUrl:
    """Return where the answer to a GET of `url` points. Raises FetchFailed: `bad-redirect`, `https-to-http`."""
    host = url.origin.host
    if not location:
        raise FetchFailed("bad-redirect", f"{host} redirects without saying where", upstream_status=status)
    try:
        target = follow(url, location)
    except UrlRefused as refusal:
        message = f"{host} redirects to what cannot be fetched: the {refusal.flaw} of the URL is at fault"
        raise FetchFailed("bad-redirect", message, upstream_status=status) from None
    if url.origin.scheme == "https" and target.origin.scheme == "http":
        message = f"{host} redirects from https to http, to {target.origin.host}"
        raise FetchFailed("https-to-http", message, upstream_status=status)
    return target
