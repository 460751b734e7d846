"""OpenTelemetry: one span a request, and beneath it one for each look upstream and each rendering that it began.

Spans leave the house, so no GUID, credential or URL is in them: a request is named by its route, a feed as in the log,
what went wrong by its reason. Exceptions are not recorded, for their texts hold what they please. Who asks, and what
with, is not in them either.

Where spans go and which are kept is said by the standard variables (OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_*,
OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME, ...), which OpenTelemetry's own classes read. This module needs the extra
`otel`; nobody imports it where `feedproxy.web.wanted_traces` says no.
"""

import time
from collections.abc import Mapping
from functools import partial
from importlib.metadata import entry_points

from aiohttp import web
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import feedproxy
from feedproxy.errors import SettingsError
from feedproxy.policy.client_network import is_trusted
from feedproxy.policy.secrets import log_name
from feedproxy.steps import Step, told_to
from feedproxy.web.access_log import METHODS, feed_asked_for, route_name
from feedproxy.web.request_keys import CACHE_STATUS
from feedproxy.web.routes import templates
from feedproxy.web.stamp import PROCESS, request_id
from feedproxy.web.warm_response import WarmResponse

GOOD = frozenset({"fetched", "not-modified", "rendered"})
"""Results of steps that are no failures."""

_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_propagator = TraceContextTextMapPropagator()


def open_provider(environment: Mapping[str, str]) -> TracerProvider:
    """Return a provider that exports as the environment says, and empties itself when the process ends.

    Raises SettingsError for an exporter that is not installed.
    """
    provider = TracerProvider(resource=Resource.create(_named(environment)))
    for name in (environment.get("OTEL_TRACES_EXPORTER") or "otlp").split(","):
        provider.add_span_processor(BatchSpanProcessor(_exporter(name.strip(), environment)()))
    return provider


def put_traces(provider: TracerProvider, server: web.Server, trusted: tuple[str, ...]) -> None:
    """Have a server make a span of every request; `trusted` reverse proxies say by traceparent what it is part of."""
    tracer = provider.get_tracer("feedproxy", feedproxy.__version__)
    answer = server.request_handler
    route_templates = templates()

    async def traced(request: web.BaseRequest) -> web.StreamResponse:
        method = request.method if request.method in METHODS else "_OTHER"
        span = tracer.start_span(method, context=_parent(request, trusted), kind=SpanKind.SERVER)
        response: web.StreamResponse | None = None
        try:
            with told_to(partial(_note, tracer, set_span_in_context(span, Context()))):
                response = await answer(request)
            return response
        finally:
            _describe(span, method, request, response, route_templates)
            span.end()

    server.request_handler = traced


def _named(environment: Mapping[str, str]) -> dict[str, str]:
    """Name the service and this process, the latter as its request ids begin, unless the environment does."""
    ours = {
        "service.name": "feedproxy",
        "service.version": feedproxy.__version__,
        "service.instance.id": PROCESS,
    }
    given = environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    if "OTEL_SERVICE_NAME" in environment:
        given += ",service.name="
    return {name: value for name, value in ours.items() if f"{name}=" not in given}


def _exporter(name: str, environment: Mapping[str, str]) -> type:
    """Find an exporter by the name that OpenTelemetry knows it by."""
    if name == "otlp":
        protocol = environment.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL") or environment.get(
            "OTEL_EXPORTER_OTLP_PROTOCOL"
        )
        name = _OTLP.get(protocol or "http/protobuf", name)
    for point in entry_points(group="opentelemetry_traces_exporter", name=name):
        exporter: type = point.load()
        return exporter
    raise SettingsError(f"OTEL_TRACES_EXPORTER: no exporter {name!r} is installed; otlp and console come with `otel`")


def _parent(request: web.BaseRequest, trusted: tuple[str, ...]) -> Context:
    """Return what the request is part of (W3C Trace Context), if someone says so who may; else it is a beginning."""
    nothing = Context()
    if "traceparent" not in request.headers or not is_trusted(request.remote, trusted):
        return nothing
    sent = {name: ",".join(request.headers.getall(name, [])) for name in ("traceparent", "tracestate")}
    return _propagator.extract(sent, context=nothing)


def _note(tracer: Tracer, parent: Context, step: Step) -> None:
    """Make a span of a step that has just ended."""
    ended = time.time_ns()
    kind = SpanKind.CLIENT if step.name == "fetch" else SpanKind.INTERNAL
    attributes = {"feedproxy.result": step.result}
    start = ended - int(step.seconds * 1e9)
    span = tracer.start_span(step.name, context=parent, kind=kind, attributes=attributes, start_time=start)
    if step.result not in GOOD:
        span.set_status(StatusCode.ERROR)
    span.end(ended)


def _describe(
    span: Span,
    method: str,
    request: web.BaseRequest,
    response: web.StreamResponse | None,
    route_templates: Mapping[str, str],
) -> None:
    """Name a request's span, and say what came of it; `response` None: the client has gone."""
    named = request_id(request)
    warm = isinstance(response, WarmResponse)
    route = "feed" if warm else route_name(request)
    feed = log_name(response.question.name) if isinstance(response, WarmResponse) else feed_asked_for(request)
    attributes: dict[str, str | int | None] = {
        "http.request.method": method,
        "http.route": route_templates.get(route),
        "http.response.status_code": response.status if response is not None else None,
        "feedproxy.feed": feed,
        "feedproxy.cache": "hit" if warm else request.get(CACHE_STATUS),
        "feedproxy.request_id": named,
    }
    span.update_name(f"{method} {route}")
    span.set_attributes({name: value for name, value in attributes.items() if value is not None})
    if response is not None and response.status >= 500:
        span.set_status(StatusCode.ERROR)
