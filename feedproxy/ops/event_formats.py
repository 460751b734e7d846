"""What `explain` says of one event, for people and for programs."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from itertools import groupby

from feedproxy.ics.folding import unfold
from feedproxy.ops.clocks import Moment, seen, seen_text
from feedproxy.ops.diff_formats import change_as_json, change_lines
from feedproxy.ops.event import Effect, EventExplanation, TimeOf
from feedproxy.ops.instances import Instance
from feedproxy.ops.lint import Finding
from feedproxy.ops.lint_formats import finding_as_json, severity_painted
from feedproxy.ops.outline import Line, Node
from feedproxy.ops.paint import PLAIN, Paint, visible
from feedproxy.ops.zone_lines import zone_lines
from tzmap.resolution import offset_text


def as_json(event: EventExplanation, viewers: Sequence[str] = ()) -> dict[str, object]:
    """Return the explanation as values that `json.dumps` writes."""
    return {
        "uid": event.uid,
        "served": [_texts(component.text) for component in event.served],
        "upstream": [_node(node) for node in event.upstream],
        "faults": [finding_as_json(each) for each in event.faults],
        "zones": [zone.as_mapping() for zone in event.zones],
        "times": [_time(time, viewers) for time in event.times],
        "steps": [
            {
                "step": effect.step,
                "what": effect.what,
                "rules": list(effect.rules),
                "component": effect.component,
                "changes": [change_as_json(change) for change in effect.changes],
            }
            for effect in event.effects
        ],
        "instances": [_instance(instance, viewers) for instance in event.instances],
        "not_expanded": event.unexpanded,
    }


def as_text(event: EventExplanation, viewers: Sequence[str] = (), paint: Paint = PLAIN) -> str:
    """Return the explanation as lines for a person, `viewers` being the zones of those who look at the event."""
    sections = (
        _verdict(event, paint),
        _upstream_lines(event, paint),
        _zone_section(event, paint),
        _time_lines(event, viewers, paint),
        _effect_lines(event.effects, paint),
        _served_lines(event, paint),
        _instance_lines(event, viewers, paint),
    )
    written = ("".join(line + "\n" for line in section) for section in sections)
    return "\n".join(filter(None, written))


def _verdict(event: EventExplanation, paint: Paint) -> Iterator[str]:
    gone = event.dropped_by
    if event.served:
        what = paint.good("is served" if len(event.served) == 1 else f"is served as {len(event.served)} components")
    elif gone is not None:
        rules = f" ({', '.join(gone.rules)})" if gone.rules else ""
        what = paint.bad(f"is not served: {gone.step} left it out{rules}")
    else:
        what = paint.bad("is not served")
    yield f"{paint.strong('UID ' + visible(event.uid))} {what}"


def _upstream_lines(event: EventExplanation, paint: Paint) -> Iterator[str]:
    faults = {line: list(found) for line, found in groupby(event.faults, key=lambda fault: fault.line)}
    lines = [line for node in event.upstream for line in node.whole]
    if not lines:
        return
    width = max(len(str(line.last_number)) for line in lines)
    places = max(len(str(line.offset)) for line in lines)
    yield paint.strong("upstream") + paint.dim("   line, octet, and what stands there")
    for node in event.upstream:
        for line in node.whole:
            place = f"{line.number:>{width}} {line.offset:>{places}}"
            yield f"  {paint.dim(place)}  {_shown(line)}"
            for fault in faults.get(line.number, ()):
                yield f"  {'':{width + places + 1}}  {_fault(fault, paint)}"


def _fault(fault: Finding, paint: Paint) -> str:
    mended = f" Mended by {fault.rule.mended}." if fault.rule.mended else ""
    return f"^ {severity_painted(fault.rule, paint)} {paint.name(fault.rule.id)}: {fault.rule.title}{mended}"


def _zone_section(event: EventExplanation, paint: Paint) -> Iterator[str]:
    if event.zones:
        yield paint.strong("time zones")
    for zone in event.zones:
        yield from zone_lines(zone, paint)


def _time_lines(event: EventExplanation, viewers: Sequence[str], paint: Paint) -> Iterator[str]:
    if event.times:
        yield paint.strong("times")
    several = len(event.served) > 1
    for time in event.times:
        yield f"  {paint.name(time.name)}" + (f"  of {time.component}" if several else "")
        if time.written != time.served:
            yield f"    written   {visible(time.written) if time.written else 'nowhere'}"
        yield f"    served    {time.served}"
        for moment in time.moments:
            yield f"    means     {_meaning(moment)}"
            for viewer in viewers if moment.instant is not None else ():
                yield f"              {seen_text(moment.instant, viewer)} in {viewer}" if moment.instant else ""


def _meaning(moment: Moment) -> str:
    if moment.is_day:
        return f"{moment.wall:%a %Y-%m-%d}: the whole day, wherever it is looked at"
    if moment.instant is None:
        unknown = f"nobody knows {moment.tzid}" if moment.tzid else "the same hour wherever it is looked at"
        return f"{moment.wall:%a %Y-%m-%d %H:%M:%S}: {unknown}"
    instant = f"{moment.instant:%a %Y-%m-%d %H:%M:%S} UTC"
    if moment.tzid is None or moment.offset is None:
        return instant
    return f"{moment.wall:%a %Y-%m-%d %H:%M:%S} less {offset_text(moment.offset)} of {moment.tzid} = {instant}"


def _effect_lines(effects: Sequence[Effect], paint: Paint) -> Iterator[str]:
    yield paint.strong("steps")
    if not effects:
        yield "  none changed anything but folds and line ends"
    for effect in effects:
        what = {"mended": "", "added": " put in", "dropped": " left out"}[effect.what]
        rules = f": {', '.join(effect.rules)}" if effect.rules else ""
        yield f"  {paint.name(effect.step)}{what}  {effect.component}{rules}"
        for change in effect.changes:
            yield from change_lines(change, paint, "    ")


def _served_lines(event: EventExplanation, paint: Paint) -> Iterator[str]:
    if event.served:
        yield paint.strong("served")
    for component in event.served:
        yield from (
            f"  {text}" for text in component.text.decode("utf-8", "replace").removesuffix("\r\n").split("\r\n")
        )


def _instance_lines(event: EventExplanation, viewers: Sequence[str], paint: Paint) -> Iterator[str]:
    if not event.served:
        return
    yield paint.strong("next")
    if event.unexpanded:
        yield f"  {event.unexpanded}"
    elif not event.instances:
        yield "  none: it is over"
    for instance in event.instances:
        start = instance.start
        text = f"{start.wall:%a} {start}"
        if start.instant is not None and start.tzid is not None:
            text += f" = {start.instant:%Y-%m-%d %H:%M}Z"
        for viewer in viewers if start.instant is not None else ():
            text += f" = {seen(start.instant, viewer)[0]:%Y-%m-%d %H:%M} {viewer}" if start.instant else ""
        notes = [f"instead of {instance.planned}"] if instance.start != instance.planned else []
        notes += ["overridden"] if instance.overridden and not notes else []
        notes += ["cancelled"] if instance.cancelled else []
        yield f"  {text}  {visible(instance.title)}" + (paint.doubtful(f"  ({', '.join(notes)})") if notes else "")


def _node(node: Node) -> dict[str, object]:
    lines = [{"line": line.number, "offset": line.offset, "text": _shown(line)} for line in node.whole]
    return {"kind": node.kind.decode(), "line": node.begin.number, "offset": node.begin.offset, "lines": lines}


def _shown(line: Line) -> str:
    return visible(line.text.decode("utf-8", "backslashreplace"))


def _texts(text: bytes) -> list[str]:
    return unfold(text).decode("utf-8", "replace").removesuffix("\r\n").split("\r\n")


def _time(time: TimeOf, viewers: Sequence[str]) -> dict[str, object]:
    return {
        "component": time.component,
        "property": time.name,
        "written": time.written,
        "served": time.served,
        "moments": [_moment(moment, viewers) for moment in time.moments],
    }


def _moment(moment: Moment, viewers: Sequence[str]) -> dict[str, object]:
    if moment.is_day:
        return {"day": moment.wall.date().isoformat()}
    instant = moment.instant
    return {
        "wall": moment.wall.isoformat(),
        "tzid": moment.tzid,
        "offset": offset_text(moment.offset) if moment.offset is not None else None,
        "utc": instant.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z" if instant is not None else None,
        "seen": {viewer: seen(instant, viewer)[0].isoformat() for viewer in viewers} if instant is not None else {},
    }


def _instance(instance: Instance, viewers: Sequence[str]) -> dict[str, object]:
    return {
        "start": _moment(instance.start, viewers),
        "planned": _moment(instance.planned, ()) if instance.planned != instance.start else None,
        "minutes": instance.length.total_seconds() / 60 if instance.length is not None else None,
        "title": instance.title,
        "overridden": instance.overridden,
        "cancelled": instance.cancelled,
    }
