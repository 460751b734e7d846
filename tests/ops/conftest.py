"""The service as a process of its own."""

from tests.servers.service import service

__all__ = ["service"]
