"""Wall-clock and UTC times as whole seconds since 1970-01-01T00:00:00, the one unit of the arithmetic in tzmap.

Integers reach where datetime cannot: an onset in the year 0001, less an offset, is still a number.

Offsets are worked out from 1600 to 2399, one cycle of the Gregorian calendar on each side of 2000. A later time
is read as the same day of that cycle (rules without end repeat with it), an earlier one as the beginning of
1600: nobody kept zones then, but DTSTART:16010101 is what Exchange writes, and before it comes the offset
before its first onset.
"""

from datetime import date, datetime, timedelta

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a wall-clock time has no zone
EPOCH_DAY = date(1970, 1, 1).toordinal()
DAY = 86400
FIRST_YEAR = 1600
END_YEAR = 2400


def wall_seconds(local: datetime) -> int:
    """Seconds of a wall-clock time, brought into the years 1600 to 2399; a zone attached to it is ignored."""
    if not FIRST_YEAR <= local.year < END_YEAR:
        local = local.replace(year=2000 + local.year % 400) if local.year >= END_YEAR else datetime(FIRST_YEAR, 1, 1)  # noqa: DTZ001
    since = (local.replace(tzinfo=None) if local.tzinfo else local) - EPOCH
    return since.days * DAY + since.seconds


def wall_datetime(seconds: int) -> datetime:
    """Return the naive datetime of `seconds`, held within the years datetime knows."""
    lowest, highest = -EPOCH_DAY * DAY + DAY, (date.max.toordinal() - EPOCH_DAY + 1) * DAY - 1
    return EPOCH + timedelta(seconds=min(max(seconds, lowest), highest))


def year_start(year: int) -> int:
    """Seconds of 1 January, 00:00, of any year from 1 to 9999."""
    return (date(year, 1, 1).toordinal() - EPOCH_DAY) * DAY


def year_of(seconds: int) -> int:
    """Return the calendar year of a time in seconds."""
    return wall_datetime(seconds).year
