"""The command line and the admin API store the same, and refuse the same in the same words."""

import asyncio
import json
import os
import shlex
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from aiohttp.test_utils import TestClient, TestServer
from click.testing import CliRunner

from feedproxy.cli import main
from feedproxy.config import Settings
from feedproxy.sealing import unseal_source
from feedproxy.store import Store, open_store
from feedproxy.web import keys
from feedproxy.web.app import create_app
from tests.cli.program import ROOT
from tests.web.running import running

KEY = "k" * 32
TOKEN = "not-a-secret-of-the-administrator"
START = datetime(2026, 11, 21, tzinfo=UTC)

PAIRS = """\
account add Bears --name "Chicago Bears"
    POST /accounts {"code": "Bears", "name": "Chicago Bears"}
account add lions
    POST /accounts {"code": "lions"}
account add BEARS
    POST /accounts {"code": "BEARS"}
account set bears --name ""
    PUT /accounts/bears {"name": ""}
application add bears --name shop --error-style B --redirect-url app:/done --redirect-url https://s.example/?a=1#b
    POST /accounts/bears/applications {"name": "shop", "errorStyle": "B", "redirectUrls": ["app:/done", "https://s.example/?a=1#b"]}
application set bears {client} --webcal-body json_string --no-redirect-urls
    PUT /accounts/bears/applications/{client} {"webcalBody": "json_string", "redirectUrls": []}
application set bears {client} --redirect-url vbscript:x
    PUT /accounts/bears/applications/{client} {"redirectUrls": ["vbscript:x"]}
source add bears One webcal://h.example/a%20b?c=d --user fän --password-stdin --header "X-A: b c"
    POST /accounts/bears/sources {"name": "One", "url": "webcal://h.example/a%20b?c=d", "credentials": {"user": "fän", "password": "pässword"}, "headers": {"X-A": "b c"}}
source add bears ONE https://h.example/
    POST /accounts/bears/sources {"name": "ONE", "url": "https://h.example/"}
source set bears one --url https://other.example/
    PUT /accounts/bears/sources/one {"url": "https://other.example/"}
source set bears one --url https://h.example:444/ --no-user --header "X-B: c"
    PUT /accounts/bears/sources/one {"url": "https://h.example:444/", "credentials": null, "headers": {"X-B": "c"}}
source set bears one --name "Source no. 1" --no-headers
    PUT /accounts/bears/sources/one {"name": "Source no. 1", "headers": {}}
source add bears two https://h.example/ --header "Host: x"
    POST /accounts/bears/sources {"name": "two", "url": "https://h.example/", "headers": {"Host": "x"}}
source add bears two http://h.example:8080/two
    POST /accounts/bears/sources {"name": "two", "url": "http://h.example:8080/two"}
calendar add bears Games --source "source no. 1"
    POST /accounts/bears/calendars {"code": "Games", "source": "source no. 1"}
calendar add bears games --source two
    POST /accounts/bears/calendars {"code": "games", "source": "two"}
calendar set bears games --title T --description "d e" --image //i --protected --single-subscription --on-deactivate gone
    PUT /accounts/bears/calendars/games {"title": "T", "description": "d e", "image": "//i", "protected": true, "singleSubscription": true, "onDeactivate": "gone"}
calendar set bears games --time-zone europe/berlin --time-zone UTC --time-zone "w. europe standard time"
    PUT /accounts/bears/calendars/games {"timeZones": ["europe/berlin", "UTC", "w. europe standard time"]}
calendar set bears games --source two --open --on-deactivate default
    PUT /accounts/bears/calendars/games {"source": "two", "protected": false, "onDeactivate": null}
calendar set bears games --source three
    PUT /accounts/bears/calendars/games {"source": "three"}
calendar set bears games --image x
    PUT /accounts/bears/calendars/games {"image": "x"}
tag add bears games "Under 12" --external-id u12
    POST /accounts/bears/calendars/games/tags {"text": "Under 12", "externalId": "u12"}
tag add bears games "UNDER 12"
    POST /accounts/bears/calendars/games/tags {"text": "UNDER 12"}
tag set bears games {tag} --text U12
    PUT /accounts/bears/calendars/games/tags/{tag} {"text": "U12"}
tag set bears games {tag} --no-external-id
    PUT /accounts/bears/calendars/games/tags/{tag} {"externalId": null}
source remove bears two
    DELETE /accounts/bears/sources/two
account remove bears
    DELETE /accounts/bears
tag remove bears games {tag}
    DELETE /accounts/bears/calendars/games/tags/{tag}
calendar remove bears games
    DELETE /accounts/bears/calendars/games
source remove bears two
    DELETE /accounts/bears/sources/two
application remove bears {client}
    DELETE /accounts/bears/applications/{client}
account remove bears
    DELETE /accounts/bears
"""  # noqa: E501
"""A command, and below it the request that does the same."""

COMMANDS, REQUESTS = PAIRS.splitlines()[::2], PAIRS.splitlines()[1::2]
State = dict[str, Any]


async def stored(store: Store) -> State:
    """What the store holds, but for what is made up and when."""
    state = {}
    for account in await store.accounts():
        sources = [(each, unseal_source(KEY.encode(), each)) for each in await store.sources(account)]
        calendars = [
            (each.code, asdict(each.details), each.source.name, [(tag.text, tag.external_id) for tag in each.tags])
            for each in await store.calendars(account)
        ]
        state[account.code] = {
            "name": account.name,
            "applications": [(each.name, asdict(each.preferences)) for each in await store.applications(account)],
            "sources": [(source.name, source.url_digest, asdict(settings)) for source, settings in sources],
            "calendars": calendars,
        }
    return state


async def made_up(store: Store) -> dict[str, str]:
    """Those ids that commands and requests name."""
    client_id, tag = "", ""
    if (account := await store.account("bears")) is not None:
        client_id = next((each.client_id for each in await store.applications(account)), "")
        tag = next((str(tag.id) for each in await store.calendars(account) for tag in each.tags), "")
    return {"client": client_id, "tag": tag}


Steps = list[tuple[str, State]]


def by_command(url: str) -> Steps:
    """What each command says that is wrong, and what is stored after it."""
    steps: Steps = []
    with asyncio.Runner() as runner:
        store = runner.run(open_store(url))
        for line in COMMANDS:
            arguments = shlex.split(line.format_map(runner.run(made_up(store))))
            environment = {"FEEDPROXY_DATABASE_URL": url, "FEEDPROXY_SECRET_KEY": KEY}
            result = CliRunner().invoke(main, arguments, input="pässword\n", env=environment)
            assert result.exit_code in (0, 2), result.exception
            steps.append((result.stderr if result.exit_code else "", runner.run(stored(store))))
        runner.run(store.close())
    return steps


async def by_request(url: str) -> Steps:
    """The same of each request."""
    settings = Settings.model_validate({"database_url": url, "secret_key": KEY, "admin_token": TOKEN})
    app = create_app(settings, clock=lambda: START)
    steps: Steps = []
    async with TestClient(TestServer(app), headers={"Authorization": f"Bearer {TOKEN}"}) as client:
        for line in REQUESTS:
            ids = await made_up(app[keys.STORE])
            method, path, *body = line.strip().split(" ", 2)
            answer = await client.request(method, f"/admin{path.format_map(ids)}", data="".join(body).encode() or None)
            refusal = "" if answer.ok else (await answer.json())["errors"][0]["reason"]
            steps.append((refusal, await stored(app[keys.STORE])))
    return steps


def test_command_and_request_store_and_refuse_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    commands = by_command(f"sqlite:///{tmp_path}/commands.db")
    requests = asyncio.run(by_request(f"sqlite:///{tmp_path}/requests.db"))
    for line, (complaint, one), (refusal, other) in zip(COMMANDS, commands, requests, strict=True):
        assert one == other, line
        assert bool(complaint) == bool(refusal), line
        assert refusal.rpartition(": ")[2] in complaint, line
    assert commands[-1][1].keys() == {"lions"}


def readme_blocks() -> list[str]:
    section = (ROOT / "README.md").read_text("utf-8").partition("## Accounts, calendars, sources, tags\n")[2]
    return section.partition("\n## ")[0].split("```\n")[1::2]


@pytest.mark.service("curl")
async def test_the_requests_of_the_readme_follow_on_its_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands, requests = readme_blocks()
    monkeypatch.chdir(tmp_path)
    for line in commands.splitlines():
        _, *arguments = shlex.split(line, comments=True)
        result = await asyncio.to_thread(CliRunner().invoke, main, arguments)
        assert result.exit_code == 0, line
    async with running(tmp_path, admin_token=TOKEN) as service, ClientSession() as session:
        script = "set -e\n" + requests.replace("http://127.0.0.1:8080", service.url).replace("curl ", "curl -sf ")
        shell = await asyncio.to_thread(
            subprocess.run,
            ["sh", "-c", script],
            env=os.environ | {"ADMIN_TOKEN": TOKEN},
            capture_output=True,
            check=True,
        )
        assert json.loads(b"[" + shell.stdout.replace(b"}{", b"},{") + b"]")[-1]["title"] == "Bears training"
        url = f"{service.url}/admin/accounts/BEARS/calendars"
        async with session.get(url, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
            assert [(each["code"], each["title"]) for each in await answer.json()] == [
                ("games", "Bears games"),
                ("training", "Bears training"),
            ]
