"""Accounts: the tenants."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from feedproxy.admin.fields import Code, Line, ShownModel, StrictModel, without_defaults
from feedproxy.errors import Conflict, NotFound
from feedproxy.model import Account
from feedproxy.store import Store


class AccountChange(StrictModel):
    """What may be changed of an account."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    name: Line = Field(default="", description="What people call it, the merchantName of webhooks; empty: its code.")


class NewAccount(AccountChange):
    """An account to be made."""

    model_config = ConfigDict(json_schema_extra={})

    code: Code = Field(description="The accountCode of API paths, whatever the case.")


class ShownAccount(ShownModel):
    """An account."""

    code: str
    name: str
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> Self:
        """Show an account."""
        return cls(code=account.code, name=account.name, created_at=account.created_at)


async def wanted(store: Store, code: str) -> Account:
    """Return the account of that code in any case. Raises NotFound."""
    account = await store.account(code)
    if account is None:
        raise NotFound(f"there is no account {code!r}")
    return account


async def add(store: Store, new: NewAccount, *, now: datetime) -> Account:
    """Add an account. Raises Conflict if its code is taken."""
    return await store.add_account(new.code, name=new.name, now=now)


async def change(store: Store, account: Account, change: AccountChange) -> Account:
    """Change what is given of an account."""
    return await store.change_account(account, name=change.given().get("name", account.name))


async def remove(store: Store, account: Account, *, force: bool, now: datetime) -> frozenset[UUID]:
    """Remove an account and all that is in it; return the subscriptions whose feeds that changes.

    Raises Conflict while it has calendars, unless it is to be forced: a slip would end every subscriber's feed.
    """
    if not force and await store.calendars(account):
        raise Conflict(f"the account {account.code} has calendars; remove them first, or force it")
    return await store.remove_account(account, now=now)
