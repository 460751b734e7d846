"""A reader that takes RFC 5545 literally and trusts nothing but the feed: its own VTIMEZONEs, no zone database.

It reads what a correct feed holds and raises on everything else, so it is a check of form as well.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from dateutil.rrule import rrulestr

from tests.readers.model import TEXTS, Event

_LINE = re.compile(
    r'([A-Z0-9-]+|X-[A-Za-z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)*):(.*)', re.ASCII
)
_PARAMETER = re.compile(r';([A-Z0-9-]+)=((?:"[^"]*"|[^":;,]*)(?:,(?:"[^"]*"|[^":;,]*))*)')


@dataclass
class Property:
    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Node:
    kind: str
    properties: list[Property] = field(default_factory=list)
    children: list["Node"] = field(default_factory=list)

    def every(self, name: str) -> list[Property]:
        return [each for each in self.properties if each.name == name]

    def one(self, name: str) -> Property | None:
        found = self.every(name)
        if len(found) > 1:
            raise ValueError(f"{self.kind} has {len(found)} {name}")
        return found[0] if found else None


class Zone:
    """A VTIMEZONE: the onset that was last in force decides (RFC 5545 section 3.6.5)."""

    def __init__(self, node: Node) -> None:
        onsets: list[tuple[datetime, timedelta, timedelta]] = []
        for observance in node.children:
            onsets += _onsets(observance)
        onsets.sort(key=lambda onset: onset[0])
        self.instants = [onset[0] for onset in onsets]
        self.before = onsets[0][1]
        self.offsets = [onset[2] for onset in onsets]

    def utc(self, wall: datetime) -> datetime:
        candidates = {self.before, *self.offsets}
        fits = sorted(wall - offset for offset in candidates if self.offset_at(wall - offset) == offset)
        if fits:
            return fits[0].replace(tzinfo=UTC)
        gap = max(instant for instant in self.instants if instant <= wall - min(candidates))
        return (wall - self.offset_at(gap - timedelta(seconds=1))).replace(tzinfo=UTC)

    def offset_at(self, instant: datetime) -> timedelta:
        index = bisect_right(self.instants, instant)
        return self.offsets[index - 1] if index else self.before


def _onsets(observance: Node) -> list[tuple[datetime, timedelta, timedelta]]:
    start = _moment(_value(observance, "DTSTART"))
    before, after = _offset(_value(observance, "TZOFFSETFROM")), _offset(_value(observance, "TZOFFSETTO"))
    walls = {start} | {_moment(value) for each in observance.every("RDATE") for value in each.value.split(",")}
    for rule in observance.every("RRULE"):
        text, until = re.subn(r";UNTIL=\d{8}T\d{6}Z", "", rule.value)
        latest = datetime(2060, 1, 1)  # noqa: DTZ001
        if until:
            latest = _moment(re.findall(r"UNTIL=(\d{8}T\d{6})Z", rule.value)[0]) + before
        walls |= set(rrulestr(text, dtstart=start).between(start, latest, inc=True))
    return [(wall - before, before, after) for wall in walls]


def _value(node: Node, name: str) -> str:
    found = node.one(name)
    if found is None:
        raise ValueError(f"{node.kind} has no {name}")
    return found.value


def _moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S")  # noqa: DTZ007


def _offset(text: str) -> timedelta:
    sign, hours, minutes, seconds = text[0], text[1:3], text[3:5], text[5:7] or "0"
    size = timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds))
    return -size if sign == "-" else size


def parse(feed: bytes) -> Node:
    """Take a feed apart. Raises ValueError wherever it is not as RFC 5545 section 3.1 says."""
    root = Node("")
    stack = [root]
    for line in logical_lines(feed):
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"no content line: {line!r}")
        name, value = match[1], match[3]
        if name == "BEGIN":
            stack.append(Node(value))
            stack[-2].children.append(stack[-1])
        elif name == "END":
            if stack.pop().kind != value or not stack:
                raise ValueError(f"END:{value} closes nothing")
        else:
            stack[-1].properties.append(Property(name, dict(_PARAMETER.findall(match[2])), value))
    if len(stack) != 1 or [child.kind for child in root.children] != ["VCALENDAR"] or root.properties:
        raise ValueError("it is not one VCALENDAR")
    return root.children[0]


def logical_lines(feed: bytes) -> list[str]:
    """Return the unfolded lines. Raises ValueError where a physical line is not as it must be."""
    if not feed.endswith(b"\r\n"):
        raise ValueError("the last line has no end")
    physical = feed.decode("utf-8").removesuffix("\r\n").split("\r\n")
    for number, line in enumerate(physical, 1):
        if len(line.encode()) > 75:
            raise ValueError(f"line {number} is over 75 octets")
        if re.search(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029]", line):
            raise ValueError(f"line {number} holds a control character")
    return "\r\n".join(physical).replace("\r\n ", "").split("\r\n")


class Feed:
    """A feed as read: its properties, its zones, its events."""

    def __init__(self, feed: bytes) -> None:
        self.calendar = parse(feed)
        definitions = [child for child in self.calendar.children if child.kind == "VTIMEZONE"]
        self.zones = {_unescape(_value(child, "TZID")): Zone(child) for child in definitions}
        if len(self.zones) != len(definitions):
            raise ValueError("a TZID is declared twice")
        self.nodes = [child for child in self.calendar.children if child.kind != "VTIMEZONE"]

    def events(self) -> list[Event]:
        return [self._event(node) for node in self.nodes]

    def instances(self, key: str, count: int) -> list[str]:
        """Return the first starts of a recurrence: expanded in wall-clock time, each then bound to the zone."""
        node = next(node for node, event in zip(self.nodes, self.events(), strict=True) if event.key == key)
        start = node.one("DTSTART")
        assert start is not None
        wall = _moment(start.value.removesuffix("Z"))
        rule = _value(node, "RRULE")
        until = re.findall(r"UNTIL=(\d{8}T\d{6}Z)", rule)
        text = re.sub(r";?UNTIL=\w+", "", rule)
        excluded = {time for each in node.every("EXDATE") for time in self._times(each)}
        found = []
        for time in islice(rrulestr(text, dtstart=wall), count + 20):
            written = self._time(time.strftime("%Y%m%dT%H%M%S") + start.value[15:], start.parameters)
            if until and written > self._time(until[0], {}):
                break
            if written not in excluded:
                found.append(written)
        return found[:count]

    def _event(self, node: Node) -> Event:
        return Event(
            kind=node.kind,
            uid=_value(node, "UID") if node.one("UID") else "",
            start=self._first(node, "DTSTART"),
            end=self._first(node, "DTEND") or self._first(node, "DUE"),
            recurrence_id=self._first(node, "RECURRENCE-ID"),
            exdates=[time for each in node.every("EXDATE") for time in self._times(each)],
            rdates=[time for each in node.every("RDATE") for time in self._times(each)],
            texts={each.name: _unescape(each.value) for each in node.properties if each.name in TEXTS},
            alarms=sum(child.kind == "VALARM" for child in node.children),
        )

    def _first(self, node: Node, name: str) -> str | None:
        found = node.one(name)
        return self._time(found.value, found.parameters) if found else None

    def _times(self, each: Property) -> list[str]:
        return [self._period(value, each.parameters) for value in each.value.split(",")]

    def _period(self, value: str, parameters: dict[str, str]) -> str:
        start, slash, end = value.partition("/")
        if not slash:
            return self._time(value, parameters)
        return self._time(start, parameters) + "/" + (end if end[0] in "P+-" else self._time(end, parameters))

    def _time(self, value: str, parameters: dict[str, str]) -> str:
        tzid = parameters.get("TZID")
        if len(value) == 8:
            if parameters.get("VALUE") != "DATE" or tzid is not None:
                raise ValueError(f"{value} is a day, but its parameters are {parameters}")
            return date.fromisoformat(f"{value[:4]}-{value[4:6]}-{value[6:]}").isoformat()
        if value.endswith("Z"):
            if tzid is not None:
                raise ValueError(f"{value} is in UTC, but has TZID={tzid}")
            return _moment(value[:-1]).isoformat() + "Z"
        if tzid is None:
            return _moment(value).isoformat()
        zone = self.zones.get(tzid.strip('"'))
        if zone is None:
            return f"{_moment(value).isoformat()} in {tzid}"
        return zone.utc(_moment(value)).astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] in "nN" else match[1], text)
