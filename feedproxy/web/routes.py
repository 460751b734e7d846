"""Everything that this service answers, on one screen.

API paths are served under "", /v1 and /v2, with and without a slash at their end, their literals in any case, and are
never redirected: all of that is seen in feed URLs and API clients in the wild. A `{name}` is one segment of the path,
percent-decoded once; `%2F` stays in it. `[text]` may be absent. GET answers HEAD too.
"""

import re
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from feedproxy.web import (
    docs,
    feeds,
    google,
    health,
    jobs,
    metrics,
    oauth,
    subscribe,
    subscription,
    subscription_events,
    timezones,
    webcal,
)
from feedproxy.web.admin import routes as admin
from feedproxy.web.ops import routes as ops


@dataclass(frozen=True, slots=True)
class Row:
    """A route: what is asked, who answers, what logs and metrics call it, and how its errors look."""

    method: str
    template: str
    handler: Handler
    name: str
    errors: str


SUBSCRIPTION = "/subscription/{account_code}/{calendar_code}/{subscription}"
"""To read those of a user name, to change that of an id: one template, as OpenAPI wants it."""

API = (
    Row("GET", "/webcal/{subscription_id}[.ics]", feeds.feed, "feed", "empty"),
    Row("POST", "/oauth2/token", oauth.token, "token", "oauth"),
    Row("POST", "/oauth2/revoke", oauth.revoke, "revoke", "oauth"),
    Row("POST", "/oauth2/introspect", oauth.introspect, "introspect", "oauth"),
    Row("GET", "/.well-known/oauth-authorization-server", oauth.metadata, "oauth-metadata", "oauth"),
    Row("POST", "/webcal/{account_code}/{calendar_code}", webcal.create, "webcal", "calreply-c"),
    Row("POST", "/google/{account_code}/{calendar_code}", google.create, "google", "calreply-c"),
    Row("GET", "/google/callback", google.callback, "google-callback", "calreply-c"),
    Row("POST", "/subscribe/{account_code}/{calendar_code}", subscribe.subscribe, "subscribe", "calreply-a"),
    Row("GET", "/subscription/{subscription_id}", subscription.show, "subscription", "calreply-a"),
    Row("DELETE", "/subscription/{account_code}/{calendar_code}", subscription.deactivate, "deactivate", "calreply-a"),
    Row("POST", "/subscription/{account_code}/{calendar_code}", subscription.deactivate, "deactivate", "calreply-a"),
    Row("GET", SUBSCRIPTION, subscription.show_all, "subscriptions", "calreply-a"),
    Row("PUT", SUBSCRIPTION, subscription.update, "subscriptions", "calreply-b"),
    Row("POST", "/subscriptionevent/{account_code}", subscription_events.put_event, "subscription-event", "calreply-c"),
    Row(
        "POST",
        "/subscriptionevent/{account_code}/update",
        subscription_events.update_event,
        "subscription-event-update",
        "calreply-c",
    ),
    Row(
        "DELETE",
        "/subscriptionevent/{account_code}/{event_id}",
        subscription_events.delete_event,
        "subscription-event-deletion",
        "calreply-c",
    ),
    Row(
        "DELETE",
        "/subscription/{account_code}/{subscription_id}/subscriptionevent/{event_id}",
        subscription_events.detach_event,
        "subscription-event-removal",
        "calreply-c",
    ),
    Row("GET", "/jobs/{job_id}", jobs.job, "job", "calreply-c"),
    Row("GET", "/timezones", timezones.timezones, "timezones", "calreply-c"),
)

OPERATIONS = (
    Row("GET", "/healthz", health.healthz, "healthz", "empty"),
    Row("GET", "/readyz", health.readyz, "readyz", "empty"),
    Row("GET", "/metrics", metrics.metrics, "metrics", "empty"),
    Row("GET", "/openapi.json", docs.openapi, "openapi", "calreply-c"),
    Row("GET", "/docs", docs.docs, "docs", "calreply-c"),
)

ADMIN = tuple(Row(*route, "calreply-c") for route in admin.ROUTES)
"""Behind the administrator's token (`feedproxy.web.admin.operator`)."""

ROWS = (*API, *OPERATIONS, *ADMIN)

OPS = tuple(Row(*route, "calreply-c") for route in ops.ROUTES)
"""Behind the operators' password (`feedproxy.web.ops.gate`), and not part of the API that OpenAPI tells of."""

NO_ROUTE = "calreply-c"
"""The shape of errors on paths that are not here."""

_STYLES = {row.handler: row.errors for row in (*ROWS, *OPS)}
_OPERATORS = frozenset(row.handler for row in (*OPERATIONS, *ADMIN, *OPS))


def add_routes(router: web.UrlDispatcher) -> None:
    """Add every row to the router."""
    resources: dict[str, web.Resource] = {}
    for path, row in [(api_path(row.template), row) for row in API] + [
        (row.template, row) for row in (*OPERATIONS, *ADMIN, *OPS)
    ]:
        if path not in resources:
            resources[path] = router.add_resource(path, name=row.name)
        for method in ("GET", "HEAD") if row.method == "GET" else (row.method,):
            resources[path].add_route(method, row.handler)


def api_path(template: str) -> str:
    """Turn an API row's template into a path of aiohttp's router, where only a `{name:pattern}` may be a pattern."""
    parts = re.split(r"\{(\w+)\}", template.removeprefix("/"))
    literals, names = [_pattern(part) for part in parts[::2]], parts[1::2]
    literals[0] = "(?:v1/|v2/)?" + literals[0]
    literals[-1] += "/?"
    path = f"/{{_0:(?i:{literals[0]})}}"
    for number, (name, literal) in enumerate(zip(names, literals[1:], strict=True), 1):
        path += f"{{{name}:[^/]+?}}{{_{number}:(?i:{literal})}}"
    return path


def templates() -> dict[str, str]:
    """Return the template of each route by its name, as traces tell them."""
    return {row.name: row.template for row in reversed(ROWS)}


def error_style(request: web.Request) -> str:
    """Return the shape of errors that the request's route names, or another route of its path, if the API shapes it."""
    if style := _STYLES.get(request.match_info.handler):
        return style
    for resource in request.app.router.resources():
        pattern = resource.get_info().get("pattern")
        if pattern is not None and pattern.fullmatch(request.rel_url.raw_path):
            style = _STYLES[next(iter(resource)).handler]
            return style if style.startswith("calreply-") else NO_ROUTE
    return NO_ROUTE


def is_operators(handler: Handler) -> bool:
    """Tell whether a route is the operators', not the API's."""
    return handler in _OPERATORS


def _pattern(literal: str) -> str:
    return literal.replace(".", r"\.").replace("[", "(?:").replace("]", ")?")
