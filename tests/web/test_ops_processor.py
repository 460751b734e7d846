"""The maker of pages stays on one processor while it gets on there, with all its threads, and nowhere longer."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from feedproxy.web.ops import processor
from feedproxy.web.ops.processor import EVERY, Place, one_processor

ALL = os.sched_getaffinity(0)


@pytest.fixture(autouse=True)
def anywhere() -> Iterator[None]:
    yield
    processor._allow(ALL)


def places() -> set[frozenset[int]]:
    """Where each thread of this process may run."""
    threads = Path("/proc/self/task").iterdir()
    return {frozenset(os.sched_getaffinity(int(thread.name))) for thread in threads}


def work(seconds: float) -> None:
    began = time.process_time()
    while time.process_time() - began < seconds:
        pass


def test_all_threads_stay_together_and_may_go_anywhere_afterwards() -> None:
    with ThreadPoolExecutor(1) as executor:
        executor.submit(work, 0).result()
        with one_processor():
            work(2 * EVERY)
            (place,) = places()
            assert len(place) == 1
        assert places() == {frozenset(ALL)}


def test_it_may_leave_a_processor_on_which_it_does_not_get_on_and_stays_where_it_does() -> None:
    place = Place()
    assert [len(each) for each in places()] == [1]
    work(EVERY)
    place.look()
    assert [len(each) for each in places()] == [1]
    place.look()
    assert places() == {frozenset(ALL)}
    work(EVERY)
    place.look()
    assert [len(each) for each in places()] == [1]
    place.leave()
    assert places() == {frozenset(ALL)}


def test_what_goes_wrong_in_between_leaves_it_free() -> None:
    with pytest.raises(ZeroDivisionError), one_processor():
        raise ZeroDivisionError
    assert places() == {frozenset(ALL)}
