"""How long a source needs no look at the upstream (RFC 9111 section 4.2), and when to try again after a failure."""

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from feedproxy.policy.httpdate import read_http_date

JITTER = 0.1

_PASSING_STATUSES = frozenset({"status-408", "status-425", "status-429"})
_STANDING = frozenset({"tls", "certificate", "too-large", "too-many-redirects", "bad-redirect", "https-to-http"})
"""Reasons of `feedproxy.upstream.failures`."""

_DIRECTIVE = re.compile(r'([a-z-]+)\s*(?:=\s*"?([^",\s]*)"?)?')
_DURATION = re.compile(r"\+?P(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?")


@dataclass(frozen=True, slots=True)
class Bounds:
    """The operator's word: the lifetime when the upstream says nothing, and the limits when it does."""

    default: timedelta
    least: timedelta
    most: timedelta


@dataclass(frozen=True, slots=True)
class Said:
    """What an upstream says of its freshness: four header fields, and the feed's own REFRESH-INTERVAL."""

    cache_control: str | None = None
    expires: str | None = None
    date: str | None = None
    age: str | None = None
    refresh_interval: str | None = None


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why a lifetime is as long as it is: what decided, the span that it named, and that within the bounds."""

    by: str
    span: timedelta
    held: timedelta


def lifetime(said: Said, bounds: Bounds, *, source: str) -> timedelta:
    """Return the freshness lifetime, jittered by +-10 % from a hash of the source so that feeds do not expire together.

    `s-maxage` before `max-age` before Expires before the feed's own hint, and Age counts against the first three;
    `no-store` and `no-cache` mean the least.
    """
    return _jittered(grounds(said, bounds).held, source)


def grounds(said: Said, bounds: Bounds) -> Grounds:
    """Return what decides a freshness lifetime, before the jitter."""
    by, explicit = _by_header(said) or ("REFRESH-INTERVAL", _seconds_of(said.refresh_interval))
    if explicit is None:
        by, explicit = "freshness_default", bounds.default
    return Grounds(by, explicit, min(max(explicit, bounds.least), bounds.most))


def longest(bounds: Bounds) -> timedelta:
    """Return the most that `lifetime` returns."""
    return bounds.most * (1 + JITTER)


def lasts(until: datetime, bounds: Bounds, *, now: datetime) -> bool:
    """Tell whether a lifetime that ends at `until` goes on.

    None is longer than the jittered bound: what seems to last longer was counted before the clock was set back.
    """
    return timedelta(0) < until - now <= longest(bounds)


def retry_after_failure(
    failures: int, reason: str, retry_after: float | None, bounds: Bounds, *, source: str
) -> timedelta:
    """Return how long to leave the upstream alone after that many failures in a row, at least as long as it asked.

    `reason` is that of the last one. Each pause is twice as long as the one before, up to the longest lifetime.
    """
    first = bounds.default if somebody_must_act(reason) else bounds.least
    pause = min(first * 2 ** min(max(failures - 1, 0), 10), bounds.most)
    if retry_after is not None:
        pause = max(pause, timedelta(seconds=min(retry_after, bounds.most.total_seconds())))
    return _jittered(pause, source)


def somebody_must_act(reason: str) -> bool:
    """Tell a failure that stays until a person puts it right from one that may pass by itself.

    What passes: no connection, no time, an overload (408, 425, 429, 5xx), a deployment that shows a page or half a
    body, a feed that is held back until it comes twice.
    """
    if reason.startswith("status-4"):
        return reason not in _PASSING_STATUSES
    return reason.startswith("egress-") or reason in _STANDING


def _by_header(said: Said) -> tuple[str, timedelta | None] | None:
    directives: dict[str, str] = dict(_DIRECTIVE.findall((said.cache_control or "").lower()))
    for name in ("no-store", "no-cache"):
        if name in directives:
            return name, timedelta(0)
    for name in ("s-maxage", "max-age"):
        if directives.get(name, "").isdecimal():
            return name, timedelta(seconds=_seconds(directives[name]) - _age(said))
    if said.expires is None:
        return None
    expires, date = read_http_date(said.expires), read_http_date(said.date)
    return "Expires", expires - date - timedelta(seconds=_age(said)) if expires and date else timedelta(0)


def _age(said: Said) -> int:
    return _seconds(said.age.strip()) if said.age and said.age.strip().isdecimal() else 0


def _seconds(digits: str) -> int:
    """Read delta-seconds; beyond ten digits (317 years) nobody means the rest."""
    return int(digits[:10])


def _seconds_of(duration: str | None) -> timedelta | None:
    match = _DURATION.fullmatch(duration.strip().upper()) if duration else None
    if match is None or not any(match.groups()):
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)


def _jittered(span: timedelta, source: str) -> timedelta:
    share = int.from_bytes(hashlib.sha256(source.encode()).digest()[:4]) / 2**32
    return span * (1 - JITTER + 2 * JITTER * share)
