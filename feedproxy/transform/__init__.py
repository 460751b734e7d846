"""One base in, one feed out. Pure: octets and values in, octets and a report out."""

from feedproxy.transform.assembly import Overlay, Rendered, Shared, assemble, render, write_overlay
from feedproxy.transform.losses import lost_ahead
from feedproxy.transform.pipeline import Base, Options, index, index_joined
from feedproxy.transform.report import Change, Report, ZoneReport
from feedproxy.transform.settle import settle
from feedproxy.transform.streaming import stream

__all__ = [
    "Base",
    "Change",
    "Options",
    "Overlay",
    "Rendered",
    "Report",
    "Shared",
    "ZoneReport",
    "assemble",
    "index",
    "index_joined",
    "lost_ahead",
    "render",
    "settle",
    "stream",
    "write_overlay",
]
