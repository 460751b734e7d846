"""What runs beside the server in `benchmarks.ops_pages`: who reads pages, and strangers. Ends with standard input.

It says "ready" before it begins, and at its end a list: how much it did, and the CPU and other seconds that it took.
"""

import json
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from http.client import HTTPConnection
from itertools import count


def read(port: int, authorization: str, pause: float, paths: Sequence[str]) -> Iterator[None]:
    """Open one page after the other, one every `pause` seconds at most."""
    connection = HTTPConnection("127.0.0.1", port)
    fields = {"Authorization": authorization, "Accept-Encoding": "gzip"}
    began = time.perf_counter()
    for n in count():
        time.sleep(max(began + n * pause - time.perf_counter(), 0))
        connection.request("GET", paths[n % len(paths)], headers=fields)
        answer = connection.getresponse()
        assert answer.read()
        assert answer.status == 200, answer.status
        yield


def work(seconds: float, pause: float) -> Iterator[None]:
    """Use the processor for so long, once every `pause` seconds."""
    began, used = time.perf_counter(), time.process_time()
    for n in count(1):
        while time.process_time() - used < n * seconds:
            json.dumps(list(range(100)))
        time.sleep(max(began + n * pause - time.perf_counter(), 0))
        yield


def until_told(doing: Iterator[None]) -> None:
    """Do it in a thread until standard input ends, and tell of it."""
    done = 0

    def do() -> None:
        nonlocal done
        for _ in doing:
            done += 1

    began, used = time.perf_counter(), time.process_time()
    print("ready", flush=True)
    threading.Thread(target=do, daemon=True).start()
    sys.stdin.read()
    print(json.dumps([done, time.process_time() - used, time.perf_counter() - began]), flush=True)
    os._exit(0)


def give_way() -> None:
    """Run when nobody else wants the processor."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["read", port, authorization, pause, *paths]:
            until_told(read(int(port), authorization, float(pause), paths))
        case ["work", seconds, pause]:
            until_told(work(float(seconds), float(pause)))
        case ["work-when-idle", seconds, pause]:
            give_way()
            until_told(work(float(seconds), float(pause)))
        case other:
            sys.exit(f"read or work is wanted, not {other}")
