"""The clock: time enters the program here, and is handed on as an argument."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)
