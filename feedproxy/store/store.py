"""The store as the rest of feedproxy sees it: what is read and written, and what makes one transaction."""

import asyncio
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from feedproxy.model import (
    AccessToken,
    Account,
    Application,
    Calendar,
    CalendarDetails,
    CalendarSource,
    Consent,
    EventDetails,
    FeedHealth,
    FeedLogin,
    Frozen,
    Grant,
    Health,
    Held,
    LastGood,
    Method,
    PastFetch,
    PersonalEvent,
    Preferences,
    RefreshToken,
    State,
    Subscriber,
    Subscription,
    Tag,
    Wishes,
)
from feedproxy.store import (
    accounts,
    calendar_sources,
    calendars,
    changes,
    consents,
    events,
    frozen,
    history,
    lastgood,
    past_sequences,
    serverkeys,
    subscribing,
    subscriptions,
    tags,
    tokens,
)
from feedproxy.store.changes import Change
from feedproxy.store.database import Database, open_database, unusable_as_settings_error
from feedproxy.store.events import Attached
from feedproxy.store.history import HealthChange, PastLook
from feedproxy.store.migration import migrate, require_current
from feedproxy.store.subscribing import Subscribed
from feedproxy.store.together import Together

NO_PREFERENCES = Preferences()


async def open_store(url: str) -> "Store":
    """Open the store at `sqlite:///path` (relative to the working directory) or `postgresql://user:password@host/name`.

    A SQLite file is made and migrated as needed; PostgreSQL must be migrated before. Raises SettingsError when the
    database cannot be used or its schema is not this release's.
    """
    if url.startswith("sqlite:"):
        await migrate(url)
    database = open_database(url)
    try:
        with unusable_as_settings_error(url):
            await database.read(require_current)
            await database.read(lastgood.last_good, "")  # which is put together in 4 ms: while nobody waits for a feed
    except BaseException:
        await database.close()
        raise
    return Store(database)


class Store:
    """What outlives the process. Each method is one transaction, durable when it returns.

    A write whose caller is cancelled is made nevertheless, or fails, as if the caller had waited. Every method raises
    Unavailable while the database cannot be reached, and works again when it can.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pairs: Together[tuple[Application, tokens.Pair]] = Together(self._add_pairs)

    async def close(self) -> None:
        """Close every connection."""
        await self._pairs.close()
        await self._database.close()

    async def ping(self) -> None:
        """Read from a table; raises when that is not possible."""
        await self._database.read(serverkeys.probe)

    async def server_key(self, name: str, candidate: bytes) -> bytes:
        """Return the key of that name: the first candidate that was ever offered for it, by any process."""
        return await self._database.write(serverkeys.server_key, name, candidate)

    async def add_account(self, code: str, *, name: str = "", now: datetime) -> Account:
        """Add an account. Raises Conflict if one has that code in any case, BadRequest if it is no code."""
        return await self._database.write(accounts.add_account, code, name=name, now=now)

    async def account(self, code: str) -> Account | None:
        """Find an account by its code in any case."""
        return await self._database.read(accounts.account, code)

    async def accounts(self) -> tuple[Account, ...]:
        """List the accounts, ordered by code without regard to case."""
        return await self._database.read(accounts.accounts)

    async def change_account(self, account: Account, *, name: str) -> Account:
        """Give an account another name. Raises NotFound if it is gone."""
        return await self._database.write(accounts.change_account, account, name=name)

    async def remove_account(self, account: Account, *, now: datetime) -> frozenset[UUID]:
        """Remove an account with everything of it; return its subscriptions, whose feeds are gone."""
        return await self._database.write(accounts.remove_account, account, now=now)

    async def add_application(
        self,
        account: Account,
        *,
        client_id: str,
        name: str,
        secret_digest: bytes,
        preferences: Preferences = NO_PREFERENCES,
        now: datetime,
    ) -> Application:
        """Add an application to an account. Raises Conflict if the client id is taken."""
        return await self._database.write(
            accounts.add_application,
            account,
            client_id=client_id,
            name=name,
            secret_digest=secret_digest,
            preferences=preferences,
            now=now,
        )

    async def application(self, client_id: str) -> Application | None:
        """Find an application by its OAuth2 client_id, which is case-sensitive."""
        return await self._database.read(accounts.application, client_id)

    async def applications(self, account: Account) -> tuple[Application, ...]:
        """List the applications of an account, the oldest first."""
        return await self._database.read(accounts.applications, account)

    async def change_application(self, application: Application, *, name: str, preferences: Preferences) -> Application:
        """Change an application: what differs from `application`, so that two changes at once are both made.

        Raises NotFound if it is gone.
        """
        return await self._database.write(accounts.change_application, application, name=name, preferences=preferences)

    async def change_secret(self, client_id: str, secret_digest: bytes) -> None:
        """Give an application another secret; its tokens are forgotten. Raises NotFound if there is none."""
        await self._database.write(accounts.change_secret, client_id, secret_digest)

    async def remove_application(self, client_id: str) -> bool:
        """Remove an application with its tokens; tell whether there was one."""
        return await self._database.write(accounts.remove_application, client_id)

    async def add_source(
        self,
        account: Account,
        *,
        id: UUID,  # noqa: A002 # the column's name
        name: str,
        sealed: bytes,
        url_digest: bytes,
        now: datetime,
    ) -> CalendarSource:
        """Add a source to an account. Raises Conflict if one has that name in any case."""
        return await self._database.write(
            calendar_sources.add_source,
            account,
            source_id=id,
            name=name,
            sealed=sealed,
            url_digest=url_digest,
            now=now,
        )

    async def source(self, account: Account, id: UUID) -> CalendarSource | None:  # noqa: A002 # the column's name
        """Find a source of the account by its id."""
        return await self._database.read(calendar_sources.source, account, id)

    async def source_named(self, account: Account, name: str) -> CalendarSource | None:
        """Find a source of the account by its name in any case."""
        return await self._database.read(calendar_sources.source_named, account, name)

    async def sources(self, account: Account) -> tuple[CalendarSource, ...]:
        """List the sources of an account, ordered by name without regard to case."""
        return await self._database.read(calendar_sources.sources, account)

    async def every_source(self, *, after: UUID | None = None, limit: int) -> tuple[CalendarSource, ...]:
        """List at most `limit` sources, whosever they are, by id: those after that id."""
        return await self._database.read(calendar_sources.every_source, after=after, limit=limit)

    async def change_source(
        self, source: CalendarSource, *, name: str, sealed: bytes, url_digest: bytes, now: datetime
    ) -> frozenset[UUID]:
        """Change a source; return the active subscriptions of its calendars, unless only its name is another.

        What differs from `source` is changed. Raises NotFound if it is gone, Conflict if another has that name, or if
        both it and `sealed` differ from `source` in what is sealed.
        """
        return await self._database.write(
            calendar_sources.change_source, source, name=name, sealed=sealed, url_digest=url_digest, now=now
        )

    async def remove_source(self, source: CalendarSource) -> None:
        """Remove a source. Raises Conflict while a calendar uses it."""
        await self._database.write(calendar_sources.remove_source, source)

    async def add_calendar(
        self, account: Account, code: str, details: CalendarDetails, source: CalendarSource, *, now: datetime
    ) -> Calendar:
        """Add a calendar to an account. Raises Conflict if one has that code in any case."""
        return await self._database.write(calendars.add_calendar, account, code, details, source, now=now)

    async def calendar(self, account: Account, code: str) -> Calendar | None:
        """Find a calendar of the account by its code in any case."""
        return await self._database.read(calendars.calendar, account, code)

    async def calendars(self, account: Account) -> tuple[Calendar, ...]:
        """List the calendars of an account, ordered by code without regard to case."""
        return await self._database.read(calendars.calendars, account)

    async def change_calendar(
        self, calendar: Calendar, details: CalendarDetails, source: CalendarSource, *, now: datetime
    ) -> tuple[Calendar, frozenset[UUID]]:
        """Change a calendar; return it, and the subscriptions whose feeds are others now. Its tags stay.

        What differs from `calendar` is changed, field by field: two changes at once are both made.

        Those are the active ones if the source or what feeds show of the details is another, and the inactive ones if
        `on_deactivate` is. When it becomes one of single subscriptions, all that are active stay; of each subscriber's
        the newest is the one that is found again. Raises NotFound if the calendar or the source is gone.
        """
        return await self._database.write(calendars.change_calendar, calendar, details, source, now=now)

    async def remove_calendar(self, calendar: Calendar, *, force: bool = False, now: datetime) -> frozenset[UUID]:
        """Remove a calendar with its tags and its subscriptions, which are returned.

        Raises Conflict while one of them is active, unless it is to be removed by `force`; NotFound if it is gone.
        """
        return await self._database.write(calendars.remove_calendar, calendar, force=force, now=now)

    async def add_tag(
        self,
        calendar: Calendar,
        *,
        id: UUID,  # noqa: A002 # the column's name
        text: str,
        external_id: str | None = None,
        now: datetime,
    ) -> Tag:
        """Add a tag to a calendar. Raises Conflict if it has that id, text (in any case) or external id already."""
        return await self._database.write(
            tags.add_tag, calendar, tag_id=id, text=text, external_id=external_id, now=now
        )

    async def change_tag(
        self, calendar: Calendar, tag: Tag, *, text: str, external_id: str | None, now: datetime
    ) -> tuple[Tag, frozenset[UUID]]:
        """Change a tag; return it, and the active subscriptions that want it if another text matches it now.

        What differs from `tag` is changed: two changes at once are both made.
        Raises Conflict if another tag has that text or external id, NotFound if it or the calendar is gone.
        """
        return await self._database.write(tags.change_tag, calendar, tag, text=text, external_id=external_id, now=now)

    async def remove_tag(self, calendar: Calendar, tag: Tag, *, now: datetime) -> None:
        """Remove a tag. Raises Conflict while a subscription, active or not, wants it."""
        await self._database.write(tags.remove_tag, calendar, tag, now=now)

    async def add_tokens(self, application: Application, access: AccessToken, refresh: RefreshToken) -> None:
        """Add a pair of the application; both belong to the refresh token's family.

        Raises NotFound if the application is gone or has another secret by now.
        """
        await self._pairs.add((application, (access, refresh)))

    async def _add_pairs(self, issued: Sequence[tuple[Application, tokens.Pair]]) -> None:
        await self._database.write(tokens.add_tokens, issued)

    async def access_token(self, digest: bytes, *, now: datetime) -> AccessToken | None:
        """Find an access token that has not expired. Its account is that of its application."""
        return await self._database.read(tokens.access_token, digest, now=now)

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Find a refresh token, used or expired as it may be."""
        return await self._database.read(tokens.refresh_token, digest)

    async def use_refresh_token(
        self, digest: bytes, access: AccessToken, refresh: RefreshToken, *, now: datetime
    ) -> bool:
        """Rotate: mark the token used and add the new pair, which is of the same family.

        False, and nothing is added, if it was used or revoked already: of callers at the same moment one gets True.
        Whether it has expired is for the caller to look at.
        """
        return await self._database.write(tokens.use_refresh_token, digest, access, refresh, now=now)

    async def mark_refresh_token_used(self, digest: bytes, *, now: datetime) -> None:
        """Mark a refresh token used, if it is known and was not."""
        await self._database.write(tokens.mark_refresh_token_used, digest, now=now)

    async def revoke_access_token(self, digest: bytes) -> None:
        """Forget an access token."""
        await self._database.write(tokens.revoke_access_token, digest)

    async def revoke_family(self, family: UUID) -> None:
        """Forget every access and refresh token of a family; nothing can be added to it by rotation any more."""
        await self._database.write(tokens.revoke_family, family)

    async def purge_expired_tokens(self, *, now: datetime) -> int:
        """Forget the tokens that have expired, used or not; return how many that were."""
        purged = await self._database.write(tokens.purge_expired_tokens, now=now)
        await self._database.write(tokens.purge_empty_families)
        return purged

    async def subscribe(
        self,
        calendar: Calendar,
        *,
        id: UUID,  # noqa: A002 # the column's name
        method: Method,
        state: State,
        subscriber: Subscriber,
        wishes: Wishes,
        login: FeedLogin | None,
        events: Sequence[tuple[str, EventDetails]] = (),
        now: datetime,
    ) -> Subscribed:
        """Add a subscription, pending or active, with `events` as its private ones.

        In a calendar of single subscriptions, an active one of the same subscriber is updated in its place: it gets the
        method, the wishes and the login if there is one; what is known of the subscriber and is not said again stays.
        Of two at once one is new. A pending one is always new; `activate` looks for the single one then.

        Raises NotFound if the calendar is gone, BadRequest for a tag that it has not and text that cannot be stored.
        """
        return await self._database.write(
            subscribing.subscribe,
            calendar,
            subscription_id=id,
            method=method,
            state=state,
            subscriber=subscriber,
            wishes=wishes,
            login=login,
            private_events=events,
            now=now,
        )

    async def subscription(self, id: UUID) -> Subscription | None:  # noqa: A002 # the column's name
        """Find a subscription, whosever it is, in whatever state, with its calendar, source and tags."""
        return await self._database.read(subscriptions.subscription, id)

    async def subscriptions_of(
        self, account: Account, calendar: Calendar | None, key: str, *, limit: int | None = None
    ) -> tuple[Subscription, ...]:
        """List whose subscriber id or user name is `key`, the newest first, inactive ones included.

        In that calendar, or in all of the account's (None). Those that match exactly; if there are none, in any case.
        Of these the newest `limit`; all of them if it is None.
        """
        return await self._database.read(subscriptions.subscriptions_of, account, calendar, key, limit=limit)

    async def subscriptions(
        self, account: Account, calendar: Calendar | None = None, *, after: UUID | None = None, limit: int
    ) -> tuple[Subscription, ...]:
        """List at most `limit` subscriptions of the account, or of one calendar, by id: those after that id."""
        return await self._database.read(subscriptions.subscriptions, account, calendar, after=after, limit=limit)

    async def change_subscription(
        self, subscription: Subscription, *, subscriber: Subscriber, wishes: Wishes, now: datetime
    ) -> tuple[Subscription, frozenset[UUID]]:
        """Change a subscription; return it, and itself if its feed is another now.

        What differs from `subscription` is changed, field by field, fact by fact: two changes at once are both made.
        Raises NotFound if it is gone, BadRequest if it was deactivated and as `subscribe` does, and Conflict if it is a
        single one and would become that of another subscriber who has one.
        """
        return await self._database.write(
            subscribing.change_subscription, subscription, subscriber=subscriber, wishes=wishes, now=now
        )

    async def activate(
        self,
        id: UUID,  # noqa: A002 # the column's name
        *,
        subscriber: Subscriber,
        now: datetime,
    ) -> tuple[Subscription, frozenset[UUID]]:
        """Make a pending subscription active; return it, and those whose feeds are others now.

        `subscriber` adds to what is known of him. If he has an active one in a calendar of single subscriptions, that
        is updated as by `subscribe`, also with the private events, and returned; the pending one is inactive then.
        One that is active already is returned as it is. Raises NotFound, or BadRequest if it was deactivated.
        """
        return await self._database.write(subscribing.activate, id, subscriber=subscriber, now=now)

    async def deactivate(
        self,
        feeds: Mapping[UUID, Frozen | None],
        *,
        by: str,
        facts: Mapping[str, object] = subscribing.NOTHING_SAID,
        now: datetime,
    ) -> frozenset[UUID]:
        """Make subscriptions inactive and keep what their feeds were; return those that were active or pending.

        `facts`, such as the reason, are added to what is known of their subscribers. All others, those of the upstream
        too, are left alone.
        """
        return await self._database.write(subscribing.deactivate, feeds, by=by, facts=facts, now=now)

    async def frozen(self, id: UUID) -> Frozen | None:  # noqa: A002 # the column's name
        """Find what the feed of a deactivated subscription was."""
        found = await self._database.read(frozen.frozen, id)
        return Frozen(await asyncio.to_thread(b"".join, found[0]), found[1]) if found is not None else None

    async def keep_frozen(self, id: UUID, was: Frozen) -> None:  # noqa: A002 # the column's name
        """Keep what the feed of a deactivated subscription was; what was kept first stays."""
        await self._database.write(frozen.keep_frozen, id, was)

    async def add_consent(self, consent: Consent) -> None:
        """Add a consent that is asked for. Raises NotFound if the account is gone."""
        await self._database.write(consents.add_consent, consent)

    async def take_consent(self, digest: bytes, *, now: datetime) -> Consent | None:
        """Return a consent once, and never after it has expired. Those that have are forgotten."""
        return await self._database.write(consents.take_consent, digest, now=now)

    async def put_grant(self, grant: Grant) -> None:
        """Keep what a subscriber has granted, in the place of what he had granted before.

        Raises BadRequest for text that cannot be stored, NotFound if the account is gone.
        """
        await self._database.write(consents.put_grant, grant)

    async def grant(self, account: Account, subscriber_key: str) -> Grant | None:
        """Find what a subscriber has granted."""
        return await self._database.read(consents.grant, account, subscriber_key)

    async def remove_grant(self, account: Account, subscriber_key: str) -> bool:
        """Forget what a subscriber has granted, as when he has withdrawn it; tell whether there was anything."""
        return await self._database.write(consents.remove_grant, account, subscriber_key)

    async def put_event(
        self,
        account: Account,
        event_id: str,
        details: EventDetails,
        subscription_ids: Collection[UUID],
        *,
        now: datetime,
    ) -> Attached:
        """Add or update the account's event of that id and attach it to subscriptions, beside those it has.

        Other details than before: the sequence grows by one and `updated_at` becomes `now`, unless it was later. A
        subscription not seen before becomes the account's, for good; another account's is left alone, and so is one
        that was deactivated. Raises BadRequest for text that cannot be stored, NotFound if the account is gone.
        """
        return await self._database.write(events.put_event, account, event_id, details, subscription_ids, now=now)

    async def update_event(
        self, account: Account, event_id: str, details: EventDetails, *, now: datetime
    ) -> Attached | None:
        """Update the account's event of that id where it is attached, as `put_event` does; None if there is none."""
        return await self._database.write(events.update_event, account, event_id, details, now=now)

    async def delete_event(self, account: Account, event_id: str, *, now: datetime) -> frozenset[UUID] | None:
        """Delete the account's event of that id; return whose feeds are others now, None if there is none.

        Raises NotFound if the account is gone.
        """
        return await self._database.write(events.delete_event, account, event_id, now=now)

    async def detach_event(
        self, account: Account, subscription_id: UUID, event_id: str, *, now: datetime
    ) -> frozenset[UUID] | None:
        """Take an event from one subscription: its private one of that id, else the account's that is attached to it.

        Returns the subscription if its feed is another now; None if it has neither. Raises NotFound if the account is
        gone.
        """
        return await self._database.write(events.detach_event, account, subscription_id, event_id, now=now)

    async def events_of(self, subscription_id: UUID) -> tuple[PersonalEvent, ...]:
        """List what is attached to a subscription, its private events included, by account code and event id."""
        return await self._database.read(events.events_of, subscription_id)

    async def newest_change(self) -> int:
        """Return the number of the last change of any subscription's events; 0 if there was none."""
        return await self._database.read(changes.newest)

    async def changes(self, after: int, missing: Collection[int] = ()) -> tuple[Change, ...]:
        """List the changes after that number, and of those that were missing before the ones that are there now."""
        return await self._database.read(changes.after, after, missing)

    async def forget_changes(self, *, before: datetime) -> None:
        """Forget the changes that were made before that time."""
        await self._database.write(changes.forget, before=before)

    async def forget_past_sequences(self, *, before: datetime) -> None:
        """Forget what SEQUENCE events had that were deleted before that time: of their ids others begin at 0 again."""
        await self._database.write(past_sequences.forget, before=before)

    async def last_good(self, source: str) -> LastGood | None:
        """Find the last good answer of a source."""
        found = await self._database.read(lastgood.last_good, source)
        return replace(found[0], body=await asyncio.to_thread(_inflated, found[1])) if found is not None else None

    async def save_last_good(self, good: LastGood, *, after: bytes | None, renew: bool = False) -> int | None:
        """Put `good` in the place of its source's answer whose digest is `after`; None: where there is none.

        Its `generation` and `held` are not looked at: the one in force is returned, a new one if it is to `renew` it,
        and nothing is held back then. None, and nothing has happened, if another process was first.
        """
        deflated_body = await asyncio.to_thread(zlib.compress, good.body)
        return await self._database.write(lastgood.save_last_good, good, deflated_body, after=after, renew=renew)

    async def confirm_last_good(
        self, source: str, digest: bytes, *, fetched_at: datetime, etag: str | None, last_modified: str | None
    ) -> tuple[int, datetime] | None:
        """Note that a source has confirmed the answer of that digest; what was held back is forgotten.

        A validator that it did not repeat (None) stays (RFC 9111 section 3.2). Returns the generation, and since when
        there are such octets; None, and nothing has happened, if another answer stands there.
        """
        return await self._database.write(
            lastgood.confirm_last_good, source, digest, fetched_at=fetched_at, etag=etag, last_modified=last_modified
        )

    async def note_rendering(self, good: LastGood, *, after: LastGood) -> bool:
        """Note `rendered`, `edition`, `edition_at` and `changed_at` of a last good answer; its body stays.

        False, and nothing has happened, if what stands there was not rendered as `after` says.
        """
        return await self._database.write(lastgood.note_rendering, good, after=after)

    async def drop_last_good(self, source: str) -> None:
        """Forget the last good answer of a source that the upstream has withdrawn; its generation stays."""
        await self._database.write(lastgood.drop_last_good, source)

    async def hold_back(self, source: str, digest: bytes, held: Held) -> None:
        """Note that a body was held back for the answer of that digest, in the place of what was held back before.

        Nothing happens if another answer stands there, or none.
        """
        await self._database.write(lastgood.hold_back, source, digest, held)

    async def forget_held(self, source: str) -> None:
        """Forget what was held back, unless an operator has said a word on it."""
        await self._database.write(lastgood.forget_held, source)

    async def held(self) -> tuple[tuple[str, Held], ...]:
        """List what is held back, by source, the oldest first."""
        return await self._database.read(lastgood.held)

    async def accept_held(self, feed: str) -> int:
        """Accept what is held back of a feed, named by the head of its name; return of how many sources that is."""
        return await self._database.write(lastgood.accept_held, feed)

    async def refuse_held(self, feed: str) -> int:
        """Have what is held back of a feed, named by the head of its name, stay so however often it comes.

        Until something better comes, or it is accepted. Returns of how many sources that is.
        """
        return await self._database.write(lastgood.refuse_held, feed)

    async def renew(self, feed: str | None, *, now: datetime) -> int:
        """Begin a new generation of a feed, named by the head of its name, or of all (None): its validators change.

        Returns how many last good answers that concerns.
        """
        return await self._database.write(lastgood.renew, feed, now=now)

    async def note_looks(
        self, looks: Sequence[PastLook], *, fetches_kept: int, bodies_kept: int
    ) -> tuple[HealthChange, ...]:
        """Add looks upstream to the history, in order; of each source so many fetches and bodies stay.

        Returns which feeds are doing otherwise now. Of several processes that see that at once, one is told.
        """
        return await self._database.write(history.note_looks, looks, fetches_kept=fetches_kept, bodies_kept=bodies_kept)

    async def past_fetches(self, feed: str, *, limit: int) -> tuple[PastFetch, ...]:
        """List the last looks upstream of a feed, named by the head of its name, the newest first."""
        return await self._database.read(history.past_fetches, feed, limit=limit)

    async def past_body(self, feed: str, digest: bytes) -> bytes | None:
        """Find a body by its SHA-256 that came from the upstream of a feed, named by the head of its name."""
        deflated = await self._database.read(history.past_body, feed, digest)
        return await asyncio.to_thread(_inflated, deflated) if deflated is not None else None

    async def kept_bodies(self, feed: str) -> frozenset[bytes]:
        """Return the digests of those bodies of a feed that `past_body` finds."""
        return await self._database.read(history.kept_bodies, feed)

    async def feed_healths(self, *, feed: str = "", looked_since: datetime | None = None) -> tuple[FeedHealth, ...]:
        """List how feeds are doing, those first that have been so for longest; `feed` is the head of a name."""
        return await self._database.read(history.feed_healths, feed=feed, looked_since=looked_since)

    async def healths_page(
        self,
        *,
        feed: str = "",
        health: Health | None = None,
        after: tuple[datetime, str] | None = None,
        limit: int,
    ) -> tuple[FeedHealth, ...]:
        """List at most `limit` of them, of one health if that is given: those behind that `since` and source."""
        return await self._database.read(history.healths_page, feed=feed, health=health, after=after, limit=limit)

    async def count_healths(self, *, looked_since: datetime) -> dict[Health, tuple[int, datetime | None]]:
        """Count the feeds that were looked at since, by health, with the oldest time that one of them was last good."""
        return await self._database.read(history.count_healths, looked_since=looked_since)

    async def forget_history(self, *, before: datetime, octets: int) -> None:
        """Forget the history before that time, and the oldest bodies beyond so many octets, deflated, in all."""
        await self._database.write(history.forget_history, before=before, octets=octets)


def _inflated(pieces: Sequence[bytes]) -> bytes:
    return zlib.decompress(b"".join(pieces))
