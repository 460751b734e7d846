"""JSON as clients of the CalReply API send it: strict first, then one relaxed pass.

Of the 13 example bodies in that API's published reference, 5 are not JSON: Python's `False`, a comma before a closing
bracket, no comma at the end of a line. Clients copied them, so these slips are read as meant. Everything else that is
not JSON (unquoted names, single quotes, comments, NaN) is refused, for nobody can say what was meant.

The relaxed pass rewrites the text token by token into strict JSON *of the same length*, and the strict reader has the
last word. So a document that was JSON already is never read otherwise, an error names the place in what the client
sent, and the work grows with the size of the text alone.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

MAX_DEPTH = 32
"""Brackets inside brackets; no published body has more than four."""

_TOKEN = re.compile(
    r"""
      (?P<space>  [ \t\n\r]++ )
    | (?P<string> "[^"\\]*+ (?: \\. [^"\\]*+ )*+ " )
    | (?P<word>   [^\s"{}\[\]:,]++ )
    | (?P<mark>   [{}\[\]:,] )
    """,
    re.VERBOSE | re.DOTALL,
)
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}
_VALUE_ENDS = frozenset({"string", "word", "}", "]"})


class NotJson(ValueError):
    """The text is no JSON, not even read leniently; the message is one line and names the place where it can."""


def read(text: str) -> Any:
    """Return the value that `text` stands for; the last of duplicate names wins.

    A byte order mark is skipped and control characters inside strings are kept. Raises NotJson and nothing else.
    """
    text = text.removeprefix("\ufeff")
    try:
        value = _load(text, strict=True)
    except json.JSONDecodeError:
        value = _load_relaxed(text)
    if _depth(value) > MAX_DEPTH:
        raise NotJson(f"more than {MAX_DEPTH} brackets inside each other")
    return value


def relax(text: str) -> str:
    """Rewrite the tolerated slips, each in its place: the result is as long as `text`.

    Raises NotJson where the text is not even made of JSON's tokens.
    """
    out: list[str] = []
    open_brackets: list[str] = []
    before, last, comma_at = "", "", 0  # the last two tokens that are not space, by kind or mark
    for kind, token in tokens(text):
        what = token if kind == "mark" else kind
        if what == "string" and last in _VALUE_ENDS and open_brackets[-1:] == ["{"]:
            _put_comma_at_line_end(out)
        elif what in {"}", "]"} and last == "," and before in _VALUE_ENDS:
            out[comma_at] = " "
        elif what == ",":
            comma_at = len(out)
        out.append(_PYTHON_WORDS.get(token, token))
        if what != "space":
            before, last = last, what
            _follow(open_brackets, what)
    return "".join(out)


def tokens(text: str) -> Iterator[tuple[str, str]]:
    """Cut `text` into pairs (kind, token), the kind being space, string, word or mark.

    No token is empty, and joined they are `text` again: each character is looked at once. Raises NotJson at the
    first character that begins no token.
    """
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            what = "a string without its end" if text[at] == '"' else "an unexpected character"
            raise NotJson(_placed(what, text, at))
        yield str(found.lastgroup), found.group()
        at = found.end()


def _follow(open_brackets: list[str], what: str) -> None:
    if what in {"{", "["}:
        open_brackets.append(what)
    elif what in {"}", "]"} and open_brackets:
        open_brackets.pop()


def _put_comma_at_line_end(out: list[str]) -> None:
    gap = out[-1]
    if "\n" in gap:
        out[-1] = "," + gap[1:]


def _load_relaxed(text: str) -> Any:
    relaxed = relax(text)
    try:
        return _load(relaxed, strict=False)
    except json.JSONDecodeError as error:
        raise NotJson(_placed(error.msg, text, error.pos)) from error


def _load(text: str, *, strict: bool) -> Any:
    try:
        return json.loads(text, strict=strict, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, NotJson):
        raise
    except ValueError as error:  # CPython converts integers of at most 4,300 digits
        raise NotJson("a number has too many digits") from error
    except RecursionError as error:
        raise NotJson(f"more than {MAX_DEPTH} brackets inside each other") from error


def _refuse_constant(word: str) -> None:
    raise NotJson(f"{word} is not a JSON number")


def _depth(value: object) -> int:
    """Count the levels of containers, level by level."""
    depth, level = 0, [value]
    while level := [item for item in level if isinstance(item, dict | list)]:
        depth += 1
        level = [item for container in level for item in _items(container)]
    return depth


def _items(container: object) -> Iterable[object]:
    if isinstance(container, dict):
        return container.values()
    assert isinstance(container, list)
    return container


def _placed(message: str, text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    column = at - text.rfind("\n", 0, at)
    return f"{message} at line {line}, column {column}"
