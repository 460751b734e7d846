"""The stand-in's subscriptions, and at which instants their events must be: worked out by hand from the feeds."""

from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from uuid import UUID

from feedproxy.demo import races
from feedproxy.policy.access import Credentials


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription that the stand-in knows; `credentials` is None where anybody may read it."""

    id: UUID
    title: str
    body: bytes
    credentials: Credentials | None = None


def _read(name: str) -> bytes:
    return files(__package__).joinpath("feeds", name).read_bytes()


LEAGUE = Subscription(UUID("5c0f3b52-7b0e-4f0e-9d55-1f3a8a6d2c11"), "Northport Gulls (public)", _read("league.ics"))
CLUB = Subscription(
    UUID("6d104c63-8c1f-4010-8e66-204b9b7e3d22"),
    "Gulls Members' Club (protected)",
    _read("club.ics"),
    Credentials(b"member", b"gulls-2027"),
)
RACES = Subscription(
    UUID("7e215d74-9d20-4121-9f77-315cac8f4e33"), f"Lagoon Races ({races.EVENTS:,} events)", races.feed()
)

SUBSCRIPTIONS = (LEAGUE, CLUB, RACES)


def _utc(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


EXPECTED = {
    LEAGUE.id: {
        "Northport Gulls at Cape Anvil Rovers": _utc(2026, 12, 5, 18, 0),  # 13:00 in New York, winter
        "Northport Gulls v. Saltmarsh United": _utc(2027, 7, 3, 23, 30),  # 19:30 in New York, summer
        "Redwood Pilots v. Northport Gulls": _utc(2027, 1, 16, 3, 0),  # 19:00 the day before in Los Angeles
        "Thamesmouth Otters v. Northport Gulls": _utc(2027, 6, 12, 14, 0),  # 15:00 in London, summer
        "Botany Sharks v. Northport Gulls": _utc(2027, 1, 9, 0, 0),  # 11:00 in Sydney, summer there
        "Northport Gulls: open training": _utc(2027, 3, 2, 22, 0),  # 17:00 in New York, winter
        "Draw for the cup, live": _utc(2027, 2, 1, 18, 0),  # given in UTC
    },
    CLUB.id: {
        "Members' breakfast": _utc(2027, 3, 20, 8, 30),  # 9:30 in Paris, winter
        "Members' evening": _utc(2027, 4, 3, 18, 30),  # 20:30 in Paris, summer
    },
}
