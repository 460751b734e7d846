"""Answers that are ready take bounded memory, and those that were not asked for longest make room."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from feedproxy import gzip_member
from feedproxy.answer import Served
from feedproxy.feeds import Feeds
from feedproxy.metrics import Metrics
from feedproxy.model import Feed, Look
from feedproxy.policy.feed_response import Rules
from feedproxy.web.warm_feeds import OVERHEAD, Question, WarmFeeds

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
ROOM = 9
"""So many answers of these may be ready."""
OCTETS = 10_000


@dataclass
class InMemory:
    """All that is asked of feeds here: each is open to all and fresh."""

    feeds: dict[str, Feed] = field(default_factory=dict)

    def in_memory(self, name: str, own_name: str | None) -> Feed | None:
        return self.feeds.get(name)

    def needs_nothing(self, feed: Feed) -> bool:
        return True


class Body(bytes):
    """A feed's octets, all of which are counted while they are in memory."""

    alive = 0

    def __init__(self, *_: object) -> None:
        Body.alive += 1

    def __del__(self) -> None:
        Body.alive -= 1


class Ready:
    """Answers, and what they are of."""

    def __init__(self) -> None:
        self.now = NOW
        self.feeds = InMemory()
        metrics = Metrics(version="", tzdata="", cldr="")
        rules = Rules(longest=3_600, stale_while_revalidate=0, stale_if_error=0)
        self.warm = WarmFeeds(
            cast(Feeds, self.feeds),
            rules,
            b"key",
            metrics,
            lambda: self.now,
            max_octets=ROOM * (OCTETS + OVERHEAD),
        )

    def put(self, number: int, *fields: tuple[bytes, bytes]) -> Question:
        """Have a feed in memory, and its answer to a question ready."""
        question = self.warm.question(f"{number:08x}-c7f2-42b8-acb9-bda8f804c0d7", fields)
        assert question is not None
        self.feeds.feeds[question.name] = feed = feed_of(b"BEGIN:VCALENDAR\r\nX-NUMBER:%d\r\n" % number)
        self.keep(question, feed)
        return question

    def keep(self, question: Question, feed: Feed, octets: int | None = OCTETS) -> None:
        """Give an answer as the long way does."""
        self.warm.keep(question, Served(feed, "hit"), Body(octets) if octets is not None else None)


def feed_of(text: bytes) -> Feed:
    start = gzip_member.start([gzip_member.deflate([text])], text)
    look = Look(b"source", 0, NOW, NOW + timedelta(hours=1), None, protected=False)
    return Feed(start, gzip_member.end(b"END:VCALENDAR\r\n"), (), look, NOW, NOW, personal=False)


@pytest.fixture
def ready() -> Ready:
    return Ready()


def test_those_that_were_not_asked_for_longest_make_room_and_their_octets_are_gone(ready: Ready) -> None:
    questions = [ready.put(number) for number in range(ROOM)]
    assert all(ready.warm.answer(question) for question in questions)
    ready.now += timedelta(seconds=2)
    assert ready.warm.answer(questions[0]) is not None
    questions += [ready.put(number) for number in range(ROOM, 2 * ROOM - 1)]
    assert [ready.warm.answer(question) is not None for question in questions] == [
        *[True],
        *[False] * (ROOM - 1),
        *[True] * (ROOM - 1),
    ]
    assert Body.alive == ROOM


def test_an_answer_that_was_known_without_its_octets_is_ready_for_all_once_they_are(ready: Ready) -> None:
    one, other = ready.put(1), ready.put(1, (b"Accept", b"*/*"))
    feed = feed_of(b"BEGIN:VCALENDAR\r\nX-NEWER:1\r\n")
    ready.feeds.feeds[one.name] = feed
    ready.keep(one, feed, None)
    assert [ready.warm.answer(each) for each in (one, other)] == [None, None]
    ready.keep(one, feed)
    assert all(ready.warm.answer(each) for each in (one, other))


def test_what_is_no_longer_in_memory_is_not_answered(ready: Ready) -> None:
    question = ready.put(1)
    assert ready.warm.answer(question) is not None
    ready.feeds.feeds.clear()
    assert ready.warm.answer(question) is None
    ready.feeds.feeds[question.name] = feed_of(b"BEGIN:VCALENDAR\r\nX-NEWER:1\r\n")
    assert ready.warm.answer(question) is None
