"""The steps of an answer that take time: a look upstream, a rendering. Whoever listens is told of each as it ends.

Who listens is told of what is done on his behalf, in his own task and in those that it starts, and of nothing else: so
one request hears of its own steps, while another that waits for the same ones does not. Without a listener a step costs
nothing but a look into an empty tuple.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Literal

Name = Literal["fetch", "render"]


@dataclass(frozen=True, slots=True)
class Step:
    """What has just ended, after so many seconds. `result` is a word of `feedproxy.metrics`, never a URL or a text."""

    name: Name
    seconds: float
    result: str


Listener = Callable[[Step], None]

_listeners: ContextVar[tuple[Listener, ...]] = ContextVar("listeners", default=())


def took(name: Name, seconds: float, result: str) -> None:
    """Tell whoever listens that a step has ended."""
    for listener in _listeners.get():
        listener(Step(name, seconds, result))


@contextmanager
def told_to(listener: Listener) -> Iterator[None]:
    """Tell a listener, beside those there are, of the steps that are begun in here, also if they end later."""
    token = _listeners.set((*_listeners.get(), listener))
    try:
        yield
    finally:
        _listeners.reset(token)
