"""A component's own properties changed, left out or put in; what is not changed keeps its octets, folds included."""

import re
from collections.abc import Callable, Iterator
from functools import cache

from feedproxy.ics.components import Component
from feedproxy.ics.contentline import ContentLine, split
from feedproxy.ics.folding import fold, unfold, write

_LINE = re.compile(rb"[^\r]*+\r\n(?: [^\r]*+\r\n)*+")

Edit = Callable[[ContentLine], ContentLine | None]
"""What becomes of a property: itself, another one, or None: it goes."""


def with_properties(component: Component, edit: Edit) -> Component:
    """Return the component with `edit` applied to each of its own properties; itself if nothing has changed."""
    pieces, changed = [], False
    for octets, own in _lines(component):
        line = split(unfold(octets).removesuffix(b"\r\n")) if own else None
        become = edit(line) if line is not None else None
        if line is None or become is line:
            pieces.append(octets)
            continue
        changed = True
        if become is not None:
            pieces.append(fold(become.octets) + b"\r\n")
    return component.with_text(b"".join(pieces)) if changed else component


def with_values(component: Component, values: dict[bytes, bytes]) -> Component:
    """Return the component with these properties of one value each: where they stand, else behind its BEGIN."""
    missing = dict(values)

    def put(line: ContentLine) -> ContentLine:
        if line.name not in values:
            return line
        missing.pop(line.name, None)
        return line if line.value == values[line.name] else line.with_value(values[line.name])

    edited = with_properties(component, put)
    if not missing:
        return edited
    start = len(component.kind) + 8
    lines = write([name + b":" + value for name, value in missing.items()])
    return edited.with_text(edited.text[:start] + lines + edited.text[start:])


def every_extension(component: Component, name: bytes) -> list[ContentLine]:
    """Return its own properties of an X- name, given in capitals: feeds write those in any case, and keep it."""
    if not _extension(name).search(component.text):
        return []
    return [line for line in component.lines() if line.name.upper() == name]


@cache
def _extension(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"\n" + re.escape(name) + rb"[;:]", re.IGNORECASE)


def without_nested(component: Component, kind: bytes) -> Component:
    """Return the component without the components of that kind that are nested in it, however deep."""
    begin, end = b"BEGIN:" + kind + b"\r\n", b"END:" + kind + b"\r\n"
    if b"\n" + begin not in component.text:
        return component
    pieces, depth = [], 0
    for match in _LINE.finditer(component.text):
        depth += match[0] == begin
        if not depth:
            pieces.append(match[0])
        depth -= match[0] == end
    return component.with_text(b"".join(pieces))


def _lines(component: Component) -> Iterator[tuple[bytes, bool]]:
    """Iterate over the logical lines with their ends and folds, and whether each is a property of its own."""
    depth = 0
    for match in _LINE.finditer(component.text):
        line = match[0]
        depth -= line.startswith(b"END:")
        boundary = line.startswith((b"BEGIN:", b"END:"))
        yield line, depth == 1 and not boundary
        depth += line.startswith(b"BEGIN:")


def with_lines(component: Component, lines: list[bytes]) -> Component:
    """Return the component with these unfolded lines put right behind its BEGIN."""
    start = len(component.kind) + 8
    return component.with_text(component.text[:start] + write(lines) + component.text[start:])


def without(component: Component, name: bytes) -> Component:
    """Return the component without its own properties of that name; nested components keep theirs."""
    if b"\n" + name not in component.text:
        return component
    if b"\nBEGIN:" not in component.text:
        return component.with_text(lines_of(name).sub(b"", component.text))
    kept, depth, dropping = [], -1, False
    for line in component.text.splitlines(keepends=True):
        if not line.startswith(b" "):
            dropping = depth == 0 and line.startswith((name + b":", name + b";"))
        depth += line.startswith(b"BEGIN:") - line.startswith(b"END:")
        if not dropping:
            kept.append(line)
    return component.with_text(b"".join(kept))


@cache
def lines_of(name: bytes) -> re.Pattern[bytes]:
    """Match a property of that name, folds included."""
    return re.compile(rb"(?<=\n)%b[:;][^\r]*+\r\n(?: [^\r]*+\r\n)*+" % re.escape(name))
