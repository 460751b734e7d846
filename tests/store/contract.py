"""What every store promises, whatever database is behind it."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text
from sqlalchemy.exc import StatementError

from feedproxy.errors import BadRequest, Conflict, SettingsError
from feedproxy.model import AccessToken, Account, Application, EventDetails, Held, LastGood, PersonalEvent, RefreshToken
from feedproxy.store import Store, migrate, open_store
from feedproxy.store.database import open_database
from feedproxy.store.migration import SCRIPTS
from feedproxy.store.schema import metadata
from tests.store import processes

NOW = datetime(2026, 3, 29, 0, 59, 59, 999_999, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HALF_PAST_TWO = datetime(2026, 10, 25, 2, 30)  # noqa: DTZ001 # a wall clock
DENTIST = EventDetails("Dentist", HALF_PAST_TWO, HALF_PAST_TWO + 45 * MINUTE, "Europe/Rome")
HOLIDAY = EventDetails("Holiday", date(2026, 12, 24), date(2026, 12, 27), "Australia/Sydney")

GOOD = LastGood("source", b"body", b"digest", '"1"', "yesterday", 7, NOW, NOW)
HELD = Held("sharply-shrunk", "1 component after 7", 1, NOW)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
SPANS = st.tuples(st.dates(), st.dates()) | st.tuples(st.datetimes(), st.datetimes())
DETAILS = st.builds(
    lambda span, **rest: EventDetails(start=span[0], end=span[1], **rest),
    span=SPANS,
    title=TEXT,
    zone=TEXT,
    description=TEXT,
    location=TEXT,
    notify_before=st.none() | st.integers(0, 40_320),
    visible_from=st.none() | st.datetimes(timezones=st.just(UTC)),
)

# An example adds an event of its own to the same store, and the contract's subclasses are meant to differ.
examples = settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Store]:
    store = await open_store(url)
    try:
        yield store
    finally:
        await store.close()


def token_pair(
    application: Application, *, family: UUID | None = None, access_life: timedelta = 5 * MINUTE
) -> tuple[AccessToken, RefreshToken]:
    """Make a pair of tokens as the OAuth2 endpoint would at NOW."""
    access = AccessToken(uuid4().bytes, application.client_id, application.account, NOW + access_life)
    refresh = RefreshToken(uuid4().bytes, application.client_id, family or uuid4(), NOW + 60 * MINUTE)
    return access, refresh


async def make_at(url: str, revision: str, *rows: tuple[str, Mapping[str, object]]) -> None:
    """Give a database, empty so far, the tables of an earlier release, and rows: statements with their values."""
    config = Config()
    config.set_main_option("script_location", SCRIPTS)

    def make(connection: Connection) -> None:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement, values in rows:
            connection.execute(text(statement), values)

    database = open_database(url, migrating=True)
    await database.write(make)
    await database.close()


def execute(connection: Connection, statement: str) -> None:
    """Execute a statement that is no feature of the store's."""
    connection.execute(text(statement))


def differences(connection: Connection) -> list[object]:
    """Compare the tables with those of the schema module."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


class StoreContract:
    """A subclass has the fixtures `url`, `own_url` and `empty_url`.

    The first two are migrated databases without rows; whoever spoils more than rows takes `own_url`. The third is bare.
    """

    @pytest.fixture
    async def store(self, url: str) -> AsyncIterator[Store]:
        async with opened(url) as store:
            yield store

    @pytest.fixture
    async def other(self, url: str) -> AsyncIterator[Store]:
        """What another process has: a store of its own on the same database."""
        async with opened(url) as store:
            yield store

    @pytest.fixture
    async def account(self, store: Store) -> Account:
        return await store.add_account("acme", now=NOW)

    @pytest.fixture
    async def application(self, store: Store, account: Account) -> Application:
        return await store.add_application(account, client_id="client", name="App", secret_digest=b"\0d", now=NOW)

    # The database

    async def test_the_migrations_lead_to_the_schema(self, url: str) -> None:
        database = open_database(url)
        found = await database.read(differences)
        await database.close()
        assert found == []

    async def test_migrating_again_changes_nothing(self, url: str, store: Store, account: Account) -> None:
        await migrate(url)
        assert await store.accounts() == (account,)

    async def test_subscriptions_and_events_of_the_third_schema_stay(self, empty_url: str) -> None:
        """Those of before are the upstream's subscriptions, and events that no subscription owns."""
        subscription = uuid4()
        in_sqlite = {"now": NOW.replace(tzinfo=None), "id": subscription.hex}
        values = in_sqlite if empty_url.startswith("sqlite") else {"now": NOW, "id": subscription}
        columns = 'event_id, title, zone, description, location, id, account_id, start, "end", sequence'
        rows = [
            (
                f"INSERT INTO {table} ({names}) VALUES ({row})",
                {name: values[name] for name in values if f":{name}" in row},
            )
            for table, names, row in (
                ("accounts", "id, code, folded_code, created_at", "7, 'Acme', 'acme', :now"),
                ("subscriptions", "id, account_id, origin, created_at", ":id, 7, 'upstream', :now"),
                (
                    "personal_events",
                    f"{columns}, created_at, updated_at",
                    "'e', 'Day', 'UTC', '', '', 3, 7, '2026-12-24', '2026-12-25', 0, :now, :now",
                ),
                ("attachments", "subscription_id, personal_event_id", ":id, 3"),
            )
        ]
        await make_at(empty_url, "0003", *rows)
        await migrate(empty_url)
        async with opened(empty_url) as store:
            account = await store.account("acme")
            assert account == Account(7, "Acme", NOW)
            details = EventDetails("Day", date(2026, 12, 24), date(2026, 12, 25), "UTC")
            event = PersonalEvent("Acme", "e", details, 0, NOW, NOW)
            assert await store.events_of(subscription) == (event,)
            assert (await store.put_event(account, "e", details, [subscription], now=NOW)).changed == frozenset()

    async def test_a_newer_release_s_database_is_left_alone(self, own_url: str) -> None:
        database = open_database(own_url)
        await database.write(execute, "UPDATE alembic_version SET version_num = '9999'")
        await database.close()
        with pytest.raises(SettingsError, match=r"a newer feedproxy made this database \(revision 9999\)"):
            await open_store(own_url)
        with pytest.raises(SettingsError, match=r"a newer feedproxy made this database \(revision 9999\)"):
            await migrate(own_url)

    async def test_ping_raises_when_the_tables_are_gone(self, own_url: str) -> None:
        async with opened(own_url) as store:
            await store.ping()
            await store._database.write(execute, "DROP TABLE server_keys")
            with pytest.raises(Exception, match="server_keys"):
                await store.ping()

    async def test_the_first_candidate_becomes_the_server_key_for_everyone(self, store: Store, other: Store) -> None:
        candidates = [bytes([number]) * 32 for number in range(10)]
        offers = [asked.server_key("feed", each) for asked, each in zip([store, other] * 5, candidates, strict=True)]
        kept = set(await asyncio.gather(*offers))
        assert len(kept) == 1
        assert kept <= set(candidates)
        assert await store.server_key("other", b"another") == b"another"

    # Accounts and applications

    async def test_an_account_is_found_in_any_case_and_keeps_its_spelling(self, store: Store, other: Store) -> None:
        added = await store.add_account("Straße-42", now=NOW)
        assert added.code == "Straße-42"
        assert await other.account("STRASSE-42") == added
        assert await other.account("strasse-43") is None

    async def test_an_account_code_is_given_once(self, store: Store, other: Store) -> None:
        attempts = [each.add_account(code, now=NOW) for each in (store, other) for code in ("Acme", "ACME", "acme")]
        results = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(result, Account) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 5

    async def test_accounts_are_listed_by_code(self, store: Store) -> None:
        for code in ("b", "C", "a"):
            await store.add_account(code, now=NOW)
        assert [account.code for account in await store.accounts()] == ["a", "b", "C"]

    async def test_an_instant_comes_back_in_utc(self, store: Store, other: Store) -> None:
        local = NOW.astimezone(timezone(timedelta(hours=11)))
        await store.add_account("acme", now=local)
        found = await other.account("acme")
        assert found is not None
        assert found.created_at == NOW
        assert found.created_at.utcoffset() == timedelta(0)

    async def test_an_application_is_found_by_its_client_id(self, application: Application, other: Store) -> None:
        assert await other.application("client") == application
        assert await other.application("CLIENT") is None

    async def test_a_client_id_is_given_once(self, store: Store, application: Application) -> None:
        with pytest.raises(Conflict, match="client"):
            await store.add_application(application.account, client_id="client", name="", secret_digest=b"", now=NOW)
        assert await store.application("client") == application

    @pytest.mark.parametrize("impossible", ["\0", "a\0b", "\ud800", "x" * 256, ""])
    async def test_what_no_database_can_hold_is_refused_or_not_found(self, store: Store, impossible: str) -> None:
        assert await store.account(impossible) is None
        assert await store.application(impossible) is None
        with pytest.raises(BadRequest, match="the account code"):
            await store.add_account(impossible, now=NOW)
        assert await store.accounts() == ()

    # Tokens

    async def test_tokens_come_back_as_stored(self, store: Store, other: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        assert await other.access_token(access.digest, now=NOW) == access
        assert await other.refresh_token(refresh.digest) == refresh
        assert await other.access_token(refresh.digest, now=NOW) is None
        assert await other.refresh_token(access.digest) is None

    async def test_an_access_token_ends_at_its_expiry(self, store: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        assert await store.access_token(access.digest, now=access.expires_at - timedelta(microseconds=1)) == access
        assert await store.access_token(access.digest, now=access.expires_at) is None

    async def test_a_refresh_token_is_used_once_even_by_many_at_once(
        self, store: Store, other: Store, application: Application
    ) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        pairs = [token_pair(application, family=refresh.family) for _ in range(10)]
        uses = [
            asked.use_refresh_token(refresh.digest, *pair, now=NOW)
            for asked, pair in zip([store, other] * 5, pairs, strict=True)
        ]
        won = await asyncio.gather(*uses)
        assert sorted(won) == [False] * 9 + [True]
        assert await store.refresh_token(refresh.digest) == replace(refresh, used_at=NOW)
        for (new_access, new_refresh), is_winner in zip(pairs, won, strict=True):
            assert await store.access_token(new_access.digest, now=NOW) == (new_access if is_winner else None)
            assert await store.refresh_token(new_refresh.digest) == (new_refresh if is_winner else None)

    async def test_a_refresh_token_marked_used_is_used(self, store: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        await store.mark_refresh_token_used(refresh.digest, now=NOW)
        await store.mark_refresh_token_used(refresh.digest, now=NOW + MINUTE)
        await store.mark_refresh_token_used(b"unknown", now=NOW)
        assert await store.refresh_token(refresh.digest) == replace(refresh, used_at=NOW)
        pair = token_pair(application, family=refresh.family)
        assert not await store.use_refresh_token(refresh.digest, *pair, now=NOW)

    async def test_an_access_token_is_revoked_alone(self, store: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        await store.revoke_access_token(access.digest)
        assert await store.access_token(access.digest, now=NOW) is None
        assert await store.refresh_token(refresh.digest) == refresh

    async def test_a_family_is_revoked_whole_and_alone(self, store: Store, application: Application) -> None:
        first, stranger = token_pair(application), token_pair(application)
        second = token_pair(application, family=first[1].family)
        await store.add_tokens(application, *first)
        await store.add_tokens(application, *stranger)
        assert await store.use_refresh_token(first[1].digest, *second, now=NOW)
        await store.revoke_family(first[1].family)
        for access, refresh in (first, second):
            assert await store.access_token(access.digest, now=NOW) is None
            assert await store.refresh_token(refresh.digest) is None
        assert await store.access_token(stranger[0].digest, now=NOW) == stranger[0]
        assert await store.refresh_token(stranger[1].digest) == stranger[1]

    async def test_no_token_outlives_its_family(self, store: Store, other: Store, application: Application) -> None:
        """Rotating and revoking at the same moment leaves no token behind, whichever comes first."""
        for _ in range(10):
            access, refresh = token_pair(application)
            await store.add_tokens(application, access, refresh)
            new_access, new_refresh = token_pair(application, family=refresh.family)
            await asyncio.gather(
                store.use_refresh_token(refresh.digest, new_access, new_refresh, now=NOW),
                other.revoke_family(refresh.family),
            )
            assert await store.access_token(new_access.digest, now=NOW) is None
            assert await store.refresh_token(new_refresh.digest) is None

    async def test_expired_tokens_are_purged_and_no_others(self, store: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        assert await store.purge_expired_tokens(now=access.expires_at) == 1
        assert await store.refresh_token(refresh.digest) == refresh
        rotated = token_pair(application, family=refresh.family)
        assert await store.use_refresh_token(refresh.digest, *rotated, now=access.expires_at)
        assert await store.purge_expired_tokens(now=refresh.expires_at) == 3
        assert await store.refresh_token(refresh.digest) is None
        assert await store.purge_expired_tokens(now=refresh.expires_at) == 0

    # Events

    @pytest.mark.parametrize("details", [DENTIST, HOLIDAY])
    async def test_an_event_is_seen_in_its_subscriptions(
        self, store: Store, other: Store, account: Account, details: EventDetails
    ) -> None:
        ids = [uuid4(), uuid4()]
        attached = await store.put_event(account, "e 1", details, ids, now=NOW)
        assert attached.changed == set(ids)
        assert attached.ignored == set()
        event = attached.event
        assert (event.account_code, event.event_id, event.details) == ("acme", "e 1", details)
        assert (event.sequence, event.created_at, event.updated_at) == (0, NOW, NOW)
        for each in ids:
            assert await other.events_of(each) == (event,)
        assert await other.events_of(uuid4()) == ()

    @examples
    @given(details=DETAILS)
    async def test_details_come_back_equal(self, store: Store, account: Account, details: EventDetails) -> None:
        subscription = uuid4()
        await store.put_event(account, str(subscription), details, [subscription], now=NOW)
        (event,) = await store.events_of(subscription)
        assert event.details == details
        again = await store.put_event(account, str(subscription), details, [subscription], now=NOW)
        assert again.event == event
        assert again.changed == set()

    async def test_the_same_details_again_change_nothing(self, store: Store, account: Account) -> None:
        first, second = uuid4(), uuid4()
        put = await store.put_event(account, "e", DENTIST, [first], now=NOW)
        again = await store.put_event(account, "e", replace(DENTIST), [first, second], now=NOW + MINUTE)
        assert again.event == put.event
        assert again.changed == {second}

    async def test_other_details_change_every_feed_that_has_the_event(
        self, store: Store, other: Store, account: Account
    ) -> None:
        first, second = uuid4(), uuid4()
        put = await store.put_event(account, "e", DENTIST, [first], now=NOW)
        moved = await other.put_event(account, "e", HOLIDAY, [second], now=NOW + MINUTE)
        assert moved.changed == {first, second}
        assert moved.event == replace(put.event, details=HOLIDAY, sequence=1, updated_at=NOW + MINUTE)
        assert await store.events_of(first) == await store.events_of(second) == (moved.event,)

    async def test_an_event_is_never_updated_in_its_past(self, store: Store, account: Account) -> None:
        await store.put_event(account, "e", DENTIST, [], now=NOW)
        put = await store.put_event(account, "e", HOLIDAY, [], now=NOW - MINUTE)
        assert (put.event.sequence, put.event.updated_at) == (1, NOW)

    async def test_the_first_account_owns_a_subscription(self, store: Store, account: Account) -> None:
        rival = await store.add_account("rival", now=NOW)
        owned, fresh = uuid4(), uuid4()
        mine = await store.put_event(account, "e", DENTIST, [owned], now=NOW)
        theirs = await store.put_event(rival, "e", HOLIDAY, [owned, fresh], now=NOW)
        assert theirs.changed == {fresh}
        assert theirs.ignored == {owned}
        assert await store.events_of(owned) == (mine.event,)
        assert await store.events_of(fresh) == (theirs.event,)

    async def test_events_are_ordered_by_id(self, store: Store, account: Account) -> None:
        subscription = uuid4()
        for event_id in ("b", "a", "B", "é", "a 1", "ab"):
            await store.put_event(account, event_id, DENTIST, [subscription], now=NOW)
        found = [event.event_id for event in await store.events_of(subscription)]
        assert found == ["B", "a", "a 1", "ab", "b", "é"]

    async def test_an_id_named_twice_counts_once(self, store: Store, account: Account) -> None:
        subscription = uuid4()
        put = await store.put_event(account, "e", DENTIST, [subscription, subscription], now=NOW)
        assert put.changed == {subscription}
        assert len(await store.events_of(subscription)) == 1

    async def test_ten_thousand_subscriptions_in_one_call(self, store: Store, account: Account) -> None:
        rival = await store.add_account("rival", now=NOW)
        ids = [uuid4() for _ in range(10_000)]
        await store.put_event(rival, "theirs", HOLIDAY, ids[:1_500], now=NOW)
        put = await store.put_event(account, "mine", DENTIST, ids, now=NOW)
        assert put.changed == set(ids[1_500:])
        assert put.ignored == set(ids[:1_500])
        changed = await store.put_event(account, "mine", HOLIDAY, [], now=NOW)
        assert changed.changed == set(ids[1_500:])
        assert await store.events_of(ids[-1]) == (changed.event,)

    async def test_one_account_wins_every_contested_subscription(
        self, store: Store, other: Store, account: Account
    ) -> None:
        rival = await store.add_account("rival", now=NOW)
        ids = [uuid4() for _ in range(50)]
        mine, theirs = await asyncio.gather(
            store.put_event(account, "mine", DENTIST, ids, now=NOW),
            other.put_event(rival, "theirs", DENTIST, ids[::-1], now=NOW),
        )
        assert mine.changed | theirs.changed == set(ids)
        assert mine.changed & theirs.changed == set()
        assert (mine.ignored, theirs.ignored) == (theirs.changed, mine.changed)
        for each in ids:
            assert len(await store.events_of(each)) == 1

    async def test_the_same_event_put_by_many_at_once_is_one_event(
        self, store: Store, other: Store, account: Account
    ) -> None:
        ids = [uuid4() for _ in range(20)]
        variants = [replace(DENTIST, title=f"Title {number}") for number in range(20)]
        puts = await asyncio.gather(
            *[
                asked.put_event(account, "e", details, [each], now=NOW)
                for asked, details, each in zip([store, other] * 10, variants, ids, strict=True)
            ]
        )
        assert sorted(put.event.sequence for put in puts) == list(range(20))
        last = max((put.event for put in puts), key=lambda event: event.sequence)
        for each in ids:
            assert await store.events_of(each) == (last,)

    @pytest.mark.parametrize("unstorable", ["nul \0", "half \ud83d a pair"])
    @pytest.mark.parametrize("field", ["title", "description", "location", "zone"])
    async def test_text_that_cannot_be_stored_is_refused_by_name(
        self, store: Store, account: Account, field: str, unstorable: str
    ) -> None:
        subscription = uuid4()
        change: dict[str, Any] = {field: unstorable}
        with pytest.raises(BadRequest, match=field):
            await store.put_event(account, "e", replace(DENTIST, **change), [subscription], now=NOW)
        assert await store.events_of(subscription) == ()

    @pytest.mark.parametrize("event_id", ["", "nul \0", "\udfff", "x" * 256])
    async def test_an_event_id_that_cannot_be_stored_is_refused(
        self, store: Store, account: Account, event_id: str
    ) -> None:
        with pytest.raises(BadRequest, match="eventId"):
            await store.put_event(account, event_id, DENTIST, [], now=NOW)

    async def test_a_time_without_its_zone_or_a_wall_clock_with_one_is_a_mistake(
        self, store: Store, account: Account
    ) -> None:
        naive = NOW.replace(tzinfo=None)
        with pytest.raises(StatementError, match="an aware datetime is wanted"):
            await store.put_event(account, "e", DENTIST, [], now=naive)
        with pytest.raises(StatementError, match="a naive datetime is wanted"):
            await store.put_event(account, "e", replace(DENTIST, start=NOW), [], now=NOW)

    async def test_a_failed_put_leaves_nothing_behind(self, store: Store, account: Account) -> None:
        """The event is written when what is no id is met."""
        subscription = uuid4()
        with pytest.raises(AttributeError):
            await store.put_event(account, "e", DENTIST, [subscription, 0], now=NOW)  # type: ignore[list-item]
        assert await store.update_event(account, "e", HOLIDAY, now=NOW) is None
        assert await store.subscription(subscription) is None

    async def test_what_was_begun_is_ended_though_its_caller_is_cancelled(
        self, url: str, store: Store, account: Account
    ) -> None:
        ids = [uuid4() for _ in range(1_500)]
        async with opened(url) as left:
            for number in range(10):
                task = asyncio.create_task(left.put_event(account, f"e{number}", DENTIST, ids, now=NOW))
                await asyncio.sleep(number / 1_000)
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
        assert [event.event_id for event in await store.events_of(ids[-1])] == [f"e{number}" for number in range(10)]

    # Several processes

    async def test_nothing_acknowledged_is_lost_when_the_process_is_killed(
        self, url: str, store: Store, account: Account
    ) -> None:
        acknowledged = []
        for kill in range(20):
            with processes.started(processes.put_events_until_killed, url, account, f"run{kill}") as (process, said):
                acknowledged += [said.recv() for _ in range(1 + kill % 5)]
                process.kill()
                acknowledged += processes.received(said)
        kept = {event.event_id for event in await store.events_of(processes.SUBSCRIPTION)}
        assert kept >= set(acknowledged)
        assert len(acknowledged) >= 60

    async def test_processes_that_write_at_once_wait_for_each_other(
        self, url: str, store: Store, account: Account
    ) -> None:
        with ExitStack() as stack:
            started = [
                stack.enter_context(processes.started(processes.put_some_events, url, account, f"process{number}"))
                for number in range(4)
            ]
            for _, said in started:
                said.send("go")
            assert [said.recv() for _, said in started] == ["done"] * 4
        assert len(await store.events_of(processes.SUBSCRIPTION)) == 100

    # Last good answers

    async def test_what_was_put_is_noted_as_changed_for_every_process(
        self, store: Store, other: Store, account: Account
    ) -> None:
        first, second = sorted((uuid4(), uuid4()))
        assert (await other.newest_change(), await other.changes(0)) == (0, ())
        await store.put_event(account, "e", DENTIST, [first], now=NOW)
        await store.put_event(account, "e", DENTIST, [first], now=NOW)
        await store.put_event(account, "e", HOLIDAY, [second], now=NOW + MINUTE)
        one, two = await other.changes(0)
        assert one.subscription_ids == {first}
        assert two.subscription_ids == {first, second}
        assert one.number < two.number == await other.newest_change()
        assert await other.changes(one.number) == (two,)
        assert await other.changes(two.number, [one.number, two.number + 1]) == (one,)
        await store.forget_changes(before=NOW + MINUTE)
        assert await other.changes(0) == (two,)
        await store.forget_changes(before=NOW + 2 * MINUTE)
        await store.put_event(account, "e", DENTIST, [], now=NOW)
        (three,) = await other.changes(0)
        assert three.number > two.number

    async def test_a_last_good_answer_comes_back_as_saved(self, store: Store, other: Store) -> None:
        good = LastGood("source", b"BEGIN:VCALENDAR\r\n" * 9_999, b"\0digest", '"e\t1"', "yesterday", 7, NOW, NOW)
        assert await store.save_last_good(good, after=None) == 0
        assert await other.last_good("source") == good
        assert await other.last_good("another") is None
        newer = replace(
            good,
            body=b"",
            digest=b"2",
            etag=None,
            last_modified=None,
            events=0,
            fetched_at=NOW + MINUTE,
            rendered=b"\0",
            edition="feedproxy 1",
            edition_at=NOW,
        )
        assert await other.save_last_good(newer, after=b"\0digest") == 0
        assert await store.last_good("source") == newer

    async def test_who_comes_late_with_a_body_changes_nothing(self, store: Store, other: Store) -> None:
        async def save(by: Store, body: bytes, *, after: bytes | None) -> bool:
            return await by.save_last_good(replace(GOOD, body=body, digest=body), after=after) is not None

        assert await save(store, b"first", after=None)
        assert not await save(other, b"late", after=None)
        assert await save(other, b"second", after=b"first")
        assert not await save(store, b"late", after=b"first")
        found = await store.last_good("source")
        assert found is not None
        assert found.body == b"second"

    async def test_of_many_that_follow_one_body_at_once_one_is_kept(self, store: Store, other: Store) -> None:
        await store.save_last_good(GOOD, after=None)
        bodies = [replace(GOOD, body=b"%d" % n, digest=b"%d" % n) for n in range(20)]
        saved = await asyncio.gather(
            *((store, other)[n % 2].save_last_good(good, after=GOOD.digest) for n, good in enumerate(bodies))
        )
        winners = [good for good, generation in zip(bodies, saved, strict=True) if generation is not None]
        assert len(winners) == 1
        assert await store.last_good("source") == winners[0]

    async def test_a_304_confirms_the_answer_and_keeps_what_it_does_not_repeat(self, store: Store) -> None:
        await store.save_last_good(GOOD, after=None)
        later = NOW + MINUTE
        confirmed = await store.confirm_last_good(
            "source", GOOD.digest, fetched_at=later, etag='"2"', last_modified=None
        )
        assert confirmed == (0, NOW)
        assert await store.last_good("source") == replace(GOOD, fetched_at=later, etag='"2"')

    async def test_nothing_but_what_stands_there_is_confirmed(self, store: Store) -> None:
        await store.save_last_good(GOOD, after=None)
        for source, digest in (("source", b"another"), ("another", GOOD.digest)):
            confirmed = await store.confirm_last_good(source, digest, fetched_at=NOW, etag='"2"', last_modified=None)
            assert confirmed is None
        assert await store.last_good("source") == GOOD
        assert await store.last_good("another") is None

    async def test_what_was_rendered_anew_is_noted_once(self, store: Store, other: Store) -> None:
        await store.save_last_good(GOOD, after=None)
        first = replace(GOOD, rendered=b"1", edition="1", edition_at=NOW, changed_at=NOW + MINUTE)
        assert await store.note_rendering(first, after=GOOD)
        assert not await other.note_rendering(replace(first, changed_at=NOW + 2 * MINUTE), after=GOOD)
        assert await store.last_good("source") == first
        assert await other.note_rendering(replace(first, rendered=b"2"), after=first)
        assert not await store.note_rendering(replace(first, digest=b"another"), after=replace(GOOD, digest=b"another"))

    async def test_what_is_held_back_is_kept_until_something_good_comes(self, store: Store, other: Store) -> None:
        await store.hold_back("source", GOOD.digest, HELD)
        assert await store.held() == (), "there is nothing that is served instead"
        for end in ("published", "confirmed", "forgotten", "withdrawn"):
            await store.save_last_good(GOOD, after=None)
            await store.hold_back("source", GOOD.digest, replace(HELD, events=9))
            await store.hold_back("source", GOOD.digest, HELD)
            await store.hold_back("source", b"another", replace(HELD, events=9))
            assert await other.last_good("source") == replace(GOOD, held=HELD)
            assert await other.held() == (("source", HELD),)
            match end:
                case "published":
                    await store.save_last_good(GOOD, after=GOOD.digest)
                case "confirmed":
                    await store.confirm_last_good("source", GOOD.digest, fetched_at=NOW, etag=None, last_modified=None)
                case "forgotten":
                    await store.forget_held("source")
                case "withdrawn":
                    await store.drop_last_good("source")
            assert await other.held() == ()
            await store.drop_last_good("source")

    async def test_what_an_operator_refuses_stays_refused_until_he_accepts_it_or_something_good_comes(
        self, store: Store, other: Store
    ) -> None:
        await store.save_last_good(GOOD, after=None)
        assert await store.refuse_held("source") == 0
        await store.hold_back("source", GOOD.digest, HELD)
        assert await store.refuse_held("source") == 1
        await store.forget_held("source")
        assert await other.held() == (("source", replace(HELD, refused=True)),)
        assert await store.accept_held("source") == 1
        assert await other.held() == (("source", replace(HELD, accepted=True)),)
        await store.refuse_held("source")
        await store.confirm_last_good("source", GOOD.digest, fetched_at=NOW, etag=None, last_modified=None)
        assert await other.held() == ()

    async def test_an_operator_accepts_what_is_held_back_under_any_credentials(self, store: Store) -> None:
        for n, source in enumerate(("feed", "feed.fan", "held", "other")):
            await store.save_last_good(replace(GOOD, source=source), after=None)
            if n != 3:
                await store.hold_back(source, GOOD.digest, replace(HELD, since=NOW + n * MINUTE))
        assert await store.accept_held("feed") == 2
        assert await store.accept_held("other") == 0
        assert [(source, held.accepted) for source, held in await store.held()] == [
            ("feed", True),
            ("feed.fan", True),
            ("held", False),
        ]
        for source in ("feed", "held"):
            await store.forget_held(source)
        assert [source for source, _ in await store.held()] == ["feed", "feed.fan"], "a word of the operator's lasts"
        await store.hold_back("feed", GOOD.digest, HELD)
        good = await store.last_good("feed")
        assert good is not None
        assert good.held == HELD, "it was said of another body"

    async def test_a_generation_only_grows_and_outlives_the_body(self, store: Store, other: Store) -> None:
        async def generation(source: str) -> int:
            good = await other.last_good(source)
            assert good is not None
            return good.generation

        for source in ("feed", "feed.fan", "other"):
            assert await store.save_last_good(replace(GOOD, source=source), after=None) == 0
        assert await store.save_last_good(replace(GOOD, source="feed"), after=GOOD.digest, renew=True) == 1
        assert await store.save_last_good(replace(GOOD, source="feed"), after=b"another", renew=True) is None
        assert await store.renew("feed", now=NOW + MINUTE) == 2
        assert await store.renew(None, now=NOW + MINUTE) == 3
        assert await store.renew("unknown", now=NOW) == 0
        assert [await generation(source) for source in ("feed", "feed.fan", "other")] == [3, 2, 1]
        confirmed = await store.confirm_last_good("feed", GOOD.digest, fetched_at=NOW, etag=None, last_modified=None)
        assert confirmed == (3, NOW + MINUTE + timedelta(seconds=1))
        await store.drop_last_good("feed")
        assert await store.save_last_good(replace(GOOD, source="feed"), after=None) == 3

    async def test_a_new_generation_never_makes_octets_older(self, store: Store) -> None:
        later = NOW + timedelta(days=1)
        await store.save_last_good(replace(GOOD, changed_at=later), after=None)
        await store.renew(None, now=NOW)
        good = await store.last_good("source")
        assert good is not None
        assert (good.generation, good.changed_at) == (1, later)
