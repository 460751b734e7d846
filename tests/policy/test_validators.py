"""Validators, as RFC 9110 has them."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.content_coding import CODINGS
from feedproxy.policy.validators import etag, not_modified

TAG = etag("a1b2", "gzip")
CHANGED = datetime(2026, 7, 1, 10, 0, 0, 900_000, tzinfo=UTC)


def test_each_coding_has_a_strong_tag_of_its_own() -> None:
    tags = [etag("a1b2", coding) for coding in CODINGS]
    assert len(set(tags)) == len(CODINGS)
    assert all(re.fullmatch(r'"[a-z0-9-]+"', tag) for tag in tags)


@pytest.mark.parametrize(
    ("if_none_match", "good"),
    [
        ('"a1b2-gz"', True),
        ('W/"a1b2-gz"', True),
        ('"x", W/"a1b2-gz" , "y"', True),
        (" * ", True),
        ('"a1b2"', False),
        ('"x"', False),
        ("a1b2-gz", False),
        ("", False),
    ],
)
def test_if_none_match_is_compared_weakly(if_none_match: str, good: bool) -> None:
    assert not_modified(if_none_match, None, tag=TAG, last_modified=CHANGED) is good


@pytest.mark.parametrize(
    ("since", "good"),
    [
        ("Wed, 01 Jul 2026 10:00:00 GMT", True),
        ("Wed, 01 Jul 2026 12:00:01 +0200", True),
        ("Wed, 01 Jul 2026 09:59:59 GMT", False),
        ("last week", False),
        (None, False),
    ],
)
def test_if_modified_since_counts_in_whole_seconds(since: str | None, good: bool) -> None:
    assert not_modified(None, since, tag=TAG, last_modified=CHANGED) is good


def test_if_none_match_wins_over_the_date() -> None:
    since = "Wed, 01 Jul 2026 10:00:00 GMT"
    assert not not_modified('"x"', since, tag=TAG, last_modified=CHANGED)
    assert not_modified(TAG, "Wed, 01 Jan 2020 10:00:00 GMT", tag=TAG, last_modified=CHANGED)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert not not_modified(None, text, tag=TAG, last_modified=datetime.max.replace(tzinfo=UTC))
