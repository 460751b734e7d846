"""The log: one JSON object a line, gathered in memory and written a few times a second.

A line holds no secret: URLs lose user, path and query, GUIDs and credentials are cut out, and of an exception its type,
its place, the first line of its text and what caused it remain.
"""

import asyncio
import json
import logging
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import TextIO

FLUSH_SECONDS = 0.5
MAX_LINES = 256
"""So many lines are written at once even if the time has not come: more would push what is served out of the caches."""

_SECRETS = (
    (
        re.compile(r"\b([a-z][a-z0-9+.-]*://)(?:[^\s/@'\"]*@)?([^\s/?#'\"<>)\]]*)[^\s'\"<>)\]]*", re.IGNORECASE),
        r"\1\2/...",
    ),
    (re.compile(r"\b(Basic|Bearer)\s+[\w.~+/=-]+", re.IGNORECASE), r"\1 ..."),
    (re.compile(r"\b[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\b", re.IGNORECASE), "(id)"),
)


class LogBuffer:
    """Lines on their way to a stream, from any thread. Who notes facts, and makes lines of them later, is a source."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._sources: list[Callable[[], Iterable[str]]] = []
        self._lock = threading.RLock()

    def add_source(self, lines: Callable[[], Iterable[str]]) -> None:
        """Ask a source for the lines that it has not given yet whenever another line comes, or lines are written."""
        self._sources.append(lines)

    def write(self, line: str) -> None:
        """Take a line, without its newline."""
        with self._lock:
            self._take()
            self._lines.append(line)
            if len(self._lines) >= MAX_LINES:
                self.flush()

    def flush(self) -> None:
        """Write what is held; a stream whose reader has gone takes nothing more and nobody minds."""
        with self._lock:
            self._take()
            lines, self._lines = self._lines, []
            if lines:
                with suppress(OSError, ValueError):
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()

    def _take(self) -> None:
        for source in self._sources:
            self._lines.extend(source())


class BufferedHandler(logging.Handler):
    """Sends log records to a buffer; an error is written at once."""

    def __init__(self, buffer: LogBuffer) -> None:
        super().__init__()
        self._buffer = buffer
        self.setFormatter(JsonFormatter())

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        self._buffer.write(self.format(record))
        if record.levelno >= logging.ERROR:
            self._buffer.flush()


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object; `extra={"fields": {...}}` adds members to it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields: Mapping[str, object] = getattr(record, "fields", {})
        line = {
            "time": timestamp(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "event": scrub(record.getMessage()),
            "logger": record.name,
            **{name: scrub(value) if isinstance(value, str) else value for name, value in fields.items()},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= _exception(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def configure(buffer: LogBuffer, level: str) -> None:
    """Send all log records of this process to the buffer, from `level` up."""
    logging.captureWarnings(capture=True)
    logging.basicConfig(handlers=[BufferedHandler(buffer)], level=level.upper(), force=True)
    logging.getLogger("alembic").setLevel("WARNING")


async def keep_flushing(*flushes: Callable[[], None]) -> None:
    """Write what is held twice a second, until cancelled."""
    while True:
        await asyncio.sleep(FLUSH_SECONDS)
        for flush in flushes:
            flush()


def timestamp(moment: datetime) -> str:
    """Write an aware time in UTC as RFC 3339 does, in milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def scrub(text: str) -> str:
    """Cut URLs' users, paths and queries, credentials and GUIDs out of a text."""
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _exception(error: BaseException) -> dict[str, object]:
    frames = traceback.extract_tb(error.__traceback__)
    said: dict[str, object] = {
        "error": type(error).__qualname__,
        "text": _first_line(error),
        "trace": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    if (cause := error.__cause__) is not None:
        said["cause"] = f"{type(cause).__qualname__}: {_first_line(cause)}"
    return said


def _first_line(error: BaseException) -> str:
    return scrub(str(error).partition("\n")[0][:200])
