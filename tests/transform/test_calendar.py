"""What the steps of the pipeline hand on."""

from feedproxy.transform.calendar import Heads
from feedproxy.transform.repair import cancelled_scopes

FOLDED = b"X-A:" + b"x" * 71 + b"\r\n METHOD:CANCEL\r\n"


def test_heads_are_unfolded_when_somebody_asks() -> None:
    heads = Heads([b"", b"VERSION:2.0\r\nX-A:1\r\n", FOLDED])
    assert [*heads] == [heads[0], heads[1], heads[2]]
    assert [*heads] == [(), (b"VERSION:2.0", b"X-A:1"), (b"X-A:" + b"x" * 71 + b"METHOD:CANCEL",)]
    assert len(heads) == 3


def test_the_calendars_that_say_so_are_cancelled() -> None:
    cancels = b"METHOD:Cancel \r\n"
    assert cancelled_scopes([b"", cancels, FOLDED, b"VERSION:2.0\r\n" + cancels, cancels]) == {1, 3, 4}
    assert cancelled_scopes([b"", FOLDED]) == set()
