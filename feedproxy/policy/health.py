"""How a feed is doing, in one word that tells an operator what to do about it.

    ok               the upstream confirmed it at the last look, or gave a newer one
    degraded         the last look failed in a way that may pass by itself; what was good is not old
    stale            it goes on failing, and what was good is old
    auth-needed      the upstream wants credentials, or other ones
    blocked          something will not let us ask: our egress policy, a firewall, a ban
    not-a-calendar   what comes is HTML, or half a calendar, or anything else that is none
    empty            nothing is left of its events: now, and held back if there were some before
    shrunk           it has lost so much at once that it is held back until that is confirmed

The reasons are those of `feedproxy.upstream.failures` and `feedproxy.policy.publish`.
"""

from datetime import datetime, timedelta
from typing import Final, get_args

from feedproxy.model import Health

HEALTHS: Final[tuple[Health, ...]] = get_args(Health)

_BY_REASON: Final[dict[str, Health]] = {
    "status-401": "auth-needed",
    "status-407": "auth-needed",
    "status-403": "blocked",
    "status-451": "blocked",
    "challenge": "blocked",
    "bad-redirect": "blocked",
    "https-to-http": "blocked",
    "html": "not-a-calendar",
    "not-a-calendar": "not-a-calendar",
    "truncated": "not-a-calendar",
    "excessive": "not-a-calendar",
    "empty": "empty",
    "suddenly-empty": "empty",
    "sharply-shrunk": "shrunk",
}


def health(
    trouble: str | None,
    *,
    events: int,
    last_good_at: datetime | None,
    protected: bool,
    now: datetime,
    stale_after: timedelta,
) -> Health:
    """Return how a feed is doing after a look upstream.

    `trouble` is why the look did not confirm it, None if it did; `events` counts the components of the last good body;
    `last_good_at` is when the upstream last confirmed that, None if there is none. `protected`: credentials were sent,
    so that a 403 is about them.
    """
    if trouble is None:
        return "ok" if events else "empty"
    if trouble == "status-403" and protected:
        return "auth-needed"
    if trouble.startswith("egress-"):
        return "blocked"
    known = _BY_REASON.get(trouble)
    if known is not None:
        return known
    return "degraded" if last_good_at is not None and now - last_good_at <= stale_after else "stale"
