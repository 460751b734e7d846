"""Publish a new body, or keep what was good? A bad fetch must never wipe a calendar.

Thunderbird and Evolution empty a calendar on a 200 that holds no calendar, and every client on one without events.
So the last good body stays, for a reason that has a stable name:

    status-206, timeout, ...                 there was no whole answer (`feedproxy.upstream.failures` names them all)
    empty, html, not-a-calendar, truncated, excessive   the answer is no calendar (`FeedRefused`)
    suddenly-empty                           it has nothing left of what is ahead
    sharply-shrunk                           it has lost more than a share, some of it still ahead

Only the last two are doubts, and can be settled: by the same again, later; by an operator; by the lost lying in the
past, for seasons end and windows move on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from feedproxy.errors import FeedRefused, FetchFailed
from feedproxy.model import Held


@dataclass(frozen=True, slots=True)
class Publish:
    """The new body replaces the last good one. `doubted`: it has been held back before, and is believed now."""

    doubted: bool = False


@dataclass(frozen=True, slots=True)
class KeepLastGood:
    """The last good body stays: `reason` is a short stable id for logs, metrics and `explain`, `text` one line.

    `doubt`: the body may be right, and is believed when that is confirmed.
    """

    reason: str
    text: str
    doubt: bool = False


def publish(
    last: int | None,
    new: int | FeedRefused | FetchFailed,
    *,
    lost_ahead: int,
    loss_share: float,
    confirmed: bool,
) -> Publish | KeepLastGood:
    """Decide by the number of components in the last good body (None: there is none) and in the new one.

    `lost_ahead` of those lost are not over; a loss above `loss_share` (0..1) of the last good ones, among them such, is
    doubted unless `confirmed`.
    """
    if not isinstance(new, int):
        return KeepLastGood(new.reason, new.message)
    if last is None or new >= last or not lost_ahead:
        return Publish()
    counts = f"{_events(new)} after {last}, and {lost_ahead} of the lost not over"
    if new == 0:
        return Publish(doubted=True) if confirmed else KeepLastGood("suddenly-empty", counts, doubt=True)
    if (last - new) / last > loss_share and last - new > 1:
        return Publish(doubted=True) if confirmed else KeepLastGood("sharply-shrunk", counts, doubt=True)
    return Publish()


def confirms(held: Held | None, new: int, *, now: datetime, least: timedelta) -> bool:
    """Tell whether a body of so many components confirms what was held back.

    It does when it has as many as that one, for octets may differ each time, and comes at least half of `least` later:
    two workers that look at the same moment see one mishap twice. What an operator accepted may have grown since; what
    he refused is never confirmed.
    """
    if held is None or held.refused:
        return False
    if held.accepted:
        return new >= held.events
    return new == held.events and now - held.since >= least / 2


def _events(count: int) -> str:
    return "1 component" if count == 1 else f"{count} components"
