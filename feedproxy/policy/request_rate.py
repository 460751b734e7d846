"""How often somebody may ask: a bucket that holds some requests and fills up again as time passes.

Requests may come all at once or one by one, as long as no more come in the end than flow in.
"""

from datetime import datetime, timedelta

MINUTE = timedelta(minutes=1)


def take(full_at: datetime | None, *, most: int, within: timedelta = MINUTE, now: datetime) -> datetime | timedelta:
    """Take one request of a bucket that holds `most` and fills `within` that time.

    Returns when it will be full again, or how long it is until there is one to take. `full_at` is what was returned
    before; None: the bucket is full.
    """
    one = within // most
    if full_at is None or not timedelta(0) <= full_at - now <= within:
        full_at = now  # it is full by now, or the clock was set back
    wait = full_at - now + one - within
    return wait if wait > timedelta(0) else full_at + one
