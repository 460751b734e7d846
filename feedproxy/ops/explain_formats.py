"""What `explain` says of a feed, for people and for programs."""

from collections.abc import Iterator
from datetime import timedelta

from feedproxy.model import LastGood
from feedproxy.ops.explain import Explanation
from feedproxy.ops.lint import Finding
from feedproxy.ops.lint_formats import finding_as_json, severity_painted
from feedproxy.ops.paint import PLAIN, Paint
from feedproxy.ops.rules import REFUSED
from feedproxy.ops.zone_lines import zone_lines
from feedproxy.policy.egress import address_class
from feedproxy.policy.freshness import Grounds
from feedproxy.transform import Change
from feedproxy.upstream import Fetched

NAMED = 5
"""How many lines are named beside a change; the count says how many there are."""


def as_json(explanation: Explanation) -> dict[str, object]:
    """Return the explanation as values that `json.dumps` writes."""
    faults = explanation.lint
    return came_as_json(explanation) | {
        "subscription": _subscription_as_json(explanation),
        "personal_events": len(explanation.own.personal),
        "personal_events_hidden": explanation.hidden,
        "faults": [finding_as_json(each) for each in (faults.findings if faults else ())],
        "report": explanation.report and explanation.report.to_json(),
    }


def came_as_json(explanation: Explanation) -> dict[str, object]:
    """Return what came and what is made of it."""
    fetch, kept, fresh = explanation.fetch, explanation.kept, explanation.freshness
    return {
        "target": explanation.target,
        "hops": [
            {"url": url, "status": status, "address": address, "class": address_class(address)}
            for url, status, address in explanation.hops
        ],
        "fetch": fetch
        and {
            "hops": [{"url": hop.url_shown, "status": hop.status, "address": hop.address} for hop in fetch.hops],
            "octets": {"wire": fetch.wire_octets, "decoded": len(fetch.body)},
            "seconds": round(fetch.seconds, 3),
            "headers": dict(_headers(fetch)),
        },
        "charset": explanation.charset,
        "freshness": fresh
        and {"decided_by": fresh.by, "said": fresh.span.total_seconds(), "seconds": fresh.held.total_seconds()},
        "decision": explanation.decision,
        "failure": explanation.failure,
        "last_good": kept
        and {
            "fetched_at": kept.fetched_at.isoformat(),
            "changed_at": kept.changed_at.isoformat(),
            "components": kept.events,
            "held_back": kept.held and {"reason": kept.held.reason, "since": kept.held.since.isoformat()},
        },
    }


def as_text(explanation: Explanation, paint: Paint = PLAIN) -> str:
    """Return the explanation as lines for a person."""
    return "".join(line + "\n" for line in _lines(explanation, paint))


def _lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    yield from came_lines(explanation, paint)
    report = explanation.report
    if report is not None:
        yield f"  components in   {_counts(report.components_in)} ({report.octets_in} octets)"
        yield f"  components out  {_counts(report.components_out)} ({report.octets_out} octets)"
        if explanation.own.personal or explanation.hidden:
            hidden = f", and {explanation.hidden} that cannot be seen yet" if explanation.hidden else ""
            yield f"  personal events {len(explanation.own.personal)}{hidden}"
        yield ""
        yield paint.strong(f"time zones (tzdata {report.tzdata}, CLDR {report.cldr})")
        if not report.zones:
            yield "  none is named"
        for zone in report.zones:
            yield from zone_lines(zone, paint)
        yield ""
        yield paint.strong("changes")
        yield from _change_lines(explanation, paint)
    yield from _fault_lines(explanation, paint)


def came_lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    """Iterate over the lines that say what came and what is made of it."""
    yield paint.strong(explanation.target)
    yield from _subscription_lines(explanation)
    for url, status, address in explanation.hops:
        yield f"  fetched    {url} -> {status} from {address} ({_verdict(address)})"
    if explanation.fetch is not None:
        yield from _fetch_lines(explanation.fetch)
    if explanation.charset is not None:
        yield f"  charset    {explanation.charset}"
    if explanation.freshness is not None:
        yield f"  fresh      {_freshness(explanation.freshness)}"
    if explanation.failure is not None:
        yield f"  refused    {paint.bad(explanation.failure)}"
    yield f"  decision   {explanation.decision}"
    if explanation.kept is not None:
        yield from _kept_lines(explanation.kept)


def _subscription_lines(explanation: Explanation) -> Iterator[str]:
    found, health = explanation.subscription, explanation.health
    if found is not None and found.calendar is not None:
        calendar = found.calendar
        yield f"  calendar   {calendar.account.code}/{calendar.code}, {calendar.details.title!r}"
        ended = f" since {found.deactivated_at:%Y-%m-%d %H:%M} UTC" if found.deactivated_at is not None else ""
        yield f"  state      {found.state}{ended}" + (f": {explanation.ended}" if explanation.ended else "")
        for name, wish in _wishes(explanation).items():
            yield f"  wants      {name} {wish}"
    if health is not None:
        reason = f": {health.reason}" if health.reason else ""
        yield f"  health     {health.health} since {health.since:%Y-%m-%d %H:%M} UTC{reason}"


def _subscription_as_json(explanation: Explanation) -> dict[str, object] | None:
    found, health = explanation.subscription, explanation.health
    if found is None and health is None:
        return None
    calendar = found.calendar if found is not None else None
    return {
        "calendar": calendar and f"{calendar.account.code}/{calendar.code}",
        "state": found and found.state,
        "served_when_deactivated": explanation.ended,
        "wants": _wishes(explanation),
        "health": health and {"health": health.health, "since": health.since.isoformat(), "reason": health.reason},
    }


def _wishes(explanation: Explanation) -> dict[str, str]:
    """Return what of its calendar the subscription wants."""
    selection = explanation.own.selection
    said = {
        "tags": ", ".join(sorted(selection.tags)),
        "zone": selection.zone,
        "include": ", ".join(sorted(selection.include)),
        "exclude": ", ".join(sorted(selection.exclude)),
    }
    return {name: wish for name, wish in said.items() if wish}


def _verdict(address: str) -> str:
    kind = address_class(address)
    return "public" if kind == "public" else f"{kind}, opened by a setting"


def _freshness(fresh: Grounds) -> str:
    text = f"for {_span(fresh.held)}, give or take a tenth: {fresh.by}"
    if fresh.by == "freshness_default":
        return f"{text}, as the upstream says nothing"
    if fresh.span == fresh.held:
        return f"{text} says so"
    bound = "freshness_min" if fresh.span < fresh.held else "freshness_max"
    return f"{text} says {_span(fresh.span)}, {bound} bounds it"


def _span(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for unit, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= unit and seconds % unit == 0:
            return f"{seconds // unit} {name}"
    return f"{seconds} s"


def _change_lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    """Iterate over what the steps did, each with the lines of the faults that it mends."""
    if not explanation.changes:
        yield "  none"
    for change in explanation.changes:
        examples = f"  e.g. {', '.join(change.examples)}" if change.examples else ""
        rule = paint.name(f"{change.rule:<22}")
        yield f"  {change.step:<10} {rule} x {change.count}{examples}{_places(change, explanation)}"


def _places(change: Change, explanation: Explanation) -> str:
    lint = explanation.lint if explanation.kept is None else None
    lines = [str(each.line) for each in (lint.findings if lint else ()) if each.rule.id == change.rule]
    more = ", ..." if len(lines) > NAMED else ""
    return f"  line {', '.join(lines[:NAMED])}{more}" if lines else ""


def _fault_lines(explanation: Explanation, paint: Paint) -> Iterator[str]:
    """Iterate over what is wrong with the body that came, each rule once, with its lines."""
    lint = explanation.lint
    if lint is None or not lint.findings:
        return
    yield ""
    yield paint.strong("faults") + paint.dim("   `feedproxy lint` says whom they hurt and what helps")
    by_rule: dict[str, list[Finding]] = {}
    for finding in lint.findings:
        by_rule.setdefault(finding.rule.id, []).append(finding)
    for name, found in by_rule.items():
        rule, left = found[0].rule, lint.counts[name] - len(found[:NAMED])
        numbers = ", ".join(str(each.line) for each in found[:NAMED]) + (f" and {left} more" if left else "")
        mended = f"mended by {rule.mended}" if rule.mended else "refused" if name in REFUSED else "served as it is"
        yield f"  line {numbers}: {severity_painted(rule, paint)} {paint.name(name)}: {rule.title} ({mended})"


def _kept_lines(kept: LastGood) -> Iterator[str]:
    yield f"  served     the last good body instead, of {kept.fetched_at:%Y-%m-%d %H:%M} UTC"
    if kept.held is not None:
        accepted = " (accepted)" if kept.held.accepted else ""
        yield f"  held back  since {kept.held.since:%Y-%m-%d %H:%M} UTC, {kept.held.reason}{accepted}"


def _fetch_lines(fetch: Fetched) -> Iterator[str]:
    yield f"             {fetch.wire_octets} octets, {len(fetch.body)} decoded, {fetch.seconds:.2f} s"
    for name, value in _headers(fetch):
        yield f"             {name}: {value}"


def _headers(fetch: Fetched) -> Iterator[tuple[str, str]]:
    for name, value in (
        ("Content-Type", fetch.content_type),
        ("ETag", fetch.etag),
        ("Last-Modified", fetch.last_modified),
        ("Cache-Control", fetch.cache_control),
        ("Expires", fetch.expires),
        ("Date", fetch.date),
        ("Age", fetch.age),
    ):
        if value is not None:
            yield name, value


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"
