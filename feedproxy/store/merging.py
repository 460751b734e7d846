"""Changes of a record that somebody else may have changed since it was read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping


def merged(stored: RowMapping, was: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns that are wanted where they differ from what they were when read, elsewhere what is stored.

    Of two changes at once that concern different columns, none is undone.
    """
    return {name: stored[name] if value == was[name] else value for name, value in wanted.items()}
