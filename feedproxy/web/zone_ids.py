"""Time zones as clients of the API name them, and as they are told of them."""

from functools import cache

import tzmap
from tzmap.names import windows_table
from tzmap.windows import TERRITORIES


def read_zone(text: str) -> str | None:
    """Return the Windows id or IANA key that a name stands for, as it is properly written; None if it is neither."""
    return _windows_ids().get(" ".join(text.casefold().split())) or tzmap.resolve(text).zone


def windows_id(zone: str) -> str:
    """Return the Windows id of what `read_zone` has returned; where Windows has none, the IANA key."""
    return _by_iana().get(zone, zone)


@cache
def _windows_ids() -> dict[str, str]:
    return {windows.casefold(): windows for windows in windows_table()}


@cache
def _by_iana() -> dict[str, str]:
    """Every IANA key that CLDR puts under a Windows id; the one that stands for the whole id goes before others."""
    of_territories = {zone: windows for windows, zones in TERRITORIES.items() for zone in zones.values()}
    return of_territories | {zone: windows for windows, zone in windows_table().items()}
