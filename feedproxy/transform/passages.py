"""A body a passage at a time: components that need no other to be mended, and the octets between these.

What is in need of mending is brought into normal form by itself, for no line goes on in one that begins a component
(`feedproxy.ics.normal`). Components that end are then taken out of it one by one, and mended.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from feedproxy.ics.components import MARK, SCHEDULED, Component, well_formed
from feedproxy.ics.cutting import behind_components, segments
from feedproxy.ics.normal import decoded, normalise, wide_encoding
from feedproxy.ics.runs import Piece, Run
from feedproxy.transform.repair import mended, mended_run
from feedproxy.transform.report import Journal

_KINDS = b"|".join(sorted(SCHEDULED))
_BEGIN = re.compile(rb"(?<![^\r\n])BEGIN:(?:%b)(?=\r?\n[^\r\n\t ]|\r[^\r\n\t ])" % _KINDS, re.IGNORECASE)
_NORMAL_BEGIN = re.compile(rb"\nBEGIN:(?:%b)\r" % _KINDS)
STRETCH = 32_768
"""Octets of what is not plain, at least, that are mended at once, and of a passage."""
_NOTHING = Run([b""], [], [])
"""In the place of a component that says nothing: what was open before it has ended all the same."""

Passage = list[Piece]
"""Components that follow each other, mended, one by one or in runs."""


def passages(body: bytes) -> Iterator[bytes | Passage]:
    """Iterate over the passages of a body and over the octets between them, in order."""
    passage: Passage = []
    octets = 0
    for part in _parts(body):
        if not isinstance(part, bytes):
            passage.append(part)
            octets += len(part.text)
        if passage and (isinstance(part, bytes) or octets >= STRETCH):
            yield passage
            passage = []
            octets = 0
        if isinstance(part, bytes):
            yield part
    if passage:
        yield passage


def split(passage: Passage, uids: Collection[bytes]) -> Iterator[Piece | Passage]:
    """Iterate over the components of these UIDs, each by itself, and over what is between as passages."""
    parts = (part for piece in passage for part in (piece.parted(uids) if isinstance(piece, Run) else (piece,)))
    for is_apart, pieces in groupby(parts, lambda part: isinstance(part, Component) and part.uid() in uids):
        if is_apart:
            yield from pieces
        else:
            yield [*pieces]


def _parts(body: bytes) -> Iterator[bytes | Piece]:
    for segment in _segments(body):
        if isinstance(segment, bytes):
            yield from _mended(segment)
        else:
            yield from _mended_run(segment)


def _segments(body: bytes) -> Iterable[bytes | Run]:
    """Iterate over a body in runs and the octets between them; one in UTF-16 is mended in any case."""
    encoding = wide_encoding(body[:4])
    return segments(body) if encoding is None else behind_components(decoded(body, encoding), STRETCH)


def _mended(segment: bytes) -> Iterator[bytes | Piece]:
    """Mend what stands between runs, from the first line on that begins a component, a little at a time.

    What says a mark is left as it is: a body with such is read without runs, and folded as that is.
    """
    if MARK in segment.upper():
        yield segment
        return
    begin = _BEGIN.search(segment)
    start = begin.start() if begin else len(segment)
    if start:
        yield segment[:start]
    while start < len(segment):
        begin = _BEGIN.search(segment, start + STRETCH)
        end = begin.start() if begin else len(segment)
        yield from _normal(segment[start:end])
        start = end


def _normal(text: bytes) -> Iterator[bytes | Piece]:
    normal = normalise(text).text
    found: Iterable[bytes | Run] = (text,) if normal is text else segments(normal, is_normal=True)
    for part in found:
        if isinstance(part, bytes):
            yield from _components(part)
        else:
            yield from _mended_run(part)


def _mended_run(run: Run) -> Sequence[Piece]:
    return mended_run(run, Journal()) or [_NOTHING]


def _components(text: bytes) -> Iterator[bytes | Piece]:
    """Take components out of text of the normal form, and mend them."""
    journal = Journal()
    at = 0
    while at < len(text):
        component = well_formed(text, at)
        if component is not None and component.kind in SCHEDULED:
            at += len(component.text)
            yield mended(component, journal) or _NOTHING
        else:
            begin = _NORMAL_BEGIN.search(text, at)
            end = begin.start() + 1 if begin else len(text)
            yield text[at:end]
            at = end
