"""Calendars, their sources and tags; subscriptions of our own, with private events; consents."""

from typing import Literal

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make and widen the tables. The subscriptions that are there stay the upstream's, the events their accounts'."""
    _widen_accounts()
    _make_calendars()
    _widen_subscriptions()
    _widen_events()
    _make_consents()


def _widen_accounts() -> None:
    # Only a new table can number so that no number is given twice.
    whole: Literal["always", "never"] = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("accounts", recreate=whole, table_kwargs={"sqlite_autoincrement": True}) as table:
        table.add_column(sa.Column("name", sa.Text(), nullable=False, server_default=""))
    with op.batch_alter_table("applications") as table:
        table.add_column(sa.Column("error_style", sa.Text(), nullable=False, server_default="documented"))
        table.add_column(sa.Column("webcal_create_body", sa.Text(), nullable=False, server_default="bare"))
        table.add_column(sa.Column("redirect_uris", sa.Text(), nullable=False, server_default="[]"))


def _make_calendars() -> None:
    op.create_table(
        "calendar_sources",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded_name", sa.Text(), nullable=False, comment="the name without regard to case"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("url_digest", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_calendar_sources_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_calendar_sources"),
        sa.UniqueConstraint("account_id", "folded_name", name="uq_calendar_sources_account_id_folded_name"),
    )
    op.create_table(
        "calendars",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("folded_code", sa.Text(), nullable=False, comment="the code without regard to case"),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("image", sa.Text(), nullable=False),
        sa.Column("protected", sa.Boolean(), nullable=False),
        sa.Column("single_subscription", sa.Boolean(), nullable=False),
        sa.Column("time_zones", sa.Text(), nullable=False),
        sa.Column("on_deactivate", sa.Text()),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_calendars_account_id_accounts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["source_id"], ["calendar_sources.id"], name="fk_calendars_source_id_calendar_sources"),
        sa.PrimaryKeyConstraint("id", name="pk_calendars"),
        sa.UniqueConstraint("account_id", "folded_code", name="uq_calendars_account_id_folded_code"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_calendars_source_id", "calendars", ["source_id"])
    op.create_table(
        "tags",
        sa.Column("calendar_id", ROW_ID, nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded_text", sa.Text(), nullable=False, comment="the text without regard to case"),
        sa.Column("external_id", sa.Text()),
        sa.ForeignKeyConstraint(
            ["calendar_id"], ["calendars.id"], name="fk_tags_calendar_id_calendars", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("calendar_id", "id", name="pk_tags"),
        sa.UniqueConstraint("calendar_id", "folded_text", name="uq_tags_calendar_id_folded_text"),
        sa.UniqueConstraint("calendar_id", "external_id", name="uq_tags_calendar_id_external_id"),
    )


def _widen_subscriptions() -> None:
    without_case = "without regard to case"
    single = "the subscriber, while active in a calendar of single subscriptions"
    with op.batch_alter_table("subscriptions") as table:
        table.drop_index("ix_subscriptions_account_id")
        table.alter_column(
            "origin",
            new_column_name="state",
            existing_type=sa.Text(),
            existing_nullable=False,
            existing_comment="upstream: only the upstream knows its feed",
            comment=None,
        )
        table.add_column(sa.Column("calendar_id", ROW_ID, comment="null: only the upstream knows its feed"))
        table.add_column(_text("method", "webcal"))
        table.add_column(_text("subscriber_id", ""))
        table.add_column(_text("user_name", ""))
        table.add_column(_text("folded_subscriber_id", "", comment=without_case))
        table.add_column(_text("folded_user_name", "", comment=without_case))
        table.add_column(_text("email", ""))
        table.add_column(_text("facts", "{}"))
        table.add_column(_text("wishes", "{}", comment="but for the tags"))
        no_login = "null like the digest: the feed wants no login"
        table.add_column(sa.Column("login_user_name", sa.Text(), comment=no_login))
        table.add_column(sa.Column("login_password_digest", sa.LargeBinary()))
        table.add_column(sa.Column("single_key", sa.Text(), comment=single))
        table.add_column(sa.Column("updated_at", INSTANT))
        table.add_column(sa.Column("deactivated_at", INSTANT))
        table.add_column(_text("deactivated_by", ""))
        table.create_foreign_key(
            "fk_subscriptions_calendar_id_calendars", "calendars", ["calendar_id"], ["id"], ondelete="CASCADE"
        )
    op.execute("UPDATE subscriptions SET updated_at = created_at")
    with op.batch_alter_table("subscriptions") as table:
        table.alter_column("updated_at", existing_type=INSTANT, nullable=False)
    for columns in (
        ["account_id", "id"],
        ["calendar_id", "id"],
        ["account_id", "folded_subscriber_id"],
        ["account_id", "folded_user_name"],
    ):
        op.create_index(f"ix_subscriptions_{'_'.join(columns)}", "subscriptions", columns)
    _make_unique_index(
        "uq_subscriptions_calendar_id_single_key",
        "subscriptions",
        ["calendar_id", "single_key"],
        where="single_key IS NOT NULL",
    )
    op.create_table(
        "subscription_tags",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("calendar_id", ROW_ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name="fk_subscription_tags_subscription_id_subscriptions",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["calendar_id", "tag_id"],
            ["tags.calendar_id", "tags.id"],
            name="fk_subscription_tags_calendar_id_tag_id_tags",
        ),
        sa.PrimaryKeyConstraint("subscription_id", "tag_id", name="pk_subscription_tags"),
    )
    op.create_index("ix_subscription_tags_calendar_id_tag_id", "subscription_tags", ["calendar_id", "tag_id"])
    op.create_table(
        "frozen_feeds",
        sa.Column("subscription_id", sa.Uuid(), nullable=False),
        sa.Column("gzip", sa.LargeBinary(), nullable=False),
        sa.Column("last_modified", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["subscriptions.id"],
            name="fk_frozen_feeds_subscription_id_subscriptions",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("subscription_id", name="pk_frozen_feeds"),
    )


def _widen_events() -> None:
    with op.batch_alter_table("personal_events") as table:
        table.drop_constraint("uq_personal_events_account_id_event_id", type_="unique")
        table.add_column(sa.Column("owner", sa.Uuid(), comment="null: the account's"))
        table.create_foreign_key(
            "fk_personal_events_owner_subscriptions", "subscriptions", ["owner"], ["id"], ondelete="CASCADE"
        )
        table.create_unique_constraint("uq_personal_events_owner_event_id", ["owner", "event_id"])
    _make_unique_index(
        "uq_personal_events_account_id_event_id",
        "personal_events",
        ["account_id", "event_id"],
        where="owner IS NULL",
    )


def _make_consents() -> None:
    op.create_table(
        "consents",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_consents_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name="pk_consents"),
    )
    op.create_index("ix_consents_account_id", "consents", ["account_id"])
    op.create_index("ix_consents_expires_at", "consents", ["expires_at"])
    op.create_table(
        "grants",
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("subscriber_key", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_grants_account_id_accounts", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "subscriber_key", name="pk_grants"),
    )


def _text(name: str, default: str, *, comment: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default=default, comment=comment)


def _make_unique_index(name: str, table: str, columns: list[str], *, where: str) -> None:
    op.create_index(name, table, columns, unique=True, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
