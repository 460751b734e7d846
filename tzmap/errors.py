"""The errors of tzmap.

TzmapError (a ValueError)
├── UnknownZone      a zone name the tzdata package does not hold
└── BadDefinition    a VTIMEZONE that cannot be read as one
"""


class TzmapError(ValueError):
    """Anything tzmap refuses; the message is one line that names the place and the fix."""


class UnknownZone(TzmapError):
    """A name was used as an IANA zone and is none."""

    def __init__(self, zone: str) -> None:
        super().__init__(f"{zone!r} is not a zone of the installed tzdata; use a name from tzmap.zone_names()")
        self.zone = zone


class BadDefinition(TzmapError):
    """A VTIMEZONE without a usable observance, or one that would cost too much to expand."""
