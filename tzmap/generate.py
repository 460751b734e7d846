"""Rebuild tzmap/windows.py from CLDR's windowsZones file.

    python -m tzmap.generate windowsZones.json --version 48.2.0 --date 2026-03-25 --out tzmap/windows.py

The file is supplemental/windowsZones.json of the npm package cldr-core, or common/supplemental/windowsZones.xml of CLDR.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree as Xml

from tzmap.errors import TzmapError
from tzmap.overrides import RESPELLED
from tzmap.zones import zone_names

DEFAULT_TERRITORY = "001"
_NO_PLACE = "ZZ"


class MapZone(NamedTuple):
    """One row of CLDR: a Windows id, a territory, the zones there with the usual one first."""

    windows_id: str
    territory: str
    zones: tuple[str, ...]


def read(text: str) -> tuple[str, list[MapZone]]:
    """Return the version named in the file ("" if none) and its rows; JSON or XML."""
    if text.lstrip().startswith("<"):
        root = Xml.fromstring(text)  # noqa: S314 - the maintainer's own copy of CLDR
        rows = [MapZone(row.get("other", ""), row.get("territory", ""), _split(row.get("type"))) for row in root.iter("mapZone")]
        return "", rows
    supplemental = json.loads(text)["supplemental"]
    entries = [entry["mapZone"] for entry in supplemental["windowsZones"]["mapTimezones"]]
    rows = [MapZone(entry["_other"], entry["_territory"], _split(entry["_type"])) for entry in entries]
    return str(supplemental.get("version", {}).get("_cldrVersion", "")), rows


def _split(types: str | None) -> tuple[str, ...]:
    return tuple((types or "").split())


def respelled(zone: str) -> str:
    """Return the tzdata name of a zone as CLDR names it; raise TzmapError when there is none."""
    name = RESPELLED.get(zone, zone)
    if name not in zone_names():
        raise TzmapError(f"CLDR names {zone!r}, which tzdata does not: add its new name to tzmap/overrides.py RESPELLED")
    return name


def render(rows: Iterable[MapZone], version: str, date: str) -> str:
    """Return the text of tzmap/windows.py."""
    defaults: dict[str, str] = {}
    territories: dict[str, dict[str, str]] = {}
    for row in sorted(rows):
        zone = respelled(row.zones[0])
        if row.territory == DEFAULT_TERRITORY:
            defaults[row.windows_id] = zone
        elif row.territory != _NO_PLACE:
            territories.setdefault(row.windows_id, {})[row.territory] = zone
    for windows_id in territories:  # only what differs from the default needs a row
        territories[windows_id] = {
            where: zone for where, zone in territories[windows_id].items() if zone != defaults[windows_id]
        }
    lines = [
        f'"""Windows time-zone ids and their zones. GENERATED from CLDR {version} ({date}) by tzmap/generate.py: do not edit."""',
        "",
        f'CLDR_VERSION = "{version}"',
        f'CLDR_DATE = "{date}"',
        "",
        "ZONES = {",
        *(f'    "{windows_id}": "{zone}",' for windows_id, zone in defaults.items()),
        "}",
        '"""Windows id to the zone CLDR gives for the world (territory 001), in tzdata\'s spelling."""',
        "",
        "TERRITORIES = {",
        *(f'    "{windows_id}": {json.dumps(zones)},' for windows_id, zones in territories.items() if zones),
        "}",
        '"""Windows id to the zone by ISO 3166 code, where a territory uses another than the world."""',
        "",
    ]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Write the module to --out, or to standard output."""
    parser = argparse.ArgumentParser(prog="python -m tzmap.generate", description="Rebuild the Windows table from CLDR.")
    parser.add_argument("file", type=Path, help="windowsZones.json or windowsZones.xml")
    parser.add_argument("--version", help="CLDR version (default: as the file says)")
    parser.add_argument("--date", required=True, help="date of that CLDR release, YYYY-MM-DD")
    parser.add_argument("--out", type=Path, help="file to write (default: standard output)")
    options = parser.parse_args(arguments)
    try:
        named, rows = read(options.file.read_text("utf-8"))
        version = options.version or named
        if not version:
            raise TzmapError("the file does not name its version: give --version")
        text = render(rows, version, options.date)
    except (OSError, ValueError, KeyError, Xml.ParseError) as error:
        print(f"tzmap.generate: {options.file}: {error}", file=sys.stderr)
        return 1
    if options.out is None:
        print(text, end="")
    else:
        options.out.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
