"""Answers that need nothing done: of feeds that are in memory and fresh, in octets put together once for each state.

    Question    what a request asks, as far as its own octets say: read once for requests that are alike
    Ready       a state of a feed in one coding for one audience: its heads, and its body once that was asked for

What counts seconds (Age, Date) is put into the heads once a second. An answer from here costs no await, no thread, no
parsing; everything else takes the long way through `feedproxy.feeds`, and leaves here what is asked for next.
"""

import json
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID

from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy

from feedproxy.answer import Served
from feedproxy.feeds import Feeds
from feedproxy.metrics import Metrics, Tally
from feedproxy.model import Feed
from feedproxy.policy.access import basic_credentials
from feedproxy.policy.content_coding import Coding
from feedproxy.policy.feed_response import (
    Asked,
    Fields,
    Rules,
    audience_of,
    coding_for,
    content_fields,
    moment_fields,
    state_fields,
    tags_of,
)
from feedproxy.policy.httpdate import http_date
from feedproxy.policy.secrets import log_name
from feedproxy.policy.validators import etag, not_modified
from feedproxy.subscribed import feed_name
from feedproxy.web.client_family import client_family
from feedproxy.web.field_types import read_guid
from feedproxy.web.stamp import STAMP

QUESTIONS = 1_024
"""So many different requests are kept read, of 1 to 3 KB each."""
OVERHEAD = 3_000
"""Octets that an entry costs beside its body: heads, record, place."""
LARGEST = 8
"""No answer may take more than an eighth of the room."""
SECOND = timedelta(seconds=1)

RawFields = tuple[tuple[bytes, bytes], ...]
"""Header fields as they came, in order: what aiohttp calls `raw_headers`."""


@dataclass(frozen=True, slots=True)
class Said:
    """What log and counters say of every answer of one status to a question.

    `before` and `behind` stand around the length in the log's line, `tally` counts what was at once.
    """

    status: int
    before: str
    behind: str
    tally: Tally


@dataclass(slots=True, eq=False)
class Question:
    """A GET of a feed.

    `name` is the feed open to all, `own_name` that of the credentials, if there are any that could open one.
    `conditional`: it has a validator. `ready` is what it was answered from last.
    """

    subscription_id: UUID
    name: str
    own_name: str | None
    asked: Asked
    coding: Coding
    conditional: bool
    found: Said
    unchanged: Said
    ready: "Ready | None" = None


WarmAnswer = tuple[Said, bytes, bytes, str, int]
"""An answer on its way: what is said of it; head, which lacks its last field's value, the request id; body; the second
as the log writes it, and the microsecond in it. A plain tuple: a named one takes twice as long to make as all else
here."""


class Ready:
    """A state of a feed, ready to be sent, until it is forgotten. From `since` until `until` the heads are right."""

    __slots__ = ("audience", "body", "etag", "feed", "found", "heads", "key", "second", "since", "unchanged", "until")

    def __init__(self, question: Question, feed: Feed, body: bytes | None, rules: Rules) -> None:
        coding = question.coding
        self.key = _key(question, feed)
        self.feed: Feed | None = feed
        self.audience = audience_of(feed, question.asked, rules)
        self.body = body
        self.etag = etag(feed.digest, coding)
        fields = state_fields(feed, coding, self.audience, rules, tags_of(question.name, feed)) + STAMP
        length = ("Content-Length", str(len(body or b"")))
        self.found = _head("200 OK", (*content_fields(coding), length, *fields))
        self.unchanged = _head("304 Not Modified", fields)
        self.heads = (b"", b"")
        self.second = ""
        self.since = self.until = datetime.min.replace(tzinfo=UTC)

    @property
    def octets(self) -> int:
        """How much memory this takes."""
        return len(self.body or b"") + OVERHEAD

    def forget(self) -> None:
        """Be the state of no feed any more, and hold no body for questions that were answered from here."""
        self.feed = self.body = None

    def tell_time(self, feed: Feed, rules: Rules, now: datetime) -> None:
        """Put into the heads what counts seconds."""
        moment = _lines((*moment_fields(feed, "hit", self.audience, rules, now=now), ("Date", http_date(now))))
        self.heads = (self.found + moment + b"X-Request-Id: ", self.unchanged + moment + b"X-Request-Id: ")
        whole = now.replace(microsecond=0)
        self.second = whole.strftime('{"time": "%Y-%m-%dT%H:%M:%S.')
        self.since = now
        older = feed.fetched_at + ((now - feed.fetched_at) // SECOND + 1) * SECOND
        nearer = feed.fresh_until - ((feed.fresh_until - now) // SECOND) * SECOND
        self.until = min(whole + SECOND, older, nearer, feed.fresh_until)


class WarmFeeds:
    """The answers that are ready; `max_octets` of them, those that were not asked for longest go first."""

    def __init__(
        self,
        feeds: Feeds,
        rules: Rules,
        key: bytes,
        metrics: Metrics,
        clock: Callable[[], datetime],
        *,
        max_octets: int,
    ) -> None:
        self._feeds = feeds
        self._rules = rules
        self._key = key
        self._metrics = metrics
        self._clock = clock
        self._max_octets = max_octets
        self._octets = 0
        self._ready: OrderedDict[tuple[str, Coding, bool], Ready] = OrderedDict()
        self.question = lru_cache(maxsize=QUESTIONS)(self.read)

    def fit(self, fields: RawFields) -> bool:
        """Tell whether answers from here say all that is to be said to a request with these fields."""
        names = {name.lower() for name, _ in fields}
        return b"expect" not in names and not (self._rules.by_origin and b"origin" in names)

    def read(self, guid: str, fields: RawFields) -> Question | None:
        """Read what is asked; None where the GUID is none. `question` is the same and remembers."""
        subscription_id = read_guid(guid)
        if subscription_id is None:
            return None
        headers = CIMultiDict((_text(name), _text(value)) for name, value in fields)
        asked = read_asked(headers)
        credentials = basic_credentials(headers.get(hdrs.AUTHORIZATION))
        name = feed_name(self._key, subscription_id, None)
        own = feed_name(self._key, subscription_id, credentials.in_utf8()) if credentials is not None else None
        family = client_family(asked.user_agent)
        found, unchanged = (self._said(status, name, family) for status in (200, 304))
        coding = coding_for(asked, self._rules)
        conditional = (asked.if_none_match, asked.if_modified_since) != (None, None)
        return Question(subscription_id, name, own, asked, coding, conditional, found, unchanged)

    def _said(self, status: int, name: str, family: str) -> Said:
        feed = {"method": "GET", "route": "feed", "feed": log_name(name), "status": status}
        before = json.dumps({"level": "info", "event": "request"} | feed)[1:-1]
        behind = json.dumps({"duration_ms": 0.0, "cache": "hit", "client": family})[1:-1]
        tally = self._metrics.at_once(status, family)
        return Said(status, f'Z", {before}, "bytes": ', f', {behind}, "request_id": "', tally)

    def answer(self, question: Question) -> WarmAnswer | None:
        """Return the answer, if it is ready: a hit."""
        feed = self._feeds.in_memory(question.name, question.own_name)
        if feed is None:
            return None
        ready = question.ready
        if ready is None or ready.feed is not feed:
            ready = question.ready = self._ready.get(_key(question, feed))
            if ready is None or ready.feed is not feed:
                return None
        now = self._clock()
        if not ready.since <= now < ready.until:
            if not self._feeds.needs_nothing(feed):
                return None
            self._ready.move_to_end(ready.key)
            ready.tell_time(feed, self._rules, now)
        if question.conditional and _is_unchanged(question.asked, ready.etag, feed):
            return question.unchanged, ready.heads[1], b"", ready.second, now.microsecond
        if ready.body is None:
            return None
        return question.found, ready.heads[0], ready.body, ready.second, now.microsecond

    def keep(self, question: Question, served: Served, body: bytes | None) -> None:
        """Have the answer to this ready from now on, if the feed was in memory: most are asked for once an hour.

        `body` is the feed in the coding of the question; None where it was not made: then a 304 is ready alone.
        """
        if served.status != "hit":
            return
        feed = served.feed
        before = self._ready.get(_key(question, feed))
        if before is not None and before.feed is feed and (body is None or before.body is not None):
            return
        ready = Ready(question, feed, body, self._rules)
        if ready.octets > self._max_octets // LARGEST:
            return
        if before is not None:
            self._forget(before)
        self._ready[ready.key] = ready
        self._octets += ready.octets
        while self._octets > self._max_octets:
            self._forget(next(iter(self._ready.values())))

    def _forget(self, ready: Ready) -> None:
        del self._ready[ready.key]
        self._octets -= ready.octets
        ready.forget()


def read_asked(headers: CIMultiDict[str] | CIMultiDictProxy[str]) -> Asked:
    """Read the fields that count."""
    return Asked(
        authorization=hdrs.AUTHORIZATION in headers,
        accept_encoding=_joined(headers, hdrs.ACCEPT_ENCODING),
        if_none_match=_joined(headers, hdrs.IF_NONE_MATCH),
        if_modified_since=headers.get(hdrs.IF_MODIFIED_SINCE),
        user_agent=headers.get(hdrs.USER_AGENT, ""),
    )


def _joined(headers: CIMultiDict[str] | CIMultiDictProxy[str], name: str) -> str | None:
    """Return all fields of one name as one list."""
    fields = headers.getall(name, [])
    return ", ".join(fields) if fields else None


def _key(question: Question, feed: Feed) -> tuple[str, Coding, bool]:
    """Name what an answer depends on, beside the state of the feed."""
    name = question.own_name if feed.protected and question.own_name is not None else question.name
    return name, question.coding, question.asked.authorization


def _is_unchanged(asked: Asked, tag: str, feed: Feed) -> bool:
    return asked.if_none_match == tag or not_modified(
        asked.if_none_match, asked.if_modified_since, tag=tag, last_modified=feed.last_modified
    )


def _head(status: str, fields: Fields) -> bytes:
    return f"HTTP/1.1 {status}\r\n".encode() + _lines(fields)


def _lines(fields: Fields) -> bytes:
    return "".join(f"{name}: {value}\r\n" for name, value in fields).encode("latin-1")


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")
