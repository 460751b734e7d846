"""What was rendered of a last good answer and by which edition, what is held back, generations."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Widen the last good answers; what is there has no rendering that is known of."""
    with op.batch_alter_table("last_good") as table:
        table.add_column(sa.Column("rendered", sa.LargeBinary()))
        table.add_column(sa.Column("edition", sa.Text()))
        table.add_column(sa.Column("edition_at", INSTANT))
        nothing = "all of held_* are null when nothing is held back"
        table.add_column(sa.Column("held_reason", sa.Text(), comment=nothing))
        table.add_column(sa.Column("held_text", sa.Text()))
        table.add_column(sa.Column("held_events", sa.Integer()))
        table.add_column(sa.Column("held_since", INSTANT))
        table.add_column(sa.Column("held_accepted", sa.Boolean()))
    op.create_table(
        "generations",
        sa.Column(
            "source",
            sa.Text(),
            nullable=False,
            comment="empty: all sources; both count. Outlives the last good answer",
        ),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_generations"),
    )
