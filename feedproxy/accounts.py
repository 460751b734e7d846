"""Accounts and their applications: what is random about them, and the key that their secrets are stored under."""

import secrets
from datetime import datetime

from feedproxy.config import Settings
from feedproxy.model import Account, Application
from feedproxy.policy.secrets import keyed_hash
from feedproxy.store import Store

KEY_OCTETS = 32


async def secret_key(settings: Settings, store: Store) -> bytes:
    """Return the key of every stored hash: the setting `secret_key`, else the one kept in the store, made once."""
    if setting := settings.secret_key.get_secret_value():
        return setting.encode()
    return await store.server_key("secret_key", secrets.token_bytes(KEY_OCTETS))


async def add_application(
    store: Store, account: Account, name: str, *, key: bytes, now: datetime
) -> tuple[Application, str]:
    """Make an OAuth2 client of the account. Returns it and its secret, which is stored as a keyed hash only.

    Both client id and secret are of [A-Za-z0-9_-]: clients disagree on how others are sent (RFC 6749 section 2.3.1).
    """
    secret = secrets.token_urlsafe(32)
    application = await store.add_application(
        account,
        client_id=secrets.token_hex(16),
        name=name,
        secret_digest=keyed_hash(key, "client-secret", secret.encode()),
        now=now,
    )
    return application, secret
