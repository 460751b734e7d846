"""What every store promises of the subscriptions of our own calendars."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from feedproxy.errors import BadRequest, NotFound
from feedproxy.model import (
    Account,
    Calendar,
    CalendarSource,
    FeedLogin,
    Frozen,
    Subscriber,
    Subscription,
    Tag,
    Wishes,
)
from feedproxy.store import Store, Subscribed
from tests.store.contract import DENTIST, HOLIDAY, MINUTE, NOW
from tests.store.contract_calendars import DETAILS

LATER = NOW + MINUTE
JOHN = Subscriber("id-1", "John.Doe@mail.example", "john@mail.example", {"utmSource": "App", "clickId": 7})
EVERY_FACT: Mapping[str, object] = {
    "marketingAllowed": False,
    "sourceId": 1,
    "deep": {"list": [1, None, "é"]},
    "unstorable": "nul \0 and half \ud83d",
}
LOGIN = FeedLogin("fan", b"\0digest")
FROZEN = Frozen(b"\x1f\x8b\0", NOW)


async def subscribe(store: Store, calendar: Calendar, **changes: Any) -> Subscribed:
    """Subscribe John, who wants everything, or as the changes say."""
    values: dict[str, Any] = {"id": uuid4(), "method": "webcal", "state": "active", "subscriber": JOHN, "now": NOW}
    return await store.subscribe(calendar, **values | {"wishes": Wishes(), "login": None} | changes)


class SubscriptionContract:
    """Beside `CalendarContract`, whose fixtures it uses."""

    @pytest.fixture
    async def tags(self, store: Store, calendar: Calendar) -> tuple[Tag, ...]:
        return tuple([await store.add_tag(calendar, id=uuid4(), text=text, now=NOW) for text in ("Away", "Home")])

    @pytest.fixture
    async def single(self, store: Store, account: Account, source: CalendarSource) -> Calendar:
        details = replace(DETAILS, single_subscription=True)
        return await store.add_calendar(account, "single", details, source, now=NOW)

    @pytest.fixture
    async def subscription(self, store: Store, calendar: Calendar) -> Subscription:
        return (await subscribe(store, calendar)).subscription

    # Coming

    async def test_a_subscription_comes_back_as_made(
        self, store: Store, other: Store, account: Account, calendar: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        wishes = Wishes(tags[1:], "AUS Eastern Standard Time", ("g\0",), ("x", "ÿ"), ("a", "b"), ("\ud83d",))
        subscriber, number = replace(JOHN, facts=EVERY_FACT), uuid4()
        said = {"method": "google", "state": "pending", "subscriber": subscriber, "wishes": wishes, "login": LOGIN}
        made = await subscribe(store, calendar, id=number, **said)
        stored = await store.calendar(account, calendar.code)
        expected = Subscription(
            number, account, stored, "pending", "google", subscriber, wishes, LOGIN, NOW, NOW, None, ""
        )
        assert made == Subscribed(expected, is_new=True, changed=frozenset())
        assert await other.subscription(number) == expected
        assert await other.subscription(uuid4()) is None

    async def test_what_only_the_upstream_knows_has_no_calendar(self, store: Store, account: Account) -> None:
        number = uuid4()
        await store.put_event(account, "e", DENTIST, [number], now=NOW)
        assert await store.subscription(number) == Subscription(
            number, account, None, "upstream", "webcal", Subscriber(), Wishes(), None, NOW, NOW
        )

    async def test_every_call_makes_a_subscription(self, store: Store, calendar: Calendar) -> None:
        made = [await subscribe(store, calendar) for _ in range(3)]
        assert [each.is_new for each in made] == [True] * 3
        assert len(await store.subscriptions(calendar.account, limit=9)) == 3

    async def test_private_events_come_with_it(self, store: Store, other: Store, calendar: Calendar) -> None:
        made = await subscribe(store, calendar, events=[("b", DENTIST), ("a", HOLIDAY), ("b", HOLIDAY)])
        number = made.subscription.id
        first, second = await other.events_of(number)
        assert (first.event_id, first.details, first.owner, first.sequence) == ("a", HOLIDAY, number, 0)
        assert (second.event_id, second.details, second.owner, second.sequence) == ("b", HOLIDAY, number, 1)
        assert first.account_code == "acme"

    async def test_a_private_event_is_another_than_the_account_s_of_that_id(
        self, store: Store, account: Account, calendar: Calendar
    ) -> None:
        one, two = [(await subscribe(store, calendar, events=[("e", DENTIST)])).subscription.id for _ in range(2)]
        put = await store.put_event(account, "e", HOLIDAY, [one], now=NOW)
        assert [(event.details, event.owner) for event in await store.events_of(one)] == [
            (HOLIDAY, None),
            (DENTIST, one),
        ]
        assert [event.owner for event in await store.events_of(two)] == [two]
        assert put.changed == {one}

    async def test_a_calendar_that_is_gone_takes_no_subscription(self, store: Store, calendar: Calendar) -> None:
        await store.remove_calendar(calendar, now=NOW)
        with pytest.raises(NotFound, match="Fixtures"):
            await subscribe(store, calendar)

    async def test_only_tags_of_its_calendar_are_wanted(
        self, store: Store, calendar: Calendar, single: Calendar, tags: tuple[Tag, ...], subscription: Subscription
    ) -> None:
        with pytest.raises(BadRequest, match="the calendar single has not all of these tags"):
            await subscribe(store, single, wishes=Wishes(tags))
        assert await store.subscriptions(calendar.account, single, limit=9) == ()
        foreign = Wishes((*tags, Tag(uuid4(), "Else")))
        with pytest.raises(BadRequest, match="Fixtures"):
            await store.change_subscription(subscription, subscriber=JOHN, wishes=foreign, now=NOW)
        assert await store.subscription(subscription.id) == replace(
            subscription, calendar=await store.calendar(calendar.account, "fixtures")
        )

    @pytest.mark.parametrize(
        ("changes", "named"),
        [
            ({"subscriber": Subscriber("nul \0")}, "subscriberId"),
            ({"subscriber": Subscriber("x" * 256)}, "subscriberId"),
            ({"subscriber": Subscriber(user_name="\ud83d")}, "userName"),
            ({"subscriber": Subscriber(email="nul \0")}, "emailAddress"),
            ({"login": FeedLogin("nul \0", b"")}, "the user name of the feed"),
            ({"events": [("nul \0", DENTIST)]}, "eventId"),
            ({"events": [("e", replace(DENTIST, title="nul \0"))]}, "title"),
        ],
    )
    async def test_what_cannot_be_stored_is_refused_and_nothing_of_it_kept(
        self, store: Store, calendar: Calendar, changes: dict[str, Any], named: str
    ) -> None:
        with pytest.raises(BadRequest, match=named):
            await subscribe(store, calendar, **changes)
        assert await store.subscriptions(calendar.account, limit=9) == ()

    # Single subscriptions

    async def test_of_many_at_once_on_a_calendar_of_single_ones_one_is_new(
        self, store: Store, other: Store, single: Calendar
    ) -> None:
        made = await asyncio.gather(
            *(
                subscribe((store, other)[n % 2], single, events=[(f"e{n}", DENTIST)], subscriber=Subscriber("id-1"))
                for n in range(12)
            )
        )
        assert sorted(each.is_new for each in made) == [False] * 11 + [True]
        (kept,) = await store.subscriptions(single.account, limit=99)
        assert {each.subscription.id for each in made} == {kept.id}
        assert len(await store.events_of(kept.id)) == 12

    async def test_a_single_subscription_is_updated_by_what_is_said_again(
        self, store: Store, other: Store, single: Calendar
    ) -> None:
        first = (await subscribe(store, single, login=LOGIN, events=[("a", DENTIST), ("b", DENTIST)])).subscription
        before = await store.newest_change()
        again = await subscribe(
            other,
            single,
            method="google",
            subscriber=Subscriber("id-1", facts={"clickId": 8, "ipAddress": "::1"}),
            wishes=Wishes(zone="UTC"),
            events=[("b", HOLIDAY)],
            now=LATER,
        )
        facts = {"utmSource": "App", "clickId": 8, "ipAddress": "::1"}
        assert again.subscription == replace(
            first,
            method="google",
            subscriber=replace(JOHN, facts=facts),
            wishes=Wishes(zone="UTC"),
            updated_at=LATER,
        )
        assert not again.is_new
        assert again.changed == {first.id}
        assert [event.details for event in await store.events_of(first.id)] == [DENTIST, HOLIDAY]
        assert {each for change in await store.changes(before) for each in change.subscription_ids} == {first.id}

    async def test_saying_the_same_again_changes_nothing(self, store: Store, single: Calendar) -> None:
        tag = await store.add_tag(single, id=uuid4(), text="Home", now=NOW)
        asked = {"wishes": Wishes((tag,), "UTC"), "login": LOGIN, "events": [("a", DENTIST)]}
        first = await subscribe(store, single, **asked)
        before = await store.newest_change()
        again = await subscribe(store, single, **asked, now=LATER)
        assert again == Subscribed(first.subscription, is_new=False, changed=frozenset())
        assert await store.newest_change() == before
        other_login = await subscribe(store, single, **asked | {"login": FeedLogin("fan", b"2")}, now=LATER)
        assert other_login.changed == {first.subscription.id}

    async def test_what_makes_a_subscriber_is_his_id_or_else_his_name(self, store: Store, single: Calendar) -> None:
        by_id = (await subscribe(store, single)).subscription.id
        for subscriber, is_new in (
            (Subscriber("id-1", "somebody else"), False),
            (Subscriber(user_name="id-1"), False),
            (Subscriber("ID-1"), True),
            (Subscriber(user_name="John.Doe@mail.example"), True),
            (Subscriber(), True),
            (Subscriber(email="john@mail.example"), True),
        ):
            made = await subscribe(store, single, subscriber=subscriber)
            assert made.is_new == is_new
            assert (made.subscription.id == by_id) != is_new

    async def test_who_has_left_subscribes_anew(self, store: Store, single: Calendar) -> None:
        first = (await subscribe(store, single)).subscription
        await store.deactivate({first.id: None}, by="DeactivatedById", now=NOW)
        again = await subscribe(store, single)
        assert again.is_new
        assert again.subscription.id != first.id

    async def test_a_calendar_that_becomes_one_of_single_ones_keeps_all_and_finds_the_newest(
        self, store: Store, calendar: Calendar
    ) -> None:
        old, new = [(await subscribe(store, calendar, now=NOW + n * MINUTE)).subscription.id for n in range(2)]
        gone = (await subscribe(store, calendar, now=NOW + 2 * MINUTE)).subscription.id
        await store.deactivate({gone: None}, by="", now=LATER)
        details = replace(DETAILS, single_subscription=True)
        changed, ids = await store.change_calendar(calendar, details, calendar.source, now=LATER)
        assert ids == frozenset()
        assert (await subscribe(store, changed)).subscription.id == new
        states = {each.id: each.state for each in await store.subscriptions(calendar.account, limit=9)}
        assert states == {old: "active", new: "active", gone: "inactive"}
        await store.change_calendar(changed, DETAILS, calendar.source, now=LATER)
        assert (await subscribe(store, changed)).is_new, "what is stored counts, not what the caller still has"

    # Reading

    async def test_somebody_s_subscriptions_are_found_exactly_first_and_newest_first(
        self, store: Store, other: Store, account: Account, calendar: Calendar, single: Calendar
    ) -> None:
        async def made(subscriber: Subscriber, into: Calendar, minutes: int) -> UUID:
            return (await subscribe(store, into, subscriber=subscriber, now=NOW + minutes * MINUTE)).subscription.id

        by_id = await made(Subscriber("Straße"), calendar, 0)
        by_name = await made(Subscriber("x", "Straße"), calendar, 1)
        in_capitals = await made(Subscriber("STRASSE"), calendar, 2)
        elsewhere = await made(Subscriber("Straße"), single, 3)
        await store.deactivate({by_id: None}, by="", now=NOW)
        rival = await store.add_account("rival", now=NOW)

        async def found(who: Account, where: Calendar | None, key: str, limit: int | None = None) -> list[UUID]:
            return [each.id for each in await other.subscriptions_of(who, where, key, limit=limit)]

        assert await found(account, calendar, "Straße") == [by_name, by_id]
        assert await found(account, None, "Straße") == [elsewhere, by_name, by_id]
        assert await found(account, calendar, "strasse") == [in_capitals, by_name, by_id]
        assert await found(account, None, "Straße", 2) == [elsewhere, by_name]
        assert await found(account, calendar, "Straße", 1) == [by_name], "though a newer one matches in another case"
        assert await found(account, calendar, "strasse", 1) == [in_capitals]
        assert await found(account, calendar, "x") == [by_name]
        assert await found(rival, None, "Straße") == []
        for nobody in ("", "\0", "Stras", "%"):
            assert await found(account, None, nobody) == []

    async def test_subscriptions_are_listed_in_pages_by_id(
        self, store: Store, account: Account, calendar: Calendar, single: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        for number in range(4):
            await subscribe(store, calendar, wishes=Wishes(tags[: number % 3]))
        elsewhere = (await subscribe(store, single)).subscription
        every = await store.subscriptions(account, limit=9)
        assert list(every) == sorted(every, key=lambda each: each.id)
        assert len(every) == 5
        assert {each.wishes.tags for each in every if each.calendar and each.calendar.code == "Fixtures"} == {
            (),
            tags[:1],
            tags,
        }
        first = await store.subscriptions(account, limit=2)
        rest = await store.subscriptions(account, after=first[-1].id, limit=9)
        assert first + rest == every
        assert await store.subscriptions(account, single, limit=9) == (elsewhere,)
        rival = await store.add_account("rival", now=NOW)
        assert await store.subscriptions(rival, limit=9) == ()

    async def test_more_are_listed_than_one_statement_takes_ids(self, store: Store, calendar: Calendar) -> None:
        made = [(await subscribe(store, calendar)).subscription.id for _ in range(3)]
        ids = [uuid4() for _ in range(1_500)]
        await store.put_event(calendar.account, "e", DENTIST, ids, now=NOW)
        listed = await store.subscriptions(calendar.account, limit=9_999)
        assert [each.id for each in listed] == sorted([*made, *ids])
