"""What `diff` has found, for people and for programs."""

from collections.abc import Callable, Iterator

from feedproxy.ops.diff import Difference, EventOf
from feedproxy.ops.event import PropertyChange
from feedproxy.ops.paint import PLAIN, Paint, visible


def as_json(difference: Difference) -> dict[str, object]:
    """Return the difference as values that `json.dumps` writes."""
    return {
        "before": difference.names[0],
        "after": difference.names[1],
        "differs": difference.differs,
        "calendar": [change_as_json(change) for change in difference.calendar],
        **{name: [_event(event) for event in getattr(difference, name)] for name in _KINDS},
        "only_churn": difference.churn,
        "same": difference.same,
    }


def change_as_json(change: PropertyChange) -> dict[str, object]:
    """Return what became of a property."""
    return {"property": change.name, "before": change.before, "after": change.after}


def as_text(difference: Difference, paint: Paint = PLAIN) -> str:
    """Return the difference as lines for a person: `-` gone, `+` new, `>` moved to another time, `~` changed."""
    return "".join(line + "\n" for line in _lines(difference, paint))


_KINDS = ("added", "removed", "moved", "changed")


def _event(event: EventOf) -> dict[str, object]:
    return {
        "uid": event.uid,
        "component": event.label,
        "title": event.title,
        "start": event.start,
        "line": {"before": event.lines[0], "after": event.lines[1]},
        "moved": [change_as_json(change) for change in event.moved],
        "changes": [change_as_json(change) for change in event.changes],
    }


def _lines(difference: Difference, paint: Paint) -> Iterator[str]:
    before, after = difference.names
    yield paint.strong(f"--- {before}")
    yield paint.strong(f"+++ {after}")
    for change in difference.calendar:
        yield f"~ the calendar's {change.name}"
        yield from change_lines(change, paint, "    ")
    signs: tuple[tuple[str, str, Callable[[str], str]], ...] = (
        ("removed", "-", paint.bad),
        ("added", "+", paint.good),
        ("moved", ">", paint.doubtful),
        ("changed", "~", paint.name),
    )
    for name, sign, colour in signs:
        for event in getattr(difference, name):
            yield colour(f"{sign} {_headline(event)}") + paint.dim(f"  {_place(event, difference.names)}")
            for change in (*event.moved, *event.changes):
                yield from change_lines(change, paint, "    ")
    yield _summary(difference)


def change_lines(change: PropertyChange, paint: Paint, indent: str) -> Iterator[str]:
    """Iterate over the lines that show what became of a property."""
    path = change.name.rpartition(" ")[0]
    where = f"{path} " if path else ""
    name = change.name.rpartition(" ")[2]
    for sign, text, colour in (("-", change.before, paint.bad), ("+", change.after, paint.good)):
        if text is not None:
            said = text if text.upper().startswith((name + ":", name + ";")) else f"{name} {text}"
            yield f"{indent}{colour(visible(f'{sign} {where}{said}'))}"


def _headline(event: EventOf) -> str:
    title = f" {event.title!r}" if event.title else ""
    start = f", {event.start}" if event.start else ""
    return visible(f"{event.label} {event.uid}{title}{start}")


def _place(event: EventOf, names: tuple[str, str]) -> str:
    found = [f"{name}:{line}" for name, line in zip(names, event.lines, strict=True) if line is not None]
    return "(" + ", ".join(found) + ")" if found else ""


def _summary(difference: Difference) -> str:
    counts = [f"{len(getattr(difference, name))} {name}" for name in _KINDS if getattr(difference, name)]
    if difference.calendar:
        counts.append("the calendar's own properties changed")
    if not counts:
        what = "only churn: " if difference.churn else "the same: "
        counts = [what + (f"{difference.churn} events written anew" if difference.churn else "nothing differs")]
    elif difference.churn:
        counts.append(f"{difference.churn} only churn")
    return ", ".join([*counts, f"{difference.same} untouched"])
