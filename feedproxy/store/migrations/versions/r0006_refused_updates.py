"""What an operator has said is not to be believed, however often it comes."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the column; what is held back so far, nobody has refused."""
    comment = "null, too, where it was held back by an earlier release"
    op.add_column("last_good", sa.Column("held_refused", sa.Boolean(), comment=comment))
