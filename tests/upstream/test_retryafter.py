import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.upstream.retryafter import retry_after_seconds

DATE = "Sat, 21 Nov 2026 12:00:00 GMT"


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("120", None, 120.0),
        (" 0 ", DATE, 0.0),
        ("99999999999999999999", None, 9_999_999_999.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", DATE, 90.0),
        ("Saturday, 21-Nov-26 12:01:30 GMT", DATE, 90.0),
        ("Sat, 21 Nov 2026 13:01:30 +0100", DATE, 90.0),
        ("Sat, 21 Nov 2026 12:01:30 -0000", DATE, 90.0),
        ("Sat, 21 Nov 2026 11:00:00 GMT", DATE, 0.0),
        ("Sat, 21 Nov 2026 12:01:30 GMT", None, None),
        ("Sat, 21 Nov 2026 12:01:30 GMT", "today", None),
        ("Sat, 41 Nov 2026 12:01:30 GMT", DATE, None),
        ("Fri, 31 Dec 99999999999999999999 23:59:59 GMT", DATE, None),
        ("-5", DATE, None),
        ("1.5", DATE, None),
        ("٣", DATE, None),
        ("", DATE, None),
        (None, DATE, None),
    ],
)
def test_seconds_and_dates_are_understood(value: str | None, date: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, date) == seconds


@given(st.text(), st.text())
def test_nonsense_says_nothing(value: str, date: str) -> None:
    seconds = retry_after_seconds(value, date)
    assert seconds is None or seconds >= 0
