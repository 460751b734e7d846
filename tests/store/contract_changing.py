"""What every store promises of subscriptions and their events that change and end, and what it notes of that."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from feedproxy.errors import BadRequest, Conflict, NotFound
from feedproxy.model import (
    Account,
    Calendar,
    CalendarDetails,
    CalendarSource,
    EventDetails,
    Frozen,
    Subscriber,
    Subscription,
    Tag,
    Wishes,
)
from feedproxy.store import Store, Subscribed
from tests.store import processes
from tests.store.contract import DENTIST, HOLIDAY, MINUTE, NOW
from tests.store.contract_calendars import DETAILS, EVERY_DETAIL
from tests.store.contract_subscriptions import FROZEN, JOHN, LATER, LOGIN, subscribe


async def noted(store: Store, since: int) -> list[frozenset[UUID]]:
    """List what was noted as changed since that number, change by change."""
    return [change.subscription_ids for change in await store.changes(since)]


def writes(
    store: Store, calendar: Calendar, mine: UUID, upstream: UUID, new: UUID
) -> tuple[Callable[[], Awaitable[object]], ...]:
    """Return what writes into a calendar's account, which has the events `a` and `b`, and `c` of `mine` alone."""
    return (
        lambda: store.put_event(calendar.account, "a", HOLIDAY, [mine, upstream], now=LATER),
        lambda: store.delete_event(calendar.account, "b", now=LATER),
        lambda: store.detach_event(calendar.account, mine, "c", now=LATER),
        lambda: subscribe(store, calendar, id=new),
    )


class ChangingContract:
    """Beside `SubscriptionContract`, whose fixtures it uses."""

    # Changing

    async def test_a_subscription_is_changed(
        self, store: Store, other: Store, tags: tuple[Tag, ...], subscription: Subscription
    ) -> None:
        before = await store.newest_change()
        wishes = Wishes(tags, "UTC", exclude_external=("x",))
        subscriber = replace(JOHN, email="new@mail.example", facts={"utmSource": "App"})
        backwards = replace(wishes, tags=wishes.tags[::-1])
        changed, ids = await store.change_subscription(subscription, subscriber=subscriber, wishes=backwards, now=LATER)
        stored = await store.calendar(subscription.account, "fixtures")
        assert changed == replace(subscription, calendar=stored, subscriber=subscriber, wishes=wishes, updated_at=LATER)
        assert await other.subscription(subscription.id) == changed
        assert ids == {subscription.id}
        assert await noted(other, before) == [ids]
        again = await store.change_subscription(changed, subscriber=subscriber, wishes=backwards, now=LATER + MINUTE)
        assert again == (changed, frozenset())
        cleared, ids = await store.change_subscription(changed, subscriber=subscriber, wishes=Wishes(), now=LATER)
        assert cleared == replace(changed, wishes=Wishes())
        assert ids == {subscription.id}

    async def test_other_facts_of_the_subscriber_change_no_feed(self, store: Store, subscription: Subscription) -> None:
        subscriber = replace(JOHN, facts={"marketingAllowed": True})
        changed, ids = await store.change_subscription(subscription, subscriber=subscriber, wishes=Wishes(), now=LATER)
        assert changed == replace(subscription, subscriber=subscriber)
        assert ids == frozenset()
        again, ids = await store.change_subscription(
            changed, subscriber=subscriber, wishes=Wishes(), now=2 * MINUTE + NOW
        )
        assert again == changed
        assert await store.newest_change() == 0

    async def test_two_changes_at_once_are_both_made(
        self, store: Store, other: Store, tags: tuple[Tag, ...], subscription: Subscription
    ) -> None:
        one, two = replace(JOHN, facts={"clickId": 7, "a": 1}), replace(JOHN, facts={**JOHN.facts, "b": 2})
        await asyncio.gather(
            store.change_subscription(subscription, subscriber=one, wishes=Wishes(tags), now=LATER),
            other.change_subscription(subscription, subscriber=two, wishes=Wishes(zone="UTC"), now=LATER),
        )
        found = await store.subscription(subscription.id)
        assert found is not None
        assert found.subscriber == replace(JOHN, facts={"clickId": 7, "a": 1, "b": 2})
        assert found.wishes == Wishes(tags, "UTC")

    async def test_a_subscription_that_is_no_more_is_not_changed(
        self, store: Store, calendar: Calendar, subscription: Subscription
    ) -> None:
        await store.deactivate({subscription.id: None}, by="DeactivatedById", now=LATER)
        with pytest.raises(BadRequest, match="deactivated"):
            await store.change_subscription(subscription, subscriber=JOHN, wishes=Wishes(zone="UTC"), now=LATER)
        await store.remove_calendar(calendar, now=LATER)
        with pytest.raises(NotFound):
            await store.change_subscription(subscription, subscriber=JOHN, wishes=Wishes(), now=LATER)

    async def test_a_single_subscription_does_not_become_another_subscriber_s(
        self, store: Store, single: Calendar
    ) -> None:
        mine = (await subscribe(store, single)).subscription
        theirs = Subscriber("id-2")
        taken = (await subscribe(store, single, subscriber=theirs)).subscription
        with pytest.raises(Conflict):
            await store.change_subscription(mine, subscriber=theirs, wishes=Wishes(), now=LATER)
        renamed, _ = await store.change_subscription(mine, subscriber=Subscriber("id-3"), wishes=Wishes(), now=LATER)
        assert (await subscribe(store, single, subscriber=Subscriber("id-3"))).subscription.id == renamed.id == mine.id
        assert (await subscribe(store, single, subscriber=theirs)).subscription.id == taken.id

    # Activating

    async def test_a_pending_subscription_becomes_active_once(
        self, store: Store, other: Store, single: Calendar
    ) -> None:
        pending = (await subscribe(store, single, method="google", state="pending")).subscription
        consented = Subscriber(email="john@google.example", facts={"c": 3})
        active, ids = await other.activate(pending.id, subscriber=consented, now=LATER)
        assert active == replace(
            pending,
            state="active",
            subscriber=replace(JOHN, email="john@google.example", facts={**JOHN.facts, "c": 3}),
            updated_at=LATER,
        )
        assert ids == {pending.id}
        assert await noted(store, 0) == [ids]
        assert await store.activate(pending.id, subscriber=consented, now=LATER) == (active, frozenset())
        assert (await subscribe(store, single)).subscription.id == pending.id

    async def test_of_pending_ones_of_a_subscriber_one_becomes_the_single_one(
        self, store: Store, other: Store, single: Calendar
    ) -> None:
        waiting = [
            (await subscribe(store, single, method="google", state="pending", events=[(f"e{n}", DENTIST)])).subscription
            for n in range(6)
        ]
        results = await asyncio.gather(
            *((store, other)[n % 2].activate(each.id, subscriber=JOHN, now=LATER) for n, each in enumerate(waiting))
        )
        (winner,) = {active.id for active, _ in results}
        states = {each.id: each.state for each in await store.subscriptions(single.account, limit=9)}
        assert states == {each.id: "active" if each.id == winner else "inactive" for each in waiting}
        assert [event.event_id for event in await store.events_of(winner)] == [f"e{n}" for n in range(6)]

    async def test_the_single_one_gets_what_a_pending_one_brings(self, store: Store, single: Calendar) -> None:
        active = (await subscribe(store, single, events=[("e", DENTIST)])).subscription
        said: dict[str, Any] = {"wishes": Wishes(zone="UTC"), "events": [("e", HOLIDAY)]}
        pending = (await subscribe(store, single, method="google", state="pending", **said)).subscription
        assert pending.id != active.id
        before = await store.newest_change()
        updated, ids = await store.activate(pending.id, subscriber=JOHN, now=LATER)
        assert updated == replace(active, method="google", wishes=Wishes(zone="UTC"), updated_at=LATER)
        assert ids == {active.id}
        assert frozenset().union(*await noted(store, before)) == {active.id, pending.id}
        assert [event.details for event in await store.events_of(active.id)] == [HOLIDAY]
        with pytest.raises(BadRequest, match="deactivated"):
            await store.activate(pending.id, subscriber=JOHN, now=LATER)

    async def test_only_what_is_pending_is_activated(self, store: Store, account: Account) -> None:
        upstream = uuid4()
        await store.put_event(account, "e", DENTIST, [upstream], now=NOW)
        for unknown in (upstream, uuid4()):
            with pytest.raises(NotFound):
                await store.activate(unknown, subscriber=JOHN, now=LATER)

    # Ending

    async def test_what_is_deactivated_is_told_once_and_its_feed_kept(
        self, store: Store, other: Store, calendar: Calendar, subscription: Subscription
    ) -> None:
        pending = (await subscribe(store, calendar, state="pending")).subscription
        upstream = uuid4()
        await store.put_event(calendar.account, "e", DENTIST, [upstream], now=NOW)
        before = await store.newest_change()
        feeds = {subscription.id: FROZEN, pending.id: None, upstream: FROZEN, uuid4(): FROZEN}
        why = {"unsubscribeReasonId": 3}
        ended = await store.deactivate(feeds, by="DeactivatedByUsername", facts=why, now=LATER)
        assert ended == {subscription.id, pending.id}
        assert await noted(other, before) == [ended]
        assert await other.subscription(subscription.id) == replace(
            subscription,
            state="inactive",
            subscriber=replace(subscription.subscriber, facts={**subscription.subscriber.facts, **why}),
            updated_at=LATER,
            deactivated_at=LATER,
            deactivated_by="DeactivatedByUsername",
        )
        again = {subscription.id: Frozen(b"2", LATER)}
        other_why = {"unsubscribeReasonId": 4}
        late = await other.deactivate(again, by="DeactivatedById", facts=other_why, now=LATER + MINUTE)
        assert late == frozenset()
        assert await noted(other, before) == [ended]
        assert await other.frozen(subscription.id) == FROZEN
        assert await other.frozen(pending.id) is None
        assert await other.frozen(upstream) is None
        found = await store.subscription(subscription.id)
        assert found is not None
        assert (found.deactivated_by, found.subscriber.facts["unsubscribeReasonId"]) == ("DeactivatedByUsername", 3)

    async def test_who_ends_the_same_at_once_is_told_of_it_once(
        self, store: Store, other: Store, calendar: Calendar
    ) -> None:
        ids = [(await subscribe(store, calendar)).subscription.id for _ in range(8)]
        told = await asyncio.gather(
            *(
                (store, other)[n % 2].deactivate(dict.fromkeys(some, FROZEN), by="", now=LATER)
                for n, some in enumerate((ids, ids[::-1], ids[:4], ids[4:]))
            )
        )
        assert sorted(each for some in told for each in some) == sorted(ids)

    async def test_the_first_frozen_feed_of_a_deactivated_subscription_stays(
        self, store: Store, other: Store, subscription: Subscription
    ) -> None:
        for unkept in (subscription.id, uuid4()):
            await store.keep_frozen(unkept, FROZEN)
            assert await store.frozen(unkept) is None
        await store.deactivate({subscription.id: None}, by="", now=LATER)
        await store.keep_frozen(subscription.id, FROZEN)
        await other.keep_frozen(subscription.id, Frozen(b"late", LATER))
        assert await other.frozen(subscription.id) == FROZEN

    async def test_ten_thousand_subscriptions_end_in_one_call(self, store: Store, account: Account) -> None:
        source = await store.add_source(account, id=uuid4(), name="Club", sealed=b"", url_digest=b"", now=NOW)
        calendar = await store.add_calendar(account, "Fixtures", DETAILS, source, now=NOW)
        mine = (await subscribe(store, calendar)).subscription.id
        feeds: dict[UUID, Frozen | None] = {uuid4(): None for _ in range(9_999)} | {mine: FROZEN}
        assert await store.deactivate(feeds, by="", now=NOW) == {mine}

    # Several processes

    async def test_a_process_that_is_killed_leaves_all_that_it_was_told_and_nothing_half(
        self, url: str, store: Store, calendar: Calendar
    ) -> None:
        told: list[tuple[UUID, str]] = []
        for kill in range(20):
            with processes.started(processes.change_subscriptions_until_killed, url, calendar) as (process, said):
                told += [said.recv() for _ in range(7 + kill % 5)]
                process.kill()
                told += processes.received(said)
        found = await store.subscriptions(calendar.account, limit=999)
        steps = {each.id: await self._steps(store, each) for each in found}
        assert [step for step in told if step[1] not in steps[step[0]]] == []
        assert len(told) >= 180

    async def _steps(self, store: Store, each: Subscription) -> set[str]:
        """Return the steps that a subscription has behind it, having seen that it has made each as a whole."""
        events = await store.events_of(each.id)
        assert [event.event_id for event in events if event.owner] == ["a", "b"]
        assert each.wishes in (Wishes(), processes.WISHES)
        is_changed, is_filled = each.wishes != Wishes(), len(events) == 3
        is_emptied, is_ended = each.updated_at == processes.LATER, each.state == "inactive"
        assert not is_filled or not is_emptied
        assert (await store.frozen(each.id) is not None, each.deactivated_at is not None) == (is_ended, is_ended)
        noted_ids = frozenset().union(*await noted(store, 0))
        assert (each.id in noted_ids) == is_changed
        behind = {"made": True, "changed": is_changed, "filled": is_filled or is_emptied, "emptied": is_emptied}
        return {step for step, is_behind in {**behind, "ended": is_ended}.items() if is_behind}

    # What a change of something else means for subscriptions

    async def test_another_source_changes_the_feeds_made_of_it(
        self, store: Store, account: Account, calendar: Calendar, subscription: Subscription
    ) -> None:
        mine = await self._neighbours(store, account, calendar) | {subscription.id}
        before = await store.newest_change()
        source = calendar.source
        renamed = await store.change_source(source, name="New", sealed=source.sealed, url_digest=b"u", now=LATER)
        assert renamed == frozenset()
        assert await noted(store, before) == []
        assert await store.change_source(source, name="New", sealed=b"2", url_digest=b"u", now=LATER) == mine
        assert await noted(store, before) == [mine]

    @pytest.mark.parametrize(
        ("details", "states"),
        [
            (replace(DETAILS, title="New"), {"active"}),
            (replace(DETAILS, description="New"), {"active"}),
            (replace(DETAILS, protected=True), {"active", "inactive"}),
            (replace(DETAILS, on_deactivate="gone"), {"inactive"}),
            (replace(DETAILS, image="new", time_zones=("UTC",), single_subscription=True), set()),
            (EVERY_DETAIL, {"active", "inactive"}),
            (DETAILS, set()),
        ],
    )
    async def test_other_details_change_the_feeds_that_show_them(
        self, store: Store, calendar: Calendar, details: CalendarDetails, states: set[str]
    ) -> None:
        ended = (await subscribe(store, calendar)).subscription.id
        await store.deactivate({ended: None}, by="", now=NOW)
        for state in ("active", "pending"):
            await subscribe(store, calendar, state=state)
        before = await store.newest_change()
        _, ids = await store.change_calendar(calendar, details, calendar.source, now=LATER)
        every = await store.subscriptions(calendar.account, limit=9)
        assert ids == {each.id for each in every if each.state in states}
        assert await noted(store, before) == [ids] * bool(states)

    async def test_a_calendar_of_another_source_has_other_feeds(
        self, store: Store, account: Account, calendar: Calendar, subscription: Subscription
    ) -> None:
        second = await store.add_source(account, id=uuid4(), name="Away", sealed=b"", url_digest=b"", now=NOW)
        _, ids = await store.change_calendar(calendar, DETAILS, second, now=LATER)
        assert ids == {subscription.id}

    async def test_another_text_of_a_tag_changes_the_feeds_of_those_who_want_it(
        self, store: Store, calendar: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        away, home = tags
        wants_away, _, _ = [
            (await subscribe(store, calendar, wishes=wishes)).subscription.id
            for wishes in (Wishes((away,)), Wishes((home,)), Wishes())
        ]
        ended = (await subscribe(store, calendar, wishes=Wishes((away,)))).subscription.id
        await store.deactivate({ended: None}, by="", now=NOW)
        before = await store.newest_change()
        _, ids = await store.change_tag(calendar, away, text="AWAY", external_id="7", now=LATER)
        assert ids == frozenset()
        changed, ids = await store.change_tag(calendar, away, text="Abroad", external_id="7", now=LATER)
        assert ids == {wants_away}
        assert await noted(store, before) == [ids]
        found = await store.subscription(wants_away)
        assert found is not None
        assert found.wishes.tags == (changed,)

    async def test_a_tag_that_is_wanted_stays(self, store: Store, calendar: Calendar, tags: tuple[Tag, ...]) -> None:
        made = (await subscribe(store, calendar, wishes=Wishes(tags[:1]))).subscription
        with pytest.raises(Conflict, match="Away"):
            await store.remove_tag(calendar, tags[0], now=LATER)
        await store.remove_tag(calendar, tags[1], now=LATER)
        await store.change_subscription(made, subscriber=JOHN, wishes=Wishes(), now=LATER)
        await store.remove_tag(calendar, tags[0], now=LATER)

    async def test_a_tag_is_not_removed_under_a_subscription_that_comes(
        self, store: Store, other: Store, calendar: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        for tag in tags:
            made, removed = await asyncio.gather(
                subscribe(store, calendar, wishes=Wishes((tag,))),
                other.remove_tag(calendar, tag, now=LATER),
                return_exceptions=True,
            )
            assert isinstance(made, BadRequest) != isinstance(removed, Conflict)

    async def test_a_calendar_with_active_subscriptions_is_removed_by_force_only(
        self, store: Store, account: Account, calendar: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        made = await subscribe(store, calendar, wishes=Wishes(tags), events=[("e", DENTIST)])
        ended = (await subscribe(store, calendar)).subscription.id
        await store.deactivate({ended: FROZEN}, by="", now=NOW)
        await store.put_event(account, "shared", DENTIST, [made.subscription.id], now=NOW)
        before = await store.newest_change()
        with pytest.raises(Conflict, match="Fixtures"):
            await store.remove_calendar(calendar, now=LATER)
        assert await store.subscription(ended) is not None
        ids = await store.remove_calendar(calendar, force=True, now=LATER)
        assert ids == {made.subscription.id, ended}
        assert await noted(store, before) == [ids]
        assert await store.subscriptions(account, limit=9) == ()
        assert await store.events_of(made.subscription.id) == ()
        assert await store.frozen(ended) is None
        assert (await store.put_event(account, "e", HOLIDAY, [], now=NOW)).event.sequence == 0, (
            "the private one is gone"
        )

    async def test_no_subscription_outlives_its_calendar(
        self, store: Store, other: Store, account: Account, source: CalendarSource
    ) -> None:
        for number in range(5):
            calendar = await store.add_calendar(account, f"c{number}", DETAILS, source, now=NOW)
            made, _ = await asyncio.gather(
                subscribe(store, calendar),
                other.remove_calendar(calendar, force=True, now=LATER),
                return_exceptions=True,
            )
            if not isinstance(made, NotFound):
                assert isinstance(made, Subscribed)
                assert await store.subscription(made.subscription.id) is None
        assert await store.subscriptions(account, limit=9) == ()

    async def test_an_account_goes_with_its_subscriptions(
        self, store: Store, account: Account, calendar: Calendar, tags: tuple[Tag, ...]
    ) -> None:
        mine = (
            await subscribe(store, calendar, wishes=Wishes(tags), login=LOGIN, events=[("e", DENTIST)])
        ).subscription
        ended = (await subscribe(store, calendar)).subscription
        await store.deactivate({ended.id: FROZEN}, by="", now=NOW)
        before = await store.newest_change()
        ids = await store.remove_account(account, now=LATER)
        assert ids == {mine.id, ended.id}
        assert await noted(store, before) == [ids]
        assert await store.subscription(mine.id) is None
        assert await store.events_of(mine.id) == ()
        assert await store.frozen(ended.id) is None

    async def _neighbours(self, store: Store, account: Account, calendar: Calendar) -> frozenset[UUID]:
        """Add subscriptions in every way related to a calendar; return those that are made of its source and active."""
        source = await store.add_source(account, id=uuid4(), name="Away", sealed=b"", url_digest=b"", now=NOW)
        second = await store.add_calendar(account, "second", DETAILS, calendar.source, now=NOW)
        elsewhere = await store.add_calendar(account, "elsewhere", DETAILS, source, now=NOW)
        await subscribe(store, elsewhere)
        await subscribe(store, calendar, state="pending")
        ended = (await subscribe(store, calendar)).subscription.id
        await store.deactivate({ended: None}, by="", now=NOW)
        await store.put_event(account, "e", DENTIST, [uuid4()], now=NOW)
        return frozenset(((await subscribe(store, second)).subscription.id,))

    # Events

    async def test_an_event_is_updated_where_it_is_attached(
        self, store: Store, other: Store, account: Account, subscription: Subscription
    ) -> None:
        put = await store.put_event(account, "e", DENTIST, [subscription.id], now=NOW)
        before = await store.newest_change()
        updated = await other.update_event(account, "e", HOLIDAY, now=LATER)
        assert updated is not None
        assert updated.event == replace(put.event, details=HOLIDAY, sequence=1, updated_at=LATER)
        assert (updated.changed, updated.ignored) == (frozenset({subscription.id}), frozenset())
        assert await store.events_of(subscription.id) == (updated.event,)
        assert await noted(other, before) == [updated.changed]
        again = await store.update_event(account, "e", HOLIDAY, now=LATER + MINUTE)
        assert again == replace(updated, changed=frozenset())
        assert await noted(other, before) == [updated.changed]

    async def test_an_event_is_deleted_everywhere(
        self, store: Store, other: Store, account: Account, subscription: Subscription
    ) -> None:
        upstream = uuid4()
        await store.put_event(account, "e", DENTIST, [subscription.id, upstream], now=NOW)
        kept = await store.put_event(account, "other", DENTIST, [upstream], now=NOW)
        before = await store.newest_change()
        assert await other.delete_event(account, "e", now=LATER) == frozenset({subscription.id, upstream})
        assert await noted(store, before) == [{subscription.id, upstream}]
        assert await store.events_of(subscription.id) == ()
        assert await store.events_of(upstream) == (kept.event,)
        assert await store.delete_event(account, "e", now=LATER) is None
        found = await store.subscription(subscription.id)
        assert found == replace(subscription, updated_at=LATER), "it says since when the feed lacks the event"

    async def test_what_is_made_again_counts_on_from_what_was_deleted(
        self, store: Store, other: Store, account: Account, subscription: Subscription
    ) -> None:
        """A lower SEQUENCE would be older to an app that has not looked in between."""
        await store.put_event(account, "e", DENTIST, [], now=NOW)
        await store.put_event(account, "e", HOLIDAY, [], now=NOW)
        for sequence in (2, 3):
            await store.delete_event(account, "e", now=NOW)
            assert (await other.put_event(account, "e", HOLIDAY, [], now=LATER)).event.sequence == sequence
        assert (await store.put_event(account, "new", DENTIST, [], now=LATER)).event.sequence == 0
        rival = await store.add_account("rival", now=NOW)
        assert (await store.put_event(rival, "e", DENTIST, [], now=LATER)).event.sequence == 0
        await store.delete_event(account, "e", now=LATER)
        await store.forget_past_sequences(before=LATER)
        assert (await store.put_event(account, "e", DENTIST, [], now=LATER)).event.sequence == 4
        await store.delete_event(account, "e", now=NOW)
        await store.forget_past_sequences(before=LATER)
        assert (await store.put_event(account, "e", DENTIST, [], now=LATER)).event.sequence == 0

    async def test_a_private_event_that_is_made_again_counts_on(
        self, store: Store, account: Account, single: Calendar
    ) -> None:
        mine = (await subscribe(store, single, events=[("e", DENTIST)])).subscription.id
        assert await store.detach_event(account, mine, "e", now=NOW) == frozenset({mine})
        assert (await subscribe(store, single, events=[("e", HOLIDAY)])).subscription.id == mine
        assert [(event.owner, event.sequence) for event in await store.events_of(mine)] == [(mine, 1)]
        assert (await store.put_event(account, "e", HOLIDAY, [], now=LATER)).event.sequence == 0, "it is another one"

    async def test_an_event_is_the_account_s_and_not_the_private_one_of_that_id(
        self, store: Store, account: Account, calendar: Calendar
    ) -> None:
        mine = (await subscribe(store, calendar, events=[("e", DENTIST)])).subscription.id
        rival = await store.add_account("rival", now=NOW)
        await store.put_event(rival, "theirs", DENTIST, [], now=NOW)
        for event_id in ("e", "theirs", "unknown", "\0", ""):
            assert await store.delete_event(account, event_id, now=LATER) is None
        for event_id in ("e", "theirs", "unknown"):
            assert await store.update_event(account, event_id, HOLIDAY, now=LATER) is None
        assert [event.details for event in await store.events_of(mine)] == [DENTIST]

    async def test_an_event_is_taken_from_one_subscription_the_private_one_first(
        self, store: Store, account: Account, calendar: Calendar
    ) -> None:
        mine, second = [(await subscribe(store, calendar, events=[("e", DENTIST)])).subscription.id for _ in range(2)]
        shared = await store.put_event(account, "e", HOLIDAY, [mine, second], now=NOW)
        rival = await store.add_account("rival", now=NOW)
        before = await store.newest_change()
        assert await store.detach_event(rival, mine, "e", now=LATER) is None
        assert await store.detach_event(account, mine, "e", now=LATER) == frozenset({mine})
        assert await store.events_of(mine) == (shared.event,)
        assert await store.detach_event(account, mine, "e", now=LATER) == frozenset({mine})
        assert await store.events_of(mine) == ()
        assert await store.detach_event(account, mine, "e", now=LATER) is None
        assert await store.detach_event(account, mine, "\0", now=LATER) is None
        assert len(await store.events_of(second)) == 2
        assert await noted(store, before) == [{mine}, {mine}]

    @pytest.mark.parametrize("private", [True, False])
    async def test_a_subscription_says_since_when_its_feed_lacks_an_event(
        self, store: Store, account: Account, calendar: Calendar, private: bool
    ) -> None:
        mine = (await subscribe(store, calendar, events=[("e", DENTIST)] if private else [])).subscription
        if not private:
            await store.put_event(account, "e", DENTIST, [mine.id], now=NOW)
        assert await store.subscription(mine.id) == mine
        await store.detach_event(account, mine.id, "e", now=LATER)
        assert await store.subscription(mine.id) == replace(mine, updated_at=LATER)

    async def test_what_is_deactivated_gets_no_more_and_changes_no_more(
        self, store: Store, account: Account, subscription: Subscription
    ) -> None:
        await store.put_event(account, "e", DENTIST, [subscription.id], now=NOW)
        await store.deactivate({subscription.id: FROZEN}, by="", now=NOW)
        before = await store.newest_change()
        put = await store.put_event(account, "new", DENTIST, [subscription.id], now=LATER)
        assert put.changed == frozenset()
        assert put.ignored == {subscription.id}
        assert (await store.put_event(account, "e", HOLIDAY, [], now=LATER)).changed == frozenset()
        updated = await store.update_event(account, "e", DENTIST, now=LATER)
        assert updated is not None
        assert updated.changed == frozenset()
        assert await store.detach_event(account, subscription.id, "e", now=LATER) == frozenset()
        assert await store.delete_event(account, "e", now=LATER) == frozenset()
        assert await noted(store, before) == []

    async def test_putting_and_deleting_at_once_leaves_the_whole_event_or_none(
        self, store: Store, other: Store, account: Account
    ) -> None:
        ids = [uuid4() for _ in range(20)]
        for _ in range(10):
            put, deleted = await asyncio.gather(
                store.put_event(account, "e", DENTIST, ids, now=NOW), other.delete_event(account, "e", now=NOW)
            )
            left = [await store.events_of(each) for each in ids]
            assert left == [(put.event,)] * 20 if deleted is None else [()] * 20
            await store.delete_event(account, "e", now=NOW)

    async def test_what_is_written_as_an_account_goes_is_whole_or_refused(self, store: Store, other: Store) -> None:
        """Whoever is first: nobody waits for the other for ever, and nothing of the account stays."""
        for attempt in range(6):
            account = await store.add_account(f"acme-{attempt}", now=NOW)
            source = await store.add_source(account, id=uuid4(), name="Club", sealed=b"", url_digest=b"", now=NOW)
            calendar = await store.add_calendar(account, "Fixtures", DETAILS, source, now=NOW)
            mine = (await subscribe(store, calendar, events=[("c", DENTIST)])).subscription.id
            for event_id in ("a", "b"):
                await store.put_event(account, event_id, DENTIST, [mine], now=NOW)
            ids = (mine, uuid4(), uuid4())
            write = writes(store, calendar, *ids)
            removed, *written = await asyncio.gather(
                other.remove_account(account, now=LATER),
                *(each() for each in (write if attempt % 2 else write[-1:])),
                return_exceptions=True,
            )
            assert isinstance(removed, frozenset)
            assert {type(each) for each in written if isinstance(each, BaseException)} <= {NotFound}
            for each in write:
                with pytest.raises(NotFound, match="is gone"):
                    await each()
            for number in ids:
                assert await store.subscription(number) is None
                assert await store.events_of(number) == ()

    @pytest.mark.parametrize("details", [replace(DENTIST, title="nul \0"), replace(DENTIST, location="\ud83d")])
    async def test_an_event_is_not_updated_to_what_cannot_be_stored(
        self, store: Store, account: Account, details: EventDetails
    ) -> None:
        put = await store.put_event(account, "e", DENTIST, [], now=NOW)
        with pytest.raises(BadRequest):
            await store.update_event(account, "e", details, now=LATER)
        assert (await store.put_event(account, "e", DENTIST, [], now=LATER)).event == put.event

    async def test_others_write_while_ten_thousand_are_attached(
        self, store: Store, other: Store, account: Account
    ) -> None:
        """A writer waits for the one transaction that it came behind, and is not refused."""
        ids: Collection[UUID] = [uuid4() for _ in range(10_000)]
        put, added = await asyncio.gather(
            store.put_event(account, "e", DENTIST, ids, now=NOW), other.add_account("other", now=NOW)
        )
        assert len(put.changed) == 10_000
        assert await store.account("other") == added
        deleted = await other.delete_event(account, "e", now=LATER)
        assert deleted == put.changed
