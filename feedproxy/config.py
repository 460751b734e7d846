"""The settings: one table, read once at the start, checked, then passed on as a frozen value.

A setting comes from the command line, else from the environment (`FEEDPROXY_PORT`), else from the TOML file (`port`),
else it has its default. Whatever is unknown, malformed or contradictory stops the start with one line that names the
setting, where it came from and the fix; the value of a secret is never in it.
"""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from feedproxy.errors import SettingsError
from feedproxy.model import OnDeactivate
from feedproxy.policy.cors import ANY, read_origin
from feedproxy.policy.weburl import UrlRefused, read_url

DEFAULT_FILE = Path("feedproxy.toml")
PREFIX = "FEEDPROXY_"
NOT_SETTINGS = re.compile("FEEDPROXY_(CONFIG$|SOURCE_PASSWORD$|TEST_)")
"""Names in the environment that begin like a setting: the file's path, a source's password, what tests read."""


def _no_boolean(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")  # noqa: TRY004 # pydantic wants a ValueError
    return value


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _edges(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "[]")
    except json.JSONDecodeError:
        raise ValueError(
            'in the environment this is a JSON array such as [{"kind": "varnish", "url": "..."}]'
        ) from None


def _table(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value or "{}")
    except json.JSONDecodeError:
        raise ValueError('in the environment this is a JSON object such as {"name": "..."}') from None


def _sendable(values: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, value in values.items():
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) or not re.fullmatch(
            r"[ -~]*", value.get_secret_value()
        ):
            raise ValueError(f"{name!r}: a header field has a name without spaces and a value of printable ASCII")
    return values


def _hosts(values: dict[str, "HostSettings"]) -> dict[str, "HostSettings"]:
    for host in values:
        try:
            url = read_url(f"https://{host}")
        except UrlRefused:
            raise ValueError(f"{host!r} is no host name or address") from None
        if str(url) != f"https://{host}/":
            raise ValueError(f"{host!r}: a host name in lower case is wanted, without port and path")
    return values


def _web_url(value: str) -> str:
    if not value:
        return value
    if "?" in value or "#" in value or "@" in value:
        raise ValueError("a URL without user name, query and fragment is wanted")
    try:
        url = read_url(value)
    except UrlRefused as refusal:
        raise ValueError(f"a URL such as https://host is wanted; the {refusal.flaw} is at fault") from None
    if url.origin.scheme != value.partition(":")[0].lower():
        raise ValueError("a URL such as https://host is wanted; the scheme is at fault")
    return value.rstrip("/")


def _database_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if not url.startswith(("sqlite:///", "postgresql://")):
        raise ValueError("a URL such as sqlite:///feedproxy.db or postgresql://user:password@host/name is wanted")
    if url.startswith("postgresql:"):
        _check_server_url(url)
    return value


def _redis_url(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    if url and not url.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("a URL such as redis://host:6379/0 is wanted")
    _check_server_url(url)
    return value


def _check_server_url(url: str) -> None:
    """Raise ValueError for what cannot be cut into its parts: then nobody could tell which of it is the password."""
    try:
        parts = urlsplit(url)
        cut_short = "@" in parts.path + parts.query + parts.fragment
        _ = cut_short or parts.port
    except ValueError:
        raise ValueError("its host or port is not valid") from None
    if cut_short:
        raise ValueError("characters such as / ? # @ in the password must be percent-encoded")


def _token(value: SecretStr) -> SecretStr:
    if not re.fullmatch(r"[!-~]*", value.get_secret_value()):
        raise ValueError("a token is printable ASCII without spaces")
    return value


def _long_enough(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 32:
        raise ValueError("at least 32 characters are wanted; `openssl rand -hex 32` makes 64")
    return value


def _hard_to_guess(value: SecretStr) -> SecretStr:
    if 0 < len(value.get_secret_value()) < 12:
        raise ValueError("at least 12 characters are wanted")
    return value


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise ValueError(f"{value!r} is not an address or network such as 10.0.0.0/8") from None
    return values


def _field_names(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", value):
            raise ValueError(f"{value!r} is no name of a header field such as Surrogate-Key")
    return values


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    origins = tuple(read_origin(value) for value in values)
    if ANY in origins and len(origins) > 1:
        raise ValueError("* stands for every origin: list it alone")
    return origins


def _destinations(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            if "/" in value or not value.isascii() or any(character.isspace() for character in value):
                raise ValueError(f"{value!r} is neither a network such as 10.0.0.0/8 nor a host name") from None
    return values


TEN_YEARS = 10 * 365 * 86_400

Count = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1)]
Seconds = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=TEN_YEARS)]
Duration = Annotated[float, BeforeValidator(_no_boolean), Field(gt=0, le=3600, allow_inf_nan=False)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Port = Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=65_535)]
Headers = Annotated[dict[str, SecretStr], BeforeValidator(_table), AfterValidator(_sendable)]


class HostSettings(BaseModel):
    """How a certain host is asked: a table of its own in the file."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    user_agent: str = Field(default="", pattern=r"^[ -~]*$")
    headers: Headers = {}


class Edge(BaseModel):
    """A cache in front of us that is told what has changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    kind: Literal["varnish", "nginx", "fastly", "cloudflare"]
    url: WebUrl = ""
    zone: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$")] = ""
    token: Annotated[SecretStr, AfterValidator(_token)] = SecretStr("")
    token_file: Path | None = None
    soft: bool = True

    @model_validator(mode="after")
    def _complete(self) -> Self:
        local = self.kind in {"varnish", "nginx"}
        if local and not self.url:
            raise ValueError(f'url is missing: where this {self.kind} is reached, as "http://127.0.0.1:6081"')
        if not local and not self.zone:
            what = "Cloudflare's zone id" if self.kind == "cloudflare" else "Fastly's service id"
            raise ValueError(f"zone is missing: {what}")
        if self.kind == "nginx" and not self.soft:
            raise ValueError("soft is not for nginx: it always puts the new feed in the place of the old one")
        if bool(self.token.get_secret_value()) == bool(self.token_file):
            raise ValueError("either token or token_file is wanted")
        return self


class Settings(BaseModel):
    """Every setting: its name, type, default and what it does. The README's table is made of this."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on; `0.0.0.0`: every IPv4 one.")
    port: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=8080, ge=0, le=65535, description="Port to listen on; 0 takes a free one."
    )
    workers: Annotated[Count, Field(le=64)] = Field(
        default=1, description="Processes that share the port. More than one need `redis_url`."
    )
    public_url: WebUrl = Field(
        default="",
        description="How clients reach us, as `https://feeds.example.com`; empty: as the request says.",
    )
    database_url: Annotated[SecretStr, AfterValidator(_database_url)] = Field(
        default=SecretStr("sqlite:///feedproxy.db"),
        description="`sqlite:///path` or `postgresql://user:password@host/name`.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] = Field(
        default=SecretStr(""), description="`redis://host:6379/0` when processes share their cache; empty: memory only."
    )
    secret_key: Annotated[SecretStr, AfterValidator(_long_enough)] = Field(
        default=SecretStr(""),
        description="Key of the stored hashes, 32 characters or more; empty: one is made and kept in the database.",
    )
    admin_token: Annotated[SecretStr, AfterValidator(_token), AfterValidator(_long_enough)] = Field(
        default=SecretStr(""),
        description="Bearer token of the admin API under `/admin`, 32 characters or more; empty: there is no such API.",
    )
    ops_user: Annotated[str, Field(pattern=r"^[^:\x00-\x1f\x7f]*$")] = Field(
        default="", description="User name of the pages for operators under `/ops`; empty: there are no such pages."
    )
    ops_password: Annotated[SecretStr, AfterValidator(_hard_to_guess)] = Field(
        default=SecretStr(""), description="Password of the same, 12 characters or more."
    )
    upstream_url: WebUrl = Field(
        default="",
        description="CalReply service that has the subscriptions, as `https://api.calreply.net`; empty: none.",
    )
    upstream_user_agent: str = Field(
        default="", pattern=r"^[ -~]*$", description="User-Agent sent upstream; empty: `feedproxy/<version>`."
    )
    upstream_headers: Headers = Field(
        default={},
        description="Header fields sent to `upstream_url`: a TOML table, in the environment a JSON object.",
    )
    upstream_hosts: Annotated[dict[str, HostSettings], BeforeValidator(_table), AfterValidator(_hosts)] = Field(
        default={},
        description='How certain hosts are asked: `[upstream_hosts."outlook.office365.com"]` with `user_agent` and '
        "`headers`, sent to that host alone.",
    )
    egress_allow: Annotated[Words, AfterValidator(_destinations)] = Field(
        default=(), description="Networks and host names that may be fetched from although they are private."
    )
    egress_mode: Literal["enforce", "report"] = Field(
        default="enforce", description="`report` only logs what the egress policy would refuse."
    )
    egress_ports: Annotated[tuple[Port, ...], BeforeValidator(_split), Field(min_length=1)] = Field(
        default=(80, 443), description="Ports that may be fetched from everywhere."
    )
    egress_http: bool = Field(
        default=False,
        description="Fetch `http://` from everywhere, and `webcal://` without TLS from hosts that have none.",
    )
    fetch_total_seconds: Duration = Field(default=20.0, description="A fetch may take this long in all.")
    fetch_connect_seconds: Duration = Field(default=5.0, description="A connection may take this long to open.")
    fetch_max_octets: Count = Field(default=20_000_000, description="A feed may have so many octets once decompressed.")
    fetch_connections_per_host: Count = Field(
        default=4, description="So many connections to one host at a time; further fetches wait."
    )
    freshness_default: Seconds = Field(
        default=900, description="Seconds between two looks upstream unless it names a time."
    )
    freshness_min: Seconds = Field(default=60, description="Seconds between two looks upstream, at least.")
    freshness_max: Seconds = Field(default=3_600, description="Seconds between two looks upstream, at most.")
    stale_seconds: Seconds = Field(
        default=604_800, description="Seconds that caches on the way may serve a feed on while we cannot be reached."
    )
    capability_url_seconds: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=0,
        ge=0,
        le=TEN_YEARS,
        description="Your own edge may keep a personal feed so long and give it to whoever has its URL; 0: it may not.",
    )
    edge_control_fields: Annotated[Words, AfterValidator(_field_names)] = Field(
        default=("CDN-Cache-Control",), description="Fields that tell an edge how long to keep a feed."
    )
    edge_tag_fields: Annotated[Words, AfterValidator(_field_names)] = Field(
        default=("Surrogate-Key", "Cache-Tag"), description="Fields that tell an edge a feed's tags, to purge it by."
    )
    uncompressed_user_agents: Words = Field(
        default=(), description="Parts of User-Agents, in any case, that are sent no content coding."
    )
    loss_share: float = Field(
        default=0.4,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="A feed that loses more than this share of its events at once, and not of the past alone, is "
        "believed when it comes twice; 1: only an empty one is doubted.",
    )
    bind_floating: bool = Field(
        default=False, description="Read times without zone in the zone that the feed's X-WR-TIMEZONE names."
    )
    title_prefix: str = Field(default="", description="Put before the title (SUMMARY) of each event of the source.")
    drop_alarms: bool = Field(default=False, description="Leave out the source's alarms.")
    busy_only: bool = Field(default=False, description="Show only when the source's events are: no text, no to-dos.")
    past_days: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=0,
        ge=0,
        le=36_500,
        description="Leave out what had ended so many days before the source's last change, or before its last event "
        "if that is earlier; 0: nothing.",
    )
    profile: Literal["", "apple", "google", "outlook"] = Field(
        default="", description="What one family of clients needs beyond what all are given."
    )
    transform_revision: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=1,
        ge=1,
        le=1_000_000,
        description="Added to the SEQUENCE of events that these settings change: raise it when you change them.",
    )
    cache_octets: Count = Field(default=256_000_000, description="Octets of feeds kept in the memory of each process.")
    refresh_interval_minutes: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=60,
        ge=0,
        le=525_600,
        description="Minutes between two looks that the feeds of our own calendars ask for (`REFRESH-INTERVAL`), where "
        "the source asks for none; 0: nor do they.",
    )
    on_deactivate: OnDeactivate = Field(
        default="freeze",
        description="What a subscription's feed is once it is deactivated, unless its calendar says: as it was, "
        "without events, or HTTP 410.",
    )
    basic_realm: str = Field(
        default="calendar", pattern=r"^[ !#-\[\]-~]+$", description="Realm named when a feed asks for a password."
    )
    login_attempts: Count = Field(
        default=10,
        description="Different passwords that one network may try on one feed in 5 minutes; after as many wrong "
        "secrets of one application, or wrong `admin_token`s, it is told 429 instead of 401.",
    )
    api_requests_per_minute: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=0,
        ge=0,
        le=1_000_000,
        description="Requests that one application may make of the API in a minute, those for tokens too, in each "
        "process; 0: no limit.",
    )
    protected_user_name: Literal["random", "given"] = Field(
        default="random",
        description="User name of a protected feed: a random one, or the one that the API's caller has given.",
    )
    access_token_seconds: Seconds = Field(default=300, description="Life of an access token.")
    refresh_token_seconds: Seconds = Field(default=3600, description="Life of a refresh token.")
    refresh_grace_seconds: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=10,
        ge=0,
        le=TEN_YEARS,
        description="A refresh token sent again within this time gets the same answer; 0: never.",
    )
    cors_origins: Annotated[Words, AfterValidator(_origins)] = Field(
        default=(),
        description="Origins, as `https://shop.example.com`, whose web pages may call us and read feeds; `*`: all.",
    )
    google_client_id: str = Field(
        default="",
        pattern=r"^[!-~]*$",
        description="Client id of this service at Google; empty: nobody can subscribe with Google.",
    )
    google_client_secret: Annotated[SecretStr, AfterValidator(_token)] = Field(
        default=SecretStr(""), description="Its secret."
    )
    google_auth_url: WebUrl = Field(
        default="https://accounts.google.com/o/oauth2/v2/auth", description="Page where people give their consent."
    )
    google_token_url: WebUrl = Field(
        default="https://oauth2.googleapis.com/token", description="Where a consent is swapped for tokens."
    )
    request_max_octets: Count = Field(default=1_048_576, description="An API request's body may have so many octets.")
    idle_seconds: Duration = Field(
        default=75.0, description="A connection on which nothing is asked is closed after this long."
    )
    head_seconds: Duration = Field(
        default=10.0, description="A request's head has to be complete this long after its first octet."
    )
    body_seconds: Duration = Field(
        default=30.0, description="An API request's body has to be complete this long after its head."
    )
    stalled_seconds: Duration = Field(
        default=30.0,
        description="A client that takes less than 1,000 octets a second of its answer for this long is left.",
    )
    unsent_max_octets: Count = Field(
        default=256_000_000,
        description="Octets of answers that are not taken may be in memory together; who stalls longest goes first.",
    )
    max_connections: Count = Field(
        default=10_000,
        description="Clients' connections to one process. A further one takes the place of the one that has waited "
        "longest for a request.",
    )
    max_connections_per_client: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=500,
        ge=0,
        description="The same for each client's IPv4 address or IPv6 /64, but not for loopback and `trusted_proxies`; "
        "0: no limit.",
    )
    stop_seconds: Duration = Field(default=30.0, description="On SIGTERM, requests in flight have this long to end.")
    edges: Annotated[tuple[Edge, ...], BeforeValidator(_edges)] = Field(
        default=(), description="Caches in front that are told what has changed: see below."
    )
    fast_lane: bool = Field(
        default=True,
        description="Answer plain requests for feeds in memory before aiohttp sees them, twice as fast.",
    )
    history_fetches: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=100, ge=0, le=100_000, description="Of each source so many looks upstream stay in the history; 0: none."
    )
    history_bodies: Annotated[int, BeforeValidator(_no_boolean)] = Field(
        default=5,
        ge=0,
        le=1_000,
        description="Of each source so many bodies that were published, or not believed, stay beside it; 0: none.",
    )
    history_octets: Count = Field(
        default=100_000_000, description="All those bodies together may take so many octets, deflated."
    )
    history_days: Annotated[int, BeforeValidator(_no_boolean), Field(ge=1, le=3_650)] = Field(
        default=30, description="The history goes back so many days."
    )
    server_timing: bool = Field(
        default=False, description="Say in Server-Timing how long a feed that was not in memory took to fetch and make."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="What the log holds.")
    require_https: bool = Field(
        default=False, description="Refuse API requests that did not come over HTTPS, as `trusted_proxies` say."
    )
    trusted_proxies: Annotated[Words, AfterValidator(_networks)] = Field(
        default=(),
        description="Networks of reverse proxies whose X-Forwarded-*, X-Request-Id and traceparent are believed.",
    )


@dataclass(frozen=True, slots=True)
class _Given:
    """A value as somebody wrote it, and where."""

    value: object
    place: str


def load(file: Path | None, environment: Mapping[str, str], overrides: Mapping[str, object] | None = None) -> Settings:
    """Read the settings from `file` (None: ./feedproxy.toml, if there), the environment, and `overrides` by name.

    Raises SettingsError.
    """
    given = dict(_from_file(file))
    given |= _from_environment(environment)
    given |= {name: _Given(value, f"--{name}") for name, value in (overrides or {}).items()}
    for name, entry in given.items():
        if name not in Settings.model_fields:
            raise SettingsError(f"{entry.place}: there is no setting {name!r}{_nearest(name)}")
    try:
        settings = Settings.model_validate({name: entry.value for name, entry in given.items()})
    except ValidationError as error:
        raise SettingsError(_complaint(error, given)) from None
    for names, fix in contradictions(settings):
        places = ", ".join(given[name].place for name in names if name in given)
        raise SettingsError(f"{places or 'settings'}: {fix}")
    return settings


def contradictions(settings: Settings) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each contradiction: the names of the settings in it, and what is wrong and how to put it right."""
    if settings.workers > 1 and not settings.redis_url.get_secret_value():
        yield (
            ("workers", "redis_url"),
            f"workers is {settings.workers}, and each would have a cache of its own: set redis_url, or workers to 1",
        )
    if not settings.freshness_min <= settings.freshness_default <= settings.freshness_max:
        yield (
            ("freshness_min", "freshness_default", "freshness_max"),
            "freshness_min <= freshness_default <= freshness_max does not hold: change one of them",
        )
    if settings.fetch_connect_seconds > settings.fetch_total_seconds:
        yield (
            ("fetch_connect_seconds", "fetch_total_seconds"),
            "fetch_connect_seconds is more than fetch_total_seconds: lower it",
        )
    if settings.cache_octets < 2 * settings.fetch_max_octets:
        yield (
            ("cache_octets", "fetch_max_octets"),
            "cache_octets is less than twice fetch_max_octets, so a large feed would never be cached: raise it",
        )
    if bool(settings.google_client_id) != bool(settings.google_client_secret.get_secret_value()):
        yield (
            ("google_client_id", "google_client_secret"),
            "one of google_client_id and google_client_secret is set: set both, or neither",
        )
    if bool(settings.ops_user) != bool(settings.ops_password.get_secret_value()):
        yield (
            ("ops_user", "ops_password"),
            "one of ops_user and ops_password is set: set both, or neither",
        )
    if settings.require_https and settings.public_url.startswith("http://"):
        yield ("require_https", "public_url"), "require_https is set and public_url is http: make it https"


def effective(settings: Settings) -> dict[str, str]:
    """Return every setting as text that may be shown: a secret, and a password in a URL, as asterisks."""
    return {name: _shown(name, getattr(settings, name)) for name in Settings.model_fields}


def markdown_table() -> str:
    """Return the table of settings for the README."""
    defaults = effective(Settings())
    rows = [
        f"| `{name}` | {f'`{defaults[name]}`' if defaults[name] else ''} | {field.description} |"
        for name, field in Settings.model_fields.items()
    ]
    return "\n".join(["| setting | default | what it does |", "| --- | --- | --- |", *rows]) + "\n"


def _from_file(file: Path | None) -> Iterator[tuple[str, _Given]]:
    path = file or DEFAULT_FILE
    if file is None and not path.exists():
        return
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: is not TOML: {error}") from None
    for name, value in table.items():
        yield name, _Given(value, str(path))


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, _Given]]:
    for name, value in environment.items():
        if name.startswith(PREFIX) and not NOT_SETTINGS.match(name):
            yield name.removeprefix(PREFIX).lower(), _Given(value, name)


def _nearest(name: str) -> str:
    near = difflib.get_close_matches(name, Settings.model_fields, n=1)
    return f"; did you mean {near[0]!r}?" if near else "; `feedproxy config` lists them all"


def _complaint(error: ValidationError, given: Mapping[str, _Given]) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    name, *inner = map(str, first["loc"])
    reason = first["msg"].removeprefix("Value error, ")
    return f"{given[name].place}: {'.'.join((name, *inner))}: {reason[:1].lower()}{reason[1:]}"


def _shown(name: str, value: object) -> str:
    match value:
        case SecretStr():
            secret = value.get_secret_value()
            shown = _without_password(secret) if name.endswith("_url") else "***"
            return shown if secret else ""
        case dict():
            return json.dumps(dict.fromkeys(value, "***"))
        case tuple():
            return ",".join(each.kind if isinstance(each, Edge) else str(each) for each in value)
        case bool():
            return str(value).lower()
        case _:
            return str(value)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    user, colon, _ = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    login = f"{user}:***@" if colon else f"{user}@" if user else ""
    return f"{parts.scheme}://{login}{host}{parts.path}" + ("?***" if parts.query else "")
