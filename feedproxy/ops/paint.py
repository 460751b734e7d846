"""Texts for people who look at a terminal: in colour there, not in pipes, files and tests; and harmless anywhere."""

import re

_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""What moves the cursor, ends a line, or turns the order of what is read: all but TAB."""


def visible(text: str) -> str:
    r"""Return a text that came from elsewhere with its controls spelt out: `\x1b`. A feed commands no terminal."""
    return _CONTROL.sub(lambda match: repr(match[0])[1:-1], text)


class Paint:
    """Marks texts with SGR sequences (ECMA-48 section 8.3.117) if it is `on`."""

    def __init__(self, on: bool = False) -> None:
        self.on = on

    def strong(self, text: str) -> str:
        """Mark a heading."""
        return self._marked("1", text)

    def dim(self, text: str) -> str:
        """Mark what matters less."""
        return self._marked("2", text)

    def bad(self, text: str) -> str:
        """Mark an error, or what has gone."""
        return self._marked("31", text)

    def good(self, text: str) -> str:
        """Mark what is well, or has come."""
        return self._marked("32", text)

    def doubtful(self, text: str) -> str:
        """Mark a warning."""
        return self._marked("33", text)

    def name(self, text: str) -> str:
        """Mark what things are called: a rule, a step, a zone."""
        return self._marked("36", text)

    def _marked(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.on and text else text


PLAIN = Paint()
