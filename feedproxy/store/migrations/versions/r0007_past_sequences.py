"""What SEQUENCE personal events had when they were deleted."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the table; of what was deleted so far nothing is known."""
    op.create_table(
        "past_sequences",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("account_id", ROW_ID, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("owner", sa.Uuid(), comment="null: the account's"),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name="fk_past_sequences_account_id_accounts", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["owner"], ["subscriptions.id"], name="fk_past_sequences_owner_subscriptions", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_past_sequences"),
        sa.UniqueConstraint("owner", "event_id", name="uq_past_sequences_owner_event_id"),
    )
    op.create_index("ix_past_sequences_ended_at", "past_sequences", ["ended_at"])
    mine = sa.text("owner IS NULL")
    op.create_index(
        "uq_past_sequences_account_id_event_id",
        "past_sequences",
        ["account_id", "event_id"],
        unique=True,
        sqlite_where=mine,
        postgresql_where=mine,
    )
