"""The documentation tells of every route, its examples fit its schemas, and the service answers them as they say."""

import asyncio
import json
import os
import re
from asyncio.subprocess import PIPE
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import pytest_asyncio
from markupsafe import escape
from multidict import CIMultiDict
from schemathesis import openapi

from feedproxy.web.openapi import document, document_path
from feedproxy.web.operations import OPERATIONS, Operation
from feedproxy.web.operations.curl import curl_line
from feedproxy.web.routes import ROWS
from tests.web.api_stage import ApiStage, api_stage
from tests.web.documented import masked, name_of

DOCUMENT = document()


ON_STAGE = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ApiStage]:
    """One for all that only look."""
    async with api_stage(tmp_path_factory.mktemp("stage")) as stage:
        yield stage


def told(operation: Operation) -> dict[str, Any]:
    """The operation as the document has it."""
    found: dict[str, Any] = DOCUMENT["paths"][document_path(operation.template)][operation.method.lower()]
    return found


def test_every_route_is_told_of_and_nothing_else() -> None:
    assert sorted(map(name_of, OPERATIONS)) == sorted(f"{row.method} {row.template}" for row in ROWS)


def test_the_document_is_openapi() -> None:
    openapi.from_dict(DOCUMENT).validate()


def test_no_two_operations_share_an_id() -> None:
    ids = [told(operation)["operationId"] for operation in OPERATIONS]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
def test_examples_fit_their_schemas(operation: Operation) -> None:
    description = told(operation)
    for parameter in description.get("parameters", ()):
        assert violations(parameter["schema"], parameter["example"]) == []
    contents = [description.get("requestBody", {}).get("content", {})]
    contents += [response.get("content", {}) for response in description["responses"].values()]
    for content in contents:
        for media_type in content.values():
            if "example" in media_type:
                assert violations(media_type["schema"], media_type["example"]) == []
    if operation.request is not None:
        assert operation.example.body is not None
    assert str(operation.example.status) in description["responses"]


def violations(schema: dict[str, Any], value: object) -> list[str]:
    """What is wrong with a value, in the words of JSON Schema."""
    validator = jsonschema_rs.validator_for({**schema, "components": DOCUMENT["components"]})
    return [str(error) for error in validator.iter_errors(value)]


@ON_STAGE
@pytest.mark.service("curl")
@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
async def test_the_service_answers_lines_for_a_shell_as_the_examples_say(
    operation: Operation, stage: ApiStage, tmp_path: Path
) -> None:
    example, description = operation.example, told(operation)
    line = description["x-codeSamples"][0]["source"]
    if operation.method == "GET":
        answer = await answer_of(stage, line)
    else:
        async with api_stage(tmp_path) as fresh:
            answer = await answer_of(fresh, line)
    assert answer.status == example.status, answer.body
    response = description["responses"][str(example.status)]
    assert [name for name in response.get("headers", {}) if name not in answer.headers] == []
    if "content" not in response:
        assert answer.body == ""
        return
    media_type = answer.headers["Content-Type"].partition(";")[0]
    schema = response["content"][media_type]["schema"]
    if media_type == "application/json":
        value = json.loads(answer.body)
        assert violations(schema, value) == []
        assert masked(beginning(value, example.answer) if example.beginning else value) == masked(example.answer)
    else:
        pattern = ".*".join(map(re.escape, masked(example.answer).split("...")))
        assert re.fullmatch(pattern, masked(answer.body), re.DOTALL)


@dataclass(frozen=True)
class Answered:
    status: int
    headers: CIMultiDict[str]
    body: str


async def answer_of(stage: ApiStage, line: str) -> Answered:
    """Run a line for a shell that begins with curl."""
    options = "--silent --show-error --dump-header /dev/stderr --write-out '%{stderr}%{http_code}'"
    shell = await asyncio.create_subprocess_exec(
        "sh", "-c", f"{stage.made_real(line)} {options}", env=os.environ | stage.variables(), stdout=PIPE, stderr=PIPE
    )
    body, told = (octets.decode() for octets in await shell.communicate())
    assert shell.returncode == 0, told
    *lines, status = told.splitlines()
    fields = (line.split(": ", 1) for line in lines if ": " in line)
    return Answered(int(status), CIMultiDict((name, value) for name, value in fields), stage.as_documented(body))


def beginning(value: Any, example: Any) -> Any:
    """As much of a value as an example has of it."""
    if isinstance(value, list):
        return value[: len(example)]
    return {name: item for name, item in value.items() if name in example}


@ON_STAGE
@pytest.mark.parametrize("path", ["/openapi.json", "/docs"])
async def test_the_documentation_is_asked_for_again_with_its_etag(stage: ApiStage, path: str) -> None:
    first = await stage.client.get(path)
    again = await stage.client.get(path, headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await stage.client.get(path, headers={"If-None-Match": '"other"'})
    assert other.status == 200


@ON_STAGE
async def test_the_page_tells_of_every_operation_and_needs_nothing_from_outside(stage: ApiStage) -> None:
    answer = await stage.client.get("/docs")
    page = await answer.text()
    for operation in OPERATIONS:
        section = page.partition(f'<section id="{told(operation)["operationId"]}">')[2].partition("</section>")[0]
        assert escape(operation.summary) in section
        assert escape(curl_line(operation)) in section
    style = page.partition("<style>")[2].partition("</style>")[0]
    digest = b64encode(sha256(style.encode()).digest()).decode()
    assert f"default-src 'none'; style-src 'sha256-{digest}';" in answer.headers["Content-Security-Policy"]
    assert re.findall(r"<script|<link|<img|<iframe|@import|url\(|src=", page) == []
    assert {place for place in re.findall(r'href="([^"]*)"', page) if not place.startswith("#")} == {"openapi.json"}
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(re.findall(r'id="([^"]+)"', page))
