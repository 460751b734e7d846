"""Wrong secrets of applications and of the administrator: after too many from one network, 429.

Secrets are looked at first, and a right one is always taken: it is too long to be guessed, and who shares a network
with somebody who guesses must not notice. What the limit does is to tell who has a wrong one to ask less often.
"""

from aiohttp import web

from feedproxy.errors import TooMany
from feedproxy.policy.secrets import keyed_hash
from feedproxy.web import keys
from feedproxy.web.login_limits import Login
from feedproxy.web.network import network_of


def count_wrong(request: web.Request, whose: bytes, secret: bytes, message: str, *, code: str | None = None) -> None:
    """Count a wrong secret. Raises TooMany, with the message of what is wrong, after too many different ones.

    `whose` names what the secret would open, such as a certain application.
    """
    key = request.app[keys.SECRET_KEY]
    login = Login(
        network=network_of(request),
        door=keyed_hash(key, "door", whose).hex(),
        credentials=keyed_hash(key, "credentials", secret),
    )
    wait = request.app[keys.SECRET_LIMITS].attempt(login)
    if wait is not None:
        raise TooMany(f"{message}; too many wrong ones came from this network, try again later", wait=wait, code=code)
