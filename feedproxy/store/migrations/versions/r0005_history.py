"""What looks upstream have ended in, the bodies that came, and how feeds are doing."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "past_fetches",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("ended_at", INSTANT, nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("status", sa.Integer()),
        sa.Column("etag", sa.Text()),
        sa.Column("last_modified", sa.Text()),
        sa.Column("octets", sa.Integer()),
        sa.Column("events", sa.Integer()),
        sa.Column("digest", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("number", name="pk_past_fetches"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_past_fetches_source_number", "past_fetches", ["source", "number"])
    op.create_index("ix_past_fetches_ended_at", "past_fetches", ["ended_at"])
    op.create_table(
        "past_bodies",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("kept_at", INSTANT, nullable=False),
        sa.Column("octets", sa.Integer(), nullable=False, comment="of deflated_body"),
        sa.Column("deflated_body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("source", "digest", name="pk_past_bodies"),
    )
    op.create_index("ix_past_bodies_kept_at_octets", "past_bodies", ["kept_at", "octets"])
    op.create_table(
        "feed_health",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("health", sa.Text(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("looked_at", INSTANT, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("last_good_at", INSTANT),
        sa.Column("events", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_feed_health"),
    )
    op.create_index("ix_feed_health_looked_at", "feed_health", ["looked_at"])
