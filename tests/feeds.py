"""Feeds for properties to be tested with: pieces of content lines, whole feeds, and real-looking feeds damaged."""

from pathlib import Path

from hypothesis import strategies as st

SAMPLES = tuple(path.read_bytes() for path in sorted((Path(__file__).parent / "golden").glob("*.in.ics")))

names = st.sampled_from(
    [b"DTSTART", b"SUMMARY", b"DESCRIPTION", b"X-One", b"x-two", b"UID", b"rdate", b"BEGIN", b"END"]
)
parameters = st.lists(
    st.sampled_from(
        [b";TZID=UTC", b';TZID="Club: A"', b";TZID=", b";", b';X="', b";CN=a\xc3", b";VALUE=DATE", b";tzid=x"]
    ),
    max_size=3,
).map(b"".join)
values = st.one_of(
    st.sampled_from([b"20260701T100000", b"20260701", b"20260701T100000Z,20260702T100000", b"VEVENT", b"", b"a\\"]),
    st.binary(max_size=90),
)
ends = st.sampled_from([b"\r\n", b"\n", b"\r", b"\r\n ", b"\n\t", b"\r\n\r\n", b""])


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Something like a content line, with its end."""
    return draw(names) + draw(parameters) + draw(st.sampled_from([b":", b":", b""])) + draw(values) + draw(ends)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A feed of the golden pairs with octets changed, cut out and put in, lines moved, doubled and dropped."""
    feed = bytearray(draw(st.sampled_from(SAMPLES)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(feed)))
        cut = draw(st.integers(0, 40))
        feed[at : at + cut] = draw(st.one_of(st.binary(max_size=4), lines()))
    pieces = bytes(feed).splitlines(keepends=True)
    for _ in range(draw(st.integers(0, 4))):
        if pieces:
            moved = pieces.pop(draw(st.integers(0, len(pieces) - 1)))
            pieces[draw(st.integers(0, len(pieces))) : 0] = [moved] * draw(st.integers(0, 2))
    return b"".join(pieces)


bodies = st.one_of(st.binary(max_size=200), st.lists(lines(), max_size=20).map(b"".join), damaged())
"""Any octets, from noise to nearly a feed."""
