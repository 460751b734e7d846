"""What schemathesis cannot learn from the OpenAPI document: values of our formats, and rules between fields."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from dateutil.parser import isoparse
from hypothesis import strategies as st

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = ("AUS Eastern Standard Time", "W. Europe Standard Time", "kamchatka standard time", "Europe/Paris", "UTC")
OFFSETS = ("", "Z", "+10", "+10:00", "-0330")

times = st.timedeltas(timedelta(0), timedelta(days=36_500)).map(lambda since: f"{EPOCH + since:%Y-%m-%dT%H:%M:%S}")

schemathesis.openapi.format("redirect-uri", st.sampled_from(("https://shop.example.com/done", "com.example.app:/done")))
schemathesis.openapi.format("time-zone", st.sampled_from(ZONES))
schemathesis.openapi.format("iso-8601", st.builds(str.__add__, times, st.sampled_from(OFFSETS)))


KNOWN: dict[str, Any] = {
    "calendarTags": [{"externalId": "u12"}],
    "tagId": "b78b79ba-607b-4f7a-9f4a-a46646f5a52e",
    "redirectTo": "https://shop.example.com/confirmation",
    "source": "fixtures",
}
"""Values of fields that name what has to be there."""
NEEDED = {"userAgent": "curl", "userName": "jsmith", "redirectTo": KNOWN["redirectTo"]}
"""What one or the other way of subscribing needs."""


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Keep to the rules between fields, which no schema can say: what fits the schema must then be taken."""
    if not isinstance(case.body, dict):
        return
    body: dict[str, Any] = case.body
    events = body.get("events")
    for event in body, body.get("event"), *(events if isinstance(events, list) else ()):
        if isinstance(event, dict) and "start" in event:
            _keep_in_order(event)
    body |= {name: value for name, value in KNOWN.items() if isinstance(body.get(name), type(value) | int | float)}
    match case.operation.path.split("/")[1:]:
        case ["oauth2", _]:
            for name in "client_id", "client_secret":
                body.pop(name, None)  # those that came as Basic credentials are no news, any others contradict them
        case ["subscribe" | "webcal" | "google", *_]:
            body |= {name: value for name, value in NEEDED.items() if _is_blank(body.get(name))}
        case ["subscription", _, "{calendarCode}"]:
            named = {"username": "jsmith"} if _is_blank(body.get("id")) else {"id": body["id"], "username": None}
            if case.method == "POST":
                body.clear()
            body |= named
        case ["admin", *_] if isinstance(body.get("url"), str):
            body |= {"url": os.environ["UPSTREAM"], "credentials": None, "headers": {}}  # ask no other host
        case _:
            pass


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _keep_in_order(event: dict[str, Any]) -> None:
    """Let an event have a zone, and not end before it starts."""
    try:
        start, end = (isoparse(event[name].strip()).replace(tzinfo=UTC) for name in ("start", "end"))
    except (AttributeError, KeyError, ValueError):
        pass
    else:
        if end < start + timedelta(days=2):  # whatever the offsets
            event["end"] = event["start"]
    if isinstance(event.get("start"), str) and not event.get("timezone") and not event.get("timezoneIanaId"):
        event["timezone"] = ZONES[0]
