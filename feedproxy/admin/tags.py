"""Tags of a calendar: by them subscribers choose among its events."""

from datetime import datetime
from typing import Self
from uuid import UUID, uuid4

from pydantic import ConfigDict, Field

from feedproxy.admin.fields import Name, ShownModel, StrictModel, without_defaults
from feedproxy.errors import NotFound
from feedproxy.model import Calendar, Tag
from feedproxy.store import Store


class TagChange(StrictModel):
    """What may be changed of a tag."""

    model_config = ConfigDict(json_schema_extra=without_defaults)

    text: Name = Field(default="", description="One of an event's CATEGORIES, whatever the case.")
    external_id: Name | None = Field(default=None, description="What you call it; null: nothing.")


class NewTag(TagChange):
    """A tag to be made."""

    model_config = ConfigDict(json_schema_extra={})

    text: Name = Field(description="One of an event's CATEGORIES, whatever the case.")


class ShownTag(ShownModel):
    """A tag. `id` is the internalId of the API."""

    id: UUID
    text: str
    external_id: str | None

    @classmethod
    def of(cls, tag: Tag) -> Self:
        """Show a tag."""
        return cls(id=tag.id, text=tag.text, external_id=tag.external_id)


def wanted(calendar: Calendar, written: str) -> Tag:
    """Return the calendar's tag of that id. Raises NotFound."""
    for tag in calendar.tags:
        if written.casefold() in {str(tag.id), tag.id.hex}:
            return tag
    raise NotFound(f"the calendar {calendar.code} has no tag {written!r}")


async def add(store: Store, calendar: Calendar, new: NewTag, *, now: datetime) -> Tag:
    """Add a tag. Raises Conflict if the calendar has one of that text."""
    return await store.add_tag(calendar, id=uuid4(), text=new.text, external_id=new.external_id, now=now)


async def change(
    store: Store, calendar: Calendar, tag: Tag, change: TagChange, *, now: datetime
) -> tuple[Tag, frozenset[UUID]]:
    """Change what is given of a tag; return it, and the subscriptions whose feeds that changes."""
    given = change.given()
    return await store.change_tag(
        calendar,
        tag,
        text=given.get("text", tag.text),
        external_id=given.get("external_id", tag.external_id),
        now=now,
    )
