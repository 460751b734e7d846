"""Which kind of calendar client asks, as its User-Agent says."""

from functools import lru_cache

CLIENT_FAMILIES = (
    ("google-calendar-importer", "google"),
    ("dataaccessd", "apple"),
    ("calendaragent", "apple"),
    ("outlook", "outlook"),
    ("microsoft", "outlook"),
    ("exchange", "outlook"),
    ("thunderbird", "thunderbird"),
    ("evolution", "evolution"),
    ("icsx5", "icsx5"),
    ("vdirsyncer", "vdirsyncer"),
    ("curl/", "curl"),
)
"""What is looked for in a User-Agent, in this order, without regard to case."""


@lru_cache(maxsize=1_024)
def client_family(user_agent: str) -> str:
    """Return which kind of calendar client this is, of few enough kinds for a metric's label."""
    lowered = user_agent.lower()
    return next((family for mark, family in CLIENT_FAMILIES if mark in lowered), "other")
