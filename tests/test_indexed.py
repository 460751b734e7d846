"""What is indexed, and what becomes of it when there is no room any more."""

import asyncio
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

from feedproxy.indexed import INDEXED, LARGE, Indexed, IndexedBodies
from feedproxy.transform import Options, Shared, index

FEED = b"""BEGIN:VCALENDAR
BEGIN:VEVENT
UID:a
DTSTART:20260101T100000Z
DESCRIPTION:%b
END:VEVENT
END:VCALENDAR
"""


def indexed(octets: int) -> Indexed:
    body = FEED % (b"x" * octets)
    shared = Shared(index(body, Options()), Options())
    assert shared.facts.all
    return Indexed(shared, b"")


async def test_what_is_large_is_let_go_of_in_a_thread_and_wholly() -> None:
    may_go, gone = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as executor:
        asyncio.get_running_loop().set_default_executor(executor)
        waiting = executor.submit(may_go.wait)
        bodies = IndexedBodies(LARGE * INDEXED * 2)
        bodies[b"1"] = indexed(LARGE)
        weakref.finalize(bodies[b"1"].shared.base.calendar, gone.set)
        bodies[b"2"] = indexed(LARGE)
        assert (list(bodies), gone.is_set()) == ([b"2"], False)
        may_go.set()
        await asyncio.wrap_future(waiting)
        await asyncio.to_thread(gone.wait, 10)
        assert gone.is_set()


async def test_what_is_small_goes_at_once() -> None:
    gone = threading.Event()
    bodies = IndexedBodies(LARGE)
    bodies[b"1"] = indexed(10)
    weakref.finalize(bodies[b"1"].shared, gone.set)
    for key in range(100):
        bodies[b"%d" % key] = indexed(10)
    assert gone.is_set()
