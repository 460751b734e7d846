"""Subscription events and jobs: what is told of an account's events in the feeds of single subscribers."""

from typing import Literal

from pydantic import Field

from feedproxy.web.calreply_models import SubscriptionEvent, SubscriptionEventRequest
from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation

TAG = "Subscription events"

JOB_HEADER = {"X-Job-Id": "Names what `GET /jobs/{jobId}` tells of."}


class Job(AnswerBody):
    """What became of a request that was accepted."""

    job_id: str
    status: Literal["done"]
    finished_at: str
    attached: int = Field(default=0, description="Subscriptions that were named and have the event.")
    ignored: int = Field(default=0, description="Those that were named in vain: another account's, or deactivated.")
    updated: int = Field(default=0, description="Subscriptions in whose feeds the event is another now.")
    removed: int = Field(default=0, description="Subscriptions that had the event, and have it no more.")


ACCEPTED = Answer("It is done, and in the next feed of each subscription concerned.", headers=JOB_HEADER)

EVENT = {
    "eventId": "booking-1",
    "title": "Your table",
    "start": "2026-12-06T12:00:00",
    "end": "2026-12-06T14:00:00",
    "timezone": "Eastern Standard Time",
    "notifyBefore": 15,
}

OPERATIONS = (
    Operation(
        "POST",
        "/subscriptionevent/{account_code}",
        tag=TAG,
        auth="bearer",
        summary="Create or update an event",
        description="The event is put into the feeds of the subscriptions that are named. The same `eventId` again "
        "updates the event in all of its feeds, and adds subscriptions.",
        request=SubscriptionEventRequest,
        answers={202: ACCEPTED},
        example=Example(status=202, body={"event": EVENT, "subscriptionIds": ["8e71077b-c7f2-42b8-acb9-bda8f804c0d7"]}),
    ),
    Operation(
        "POST",
        "/subscriptionevent/{account_code}/update",
        tag=TAG,
        auth="bearer",
        summary="Update an event",
        description="The event is another from now on in every feed that has it. Its fields may stand by themselves or "
        "within `event`; one that is missing is none from now on.",
        request=SubscriptionEvent | SubscriptionEventRequest,
        answers={202: ACCEPTED},
        example=Example(status=202, body=EVENT | {"title": "Your table, by the window"}),
    ),
    Operation(
        "DELETE",
        "/subscriptionevent/{account_code}/{event_id}",
        tag=TAG,
        auth="bearer",
        summary="Delete an event",
        description="It is taken out of every feed that has it.",
        answers={202: ACCEPTED},
        errors=(400,),
        example=Example(status=202),
    ),
    Operation(
        "DELETE",
        "/subscription/{account_code}/{subscription_id}/subscriptionevent/{event_id}",
        tag=TAG,
        auth="bearer",
        summary="Take an event out of one subscription",
        description="A private event of the subscription is meant before one of the account's.",
        answers={202: ACCEPTED},
        errors=(400, 404),
        example=Example(status=202),
    ),
    Operation(
        "GET",
        "/jobs/{job_id}",
        tag=TAG,
        auth="bearer",
        summary="Ask what became of an accepted request",
        answers={200: Answer("How far it is.", Job)},
        errors=(404,),
        example=Example(
            answer={
                "jobId": "Pq3mYwv1Zl3kDkq7m0yqHnsiYXR0YWNoZWQiOjF9",
                "status": "done",
                "attached": 1,
                "finishedAt": "2026-11-21T12:00:00+00:00",
                "ignored": 0,
            },
        ),
    ),
)
