"""What an answer of the feed route says: its status and header fields, as values.

Who may keep a feed, and what is said to them (RFC 9111, RFC 5861, RFC 9213):

    everybody   an open feed without personal events, asked for without credentials: `max-age`, tags
    edge        a personal feed whose URL the operator lets his own edge take for a key: tags and the fields for
                the edge; `private` to all others
    client      what came with credentials, is protected or personal: `private`, no tags

Nobody is told `public`: beside `max-age` it means only that a copy may answer requests with credentials as well (RFC
9111 section 5.2.2.9).

Of a 200 or 304, `state_fields` depend on the feed's state alone and can be written once for it; `moment_fields` count
seconds. Freshness is told as a lifetime that began when the upstream was last looked at, and Age says how long ago that
was: so a copy on the way ends with ours, and `max-age` need not count down.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, Protocol

from feedproxy.policy.content_coding import Coding, coding
from feedproxy.policy.httpdate import http_date
from feedproxy.policy.proxy_status import proxy_status
from feedproxy.policy.validators import etag, not_modified

UNKNOWN_MAX_AGE = 60
"""Seconds for which a 404 or a 410 is believed."""

Fields = tuple[tuple[str, str], ...]
"""Header fields by name, in order."""

Audience = Literal["everybody", "edge", "client"]
How = Literal["hit", "stale", "miss"]

_PRIVATE = ("Cache-Control", "private, no-store")
_SPACED_TAGS = frozenset({"surrogate-key", "xkey"})
"""Fields in which Fastly and Varnish want blanks between tags; Cloudflare, Akamai and others want commas."""


class FeedState(Protocol):
    """What is asked of a feed here."""

    @property
    def digest(self) -> str:
        """The hash that validators are made of."""

    @property
    def last_modified(self) -> datetime:
        """When its octets last changed."""

    @property
    def fetched_at(self) -> datetime:
        """When the upstream last confirmed it."""

    @property
    def fresh_until(self) -> datetime:
        """When the upstream is looked at next."""

    @property
    def protected(self) -> bool:
        """Whether the upstream wanted credentials for it."""

    @property
    def personal(self) -> bool:
        """Whether it holds personal events."""

    @property
    def base(self) -> str:
        """The name of the source that it shares with others, or nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """The operator's word on what is said. All spans in seconds.

    `longest`: no feed is fresh for more. `edge_control` and `edge_tags`: names of the fields that tell an edge how long
    to keep a feed and by which tags it will be purged. `capability`: how long the operator's edge may keep a personal
    feed; 0: it may not. `uncompressed`: parts of User-Agents, in lower case, that are sent no content coding.
    `by_origin`: what browsers are told depends on the request's Origin. `for_all`: fields that every answer has.
    """

    longest: int
    stale_while_revalidate: int
    stale_if_error: int
    edge_control: tuple[str, ...] = ()
    edge_tags: tuple[str, ...] = ()
    capability: int = 0
    uncompressed: tuple[str, ...] = ()
    realm: str = "calendar"
    by_origin: bool = False
    for_all: Fields = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The fields of a request that count, lists joined with commas; `authorization`: there was any, good or not."""

    authorization: bool = False
    accept_encoding: str | None = None
    if_none_match: str | None = None
    if_modified_since: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer. Its body is the feed in `coding`, or where that is None, `text`."""

    status: int
    fields: Fields
    coding: Coding | None = None
    text: str = ""


def served(
    feed: FeedState,
    how: How,
    asked: Asked,
    rules: Rules,
    *,
    tags: tuple[str, ...],
    now: datetime,
    reason: str | None = None,
) -> Reply:
    """Return the 200 or 304 for a feed.

    `tags` name it, and what it is made of, to an edge; `reason` is a short id of why it is not newer.
    """
    chosen = coding_for(asked, rules)
    audience = audience_of(feed, asked, rules)
    fields = state_fields(feed, chosen, audience, rules, tags) + moment_fields(
        feed, how, audience, rules, now=now, reason=reason
    )
    good = not_modified(
        asked.if_none_match,
        asked.if_modified_since,
        tag=etag(feed.digest, chosen),
        last_modified=feed.last_modified,
    )
    return Reply(304, fields) if good else Reply(200, content_fields(chosen) + fields, chosen)


def coding_for(asked: Asked, rules: Rules) -> Coding:
    """Return the content coding in which this request is answered."""
    if rules.uncompressed:
        agent = asked.user_agent.lower()
        if any(part in agent for part in rules.uncompressed):
            return "identity"
    return coding(asked.accept_encoding)


def audience_of(feed: FeedState, asked: Asked, rules: Rules) -> Audience:
    """Tell who may keep the answer."""
    if feed.protected or asked.authorization:
        return "client"
    if feed.personal:
        return "edge" if rules.capability else "client"
    return "everybody"


def tags_of(name: str, feed: FeedState) -> tuple[str, ...]:
    """Return the tags of a feed: its name, and that of its source if other feeds are made of it too."""
    return (name, feed.base) if feed.base else (name,)


def state_fields(feed: FeedState, chosen: Coding, audience: Audience, rules: Rules, tags: tuple[str, ...]) -> Fields:
    """Return the fields of a 200 or 304 that stay while the feed's state does."""
    fields = [
        ("ETag", etag(feed.digest, chosen)),
        ("Last-Modified", http_date(feed.last_modified)),
        ("Vary", vary(rules)),
    ]
    if audience == "everybody":
        lifetime = f"max-age={_lifetime(feed, rules)}, {_stale(rules)}"
        fields.append(("Cache-Control", lifetime))
        fields += [(name, lifetime) for name in rules.edge_control]
    else:
        fields.append(("Cache-Control", "private, no-cache"))
    if audience != "client":
        fields += [(name, (" " if name.lower() in _SPACED_TAGS else ",").join(tags)) for name in rules.edge_tags]
    return (*fields, *rules.for_all)


def moment_fields(
    feed: FeedState, how: How, audience: Audience, rules: Rules, *, now: datetime, reason: str | None = None
) -> Fields:
    """Return the fields of a 200 or 304 that count seconds: Age (RFC 9111 section 5.1) and Cache-Status (RFC 9211).

    Where there is a `reason` for serving what is stale, Proxy-Status (RFC 9209) tells it too.
    """
    age = max(_whole(now - feed.fetched_at), 0)
    left = _whole(feed.fresh_until - now)
    fields = []
    if how == "miss":
        fields.append(("Cache-Status", "feedproxy; fwd=uri-miss; stored"))
    else:
        detail = f"; detail={reason}" if reason else ""
        fields += [("Age", str(age)), ("Cache-Status", f"feedproxy; hit; ttl={left}{detail}")]
    if reason:
        fields.append(("Proxy-Status", proxy_status(reason)))
    if audience == "edge":
        kept = age * (how != "miss") + min(rules.capability, max(left, 0))
        fields += [(name, f"max-age={kept}, stale-if-error={rules.stale_if_error}") for name in rules.edge_control]
    return tuple(fields)


def content_fields(chosen: Coding) -> Fields:
    """Return the fields that say what the body is; a 304 has none of them."""
    fields: Fields = (
        ("Content-Type", "text/calendar; charset=utf-8"),
        ("Content-Disposition", "attachment; filename=calendar.ics"),
    )
    return fields if chosen == "identity" else (*fields, ("Content-Encoding", chosen))


def vary(rules: Rules) -> str:
    """Return what an answer depends on, beside the URL."""
    return "Accept-Encoding" + ", User-Agent" * bool(rules.uncompressed) + ", Origin" * rules.by_origin


def unknown(asked: Asked, rules: Rules) -> Reply:
    """Return the answer where there is no such feed.

    404: calendar clients keep what they have, where a 410 would make Thunderbird disable the calendar for good. But who
    sends credentials gets what a wrong password gets, and does not learn that there is no such feed.
    """
    if asked.authorization:
        return credentials_wanted(rules)
    return Reply(404, (("Cache-Control", f"max-age={UNKNOWN_MAX_AGE}"), ("Vary", vary(rules))))


def gone(asked: Asked, rules: Rules) -> Reply:
    """Return the answer where a subscription is over and nothing is to be left of it: clients may stop asking."""
    kept = _PRIVATE if asked.authorization else ("Cache-Control", f"max-age={UNKNOWN_MAX_AGE}")
    return Reply(410, (kept, ("Vary", vary(rules))))


def credentials_wanted(rules: Rules) -> Reply:
    """Return the answer to credentials that are missing or wrong; RFC 7617 section 2.1 lets it ask for UTF-8."""
    challenge = ("WWW-Authenticate", f'Basic realm="{rules.realm}", charset="UTF-8"')
    return Reply(
        401, (challenge, _PRIVATE, ("Vary", vary(rules))), text="this calendar asks for a user name and a password\n"
    )


def too_many_guesses(rules: Rules, wait: timedelta) -> Reply:
    """Return the answer to new credentials after too many wrong ones, good or not, feed or none."""
    fields = (("Retry-After", str(max(math.ceil(wait.total_seconds()), 1))), _PRIVATE, ("Vary", vary(rules)))
    return Reply(429, fields, text="too many wrong passwords came from this network; try again later\n")


def nothing_usable(rules: Rules, reason: str, retry_after: int) -> Reply:
    """Return the answer where there was never a good feed, nor is there one now."""
    fields = (
        ("Retry-After", str(retry_after)),
        _PRIVATE,
        ("Vary", vary(rules)),
        ("Proxy-Status", proxy_status(reason)),
    )
    return Reply(503, fields, text=f"no usable feed: {reason}\n")


def _lifetime(feed: FeedState, rules: Rules) -> int:
    """Return the seconds for which the feed was fresh when the upstream was last looked at.

    While the upstream fails, it goes on to the next look, but not beyond `longest`: then Age is more than this.
    """
    return min(max(math.ceil((feed.fresh_until - feed.fetched_at).total_seconds()), 0), rules.longest)


def _stale(rules: Rules) -> str:
    return f"stale-while-revalidate={rules.stale_while_revalidate}, stale-if-error={rules.stale_if_error}"


def _whole(span: timedelta) -> int:
    return math.floor(span.total_seconds())
