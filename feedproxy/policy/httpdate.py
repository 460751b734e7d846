"""HTTP dates (RFC 9110 section 5.6.7), read from anybody and written as they should be."""

from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from functools import lru_cache


@lru_cache(maxsize=1_024)
def http_date(instant: datetime) -> str:
    """Write an aware instant."""
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)


def read_http_date(text: str | None) -> datetime | None:
    """Read an instant, which is aware; None for what is none, also for years and offsets beyond any calendar."""
    try:
        instant = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return instant.replace(tzinfo=UTC) if instant is not None and instant.tzinfo is None else instant
