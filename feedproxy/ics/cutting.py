"""Bodies cut into runs (`feedproxy.ics.runs`) and what stands between.

Most events of most feeds are *plain*: in normal form (`feedproxy.ics.normal`), with one UID and one DTSTAMP, with no
components inside but VALARMs. One regular expression tells, at hundreds of octets a microsecond. Plain events that
follow each other are a run: a slice of the body. So are, where nothing else is in a stretch, components of any kind
whose lines are like those of plain events, whatever stands in them and whatever names them; those that lack their UID
or their DTSTAMP are given these as a run. A run may go on in the next VCALENDAR, and many more, where these follow each
other. Only what stands between runs is read line by line. What the expression does not match is no fault, it is merely
read the longer way.
"""

import operator
import re
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain, compress, islice, repeat

from feedproxy.ics.components import MARK, SCHEDULED, of_bearable_length
from feedproxy.ics.folding import LIMIT, unfold
from feedproxy.ics.habits import components_in, without_habits
from feedproxy.ics.kinds import identified, named
from feedproxy.ics.normal import fits, wide_encoding
from feedproxy.ics.normal import is_normal as is_in_normal_form
from feedproxy.ics.plain import all_alike, all_identified, all_plain, all_plain_but_for_times
from feedproxy.ics.runs import MARKED, UNBOUND, Run
from feedproxy.ics.searching import holds, line_end

_PARTS = {
    b"@event": rb"""BEGIN:VEVENT\r\n(?![ \t]) @lines (?: @uid @lines @stamp | @stamp @lines @uid ) @lines
                    (?: BEGIN:VALARM\r\n(?![ \t]) @alarm END:VALARM\r\n(?![ \t]) @lines )*+
                    END:VEVENT\r\n (?![\r\n\t ])""",
    b"@uid": rb"UID:([^\r\s][^\r]*+(?:\r\n@fold[^\r]*+)*+)(?<![ \t])\r\n",
    b"@stamp": rb"DTSTAMP:(?![ \t\r])[^\r]*+\r\n(?![ \t])",
    b"@lines": rb"""(?: [ACF-QSTVWYZ]@name@value
                      | @folded
                      | D (?: ESCRIPTION@value | (?!TSTAMP[:;])@name@parameters?@value )
                      | X-[A-Za-z0-9_./-]{1,58}+@parameters?@value
                      | U (?!ID[:;])@name@parameters?@value
                      | R (?: (?!RULE[:;])@name@parameters?@value | @rule )
                      | E (?!ND[:;])@name@parameters?@value
                      | [ACF-QSTVWYZ]@name@parameters@value
                      | B (?!EGIN[:;])@name@parameters?@value
                      )*+""",
    b"@alarm": rb"""(?: [ACF-QSTVWYZ]@name@value
                      | @folded
                      | (?:DESCRIPTION|DURATION|UID|URL|REPEAT|RELATED-TO)@parameters?@value
                      | X-[A-Za-z0-9_./-]{1,58}+@parameters?@value
                      | [ACF-QSTVWYZ]@name@parameters@value
                      )*+""",
    b"@name": rb"[A-Z0-9-]{0,59}+",
    b"@parameters": rb'(?:;(?:[^":\r]++|"{64}|"(?:[^"\r]++|\r\n@fold)*+"|\r\n@fold)*+)',
    b"@value": rb":[^\r]*+\r\n",
    b"@folded": rb"@fold[^\r]*+\r\n",
    b"@fold": rb"[ ](?<=[^\n]{62}\n[ ])(?=[^\r\x80-\xbf])",
}
"""A plain event, the most frequent lines first. What the steps of the pipeline look for in one stands in no alarm."""
_NO_RULE = rb"(?!)"
_RULE = rb"RULE@parameters?@value"


def _event(rule: bytes) -> bytes:
    """Write the pattern of a plain event with recurrence rules like that; it captures the UID."""

    def written(pattern: bytes) -> bytes:
        parts = _PARTS | {b"@rule": rule}
        return re.sub(rb"@[a-z]+", lambda part: written(parts[part[0]]), pattern)

    return written(b"@event")


_IN_A_ROW = re.compile(b"|".join((_event(_NO_RULE), _event(_RULE), b"")), re.VERBOSE)
"""A plain event, or nothing: so a search never looks further.

Group 1 or 2 is the UID of an event without a recurrence rule, group 3 or 4 that of one with such.
"""
_SOMEWHERE = re.compile(_event(_RULE), re.VERBOSE)
"""A plain event with or without rules: what is none is tried once."""
_UID_OR_EARLY_FOLD = re.compile(rb"\n(?:UID:([^\r]*[^\r\t ])|[ ](?<!.{62}\n ))")
"""Both in one pass; in the place of a fold that comes too early nothing is captured."""
_EARLY_FOLD = re.compile(rb"\n (?<!.{62}\n )")
_SAMPLE = 4_096
"""Octets that are looked at first: where a fold comes too early there may be millions of such."""
_UID = re.compile(rb"\nUID:([^\r]*+(?:\r\n [^\r]*+)*+)")
_FOLDED_UID = 57
"""The fewest octets of a UID that stand before its fold."""
_RRULE = b"\nRRULE"
"""No other name begins so in what is alike."""
_BEHIND_COMPONENT = re.compile(
    rb":V(?=[EFJT])(?<=[\r\n]END:V)(?:EVENT|TODO|JOURNAL|FREEBUSY)(?:\r\n?|\n)(?![\r\n\t ])", re.IGNORECASE
)
"""The colon comes first, for it is quickly looked for, which letters in any case are not."""
_BEHIND_COMPONENT_ANYHOW = re.compile(
    rb"[\r\n]END[ \t]*+:[ \t]*+V(?:EVENT|TODO|JOURNAL|FREEBUSY)[ \t]*+[\r\n]++(?![ \t])", re.IGNORECASE
)
"""The same where there are blanks, or blank lines behind it."""
_MAX_TRIES = 2
"""Stretches of a body whose events are not plain even without their habits: then no other is tried."""
_BEGIN = b"\nBEGIN:VEVENT\r\n"
_END = re.compile(rb"\nEND:([^\r]*+)\r")
_OTHERS_BEGIN = re.compile(rb"\nBEGIN:(?:%b)\r\n" % b"|".join(sorted(SCHEDULED - {b"VEVENT"})))
_FIRST_SCHEDULED = re.compile(rb"BEGIN:(?<![^\n]BEGIN:)(?:%b)\r\n" % b"|".join(sorted(SCHEDULED)))
_PROPERTIES = rb"(?:(?!BEGIN:|END:)[^\n]*+\n)*+"
_HEAD_AND_DEFINITIONS = re.compile(
    rb"""BEGIN:VCALENDAR\r\n (?<![^\n]BEGIN:VCALENDAR\r\n) %b
         (?: BEGIN:VTIMEZONE\r\n (?:(?!END:VTIMEZONE\r|BEGIN:VCALENDAR\r)[^\n]*+\n)*+ END:VTIMEZONE\r\n %b )*+"""
    % (_PROPERTIES, _PROPERTIES),
    re.VERBOSE,
)
"""What may stand before a component that surely stands in no other."""
_MAX_LONE = 8
"""Runs of one event, one after the other, behind which the rest of a stretch is read line by line: that takes no longer
then."""
_NEXT_CALENDAR = b"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\n"
_BEGIN_DEFINITION, _END_DEFINITION = b"BEGIN:VTIMEZONE\r\n", b"\nEND:VTIMEZONE\r\n"
_BETWEEN = re.compile(
    rb"""(\nEND:V(?:@kind)\r\n) (?![ \t]|BEGIN:V(?:@kind)\r)
         ( @lines )
         ( (?: END:VCALENDAR\r\n BEGIN:VCALENDAR\r\n @lines )*+ )
         ( (?: BEGIN:VTIMEZONE\r\n @lines
               (?: BEGIN:STANDARD\r\n @lines END:STANDARD\r\n @lines
                 | BEGIN:DAYLIGHT\r\n @lines END:DAYLIGHT\r\n @lines )*+
               END:VTIMEZONE\r\n )*+ )
         (?=BEGIN:V(?:@kind)\r)""".replace(b"@lines", rb"(?:(?!BEGIN:|END:)[^\r\n]*+\r\n)*+").replace(
        b"@kind", b"|".join(sorted(kind[1:] for kind in SCHEDULED))
    ),
    re.VERBOSE,
)
"""What may stand between the components of a run, with the END before it: properties of the VCALENDAR, ENDs of such
with the heads of those that follow them, definitions."""
_MAX_DEFINED = 8
"""Different definitions, or several together, that may stand between the events of a run: each is looked at."""
_GOING_ON = (b" ", b"\t", b"\r", b"\n")
_LAST_LINE = b"\nEND:VEVENT\r\n"
STRETCH = 131_072
"""Octets of a body, at least, in which a run is looked for at once: few runs, and yet short work."""
LARGE = 4 * STRETCH
"""Octets of a stretch that holds a component of megabytes: few runs are beside it."""
_FOLDED_UNBOUND = tuple(UNBOUND[:n] + b"\r\n " + UNBOUND[n:] for n in range(1, len(UNBOUND)))
_TZID = re.compile(rb";[ \t]*+TZID[ \t]*+[=;:]")


def cut(
    body: bytes,
    *,
    divided: bool = True,
    is_normal: bool = False,
    before: Sequence[Run] = (),
    across_calendars: bool = False,
) -> tuple[bytes, list[Run]]:
    """Take the runs out of a body; return what is left, with a mark in the place of each, and the runs in order.

    If they are to be `divided` that is done at once, so that their text is there once, but where they are to be mended
    first. `is_normal`: the body is known
    to be in normal form. `before`: the runs that were taken out of it before, and whose marks are there.
    `across_calendars`: a run may have events of several VCALENDARs.
    """
    rest: list[bytes] = []
    runs: list[Run] = []
    for n, piece in enumerate(body.split(MARKED) if before else [body]):
        if n:
            runs.append(before[n - 1])
            rest.append(MARKED)
        for segment in segments(piece, is_normal=is_normal, across_calendars=across_calendars):
            if isinstance(segment, Run):
                runs.append(segment.divided() if divided and segment.is_identified else segment)
                rest.append(MARKED)
            else:
                rest.append(segment)
    left = b"".join(rest)
    return (left, runs) if are_ours(left, runs) else (body, [*before])


def are_ours(left: bytes, runs: Sequence[Run]) -> bool:
    """Tell whether the marks in what is left are those of `cut`: a body may hold others, and folded at first."""
    upper = left.upper() if b"-" in left else b""
    return (upper.count(MARK) if runs else int(holds(upper, MARK))) == 2 * len(runs)


def segments(body: bytes, *, is_normal: bool = False, across_calendars: bool = False) -> Iterator[bytes | Run]:
    """Iterate over the runs of a body and over the octets between them, in order.

    The lines of a stretch that end in LF alone, or in CR alone, are ended by both. `is_normal`: the body is known to be
    in normal form. `across_calendars`: a run may have events of several VCALENDARs. Raises FeedRefused (`excessive`).
    """
    if wide_encoding(body[:4]) is not None:
        yield body
        return
    start, tries = 0, 0 if is_normal else _MAX_TRIES
    while start < len(body):
        end = _behind_component(body, start + STRETCH)
        stretch = _ended_by_crlf(body[start:end])
        found = [*_segments(stretch, is_normal=is_normal, across_calendars=across_calendars)]
        if tries and found[0] is stretch:
            mended = _segments_once_mended(stretch)
            found, tries = (mended, tries) if mended else (found, tries - 1)
        for segment in found:
            if isinstance(segment, Run):
                _refuse_if_too_long(segment)
            yield segment
        start = end


def _segments_once_mended(stretch: bytes) -> list[bytes | Run] | None:
    """Return the events of a stretch as a run, and what is about it, if all of them are plain but for a few habits."""
    if len(stretch) > LARGE or (place := components_in(stretch)) is None:
        return None
    mended = without_habits(stretch[slice(*place)])
    if mended is None:
        return None
    text, repairs = mended
    run = _run_of_all(text, is_normal=True)
    if run is None:
        return None
    found: list[bytes | Run] = [stretch[: place[0]], replace(run, repairs=repairs), stretch[place[1] :]]
    return [segment for segment in found if segment != b""]


def _behind_component(body: bytes | bytearray, at: int) -> int:
    """Return where the first component ends from there on, or the body."""
    at = max(at, line_end(body, at) - _SAMPLE)
    near = at + STRETCH
    for end in (_BEHIND_COMPONENT, _BEHIND_COMPONENT_ANYHOW):
        found = end.search(body, at, near)
        if found and (found.end() < near or found.end() == len(body)):
            return found.end()
    found = _BEHIND_COMPONENT.search(body, max(near, line_end(body, near) - _SAMPLE))
    return found.end() if found else len(body)


def behind_components(text: Iterable[bytes], least: int) -> Iterator[bytes]:
    """Iterate over a text that comes in pieces in others, each of so many octets at least, parted behind components."""
    waiting, enough = bytearray(), 2 * least
    for some in text:
        waiting += some
        while len(waiting) >= enough:
            end = _behind_component(waiting, least)
            if end == len(waiting):  # it may go on: twice as much is waited for, lest all be searched each time
                enough = 2 * end
            else:
                yield bytes(waiting[:end])
                del waiting[:end]
                enough = 2 * least
    yield bytes(waiting)


def _refuse_if_too_long(run: Run) -> None:
    """Refuse a run with an event of more lines than any has; it is by itself, or nearly, for it is a whole stretch."""
    text = run.text
    if len(text) > 2 * STRETCH and not _has_many_ends(run):
        for each in run.texts() if len(run.uids) > 1 else [text]:
            of_bearable_length(each)


def _has_many_ends(run: Run) -> bool:
    """Tell whether a component ends in every few octets of a run."""
    kinds = {run.kind, *run.kinds}
    return all(
        any(end[1] in kinds for end in _END.finditer(run.text, at, at + STRETCH))
        for at in range(0, len(run.text) - STRETCH, STRETCH)
    )


def _ended_by_crlf(stretch: bytes) -> bytes:
    if b"\r" not in stretch:
        return stretch.replace(b"\n", b"\r\n")
    return stretch if b"\n" in stretch else stretch.replace(b"\r", b"\r\n")


def _segments(stretch: bytes, *, is_normal: bool, across_calendars: bool) -> Iterator[bytes | Run]:
    """Iterate over the runs of a stretch and what is between.

    If its events are not all plain they are only looked for when it is in normal form: to bring it there takes no
    longer than to find out which are plain all the same.
    """
    taken = lone = 0
    run, at, end = _run_to_the_end(stretch, 0, is_normal=is_normal)
    while run is None and across_calendars:
        across = _run_across(stretch, taken, is_normal=is_normal)
        if across is None:
            break
        start, joined, end, properties = across
        yield from filter(None, (stretch[taken:start], joined, properties))
        taken = end
        run, at, end = _run_to_the_end(stretch, taken, is_normal=is_normal)
    if run is None and at >= 0 and not is_normal and (len(stretch) > LARGE or not is_in_normal_form(stretch)):
        at = -1
    while at >= 0 and lone != _MAX_LONE:
        if run is None:
            run, end = _run_at(stretch, at)
        if run is not None:
            if at > taken:
                yield stretch[taken:at]
            yield run
            lone = lone + 1 if len(run.uids) == 1 else 0
            taken = end
            at = _next_event(stretch, end - 1)
        else:
            at = _next_plain_event(stretch, end)
        run = None
    if taken < len(stretch):
        yield stretch[taken:]


def _run_to_the_end(stretch: bytes, at: int, *, is_normal: bool) -> tuple[Run | None, int, int]:
    """Return a run of all components of a stretch from there on, if they are one, and where it begins and ends.

    If they are none, where the first event begins, or -1.
    """
    first = at if stretch.startswith(_BEGIN[1:], at) else _next_event(stretch, at)
    if not (is_normal or _begins_well(stretch, at)):
        return None, first, first
    end = stretch.rfind(_LAST_LINE) + len(_LAST_LINE)
    run = _events(stretch, first, end, is_normal=is_normal) if first >= 0 else None
    if run is not None and not _OTHERS_BEGIN.search(stretch, at, first):
        return run, first, end
    end_of_all = _end_of_last(stretch)
    for start in _starts(stretch, at):
        found = _alike(stretch, start, end_of_all, is_normal=is_normal)
        if found is not None:
            return found, start, end_of_all
    return run, first, end if run else first


def _begins_well(stretch: bytes, at: int) -> bool:
    """Tell whether the first lines from there on are short enough and UTF-8."""
    sample = stretch[at : at + _SAMPLE]
    end = sample.rfind(b"\n") + 1
    return len(sample) - end <= LIMIT + 2 and fits(sample[:end])


def _run_of_all(text: bytes, *, is_normal: bool) -> Run | None:
    """Return a run of all that there is, if it is one."""
    found = _events(text, 0, len(text), is_normal=is_normal)
    return found or _alike(text, 0, len(text), is_normal=is_normal)


def _events(stretch: bytes, start: int, end: int, *, is_normal: bool) -> Run | None:
    """Return a run of plain events, if that stands there."""
    if stretch[end : end + 1] in _GOING_ON:
        return None
    text = stretch[start:end]
    if b"" in _UID_OR_EARLY_FOLD.findall(text, 0, _SAMPLE):
        return None
    recurs = _some_recur(text)
    is_tidy = recurs is not None
    if not (is_tidy or len(text) <= LARGE) or not (is_normal or fits(text)):
        return None
    if not is_tidy and not (all_plain_but_for_times(text) and _no_fold_is_in_a_tzid(text)):
        return None
    uids = _uids(text)
    if uids is None:
        return None
    recurring = _recurring(text.split(_LAST_LINE)) if recurs or (not is_tidy and _RRULE in text) else []
    return Run([text], uids, recurring, is_tidy=is_tidy)


def _run_across(stretch: bytes, at: int, *, is_normal: bool) -> tuple[int, Run, int, bytes] | None:
    """Return a run of all components of a stretch from there on up to the last interruption; where it begins and ends.

    None if they are no run, or if nothing interrupts them. Up to the last VCALENDAR, if one begins there: what stands
    behind that may be of its head. If none does, the properties that are between the components are to stand behind it.
    """
    found = _FIRST_SCHEDULED.search(stretch, at)
    if found and not (is_normal or _begins_well(stretch, found.start())):
        return None
    end = _end_of_last(stretch)
    if not found or not _has_end_before_last(stretch, found.start(), end):
        return None
    pieces = _BETWEEN.split(stretch[found.start() : end])
    if len(pieces) == 1:
        return None
    parts, ends, properties, calendars, definitions = (pieces[n::5] for n in range(5))
    last = max(compress(range(len(calendars)), calendars), default=len(calendars) - 1)
    between = properties[: last + 1], calendars[:last], definitions[:last]
    text = b"".join(chain.from_iterable(zip(parts[: last + 1], ends[: last + 1], strict=True)))
    run = _run_of_all(text, is_normal=is_normal)
    if run is None or len({*between[2]}) > _MAX_DEFINED:
        return None
    if not (is_normal or _are_short_and_normal({*chain.from_iterable(between)})):
        return None
    heads = _each_once(lambda text: text.split(_NEXT_CALENDAR)[1:], calendars[:last])
    numbers = [*accumulate(map(len, heads), initial=0)]
    own, *others = _with_properties([b"", *chain.from_iterable(heads)], numbers, between[0])
    if own and others:
        return None
    run = replace(
        run,
        scopes=_scopes(run, numbers, map(operator.add, map(len, parts), map(len, ends))) if others else (),
        heads=others,
        definitions=[
            (text, number)
            for number, texts in zip(numbers[1:], _each_once(_definitions, definitions[:last]), strict=True)
            for text in texts
        ],
        is_interrupted=last > 0 or own != b"",
    )
    return found.start(), run, found.start() + sum(map(len, pieces[: 5 * last + 3])), own


def _has_end_before_last(stretch: bytes, start: int, end: int) -> bool:
    """Tell whether a component ends before the last one does: else nothing is between."""
    return stretch.rfind(b"\nEND:V", start, stretch.rfind(b"\nEND:", start, end)) >= 0


def _scopes(run: Run, numbers: Sequence[int], lengths: Iterable[int]) -> list[int]:
    """Return the VCALENDAR of each component of a run; of how many octets are those that follow each other in one."""
    if len(run.uids) == len(numbers):  # one in each, as most have that follow each other
        return [*numbers]
    behind = [*map(partial(bisect_right, run.ends), accumulate(islice(lengths, len(numbers)), initial=0))]
    return [*chain.from_iterable(map(repeat, numbers, map(operator.sub, behind[1:], behind)))]


def _with_properties(heads: Sequence[bytes], numbers: Iterable[int], properties: Collection[bytes]) -> Sequence[bytes]:
    """Return the heads with properties behind what they have; `numbers` says of which head each is."""
    if not any(properties):
        return heads
    of_each = [[head] for head in heads]
    deque(map(list.append, map(of_each.__getitem__, numbers), properties), maxlen=0)
    return [*map(b"".join, of_each)]


def _each_once(read: Callable[[bytes], list[bytes]], texts: Iterable[bytes]) -> list[list[bytes]]:
    """Return what is read in each of some texts; equal ones are read once."""
    texts = [*texts]
    known = {text: read(text) for text in {*texts}}
    return [*map(known.__getitem__, texts)]


def _definitions(text: bytes) -> list[bytes]:
    """Return the VTIMEZONEs of a text that is nothing else."""
    return [definition + _END_DEFINITION for definition in text.split(_END_DEFINITION)[:-1]]


def _are_short_and_normal(texts: Collection[bytes]) -> bool:
    """Tell whether texts are in normal form, and none of them has absurdly many lines."""
    text = b"".join(texts)
    return not text or (max(map(len, texts)) < STRETCH and is_in_normal_form(text))


def _some_recur(text: bytes) -> bool | None:
    """Tell whether plain events recur; None if they are not plain, their times and rules written as nearly all."""
    if all_plain(text, recurring=False):
        return False
    return True if holds(text, _RRULE) and all_plain(text, recurring=True) else None


def _alike(stretch: bytes, start: int, end: int, *, is_normal: bool) -> Run | None:
    """Return a run of components of any kinds, if that stands there."""
    if stretch.find(_NEXT_CALENDAR, start, end) >= 0:
        return None
    text = stretch[start:end]
    if stretch[end : end + 1] in _GOING_ON or _is_of_few(text) or not (is_normal or fits(text)):
        return None
    has_names = all_identified(text)
    if not (has_names or all_alike(text)):
        return None
    if not _tzids_are_plain(text) or (b"\n " in text and _EARLY_FOLD.search(text)):
        return None
    found = identified(text) if has_names else named(text)
    if found is None:
        return None
    run = Run(
        [text],
        found.uids,
        [],
        kind=found.kind,
        kinds=found.kinds,
        within=found.within,
        unstamped=found.unstamped,
        is_identified=has_names or found.is_identified(),
        is_tidy=False,
    )
    return replace(run, recurs=_recurring(run.texts())) if _RRULE in text else run


def _is_of_few(text: bytes) -> bool:
    """Tell whether text is of a few components of megabytes: to see that they are a run takes more than it spares."""
    end = len(text)
    for _ in range(0, len(text), STRETCH) if len(text) > LARGE else ():
        end = text.rfind(b"\nEND:", 0, end)
        if end < 0:
            return True
    return False


def _starts(stretch: bytes, at: int) -> Iterator[int]:
    """Iterate over where the first component from there on begins.

    It is of any kind where it surely stands in no other; else one of those that cannot stand in another.
    """
    found = _FIRST_SCHEDULED.search(stretch, at)
    first = found.start() if found else len(stretch)
    head = _HEAD_AND_DEFINITIONS.search(stretch, at, first)
    if head and head.end() < first and stretch.startswith(b"BEGIN:", head.end()):
        yield head.end()
    if found:
        yield first


def _end_of_last(stretch: bytes) -> int:
    """Return where the last component ends that is no VCALENDAR."""
    at = stretch.rfind(b"\nEND:")
    if stretch.startswith(b"\nEND:VCALENDAR\r", at):
        at = stretch.rfind(b"\nEND:", 0, at)
    return stretch.find(b"\r\n", at) + 2 if at >= 0 else 0


def _tzids_are_plain(text: bytes) -> bool:
    """Tell whether each parameter that is a TZID begins with `;TZID=`, in one physical line."""
    upper = unfold(text).upper()
    return b"TZID" not in upper or len(_TZID.findall(upper)) == text.count(UNBOUND)


def _no_fold_is_in_a_tzid(text: bytes) -> bool:
    """Tell whether each `;TZID=` of text that may have folds in its parameters stands in one physical line."""
    return not (holds(text, b"\r\n ") and any(holds(text, each) for each in _FOLDED_UNBOUND))


def _recurring(texts: Iterable[bytes]) -> list[int]:
    """Return the places of the components that have a recurrence rule."""
    return [n for n, text in enumerate(texts) if _RRULE in text]


def _uids(text: bytes) -> list[bytes] | None:
    """Return the UIDs of plain events, None when a fold comes too early. Hardly any is long enough for a fold."""
    uids: list[bytes] = _UID_OR_EARLY_FOLD.findall(text)
    lengths = set(map(len, uids))
    if 0 in lengths:
        return None
    if max(lengths) < _FOLDED_UID:
        return uids
    return [unfold(uid).rstrip() for uid in _UID.findall(text)]


def _next_event(stretch: bytes, start: int) -> int:
    """Return where the next event begins, or -1."""
    found = stretch.find(_BEGIN, start)
    return found + 1 if found >= 0 else -1


def _next_plain_event(stretch: bytes, start: int) -> int:
    """Return where the next plain event begins, or -1."""
    found = _SOMEWHERE.search(stretch, start) if stretch.find(_LAST_LINE, start) >= 0 else None
    while found and not stretch.endswith(b"\n", 0, found.start()):
        found = _SOMEWHERE.search(stretch, found.start() + 1)
    return found.start() if found else -1


def _run_at(text: bytes, start: int) -> tuple[Run | None, int]:
    """Return the run that begins there in text of the normal form, if one does, and where to look for the next."""
    uids: list[bytes] = []
    recurs: list[int] = []
    end = start
    for event in _IN_A_ROW.finditer(text, start):
        group = event.lastindex
        if group is None:
            break
        if group > 2:
            recurs.append(len(uids))
        uids.append(unfold(event[group]))
        end = event.end()
    if not uids:
        return None, start + 1
    found = text[start:end]
    return Run([found], uids, recurs, is_tidy=False) if _no_fold_is_in_a_tzid(found) else None, end
