"""Retry-After (RFC 9110 section 10.2.3): seconds, or a date."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


def retry_after_seconds(value: str | None, date: str | None) -> float | None:
    """Return after how many seconds to try again, never negative; None when it is not said or not understood.

    A date is counted from the Date field of the same answer, so that neither clock needs to be right.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:10])
    until, now = _instant(text), _instant(date)
    return max((until - now).total_seconds(), 0.0) if until and now else None


def _instant(text: str | None) -> datetime | None:
    try:
        instant = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
