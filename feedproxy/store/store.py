"""The store as the rest of feedproxy sees it: what is read and written, and what makes one transaction."""

import asyncio
import zlib
from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from feedproxy.model import AccessToken, Account, Application, EventDetails, LastGood, PersonalEvent, RefreshToken
from feedproxy.store import accounts, events, lastgood, schema, serverkeys, tokens
from feedproxy.store.database import Database, open_database, unusable_as_settings_error
from feedproxy.store.events import Attached
from feedproxy.store.migration import migrate, require_current


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
            async with database.reading() as connection:
                await connection.run_sync(require_current)
    except BaseException:
        await database.close()
        raise
    return Store(database)


class Store:
    """What outlives the process. Each method is one transaction, durable when it returns.

    A caller that is cancelled, or gets an exception of the database, does not know whether its write took place.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def close(self) -> None:
        """Close every connection."""
        await self._database.close()

    async def ping(self) -> None:
        """Read from a table. Raises whatever the database raises when it cannot be used."""
        async with self._database.reading() as connection:
            await connection.execute(select(schema.server_keys.c.name).limit(1))

    async def server_key(self, name: str, candidate: bytes) -> bytes:
        """Return the key of that name: the first candidate that was ever offered for it, by any process."""
        async with self._database.writing() as connection:
            return await serverkeys.server_key(connection, name, candidate)

    async def add_account(self, code: str, *, now: datetime) -> Account:
        """Add an account. Raises Conflict if one has that code in any case, BadRequest if it is no code."""
        async with self._database.writing() as connection:
            return await accounts.add_account(connection, code, now=now)

    async def account(self, code: str) -> Account | None:
        """Find an account by its code in any case."""
        async with self._database.reading() as connection:
            return await accounts.account(connection, code)

    async def accounts(self) -> tuple[Account, ...]:
        """List the accounts, ordered by code without regard to case."""
        async with self._database.reading() as connection:
            return await accounts.accounts(connection)

    async def add_application(
        self, account: Account, *, client_id: str, name: str, secret_digest: bytes, now: datetime
    ) -> Application:
        """Add an application to an account. Raises Conflict if the client id is taken."""
        async with self._database.writing() as connection:
            return await accounts.add_application(
                connection, account, client_id=client_id, name=name, secret_digest=secret_digest, now=now
            )

    async def application(self, client_id: str) -> Application | None:
        """Find an application by its OAuth2 client_id, which is case-sensitive."""
        async with self._database.reading() as connection:
            return await accounts.application(connection, client_id)

    async def add_tokens(self, access: AccessToken, refresh: RefreshToken) -> None:
        """Add a pair; both belong to the refresh token's family. The application must be known."""
        async with self._database.writing() as connection:
            await tokens.add_tokens(connection, access, refresh)

    async def access_token(self, digest: bytes, *, now: datetime) -> AccessToken | None:
        """Find an access token that has not expired. Its account is that of its application."""
        async with self._database.reading() as connection:
            return await tokens.access_token(connection, digest, now=now)

    async def refresh_token(self, digest: bytes) -> RefreshToken | None:
        """Find a refresh token, used or expired as it may be."""
        async with self._database.reading() as connection:
            return await tokens.refresh_token(connection, digest)

    async def use_refresh_token(
        self, digest: bytes, access: AccessToken, refresh: RefreshToken, *, now: datetime
    ) -> bool:
        """Rotate: mark the token used and add the new pair, which is of the same family.

        False, and nothing is added, if it was used or revoked already: of callers at the same moment one gets True.
        Whether it has expired is for the caller to look at.
        """
        async with self._database.writing() as connection:
            return await tokens.use_refresh_token(connection, digest, access, refresh, now=now)

    async def mark_refresh_token_used(self, digest: bytes, *, now: datetime) -> None:
        """Mark a refresh token used, if it is known and was not."""
        async with self._database.writing() as connection:
            await tokens.mark_refresh_token_used(connection, digest, now=now)

    async def revoke_access_token(self, digest: bytes) -> None:
        """Forget an access token."""
        async with self._database.writing() as connection:
            await tokens.revoke_access_token(connection, digest)

    async def revoke_family(self, family: UUID) -> None:
        """Forget every access and refresh token of a family; nothing can be added to it by rotation any more."""
        async with self._database.writing() as connection:
            await tokens.revoke_family(connection, family)

    async def purge_expired_tokens(self, *, now: datetime) -> int:
        """Forget the tokens that have expired, used or not; return how many that were."""
        async with self._database.writing() as connection:
            purged = await tokens.purge_expired_tokens(connection, now=now)
        async with self._database.writing() as connection:
            await tokens.purge_empty_families(connection)
        return purged

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
        subscription not seen before becomes the account's, for good; another account's is left alone. Raises BadRequest
        for text that cannot be stored.
        """
        async with self._database.writing() as connection:
            return await events.put_event(connection, account, event_id, details, subscription_ids, now=now)

    async def events_of(self, subscription_id: UUID) -> tuple[PersonalEvent, ...]:
        """List what is attached to a subscription, ordered by account code and event id."""
        async with self._database.reading() as connection:
            return await events.events_of(connection, subscription_id)

    async def last_good(self, source: str) -> LastGood | None:
        """Find the last good answer of a source."""
        async with self._database.reading() as connection:
            return await lastgood.last_good(connection, source)

    async def save_last_good(self, good: LastGood) -> None:
        """Put `good` in the place of its source's earlier answer."""
        deflated_body = await asyncio.to_thread(zlib.compress, good.body)
        async with self._database.writing() as connection:
            await lastgood.save_last_good(connection, good, deflated_body)

    async def confirm_last_good(
        self, source: str, *, fetched_at: datetime, etag: str | None, last_modified: str | None
    ) -> None:
        """Note that a source answered 304. A validator that it did not repeat (None) stays (RFC 9111 section 3.2)."""
        async with self._database.writing() as connection:
            await lastgood.confirm_last_good(
                connection, source, fetched_at=fetched_at, etag=etag, last_modified=last_modified
            )
