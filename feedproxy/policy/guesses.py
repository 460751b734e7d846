"""How many wrong passwords one network may try on one feed.

What is counted is different credentials: a calendar app that sends the same wrong password every five minutes guesses
once, and does not lock out who shares its network. Credentials that have opened the feed before are not stopped at all.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

WINDOW = timedelta(minutes=5)
"""So long after the first of them, guesses are forgotten."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Credentials, as keyed hashes, that one network tried on one feed and that did not open it, yet or ever.

    `since` is when the first was tried.
    """

    since: datetime
    tried: frozenset[bytes]

    def without(self, credentials: bytes) -> "Guesses":
        """Take out credentials that were good."""
        return replace(self, tried=self.tried - {credentials})


def attempt(before: Guesses | None, credentials: bytes, *, most: int, now: datetime) -> Guesses | timedelta:
    """Return what is known once these credentials are tried, or how long they must wait before they may be.

    They count before it is known whether they are good, so that many at once are no way around. What was tried already
    may be tried again, for it may have become right, and it is no new guess.
    """
    if before is None or not timedelta(0) <= now - before.since < WINDOW:
        return Guesses(now, frozenset({credentials}))
    if credentials in before.tried:
        return before
    if len(before.tried) >= most:
        return before.since + WINDOW - now
    return replace(before, tried=before.tried | {credentials})
