"""The egress policy at the moment of dialling.

aiohttp asks a resolver only for names, never for IP addresses in a URL, and a name may lead somewhere else by the time
it is dialled. The socket factory sees every address that is really connected to, whatever its way here. What it does
not see is for which host, so that comes with the task, in a context variable.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from aiohttp import AddrInfoType

from feedproxy.errors import EgressDenied
from feedproxy.metrics import Metrics
from feedproxy.policy.egress import Allow, Decision, Deny, EgressPolicy
from feedproxy.policy.weburl import Origin, UrlRefused, WebUrl
from feedproxy.upstream import failures

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Dialling:
    """The attempts to connect to one host; `refused` is the policy's reason against an address of it."""

    host: str
    refused: str | None = None


_dialling: ContextVar[Dialling] = ContextVar("dialling")


class Gate:
    """Obeys the egress policy; logs and counts what it refuses, or would refuse if it did not only report."""

    def __init__(self, egress: EgressPolicy, metrics: Metrics | None) -> None:
        self._egress = egress
        self._metrics = metrics

    def check(self, url: WebUrl, *, start: Origin | None = None) -> None:
        """Raise EgressDenied for a URL that may not be asked for; `start`: it is where a redirect from there led."""
        host = url.origin.host
        decision = self._egress.decide_url(url) if start is None else self._egress.decide_redirect(start, url)
        reason = self._refused(decision, host)
        if reason is not None:
            raise failures.egress_denied(reason, host)

    def allows(self, url: WebUrl) -> bool:
        """Tell whether a URL is good without a word being said about it."""
        return self._egress.decide_url(url) == Allow()

    def refused_url(self, refusal: UrlRefused) -> EgressDenied:
        """Return the failure of a text that is no plain URL."""
        denial = Deny(f"egress-{refusal.flaw}")
        self._refused(denial, "")
        return failures.egress_denied(denial.reason, "")

    @contextmanager
    def dialling(self, host: str) -> Iterator[Dialling]:
        """Say for which host connections are opened in this block."""
        attempts = Dialling(host)
        token = _dialling.set(attempts)
        try:
            yield attempts
        finally:
            _dialling.reset(token)

    def open_socket(self, info: AddrInfoType) -> socket.socket:
        """Open a socket for an address (aiohttp's `socket_factory`).

        Raises PermissionError, which is noted in the current `dialling`, for one that may not be dialled.
        """
        family, kind, protocol, _, address = info
        attempts = _dialling.get()
        decision = self._egress.decide_address(str(address[0]), address[1], host=attempts.host)
        reason = self._refused(decision, attempts.host)
        if reason is not None:
            attempts.refused = reason
            raise PermissionError(reason)
        return socket.socket(family, kind, protocol)

    def _refused(self, decision: Decision, host: str) -> str | None:
        """Return the reason of a denial; log and count it, and that of one that is only reported."""
        match decision:
            case Deny(reason):
                self._note(reason, host, stopped=True)
                return reason
            case Allow(would_deny):
                if would_deny is not None:
                    self._note(would_deny, host, stopped=False)
                return None

    def _note(self, reason: str, host: str, *, stopped: bool) -> None:
        fields = {"reason": reason, "host": host}
        if stopped:
            _log.info("egress denied", extra={"fields": fields})
        else:
            _log.warning("egress would be denied", extra={"fields": fields})
        if self._metrics is not None:
            self._metrics.destination(reason, stopped=stopped)
