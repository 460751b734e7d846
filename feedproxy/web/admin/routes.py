"""The routes of the admin API: method, path, who answers, and what logs and metrics call it."""

from aiohttp.typedefs import Handler

from feedproxy.web.admin import accounts, applications, calendars, sources, subscriptions, tags

ACCOUNT = "/admin/accounts/{account_code}"
CALENDAR = f"{ACCOUNT}/calendars/{{calendar_code}}"

ROUTES: tuple[tuple[str, str, Handler, str], ...] = (
    ("GET", "/admin/accounts", accounts.list_accounts, "admin-accounts"),
    ("POST", "/admin/accounts", accounts.add_account, "admin-accounts"),
    ("GET", ACCOUNT, accounts.account, "admin-account"),
    ("PUT", ACCOUNT, accounts.change_account, "admin-account"),
    ("DELETE", ACCOUNT, accounts.remove_account, "admin-account"),
    ("GET", f"{ACCOUNT}/applications", applications.list_applications, "admin-applications"),
    ("POST", f"{ACCOUNT}/applications", applications.add_application, "admin-applications"),
    ("GET", f"{ACCOUNT}/applications/{{client_id}}", applications.application, "admin-application"),
    ("PUT", f"{ACCOUNT}/applications/{{client_id}}", applications.change_application, "admin-application"),
    ("DELETE", f"{ACCOUNT}/applications/{{client_id}}", applications.remove_application, "admin-application"),
    ("POST", f"{ACCOUNT}/applications/{{client_id}}/secret", applications.renew_secret, "admin-secret"),
    ("GET", f"{ACCOUNT}/sources", sources.list_sources, "admin-sources"),
    ("POST", f"{ACCOUNT}/sources", sources.add_source, "admin-sources"),
    ("GET", f"{ACCOUNT}/sources/{{source_id}}", sources.source, "admin-source"),
    ("PUT", f"{ACCOUNT}/sources/{{source_id}}", sources.change_source, "admin-source"),
    ("DELETE", f"{ACCOUNT}/sources/{{source_id}}", sources.remove_source, "admin-source"),
    ("GET", f"{ACCOUNT}/calendars", calendars.list_calendars, "admin-calendars"),
    ("POST", f"{ACCOUNT}/calendars", calendars.add_calendar, "admin-calendars"),
    ("GET", CALENDAR, calendars.calendar, "admin-calendar"),
    ("PUT", CALENDAR, calendars.change_calendar, "admin-calendar"),
    ("DELETE", CALENDAR, calendars.remove_calendar, "admin-calendar"),
    ("GET", f"{CALENDAR}/tags", tags.list_tags, "admin-tags"),
    ("POST", f"{CALENDAR}/tags", tags.add_tag, "admin-tags"),
    ("GET", f"{CALENDAR}/tags/{{tag_id}}", tags.tag, "admin-tag"),
    ("PUT", f"{CALENDAR}/tags/{{tag_id}}", tags.change_tag, "admin-tag"),
    ("DELETE", f"{CALENDAR}/tags/{{tag_id}}", tags.remove_tag, "admin-tag"),
    ("GET", f"{ACCOUNT}/subscriptions", subscriptions.of_account, "admin-subscriptions"),
    ("GET", f"{CALENDAR}/subscriptions", subscriptions.of_calendar, "admin-calendar-subscriptions"),
)
