"""The service as a process of its own, and on a stage."""

from tests.servers.service import service
from tests.web.stage import stage

__all__ = ["service", "stage"]
