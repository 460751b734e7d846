"""/metrics: what Prometheus reads, with labels of few values."""

from pathlib import Path

from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

import feedproxy
from feedproxy.demo.subscriptions import CLUB, LEAGUE
from feedproxy.metrics import Metrics
from tests.web.running import running
from tzmap import CLDR_VERSION, TZDATA_EDITION

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def read(text: str) -> Samples:
    """Return each sample's value by name and labels."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


async def test_requests_fetches_and_feeds_are_counted(tmp_path: Path) -> None:
    async with running(tmp_path) as service, ClientSession() as session:
        for path in [f"/webcal/{LEAGUE.id}"] * 3 + [f"/webcal/{CLUB.id}", "/nowhere", "/elsewhere"]:
            async with session.get(service.url + path, headers={"User-Agent": "curl/8"}):
                pass
        async with session.get(f"{service.url}/metrics") as answer:
            assert answer.headers["Content-Type"].startswith("text/plain; version=")
            samples = read(await answer.text())
    requests = "feedproxy_http_requests_total"
    assert value(samples, requests, route="feed", method="GET", code="200", client_family="curl") == 3
    assert value(samples, requests, route="feed", method="GET", code="401", client_family="curl") == 1
    assert value(samples, requests, route="unknown", method="GET", code="404", client_family="curl") == 2
    assert value(samples, "feedproxy_http_request_duration_seconds_count", route="feed") == 4
    assert value(samples, "feedproxy_upstream_fetches_total", result="fetched") == 1
    assert value(samples, "feedproxy_upstream_fetches_total", result="status-401") == 1
    assert value(samples, "feedproxy_cache_requests_total", status="miss") == 1
    assert value(samples, "feedproxy_cache_requests_total", status="hit") == 2
    build = {"version": feedproxy.__version__, "tzdata": TZDATA_EDITION, "cldr": CLDR_VERSION}
    assert value(samples, "feedproxy_build_info", **build) == 1
    assert ("process_resident_memory_bytes", ()) in samples


def test_two_applications_in_one_process_count_apart() -> None:
    one, other = (Metrics(version="1", tzdata="t", cldr="c") for _ in range(2))
    one.feed("hit")
    one.destination("egress-loopback", stopped=True)
    one.destination("egress-private", stopped=False)
    assert one.registry.get_sample_value("feedproxy_cache_requests_total", {"status": "hit"}) == 1
    for reason, mode in (("loopback", "enforce"), ("private", "report")):
        labels = {"reason": reason, "mode": mode}
        assert one.registry.get_sample_value("feedproxy_rejected_destination_total", labels) == 1
    assert other.registry.get_sample_value("feedproxy_cache_requests_total", {"status": "hit"}) is None


def test_what_the_driver_of_feeds_tells_is_counted_under_the_names_that_operators_know() -> None:
    metrics = Metrics(version="1", tzdata="t", cldr="c")
    metrics.stale(120)
    metrics.refused("html")
    metrics.kept_last_good("timeout")
    metrics.rendered(0.01, {"rule-separator": 5})
    metrics.auth_failure("basic")
    metrics.health({"ok": (5, 30.0), "stale": (1, 90_000.0)})
    metrics.history_lost(3)
    sample = metrics.registry.get_sample_value
    assert sample("feedproxy_feeds", {"health": "ok"}) == 5
    assert sample("feedproxy_feeds", {"health": "shrunk"}) == 0
    assert sample("feedproxy_oldest_last_good_age_seconds", {"health": "stale"}) == 90_000
    assert sample("feedproxy_history_lost_total") == 3
    assert sample("feedproxy_served_stale_seconds_bucket", {"le": "300.0"}) == 1
    assert sample("feedproxy_served_stale_seconds_bucket", {"le": "60.0"}) == 0
    assert sample("feedproxy_feeds_refused_total", {"reason": "html"}) == 1
    assert sample("feedproxy_last_good_kept_total", {"reason": "timeout"}) == 1
    assert sample("feedproxy_render_duration_seconds_sum") == 0.01
    assert sample("feedproxy_parse_warnings_total", {"rule": "rule-separator"}) == 5
    assert sample("feedproxy_auth_failures_total", {"reason": "basic"}) == 1
