"""Subscribing with Google: what is told of it."""

from feedproxy.web.operations.form import Answer, AnswerBody, Example, Operation, Parameter
from feedproxy.web.subscription_models import SubscribeRequest

TAG = "Google"

CONFIRMATION = "https://shop.example.com/confirmation"
STATE = "kq7m0yqHnsiYXR0YWNoZWQiOjF9Pq3mYwv1Zl3kDkq7m0yqHnsiYXR0YWNoZWQi"

_PAGE = (
    "https://accounts.google.com/o/oauth2/v2/auth?response_type=code&client_id=bears.apps.example"
    "&redirect_uri=https%3A%2F%2Ffeeds.example.com%2Fgoogle%2Fcallback&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2F"
    "calendar%20https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fuserinfo.email&access_type=offline&prompt=consent&state="
)
_REFUSED = (
    "?success=false&subscriptionType=google&errors=%5B%7B%22code%22%3A%22AccessDenied%22%2C%22reason%22%3A%22"
    "consent%20was%20not%20given%22%7D%5D"
)


class SentOn(AnswerBody):
    """Where `Location` leads, for scripts in pages, which cannot read that."""

    redirect_to: str


OPERATIONS = (
    Operation(
        "POST",
        "/google/{account_code}/{calendar_code}",
        tag=TAG,
        auth="bearer",
        summary="Subscribe with Google",
        description="Leads to the page where the subscriber gives consent, or, where he has before, to `redirectTo` "
        "with the result in its query: `success`, `subscriberId`, `new` and `isNewSubscription`, `subscriptionId`, "
        "`subscriptionType`, `errors`. `redirectTo` has to be one of the application's redirect URIs; it may have a "
        "query and a fragment of its own. Events are not written into Google calendars yet.",
        request=SubscribeRequest,
        answers={302: Answer("Go on there.", SentOn, headers={"Location": "Where to go on."})},
        errors=(501,),
        lacks="writes no events into Google calendars yet",
        example=Example(
            status=302,
            body={"userName": "jsmith", "redirectTo": CONFIRMATION},
            answer={"redirectTo": _PAGE + STATE},
        ),
    ),
    Operation(
        "GET",
        "/google/callback",
        tag=TAG,
        summary="Come back from Google's page",
        description="Where Google sends the subscriber, who is sent on to `redirectTo` with the result. A `state` "
        "works once, for 15 minutes.",
        query=(
            Parameter("state", "What the page was opened with.", STATE),
            Parameter("code", "What the consent is swapped for tokens with.", "4/0AY0e-g7"),
            Parameter("error", "Why there is no consent.", "access_denied"),
        ),
        answers={
            302: Answer("Go on there.", SentOn, headers={"Location": "Where to go on."}),
            400: Answer("The `state` is none of ours, was used, or is too old.", media_type="text/plain"),
        },
        example=Example(
            status=302,
            query={"state": STATE, "error": "access_denied"},
            answer={"redirectTo": CONFIRMATION + _REFUSED},
        ),
    ),
)
