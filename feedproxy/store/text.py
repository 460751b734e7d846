"""Text that neither database can hold: U+0000 (PostgreSQL) and lone surrogates (both)."""

from feedproxy.errors import BadRequest

MAX_KEY = 255
"""Characters in a code, a name, an external id: in whatever a row is looked up by."""


def storable(value: str) -> bool:
    """Whether both databases can hold `value`; what they cannot hold is not in them either."""
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def check_text(name: str, value: str) -> None:
    """Raise BadRequest, naming the field, unless both databases can hold `value`."""
    if not storable(value):
        raise BadRequest(f"{name} holds U+0000 or half a surrogate pair; no calendar can show that")


def check_key(name: str, value: str) -> None:
    """Raise BadRequest unless `value` is storable and has 1 to `MAX_KEY` characters."""
    check_text(name, value)
    if not 1 <= len(value) <= MAX_KEY:
        raise BadRequest(f"{name} has {len(value)} characters; 1 to {MAX_KEY} are wanted")
