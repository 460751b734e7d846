"""The client and the egress policy that the settings describe."""

from collections.abc import Collection

import feedproxy
from feedproxy.config import Settings
from feedproxy.metrics import Metrics
from feedproxy.policy.egress import EgressPolicy
from feedproxy.upstream.client import HostProfile, Limits, UpstreamClient


def upstream_client(settings: Settings, metrics: Metrics | None = None) -> UpstreamClient:
    """Return the client that the settings describe, not started."""
    limits = Limits(
        connect_seconds=settings.fetch_connect_seconds,
        total_seconds=settings.fetch_total_seconds,
        max_octets=settings.fetch_max_octets,
        connections_per_host=settings.fetch_connections_per_host,
    )
    profiles = {
        host: HostProfile(each.user_agent, {name: value.get_secret_value() for name, value in each.headers.items()})
        for host, each in settings.upstream_hosts.items()
    }
    return UpstreamClient(
        limits,
        egress_policy(settings, [settings.upstream_url] if settings.upstream_url else []),
        user_agent=settings.upstream_user_agent or f"feedproxy/{feedproxy.__version__}",
        profiles=profiles,
        metrics=metrics,
    )


def egress_policy(settings: Settings, urls: Collection[str]) -> EgressPolicy:
    """Return what the settings say of where we may go; `urls` are those in the settings that are asked for."""
    return EgressPolicy(
        urls=urls,
        allow=settings.egress_allow,
        ports=settings.egress_ports,
        allow_http=settings.egress_http,
        listens_on=[(settings.host, settings.port)],
        report_only=settings.egress_mode == "report",
    )
