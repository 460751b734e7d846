"""One table of settings: what is wrong stops the start with one line, and no secret is ever shown."""

import re
from pathlib import Path

import pytest

from feedproxy.config import Settings, effective, load, markdown_table
from feedproxy.errors import SettingsError

ROOT = Path(__file__).parent.parent


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_file_and_environment_every_setting_has_its_default() -> None:
    assert load(None, {}) == Settings()


def test_the_command_line_wins_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text('host = "10.0.0.1"\nport = 1\nbasic_realm = "file"\n')
    settings = load(file, {"FEEDPROXY_HOST": "10.0.0.2", "FEEDPROXY_PORT": "2"}, {"port": 3})
    assert (settings.host, settings.port, settings.basic_realm) == ("10.0.0.2", 3, "file")


def test_the_file_in_the_working_folder_is_read_without_being_named() -> None:
    Path("feedproxy.toml").write_text("port = 4711\n")
    assert load(None, {}).port == 4711


def test_lists_and_tables_can_be_written_in_the_environment() -> None:
    settings = load(
        None,
        {
            "FEEDPROXY_EGRESS_ALLOW": "10.0.0.0/8, feeds.example",
            "FEEDPROXY_UPSTREAM_HEADERS": '{"X-Api-Key": "s3cret"}',
        },
    )
    assert settings.egress_allow == ("10.0.0.0/8", "feeds.example")
    assert settings.upstream_headers["X-Api-Key"].get_secret_value() == "s3cret"


def test_a_host_has_a_table_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text(
        '[upstream_hosts."outlook.office365.com"]\nuser_agent = "Mozilla/5.0"\nheaders = { "X-Key" = "s3cret" }\n'
    )
    host = load(file, {}).upstream_hosts["outlook.office365.com"]
    assert host.user_agent == "Mozilla/5.0"
    assert host.headers["X-Key"].get_secret_value() == "s3cret"
    environment = {"FEEDPROXY_UPSTREAM_HOSTS": '{"outlook.office365.com": {"user_agent": "Mozilla/5.0"}}'}
    assert load(None, environment).upstream_hosts["outlook.office365.com"].user_agent == "Mozilla/5.0"


def test_edges_are_tables_of_their_own_and_their_tokens_are_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "f.toml"
    file.write_text(
        '[[edges]]\nkind = "varnish"\nurl = "http://127.0.0.1:6081/"\ntoken = "hunter2"\n'
        '[[edges]]\nkind = "fastly"\nzone = "SU1Z0"\ntoken_file = "/run/token"\nsoft = false\n'
    )
    settings = load(file, {})
    assert [(edge.kind, edge.url, edge.soft) for edge in settings.edges] == [
        ("varnish", "http://127.0.0.1:6081", True),
        ("fastly", "", False),
    ]
    assert settings.edges[0].token.get_secret_value() == "hunter2"
    assert settings.edges[1].token_file == Path("/run/token")
    assert effective(settings)["edges"] == "varnish,fastly"
    environment = {"FEEDPROXY_EDGES": '[{"kind": "nginx", "url": "http://nginx", "token": "hunter2"}]'}
    assert [edge.kind for edge in load(None, environment).edges] == ["nginx"]


def test_names_that_are_no_settings_are_left_alone() -> None:
    assert load(None, {"FEEDPROXY_CONFIG": "x", "FEEDPROXY_TEST_SERVICES": "required", "HOME": "/"}) == Settings()


@pytest.mark.parametrize(
    ("environment", "complaint"),
    [
        ({"FEEDPROXY_PROT": "1"}, "FEEDPROXY_PROT: there is no setting 'prot'; did you mean 'port'?"),
        ({"FEEDPROXY_CONFIGURATION": "1"}, "FEEDPROXY_CONFIGURATION: there is no setting 'configuration'"),
        ({"FEEDPROXY_PORT": "http"}, "FEEDPROXY_PORT: port: input should be a valid integer"),
        ({"FEEDPROXY_PORT": "65536"}, "FEEDPROXY_PORT: port: input should be less than or equal to 65535"),
        ({"FEEDPROXY_LOSS_SHARE": "nan"}, "FEEDPROXY_LOSS_SHARE: loss_share: input should be"),
        ({"FEEDPROXY_UPSTREAM_URL": "api.example"}, "FEEDPROXY_UPSTREAM_URL: upstream_url: a URL such as https://host"),
        ({"FEEDPROXY_UPSTREAM_URL": "https://u:hunter2@api.example"}, "without user name"),
        ({"FEEDPROXY_UPSTREAM_URL": "https://api.example:99999"}, "https://host is wanted; the port is at fault"),
        ({"FEEDPROXY_UPSTREAM_URL": "https://[::1"}, "https://host is wanted; the host is at fault"),
        ({"FEEDPROXY_UPSTREAM_URL": "https://api example"}, "https://host is wanted; the host is at fault"),
        ({"FEEDPROXY_UPSTREAM_URL": "webcal://api.example"}, "https://host is wanted; the scheme is at fault"),
        ({"FEEDPROXY_FRESHNESS_MAX": "9" * 20}, "FEEDPROXY_FRESHNESS_MAX: freshness_max: input should be less than"),
        ({"FEEDPROXY_REFRESH_GRACE_SECONDS": "9" * 20}, "refresh_grace_seconds: input should be less than"),
        ({"FEEDPROXY_CACHE_OCTETS": "1000"}, "FEEDPROXY_CACHE_OCTETS: cache_octets is less than twice fetch_max"),
        ({"FEEDPROXY_DATABASE_URL": "postgresql://u:hunt/er2@h/d"}, "database_url: characters such as / ? # @ in the"),
        ({"FEEDPROXY_DATABASE_URL": "postgresql://u:hunter2@h:port/d"}, "database_url: its host or port is not valid"),
        ({"FEEDPROXY_REDIS_URL": "redis://:hunter2@[h/0"}, "FEEDPROXY_REDIS_URL: redis_url: its host or port is not"),
        ({"FEEDPROXY_REDIS_URL": "redis://:hunter#2@h/0"}, "redis_url: characters such as / ? # @ in the password"),
        ({"FEEDPROXY_DATABASE_URL": "mysql://u:hunter2@h/d"}, "FEEDPROXY_DATABASE_URL: database_url: a URL such as"),
        ({"FEEDPROXY_REDIS_URL": "http://:hunter2@h"}, "FEEDPROXY_REDIS_URL: redis_url: a URL such as redis://"),
        ({"FEEDPROXY_SECRET_KEY": "hunter2"}, "FEEDPROXY_SECRET_KEY: secret_key: at least 32 characters"),
        ({"FEEDPROXY_UPSTREAM_HEADERS": "X-Key: hunter2"}, "FEEDPROXY_UPSTREAM_HEADERS: upstream_headers: in the"),
        ({"FEEDPROXY_UPSTREAM_HEADERS": '{"X Key": "hunter2"}'}, "'X Key': a header field has a name without spaces"),
        ({"FEEDPROXY_EGRESS_ALLOW": "10.0.0.0/99"}, "'10.0.0.0/99' is neither a network"),
        ({"FEEDPROXY_EGRESS_PORTS": "80,https"}, "FEEDPROXY_EGRESS_PORTS: egress_ports.1: input should be a valid"),
        ({"FEEDPROXY_EGRESS_PORTS": "0"}, "FEEDPROXY_EGRESS_PORTS: egress_ports.0: input should be greater than"),
        ({"FEEDPROXY_EGRESS_PORTS": ""}, "FEEDPROXY_EGRESS_PORTS: egress_ports: "),
        ({"FEEDPROXY_EDGES": "hunter2"}, "FEEDPROXY_EDGES: edges: in the environment this is a JSON array such as"),
        ({"FEEDPROXY_EDGES": '[{"kind": "squid"}]'}, "edges.0.kind: input should be 'varnish', 'nginx', 'fastly'"),
        ({"FEEDPROXY_EDGES": '[{"kind": "nginx", "token": "hunter2"}]'}, "edges.0: url is missing: where this nginx"),
        ({"FEEDPROXY_EDGES": '[{"kind": "cloudflare", "token": "hunter2"}]'}, "zone is missing: Cloudflare's zone id"),
        ({"FEEDPROXY_EDGES": '[{"kind": "fastly", "zone": "a/b", "token": "hunter2"}]'}, "edges.0.zone: string should"),
        (
            {"FEEDPROXY_EDGES": '[{"kind": "nginx", "url": "http://n", "soft": false, "token": "hunter2"}]'},
            "edges.0: soft is not for nginx",
        ),
        ({"FEEDPROXY_EDGES": '[{"kind": "varnish", "url": "http://v"}]'}, "either token or token_file is wanted"),
        (
            {"FEEDPROXY_EDGES": '[{"kind": "varnish", "url": "http://v", "token": "hunter2 "}]'},
            "edges.0.token: a token",
        ),
        ({"FEEDPROXY_UPSTREAM_HOSTS": "hunter2"}, "FEEDPROXY_UPSTREAM_HOSTS: upstream_hosts: in the environment"),
        ({"FEEDPROXY_UPSTREAM_HOSTS": '{"A.example": {}}'}, "'A.example': a host name in lower case is wanted"),
        ({"FEEDPROXY_UPSTREAM_HOSTS": '{"a.example/b": {}}'}, "'a.example/b': a host name in lower case is wanted"),
        ({"FEEDPROXY_UPSTREAM_HOSTS": '{"a b": {}}'}, "'a b' is no host name or address"),
        (
            {"FEEDPROXY_UPSTREAM_HOSTS": '{"a.example": {"headers": {"X Y": "hunter2"}}}'},
            "upstream_hosts.a.example.headers: 'X Y': a header field has a name without spaces",
        ),
        (
            {"FEEDPROXY_UPSTREAM_HOSTS": '{"a.example": {"agent": "hunter2"}}'},
            "FEEDPROXY_UPSTREAM_HOSTS: upstream_hosts.a.example.agent: extra inputs are not permitted",
        ),
        ({"FEEDPROXY_CORS_ORIGINS": "https://a/b"}, "FEEDPROXY_CORS_ORIGINS: cors_origins: 'https://a/b' is neither"),
        ({"FEEDPROXY_CORS_ORIGINS": "*, https://a"}, "cors_origins: * stands for every origin: list it alone"),
        ({"FEEDPROXY_GOOGLE_CLIENT_ID": "x"}, "FEEDPROXY_GOOGLE_CLIENT_ID: one of google_client_id and google_client"),
        ({"FEEDPROXY_GOOGLE_CLIENT_SECRET": "hunter2"}, "google_client_secret is set: set both, or neither"),
        ({"FEEDPROXY_TRUSTED_PROXIES": "proxy.example"}, "'proxy.example' is not an address or network"),
        ({"FEEDPROXY_WORKERS": "2"}, "FEEDPROXY_WORKERS: workers is 2, and each would have a cache of its own"),
        ({"FEEDPROXY_FRESHNESS_MIN": "1000"}, "FEEDPROXY_FRESHNESS_MIN: freshness_min <= freshness_default"),
        ({"FEEDPROXY_FETCH_CONNECT_SECONDS": "30"}, "fetch_connect_seconds is more than fetch_total_seconds"),
        (
            {"FEEDPROXY_REQUIRE_HTTPS": "true", "FEEDPROXY_PUBLIC_URL": "http://feeds.example"},
            "FEEDPROXY_REQUIRE_HTTPS, FEEDPROXY_PUBLIC_URL: require_https is set and public_url is http",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_that_names_it(environment: dict[str, str], complaint: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(complaint)) as caught:
        load(None, environment)
    assert "\n" not in caught.value.message
    assert "hunter2" not in caught.value.message


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"prot = 1\n", "there is no setting 'prot'; did you mean 'port'?"),
        (b"port = true\n", "port: a number is wanted, not true or false"),
        (b"port = \n", "is not TOML: Invalid value (at line 1, column 8)"),
        (b"host = '\xff'\n", "is not UTF-8 text"),
        (b"[database]\nurl = 'hunter2'\n", "there is no setting 'database'; did you mean 'database_url'?"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    file = tmp_path / "feedproxy.toml"
    file.write_bytes(content)
    with pytest.raises(SettingsError, match=re.escape(f"{file}: {complaint}")):
        load(file, {})


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: cannot be read: No such file"):
        load(tmp_path / "none.toml", {})


def test_effective_settings_show_no_secret() -> None:
    shown = effective(
        load(
            None,
            {
                "FEEDPROXY_DATABASE_URL": "postgresql://fp:hunter2@db/feeds?password=hunter2",
                "FEEDPROXY_REDIS_URL": "redis://:hunter2@cache:6379/1",
                "FEEDPROXY_SECRET_KEY": "hunter2://" + "x" * 32,
                "FEEDPROXY_UPSTREAM_HEADERS": '{"X-Api-Key": "hunter2"}',
                "FEEDPROXY_UPSTREAM_HOSTS": '{"a.example": {"headers": {"X-Api-Key": "hunter2"}}}',
            },
        )
    )
    assert "hunter2" not in str(shown)
    assert shown["database_url"] == "postgresql://fp:***@db/feeds?***"
    assert shown["redis_url"] == "redis://:***@cache:6379/1"
    assert shown["upstream_headers"] == '{"X-Api-Key": "***"}'


def test_the_readme_has_the_table_of_the_code() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    written = readme.partition("<!-- settings -->\n")[2].partition("<!-- /settings -->")[0]
    assert written == markdown_table(), "put the output of `feedproxy config --table` there"
