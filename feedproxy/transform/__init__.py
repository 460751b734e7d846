"""One base in, one feed out. Pure: octets and values in, octets and a report out."""

from feedproxy.transform.assembly import Rendered, assemble, render
from feedproxy.transform.pipeline import Base, Options, index
from feedproxy.transform.report import Change, Report, ZoneReport

__all__ = ["Base", "Change", "Options", "Rendered", "Report", "ZoneReport", "assemble", "index", "render"]
