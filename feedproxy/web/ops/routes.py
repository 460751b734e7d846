"""The routes of the pages for operators, and of the same as JSON: method, path, who answers, what logs call it."""

from aiohttp.typedefs import Handler

from feedproxy.web.ops import actions, feeds, records, search
from feedproxy.web.ops.desk import View
from feedproxy.web.ops.exchange import data, form, order, page

_VIEWS: tuple[tuple[str, str, View, str], ...] = (
    ("/feeds", "feeds.html", feeds.feeds, "ops-feeds"),
    ("/feeds/{feed_name}", "feed.html", feeds.feed, "ops-feed"),
    ("/accounts", "accounts.html", records.every_account, "ops-accounts"),
    ("/accounts/{account_code}", "account.html", records.account, "ops-account"),
    ("/calendars/{account_code}/{calendar_code}", "calendar.html", records.calendar, "ops-calendar"),
    ("/subscriptions/{masked_id}", "subscription.html", records.subscription, "ops-subscription"),
)
_ACTIONS = (
    ("/feeds/{feed_name}/{action}", actions.act, "ops-action"),
    ("/search", search.search, "ops-search"),
)

Route = tuple[str, str, Handler, str]

ROUTES: tuple[Route, ...] = (
    ("GET", "/ops", page("feeds.html", feeds.feeds), "ops"),
    *(("GET", f"/ops{path}", page(template, view), name) for path, template, view, name in _VIEWS),
    *(("GET", f"/ops/api{path}", data(view), f"{name}-json") for path, _, view, name in _VIEWS),
    *(("POST", f"/ops{path}", form(action), name) for path, action, name in _ACTIONS),
    *(("POST", f"/ops/api{path}", order(action), f"{name}-json") for path, action, name in _ACTIONS),
)
