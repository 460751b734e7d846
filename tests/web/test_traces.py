"""Traces: one span a request, one a look upstream, one a rendering; nothing in them that is anybody's secret."""

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from aiohttp import ClientSession
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from feedproxy.demo.subscriptions import CLUB, LEAGUE
from feedproxy.errors import SettingsError
from feedproxy.policy.secrets import feed_hash, log_name
from feedproxy.web import keys, wanted_traces
from feedproxy.web.stamp import PROCESS
from feedproxy.web.traces import open_provider, put_traces
from tests.cli.program import environment
from tests.web.running import Running, running

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = {"traceparent": f"00-{TRACE}-{PARENT}-01", "tracestate": "rojo=00f067aa0ba902b7"}
FEED = f"/webcal/{LEAGUE.id}"


class Traced:
    """What is exported, at once."""

    def __init__(self) -> None:
        self._exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.put = partial(put_traces, provider)

    def spans(self) -> Sequence[ReadableSpan]:
        """Return the spans since the last time, in the order in which they ended."""
        spans = self._exporter.get_finished_spans()
        self._exporter.clear()
        return spans


@pytest.fixture
def traced() -> Traced:
    return Traced()


async def get(service: Running, path: str, **headers: str) -> None:
    async with ClientSession() as session, session.get(service.url + path, headers=headers) as answer:
        await answer.read()


def told(span: ReadableSpan) -> dict[str, object]:
    return dict(span.attributes or {})


async def test_a_request_a_fetch_and_a_rendering_are_a_span_each(tmp_path: Path, traced: Traced) -> None:
    async with running(tmp_path, put_traces=traced.put) as service:
        await get(service, FEED)
        fetch, render, request = traced.spans()
        name = log_name(feed_hash(service.app[keys.SECRET_KEY], LEAGUE.id))
        line = json.loads(service.log_lines()[-1])
    assert [(span.name, span.kind) for span in (fetch, render, request)] == [
        ("fetch", SpanKind.CLIENT),
        ("render", SpanKind.INTERNAL),
        ("GET feed", SpanKind.SERVER),
    ]
    assert request.parent is None
    for step in (fetch, render):
        assert step.parent is not None
        assert request.context is not None
        assert step.parent.span_id == request.context.span_id
        assert step.start_time is not None
        assert step.end_time is not None
        assert step.start_time < step.end_time
    assert told(fetch) == {"feedproxy.result": "fetched"}
    assert told(request) == {
        "http.request.method": "GET",
        "http.route": "/webcal/{subscription_id}[.ics]",
        "http.response.status_code": 200,
        "feedproxy.feed": name,
        "feedproxy.cache": "miss",
        "feedproxy.request_id": line["request_id"],
    }


async def test_what_is_ready_is_a_span_too_and_has_no_steps(tmp_path: Path, traced: Traced) -> None:
    async with running(tmp_path, put_traces=traced.put) as service:
        for _ in range(3):
            await get(service, FEED)
        hits = traced.spans()[3:]
    assert [(span.name, told(span)["feedproxy.cache"]) for span in hits] == [("GET feed", "hit")] * 2


async def test_trusted_proxies_say_what_a_request_is_part_of(tmp_path: Path, traced: Traced) -> None:
    async with running(tmp_path, put_traces=traced.put, trusted_proxies=["127.0.0.1"]) as service:
        await get(service, FEED, **TRACEPARENT)
        for span in traced.spans():
            assert span.context is not None
            assert f"{span.context.trace_id:032x}" == TRACE
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == PARENT
        await get(service, FEED, traceparent="00-0-0-1")
        assert traced.spans()[0].parent is None


async def test_strangers_do_not(tmp_path: Path, traced: Traced) -> None:
    async with running(tmp_path, put_traces=traced.put, trusted_proxies=["192.0.2.0/24"]) as service:
        await get(service, FEED, **TRACEPARENT)
        assert traced.spans()[-1].parent is None


async def test_no_span_tells_a_secret(tmp_path: Path, traced: Traced) -> None:
    basic = b64encode(b"member:hunter2").decode()
    async with running(tmp_path, put_traces=traced.put) as service:
        for path in (f"/webcal/{CLUB.id}?key=hunter2", f"/nowhere/{CLUB.id.hex}", f"/jobs/{CLUB.id}"):
            await get(service, path, Authorization=f"Basic {basic}", **{"User-Agent": "hunter2"})
        spans = "".join(span.to_json() for span in traced.spans())
        upstream = service.settings.upstream_url.removeprefix("http://")
    assert '"status-401"' in spans
    for secret in ("hunter2", basic, str(CLUB.id), CLUB.id.hex, upstream):
        assert secret not in spans


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_the_standard_variables_say_whether_there_are_traces(variables: dict[str, str], wanted: bool) -> None:
    assert wanted_traces.traces_wanted(variables) == wanted
    if not wanted:
        assert wanted_traces.wanted_traces(variables) is None


def test_they_say_where_to_and_what_the_service_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_SERVICE_NAME", "feeds-eu")
    provider = open_provider({"OTEL_TRACES_EXPORTER": "console", "OTEL_SERVICE_NAME": "feeds-eu"})
    assert provider.resource.attributes["service.name"] == "feeds-eu"
    assert provider.resource.attributes["service.instance.id"] == PROCESS
    monkeypatch.delenv("OTEL_SERVICE_NAME")
    assert open_provider({"OTEL_TRACES_EXPORTER": "console"}).resource.attributes["service.name"] == "feedproxy"
    with pytest.raises(SettingsError, match="no exporter 'zipkin' is installed"):
        open_provider({"OTEL_TRACES_EXPORTER": "zipkin"})


def test_without_the_extra_it_is_said_and_the_service_runs(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(wanted_traces, "traces_installed", lambda: False)
    assert wanted_traces.wanted_traces({"OTEL_TRACES_EXPORTER": "otlp"}) is None
    assert caplog.messages == [wanted_traces.NOT_INSTALLED]


def test_nothing_of_it_is_imported_where_nobody_wants_it() -> None:
    code = (
        "import sys, feedproxy.cli.serve as serve; assert serve.wanted_traces({}) is None;"
        "sys.exit(bool({'feedproxy.web.traces', 'opentelemetry.sdk.trace'} & sys.modules.keys()))"
    )
    assert subprocess.run([sys.executable, "-c", code], env=environment(), check=False).returncode == 0
