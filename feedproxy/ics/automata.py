"""Whether text as a whole is as a pattern says, told in one pass by an automaton (RE2) where there is one.

Elsewhere the interpreter's own engine tells the same, more slowly. It must not turn back in text of megabytes, so loops
are written possessively (`*+`): no pattern here has another way to match what such a loop has passed over.
"""

import re
from collections.abc import Callable

try:
    import re2
except ImportError:  # under Pyodide
    re2 = None

_MEMORY = 64 << 20
"""Octets that the states of an automaton may take; the largest has some hundred states."""


def whole(pattern: bytes) -> Callable[[bytes], bool]:
    """Return what tells whether text matches as a whole."""
    fullmatch = automaton(pattern) or re.compile(pattern).fullmatch
    return lambda text: fullmatch(text) is not None


def automaton(pattern: bytes) -> Callable[[bytes], object] | None:
    """Return what tells by an automaton alone, by what it returns being None or not; None if there is no RE2."""
    if re2 is None:
        return None
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.never_capture = True
    options.max_mem = _MEMORY
    for loop in (b"*", b"+", b"?"):
        pattern = pattern.replace(loop + b"+", loop)
    fullmatch: Callable[[bytes], object] = re2.compile(pattern, options).fullmatch
    return fullmatch
