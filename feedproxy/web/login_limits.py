"""Wrong credentials, counted by client network and what they are for, in the memory of this process.

What counts is decided in `feedproxy.policy.guesses`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cachetools import LRUCache

from feedproxy.policy.guesses import Guesses, attempt

MEMORY = 100_000
"""Of how many pairs of network and door a note is kept."""


@dataclass(frozen=True, slots=True)
class Login:
    """Credentials from a network for a door: a feed, an application, the admin API; both are keyed hashes."""

    network: str
    door: str
    credentials: bytes


class LoginLimits:
    """Lets `most` different credentials be tried for each pair of network and door in a while."""

    def __init__(self, most: int, clock: Callable[[], datetime]) -> None:
        self._most = most
        self._clock = clock
        self._guesses: LRUCache[tuple[str, str], Guesses] = LRUCache(MEMORY)

    def attempt(self, login: Login) -> timedelta | None:
        """Count an attempt; return how long it must wait if it may not be made now."""
        place = (login.network, login.door)
        known = attempt(self._guesses.get(place), login.credentials, most=self._most, now=self._clock())
        if isinstance(known, timedelta):
            return known
        self._guesses[place] = known
        return None

    def forgive(self, login: Login) -> None:
        """Count this attempt no longer: its credentials were not wrong."""
        place = (login.network, login.door)
        known = self._guesses.get(place)
        if known is not None:
            self._guesses[place] = known.without(login.credentials)
