"""Request bodies: bounded, read by their content, their fields named as clients name them.

The Content-Type does not decide: curl calls every body a form unless told otherwise, and the published examples of the
CalReply API send JSON to a token endpoint that is documented as taking forms.
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import parse_qsl

from aiohttp import web

from feedproxy.errors import BadRequest, TooLarge, UnsupportedMedia
from feedproxy.web import keys, lenient_json
from feedproxy.web.field_names import field_name

MAX_FORM_FIELDS = 1_000

LARGE = 16_384
"""Octets from which a body is read in a thread: at worst, the event loop would stand still for 10 ms."""

T = TypeVar("T")

Fields = dict[str, object]
"""A body's members by `field_name`: what any client calls TimeZoneId, timezone_id or timeZoneID is `timezoneid`."""


async def read_fields(request: web.Request) -> Fields:
    """Return the members of a body by `field_name`, read as `read_object` does."""
    return await _parsed(request, parse_fields)


async def read_object(request: web.Request) -> Mapping[str, object]:
    """Return the members of a body that is one JSON object or one form, as they are named; an empty body has none.

    Form values are strings. Raises BadRequest (neither JSON object nor form), TooLarge or UnsupportedMedia.
    """
    return await _parsed(request, parse_object)


def parse_fields(octets: bytes) -> Fields:
    """Read a body's octets as `read_fields` does; of members that share a name the last wins."""
    return {field_name(name): item for name, item in parse_object(octets).items()}


def parse_object(octets: bytes) -> Mapping[str, object]:
    """Read a body's octets as `read_object` does."""
    text = _text(octets)
    if not text.lstrip().startswith(("{", "[")):
        return _form(text.strip())
    value = _json(text)
    if not isinstance(value, Mapping):
        raise BadRequest("the body must be a JSON object")
    return value


async def _parsed(request: web.Request, parse: Callable[[bytes], T]) -> T:
    octets = await read_octets(request)
    if request.content_type.startswith("multipart/") and octets.lstrip().startswith(b"--"):
        raise UnsupportedMedia("the body must be JSON or application/x-www-form-urlencoded, not multipart")
    if len(octets) > LARGE:
        return await asyncio.to_thread(parse, octets)
    return parse(octets)


async def read_octets(request: web.Request) -> bytes:
    """Return the octets of a body. Raises TooLarge, or BadRequest if it is cut off or not encoded as it says."""
    limit = request.app[keys.SETTINGS].request_max_octets
    octets = bytearray()
    try:
        async for chunk in request.content.iter_any():
            octets += chunk
            if len(octets) > limit:
                raise TooLarge(f"the body is longer than {limit} octets once decompressed")
    except (web.RequestPayloadError, ConnectionError) as error:
        raise BadRequest("the body is cut off or not encoded as its headers say") from error
    return bytes(octets)


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"the body is not UTF-8 at octet {error.start}") from error


def _json(text: str) -> object:
    try:
        return lenient_json.read(text)
    except lenient_json.NotJson as error:
        raise BadRequest(f"the body is not JSON: {error}") from error


def _form(text: str) -> dict[str, str]:
    if text and "=" not in text:
        raise BadRequest("the body is not JSON, nor is it a form")
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
    except ValueError as error:
        raise BadRequest(f"the form has more than {MAX_FORM_FIELDS} fields") from error
