"""The tables. A change here goes with a new file in `migrations/versions`; a test holds the two together."""

from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Integer, LargeBinary, MetaData, Table, Text, UniqueConstraint, Uuid

from feedproxy.store.columns import ROW_ID, Instant, WallTime

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
"""Every constraint has a name, so that a later migration can name it."""


def _belongs_to(column: str) -> Any:
    return ForeignKey(column, ondelete="CASCADE")


server_keys = Table(
    "server_keys",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", LargeBinary, nullable=False),
)

accounts = Table(
    "accounts",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("code", Text, nullable=False),
    Column("folded_code", Text, nullable=False, unique=True, comment="the code without regard to case"),
    Column("created_at", Instant, nullable=False),
)

applications = Table(
    "applications",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
)

token_families = Table(
    "token_families",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("client_id", Text, _belongs_to("applications.client_id"), nullable=False, index=True),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("family_id", Uuid, _belongs_to("token_families.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False, index=True),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("family_id", Uuid, _belongs_to("token_families.id"), nullable=False, index=True),
    Column("expires_at", Instant, nullable=False, index=True),
    Column("used_at", Instant),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False, index=True),
    Column("origin", Text, nullable=False, comment="upstream: only the upstream knows its feed"),
    Column("created_at", Instant, nullable=False),
)

personal_events = Table(
    "personal_events",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("start", WallTime, nullable=False),
    Column("end", WallTime, nullable=False),
    Column("zone", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("location", Text, nullable=False),
    Column("notify_before", Integer, comment="minutes"),
    Column("visible_from", Instant),
    Column("sequence", Integer, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("account_id", "event_id"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("subscription_id", Uuid, _belongs_to("subscriptions.id"), primary_key=True),
    Column("personal_event_id", ROW_ID, _belongs_to("personal_events.id"), primary_key=True, index=True),
)

last_good = Table(
    "last_good",
    metadata,
    Column("source", Text, primary_key=True),
    Column("deflated_body", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("events", Integer, nullable=False),
    Column("fetched_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("rendered", LargeBinary),
    Column("edition", Text),
    Column("edition_at", Instant),
    Column("held_reason", Text, comment="all of held_* are null when nothing is held back"),
    Column("held_text", Text),
    Column("held_events", Integer),
    Column("held_since", Instant),
    Column("held_accepted", Boolean),
)

generations = Table(
    "generations",
    metadata,
    Column("source", Text, primary_key=True, comment="empty: all sources; both count. Outlives the last good answer"),
    Column("number", Integer, nullable=False),
)

changes = Table(
    "changes",
    metadata,
    Column("number", ROW_ID, primary_key=True),
    Column("subscription_ids", LargeBinary, nullable=False, comment="16 octets each"),
    Column("noted_at", Instant, nullable=False, index=True),
    sqlite_autoincrement=True,
)
"""Numbers are never given twice, also when the rows are gone."""
