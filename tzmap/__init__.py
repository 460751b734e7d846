"""From the TZIDs found in calendars to IANA zones, and from IANA zones to VTIMEZONE.

>>> import tzmap
>>> tzmap.resolve("W. Europe Standard Time").zone
'Europe/Berlin'

Pure Python on top of the tzdata package: no clock, no host zone, no network. `python -m tzmap NAME` asks from a
shell.
"""

from tzmap.errors import BadDefinition, TzmapError, UnknownZone
from tzmap.names import windows_id
from tzmap.resolution import Disagreement, Hints, Kind, Resolution
from tzmap.resolve import resolve
from tzmap.rules import Rules
from tzmap.vtimezone import fixed_vtimezone, vtimezone
from tzmap.windows import CLDR_VERSION
from tzmap.zones import TZDATA_EDITION, local_time, zone_names, zone_offset

__all__ = [
    "CLDR_VERSION",
    "TZDATA_EDITION",
    "BadDefinition",
    "Disagreement",
    "Hints",
    "Kind",
    "Resolution",
    "Rules",
    "TzmapError",
    "UnknownZone",
    "fixed_vtimezone",
    "local_time",
    "resolve",
    "vtimezone",
    "windows_id",
    "zone_names",
    "zone_offset",
]
