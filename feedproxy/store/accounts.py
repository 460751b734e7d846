"""Accounts (tenants) and their applications (API clients).

Whoever changes something of an account keeps it there with `keep`, before he locks anything but a calendar; whoever
removes it locks its calendars first, then the account: so one waits for the other, and neither for ever.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from feedproxy.errors import Conflict, NotFound
from feedproxy.model import Account, Application, Preferences
from feedproxy.store import changes, schema
from feedproxy.store.merging import merged
from feedproxy.store.text import check_key, check_text, storable

PREFERENCES = (
    schema.applications.c.error_style,
    schema.applications.c.webcal_create_body,
    schema.applications.c.redirect_uris,
)


def read_account(row: RowMapping) -> Account:
    """Make an Account of a row that has the columns of `schema.accounts`."""
    table = schema.accounts.c
    return Account(row[table.id], row[table.code], row[table.created_at], row[table.name])


def read_preferences(row: RowMapping) -> Preferences:
    """Make Preferences of a row that has the columns `PREFERENCES`."""
    error_style, webcal_create_body, redirect_uris = (row[column] for column in PREFERENCES)
    return Preferences(error_style, webcal_create_body, tuple(redirect_uris))


def add_account(connection: Connection, code: str, *, name: str, now: datetime) -> Account:
    """Add an account. Raises Conflict if one has that code in any case, BadRequest for what cannot be stored."""
    check_key("the account code", code)
    check_text("the account name", name)
    values = {"code": code, "folded_code": code.casefold(), "created_at": now, "name": name}
    try:
        result = connection.execute(insert(schema.accounts).values(values))
    except IntegrityError:
        raise Conflict(f"there is an account {code} already") from None
    assert result.inserted_primary_key is not None
    return Account(result.inserted_primary_key[0], code, now, name)


def account(connection: Connection, code: str) -> Account | None:
    """Find an account by its code in any case."""
    if not storable(code):
        return None
    found = connection.execute(
        select(schema.accounts).where(schema.accounts.c.folded_code == code.casefold()),
    )
    row = found.mappings().one_or_none()
    return read_account(row) if row else None


def accounts(connection: Connection) -> tuple[Account, ...]:
    """List the accounts, ordered by code without regard to case."""
    found = connection.execute(select(schema.accounts))
    every = map(read_account, found.mappings())
    return tuple(sorted(every, key=lambda each: each.code.casefold()))


def change_account(connection: Connection, changed: Account, *, name: str) -> Account:
    """Give an account another name. Raises NotFound if it is gone, BadRequest for what cannot be stored."""
    check_text("the account name", name)
    table = schema.accounts
    statement = update(table).where(table.c.id == changed.id).values(name=name).returning(table)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None:
        raise NotFound(f"the account {changed.code} is gone")
    return read_account(row)


def keep(connection: Connection, wanted: Account) -> None:
    """Let nobody remove an account until the transaction ends. Raises NotFound if it is gone."""
    found = select(schema.accounts.c.id).where(schema.accounts.c.id == wanted.id)
    if connection.execute(found.with_for_update(read=True, key_share=True)).first() is None:
        raise NotFound(f"the account {wanted.code} is gone")


def remove_account(connection: Connection, gone: Account, *, now: datetime) -> frozenset[UUID]:
    """Remove an account with everything of it; return its subscriptions."""
    calendars = schema.calendars.c
    connection.execute(
        select(calendars.id).where(calendars.account_id == gone.id).order_by(calendars.id).with_for_update()
    )
    connection.execute(select(schema.accounts.c.id).where(schema.accounts.c.id == gone.id).with_for_update())
    table = schema.subscriptions
    mine = select(table.c.id).where(table.c.account_id == gone.id).order_by(table.c.id).with_for_update()
    ids = frozenset(connection.scalars(mine))
    connection.execute(delete(schema.accounts).where(schema.accounts.c.id == gone.id))
    changes.note(connection, ids, now=now)
    return ids


def add_application(
    connection: Connection,
    owner: Account,
    *,
    client_id: str,
    name: str,
    secret_digest: bytes,
    preferences: Preferences,
    now: datetime,
) -> Application:
    """Add an application to an account. Raises Conflict if the client id is taken, BadRequest for unstorable text."""
    check_key("the client id", client_id)
    check_text("the application name", name)
    columns = {"client_id": client_id, "account_id": owner.id, "name": name, "secret_digest": secret_digest}
    statement = insert(schema.applications).values(columns | _columns(preferences) | {"created_at": now})
    try:
        connection.execute(statement)
    except IntegrityError:
        raise Conflict(f"the client id {client_id} is taken, or the account {owner.code} is gone") from None
    return Application(client_id, owner, name, secret_digest, now, preferences)


def application(connection: Connection, client_id: str) -> Application | None:
    """Find an application by its OAuth2 client_id, which is case-sensitive."""
    if not storable(client_id):
        return None
    found = connection.execute(_APPLICATIONS.where(schema.applications.c.client_id == client_id))
    row = found.mappings().one_or_none()
    return _read_application(row) if row else None


def applications(connection: Connection, owner: Account) -> tuple[Application, ...]:
    """List the applications of an account, the oldest first."""
    table = schema.applications
    mine = _APPLICATIONS.where(table.c.account_id == owner.id).order_by(table.c.created_at, table.c.client_id)
    return tuple(_read_application(row) for row in connection.execute(mine).mappings())


def change_application(connection: Connection, was: Application, *, name: str, preferences: Preferences) -> Application:
    """Change what of an application is other than it was.

    Raises NotFound if it is gone, BadRequest for what cannot be stored.
    """
    check_text("the application name", name)
    mine = schema.applications.c.client_id == was.client_id
    stored = connection.execute(select(schema.applications).where(mine).with_for_update())
    before = stored.mappings().one_or_none()
    if before is None:
        raise NotFound("the application is gone")
    wanted = {"name": name, **_columns(preferences)}
    values = merged(before, {"name": was.name, **_columns(was.preferences)}, wanted)
    connection.execute(update(schema.applications).where(mine).values(values))
    changed = application(connection, was.client_id)
    assert changed is not None
    return changed


def change_secret(connection: Connection, client_id: str, secret_digest: bytes) -> None:
    """Give an application another secret and forget its tokens. Raises NotFound if there is none of that client id."""
    if not storable(client_id):
        raise NotFound("there is no application of that client id")
    changed = update(schema.applications).where(schema.applications.c.client_id == client_id)
    if connection.execute(changed.values(secret_digest=secret_digest)).rowcount == 0:
        raise NotFound("there is no application of that client id")
    connection.execute(delete(schema.token_families).where(schema.token_families.c.client_id == client_id))


def remove_application(connection: Connection, client_id: str) -> bool:
    """Remove an application with its tokens; tell whether there was one."""
    if not storable(client_id):
        return False
    removed = delete(schema.applications).where(schema.applications.c.client_id == client_id)
    return connection.execute(removed).rowcount == 1


_APPLICATIONS = select(schema.applications, schema.accounts).join_from(schema.applications, schema.accounts)


def _columns(preferences: Preferences) -> dict[str, Any]:
    return {
        "error_style": preferences.error_style,
        "webcal_create_body": preferences.webcal_create_body,
        "redirect_uris": preferences.redirect_uris,
    }


def _read_application(row: RowMapping) -> Application:
    return Application(
        row[schema.applications.c.client_id],
        read_account(row),
        row[schema.applications.c.name],
        row[schema.applications.c.secret_digest],
        row[schema.applications.c.created_at],
        read_preferences(row),
    )
