"""The documentation tells of every route, its examples fit its schemas, and the service answers them as they say."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs
import pytest
from schemathesis import openapi

from feedproxy.web.openapi import document, document_path
from feedproxy.web.operations import OPERATIONS, Operation
from feedproxy.web.operations.paths import PATH_PARAMETERS
from feedproxy.web.routes import ROWS
from tests.web.api_stage import ApiStage, api_stage

DOCUMENT = document()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[ApiStage]:
    async with api_stage(tmp_path) as stage:
        yield stage


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.template}"


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


@pytest.mark.parametrize("operation", OPERATIONS, ids=name_of)
async def test_the_service_answers_examples_as_they_say(operation: Operation, stage: ApiStage) -> None:
    example = operation.example
    body = None if example.body is None else json.loads(stage.made_real(json.dumps(example.body)))
    answer = await stage.client.request(
        operation.method,
        stage.made_real(path_of(operation)),
        params=example.query,
        headers=stage.headers[operation.auth],
        allow_redirects=False,
        data=body if example.form else None,
        json=None if example.form else body,
    )
    assert answer.status == example.status, await answer.text()
    response = told(operation)["responses"][str(example.status)]
    assert [name for name in response.get("headers", {}) if name not in answer.headers] == []
    if "content" not in response:
        assert await answer.read() == b""
        return
    assert answer.content_type in response["content"]
    if answer.content_type == "application/json":
        value = await answer.json()
        assert violations(response["content"]["application/json"]["schema"], value) == []
        assert masked(beginning(value, example.answer) if example.beginning else value) == masked(example.answer)
    else:
        pattern = ".*".join(map(re.escape, masked(example.answer).split("...")))
        assert re.fullmatch(pattern, masked(await answer.text()), re.DOTALL)


def path_of(operation: Operation) -> str:
    """The path of the operation's example."""
    values = {name: parameter.example for name, parameter in PATH_PARAMETERS.items()} | dict(operation.example.path)
    segments = {name: quote(value, safe="") for name, value in values.items()}
    return re.sub(r"\[.*?\]", "", operation.template).format_map(segments)


def beginning(value: Any, example: Any) -> Any:
    """As much of a value as an example has of it."""
    if isinstance(value, list):
        return value[: len(example)]
    return {name: item for name, item in value.items() if name in example}


def masked(value: Any) -> Any:
    """Put one word in place of all GUIDs, and one in place of all tokens and other made-up ids."""
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        guids = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "GUID", value)
        return re.sub(r"\b[\w-]{22,}\b", "TOKEN", guids)
    return value


async def test_the_document_is_asked_for_again_with_its_etag(stage: ApiStage) -> None:
    first = await stage.client.get("/openapi.json")
    assert json.loads(await first.read()) == DOCUMENT
    again = await stage.client.get("/openapi.json", headers={"If-None-Match": f"W/{first.headers['ETag']}"})
    assert (again.status, await again.read()) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    other = await stage.client.get("/openapi.json", headers={"If-None-Match": '"other"'})
    assert other.status == 200
