"""The tables. A change here goes with a new file in `migrations/versions`; a test holds the two together."""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)

from feedproxy.store.columns import ROW_ID, Instant, Json, WallTime

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


def _unique_where(name: str, *columns: Column[Any], where: Any) -> Index:
    """Return a unique index of those rows only for which `where` holds."""
    return Index(name, *columns, unique=True, sqlite_where=where, postgresql_where=where)


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
    Column("name", Text, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
"""Numbers are never given twice here either: whoever still holds one of an account that is gone finds nothing."""

applications = Table(
    "applications",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("secret_digest", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("error_style", Text, nullable=False, server_default="documented"),
    Column("webcal_create_body", Text, nullable=False, server_default="bare"),
    Column("redirect_uris", Json, nullable=False, server_default="[]"),
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

calendar_sources = Table(
    "calendar_sources",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("folded_name", Text, nullable=False, comment="the name without regard to case"),
    Column("sealed", LargeBinary, nullable=False),
    Column("url_digest", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("account_id", "folded_name"),
)

calendars = Table(
    "calendars",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False),
    Column("code", Text, nullable=False),
    Column("folded_code", Text, nullable=False, comment="the code without regard to case"),
    Column("source_id", Uuid, ForeignKey("calendar_sources.id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("image", Text, nullable=False),
    Column("protected", Boolean, nullable=False),
    Column("single_subscription", Boolean, nullable=False),
    Column("time_zones", Json, nullable=False),
    Column("on_deactivate", Text),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    UniqueConstraint("account_id", "folded_code"),
    sqlite_autoincrement=True,
)

tags = Table(
    "tags",
    metadata,
    Column("calendar_id", ROW_ID, _belongs_to("calendars.id"), primary_key=True),
    Column("id", Uuid, primary_key=True),
    Column("text", Text, nullable=False),
    Column("folded_text", Text, nullable=False, comment="the text without regard to case"),
    Column("external_id", Text),
    UniqueConstraint("calendar_id", "folded_text"),
    UniqueConstraint("calendar_id", "external_id"),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False),
    Column("calendar_id", ROW_ID, _belongs_to("calendars.id"), comment="null: only the upstream knows its feed"),
    Column("state", Text, nullable=False),
    Column("method", Text, nullable=False, server_default="webcal"),
    Column("subscriber_id", Text, nullable=False, server_default=""),
    Column("user_name", Text, nullable=False, server_default=""),
    Column("folded_subscriber_id", Text, nullable=False, server_default="", comment="without regard to case"),
    Column("folded_user_name", Text, nullable=False, server_default="", comment="without regard to case"),
    Column("email", Text, nullable=False, server_default=""),
    Column("facts", Json, nullable=False, server_default="{}"),
    Column("wishes", Json, nullable=False, server_default="{}", comment="but for the tags"),
    Column("login_user_name", Text, comment="null like the digest: the feed wants no login"),
    Column("login_password_digest", LargeBinary),
    Column("single_key", Text, comment="the subscriber, while active in a calendar of single subscriptions"),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("deactivated_at", Instant),
    Column("deactivated_by", Text, nullable=False, server_default=""),
    Index("ix_subscriptions_account_id_id", "account_id", "id"),
    Index("ix_subscriptions_calendar_id_id", "calendar_id", "id"),
    Index("ix_subscriptions_account_id_folded_subscriber_id", "account_id", "folded_subscriber_id"),
    Index("ix_subscriptions_account_id_folded_user_name", "account_id", "folded_user_name"),
)

one_active_subscription = _unique_where(
    "uq_subscriptions_calendar_id_single_key",
    subscriptions.c.calendar_id,
    subscriptions.c.single_key,
    where=subscriptions.c.single_key.is_not(None),
)

subscription_tags = Table(
    "subscription_tags",
    metadata,
    Column("subscription_id", Uuid, _belongs_to("subscriptions.id"), primary_key=True),
    Column("tag_id", Uuid, primary_key=True),
    Column("calendar_id", ROW_ID, nullable=False),
    ForeignKeyConstraint(["calendar_id", "tag_id"], ["tags.calendar_id", "tags.id"]),
    Index("ix_subscription_tags_calendar_id_tag_id", "calendar_id", "tag_id"),
)
"""A tag that a subscription wants cannot be removed."""

frozen_feeds = Table(
    "frozen_feeds",
    metadata,
    Column("subscription_id", Uuid, _belongs_to("subscriptions.id"), primary_key=True),
    Column("gzip", LargeBinary, nullable=False),
    Column("last_modified", Instant, nullable=False),
)

consents = Table(
    "consents",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("expires_at", Instant, nullable=False, index=True),
)

grants = Table(
    "grants",
    metadata,
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), primary_key=True),
    Column("subscriber_key", Text, primary_key=True),
    Column("email", Text, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
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
    Column("owner", Uuid, _belongs_to("subscriptions.id"), comment="null: the account's"),
    UniqueConstraint("owner", "event_id"),
)

account_event_id = _unique_where(
    "uq_personal_events_account_id_event_id",
    personal_events.c.account_id,
    personal_events.c.event_id,
    where=personal_events.c.owner.is_(None),
)

past_sequences = Table(
    "past_sequences",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("account_id", ROW_ID, _belongs_to("accounts.id"), nullable=False),
    Column("event_id", Text, nullable=False),
    Column("owner", Uuid, _belongs_to("subscriptions.id"), comment="null: the account's"),
    Column("sequence", Integer, nullable=False),
    Column("ended_at", Instant, nullable=False, index=True),
    UniqueConstraint("owner", "event_id"),
)

account_past_event_id = _unique_where(
    "uq_past_sequences_account_id_event_id",
    past_sequences.c.account_id,
    past_sequences.c.event_id,
    where=past_sequences.c.owner.is_(None),
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
    Column("held_refused", Boolean, comment="null, too, where it was held back by an earlier release"),
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

past_fetches = Table(
    "past_fetches",
    metadata,
    Column("number", ROW_ID, primary_key=True),
    Column("source", Text, nullable=False),
    Column("ended_at", Instant, nullable=False, index=True),
    Column("seconds", Double, nullable=False),
    Column("result", Text, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text),
    Column("status", Integer),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("octets", Integer),
    Column("events", Integer),
    Column("digest", LargeBinary),
    Index(None, "source", "number"),
    sqlite_autoincrement=True,
)

past_bodies = Table(
    "past_bodies",
    metadata,
    Column("source", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),
    Column("kept_at", Instant, nullable=False),
    Column("octets", Integer, nullable=False, comment="of deflated_body"),
    Column("deflated_body", LargeBinary, nullable=False),
    Index(None, "kept_at", "octets"),
)

feed_health = Table(
    "feed_health",
    metadata,
    Column("source", Text, primary_key=True),
    Column("health", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("looked_at", Instant, nullable=False, index=True),
    Column("reason", Text),
    Column("last_good_at", Instant),
    Column("events", Integer, nullable=False),
)
