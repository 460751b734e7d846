"""Pages made of what `/ops/api` answers: each template shows the values that programs are given."""

import gzip
import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files
from uuid import UUID

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from feedproxy.web.ops.desk import Asked, Desk, Values, View

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


@dataclass(frozen=True, slots=True)
class Made:
    """What is answered, the fields that tell of it, and whether it shows what is masked otherwise."""

    octets: bytes
    fields: Mapping[str, str]
    reveals: bool


async def make_page(desk: Desk, template: str, view: View, asked: Asked) -> Made:
    """Make a page for people."""
    values = await view(desk, asked)
    frame = {"token": asked.token, "path": asked.path, "query": asked.query}
    return _made(_render(template, values, frame), values, asked)


async def make_json(desk: Desk, view: View, asked: Asked) -> Made:
    """Make the same for programs."""
    values = await view(desk, asked)
    return _made(json.dumps(values, ensure_ascii=False), values, asked)


def error_page(status: int, message: str) -> web.Response:
    """Return a page that says what was refused."""
    text = _render("error.html", {"status": status, "message": message}, {"token": "", "path": ""})
    return web.Response(status=status, text=text, content_type="text/html")


def iso(instant: datetime | None) -> str | None:
    """Return a time for JSON."""
    return instant.isoformat() if instant is not None else None


def masked(text: str) -> str:
    """Return a text of which only so much is left that one can tell it from another."""
    return f"{text[:4]}***" if len(text) > 8 else "***" if text else ""


def masked_guid(guid: UUID) -> str:
    """Return a GUID with all but its first digits masked."""
    return f"{str(guid)[:4]}****-****"


def _made(text: str, values: Values, asked: Asked) -> Made:
    """Deflate a page here, where nobody waits: a tenth of the octets is a tenth of what the server passes on."""
    octets, fields = text.encode(), {"Vary": "Accept-Encoding"}
    if asked.coding == "gzip":
        octets = gzip.compress(octets, compresslevel=6, mtime=0)
        fields["Content-Encoding"] = "gzip"
    return Made(octets, fields, values.get("reveal") is True)


def _render(template: str, values: Values, frame: Values) -> str:
    """Return a page; `frame` is what it needs beside the values: the token of its forms, where it is."""
    return _environment().get_template(template).render(**values, frame=frame, style=_style())


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("feedproxy.web.ops"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(ago=_ago, utc=_utc, octets=_octets)
    return environment


@cache
def _style() -> Markup:
    return Markup((files("feedproxy.web.ops") / "ops.css").read_text("utf-8"))  # noqa: S704 # our own


def _ago(instant: str | None, now: str) -> str:
    """Say how long ago something was, or how soon it will be."""
    if instant is None:
        return "never"
    seconds = (datetime.fromisoformat(now) - datetime.fromisoformat(instant)).total_seconds()
    if abs(seconds) < 60:
        return "just now" if seconds >= 0 else "in a moment"
    size, unit = next(each for each in _UNITS if abs(seconds) >= each[0])
    count = int(abs(seconds) // size)
    return f"{count} {unit} ago" if seconds > 0 else f"in {count} {unit}"


def _utc(instant: str | None) -> str:
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M} UTC" if instant is not None else ""


def _octets(count: int | None) -> str:
    if count is None:
        return ""
    return (
        f"{count} B" if count < 1_000 else f"{count / 1_000:.1f} KB" if count < 1_000_000 else f"{count / 1e6:.1f} MB"
    )


def _security_fields() -> dict[str, str]:
    digest = b64encode(sha256(_style().encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
    }


SECURITY_FIELDS: Mapping[str, str] = _security_fields()
"""What every answer under /ops carries."""
