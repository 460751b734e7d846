"""The counters, as Prometheus reads them."""

import os

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from feedproxy.metrics import Metrics

METRICS = web.AppKey("metrics", Metrics)

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
"""Where prometheus_client keeps the counters of workers that share a port; it looks at this when it is imported."""


async def metrics(request: web.Request) -> web.Response:
    """Answer with the counters of this process, or of all workers together."""
    registry = request.app[METRICS].registry
    request.app[METRICS].count_tallies()
    if folder := os.environ.get(SHARED_FOLDER):
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
    return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
