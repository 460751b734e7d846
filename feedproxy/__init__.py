"""An iCalendar feed proxy and transformer: right time, never empty, same bytes, explainable."""

__version__ = "0.1.0"
