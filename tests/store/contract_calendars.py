"""What every store promises of accounts, calendars, their sources and tags."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from feedproxy.errors import BadRequest, Conflict, NotFound
from feedproxy.model import Account, Application, Calendar, CalendarDetails, CalendarSource, Preferences, Tag
from feedproxy.store import Store
from tests.store.contract import DENTIST, MINUTE, NOW, token_pair

LATER = NOW + MINUTE
DETAILS = CalendarDetails("Fixtures")
EVERY_DETAIL = CalendarDetails(
    title="Fixtures",
    description="Home\nand away",
    image="//img.example/1.png",
    protected=True,
    single_subscription=True,
    time_zones=("AUS Eastern Standard Time", "UTC"),
    on_deactivate="gone",
)
PREFERENCES = Preferences("C", "object", ("https://a.example/é?x=1", "app://done"))

IMPOSSIBLE = ["\0", "a\0b", "\ud800", "x" * 256, ""]

AddCalendar = Callable[..., Awaitable[Calendar]]


class CalendarContract:
    """Beside `StoreContract`, whose fixtures it uses."""

    @pytest.fixture
    async def source(self, store: Store, account: Account) -> CalendarSource:
        return await store.add_source(account, id=uuid4(), name="Club", sealed=b"\0s", url_digest=b"u", now=NOW)

    @pytest.fixture
    async def calendar(self, store: Store, account: Account, source: CalendarSource) -> Calendar:
        return await store.add_calendar(account, "Fixtures", DETAILS, source, now=NOW)

    # Accounts and applications

    async def test_an_account_has_a_name_that_can_be_changed(self, store: Store, other: Store) -> None:
        added = await store.add_account("acme", name="Acme Ltd", now=NOW)
        assert await other.account("acme") == added
        assert added.name == "Acme Ltd"
        renamed = await other.change_account(added, name="Acme Pty")
        assert renamed == replace(added, name="Acme Pty") == await store.account("acme")
        with pytest.raises(BadRequest, match="the account name"):
            await store.change_account(added, name="\0")

    async def test_preferences_are_the_applications_and_come_with_its_tokens(
        self, store: Store, other: Store, application: Application
    ) -> None:
        assert application.preferences == Preferences()
        changed = await store.change_application(application, name="Site", preferences=PREFERENCES)
        assert changed == replace(application, name="Site", preferences=PREFERENCES)
        assert await other.application("client") == changed
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        assert await other.access_token(access.digest, now=NOW) == replace(access, preferences=PREFERENCES)

    async def test_applications_are_listed_the_oldest_first(self, store: Store, account: Account) -> None:
        for number, client_id in enumerate(("b", "c", "a")):
            await store.add_application(
                account, client_id=client_id, name="", secret_digest=b"", now=NOW + number // 2 * MINUTE
            )
        rival = await store.add_account("rival", now=NOW)
        await store.add_application(rival, client_id="theirs", name="", secret_digest=b"", now=NOW)
        assert [each.client_id for each in await store.applications(account)] == ["b", "c", "a"]

    async def test_another_secret_ends_the_tokens_of_that_application_only(
        self, store: Store, other: Store, application: Application
    ) -> None:
        neighbour = await store.add_application(
            application.account, client_id="other", name="", secret_digest=b"", now=NOW
        )
        mine, theirs = token_pair(application), token_pair(neighbour)
        await store.add_tokens(application, *mine)
        await store.add_tokens(neighbour, *theirs)
        await store.change_secret("client", b"new")
        assert await other.application("client") == replace(application, secret_digest=b"new")
        assert await other.access_token(mine[0].digest, now=NOW) is None
        assert await other.refresh_token(mine[1].digest) is None
        assert await other.access_token(theirs[0].digest, now=NOW) == theirs[0]

    async def test_an_application_goes_with_its_tokens(self, store: Store, application: Application) -> None:
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        assert await store.remove_application("client")
        assert not await store.remove_application("client")
        assert await store.application("client") is None
        assert await store.access_token(access.digest, now=NOW) is None
        assert await store.refresh_token(refresh.digest) is None

    @pytest.mark.parametrize("end", ["another secret", "removed"])
    async def test_no_token_outlives_the_secret_that_it_was_issued_for(
        self, store: Store, other: Store, application: Application, end: str
    ) -> None:
        """Whichever comes first, neither is there in the end."""
        for attempt in range(10):
            client = await store.add_application(
                application.account, client_id=f"client-{attempt}", name="", secret_digest=b"old", now=NOW
            )
            access, refresh = token_pair(client)
            await asyncio.gather(
                other.change_secret(client.client_id, b"new")
                if end == "another secret"
                else other.remove_application(client.client_id),
                store.add_tokens(client, access, refresh),
                store.add_tokens(application, *token_pair(application)),
                return_exceptions=True,
            )
            assert await store.access_token(access.digest, now=NOW) is None
            assert await store.refresh_token(refresh.digest) is None
            with pytest.raises(NotFound, match="another secret"):
                await store.add_tokens(client, access, refresh)

    async def test_a_secret_that_is_no_more_spoils_no_token_of_others(
        self, store: Store, application: Application
    ) -> None:
        stale = replace(application, secret_digest=b"before")
        pairs = [(each, token_pair(each)) for each in (application, stale, application)]
        added = await asyncio.gather(*(store.add_tokens(each, *pair) for each, pair in pairs), return_exceptions=True)
        assert [type(each) for each in added] == [type(None), NotFound, type(None)]
        stored = [await store.access_token(access.digest, now=NOW) for _, (access, _) in pairs]
        assert stored == [pairs[0][1][0], None, pairs[2][1][0]]

    @pytest.mark.parametrize("client_id", ["unknown", "\0"])
    async def test_an_application_that_is_not_there_is_not_changed(
        self, store: Store, application: Application, client_id: str
    ) -> None:
        await store.remove_application(application.client_id)
        with pytest.raises(NotFound):
            await store.change_application(application, name="", preferences=Preferences())
        with pytest.raises(NotFound):
            await store.change_secret(client_id, b"")
        assert not await store.remove_application(client_id)

    async def test_an_account_goes_with_everything_of_it_and_nothing_else(
        self, store: Store, other: Store, application: Application, calendar: Calendar
    ) -> None:
        account = application.account
        rival = await store.add_account("rival", now=NOW)
        mine, theirs = uuid4(), uuid4()
        await store.put_event(account, "e", DENTIST, [mine], now=NOW)
        kept = await store.put_event(rival, "e", DENTIST, [theirs], now=NOW)
        access, refresh = token_pair(application)
        await store.add_tokens(application, access, refresh)
        before = await store.newest_change()
        assert await store.remove_account(account, now=LATER) == {mine}
        (change,) = await other.changes(before)
        assert change.subscription_ids == {mine}
        assert await store.accounts() == (rival,)
        assert await store.application("client") is None
        assert await store.access_token(access.digest, now=NOW) is None
        assert await store.sources(account) == ()
        assert await store.calendars(account) == ()
        assert await store.events_of(mine) == ()
        assert await store.events_of(theirs) == (kept.event,)
        assert await store.remove_account(account, now=LATER) == frozenset()
        with pytest.raises(NotFound, match="acme"):
            await store.change_account(account, name="")

    async def test_the_number_of_an_account_that_is_gone_is_not_given_again(self, store: Store) -> None:
        """A request that still holds the old account must not write into the new one."""
        first = await store.add_account("first", now=NOW)
        await store.remove_account(first, now=NOW)
        second = await store.add_account("second", now=NOW)
        assert second.id > first.id

    async def test_two_changes_of_an_application_at_once_are_both_made(
        self, store: Store, other: Store, application: Application
    ) -> None:
        await asyncio.gather(
            store.change_application(application, name="Site", preferences=Preferences("C")),
            other.change_application(application, name="App", preferences=Preferences(webcal_create_body="object")),
        )
        both = Preferences("C", "object")
        assert await store.application("client") == replace(application, name="Site", preferences=both)

    # Sources

    async def test_the_sources_of_all_accounts_are_listed_in_pages(self, store: Store, account: Account) -> None:
        other = await store.add_account("another", now=NOW)
        ids = sorted(uuid4() for _ in range(5))
        for n, each in enumerate(ids):
            owner = (account, other)[n % 2]
            await store.add_source(owner, id=each, name=f"s{n}", sealed=b"\0", url_digest=b"u", now=NOW)
        first = await store.every_source(limit=3)
        assert [each.id for each in first] == ids[:3]
        assert [each.account for each in first] == [account, other, account]
        assert [each.id for each in await store.every_source(after=ids[2], limit=9)] == ids[3:]

    async def test_a_source_comes_back_as_stored_by_id_and_by_name_in_any_case(
        self, store: Store, other: Store, account: Account, source: CalendarSource
    ) -> None:
        assert await other.source(account, source.id) == source
        assert await other.source_named(account, "CLUB") == source
        assert await other.source_named(account, "\0") is None
        assert await other.source(account, uuid4()) is None

    async def test_sources_are_the_account_s(self, store: Store, account: Account, source: CalendarSource) -> None:
        rival = await store.add_account("rival", now=NOW)
        theirs = await store.add_source(rival, id=uuid4(), name="Club", sealed=b"", url_digest=b"", now=NOW)
        assert await store.source(account, theirs.id) is None
        assert await store.sources(account) == (source,)
        assert await store.source_named(rival, "club") == theirs

    async def test_sources_are_listed_by_name(self, store: Store, account: Account) -> None:
        for name in ("b", "C", "a"):
            await store.add_source(account, id=uuid4(), name=name, sealed=b"", url_digest=b"", now=NOW)
        assert [each.name for each in await store.sources(account)] == ["a", "b", "C"]

    async def test_the_name_of_a_source_is_given_once(
        self, store: Store, account: Account, source: CalendarSource
    ) -> None:
        with pytest.raises(Conflict, match="CLUB"):
            await store.add_source(account, id=uuid4(), name="CLUB", sealed=b"", url_digest=b"", now=NOW)
        second = await store.add_source(account, id=uuid4(), name="Away", sealed=b"", url_digest=b"", now=NOW)
        with pytest.raises(Conflict, match="club"):
            await store.change_source(second, name="club", sealed=b"", url_digest=b"", now=LATER)
        assert await store.sources(account) == (second, source)

    async def test_a_source_is_changed(self, store: Store, other: Store, source: CalendarSource) -> None:
        await store.change_source(source, name="club", sealed=b"2", url_digest=b"3", now=LATER)
        changed = replace(source, name="club", sealed=b"2", url_digest=b"3", updated_at=LATER)
        assert await other.source(source.account, source.id) == changed

    async def test_a_name_and_a_url_of_a_source_at_once_are_both_changed(
        self, store: Store, other: Store, source: CalendarSource
    ) -> None:
        await asyncio.gather(
            store.change_source(source, name="New", sealed=source.sealed, url_digest=source.url_digest, now=LATER),
            other.change_source(source, name="Club", sealed=b"2", url_digest=b"3", now=LATER),
        )
        both = replace(source, name="New", sealed=b"2", url_digest=b"3", updated_at=LATER)
        assert await store.source(source.account, source.id) == both

    async def test_of_two_that_seal_a_source_anew_at_once_one_is_told(
        self, store: Store, other: Store, source: CalendarSource
    ) -> None:
        results = await asyncio.gather(
            store.change_source(source, name="Club", sealed=b"2", url_digest=b"u", now=LATER),
            other.change_source(source, name="Club", sealed=b"3", url_digest=b"u", now=LATER),
            return_exceptions=True,
        )
        refused = [each for each in results if isinstance(each, Conflict)]
        assert [each.message for each in refused] == [
            "somebody else has changed the source Club just now; look at it and try again"
        ]
        stored = await store.source(source.account, source.id)
        assert stored == replace(source, sealed=b"2" if results[1] in refused else b"3", updated_at=LATER)

    async def test_a_source_in_use_stays(self, store: Store, account: Account, calendar: Calendar) -> None:
        with pytest.raises(Conflict, match="Club"):
            await store.remove_source(calendar.source)
        assert await store.source(account, calendar.source.id) == calendar.source
        await store.remove_calendar(calendar, now=NOW)
        await store.remove_source(calendar.source)
        assert await store.sources(account) == ()
        with pytest.raises(NotFound, match="Club"):
            await store.change_source(calendar.source, name="Club", sealed=b"", url_digest=b"", now=NOW)

    # Calendars

    @pytest.mark.parametrize("details", [DETAILS, EVERY_DETAIL])
    async def test_a_calendar_comes_back_as_stored_in_any_case(
        self, store: Store, other: Store, account: Account, source: CalendarSource, details: CalendarDetails
    ) -> None:
        added = await store.add_calendar(account, "Straße", details, source, now=NOW)
        assert (added.code, added.details, added.source, added.tags) == ("Straße", details, source, ())
        assert (added.account, added.created_at, added.updated_at) == (account, NOW, NOW)
        assert await other.calendar(account, "STRASSE") == added
        assert await other.calendar(account, "other") is None
        assert await other.calendar(account, "\0") is None

    async def test_a_calendar_code_is_given_once_an_account(
        self, store: Store, other: Store, account: Account, source: CalendarSource
    ) -> None:
        adding = [
            each.add_calendar(account, code, DETAILS, source, now=NOW) for each in (store, other) for code in ("a", "A")
        ]
        results = await asyncio.gather(*adding, return_exceptions=True)
        assert sum(isinstance(result, Calendar) for result in results) == 1
        assert sum(isinstance(result, Conflict) for result in results) == 3
        rival = await store.add_account("rival", now=NOW)
        theirs = await store.add_source(rival, id=uuid4(), name="Club", sealed=b"", url_digest=b"", now=NOW)
        added = await store.add_calendar(rival, "a", DETAILS, theirs, now=NOW)
        assert await store.calendars(rival) == (added,)

    async def test_calendars_are_listed_by_code_each_with_its_tags(
        self, store: Store, account: Account, source: CalendarSource
    ) -> None:
        for code in ("b", "C", "a"):
            calendar = await store.add_calendar(account, code, DETAILS, source, now=NOW)
            await store.add_tag(calendar, id=uuid4(), text=code, now=NOW)
        listed = await store.calendars(account)
        assert [(each.code, [tag.text for tag in each.tags]) for each in listed] == [
            ("a", ["a"]),
            ("b", ["b"]),
            ("C", ["C"]),
        ]

    async def test_a_calendar_is_changed_and_keeps_its_tags(
        self, store: Store, other: Store, account: Account, calendar: Calendar
    ) -> None:
        tag = await store.add_tag(calendar, id=uuid4(), text="Home", now=NOW)
        second = await store.add_source(account, id=uuid4(), name="Away", sealed=b"", url_digest=b"", now=NOW)
        changed, ids = await store.change_calendar(calendar, EVERY_DETAIL, second, now=LATER)
        assert changed == replace(calendar, details=EVERY_DETAIL, source=second, tags=(tag,), updated_at=LATER)
        assert ids == frozenset()
        assert await other.calendar(account, "fixtures") == changed

    async def test_two_changes_of_a_calendar_at_once_are_both_made(
        self, store: Store, other: Store, account: Account, calendar: Calendar
    ) -> None:
        second = await store.add_source(account, id=uuid4(), name="Away", sealed=b"", url_digest=b"", now=NOW)
        one, two = replace(DETAILS, title="New"), replace(DETAILS, single_subscription=True, time_zones=("UTC",))
        await asyncio.gather(
            store.change_calendar(calendar, one, calendar.source, now=LATER),
            other.change_calendar(calendar, two, second, now=LATER),
        )
        both = replace(calendar, details=replace(two, title="New"), source=second, updated_at=LATER)
        assert await store.calendar(account, "fixtures") == both

    async def test_a_calendar_that_is_gone_is_not_found(self, store: Store, calendar: Calendar) -> None:
        tag = await store.add_tag(calendar, id=uuid4(), text="Home", now=NOW)
        assert await store.remove_calendar(calendar, now=NOW) == frozenset()
        for attempt in (
            store.change_calendar(calendar, DETAILS, calendar.source, now=NOW),
            store.remove_calendar(calendar, now=NOW),
            store.add_tag(calendar, id=uuid4(), text="Away", now=NOW),
            store.change_tag(calendar, tag, text="Away", external_id=None, now=NOW),
            store.remove_tag(calendar, tag, now=NOW),
        ):
            with pytest.raises(NotFound, match="the calendar Fixtures is gone"):
                await attempt
        again = await store.add_calendar(calendar.account, "Fixtures", DETAILS, calendar.source, now=NOW)
        assert again.id > calendar.id
        assert again.tags == ()

    async def test_a_source_that_is_gone_serves_no_calendar(
        self, store: Store, account: Account, calendar: Calendar
    ) -> None:
        gone = replace(calendar.source, id=uuid4())
        with pytest.raises(NotFound, match="the source Club"):
            await store.change_calendar(calendar, DETAILS, gone, now=LATER)
        with pytest.raises(Conflict, match="its source is gone"):
            await store.add_calendar(account, "other", DETAILS, gone, now=LATER)
        assert await store.calendars(account) == (calendar,)

    @pytest.mark.parametrize("impossible", IMPOSSIBLE)
    async def test_what_cannot_be_stored_is_refused_by_name(
        self, store: Store, account: Account, calendar: Calendar, impossible: str
    ) -> None:
        source = calendar.source
        with pytest.raises(BadRequest, match="the calendar code"):
            await store.add_calendar(account, impossible, DETAILS, source, now=NOW)
        with pytest.raises(BadRequest, match="the name of the source"):
            await store.add_source(account, id=uuid4(), name=impossible, sealed=b"", url_digest=b"", now=NOW)
        with pytest.raises(BadRequest, match="the name of the source"):
            await store.change_source(source, name=impossible, sealed=b"", url_digest=b"", now=NOW)
        with pytest.raises(BadRequest, match="the text of the tag"):
            await store.add_tag(calendar, id=uuid4(), text=impossible, now=NOW)
        with pytest.raises(BadRequest, match="the external id of the tag"):
            await store.add_tag(calendar, id=uuid4(), text="Home", external_id=impossible, now=NOW)
        assert await store.calendars(account) == (calendar,)

    @pytest.mark.parametrize("field", ["title", "description", "image"])
    async def test_details_that_cannot_be_stored_are_refused_by_name(
        self, store: Store, account: Account, calendar: Calendar, field: str
    ) -> None:
        details = replace(DETAILS, **{field: "nul \0"})  # type: ignore[arg-type] # a text, whichever it is
        with pytest.raises(BadRequest, match=field):
            await store.add_calendar(account, "other", details, calendar.source, now=NOW)
        with pytest.raises(BadRequest, match=field):
            await store.change_calendar(calendar, details, calendar.source, now=NOW)

    # Tags

    async def test_tags_are_the_calendar_s_in_order_of_their_text(
        self, store: Store, other: Store, account: Account, calendar: Calendar
    ) -> None:
        for text, external_id in (("b", "1"), ("C", None), ("a", None)):
            added = await store.add_tag(calendar, id=UUID(int=ord(text)), text=text, external_id=external_id, now=LATER)
            assert added == Tag(UUID(int=ord(text)), text, external_id)
        found = await other.calendar(account, "fixtures")
        assert found is not None
        assert found.tags == (
            Tag(UUID(int=ord("a")), "a"),
            Tag(UUID(int=ord("b")), "b", "1"),
            Tag(UUID(int=ord("C")), "C"),
        )
        assert found.updated_at == LATER

    async def test_tags_of_a_calendar_differ_in_id_text_and_external_id(
        self, store: Store, account: Account, calendar: Calendar
    ) -> None:
        home = await store.add_tag(calendar, id=uuid4(), text="Home", external_id="1", now=NOW)
        away = await store.add_tag(calendar, id=uuid4(), text="Away", external_id="2", now=NOW)
        for number, text, external_id in ((home.id, "x", None), (uuid4(), "HOME", None), (uuid4(), "x", "1")):
            with pytest.raises(Conflict, match="Fixtures"):
                await store.add_tag(calendar, id=number, text=text, external_id=external_id, now=NOW)
        for text, external_id in (("home", None), ("x", "1")):
            with pytest.raises(Conflict, match="Fixtures"):
                await store.change_tag(calendar, away, text=text, external_id=external_id, now=NOW)
        second = await store.add_calendar(account, "other", DETAILS, calendar.source, now=NOW)
        assert await store.add_tag(second, id=home.id, text="Home", external_id="1", now=NOW) == home

    async def test_two_changes_of_a_tag_at_once_are_both_made(
        self, store: Store, other: Store, account: Account, calendar: Calendar
    ) -> None:
        tag = await store.add_tag(calendar, id=uuid4(), text="Home", external_id="1", now=NOW)
        changed = await asyncio.gather(
            store.change_tag(calendar, tag, text="Away", external_id="1", now=LATER),
            other.change_tag(calendar, tag, text="Home", external_id=None, now=LATER),
        )
        found = await store.calendar(account, "fixtures")
        assert found is not None
        assert found.tags == (Tag(tag.id, "Away"),)
        assert found.tags[0] in {each for each, _ in changed}, "the later one is told of both"

    async def test_a_tag_is_changed_and_removed(self, store: Store, account: Account, calendar: Calendar) -> None:
        tag = await store.add_tag(calendar, id=uuid4(), text="Home", external_id="1", now=NOW)
        changed, ids = await store.change_tag(calendar, tag, text="Away", external_id=None, now=LATER)
        assert changed == Tag(tag.id, "Away")
        assert ids == frozenset()
        found = await store.calendar(account, "fixtures")
        assert found == replace(calendar, tags=(changed,), updated_at=LATER)
        await store.remove_tag(calendar, tag, now=LATER)
        await store.remove_tag(calendar, tag, now=LATER)
        assert await store.calendar(account, "fixtures") == replace(calendar, updated_at=LATER)
        with pytest.raises(NotFound, match="Home"):
            await store.change_tag(calendar, tag, text="Home", external_id=None, now=LATER)
