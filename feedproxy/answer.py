"""What the feed route is answered: a feed, or why there is none."""

from dataclasses import dataclass
from typing import Literal

from feedproxy.model import Feed


@dataclass(frozen=True, slots=True)
class Served:
    """A feed, and how it was come by. `reason`: why a stale one is not newer, if a look upstream has failed."""

    feed: Feed
    status: Literal["hit", "stale", "miss"]
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AuthRequired:
    """The feed wants credentials, or other ones."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows this subscription."""


@dataclass(frozen=True, slots=True)
class Gone:
    """The subscription is over, and whoever deactivated it wanted nothing to be left of it."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is nothing good to serve, for this reason; try again after so many seconds."""

    reason: str
    retry_after: int


@dataclass(frozen=True, slots=True)
class Withheld:
    """These credentials have never opened the feed, and may not be tried now."""


Failure = AuthRequired | Unknown | Gone | Nothing
Answer = Served | Failure | Withheld
