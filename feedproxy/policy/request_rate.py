"""How often one application may ask: a bucket that holds a minute's requests and fills up again as time passes.

Requests may come all at once or one by one, as long as no more come in the end than flow in.
"""

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def take(full_at: datetime | None, *, per_minute: int, now: datetime) -> datetime | timedelta:
    """Take one request; return when the bucket will be full again, or how long it is until there is one to take.

    `full_at` is what was returned before; None: the bucket is full.
    """
    one = MINUTE // per_minute
    if full_at is None or not timedelta(0) <= full_at - now <= MINUTE:
        full_at = now  # it is full by now, or the clock was set back
    wait = full_at - now + one - MINUTE
    return wait if wait > timedelta(0) else full_at + one
