"""Retry-After (RFC 9110 section 10.2.3): seconds, or a date."""

from feedproxy.policy.httpdate import read_http_date


def retry_after_seconds(value: str | None, date: str | None) -> float | None:
    """Return after how many seconds to try again, never negative; None when it is not said or not understood.

    A date is counted from the Date field of the same answer, so that neither clock needs to be right.
    """
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:10])
    until, now = read_http_date(text), read_http_date(date)
    return max((until - now).total_seconds(), 0.0) if until and now else None
