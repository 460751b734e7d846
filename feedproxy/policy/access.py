"""HTTP Basic credentials: read leniently, compared as octets (RFC 7617)."""

import binascii
from base64 import b64decode
from dataclasses import dataclass

MAX_HEADER = 2_048
"""Octets of an Authorization value that are looked at; nothing longer is a calendar client's."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and password as octets; whether UTF-8 or Latin-1 is the client's affair (RFC 7617 section 2.1)."""

    user: bytes
    password: bytes

    @property
    def octets(self) -> bytes:
        """The pair in one string, unambiguous: a user name holds no colon."""
        return self.user + b":" + self.password

    def in_utf8(self) -> "Credentials":
        """Return the pair in UTF-8, read as Latin-1 if it is none: one name for what two clients spell differently."""
        try:
            self.octets.decode()
        except UnicodeDecodeError:
            return Credentials(*(part.decode("latin-1").encode() for part in (self.user, self.password)))
        return self

    def in_latin_1(self) -> "Credentials | None":
        """Return a pair in UTF-8 in Latin-1, for servers that want it so; None if it cannot be or is the same."""
        try:
            user, password = (part.decode().encode("latin-1") for part in (self.user, self.password))
        except UnicodeError:
            return None
        return Credentials(user, password) if (user, password) != (self.user, self.password) else None


def basic_credentials(header: str | None) -> Credentials | None:
    """Read an Authorization value. None when there is none, it is of another scheme, or it is garbage."""
    if header is None or len(header) > MAX_HEADER:
        return None
    scheme, _, token = header.strip().partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        octets = b64decode(token.strip().encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        return None
    user, colon, password = octets.partition(b":")
    return Credentials(user, password) if colon else None
