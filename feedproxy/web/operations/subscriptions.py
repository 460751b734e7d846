"""Subscriptions: what is told of making, showing, changing and ending them."""

from typing import Literal

from pydantic import Field

from feedproxy.web.operations.form import Answer, AnswerBody, Example, Json, Operation, Parameter
from feedproxy.web.routes import SUBSCRIPTION
from feedproxy.web.subscription import LISTED
from feedproxy.web.subscription_models import DeactivateRequest, SubscribeRequest, UpdateRequest

TAG = "Subscriptions"

SUBSCRIPTION_ID = "705dbb47-f710-4529-b5a1-776f67e0083f"
"""Of the subscription that the examples show and change."""
ENDING_ID = "85865458-8f71-4187-9b49-0106ece19ee0"
"""Of the one that they end."""

FLAG = {"anyOf": [{"$ref": "#/components/schemas/Flag"}, {"$ref": "#/components/schemas/Absent"}]}
TIME = "2026-11-21T12:00:00.000"
URL = "webcal://feeds.example.com/v1/webcal/"


class Success(AnswerBody):
    """What every success begins with."""

    success: Literal[True]
    status_code: Literal[200]
    errors: list[str] = Field(max_length=0)


class MadeSubscription(Success):
    """A subscription that was made, or the single one of the subscriber, updated."""

    subscription_type: Literal["webcal", "google"]
    subscription_id: str
    subscriber_id: str = Field(default="", description="As the caller calls them.")
    subscription_url: str = Field(default="", description="Of webcal: to open in a browser or a calendar app.")
    username: str = Field(default="", description="Of a protected calendar.")
    password: str = Field(default="", description="Of a protected calendar. It is told this once.")
    is_new_subscription: bool = Field(default=True, description="False: one that was there has been updated.")
    redirect_to: str = Field(default="", description="Of Google: where the subscriber gives consent.")


class UpdatedSubscription(Success):
    """A subscription that was updated."""

    message: str
    subscription_id: str
    subscriber_id: str = ""
    subscription_type: Literal["WebCal", "Google"]
    redirect_to: str = Field(default="", description="Of Google: where the subscriber gives consent again.")


class ShownCalendar(AnswerBody):
    """A calendar as its subscriptions show it."""

    code: str
    name: str
    image: str = ""


class ShownTag(AnswerBody):
    """A tag that is wanted."""

    id: str
    name: str


class ChosenEvent(AnswerBody):
    """An event that is included, and then only such are, or one that is excluded."""

    id: str
    name: str
    external_id: str = ""
    is_excluded: bool


class _Shown(AnswerBody):
    subscription_id: str
    calendar: ShownCalendar
    tags: list[ShownTag]
    timezone_id: str = Field(default="", description="A Windows id where there is one.")
    subscriber_id: str = ""
    email_address: str = ""
    created_at: str = Field(description="UTC.")
    is_active: bool
    deactivated_date: str = Field(default="", description="UTC.")
    events: list[ChosenEvent] = Field(description="The events that were included or excluded by id.")


class ShownSubscription(_Shown):
    """A subscription, shown alone."""

    subscription_type: Literal["webcal", "google"]


class ListedSubscription(_Shown):
    """A subscription in a list."""

    subscription_type: Literal["WebCal", "Google"]


def _shown(subscription_type: str) -> Json:
    return {
        "subscriptionId": SUBSCRIPTION_ID,
        "calendar": {"code": "games", "name": "Chicago Bears games"},
        "tags": [],
        "timezoneId": "Eastern Standard Time",
        "subscriptionType": subscription_type,
        "subscriberId": "jsmith",
        "emailAddress": "jsmith@example.com",
        "createdAt": TIME,
        "isActive": True,
        "events": [],
    }


def _deactivate(method: str, summary: str) -> Operation:
    return Operation(
        method,
        "/subscription/{account_code}/{calendar_code}",
        tag=TAG,
        auth="bearer",
        summary=summary,
        description="One by its `id`, or all that a `username` has in the calendar. To do it again does no harm. Its "
        "feed then stays as it was, becomes empty, or is gone, as the calendar says. Both may stand in the query.",
        request=DeactivateRequest,
        form=True,
        answers={200: Answer("It has ended.", media_type=None)},
        errors=(404,),
        example=Example(body={"id": ENDING_ID}),
    )


OPERATIONS = (
    Operation(
        "POST",
        "/subscribe/{account_code}/{calendar_code}",
        tag=TAG,
        auth="bearer",
        summary="Subscribe",
        description="By webcal or Google: as `subscriptionMethod` says, else as fits the `userAgent`; one of the two "
        "is needed. `redirectTo` is for Google. A calendar of single subscriptions updates the one that there is.",
        request=SubscribeRequest,
        answers={200: Answer("The subscription, or where consent is given.", MadeSubscription)},
        errors=(501,),
        example=Example(
            body={
                "subscriberId": "jsmith",
                "emailAddress": "jsmith@example.com",
                "calendarTags": [{"externalId": "u12"}],
                "timeZoneId": "Eastern Standard Time",
                "subscriptionMethod": "WebCal",
            },
            answer={
                "success": True,
                "statusCode": 200,
                "errors": [],
                "subscriptionType": "webcal",
                "subscriptionId": SUBSCRIPTION_ID,
                "subscriberId": "jsmith",
                "subscriptionUrl": URL + SUBSCRIPTION_ID,
                "isNewSubscription": True,
            },
        ),
    ),
    Operation(
        "POST",
        "/webcal/{account_code}/{calendar_code}",
        tag=TAG,
        auth="bearer",
        summary="Subscribe by webcal",
        description="A protected calendar wants a `userName`, and has a login in the URL. An application may prefer "
        "the URL as a JSON string, or an object as `/subscribe` answers it.",
        request=SubscribeRequest,
        body_needed=False,
        answers={
            200: Answer(
                "The feed's URL.", media_type="text/plain", otherwise={"application/json": str | MadeSubscription}
            )
        },
        example=Example(body={"userName": "jsmith"}, answer=URL + SUBSCRIPTION_ID),
    ),
    Operation(
        "GET",
        "/subscription/{subscription_id}",
        tag=TAG,
        auth="bearer",
        summary="Show a subscription",
        answers={200: Answer("The subscription.", ShownSubscription)},
        errors=(404,),
        example=Example(path={"subscription_id": SUBSCRIPTION_ID}, answer=_shown("webcal")),
    ),
    Operation(
        "GET",
        SUBSCRIPTION,
        tag=TAG,
        auth="bearer",
        summary="List somebody's subscriptions",
        description=f"The newest {LISTED:,} of those whose subscriber id or user name stands at the path's end, the "
        "newest first, those that have ended too.",
        query=(Parameter("allCalendars", "List those of the account's other calendars too.", "true", FLAG),),
        answers={200: Answer("The subscriptions.", list[ListedSubscription])},
        errors=(400,),
        example=Example(path={"subscription": "jsmith"}, answer=[_shown("WebCal")]),
    ),
    Operation(
        "PUT",
        SUBSCRIPTION,
        tag=TAG,
        auth="bearer",
        summary="Update a subscription",
        description="Its id stands at the path's end. What is absent stays as it is; an empty list clears. If a "
        "consent with Google is lost, `redirectTo` is needed, and the answer's leads to where it is given again.",
        request=UpdateRequest,
        body_needed=False,
        answers={200: Answer("The subscription is updated.", UpdatedSubscription)},
        errors=(404,),
        example=Example(
            path={"subscription": SUBSCRIPTION_ID},
            body={"excludeExternalEventIds": ["90712"], "marketingAllowed": False},
            answer={
                "success": True,
                "statusCode": 200,
                "errors": [],
                "message": "Subscription updated",
                "subscriptionId": SUBSCRIPTION_ID,
                "subscriberId": "jsmith",
                "subscriptionType": "WebCal",
            },
        ),
    ),
    _deactivate("DELETE", "Deactivate subscriptions"),
    _deactivate("POST", "Deactivate subscriptions, for clients that cannot DELETE with a body"),
)
