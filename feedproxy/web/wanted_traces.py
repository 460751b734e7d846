"""Whether anybody wants traces: only then OpenTelemetry is looked for, imported, and costs anything."""

import importlib
import importlib.util
import logging
from collections.abc import Callable, Mapping
from functools import partial

from aiohttp import web

PutTraces = Callable[[web.Server, tuple[str, ...]], None]
"""Has a server make spans; beside it, the networks of proxies that are believed."""

NOT_INSTALLED = "traces are asked for by OTEL_..., but not installed: pip install 'feedproxy[otel]'"

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_log = logging.getLogger(__name__)


def traces_wanted(environment: Mapping[str, str]) -> bool:
    """Tell whether the environment names an exporter, or a place to export to, and does not disable all of it."""
    if environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return exporter != "none" if exporter else any(environment.get(name) for name in _ENDPOINTS)


def traces_installed() -> bool:
    """Tell whether the extra `otel` is there."""
    return importlib.util.find_spec("opentelemetry") is not None and (
        importlib.util.find_spec("opentelemetry.sdk") is not None
    )


def wanted_traces(environment: Mapping[str, str]) -> PutTraces | None:
    """Return what puts traces into a server, or None: nobody wants them, or they are not installed, which is logged."""
    if not traces_wanted(environment):
        return None
    if not traces_installed():
        _log.warning(NOT_INSTALLED)
        return None
    traces = importlib.import_module("feedproxy.web.traces")
    return partial(traces.put_traces, traces.open_provider(environment))
