"""The times of a run however they are written, many at a time.

A feed holds few different texts before the values of its times, and few forms of these: both together say what a TZID
binds, so each two are looked at once.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property, lru_cache
from itertools import accumulate, compress

from feedproxy.ics.contentline import ContentLine
from feedproxy.ics.folding import unfold
from feedproxy.ics.runs import Piece, Run, gathered
from feedproxy.ics.times import DIGITS_TO_0, TIME_NAMES, TIME_WITH_PARAMETERS
from feedproxy.transform.bound_lines import MAX_LISTED, WITH_PARAMETERS, bound_line

_NAMES = b"|".join(TIME_NAMES)
_VALUE = rb"[0-9] (?: [0-9TZ,/PDHMSW]++ | \r\n[ ] )*+ \r\n[^ ]"
_TIME_BY_NAME = rb"""(?:%b) ; (?: [^:\r]*+ : (?=[0-9][0-9TZ]*+\r\n[^ ])
                           | (?: [^:\r]*+ (?:\r\n[ ][^:\r]*+)*+ : )++ (?=%b)
                           | (?: [^":\r]++ | "[^"\r]*+" | \r\n[ ] )*+ : (?![0-9]) )""" % (_NAMES, _VALUE)
_TIME, _TIME_OR_OTHER = (
    re.compile(rb"( \n (?: %b ) ) ( [^\r]*+ (?: \r\n[ ] [^\r]*+ )*+ )" % before, re.VERBOSE)
    for before in (
        _TIME_BY_NAME,
        rb"""%b | [A-Z0-9-]++ ;TZID= (?: "[^"\r]*+" | [^":;,\r]++ ) : (?=%b)""" % (_TIME_BY_NAME, _VALUE),
    )
)
"""What stands before a value, with the end of the line before it, and the value: of a time with parameters, or also of
another property with a TZID whose value looks like one. To look for the latter takes twice as long."""
_OTHER_TIME = re.compile(TIME_WITH_PARAMETERS)
MAX_BEFORE = 200
"""Different texts before the times of a run; where there are more, they are looked at event by event."""
_MOST = 1_000
"""Octets before a value that are remembered."""
_DAYS = re.compile(rb"0{8}(?:,0{8})*+")
_LIKE_TIMES = re.compile(rb"0[0T,/PDHMSW]*+")
_LIKE_NONE = re.compile(rb"[^0Z,/]*+")
_IN_UTC = re.compile(rb"0{8}T0{6}Z(?:,0{8}T0{6}Z)*+")


class Form(Enum):
    """What a value looks like: no time at all, days, times in UTC, one value or several of them without Z; or else."""

    __hash__ = object.__hash__  # millions are looked up
    NONE = auto()
    DAYS = auto()
    IN_UTC = auto()
    ONE = auto()
    SEVERAL = auto()
    ODD = auto()


Key = tuple[bytes, Form]
"""What stands before a value, folds included, and the form of that."""


@dataclass(frozen=True)
class Times:
    """A run divided at its times: `parts` are by turns text, what stands before a value, that value.

    `values` are these unfolded, `keys` has what is known of each; `has_folds`: some of them have folds; `are_all`: no
    other property of the run has a TZID, none is a time with parameters.
    """

    parts: Sequence[bytes]
    values: Sequence[bytes]
    keys: Sequence[Key]
    has_folds: bool
    are_all: bool

    @cached_property
    def starts(self) -> list[int]:
        """Where each part begins."""
        return [*accumulate(map(len, self.parts), initial=0)][:-1]

    @cached_property
    def found(self) -> Mapping[Key, list[bytes]]:
        """The values of each key, in order."""
        return gathered(self.keys, self.values)

    def kinds(self, run: Run, key: Key) -> list[bytes]:
        """Return the kinds of the components in which there is such a value."""
        starts = compress(self.starts[1::3], map(key.__eq__, self.keys))
        return [*map(run.kind_at, run.places(starts))]

    def with_lines(self, become: Mapping[Key, Iterable[bytes]]) -> list[bytes]:
        """Return the text, in parts, with other properties in the places of those of these keys, in order."""
        written = gathered(self.keys, self.parts[2::3]) if self.has_folds else self.found
        lines = {key: iter(become.get(key) or map(key[0][1:].__add__, values)) for key, values in written.items()}
        parts = [*self.parts]
        parts[1::3] = [b"\n"] * len(self.keys)
        parts[2::3] = [*map(next, map(lines.__getitem__, self.keys))]
        return parts


def times_of(run: Run) -> Times:
    """Divide a run at its times."""
    parts = _TIME.split(run.text)
    rest = b"".join(parts[::3])
    if b";TZID=" in rest:
        parts = _TIME_OR_OTHER.split(run.text)
        rest = b"".join(parts[::3])
    values = parts[2::3]
    joined = b"\n".join(values)
    has_folds = b"\r" in joined
    if has_folds:
        joined = unfold(joined)
        values = joined.split(b"\n")
    shapes = joined.translate(DIGITS_TO_0).split(b"\n") if values else []
    forms = {shape: _form(shape) for shape in set(shapes)}
    known = {(before, shape): (before, forms[shape]) for before, shape in {*zip(parts[1::3], shapes, strict=True)}}
    keys = [*map(known.__getitem__, zip(parts[1::3], shapes, strict=True))]
    are_all = b";TZID=" not in rest and _OTHER_TIME.search(rest) is None
    return Times(parts, values, keys, has_folds, are_all)


def _form(shape: bytes) -> Form:
    """Return the form of a value that has a 0 for each digit."""
    if _LIKE_NONE.fullmatch(shape):
        return Form.NONE
    if len(shape) > MAX_LISTED:
        return Form.ODD
    if _DAYS.fullmatch(shape):
        return Form.DAYS
    if _LIKE_TIMES.fullmatch(shape):
        return Form.SEVERAL if b"," in shape or b"/" in shape else Form.ONE
    return Form.IN_UTC if _IN_UTC.fullmatch(shape) else Form.ODD


def line_before(before: bytes) -> ContentLine | None:
    """Return the property with a TZID, of whatever value, that begins so; None if it has no TZID."""
    return _line_before(before) if len(before) <= _MOST else bound_line(before[1:] + b"0")


@lru_cache(1_024)
def _line_before(before: bytes) -> ContentLine | None:
    return bound_line(before[1:] + b"0")


def binds(line: ContentLine, form: Form) -> bool:
    """Tell whether a TZID binds values of that form: days are none of a time."""
    return form is not Form.IN_UTC and (form is not Form.DAYS or line.name not in TIME_NAMES)


def parted(run: Run) -> list[tuple[Piece, Times | None]]:
    """Return a run in pieces: runs with their times, and by itself each event of which a time is too odd.

    All are where so much stands before their times that differs that few are alike; so is one that stands alone.
    """
    if len(run.uids) == 1:
        return [(component, None) for component in run.components()]
    times = times_of(run)
    if len(set(times.parts[1::3])) > MAX_BEFORE:
        return [(component, None) for component in run.components()]
    odd = _odd(run, times)
    if not odd:
        return [(run, times)]
    return [(piece, times_of(piece) if isinstance(piece, Run) else None) for piece in run.apart(odd)]


def _odd(run: Run, times: Times) -> Collection[int]:
    """Return the places of the components that have to be looked at by themselves."""
    keys = {key for key in times.found if _is_odd(*key)}
    if not keys and times.are_all:
        return ()
    starts = times.starts
    odd = [*compress(starts[1::3], map(keys.__contains__, times.keys))] if keys else []
    for first, text in zip(starts[::3], times.parts[::3], strict=True):
        odd += (first + start for start in _left(text))
    return {*run.places(odd)}


def _is_odd(before: bytes, form: Form) -> bool:
    """Tell whether a TZID has to be looked at with the value: any colon may end it before what is no time.

    Or before what is one, if a quote does not close between.
    """
    is_any_colon = form is Form.NONE and before.count(b":") > 1
    may_be = form is Form.ODD or is_any_colon or before.count(b'"') % 2 or len(before) > _MOST
    return bool(may_be) and line_before(before) is not None


def _left(text: bytes) -> Iterator[int]:
    """Iterate over where properties with a TZID stand in text between times."""
    if b";TZID=" in text or _OTHER_TIME.search(text):
        for line in WITH_PARAMETERS.finditer(text):
            if bound_line(line[0]) is not None:
                yield line.start()
