"""The history of the tables, for Alembic: `versions` is only ever added to."""
