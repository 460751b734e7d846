"""A name for everything that can go wrong with a fetch.

    timeout             not connected, or not answered whole, in the time there is
    dns connect tls     no address; no connection, or one that closed; no TLS
    certificate         no certificate that we trust
    bad-answer          what came is not HTTP
    status-NNN          neither 200 nor an expected 304
    html                an error page with status 200, from a service that is known for it
    challenge           a firewall before the upstream wants to see a browser (`feedproxy.upstream.blocks`)
    too-many-redirects bad-redirect https-to-http
    too-large broken-body
    egress-...          the policy forbids it (`feedproxy.policy.egress`)

Messages are one line and name the host: no user name, no query, no path, for a feed's path is a secret. So nothing that
aiohttp says is passed on: its texts hold the URL.
"""

import ssl
from collections.abc import Mapping

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientPayloadError,
    ClientResponseError,
    ClientSSLError,
    ServerTimeoutError,
)
from aiohttp.http import HttpProcessingError

from feedproxy.errors import EgressDenied, FetchFailed
from feedproxy.upstream.blocks import user_agent_block
from feedproxy.upstream.retryafter import retry_after_seconds

HEAD_ERRORS = (ClientError, OSError, UnicodeError)
"""What aiohttp raises before there is an answer: its own tree, what sockets raise, what host names raise in IDNA."""
BODY_ERRORS = (ClientError, OSError, HttpProcessingError)
"""What aiohttp raises while a body is read: a broken chunk surfaces as its parser's error."""

NO_TLS = frozenset({"connect", "tls", "timeout"})
"""How a host fails that has no https at all. A certificate that we do not trust is not among them."""


_OPENED_BY = {
    "egress-host": "write the host as a plain name or address",
    "egress-userinfo": "leave the user name out of the URL",
    "egress-scheme": "`egress_allow` or `egress_http` opens it",
    "egress-port": "`egress_allow` or `egress_ports` opens it",
    "egress-self": "it is our own",
}


def egress_denied(reason: str, host: str) -> EgressDenied:
    """Return the failure of a URL or address that the policy forbids."""
    fix = _OPENED_BY.get(reason, "`egress_allow` opens it")
    return EgressDenied(reason, f"the egress policy forbids requests to {host or 'this URL'} ({reason}): {fix}")


def timed_out(host: str, seconds: float) -> FetchFailed:
    """Return the failure of an exchange that took longer than it may in all."""
    return FetchFailed("timeout", f"{host} did not answer whole within {seconds:g} s")


def status_failure(host: str, status: int, headers: Mapping[str, str]) -> FetchFailed:
    """Return the failure that an answer's status means."""
    return FetchFailed(
        f"status-{status}",
        user_agent_block(host, status, headers) or f"{host} answered with status {status}",
        upstream_status=status,
        retry_after=retry_after_seconds(headers.get("Retry-After"), headers.get("Date")),
    )


def connection_failure(error: Exception, host: str) -> FetchFailed:
    """Return the failure that an exception before or in the head of an answer means."""
    match error:
        case ServerTimeoutError():
            return FetchFailed("timeout", f"{host} did not accept a connection in time")
        case ClientConnectorDNSError() | UnicodeError():
            return FetchFailed("dns", f"{host} has no address")
        case ClientConnectorCertificateError() | ssl.SSLCertVerificationError():
            return FetchFailed("certificate", f"{host} has no certificate that we trust{_certificate_fault(error)}")
        case ClientSSLError() | ssl.SSLError():
            return FetchFailed("tls", f"{host} does not speak TLS with us")
        case ClientConnectorError():
            return FetchFailed("connect", f"{host} does not accept connections")
        case ClientResponseError():
            return FetchFailed("bad-answer", f"{host} answered with something that is not HTTP")
        case _:
            return FetchFailed("connect", f"{host} closed the connection without an answer")


def body_failure(error: Exception, host: str) -> FetchFailed:
    """Return the failure that an exception in the body of an answer means."""
    what = "stopped in the middle of the body" if isinstance(error, ClientPayloadError) else "broke off the body"
    return FetchFailed("broken-body", f"{host} {what}", upstream_status=200)


def _certificate_fault(error: Exception) -> str:
    """Say what OpenSSL has against the certificate; its texts are fixed and hold no URL."""
    cause = getattr(error, "certificate_error", error)
    fault = getattr(cause, "verify_message", "")
    return f": {fault}" if fault else ""
