"""OAuth2 tokens, by digest. Every token belongs to a family: what one grant led to, revoked together.

Whoever adds to a family locks its row first, and revoking deletes that row: so a rotation and a revocation at the same
moment leave either no token or none that was missed. Whoever begins a family holds the application as it was when it
said who it is: so no token is issued for a secret that is another by then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from feedproxy.errors import NotFound
from feedproxy.model import AccessToken, Application, RefreshToken
from feedproxy.store import upsert
from feedproxy.store.accounts import PREFERENCES, read_account, read_preferences
from feedproxy.store.schema import access_tokens, accounts, applications, refresh_tokens, token_families

Pair = tuple[AccessToken, RefreshToken]

# Made once: SQLAlchemy takes as long to put a statement together as SQLite to execute it.
_ADD_ACCESS, _ADD_REFRESH = insert(access_tokens), insert(refresh_tokens)
_ACCESS = (
    select(access_tokens, token_families.c.client_id, accounts, *PREFERENCES)
    .select_from(access_tokens.join(token_families).join(applications).join(accounts))
    .where(access_tokens.c.digest == bindparam("of"), access_tokens.c.expires_at > bindparam("now"))
)
_REFRESH = (
    select(refresh_tokens, token_families.c.client_id)
    .join_from(refresh_tokens, token_families)
    .where(refresh_tokens.c.digest == bindparam("of"))
)
_FAMILY = select(token_families.c.id).where(token_families.c.id == bindparam("of")).with_for_update()
_USE = (
    update(refresh_tokens)
    .where(refresh_tokens.c.digest == bindparam("of"), refresh_tokens.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)


def add_tokens(connection: Connection, issued: Sequence[tuple[Application, Pair]]) -> None:
    """Add pairs of applications; the family of each is that of its refresh token, and begins here unless it is known.

    Raises NotFound if one of the applications is gone or has another secret.
    """
    _hold(connection, {(each.client_id, each.secret_digest) for each, _ in issued})
    pairs = [pair for _, pair in issued]
    families = [{"id": refresh.family, "client_id": refresh.client_id} for _, refresh in pairs]
    connection.execute(upsert.insert(connection, token_families).on_conflict_do_nothing(), families)
    _add_pairs(connection, pairs)


def _hold(connection: Connection, clients: Collection[tuple[str, bytes]]) -> None:
    """Keep applications, by client id and digest of the secret, as they are until the transaction ends."""
    table = applications.c
    named = select(table.client_id, table.secret_digest).where(table.client_id.in_({each for each, _ in clients}))
    held = connection.execute(named.order_by(table.client_id).with_for_update(read=True))
    if {(row.client_id, row.secret_digest) for row in held} != set(clients):
        raise NotFound("the application is gone or has another secret")


def _add_pairs(connection: Connection, pairs: Sequence[Pair]) -> None:
    accesses = [
        {"digest": access.digest, "family_id": refresh.family, "expires_at": access.expires_at}
        for access, refresh in pairs
    ]
    refreshes = [
        {
            "digest": refresh.digest,
            "family_id": refresh.family,
            "expires_at": refresh.expires_at,
            "used_at": refresh.used_at,
        }
        for _, refresh in pairs
    ]
    connection.execute(_ADD_ACCESS, accesses)
    connection.execute(_ADD_REFRESH, refreshes)


def access_token(connection: Connection, digest: bytes, *, now: datetime) -> AccessToken | None:
    """Find an access token that has not expired."""
    row = connection.execute(_ACCESS, {"of": digest, "now": now}).mappings().one_or_none()
    if row is None:
        return None
    return AccessToken(row["digest"], row["client_id"], read_account(row), row["expires_at"], read_preferences(row))


def refresh_token(connection: Connection, digest: bytes) -> RefreshToken | None:
    """Find a refresh token, used or expired as it may be."""
    row = connection.execute(_REFRESH, {"of": digest}).mappings().one_or_none()
    return (
        RefreshToken(row["digest"], row["client_id"], row["family_id"], row["expires_at"], row["used_at"])
        if row
        else None
    )


def use_refresh_token(
    connection: Connection, digest: bytes, access: AccessToken, refresh: RefreshToken, *, now: datetime
) -> bool:
    """Rotate: mark the token used and add the new pair to its family. False if it was used or revoked already."""
    if connection.execute(_FAMILY, {"of": refresh.family}).first() is None:
        return False
    if not mark_refresh_token_used(connection, digest, now=now):
        return False
    _add_pairs(connection, [(access, refresh)])
    return True


def mark_refresh_token_used(connection: Connection, digest: bytes, *, now: datetime) -> bool:
    """Mark a refresh token used. False if it was used already or is unknown."""
    return connection.execute(_USE, {"of": digest, "now": now}).rowcount == 1


def revoke_access_token(connection: Connection, digest: bytes) -> None:
    """Forget an access token."""
    connection.execute(delete(access_tokens).where(access_tokens.c.digest == digest))


def revoke_family(connection: Connection, family: UUID) -> None:
    """Forget every access and refresh token of a family."""
    connection.execute(delete(token_families).where(token_families.c.id == family))


def purge_expired_tokens(connection: Connection, *, now: datetime) -> int:
    """Forget what has expired; return how many tokens that were.

    A used refresh token stays until it expires, so that its reuse is noticed.
    """
    purged = 0
    for table in (access_tokens, refresh_tokens):
        purged += connection.execute(delete(table).where(table.c.expires_at <= now)).rowcount
    return purged


def purge_empty_families(connection: Connection) -> None:
    """Forget the families that have no token left."""
    living = [exists().where(table.c.family_id == token_families.c.id) for table in (access_tokens, refresh_tokens)]
    connection.execute(delete(token_families).where(*[~each for each in living]))
