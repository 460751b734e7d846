"""The coding is the one that the client likes best, as RFC 9110 section 12.5.3 has it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feedproxy.policy.content_coding import CODINGS, coding


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        (None, "identity"),
        ("", "identity"),
        ("  ", "identity"),
        (",,", "identity"),
        ("gzip, deflate, br, zstd", "gzip"),
        ("br, zstd", "br"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("deflate", "identity"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("x-gzip;q=0.5, br;q=0.4", "gzip"),
        ("*", "gzip"),
        ("identity", "identity"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0.0, br", "br"),
        ("gzip;q=0.8, br;q=0.9, zstd;q=1.0", "zstd"),
        ("gzip;q=0.8, zstd;q=0.9, br", "br"),
        ("gzip; q=0.5, identity;q=0.5", "gzip"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip;q=0.5, *;q=0.7", "br"),
        ("gzip;q=0, *;q=0.1", "br"),
        ("identity;q=1, *;q=0", "identity"),
        ("*;q=0, identity;q=1", "identity"),
        ("br;q=0.001", "br"),
        ("gzip ; Q=0.3 , br ; q = 0.2", "gzip"),
    ],
)
def test_the_client_gets_what_it_likes_best(accepted: str | None, chosen: str) -> None:
    assert coding(accepted) == chosen


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("identity;q=0", "gzip"),
        ("identity;q=0, deflate", "gzip"),
        ("identity;q=0, gzip;q=0", "br"),
        ("*;q=0", "identity"),
        ("gzip;q=0, *;q=0", "identity"),
    ],
)
def test_who_takes_nothing_that_there_is_gets_what_was_not_ruled_out(accepted: str, chosen: str) -> None:
    assert coding(accepted) == chosen


@pytest.mark.parametrize(
    "odd", ["br;q=1.2.3", "br;q=-1", "br;q=nan", "br;q=1e3", "br;q=x", "b r", "br;level=9", ";q=1"]
)
def test_what_is_no_member_of_the_list_is_not_there(odd: str) -> None:
    assert coding(odd) == "identity"
    assert coding(f"{odd}, gzip;q=0.1") == "gzip"


def test_a_quality_beyond_one_is_one() -> None:
    assert coding("br;q=7, gzip") == "gzip"


@given(st.dictionaries(st.sampled_from([*CODINGS, "deflate"]), st.integers(0, 1000), min_size=1))
def test_no_coding_that_there_is_has_a_higher_quality(thousandths: dict[str, int]) -> None:
    chosen = coding(", ".join(f"{name};q={q / 1000:.3f}" for name, q in thousandths.items()))
    best = max(thousandths.get(each, 0) for each in CODINGS)
    if best > 0:
        assert thousandths[chosen] == best
    else:
        assert chosen not in thousandths or set(CODINGS) <= set(thousandths)


@given(st.text(max_size=60))
def test_no_text_raises(text: str) -> None:
    assert coding(text) in CODINGS
