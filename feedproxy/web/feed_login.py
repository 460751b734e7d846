"""The login of a protected feed: made here, told once, kept as a keyed hash."""

import secrets
import string
from dataclasses import dataclass

from feedproxy.model import FeedLogin
from feedproxy.policy.secrets import keyed_hash

PURPOSE = "feed-password"
USER_NAME_LENGTH = 12
PASSWORD_LENGTH = 22
"""131 bits."""

_ALPHABET = string.ascii_letters + string.digits
"""What every reader of URLs takes between `//` and `@` as it stands."""


@dataclass(frozen=True, slots=True)
class NewLogin:
    """A login in clear, for the one answer that tells it."""

    user_name: str
    password: str

    def stored(self, key: bytes) -> FeedLogin:
        """Return what is kept of it."""
        return FeedLogin(self.user_name, keyed_hash(key, PURPOSE, self.password.encode()))


def new_login(given: str = "") -> NewLogin:
    """Return a new login, with the user name that was given if there is one that Basic credentials can hold.

    They cannot hold a colon (RFC 7617 section 2).
    """
    user_name = "" if ":" in given or not given.isprintable() else given
    return NewLogin(user_name or _random(USER_NAME_LENGTH), _random(PASSWORD_LENGTH))


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
