"""Names of fields, as clients spell them: TimeZoneId, timeZoneId, timezone_id and time-zone-ID are one field."""


def field_name(name: str) -> str:
    """Fold a name: case, `_` and `-` do not count."""
    return name.replace("_", "").replace("-", "").lower()
