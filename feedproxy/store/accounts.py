"""Accounts (tenants) and their applications (API clients)."""

from datetime import datetime

from sqlalchemy import RowMapping, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from feedproxy.errors import Conflict
from feedproxy.model import Account, Application
from feedproxy.store import schema
from feedproxy.store.text import check_key, check_text, storable


def read_account(row: RowMapping) -> Account:
    """Make an Account of a row that has the columns of `schema.accounts`."""
    return Account(row[schema.accounts.c.id], row[schema.accounts.c.code], row[schema.accounts.c.created_at])


async def add_account(connection: AsyncConnection, code: str, *, now: datetime) -> Account:
    """Add an account. Raises Conflict if one has that code in any case, BadRequest if it is no code."""
    check_key("the account code", code)
    statement = insert(schema.accounts).values(code=code, folded_code=code.casefold(), created_at=now)
    try:
        result = await connection.execute(statement)
    except IntegrityError:
        raise Conflict(f"there is an account {code} already") from None
    assert result.inserted_primary_key is not None
    return Account(result.inserted_primary_key[0], code, now)


async def account(connection: AsyncConnection, code: str) -> Account | None:
    """Find an account by its code in any case."""
    if not storable(code):
        return None
    found = await connection.execute(
        select(schema.accounts).where(schema.accounts.c.folded_code == code.casefold()),
    )
    row = found.mappings().one_or_none()
    return read_account(row) if row else None


async def accounts(connection: AsyncConnection) -> tuple[Account, ...]:
    """List the accounts, ordered by code without regard to case."""
    found = await connection.execute(select(schema.accounts))
    every = map(read_account, found.mappings())
    return tuple(sorted(every, key=lambda each: each.code.casefold()))


async def add_application(
    connection: AsyncConnection,
    owner: Account,
    *,
    client_id: str,
    name: str,
    secret_digest: bytes,
    now: datetime,
) -> Application:
    """Add an application to an account. Raises Conflict if the client id is taken, BadRequest for unstorable text."""
    check_key("the client id", client_id)
    check_text("the application name", name)
    statement = insert(schema.applications).values(
        client_id=client_id, account_id=owner.id, name=name, secret_digest=secret_digest, created_at=now
    )
    try:
        await connection.execute(statement)
    except IntegrityError:
        raise Conflict(f"the client id {client_id} is taken, or the account {owner.code} is gone") from None
    return Application(client_id, owner, name, secret_digest, now)


async def application(connection: AsyncConnection, client_id: str) -> Application | None:
    """Find an application by its OAuth2 client_id, which is case-sensitive."""
    if not storable(client_id):
        return None
    found = await connection.execute(
        select(schema.applications, schema.accounts)
        .join_from(schema.applications, schema.accounts)
        .where(schema.applications.c.client_id == client_id)
    )
    row = found.mappings().one_or_none()
    return _read_application(row) if row else None


def _read_application(row: RowMapping) -> Application:
    return Application(
        row[schema.applications.c.client_id],
        read_account(row),
        row[schema.applications.c.name],
        row[schema.applications.c.secret_digest],
        row[schema.applications.c.created_at],
    )
