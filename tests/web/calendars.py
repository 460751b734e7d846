"""Subscriptions of a calendar, made and changed in the store and told to the feeds, as the API does it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

from aiohttp import encode_basic_auth

from feedproxy.feeds import Feeds
from feedproxy.model import (
    Account,
    Calendar,
    CalendarDetails,
    CalendarSource,
    EventDetails,
    FeedLogin,
    State,
    Subscriber,
    Subscription,
    Tag,
    Wishes,
)
from feedproxy.policy.access import Credentials
from feedproxy.policy.secrets import keyed_hash
from feedproxy.sealing import FetchSettings, seal_source
from feedproxy.store import Store
from feedproxy.web import keys
from tests.servers.upstream import Answer
from tests.web.stage import Stage

LEAGUE = UUID("5a0f5b0e-8a3e-4d7c-9d0a-9e610d9f6c52")
"""Under what the upstream has the calendar."""
PASSWORD = "0123456789abcdef"
MEMBER = encode_basic_auth("member", PASSWORD)


def event(uid: str, *lines: str) -> str:
    """Return an event, with these lines beside those that every one has."""
    more = "".join(line + "\r\n" for line in lines)
    return f"BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20260101T000000Z\r\nSUMMARY:{uid}\r\n{more}END:VEVENT\r\n"


def league(*events: str) -> bytes:
    """Return a calendar of these events."""
    head = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\nX-WR-CALNAME:The upstream's title\r\n"
    return (head + "".join(events) + "END:VCALENDAR\r\n").encode()


ALL = Wishes()
START = "DTSTART:20261206T130000Z"
DERBY = event("derby", START, "CATEGORIES:Home,First team")
AWAY = event("away-game", START, "CATEGORIES:Away,First team")
TOKYO = event("in-tokyo", START, "X-CALREPLY-TIMEZONE:Tokyo Standard Time")
PARTY = event("party", START, "X-EXTERNAL-ID:party-7")
SEASON = (DERBY, AWAY, TOKYO, PARTY)


class Club:
    """An account with a calendar."""

    def __init__(self, stage: Stage, account: Account, calendar: Calendar) -> None:
        self.stage = stage
        self.account = account
        self.calendar = calendar

    @property
    def store(self) -> Store:
        return store_of(self.stage)

    @property
    def feeds(self) -> Feeds:
        assert self.stage.client.app is not None
        return self.stage.client.app[keys.FEEDS]

    @property
    def key(self) -> bytes:
        return key_of(self.stage)

    async def subscribe(
        self,
        wishes: Wishes = ALL,
        *,
        state: State = "active",
        protected: bool = False,
        events: Mapping[str, EventDetails] | None = None,
    ) -> Subscription:
        login = FeedLogin("member", keyed_hash(self.key, "feed-password", PASSWORD.encode())) if protected else None
        done = await self.store.subscribe(
            self.calendar,
            id=uuid4(),
            method="webcal",
            state=state,
            subscriber=Subscriber(user_name="fan"),
            wishes=wishes,
            login=login,
            events=list((events or {}).items()),
            now=self.stage.clock(),
        )
        await self.feeds.changed(done.changed)
        return done.subscription

    async def change(self, subscription: Subscription, wishes: Wishes) -> Subscription:
        after, changed = await self.store.change_subscription(
            subscription, subscriber=subscription.subscriber, wishes=wishes, now=self.stage.clock()
        )
        await self.feeds.changed(changed)
        return after

    async def deactivate(self, *subscriptions: Subscription, keep: bool = True) -> None:
        feeds = {each.id: await self.feeds.snapshot(each) if keep else None for each in subscriptions}
        changed = await self.store.deactivate(feeds, by="DeactivatedById", now=self.stage.clock())
        await self.feeds.changed(changed)

    async def redetail(self, **details: Any) -> None:
        """Change what is said of the calendar."""
        after, changed = await self.store.change_calendar(
            self.calendar, replace(self.calendar.details, **details), self.calendar.source, now=self.stage.clock()
        )
        self.calendar = after
        await self.feeds.changed(changed)

    async def refetch(self, settings: FetchSettings) -> None:
        """Change how its source is fetched."""
        sealed, digest = seal_source(self.key, settings)
        changed = await self.store.change_source(
            self.calendar.source, name="league", sealed=sealed, url_digest=digest, now=self.stage.clock()
        )
        await self.feeds.changed(changed)

    async def tag(self, text: str) -> Tag:
        return await self.store.add_tag(self.calendar, id=uuid4(), text=text, external_id=None, now=self.stage.clock())

    async def body(self, subscription: Subscription, **headers: str) -> bytes:
        """Return the subscription's feed, which there must be."""
        response = await self.stage.get(path(subscription), headers)
        assert response.status == 200
        return await response.read()

    async def uids(self, subscription: Subscription) -> list[str]:
        """Return the UIDs in its feed."""
        return uids(await self.body(subscription))


async def a_club(stage: Stage, *events: str, **details: Any) -> Club:
    """Found an account whose calendar is fetched from the stage's upstream."""
    stage.upstream.answers[LEAGUE] = Answer(league(*(events or SEASON)), etag='"1"')
    store, now = store_of(stage), stage.clock()
    account = await store.account("CLUB") or await store.add_account("CLUB", now=now)
    source = await a_source(stage, account)
    given = CalendarDetails(**{"title": "Our league"} | details)
    return Club(stage, account, await store.add_calendar(account, "league", given, source, now=now))


async def a_source(
    stage: Stage,
    account: Account,
    name: str = "league",
    *,
    place: UUID = LEAGUE,
    credentials: Credentials | None = None,
) -> CalendarSource:
    settings = FetchSettings(url_of(stage, place), credentials)
    sealed, digest = seal_source(key_of(stage), settings)
    return await store_of(stage).add_source(
        account, id=uuid4(), name=name, sealed=sealed, url_digest=digest, now=stage.clock()
    )


def url_of(stage: Stage, place: UUID) -> str:
    return f"{stage.upstream.url}/v1/webcal/{place}"


def store_of(stage: Stage) -> Store:
    assert stage.client.app is not None
    return stage.client.app[keys.STORE]


def key_of(stage: Stage) -> bytes:
    assert stage.client.app is not None
    return stage.client.app[keys.SECRET_KEY]


def path(subscription: Subscription) -> str:
    return f"/v1/webcal/{subscription.id}"


def uids(body: bytes) -> list[str]:
    """Return the UIDs in a feed, in order."""
    return [line.removeprefix("UID:") for line in body.decode().splitlines() if line.startswith("UID:")]


def looks(stage: Stage, place: UUID = LEAGUE) -> int:
    """Count the requests for what the upstream has there."""
    return sum(request.match_info["guid"] == str(place) for request in stage.upstream.requests)
