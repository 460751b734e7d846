"""The bodies of the published reference's cURL examples, octet for octet, five of which are no JSON."""

from pathlib import Path

FOLDER = Path(__file__).with_name("published")


def published(name: str) -> bytes:
    """Return a body as it was published."""
    return (FOLDER / f"{name}.txt").read_bytes()


def with_real_tags(name: str) -> bytes:
    """Return a body with GUIDs in the place of the ids of tags, which lack a digit."""
    return published(name).replace(b"0000000-0000-0000-0000-0000000", b"00000000-0000-0000-0000-0000000")
