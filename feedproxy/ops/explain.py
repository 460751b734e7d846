"""`explain`: what was fetched, which TZID became what and why, what was repaired, what went in and what came out.

`examine` does the work and returns values; `feedproxy.ops.explain_formats` shows them to a person or a program. One
event of a feed is explained by `feedproxy.ops.event`.
"""

import codecs
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feedproxy.errors import FeedRefused, FetchFailed
from feedproxy.ics.contentline import split
from feedproxy.ics.normal import wide_encoding
from feedproxy.model import FeedHealth, LastGood, OnDeactivate, Subscription
from feedproxy.ops.lint import Lint, lint
from feedproxy.ops.own import NOTHING, Own, chosen, merged
from feedproxy.policy.freshness import Bounds, Grounds, Said, grounds
from feedproxy.policy.publish import KeepLastGood, publish
from feedproxy.transform import Base, Change, Options, Report, assemble, index, lost_ahead
from feedproxy.transform.calendar import Calendar
from feedproxy.upstream import Fetched

SERVED = Options(placeholder=True)
"""How the service transforms a feed, unless its settings say otherwise."""

NOTHING_IS_OVER = datetime(1970, 1, 1, tzinfo=UTC)

_CHARSET = re.compile(r"charset=[\"']?([^\"';\s]+)", re.IGNORECASE)

Hop = tuple[str, int, str]
"""A request that was answered on the way: the URL without query, the status, the address."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of one feed now.

    `fetch` is what came over the wire (None for a file, or when it failed: then `failure` says why); `hops` what was
    asked on the way; `kept` the last good body that is served instead; `base` and `report` what the transformation did
    (None when the body was refused, by `failure`; it may have been held back, too) with `body`, the one that is served.
    `lint` is what is wrong with the body that came, `charset` in what it is written and how that is known; `freshness`
    why it is fresh for as long as it is. `own` is the subscription's part, `hidden` counts its events that cannot be
    seen yet; `subscription` is what the store says of it, `health` how its source has been doing,
    `ended` what its feed is now that it is deactivated.
    """

    target: str
    fetch: Fetched | None = None
    failure: str | None = None
    kept: LastGood | None = None
    own: Own = NOTHING
    hidden: int = 0
    subscription: Subscription | None = None
    health: FeedHealth | None = None
    ended: OnDeactivate | None = None
    report: Report | None = None
    base: Base | None = None
    body: bytes | None = None
    hops: tuple[Hop, ...] = ()
    lint: Lint | None = None
    charset: str | None = None
    freshness: Grounds | None = None
    options: Options = SERVED

    @property
    def changes(self) -> tuple[Change, ...]:
        """What was done to the body that is served."""
        return self.report.changes if self.report else ()

    @property
    def decision(self) -> str:
        """Whether the body that came is published, or what happens instead."""
        if self.failure is None:
            return "published"
        return "the last good body is kept" if self.kept is not None else "nothing is served"

    @property
    def calendar(self) -> Calendar | None:
        """The calendar that is served."""
        return merged(chosen(self.base, self.own, self.options), self.own) if self.base is not None else None


def examine(
    target: str,
    body: bytes | None,
    *,
    own: Own = NOTHING,
    fetch: Fetched | None = None,
    failure: FetchFailed | None = None,
    kept: LastGood | None = None,
    loss_share: float = 1.0,
    options: Options = SERVED,
    bounds: Bounds | None = None,
    now: datetime = NOTHING_IS_OVER,
    checked: bool = True,
) -> Explanation:
    """Transform a body, else the last good one, and gather what is to be said; `checked`: against every rule, too.

    `body` None: the fetch failed. A body that has lost more than `loss_share` of the last good one is held back, as it
    is by the service when it comes for the first time; what is over by `now` is no loss. `bounds` are those of the
    freshness of what was fetched.
    """
    reason = _failure(failure) if failure is not None else None
    base = None
    if body is not None:
        base, reason = _weighed(body, options, kept, loss_share=loss_share, now=now)
    used_kept = kept if base is None else None
    served = body if base is not None else None
    if used_kept is not None:
        served = used_kept.body
        base, _ = _indexed(served, options)
    hops = tuple((hop.url_shown, hop.status, hop.address) for hop in fetch.hops) if fetch else ()
    return Explanation(
        target=target,
        fetch=fetch,
        failure=reason,
        kept=used_kept,
        own=own,
        report=assemble(chosen(base, own, options), own.personal, options).report if base is not None else None,
        base=base,
        body=served,
        hops=failure.hops if failure is not None else hops,
        lint=lint(target, body, options) if body is not None and checked else None,
        charset=_charset(body, fetch) if body is not None else None,
        freshness=_freshness(fetch, base, bounds) if fetch is not None and bounds is not None else None,
        options=options,
    )


def _failure(failure: FetchFailed) -> str:
    asked = f"; it asks to be left alone for {failure.retry_after:.0f} s" if failure.retry_after is not None else ""
    return f"{failure.reason}: {failure.message}{asked}"


def _weighed(
    body: bytes,
    options: Options,
    kept: LastGood | None,
    *,
    loss_share: float,
    now: datetime,
) -> tuple[Base | None, str | None]:
    """Index a body unless the service would hold it back; else say why."""
    new, reason = _indexed(body, options)
    if new is None or kept is None:
        return new, reason
    last, _ = _indexed(kept.body, options)
    if last is None:  # an earlier release thought it good
        return new, reason
    decision = publish(
        last.events,
        new.events,
        lost_ahead=lost_ahead(last.calendar.components, new.calendar.components, now=now),
        loss_share=loss_share,
        confirmed=kept.held is not None and kept.held.accepted,
    )
    if isinstance(decision, KeepLastGood):
        return None, f"{decision.reason}: {decision.text}; believed when it comes again"
    return new, reason


def _indexed(body: bytes, options: Options) -> tuple[Base | None, str | None]:
    try:
        return index(body, options), None
    except FeedRefused as refusal:
        return None, f"{refusal.reason}: {refusal.message}"


def _charset(body: bytes, fetch: Fetched | None) -> str:
    """Say in what a body is written, and by what that is known: never by its Content-Type."""
    wide = wide_encoding(body[:4])
    if wide is not None:
        said = f"{wide}, by its first octets"
    elif body.startswith(codecs.BOM_UTF8):
        said = "utf-8, by its byte order mark"
    elif _is_utf8(body):
        said = "utf-8, as all of it is"
    else:
        said = "utf-8, but for some lines, which are read as windows-1252"
    claimed = _CHARSET.search(fetch.content_type or "") if fetch else None
    if claimed is None or said.startswith(claimed[1].lower()):
        return said
    return f"{said}; Content-Type says {claimed[1]}, which is not looked at"


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _freshness(fetch: Fetched, base: Base | None, bounds: Bounds) -> Grounds:
    interval = _refresh_interval(base.calendar.heads[0]) if base is not None else None
    return grounds(Said(fetch.cache_control, fetch.expires, fetch.date, fetch.age, interval), bounds)


def _refresh_interval(head: Sequence[bytes]) -> str | None:
    lines = (line for text in head if (line := split(text)) is not None)
    return next((line.value.decode("utf-8", "replace") for line in lines if line.name == b"REFRESH-INTERVAL"), None)
