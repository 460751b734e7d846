"""Subscription events and jobs: what is told of an account's events in the feeds of single subscribers."""

from typing import Literal

from pydantic import Field

from feedproxy.web.calreply_models import SubscriptionEventRequest
from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation

TAG = "Subscription events"

JOB_HEADER = {"X-Job-Id": "Names what `GET /jobs/{jobId}` tells of."}


class Job(AnswerBody):
    """What became of a request that was accepted."""

    job_id: str
    status: Literal["done"]
    finished_at: str
    attached: int = Field(description="Subscriptions that have the event.")
    ignored: int = Field(description="Subscriptions that are another account's.")


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
        answers={202: Answer("The event is stored.", headers=JOB_HEADER)},
        example=Example(
            status=202,
            body={
                "event": {
                    "eventId": "booking-1",
                    "title": "Your table",
                    "start": "2026-12-06T12:00:00",
                    "end": "2026-12-06T14:00:00",
                    "timezone": "Eastern Standard Time",
                    "notifyBefore": 15,
                },
                "subscriptionIds": ["8e71077b-c7f2-42b8-acb9-bda8f804c0d7"],
            },
        ),
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
