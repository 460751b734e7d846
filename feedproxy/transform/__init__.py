"""One base in, one feed out. Pure: octets and values in, octets and a report out."""

from feedproxy.transform.assembly import Overlay, Rendered, Shared, assemble, render, write_overlay
from feedproxy.transform.listing import CalendarEvent
from feedproxy.transform.losses import lost_ahead
from feedproxy.transform.pipeline import Base, Options, index, index_joined
from feedproxy.transform.report import Change, Report, ZoneReport
from feedproxy.transform.settle import settle
from feedproxy.transform.still import empty_calendar, still
from feedproxy.transform.streaming import stream

__all__ = [
    "Base",
    "CalendarEvent",
    "Change",
    "Options",
    "Overlay",
    "Rendered",
    "Report",
    "Shared",
    "ZoneReport",
    "assemble",
    "empty_calendar",
    "index",
    "index_joined",
    "lost_ahead",
    "render",
    "settle",
    "still",
    "stream",
    "write_overlay",
]
