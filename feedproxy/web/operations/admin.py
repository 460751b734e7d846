"""The admin API: what is told of accounts and what is in them."""

from feedproxy.admin.accounts import AccountChange, NewAccount, ShownAccount
from feedproxy.admin.applications import (
    AddedApplication,
    ApplicationChange,
    NewApplication,
    ShownApplication,
    ShownSecret,
)
from feedproxy.admin.calendars import CalendarChange, NewCalendar, ShownCalendar
from feedproxy.admin.sources import NewSource, ShownSource, SourceChange
from feedproxy.admin.subscriptions import SubscriptionPage
from feedproxy.admin.tags import NewTag, ShownTag, TagChange
from feedproxy.web.admin.routes import ACCOUNT, CALENDAR
from feedproxy.web.operations.form import Answer, Example, Json, Operation, Parameter
from feedproxy.web.operations.google import CONFIRMATION
from feedproxy.web.operations.paths import GUID

TAG = "Administration"

QUIET_CALENDAR, QUIET_SUBSCRIPTION = "youth", "ffffffff-1c7c-4e0a-8a51-0d8e0f6f2a33"
"""Of a calendar with one subscription, the last of its account."""

UNUSED_SOURCE = "2f0d8a55-8a1c-4a5e-9d63-5c1b6a1f7c11"
"""Of a source that no calendar uses."""
OTHER_ACCOUNT, OTHER_CALENDAR, OTHER_CLIENT = "otters", "old-games", "shop-app"
"""What the other examples do not need any more."""

BOOLEAN = {"type": "string", "enum": ["true", "false"]}
ADDED = {"Location": "Where it is."}
TIME = "2026-11-21T12:00:00Z"

ACCOUNT_EXAMPLE = {"code": "bears", "name": "", "createdAt": TIME}
PREFERENCES = {"errorStyle": "documented", "webcalBody": "bare", "redirectUrls": [CONFIRMATION]}
APPLICATION_EXAMPLE = {"clientId": "bears-app", "name": "site", **PREFERENCES, "createdAt": TIME}
SOURCE_EXAMPLE = {
    "id": "5f8c3a7e-1c7c-4e0a-8a51-0d8e0f6f2a33",
    "name": "fixtures",
    "url": "https://league.example.com/***",
    "hasCredentials": False,
    "headers": [],
    "createdAt": TIME,
    "updatedAt": TIME,
}
TAG_EXAMPLE = {"id": "b78b79ba-607b-4f7a-9f4a-a46646f5a52e", "text": "Under 12", "externalId": "u12"}
CALENDAR_EXAMPLE = {
    "code": "games",
    "title": "Chicago Bears games",
    "description": "",
    "image": "",
    "source": "fixtures",
    "protected": False,
    "singleSubscription": False,
    "timeZones": ["Central Standard Time"],
    "onDeactivate": None,
    "tags": [TAG_EXAMPLE],
    "createdAt": TIME,
    "updatedAt": TIME,
}

PAGE_EXAMPLE: Json = {
    "subscriptions": [
        {
            "id": QUIET_SUBSCRIPTION,
            "calendar": QUIET_CALENDAR,
            "state": "active",
            "method": "webcal",
            "subscriberId": "fan-12",
            "userName": "",
            "emailAddress": "fan@example.com",
            "tags": [],
            "timeZoneId": "Central Standard Time",
            "createdAt": TIME,
            "updatedAt": TIME,
            "deactivatedAt": None,
            "deactivatedBy": "",
        }
    ],
    "next": None,
}

UNCHANGED = "What is absent stays as it is."
FORCE = Parameter("force", "Remove it although others depend on it.", "true", BOOLEAN)
REVEAL = Parameter("reveal", "Show the whole URL; that is logged.", "true", BOOLEAN)
PAGING = (
    Parameter("after", "The `next` of the page before.", "8e71077b-c7f2-42b8-acb9-bda8f804c0d7", GUID),
    Parameter(
        "limit",
        "How many, 1 to 1000; 100 if it is absent.",
        "100",
        {"type": "string", "pattern": "^(?:[1-9][0-9]{0,2}|1000)$"},
    ),
)


def _listed(template: str, summary: str, model: object, answer: Json) -> Operation:
    return Operation(
        "GET",
        template,
        tag=TAG,
        auth="admin",
        summary=summary,
        answers={200: Answer("All of them.", model)},
        example=Example(answer=[answer], beginning=True),
    )


def _added(
    template: str, summary: str, request: object, model: object, *, body: Json, answer: Json, description: str = ""
) -> Operation:
    return Operation(
        "POST",
        template,
        tag=TAG,
        auth="admin",
        summary=summary,
        description=description,
        request=request,
        answers={201: Answer("It is there.", model, headers=ADDED)},
        errors=(409,),
        example=Example(status=201, body=body, answer=answer),
    )


def _shown(template: str, summary: str, model: object, answer: Json, query: tuple[Parameter, ...] = ()) -> Operation:
    return Operation(
        "GET",
        template,
        tag=TAG,
        auth="admin",
        summary=summary,
        query=query,
        answers={200: Answer("What is known of it.", model)},
        errors=(400,) if query else (),
        example=Example(answer=answer),
    )


def _changed(template: str, summary: str, request: object, model: object, *, body: Json, answer: Json) -> Operation:
    return Operation(
        "PUT",
        template,
        tag=TAG,
        auth="admin",
        summary=summary,
        description=UNCHANGED,
        request=request,
        answers={200: Answer("It is changed.", model)},
        errors=(409,),
        example=Example(body=body, answer=answer),
    )


def _removed(template: str, summary: str, example: Example, query: tuple[Parameter, ...] = ()) -> Operation:
    return Operation(
        "DELETE",
        template,
        tag=TAG,
        auth="admin",
        summary=summary,
        query=query,
        answers={204: Answer("It is gone.")},
        errors=(400, 409) if query else (409,),
        example=example,
    )


ACCOUNTS = "/admin/accounts"
APPLICATION = f"{ACCOUNT}/applications/{{client_id}}"
SOURCE = f"{ACCOUNT}/sources/{{source_id}}"
ONE_TAG = f"{CALENDAR}/tags/{{tag_id}}"
SECRET = "w7k1mYQdWvFvUQd0oEGX3pZTgkV7c1y5Z9qk0lJm3Zs"  # noqa: S105 # an example
CHANGED_ZONES = {"title": "Bears", "timeZones": ["America/Chicago", "Eastern Standard Time"]}

OPERATIONS = (
    _listed(ACCOUNTS, "List the accounts", list[ShownAccount], ACCOUNT_EXAMPLE),
    _added(
        ACCOUNTS,
        "Add an account",
        NewAccount,
        ShownAccount,
        body={"code": "lions", "name": "Detroit Lions"},
        answer={"code": "lions", "name": "Detroit Lions", "createdAt": TIME},
    ),
    _shown(ACCOUNT, "Look at an account", ShownAccount, ACCOUNT_EXAMPLE),
    _changed(
        ACCOUNT,
        "Change an account",
        AccountChange,
        ShownAccount,
        body={"name": "Chicago Bears"},
        answer=ACCOUNT_EXAMPLE | {"name": "Chicago Bears"},
    ),
    _removed(
        ACCOUNT,
        "Remove an account and all that is in it; by force if it has calendars",
        Example(status=204, path={"account_code": OTHER_ACCOUNT}, query={"force": "true"}),
        (FORCE,),
    ),
    _listed(f"{ACCOUNT}/applications", "List an account's applications", list[ShownApplication], APPLICATION_EXAMPLE),
    _added(
        f"{ACCOUNT}/applications",
        "Add an application",
        NewApplication,
        AddedApplication,
        body={"name": "shop", "errorStyle": "C", "redirectUrls": [CONFIRMATION]},
        answer={
            "clientId": "3f0c9a3f6b0e4c0f9d7a2b1c5e8d7f60",
            "name": "shop",
            **PREFERENCES,
            "errorStyle": "C",
            "createdAt": TIME,
            "clientSecret": SECRET,
        },
        description="The answer has its secret, this once.",
    ),
    _shown(APPLICATION, "Look at an application", ShownApplication, APPLICATION_EXAMPLE),
    _changed(
        APPLICATION,
        "Change an application",
        ApplicationChange,
        ShownApplication,
        body={"webcalBody": "object"},
        answer=APPLICATION_EXAMPLE | {"webcalBody": "object"},
    ),
    _removed(
        APPLICATION, "Remove an application and its tokens", Example(status=204, path={"client_id": OTHER_CLIENT})
    ),
    Operation(
        "POST",
        f"{APPLICATION}/secret",
        tag=TAG,
        auth="admin",
        summary="Give an application another secret",
        description="The secret of before and all its tokens end. The new one is shown this once.",
        answers={200: Answer("The new secret.", ShownSecret)},
        example=Example(path={"client_id": OTHER_CLIENT}, answer={"clientId": OTHER_CLIENT, "clientSecret": SECRET}),
    ),
    _listed(f"{ACCOUNT}/sources", "List an account's sources", list[ShownSource], SOURCE_EXAMPLE),
    _added(
        f"{ACCOUNT}/sources",
        "Add a source",
        NewSource,
        ShownSource,
        body={
            "name": "training",
            "url": "webcal://club.example.com/training.ics?key=8f3a",
            "credentials": {"user": "bears", "password": "honey"},
            "headers": {"X-Api-Key": "5d41402a"},
        },
        answer={
            "id": "5f8c3a7e-1c7c-4e0a-8a51-0d8e0f6f2a33",
            "name": "training",
            "url": "https://club.example.com/***",
            "hasCredentials": True,
            "headers": ["X-Api-Key"],
            "createdAt": TIME,
            "updatedAt": TIME,
        },
        description="Credentials and values of header fields are never shown again.",
    ),
    _shown(SOURCE, "Look at a source", ShownSource, SOURCE_EXAMPLE, (REVEAL,)),
    _changed(
        SOURCE,
        "Change a source",
        SourceChange,
        ShownSource,
        body={"url": "https://league.example.com/2027.ics"},
        answer=SOURCE_EXAMPLE,
    ),
    _removed(SOURCE, "Remove a source that no calendar uses", Example(status=204, path={"source_id": UNUSED_SOURCE})),
    _listed(f"{ACCOUNT}/calendars", "List an account's calendars", list[ShownCalendar], CALENDAR_EXAMPLE),
    _added(
        f"{ACCOUNT}/calendars",
        "Add a calendar",
        NewCalendar,
        ShownCalendar,
        body={"code": "training", "title": "Bears training", "source": "fixtures", "protected": True},
        answer=CALENDAR_EXAMPLE
        | {"code": "training", "title": "Bears training", "protected": True, "timeZones": [], "tags": []},
    ),
    _shown(CALENDAR, "Look at a calendar", ShownCalendar, CALENDAR_EXAMPLE),
    _changed(
        CALENDAR,
        "Change a calendar",
        CalendarChange,
        ShownCalendar,
        body=CHANGED_ZONES,
        answer=CALENDAR_EXAMPLE | {"title": "Bears", "timeZones": ["Central Standard Time", "Eastern Standard Time"]},
    ),
    _removed(
        CALENDAR,
        "Remove a calendar with its tags and subscriptions; by force if one is active",
        Example(status=204, path={"calendar_code": OTHER_CALENDAR}, query={"force": "true"}),
        (FORCE,),
    ),
    _listed(f"{CALENDAR}/tags", "List a calendar's tags", list[ShownTag], TAG_EXAMPLE),
    _added(
        f"{CALENDAR}/tags",
        "Add a tag",
        NewTag,
        ShownTag,
        body={"text": "Home", "externalId": "home"},
        answer={"id": "b78b79ba-607b-4f7a-9f4a-a46646f5a52e", "text": "Home", "externalId": "home"},
    ),
    _shown(ONE_TAG, "Look at a tag", ShownTag, TAG_EXAMPLE),
    _changed(
        ONE_TAG, "Change a tag", TagChange, ShownTag, body={"text": "U 12"}, answer=TAG_EXAMPLE | {"text": "U 12"}
    ),
    _removed(ONE_TAG, "Remove a tag that no subscription wants", Example(status=204)),
    Operation(
        "GET",
        f"{ACCOUNT}/subscriptions",
        tag=TAG,
        auth="admin",
        summary="List an account's subscriptions",
        query=PAGING,
        answers={200: Answer("A page of them.", SubscriptionPage)},
        errors=(400,),
        example=Example(query={"after": "ffffffff-0000-4000-8000-000000000000"}, answer=PAGE_EXAMPLE),
    ),
    Operation(
        "GET",
        f"{CALENDAR}/subscriptions",
        tag=TAG,
        auth="admin",
        summary="List a calendar's subscriptions",
        query=PAGING,
        answers={200: Answer("A page of them.", SubscriptionPage)},
        errors=(400,),
        example=Example(path={"calendar_code": QUIET_CALENDAR}, answer=PAGE_EXAMPLE),
    ),
)
