"""Why an answer is not what the upstream has now, in the words of Proxy-Status (RFC 9209).

Our reasons (`feedproxy.upstream.failures`, `feedproxy.policy.publish`) are told as they are in `details`: they are
fixed words, never a text with a host, a path or a password in it. Beside them stands the error type of the registry
that means the same (section 2.3), where there is one, and the status that the upstream gave.
"""

ERROR_TYPES = {
    "timeout": "http_response_timeout",
    "dns": "dns_error",
    "connect": "destination_unavailable",
    "tls": "tls_protocol_error",
    "certificate": "tls_certificate_error",
    "bad-answer": "http_protocol_error",
    "too-large": "http_response_body_size",
    "broken-body": "http_response_incomplete",
    "truncated": "http_response_incomplete",
    "status-206": "http_response_incomplete",
    "https-to-http": "http_request_denied",
    "egress-host": "http_request_denied",
    "egress-userinfo": "http_request_denied",
    "egress-scheme": "http_request_denied",
    "egress-port": "http_request_denied",
    "egress-self": "proxy_loop_detected",
    "store-unavailable": "proxy_internal_error",
    "internal-error": "proxy_internal_error",
}
"""What is neither here nor a status nor another `egress-` has no type: the exchange was sound, but what came was no
calendar (html, empty, not-a-calendar, excessive), was doubted (suddenly-empty, sharply-shrunk), or led nowhere
(challenge)."""

_UNAVAILABLE = frozenset({"408", "425", "429"})


def proxy_status(reason: str) -> str:
    """Return the field's value for one of our reasons."""
    status = reason.removeprefix("status-") if reason.startswith("status-") else ""
    error = ERROR_TYPES.get(reason)
    if error is None and reason.startswith("egress-"):
        error = "destination_ip_prohibited"
    if error is None and (status.startswith("5") or status in _UNAVAILABLE):
        error = "destination_unavailable"
    parts = ["feedproxy"]
    parts += [f"error={error}"] if error is not None else []
    parts += [f"received-status={status}"] if status else []
    return "; ".join([*parts, f'details="{reason}"'])
