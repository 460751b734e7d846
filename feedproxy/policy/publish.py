"""Publish a new body, or keep what was good? A bad fetch must never wipe a calendar.

Thunderbird and Evolution empty a calendar on a 200 that holds no calendar; what is refused outright (`FeedRefused`)
never gets here. Here a feed that parses is weighed against the last good one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Publish:
    """The new body replaces the last good one."""


@dataclass(frozen=True, slots=True)
class KeepLastGood:
    """The last good body stays; `reason` is a short stable id for logs, metrics and `explain`."""

    reason: str


def publish(last: int | None, new: int, *, loss_share: float, confirmed: bool) -> Publish | KeepLastGood:
    """Decide by the number of components in the last good body (None: there is none) and in the new one.

    A feed that lost everything, or more than `loss_share` of it (0..1), is believed when it came twice in a row
    (`confirmed`).
    """
    if last is None or confirmed or new >= last:
        return Publish()
    if new == 0:
        return KeepLastGood("suddenly-empty")
    if (last - new) / last > loss_share and last - new > 1:
        return KeepLastGood("sharply-shrunk")
    return Publish()
