"""One base in, one feed out. Pure: octets and values in, octets and a report out."""

from feedproxy.transform.assembly import Overlay, Rendered, Shared, assemble, render, write_overlay
from feedproxy.transform.pipeline import Base, Options, index, index_joined
from feedproxy.transform.report import Change, Report, ZoneReport

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
    "render",
    "write_overlay",
]
