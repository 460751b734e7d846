"""What operators see of subscriptions."""

from datetime import datetime
from typing import Self
from uuid import UUID

from feedproxy.admin.fields import ShownModel
from feedproxy.admin.tags import ShownTag
from feedproxy.model import Method, State, Subscription


class ShownSubscription(ShownModel):
    """A subscription. `calendar` is a code; null where only the upstream knows the feed."""

    id: UUID
    calendar: str | None
    state: State
    method: Method
    subscriber_id: str
    user_name: str
    email_address: str
    tags: tuple[ShownTag, ...]
    time_zone_id: str
    created_at: datetime
    updated_at: datetime
    deactivated_at: datetime | None
    deactivated_by: str

    @classmethod
    def of(cls, subscription: Subscription) -> Self:
        """Show a subscription."""
        return cls(
            id=subscription.id,
            calendar=None if subscription.calendar is None else subscription.calendar.code,
            state=subscription.state,
            method=subscription.method,
            subscriber_id=subscription.subscriber.subscriber_id,
            user_name=subscription.subscriber.user_name,
            email_address=subscription.subscriber.email,
            tags=tuple(map(ShownTag.of, subscription.wishes.tags)),
            time_zone_id=subscription.wishes.zone,
            created_at=subscription.created_at,
            updated_at=subscription.updated_at,
            deactivated_at=subscription.deactivated_at,
            deactivated_by=subscription.deactivated_by,
        )


class SubscriptionPage(ShownModel):
    """A page of subscriptions, and the id after which the next one begins; null: this is the last."""

    subscriptions: tuple[ShownSubscription, ...]
    next: UUID | None
