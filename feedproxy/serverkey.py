"""The server's key, under which secrets of accounts are hashed and their sources sealed."""

import secrets

from feedproxy.config import Settings
from feedproxy.store import Store

KEY_OCTETS = 32


async def secret_key(settings: Settings, store: Store) -> bytes:
    """Return the key of every stored hash: the setting `secret_key`, else the one kept in the store, made once."""
    if setting := settings.secret_key.get_secret_value():
        return setting.encode()
    return await store.server_key("secret_key", secrets.token_bytes(KEY_OCTETS))
