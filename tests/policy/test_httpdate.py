"""HTTP dates: read from anybody, never an exception."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.httpdate import http_date, read_http_date
from feedproxy.policy.validators import not_modified

MOMENT = datetime(2015, 12, 6, 23, 53, tzinfo=UTC)


def test_what_is_written_is_read_back() -> None:
    assert http_date(MOMENT.replace(microsecond=999_999)) == "Sun, 06 Dec 2015 23:53:00 GMT"
    assert read_http_date("Sun, 06 Dec 2015 23:53:00 GMT") == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        "Sunday, 06-Dec-15 23:53:00 GMT",
        "Sun, 06 Dec 2015 23:53:00 -0000",
        "Mon, 07 Dec 2015 00:53:00 +0100",
        "Sun Dec  6 23:53:00 2015",
    ],
)
def test_older_forms_are_read_too_and_are_aware(text: str) -> None:
    assert read_http_date(text) == MOMENT


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "0",
        "yesterday",
        "Mon, 99 Foo 2026 00:00:00 GMT",
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Mon, 01 Jan 2026 00:00:00 +99999999999999999999",
    ],
)
def test_what_is_no_date_is_none(text: str | None) -> None:
    assert read_http_date(text) is None
    assert not not_modified(None, text, tag='"1"', last_modified=MOMENT)


@given(
    st.one_of(
        st.text(max_size=60),
        st.from_regex(
            r"[A-Z][a-z]{2}, \d{1,3} (Jan|Feb|Dec) \d{1,30} \d{1,3}:\d{2}:\d{2} ([+-]\d{1,30}|GMT)", fullmatch=True
        ),
    )
)
def test_no_text_raises_and_what_is_read_is_aware(text: str) -> None:
    moment = read_http_date(text)
    assert moment is None or moment.tzinfo is not None
