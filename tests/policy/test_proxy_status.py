"""Proxy-Status: a structured field (RFC 8941) whose error types are those of RFC 9209, and no words but ours."""

import re
from typing import Any

import http_sf
import pytest

from feedproxy.errors import FeedRefused
from feedproxy.policy.proxy_status import ERROR_TYPES, proxy_status

REGISTERED = {
    *("dns_timeout", "dns_error", "destination_not_found", "destination_unavailable", "destination_ip_prohibited"),
    *("destination_ip_unroutable", "connection_refused", "connection_terminated", "connection_timeout"),
    *("connection_read_timeout", "connection_write_timeout", "connection_limit_reached", "tls_protocol_error"),
    *("tls_certificate_error", "tls_alert_received", "http_request_error", "http_request_denied"),
    *("http_response_incomplete", "http_response_header_section_size", "http_response_header_size"),
    *("http_response_body_size", "http_response_trailer_section_size", "http_response_trailer_size"),
    *("http_response_transfer_coding", "http_response_content_coding", "http_response_timeout"),
    *("http_upgrade_failed", "http_protocol_error", "proxy_internal_response", "proxy_internal_error"),
    *("proxy_configuration_error", "proxy_loop_detected"),
}
"""RFC 9209 section 2.3."""


@pytest.mark.parametrize(
    ("reason", "parameters"),
    [
        ("timeout", {"error": "http_response_timeout"}),
        ("status-503", {"error": "destination_unavailable", "received-status": 503}),
        ("status-429", {"error": "destination_unavailable", "received-status": 429}),
        ("status-404", {"received-status": 404}),
        ("status-206", {"error": "http_response_incomplete", "received-status": 206}),
        ("egress-private", {"error": "destination_ip_prohibited"}),
        ("egress-scheme", {"error": "http_request_denied"}),
        ("sharply-shrunk", {}),
        ("html", {}),
    ],
)
def test_a_reason_is_told_with_the_type_that_means_it(reason: str, parameters: dict[str, object]) -> None:
    parsed: Any = http_sf.parse(proxy_status(reason).encode(), tltype="list")
    ((name, said),) = parsed
    assert str(name) == "feedproxy"
    assert {key: value if isinstance(value, int) else str(value) for key, value in said.items()} == {
        **parameters,
        "details": reason,
    }


def test_every_type_is_registered() -> None:
    for reason in (*ERROR_TYPES, *FeedRefused.REASONS, "egress-metadata", "status-599"):
        error = re.search(r"error=(\w+)", proxy_status(reason))
        assert error is None or error[1] in REGISTERED, reason
