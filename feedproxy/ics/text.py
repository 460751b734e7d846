"""The TEXT value type (RFC 5545 section 3.3.11): escaped so that no text can start a line of its own."""

import re

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_LINE_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def escape(text: str) -> bytes:
    r"""Write any text as a TEXT value: every kind of line break becomes `\n`, other controls are dropped."""
    lines = _LINE_BREAK.split(text)
    escaped = "\\n".join(_CONTROL.sub("", line).replace("\\", "\\\\") for line in lines)
    return escaped.replace(";", "\\;").replace(",", "\\,").encode()


def unescape(value: bytes) -> str:
    """Read a TEXT value; an unknown escape stands for its character, as every client reads it."""
    return _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value.decode("utf-8", "replace"))
