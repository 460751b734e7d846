"""The parameters that stand in paths, by their names in the route table."""

from collections.abc import Mapping

from feedproxy.web.operations.form import Parameter

GUID = {"$ref": "#/components/schemas/Guid"}
"""A GUID as it is read: with or without dashes or braces, in any case."""

PATH_PARAMETERS: Mapping[str, Parameter] = {
    "account_code": Parameter("accountCode", "The account's code, in any case.", "bears"),
    "subscription_id": Parameter(
        "subscriptionId", "The subscription's GUID, with or without dashes.", "8e71077b-c7f2-42b8-acb9-bda8f804c0d7"
    ),
    "event_id": Parameter("eventId", "The event's id in the caller's system, percent-encoded.", "booking-1"),
    "subscription": Parameter(
        "subscription",
        "The subscription's GUID to update it; a subscriber id or user name to list.",
        "705dbb47-f710-4529-b5a1-776f67e0083f",
    ),
    "job_id": Parameter("jobId", "What `X-Job-Id` of a 202 said.", "Pq3mYwv1Zl3kDkq7m0yqHnsiYXR0YWNoZWQiOjF9"),
    "calendar_code": Parameter("calendarCode", "The calendar's code, in any case.", "games"),
    "client_id": Parameter("clientId", "The application's client id.", "bears-app"),
    "source_id": Parameter("sourceId", "The source's id, or its name.", "5f8c3a7e-1c7c-4e0a-8a51-0d8e0f6f2a33"),
    "tag_id": Parameter("tagId", "The tag's id.", "b78b79ba-607b-4f7a-9f4a-a46646f5a52e", GUID),
}
