"""An error is the same in another process."""

import pickle
from datetime import timedelta

import pytest

from feedproxy.errors import BadRequest, FeedproxyError, FeedRefused, FetchFailed, TooMany, Unauthorized, Unavailable


@pytest.mark.parametrize(
    "error",
    [
        BadRequest("no such zone", code="invalidZone"),
        FeedRefused("html", "it is a page"),
        FetchFailed("status-503", "not now", upstream_status=503, retry_after=1.5),
        TooMany("too often", wait=timedelta(seconds=3)),
        Unauthorized("who are you?", challenge="Basic"),
        Unavailable("not now", retry_after=5),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_sent_as_it_is(error: FeedproxyError) -> None:
    received = pickle.loads(pickle.dumps(error))
    assert type(received) is type(error)
    assert (vars(received), str(received), received.status) == (vars(error), str(error), error.status)
