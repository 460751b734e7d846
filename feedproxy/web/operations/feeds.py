"""Feeds: what is told of the calendars that apps subscribe to."""

from feedproxy.web.operations.form import Answer, Example, Operation

HEADERS = {"ETag": "Names these octets.", "Last-Modified": "When the feed last changed."}

OPERATIONS = (
    Operation(
        "GET",
        "/webcal/{subscription_id}[.ics]",
        tag="Feeds",
        auth="feed",
        summary="Read a subscription's feed",
        description="What calendar apps ask for. The GUID in the path is the secret; a protected calendar wants a user "
        "name and password too. Errors have no body, or a line for people to read.",
        answers={
            200: Answer("The feed, RFC 5545.", media_type="text/calendar", headers=HEADERS),
            304: Answer("It is as `If-None-Match` or `If-Modified-Since` have it.", headers=HEADERS),
        },
        errors=(404, 429, 502),
        example=Example(
            answer="BEGIN:VCALENDAR\r\nVERSION:2.0\r\n...\r\nEND:VCALENDAR\r\n",
        ),
    ),
)
