"""What the documentation tells of every route, in the order in which it is told."""

from feedproxy.web.operations import (
    admin,
    documentation,
    events,
    feeds,
    google,
    health,
    oauth,
    subscriptions,
    time_zones,
)
from feedproxy.web.operations.form import Answer, Example, Operation, Parameter

OPERATIONS: tuple[Operation, ...] = (
    *oauth.OPERATIONS,
    *feeds.OPERATIONS,
    *subscriptions.OPERATIONS,
    *google.OPERATIONS,
    *events.OPERATIONS,
    *time_zones.OPERATIONS,
    *health.OPERATIONS,
    *documentation.OPERATIONS,
    *admin.OPERATIONS,
)

__all__ = ["OPERATIONS", "Answer", "Example", "Operation", "Parameter"]
