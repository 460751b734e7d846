"""What a request to subscribe comes to: by which method, with which tags."""

from collections.abc import Iterable
from uuid import UUID

from feedproxy.model import Method, Tag

GOOGLE_DEVICES = ("Android", "CrOS")
"""In the User-Agents of devices whose calendar is Google's."""


class UnknownTag(ValueError):
    """The calendar has no such tag, or the two ids given are of different ones."""


def method_for(asked: Method | None, user_agent: str) -> Method:
    """Return the method that was asked for, else the one that fits the device."""
    return asked or ("google" if any(device in user_agent for device in GOOGLE_DEVICES) else "webcal")


def named_tag(tags: Iterable[Tag], internal_id: UUID | None, external_id: str | None) -> Tag:
    """Return the tag of these ids, at least one of which must be given. Raises UnknownTag."""
    for tag in tags:
        if internal_id in (tag.id, None) and external_id in (tag.external_id, None) and (internal_id or external_id):
            return tag
    raise UnknownTag
