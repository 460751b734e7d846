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

from aiohttp import AddrInfoType, SocketFactoryType

from feedproxy.policy.egress import Allow, Deny, EgressPolicy

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Dialling:
    """The attempts to connect to one host; `refused` is the policy's reason against an address of it."""

    host: str
    refused: str | None = None


_dialling: ContextVar[Dialling] = ContextVar("dialling")


@contextmanager
def dialling(host: str) -> Iterator[Dialling]:
    """Say for which host connections are opened in this block."""
    attempts = Dialling(host)
    token = _dialling.set(attempts)
    try:
        yield attempts
    finally:
        _dialling.reset(token)


def guarded_sockets(egress: EgressPolicy) -> SocketFactoryType:
    """Return a socket factory that refuses an address with PermissionError and notes it in the current `dialling`."""

    def open_socket(info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        attempts = _dialling.get()
        match egress.decide_address(str(address[0]), address[1], host=attempts.host):
            case Deny(reason):
                attempts.refused = reason
                raise PermissionError(reason)
            case Allow(would_deny):
                report(would_deny, attempts.host)
        return socket.socket(family, kind, protocol)

    return open_socket


def report(would_deny: str | None, host: str) -> None:
    """Log what a policy that only reports would have refused."""
    if would_deny is not None:
        _log.warning("egress would be denied", extra={"fields": {"reason": would_deny, "host": host}})
