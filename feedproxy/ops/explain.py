"""`explain`: what was fetched, which TZID became what and why, what was repaired, what went in and what came out.

`examine` does the work and returns values; `as_text` shows them to a person, `as_json` to a program.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from feedproxy.errors import FeedRefused, FetchFailed
from feedproxy.model import LastGood, PersonalEvent
from feedproxy.policy.publish import KeepLastGood, publish
from feedproxy.transform import Change, Options, Report, ZoneReport, assemble, index, lost_ahead
from feedproxy.upstream import Fetched
from tzmap.resolution import offset_text

SERVED = Options(placeholder=True)
"""How the service transforms a feed, unless its settings say otherwise."""

NOTHING_IS_OVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything that is known of one feed now.

    `fetch` is what came over the wire (None for a file, or when it failed: then `failure` says why); `kept` the last
    good body that is served instead; `report` what the transformation did (None when the body was refused, by
    `failure`; it may have been held back, too).
    """

    target: str
    fetch: Fetched | None = None
    failure: str | None = None
    kept: LastGood | None = None
    personal: int = 0
    report: Report | None = None

    @property
    def changes(self) -> tuple[Change, ...]:
        """What was done to the body that is served."""
        return self.report.changes if self.report else ()


def examine(
    target: str,
    body: bytes | None,
    *,
    personal: Iterable[PersonalEvent] = (),
    fetch: Fetched | None = None,
    failure: FetchFailed | None = None,
    kept: LastGood | None = None,
    loss_share: float = 1.0,
    options: Options = SERVED,
    now: datetime = NOTHING_IS_OVER,
) -> Explanation:
    """Transform a body, else the last good one, and gather what is to be said.

    `body` None: the fetch failed. A body that has lost more than `loss_share` of the last good one is held back, as it
    is by the service when it comes for the first time; what is over by `now` is no loss.
    """
    events = tuple(personal)
    reason = f"{failure.reason}: {failure.message}" if failure is not None else None
    report = None
    if body is not None:
        report, reason = _weighed(body, events, options, kept, loss_share=loss_share, now=now)
    used_kept = kept if report is None else None
    if used_kept is not None:
        report, _ = _transformed(used_kept.body, events, options)
    return Explanation(
        target=target,
        fetch=fetch,
        failure=reason,
        kept=used_kept,
        personal=len(events),
        report=report,
    )


def _weighed(
    body: bytes,
    events: Iterable[PersonalEvent],
    options: Options,
    kept: LastGood | None,
    *,
    loss_share: float,
    now: datetime,
) -> tuple[Report | None, str | None]:
    """Transform a body unless the service would hold it back; else say why."""
    report, reason = _transformed(body, events, options)
    if report is None or kept is None:
        return report, reason
    try:
        new, last = (index(each, options) for each in (body, kept.body))
    except FeedRefused:  # an earlier release thought it good
        return report, reason
    decision = publish(
        last.events,
        new.events,
        lost_ahead=lost_ahead(last.calendar.components, new.calendar.components, now=now),
        loss_share=loss_share,
        confirmed=kept.held is not None and kept.held.accepted,
    )
    if isinstance(decision, KeepLastGood):
        return None, f"{decision.reason}: {decision.text}; believed when it comes again"
    return report, reason


def _transformed(body: bytes, events: Iterable[PersonalEvent], options: Options) -> tuple[Report | None, str | None]:
    try:
        return assemble(index(body, options), events, options).report, None
    except FeedRefused as refusal:
        return None, f"{refusal.reason}: {refusal.message}"


def as_json(explanation: Explanation) -> dict[str, object]:
    """Return the explanation as values that `json.dumps` writes."""
    fetch, kept = explanation.fetch, explanation.kept
    return {
        "target": explanation.target,
        "fetch": fetch
        and {
            "hops": [{"url": hop.url_shown, "status": hop.status, "address": hop.address} for hop in fetch.hops],
            "octets": {"wire": fetch.wire_octets, "decoded": len(fetch.body)},
            "seconds": round(fetch.seconds, 3),
            "headers": dict(_headers(fetch)),
        },
        "failure": explanation.failure,
        "last_good": kept
        and {
            "fetched_at": kept.fetched_at.isoformat(),
            "changed_at": kept.changed_at.isoformat(),
            "components": kept.events,
            "held_back": kept.held and {"reason": kept.held.reason, "since": kept.held.since.isoformat()},
        },
        "personal_events": explanation.personal,
        "report": explanation.report and explanation.report.to_json(),
    }


def as_text(explanation: Explanation) -> str:
    """Return the explanation as lines for a person."""
    return "\n".join(_lines(explanation)) + "\n"


def _lines(explanation: Explanation) -> Iterator[str]:
    yield explanation.target
    if explanation.fetch is not None:
        yield from _fetch_lines(explanation.fetch)
    if explanation.failure is not None:
        yield f"  refused    {explanation.failure}"
    if explanation.kept is not None:
        yield from _kept_lines(explanation.kept)
    report = explanation.report
    if report is None:
        return
    yield f"  components in   {_counts(report.components_in)} ({report.octets_in} octets)"
    yield f"  components out  {_counts(report.components_out)} ({report.octets_out} octets)"
    if explanation.personal:
        yield f"  personal events {explanation.personal}"
    yield ""
    yield f"time zones (tzdata {report.tzdata}, CLDR {report.cldr})"
    if not report.zones:
        yield "  none is named"
    for zone in report.zones:
        yield from _zone_lines(zone)
    yield ""
    yield "changes"
    if not explanation.changes:
        yield "  none"
    for change in explanation.changes:
        examples = f"  e.g. {', '.join(change.examples)}" if change.examples else ""
        yield f"  {change.step:<10} {change.rule:<22} x {change.count}{examples}"


def _kept_lines(kept: LastGood) -> Iterator[str]:
    yield f"  served     the last good body instead, of {kept.fetched_at:%Y-%m-%d %H:%M} UTC"
    if kept.held is not None:
        accepted = " (accepted)" if kept.held.accepted else ""
        yield f"  held back  since {kept.held.since:%Y-%m-%d %H:%M} UTC, {kept.held.reason}{accepted}"


def _fetch_lines(fetch: Fetched) -> Iterator[str]:
    for hop in fetch.hops:
        yield f"  fetched    {hop.url_shown} -> {hop.status} from {hop.address}"
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
        ("Age", fetch.age),
    ):
        if value is not None:
            yield name, value


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"


def _zone_lines(zone: ZoneReport) -> Iterator[str]:
    resolution = zone.resolution
    defined = "with" if zone.defined else "without"
    yield f"  {zone.written!r} -> {zone.served}   ({resolution.rung}; {zone.uses} values, {defined} a definition)"
    for sentence in resolution.evidence:
        yield f"      {sentence}"
    differs = resolution.disagreement
    if differs is not None:
        offsets = f"rules {offset_text(differs.by_rules)}, zone {offset_text(differs.by_zone)}"
        yield f"      {differs.count} values disagree, e.g. {differs.value}: {offsets}"
