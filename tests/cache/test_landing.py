"""What a look upstream ended in goes through Redis whole, and what is no such thing is passed over."""

import json
from dataclasses import replace

import pytest

from feedproxy.cache import Landed
from feedproxy.cache.landing import landing_from_text, landing_to_text
from feedproxy.errors import FetchFailed
from tests.cache.contract import NOW

GOOD = Landed(bytes(range(32)), 3, NOW, NOW, 2, "timeout")


@pytest.mark.parametrize("landing", [GOOD, replace(GOOD, trouble=None, generation=0, failures=0)])
def test_what_may_be_served_is_told_whole(landing: Landed) -> None:
    assert landing_from_text(landing_to_text(landing)) == landing


@pytest.mark.parametrize(("status", "after"), [(None, None), (401, None), (503, 60), (429, 1.5)])
def test_a_failure_is_told_whole(status: int | None, after: float | None) -> None:
    failure = FetchFailed("status-x", "the upstream said so", upstream_status=status, retry_after=after)
    read = landing_from_text(landing_to_text(failure))
    assert isinstance(read, FetchFailed)
    assert (read.reason, read.message, read.upstream_status, read.retry_after) == (
        failure.reason,
        failure.message,
        status,
        after,
    )


@pytest.mark.parametrize(
    "said", ["", "null", "[]", "{}", '["landed"]', landing_to_text(GOOD)[:-3], '["failed", 1, 2, 3, 4]', "\x00"]
)
def test_what_is_no_landing_is_none(said: str) -> None:
    assert landing_from_text(said) is None


def test_a_time_or_a_digest_that_is_none_is_no_landing() -> None:
    for place in (1, 3, 4):
        fields = json.loads(landing_to_text(GOOD))
        fields[place] = "soon"
        assert landing_from_text(json.dumps(fields)) is None
