"""Consents to write into Google calendars: those that were asked for, and those that were given (grants)."""

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from feedproxy.model import Account, Consent, Grant
from feedproxy.store import upsert
from feedproxy.store.accounts import keep, read_account
from feedproxy.store.schema import accounts, consents, grants
from feedproxy.store.text import check_key, check_text, storable


def add_consent(connection: Connection, consent: Consent) -> None:
    """Add a consent that is asked for. Raises NotFound if the account is gone."""
    keep(connection, consent.account)
    connection.execute(
        insert(consents).values(
            digest=consent.digest,
            account_id=consent.account.id,
            sealed=consent.sealed,
            expires_at=consent.expires_at,
        )
    )


def take_consent(connection: Connection, digest: bytes, *, now: datetime) -> Consent | None:
    """Return a consent and forget it, and every one that has expired; None if it has, was taken or never was."""
    connection.execute(delete(consents).where(consents.c.expires_at <= now))
    found = connection.execute(
        select(consents.c.sealed, consents.c.expires_at, accounts)
        .join_from(consents, accounts)
        .where(consents.c.digest == digest)
        .with_for_update(of=consents)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    connection.execute(delete(consents).where(consents.c.digest == digest))
    return Consent(digest, read_account(row), row["sealed"], row["expires_at"])


def put_grant(connection: Connection, grant: Grant) -> None:
    """Add a grant, or put it in the place of the subscriber's, which keeps the time that it was made.

    Raises BadRequest for text that cannot be stored, NotFound if the account is gone.
    """
    check_key("the key of the subscriber", grant.subscriber_key)
    check_text("emailAddress", grant.email)
    keep(connection, grant.account)
    values = {"email": grant.email, "sealed": grant.sealed, "updated_at": grant.updated_at}
    added = upsert.insert(connection, grants).values(
        account_id=grant.account.id, subscriber_key=grant.subscriber_key, created_at=grant.created_at, **values
    )
    connection.execute(added.on_conflict_do_update(index_elements=["account_id", "subscriber_key"], set_=values))


def grant(connection: Connection, account: Account, subscriber_key: str) -> Grant | None:
    """Find what a subscriber has granted."""
    if not storable(subscriber_key):
        return None
    found = connection.execute(
        select(grants).where(grants.c.account_id == account.id, grants.c.subscriber_key == subscriber_key)
    )
    row = found.mappings().one_or_none()
    if row is None:
        return None
    return Grant(account, subscriber_key, row["email"], row["sealed"], row["created_at"], row["updated_at"])


def remove_grant(connection: Connection, account: Account, subscriber_key: str) -> bool:
    """Forget what a subscriber has granted; tell whether there was anything."""
    if not storable(subscriber_key):
        return False
    his = (grants.c.account_id == account.id) & (grants.c.subscriber_key == subscriber_key)
    return connection.execute(delete(grants).where(his)).rowcount == 1
