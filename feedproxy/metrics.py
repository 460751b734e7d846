"""What is counted and timed, by Prometheus's rules: base units, and labels of few values, never a feed's name.

Labels that name a reason take the ids of `feedproxy.errors`, so they are few too.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric, ProcessCollector
from prometheus_client.registry import Collector

from feedproxy import steps
from feedproxy.model import Health
from feedproxy.policy.health import HEALTHS

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)
AGES = (60, 300, 900, 3_600, 21_600, 86_400, 259_200, 604_800)

_Answered = tuple[str, str, int, str, int]
"""Route, method, status, client family, number of the bucket in SECONDS."""


class Durations(Histogram):
    """A histogram that takes many observations of one bucket at once."""

    def observe_all(self, bucket: int, count: int, total: float) -> None:
        """Note `count` observations that fall into the bucket of that number, of `total` seconds together."""
        self._raise_if_not_observable()  # type: ignore[no-untyped-call]
        self._sum.inc(total)
        self._buckets[bucket].inc(count)


class Tally:
    """Feeds that were hits and answered at once, of one status and client family, not counted yet."""

    __slots__ = ("times",)

    def __init__(self) -> None:
        self.times = 0


class Metrics:
    """The counters of one application, in a registry of their own.

    Answers are tallied in a dict, which costs a tenth of counting each, and counted whenever the registry is read, or
    by `count_tallies`: workers that share a port call it now and then, for they read each other's counts in files.
    """

    def __init__(self, *, version: str, tzdata: str, cldr: str) -> None:
        self.registry = registry = CollectorRegistry()
        registry.register(_Tallies(self))
        ProcessCollector(registry=registry)
        self._build_info = Gauge(
            "feedproxy_build_info",
            "Always 1; the labels say what runs.",
            ("version", "tzdata", "cldr"),
            registry=registry,
            multiprocess_mode="max",
        )
        self._build_info.labels(version, tzdata, cldr).set(1)
        self._requests = Counter(
            "feedproxy_http_requests",
            "Requests answered.",
            ("route", "method", "code", "client_family"),
            registry=registry,
        )
        self._request_seconds = Durations(
            "feedproxy_http_request_duration_seconds",
            "From a request's head to the last octet of the answer.",
            ("route",),
            buckets=SECONDS,
            registry=registry,
        )
        self._fetches = Counter(
            "feedproxy_upstream_fetches",
            "Looks upstream: fetched, not-modified, or the reason of a failure.",
            ("result",),
            registry=registry,
        )
        self._fetch_seconds = Histogram(
            "feedproxy_upstream_fetch_duration_seconds", "Looks upstream.", buckets=SECONDS, registry=registry
        )
        self._feeds = Counter(
            "feedproxy_cache_requests",
            "Feeds asked for: hit, stale, miss, revalidated, coalesced.",
            ("status",),
            registry=registry,
        )
        self._stale_seconds = Histogram(
            "feedproxy_served_stale_seconds",
            "How far past its freshness lifetime a feed was when it was served all the same.",
            buckets=AGES,
            registry=registry,
        )
        self._refused = Counter(
            "feedproxy_feeds_refused", "Upstream answers that are no feed, by reason.", ("reason",), registry=registry
        )
        self._kept = Counter(
            "feedproxy_last_good_kept",
            "Times that the last good feed stayed although a look upstream ended, by reason.",
            ("reason",),
            registry=registry,
        )
        self._render_seconds = Histogram(
            "feedproxy_render_duration_seconds", "Feeds rendered.", buckets=SECONDS, registry=registry
        )
        self._repairs = Counter(
            "feedproxy_parse_warnings", "Things put right in upstream feeds, by rule.", ("rule",), registry=registry
        )
        self._auth_failures = Counter(
            "feedproxy_auth_failures", "Credentials that were refused, by reason.", ("reason",), registry=registry
        )
        self._destinations = Counter(
            "feedproxy_rejected_destination",
            "Addresses and URLs that the egress policy refused, by class; `mode` is report where it only says so.",
            ("reason", "mode"),
            registry=registry,
        )
        self._purges = Counter(
            "feedproxy_edge_purges",
            "Changes that edges were told of, by kind of edge: sent, failed (they are sent again), dropped.",
            ("edge", "result"),
            registry=registry,
        )
        self._without_redis = Gauge(
            "feedproxy_processes_without_redis",
            "Processes that cannot use the Redis of the settings, and go on from their own memory.",
            registry=registry,
            multiprocess_mode="livesum",
        )
        self._health = Gauge(
            "feedproxy_feeds",
            "Feeds that were looked at within a day, by their health: ok, stale, degraded, auth-needed, ...",
            ("health",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._oldest_last_good = Gauge(
            "feedproxy_oldest_last_good_age_seconds",
            "Since when the upstream has not confirmed the feed of that health that is worst off; 0: there is none.",
            ("health",),
            registry=registry,
            multiprocess_mode="livemostrecent",
        )
        self._history_lost = Counter(
            "feedproxy_history_lost",
            "Looks upstream that are not in the history: there were too many at once, or the store was away.",
            registry=registry,
        )
        self._connections = Counter(
            "feedproxy_connections_ended",
            "Clients' connections that we ended: slow-head, large-head, stalled, unsent, crowded.",
            ("reason",),
            registry=registry,
        )
        self._request_tallies: defaultdict[_Answered, list[float]] = defaultdict(lambda: [0, 0.0])
        self._feed_tallies: defaultdict[str, int] = defaultdict(int)
        self._at_once_tallies: defaultdict[tuple[int, str], Tally] = defaultdict(Tally)

    def request(self, route: str, method: str, code: int, client_family: str, seconds: float) -> None:
        """Count an answer."""
        tally = self._request_tallies[route, method, code, client_family, bisect_left(SECONDS, seconds)]
        tally[0] += 1
        tally[1] += seconds

    def at_once(self, code: int, client_family: str) -> Tally:
        """Return where to add each GET of a feed, a hit, that is answered before a clock could tell."""
        return self._at_once_tallies[code, client_family]

    def count_tallies(self) -> None:
        """Count what was tallied since the last time."""
        requests, feeds = dict(self._request_tallies), dict(self._feed_tallies)
        self._request_tallies.clear()
        self._feed_tallies.clear()
        for (code, family), tally in self._at_once_tallies.items():
            times, tally.times = tally.times, 0
            if times:
                self._requests.labels("feed", "GET", code, family).inc(times)
                self._request_seconds.labels("feed").observe_all(0, times, 0.0)
                self._feeds.labels("hit").inc(times)
        for (route, method, code, client_family, bucket), (count, total) in requests.items():
            self._requests.labels(route, method, code, client_family).inc(count)
            self._request_seconds.labels(route).observe_all(bucket, int(count), total)
        for status, count in feeds.items():
            self._feeds.labels(status).inc(count)

    def fetch(self, result: str, seconds: float) -> None:
        """Count a look upstream: `fetched`, `not-modified`, or the `reason` of a FetchFailed."""
        steps.took("fetch", seconds, result)
        self._fetches.labels(result).inc()
        self._fetch_seconds.observe(seconds)

    def destination(self, reason: str, *, stopped: bool) -> None:
        """Count an address or URL that the egress policy refused; `stopped`: it does not only report."""
        self._destinations.labels(reason.removeprefix("egress-"), "enforce" if stopped else "report").inc()

    def connection_ended(self, reason: str) -> None:
        """Count a client's connection that was ended: `slow-head`, `large-head`, `stalled`, `unsent` or `crowded`."""
        self._connections.labels(reason).inc()

    def feed(self, status: str) -> None:
        """Count a feed that was asked for: `hit`, `stale`, `miss`, `revalidated` or `coalesced`."""
        self._feed_tallies[status] += 1

    def stale(self, seconds: float) -> None:
        """Note a feed that was served `seconds` past its freshness lifetime."""
        self._stale_seconds.observe(seconds)

    def refused(self, reason: str) -> None:
        """Count an upstream answer that is no feed; `reason` is that of FeedRefused."""
        self._refused.labels(reason).inc()

    def kept_last_good(self, reason: str) -> None:
        """Count a look upstream after which the last good feed stayed."""
        self._kept.labels(reason).inc()

    def rendered(self, seconds: float, repairs: Mapping[str, int]) -> None:
        """Note a rendering and how often each rule of repair was used in it."""
        steps.took("render", seconds, "rendered")
        self._render_seconds.observe(seconds)
        for rule, times in repairs.items():
            self._repairs.labels(rule).inc(times)

    def auth_failure(self, reason: str) -> None:
        """Count refused credentials: `basic`, `missing`, `limited`, `bearer`, `client`, `admin` or `ops`."""
        self._auth_failures.labels(reason).inc()

    def health(self, counts: Mapping[Health, tuple[int, float]]) -> None:
        """Note how many feeds are of each health, and for how many seconds the oldest was not confirmed."""
        for each in HEALTHS:
            count, oldest = counts.get(each, (0, 0.0))
            self._health.labels(each).set(count)
            self._oldest_last_good.labels(each).set(oldest)

    def history_lost(self, count: int) -> None:
        """Count looks upstream that nobody will find in the history."""
        self._history_lost.inc(count)

    def redis(self, there: bool) -> None:
        """Note whether the Redis of the settings can be used."""
        self._without_redis.set(0 if there else 1)

    def purge(self, edge: str, result: str, count: int) -> None:
        """Count changes that an edge of a kind was told of: `sent`, `failed` or `dropped`."""
        self._purges.labels(edge, result).inc(count)


class _Tallies(Collector):
    """Has the tallies counted before a registry is read: the first of its collectors, with nothing of its own."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def describe(self) -> Iterable[Metric]:
        return ()

    def collect(self) -> Iterable[Metric]:
        self._metrics.count_tallies()
        return ()
