"""`python -m feedproxy.web.ops.maker`: the process that makes pages, when a processor is idle.

The server starts it with a socket as its standard input, and sends messages: how to open the desk, then one piece of
work after the other, each of which is answered. It ends when the server does. It imports next to nothing before it has
given way.
"""

import asyncio
import os
import pickle
import signal
import socket
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from feedproxy.errors import FeedproxyError
from feedproxy.web.ops.processor import one_processor

SIZE = struct.Struct("!Q")
"""A message: how many octets it has, and what pickle makes of it."""
RESTS, LONGEST_REST = 5, 2.0
"""So many times as long as it has worked, but no more seconds than that."""


def main() -> None:
    """Make pages until there is no server any more, and rest after each, whoever waits.

    What runs when a processor is idle slows what runs beside it all the same: processors share caches and the memory,
    and two that are one core's share all of it.
    """
    give_way()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server
    with socket.socket(fileno=0) as server, server.makefile("rwb") as stream, asyncio.Runner() as runner:
        messages = _messages(stream.read)
        with one_processor():
            desk = runner.run(next(messages)())
        for work, args in messages:
            began = time.process_time()
            try:
                with one_processor():
                    said = True, runner.run(work(desk, *args))
            except FeedproxyError as error:
                said = False, error
            except Exception:  # noqa: BLE001 # the server logs it, and not all of them can be sent
                said = False, RuntimeError(traceback.format_exc())
            octets = pickle.dumps(said)
            stream.write(SIZE.pack(len(octets)))
            stream.write(octets)
            stream.flush()
            time.sleep(min(RESTS * (time.process_time() - began), LONGEST_REST))


def give_way() -> None:
    """Run when nobody else wants the processor; where there is no such class, be as nice as can be."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (AttributeError, OSError):
        os.nice(19)


def _messages(read: Callable[[int], bytes]) -> Iterator[Any]:
    while len(size := read(SIZE.size)) == SIZE.size:
        (octets,) = SIZE.unpack(size)
        yield pickle.loads(read(octets))  # noqa: S301 # from the server


if __name__ == "__main__":
    main()
