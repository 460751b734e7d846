"""What is said of a feed: to everybody, to the operator's own edge, to the client alone; and nothing to others."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from feedproxy.policy.feed_response import (
    Asked,
    Audience,
    How,
    Reply,
    Rules,
    audience_of,
    credentials_wanted,
    moment_fields,
    nothing_usable,
    served,
    state_fields,
    too_many_guesses,
    unknown,
)

FETCHED = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
NOW = FETCHED + timedelta(seconds=100, milliseconds=900)


@dataclass(frozen=True)
class State:
    """All that is asked of a feed."""

    digest: str = "a1b2"
    last_modified: datetime = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
    fetched_at: datetime = FETCHED
    fresh_until: datetime = FETCHED + timedelta(seconds=900)
    protected: bool = False
    personal: bool = False
    base: str = ""


OPEN = State()
PERSONAL = replace(OPEN, personal=True)
PROTECTED = replace(OPEN, protected=True)
RULES = Rules(
    longest=3_960,
    stale_while_revalidate=3_600,
    stale_if_error=604_800,
    edge_control=("CDN-Cache-Control",),
    edge_tags=("Surrogate-Key", "Cache-Tag"),
)
CAPABILITY = replace(RULES, capability=60)
TAGS = ("feed", "source")
PLAIN = Asked()
SHARED_FIELDS = {"CDN-Cache-Control", "Surrogate-Key", "Cache-Tag"}


def answer(
    feed: State = OPEN, asked: Asked = PLAIN, rules: Rules = RULES, *, how: How = "hit", now: datetime = NOW
) -> Reply:
    return served(feed, how, asked, rules, tags=TAGS, now=now)


def test_an_open_feed_is_everybodys_until_the_next_look_upstream() -> None:
    reply = answer()
    assert (reply.status, reply.coding) == (200, "identity")
    assert dict(reply.fields) == {
        "Content-Type": "text/calendar; charset=utf-8",
        "Content-Disposition": "attachment; filename=calendar.ics",
        "ETag": '"a1b2"',
        "Last-Modified": "Sun, 01 Nov 2026 09:00:00 GMT",
        "Vary": "Accept-Encoding",
        "Cache-Control": "max-age=900, stale-while-revalidate=3600, stale-if-error=604800",
        "CDN-Cache-Control": "max-age=900, stale-while-revalidate=3600, stale-if-error=604800",
        "Surrogate-Key": "feed source",
        "Cache-Tag": "feed,source",
        "Age": "100",
        "Cache-Status": "feedproxy; hit; ttl=799",
    }


@pytest.mark.parametrize(
    ("feed", "asked", "rules", "audience"),
    [
        (OPEN, Asked(), RULES, "everybody"),
        (OPEN, Asked(authorization=True), RULES, "client"),
        (PERSONAL, Asked(), RULES, "client"),
        (PERSONAL, Asked(), CAPABILITY, "edge"),
        (PERSONAL, Asked(authorization=True), CAPABILITY, "client"),
        (PROTECTED, Asked(), RULES, "client"),
        (PROTECTED, Asked(authorization=True), CAPABILITY, "client"),
        (PROTECTED, Asked(), CAPABILITY, "client"),
        (replace(PROTECTED, personal=True), Asked(), CAPABILITY, "client"),
    ],
)
@pytest.mark.parametrize("if_none_match", [None, "*"])
def test_who_may_keep_a_feed_is_told_on_200_and_304(
    feed: State, asked: Asked, rules: Rules, audience: Audience, if_none_match: str | None
) -> None:
    assert audience_of(feed, asked, rules) == audience
    reply = answer(feed, replace(asked, if_none_match=if_none_match), rules)
    fields = dict(reply.fields)
    assert reply.status == (304 if if_none_match else 200)
    assert fields["Cache-Control"].startswith("max-age=" if audience == "everybody" else "private, no-cache")
    assert SHARED_FIELDS & set(fields) == (set() if audience == "client" else SHARED_FIELDS)
    assert "public" not in fields.get("CDN-Cache-Control", "")


@pytest.mark.parametrize(
    ("age", "left", "how", "kept"),
    [
        (100, 800, "hit", "max-age=160, "),
        (880, 20, "hit", "max-age=900, "),
        (900, 0, "stale", "max-age=900, "),
        (0, 900, "miss", "max-age=60, "),
    ],
)
def test_the_operators_edge_keeps_a_personal_feed_for_a_short_while_only(
    age: int, left: int, how: How, kept: str
) -> None:
    fields = dict(answer(PERSONAL, rules=CAPABILITY, how=how, now=FETCHED + timedelta(seconds=age)).fields)
    assert fields["CDN-Cache-Control"] == kept + "stale-if-error=604800"


@pytest.mark.parametrize(
    ("since_fetch", "how", "age", "status"),
    [
        (0.0, "miss", None, "feedproxy; fwd=uri-miss; stored"),
        (0.0, "hit", "0", "feedproxy; hit; ttl=900"),
        (899.5, "hit", "899", "feedproxy; hit; ttl=0"),
        (1312.0, "stale", "1312", "feedproxy; hit; ttl=-412"),
        (-50.0, "hit", "0", "feedproxy; hit; ttl=950"),
    ],
)
def test_age_and_cache_status_count_seconds(since_fetch: float, how: How, age: str | None, status: str) -> None:
    fields = dict(answer(how=how, now=FETCHED + timedelta(seconds=since_fetch)).fields)
    assert fields.get("Age") == age
    assert fields["Cache-Status"] == status


def test_cache_status_says_why_a_feed_is_not_newer() -> None:
    reply = served(OPEN, "stale", PLAIN, RULES, tags=TAGS, now=NOW, reason="status-503")
    assert dict(reply.fields)["Cache-Status"] == "feedproxy; hit; ttl=799; detail=status-503"


@pytest.mark.parametrize("how", ["stale", "miss"])
def test_proxy_status_says_why_a_feed_is_not_newer_and_nothing_where_it_is(how: How) -> None:
    reply = served(OPEN, how, PLAIN, RULES, tags=TAGS, now=NOW, reason="timeout")
    assert dict(reply.fields)["Proxy-Status"] == 'feedproxy; error=http_response_timeout; details="timeout"'
    assert "Proxy-Status" not in dict(answer(how=how).fields)


def test_proxy_status_says_why_there_is_nothing() -> None:
    assert dict(nothing_usable(RULES, "dns", 10).fields)["Proxy-Status"] == 'feedproxy; error=dns_error; details="dns"'


@pytest.mark.parametrize(
    ("lifetime", "max_age"),
    [
        (timedelta(seconds=0.9), 1),
        (timedelta(seconds=850.2), 851),
        (timedelta(seconds=-5), 0),
        (timedelta(days=7), 3_960),
    ],
)
def test_no_copy_outlives_ours(lifetime: timedelta, max_age: int) -> None:
    control = dict(answer(replace(OPEN, fresh_until=FETCHED + lifetime)).fields)["Cache-Control"]
    assert control.startswith(f"max-age={max_age}, ")


def test_the_fields_of_a_state_do_not_depend_on_the_time() -> None:
    early, late = (dict(answer(now=FETCHED + timedelta(seconds=n)).fields) for n in (1, 800))
    assert {name for name in early if early[name] != late[name]} == {"Age", "Cache-Status"}
    stated = dict(state_fields(OPEN, "identity", "everybody", RULES, TAGS))
    counted = dict(moment_fields(OPEN, "hit", "everybody", RULES, now=NOW))
    assert not set(stated) & set(counted)


@pytest.mark.parametrize("coding", ["identity", "gzip", "br", "zstd"])
def test_a_304_says_what_its_200_would(coding: str) -> None:
    asked = Asked(accept_encoding=coding)
    full = dict(answer(asked=asked).fields)
    reply = answer(asked=replace(asked, if_none_match=full["ETag"]))
    assert (reply.status, reply.coding, reply.text) == (304, None, "")
    content = {"Content-Type", "Content-Disposition", "Content-Encoding"}
    assert dict(reply.fields) == {name: value for name, value in full.items() if name not in content}
    assert full.get("Content-Encoding") == (None if coding == "identity" else coding)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        (Asked(if_none_match='"a1b2"'), 304),
        (Asked(if_none_match='"x", W/"a1b2"'), 304),
        (Asked(if_none_match='"a1b2-gz"'), 200),
        (Asked(accept_encoding="br", if_none_match='"a1b2-br"'), 304),
        (Asked(if_modified_since="Sun, 01 Nov 2026 09:00:00 GMT"), 304),
        (Asked(if_modified_since="Sun, 01 Nov 2026 08:59:59 GMT"), 200),
        (Asked(if_none_match='"x"', if_modified_since="Sun, 01 Nov 2026 09:00:00 GMT"), 200),
        (Asked(if_none_match='"a1b2"', if_modified_since="Sun, 01 Nov 2020 09:00:00 GMT"), 304),
    ],
)
def test_the_validator_of_the_coding_that_would_be_sent_counts(asked: Asked, status: int) -> None:
    assert answer(asked=asked).status == status


def test_certain_user_agents_are_sent_no_coding_and_caches_are_told() -> None:
    rules = replace(RULES, uncompressed=("microsoft office", "outlook"))
    plain = answer(
        asked=Asked(accept_encoding="gzip", user_agent="Microsoft Office/16.0 (Microsoft OUTLOOK)"), rules=rules
    )
    packed = answer(asked=Asked(accept_encoding="gzip", user_agent="Thunderbird"), rules=rules)
    assert (plain.coding, packed.coding) == ("identity", "gzip")
    for reply in (plain, packed, unknown(Asked(), rules), credentials_wanted(rules)):
        assert dict(reply.fields)["Vary"] == "Accept-Encoding, User-Agent"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Surrogate-Key", "feed source"),
        ("xkey", "feed source"),
        ("Cache-Tag", "feed,source"),
        ("Edge-Cache-Tag", "feed,source"),
    ],
)
def test_tags_are_written_as_each_cdn_reads_them(name: str, value: str) -> None:
    assert dict(answer(rules=replace(RULES, edge_tags=(name,))).fields)[name] == value


def test_an_edge_is_told_in_its_own_fields_or_not_at_all() -> None:
    fields = dict(
        answer(rules=replace(RULES, edge_control=("Surrogate-Control", "Cloudflare-CDN-Cache-Control"))).fields
    )
    assert fields["Surrogate-Control"] == fields["Cloudflare-CDN-Cache-Control"]
    assert fields["Surrogate-Control"].startswith("max-age=900, ")
    assert not SHARED_FIELDS & set(dict(answer(rules=replace(RULES, edge_control=(), edge_tags=())).fields))


REFUSALS = [
    credentials_wanted(RULES),
    unknown(Asked(authorization=True), RULES),
    too_many_guesses(RULES, timedelta(seconds=99.5)),
    nothing_usable(RULES, "timeout", 10),
]


@pytest.mark.parametrize("reply", REFUSALS, ids=["401", "401 for none", "429", "503"])
def test_without_authorisation_nothing_is_kept_and_nothing_said(reply: Reply) -> None:
    fields = dict(reply.fields)
    assert fields["Cache-Control"] == "private, no-store"
    assert not fields.keys() & {"ETag", "Last-Modified", "Age", "Cache-Status", *SHARED_FIELDS}


def test_a_wrong_password_and_an_unknown_feed_are_answered_alike() -> None:
    assert unknown(Asked(authorization=True), RULES) == credentials_wanted(RULES)


def test_who_asks_without_credentials_learns_that_there_is_no_such_feed() -> None:
    reply = unknown(Asked(), RULES)
    assert (reply.status, dict(reply.fields)["Cache-Control"]) == (404, "max-age=60")


def test_who_has_to_wait_is_told_how_long() -> None:
    assert dict(too_many_guesses(RULES, timedelta(seconds=99.5)).fields)["Retry-After"] == "100"
    assert dict(nothing_usable(RULES, "timeout", 10).fields)["Retry-After"] == "10"
