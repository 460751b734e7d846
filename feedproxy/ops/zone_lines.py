"""One time zone of a feed for people: what it became, on which rung of the ladder, on what evidence."""

from collections.abc import Iterator

from feedproxy.ops.paint import Paint
from feedproxy.transform import ZoneReport
from tzmap.resolution import offset_text


def zone_lines(zone: ZoneReport, paint: Paint) -> Iterator[str]:
    """Iterate over the lines that explain a zone."""
    resolution = zone.resolution
    defined = "with" if zone.defined else "without"
    found = f"({resolution.rung}; {zone.uses} values, {defined} a definition)"
    yield f"  {zone.written!r} -> {paint.name(zone.served)}   {found}"
    for sentence in resolution.evidence:
        yield f"      {sentence}"
    differs = resolution.disagreement
    if differs is not None:
        offsets = f"rules {offset_text(differs.by_rules)}, zone {offset_text(differs.by_zone)}"
        yield paint.doubtful(f"      {differs.count} values disagree, e.g. {differs.value}: {offsets}")
