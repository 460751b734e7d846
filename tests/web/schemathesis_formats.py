"""What schemathesis cannot learn from the OpenAPI document: values of our formats, and rules between fields."""

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


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Keep to the rules between fields, which no schema can say: what fits the schema must then be taken."""
    if isinstance(case.body, dict):
        for event in case.body, case.body.get("event"):
            if isinstance(event, dict) and "start" in event:
                _keep_in_order(event)
        for name in "client_id", "client_secret":
            case.body.pop(name, None)  # those that came as Basic credentials are no news, any others contradict them
        if isinstance(case.body.get("source"), str):
            case.body["source"] = "fixtures"  # there has to be one of that name
        if "url" in case.body:
            case.body |= {"credentials": None, "headers": {}}  # these do not follow a source's URL to another host


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
