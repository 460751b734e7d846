"""What keeps feedproxy from running well here: each finding is ok, a warning or a failure, and says how to mend it.

    ok        as it should be
    warning   it runs, but is slower, less safe or nearer to trouble than it need be
    failure   it does not run, or serves nothing new

Nothing is made or changed, but for a key in Redis that says it can be written to. Findings name files, hosts and
settings; no password, no key and no feed.

Zone data. The newest edition that can be known without asking anybody is the newest of three: the one that this release
was made with (its packaging says so), the one of the host, and, by the calendar, none of the year before last: IANA has
never let a year pass without one. Where the package `tzdata`, the only one that is used, is behind, events may be shown
at the wrong hour.
"""

import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, requires
from ipaddress import ip_address
from pathlib import Path
from typing import Literal

from feedproxy.config import Settings, effective
from tzmap import TZDATA_EDITION

Level = Literal["ok", "warning", "failure"]

CLOCK_WARNING = timedelta(seconds=5)
CLOCK_FAILURE = timedelta(minutes=5)
"""Processes that share work compare times: locks, freshness and tokens bear a few seconds, no more."""

OTHER_FILES = 256
"""File descriptors that are not clients' connections."""

_EDITION = re.compile(r"(\d{4})([a-z])")
_PACKAGED = re.compile(r"tzdata>=(\d{4})\.(\d+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, what was seen, and what mends it."""

    check: str
    level: Level
    text: str
    fix: str = ""


def as_json(findings: Iterable[Finding]) -> dict[str, object]:
    """Return the findings for programs; `ok` is whether there is no failure."""
    listed = [{"check": f.check, "level": f.level, "text": f.text, "fix": f.fix} for f in findings]
    return {"ok": all(each["level"] != "failure" for each in listed), "findings": listed}


def settings_findings(settings: Settings, *, traces_missing: bool) -> Iterator[Finding]:
    """Look at the settings, which are sound in themselves, for what is unwise together.

    `traces_missing`: the environment asks for traces, and what makes them is not installed.
    """
    is_sqlite = settings.database_url.get_secret_value().startswith("sqlite:")
    shown = effective(settings)
    if settings.secret_key.get_secret_value():
        yield Finding("secret key", "ok", "it is a setting")
    elif is_sqlite:
        yield Finding("secret key", "ok", "it is kept in the database")
    else:
        yield Finding(
            "secret key",
            "warning",
            "it is kept in the database, beside what it protects: who has a dump has both",
            "set secret_key (FEEDPROXY_SECRET_KEY) before the first start; `openssl rand -hex 32` makes one",
        )
    if settings.workers > 1 and is_sqlite:
        yield Finding(
            "workers",
            "warning",
            f"{settings.workers} processes share a SQLite file, which takes one writer at a time",
            "set database_url to a PostgreSQL",
        )
    else:
        yield Finding("workers", "ok", f"{settings.workers}, database {shown['database_url']}")
    if _is_open(settings) and not settings.require_https and not settings.public_url.startswith("https:"):
        yield Finding(
            "https",
            "warning",
            f"it listens on {settings.host} and nothing says that clients come by HTTPS: a feed's URL is its key",
            "put a reverse proxy with TLS in front, set public_url to https://..., trusted_proxies and require_https",
        )
    else:
        yield Finding("https", "ok", settings.public_url or f"it listens on {settings.host}")
    if settings.egress_mode == "report":
        yield Finding(
            "egress", "warning", "the egress policy only reports what it would refuse", 'set egress_mode = "enforce"'
        )
    if traces_missing:
        yield Finding("traces", "warning", "OTEL_... asks for traces", "pip install 'feedproxy[otel]'")


def tzdata_finding(used: str, made_with: str, host: str | None, *, now: datetime) -> Finding:
    """Compare the edition in use with the newest known: see the head of this module."""
    newest = max(filter(None, (made_with, host)), key=_edition)
    if _edition(used) < _edition(newest):
        return Finding("tzdata", "warning", f"edition {used}, while {newest} is known", "pip install --upgrade tzdata")
    if _edition(used)[0] < now.year - 1:
        return Finding("tzdata", "warning", f"edition {used} is over a year old", "pip install --upgrade tzdata")
    return Finding("tzdata", "ok", f"edition {used}")


def made_with_edition() -> str:
    """Return the edition that this release was made with: the least that its packaging takes."""
    try:
        requirements = requires("feedproxy") or []
    except PackageNotFoundError:  # run from a folder, not installed
        requirements = []
    least = next((found for each in requirements if (found := _PACKAGED.match(each))), None)
    return f"{least[1]}{chr(ord('a') - 1 + int(least[2]))}" if least is not None else TZDATA_EDITION


def host_edition(zoneinfo: Path = Path("/usr/share/zoneinfo")) -> str | None:
    """Return the edition that the host's own zone data says it is, if it says so."""
    try:
        with (zoneinfo / "tzdata.zi").open(encoding="ascii", errors="replace") as lines:
            found = _EDITION.search(lines.readline())
    except OSError:
        return None
    return found[0] if found is not None else None


def clock_finding(whose: str, theirs: datetime, before: datetime, after: datetime, *, exact: bool) -> Finding:
    """Compare a clock with ours, which said `before` when it was asked and `after` when it had answered.

    `exact`: it counts more than whole seconds.
    """
    latest = theirs if exact else theirs + timedelta(seconds=1)
    off = max(before - latest, theirs - after, timedelta(0))
    text = f"agrees with that of the {whose}"
    if off > CLOCK_WARNING:
        level: Level = "failure" if off > CLOCK_FAILURE else "warning"
        direction = "behind" if theirs > after else "ahead of"
        text = f"is {off.total_seconds():.0f} s {direction} that of the {whose}"
        return Finding("clock", level, text, "have both set by NTP (timedatectl set-ntp true)")
    return Finding("clock", "ok", text)


def file_findings(secret_files: Mapping[str, Path]) -> Iterator[Finding]:
    """Look at who else may read or write files with secrets in them, by what each is called."""
    for what, path in secret_files.items():
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as error:
            yield Finding(what, "failure", f"{path}: {(error.strerror or str(error)).lower()}", f"look after {path}")
            continue
        if mode & stat.S_IWOTH:
            yield Finding(what, "failure", f"{path} may be written by everybody", f"chmod o-rwx {path}")
        elif mode & stat.S_IROTH:
            yield Finding(what, "warning", f"{path} may be read by everybody", f"chmod o-rwx {path}")
        else:
            yield Finding(what, "ok", f"{path} is for its owner and group")


def files_finding(max_connections: int, limit: int | None) -> Finding:
    """Compare the connections that there may be with the files that may be open; None: no limit."""
    if limit is not None and limit < max_connections + OTHER_FILES:
        text = f"{limit} files may be open, and each of {max_connections} connections is one"
        return Finding("open files", "warning", text, f"LimitNOFILE={max_connections + OTHER_FILES} in the unit")
    return Finding("open files", "ok", f"enough for {max_connections} connections")


def _is_open(settings: Settings) -> bool:
    """Tell whether others than this machine can connect."""
    try:
        return not ip_address(settings.host).is_loopback
    except ValueError:
        return settings.host != "localhost"


def _edition(text: str) -> tuple[int, str]:
    found = _EDITION.fullmatch(text)
    return (int(found[1]), found[2]) if found is not None else (0, "")
