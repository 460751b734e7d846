"""Accounts and what is in them on the command line: what is printed, what is refused and in which words."""

import json
import os
import re
import shlex
from pathlib import Path
from typing import Any, Protocol

import pytest
from click.testing import CliRunner, Result

from feedproxy.cli import main

URL = "https://league.example.com/bears.ics?key=hunter2"


class Run(Protocol):
    def __call__(self, *arguments: str, stdin: str = "", **environment: str) -> Result: ...


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run commands as `feedproxy` does, in an empty folder without settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("FEEDPROXY_")]:
        monkeypatch.delenv(name)

    def run(*arguments: str, stdin: str = "", **environment: str) -> Result:
        result = CliRunner().invoke(main, arguments, input=stdin, env=environment)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def there(run: Run) -> Run:
    """The same, with an account, a source and a calendar."""
    for line in (
        ("account", "add", "BEARS", "--name", "Chicago Bears"),
        ("source", "add", "BEARS", "fixtures", URL),
        ("calendar", "add", "BEARS", "games", "--source", "fixtures"),
    ):
        assert run(*line).exit_code == 0
    return run


def shown(result: Result) -> Any:
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def test_an_account_is_listed_shown_changed_and_removed(run: Run) -> None:
    assert run("account", "add", "Acme").stdout == "Account Acme is there.\n"
    assert run("account", "add", "b", "--name", "Another").exit_code == 0
    assert run("account", "list").stdout == "Acme\nb     Another\n"
    assert [each["code"] for each in shown(run("account", "list", "--json"))] == ["Acme", "b"]
    assert run("account", "set", "ACME", "--name", "Acme Ltd").exit_code == 0
    text = run("account", "show", "acme").stdout
    assert re.fullmatch(r"code        Acme\nname        Acme Ltd\ncreated at  \d{4}-\d\d-\d\d \d\d:\d\d UTC\n", text)
    assert run("account", "remove", "acme").stdout == "Account acme is gone.\n"
    assert run("account", "list").stdout == "b  Another\n"


def test_an_application_gets_another_secret_and_other_preferences(there: Run) -> None:
    added = there("application", "add", "bears", "--redirect-url", "com.example.app:/done", "--error-style", "B").stdout
    client_id, secret = re.fullmatch(r"client_id     (\w+)\nclient_secret ([\w-]{43})\n", added).groups()  # type: ignore[union-attr]
    assert there("application", "list", "BEARS").stdout == f"{client_id}\n"
    rotated = there("application", "rotate", "BEARS", client_id)
    assert rotated.stdout.startswith(f"client_id     {client_id}\nclient_secret ")
    assert secret not in rotated.stdout
    there("application", "set", "BEARS", client_id, "--no-redirect-urls", "--webcal-body", "object", "--name", "shop")
    application = shown(there("application", "show", "BEARS", client_id, "--json"))
    del application["createdAt"]
    assert application == {
        "clientId": client_id,
        "name": "shop",
        "errorStyle": "B",
        "webcalBody": "object",
        "redirectUrls": [],
    }
    assert there("application", "remove", "BEARS", client_id).exit_code == 0
    assert shown(there("application", "list", "BEARS", "--json")) == []


def test_nothing_of_a_source_is_shown_but_its_host_unless_it_is_to_be_revealed(there: Run, tmp_path: Path) -> None:
    (tmp_path / "fields").write_text("X-Api-Key: hunter2-key\n\n")
    said = ("--user", "fan", "--password-stdin", "--header", "@fields", "--header", "X-B: hunter2-b")
    assert there("source", "set", "BEARS", "FIXTURES", *said, stdin="hunter2-pass\n").exit_code == 0
    masked = [there("source", "show", "BEARS", "fixtures", *more).stdout for more in ((), ("--json",))]
    masked += [there("source", "list", "BEARS", *more).stdout for more in ((), ("--json",))]
    for text in masked:
        assert "https://league.example.com/***" in text
        assert "hunter2" not in text
    source = shown(there("source", "show", "BEARS", "fixtures", "--json", "--reveal"))
    assert source["url"] == URL
    assert source["credentials"] == {"user": "fan", "password": "hunter2-pass"}
    assert source["headers"] == {"X-Api-Key": "hunter2-key", "X-B": "hunter2-b"}
    text = there("source", "show", "BEARS", "fixtures", "--reveal").stdout
    assert "X-Api-Key: hunter2-key\n" in text
    assert not any(b"hunter2" in file.read_bytes() for file in tmp_path.glob("feedproxy.db*"))


def test_the_password_of_a_source_may_come_from_the_environment(there: Run) -> None:
    there("source", "set", "BEARS", "fixtures", "--user", "fan", FEEDPROXY_SOURCE_PASSWORD="hunter2")
    source = shown(there("source", "show", "BEARS", "fixtures", "--json", "--reveal"))
    assert source["credentials"] == {"user": "fan", "password": "hunter2"}
    there("source", "set", "BEARS", "fixtures", "--no-user", "--name", "matches")
    source = shown(there("source", "show", "BEARS", "matches", "--json"))
    assert (source["hasCredentials"], source["name"]) == (False, "matches")


def test_secrets_follow_a_source_to_the_same_host_only(there: Run) -> None:
    there("source", "set", "BEARS", "fixtures", "--header", "X-Key: hunter2")
    assert there("source", "set", "BEARS", "fixtures", "--url", "webcal://league.example.com/other.ics").exit_code == 0
    away = ("source", "set", "BEARS", "fixtures", "--url", "https://elsewhere.example.com/")
    refused = there(*away)
    assert (refused.exit_code, refused.stderr) == (
        2,
        "feedproxy: the URL leads to another host: give headers anew, or say that there are none\n",
    )
    assert there(*away, "--no-headers").exit_code == 0
    source = shown(there("source", "show", "BEARS", "fixtures", "--json", "--reveal"))
    assert (source["url"], source["headers"]) == ("https://elsewhere.example.com/", {})


def test_a_calendar_keeps_windows_ids_and_what_is_not_said(there: Run) -> None:
    zones = ("america/toronto", "EASTERN STANDARD TIME", "Europe/Kiev", "America/Detroit")
    said = [part for zone in zones for part in ("--time-zone", zone)]
    there(
        "calendar", "set", "BEARS", "GAMES", *said, "--description", "one\ntwo", "--protected", "--image", "//i/x.png"
    )
    there("calendar", "set", "BEARS", "games", "--single-subscription", "--on-deactivate", "gone")
    calendar = shown(there("calendar", "show", "BEARS", "games", "--json"))
    del calendar["createdAt"], calendar["updatedAt"]
    assert calendar == {
        "code": "games",
        "title": "games",
        "description": "one\ntwo",
        "image": "//i/x.png",
        "source": "fixtures",
        "protected": True,
        "singleSubscription": True,
        "timeZones": ["Eastern Standard Time", "FLE Standard Time", "America/Detroit"],
        "onDeactivate": "gone",
        "tags": [],
    }
    text = there("calendar", "show", "BEARS", "games").stdout
    assert "description          one\n                     two\nimage                //i/x.png\n" in text
    assert "protected            yes\n" in text
    there(
        "calendar",
        "set",
        "BEARS",
        "games",
        "--open",
        "--no-time-zones",
        "--on-deactivate",
        "default",
        "--title",
        "Games",
    )
    calendar = shown(there("calendar", "show", "BEARS", "games", "--json"))
    assert [calendar[name] for name in ("protected", "timeZones", "onDeactivate", "title")] == [
        False,
        [],
        None,
        "Games",
    ]
    assert there("calendar", "list", "BEARS").stdout == "games  Games  fixtures\n"
    assert there("calendar", "remove", "BEARS", "games").stdout == "Calendar games is gone.\n"
    assert there("source", "remove", "BEARS", "fixtures").stdout == "Source fixtures is gone.\n"


def test_a_tag_is_named_by_the_guid_that_was_printed(there: Run) -> None:
    guid = there("tag", "add", "BEARS", "games", "Under 12", "--external-id", "u12").stdout.rstrip("\n")
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid)
    assert there("tag", "list", "BEARS", "games").stdout == f"{guid}  Under 12  u12\n"
    assert "tags                 Under 12\n" in there("calendar", "show", "BEARS", "games").stdout
    there("tag", "set", "BEARS", "games", guid.upper(), "--text", "U 12", "--no-external-id")
    tag = shown(there("tag", "show", "BEARS", "games", guid.replace("-", ""), "--json"))
    assert tag == {"id": guid, "text": "U 12", "externalId": None}
    assert there("tag", "remove", "BEARS", "games", guid).exit_code == 0
    assert there("tag", "list", "BEARS", "games").stdout == ""


WRONG = """\
account show x
    there is no account 'x'; `feedproxy account add x` makes it
account add bears
    there is an account bears already
account add ' b'
    CODE: begins or ends with a space
account add ''
    CODE: string should have at least 1 character
account add ..
    CODE: is a path's way up; clients would leave it out of URLs
account add 'a\tb'
    CODE: holds a line break, a control character or half a surrogate pair
account set BEARS
    nothing is to be changed; `main account set --help` says what can
account remove BEARS
    the account BEARS has calendars; remove them first, or force it
application list x
    there is no account 'x'; `feedproxy account add x` makes it
application show BEARS x
    the account BEARS has no application 'x'; `feedproxy application list BEARS` lists them
application add BEARS --redirect-url javascript:x
    --redirect-url.0: a URL such as https://shop.example/done or com.example.app:/done is wanted
application add BEARS --redirect-url /done
    --redirect-url.0: a URL such as https://shop.example/done or com.example.app:/done is wanted
application add BEARS --redirect-url http://a@b/
    --redirect-url.0: a URL such as https://shop.example/done is wanted; the userinfo is at fault
source add BEARS x ftp://h/
    URL: a URL such as https://host/calendar.ics is wanted; the scheme is at fault
source add BEARS x https://0x7f.1/
    URL: a URL such as https://host/calendar.ics is wanted; the host is at fault
source add BEARS x https://u:hunter2@h/
    URL: the user name and password do not belong into the URL: give them as credentials
source add BEARS x 'https://h/a b'
    URL: a URL is printable ASCII without spaces; percent-encode the rest
source add BEARS FIXTURES https://h/
    there is a source FIXTURES already, or the account BEARS is gone
source add BEARS x https://h/ --header hunter2
    --header: a field such as `Name: value` is wanted; one of them has no colon
source add BEARS x https://h/ --header 'A B: hunter2'
    --header: 'A B': a header field has a name without spaces and a value of printable ASCII
source add BEARS x https://h/ --header 'X: hünter2'
    --header: 'X': a header field has a name without spaces and a value of printable ASCII
source add BEARS x https://h/ --header 'Host: h'
    --header: 'Host' is a header field that feedproxy writes itself
source add BEARS x https://h/ --header X:1 --header X:2
    --header: 'X' stands there twice
source add BEARS x https://h/ --header X:1 --header x:2
    --header: one name stands there twice
source add BEARS x https://h/ --header @none
    none: no such file or directory
source add BEARS x https://h/ --user fan
    --user: its password is missing; give --password-stdin or set FEEDPROXY_SOURCE_PASSWORD
source add BEARS x https://h/ --user a:b --password-stdin
    credentials.user: holds a colon, which ends a user name (RFC 7617)
source add BEARS x https://h/ --password-stdin
    --password-stdin: whose password? give --user, too
source show BEARS x
    the account BEARS has no source 'x'; `feedproxy source list BEARS` lists them
source show BEARS 00000000-0000-4000-8000-000000000000
    the account BEARS has no source '00000000-0000-4000-8000-000000000000'; `feedproxy source list BEARS` lists them
source set BEARS fixtures
    nothing is to be changed; `main source set --help` says what can
source remove BEARS fixtures
    a calendar uses the source fixtures; give it another or remove it first
calendar add BEARS x --source y
    source: the account BEARS has no source 'y'
calendar add BEARS GAMES --source fixtures
    there is a calendar GAMES already, or its account or its source is gone
calendar set BEARS games --time-zone Mars
    --time-zone: 'Mars' is no Windows or IANA time zone id
calendar set BEARS games --image x.png
    --image: a URL such as https://host/image.png or //host/image.png is wanted
calendar set BEARS games --source y
    source: the account BEARS has no source 'y'
calendar set BEARS games --description 'a\x1b[2Jb'
    --description: holds a control character or half a surrogate pair
calendar show BEARS x
    the account BEARS has no calendar 'x'; `feedproxy calendar list BEARS` lists them
tag add BEARS x y
    the account BEARS has no calendar 'x'; `feedproxy calendar list BEARS` lists them
tag add BEARS games ''
    TEXT: string should have at least 1 character
tag show BEARS games x
    the calendar games has no tag 'x'; `feedproxy tag list BEARS games` lists them
"""
"""A command, and below it what is said."""


def test_what_is_wrong_is_said_in_one_line_that_names_it_and_changes_nothing(there: Run) -> None:
    before = [there(noun, "list", "BEARS", "--json").stdout for noun in ("source", "calendar", "application")]
    lines = WRONG.splitlines()
    for line, complaint in zip(lines[::2], lines[1::2], strict=True):
        result = there(*shlex.split(line), stdin="hunter2\n")
        assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"feedproxy: {complaint.strip()}\n"), line
    assert before == [there(noun, "list", "BEARS", "--json").stdout for noun in ("source", "calendar", "application")]
    assert there("account", "list").stdout == "BEARS  Chicago Bears\n"


def test_an_account_with_calendars_is_removed_by_force(there: Run) -> None:
    assert there("account", "remove", "BEARS", "--force").exit_code == 0
    assert there("account", "list").stdout == ""
