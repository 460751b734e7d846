"""Fixtures of the tests of `feedproxy.web`."""

from tests.web.stage import stage

__all__ = ["stage"]
