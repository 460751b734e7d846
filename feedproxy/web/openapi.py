"""The OpenAPI 3.1 document: the route table and what is told of its rows, as one JSON object.

Schemas are pydantic's, of the models that read requests and of those that shape answers. What follows from a row (its
path, the shape of its errors) and from its kind of authentication is added here, so nobody has to write it down.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

import feedproxy
from feedproxy.web.docs import Documentation, Page
from feedproxy.web.docs_page import content_security_policy, render
from feedproxy.web.field_schemas import NAME, NAMED
from feedproxy.web.operations import OPERATIONS, Answer, Operation, Parameter
from feedproxy.web.operations.curl import curl_line
from feedproxy.web.operations.errors import ERRORS, MEANINGS, RETRY, UNAUTHORIZED
from feedproxy.web.operations.form import Auth
from feedproxy.web.operations.paths import PATH_PARAMETERS
from feedproxy.web.routes import API, ROWS, Row

Object = dict[str, Any]

INTRODUCTION = """\
Paths of the API are served as they stand here, and under `/v1` and `/v2`; a slash at their end changes nothing, nor
does the case of their words. What is read is read leniently: a body is JSON or a form by what it holds, whatever its
Content-Type says; a field's name counts in any case, with or without `_` and `-`; fields that are not named here are
taken and ignored; null and empty text are as good as absent."""

ALWAYS = (500, 503)
BY_AUTH: Mapping[Auth, tuple[int, ...]] = {
    "none": (),
    "bearer": (401, 403, 429),
    "client": (400, 401, 403, 429),
    "feed": (401,),
    "admin": (401, 403, 404, 429),
}
"""The errors that each kind of authentication brings; 404: there is no administrator's token."""
WITH_BODY = (400, 403, 413, 415)

SECURITY: Mapping[Auth, list[Object]] = {
    "none": [],
    "bearer": [{"bearer": []}],
    "client": [{"client": []}, {}],
    "feed": [{"feed": []}, {}],
    "admin": [{"admin": []}],
}
SECURITY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "An access token, from `POST /oauth2/token`."},
    "client": {
        "type": "http",
        "scheme": "basic",
        "description": "The application's id and secret; they may stand in the body instead.",
    },
    "feed": {"type": "http", "scheme": "basic", "description": "Of a protected calendar."},
    "admin": {"type": "http", "scheme": "bearer", "description": "The setting `admin_token`."},
}

Mode = Literal["validation", "serialization"]


@cache
def documentation(url: str) -> Documentation:
    """Return the documentation as it is served, made once in a process; `url` is where clients reach the service."""
    told = document()
    return Documentation(
        openapi=_page("application/json", json.dumps(told, indent=1, ensure_ascii=False), {}),
        page=_page("text/html", render(told, url), {"Content-Security-Policy": content_security_policy()}),
    )


def _page(content_type: str, text: str, fields: Mapping[str, str]) -> Page:
    body = text.encode()
    return Page(content_type, body, f'"{blake2b(body, digest_size=16).hexdigest()}"', fields)


def document() -> Object:
    """Return the document. Raises KeyError for an operation without a row, and for an unknown path parameter."""
    told = {(each.method, each.template): each for each in OPERATIONS}
    rows = {(row.method, row.template): row for row in ROWS}
    schemas = _Schemas(told.values())
    paths: dict[str, Object] = {}
    for key, operation in told.items():
        row = rows[key]
        item = paths.setdefault(document_path(row.template), {})
        if row not in API:
            item["servers"] = [{"url": "/"}]
        item[row.method.lower()] = _operation(row, operation, schemas)
    return {
        "openapi": "3.1.1",
        "info": {"title": "feedproxy", "version": feedproxy.__version__, "description": INTRODUCTION},
        "servers": [{"url": "/"}, {"url": "/v1"}, {"url": "/v2"}],
        "tags": [{"name": name} for name in dict.fromkeys(each.tag for each in OPERATIONS)],
        "paths": paths,
        "components": {"schemas": schemas.definitions, "securitySchemes": SECURITY_SCHEMES},
    }


def document_path(template: str) -> str:
    """Return a row's template as the document names the path: parameters as clients know them, no optional parts."""
    return re.sub(r"\{(\w+)\}", lambda found: f"{{{PATH_PARAMETERS[found[1]].name}}}", re.sub(r"\[.*?\]", "", template))


def path_parameters(template: str) -> list[tuple[str, Parameter]]:
    """Return the parameters of a row's path by their names in it, in order."""
    return [(name, PATH_PARAMETERS[name]) for name in re.findall(r"\{(\w+)\}", template)]


class _WithoutTitles(GenerateJsonSchema):
    """Gives fields no titles: they would only repeat their names."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 # pydantic calls it so
        return False


class _Schemas:
    """The JSON Schemas of all models: one by one as references, and their definitions together."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        models = {(id(model), mode): (model, mode) for each in operations for model, mode in _models(each)}
        inputs = [(key, mode, TypeAdapter(model)) for key, (model, mode) in models.items()]
        found, rest = TypeAdapter.json_schemas(
            inputs, ref_template="#/components/schemas/{model}", schema_generator=_WithoutTitles
        )
        self._schemas = {key: _referring(schema) for (key, _), schema in found.items()}
        self.definitions: Object = _referring(dict(sorted((rest["$defs"] | NAMED).items())))

    def of(self, model: Any, mode: Mode) -> Object:
        schema: Object = self._schemas[id(model), mode]
        return schema


def _referring(schema: Any) -> Any:
    """Put references in the place of names."""
    if isinstance(schema, list):
        return [_referring(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    told = {name: _referring(value) for name, value in schema.items() if name != NAME}
    return {"$ref": f"#/components/schemas/{schema[NAME]}", **told} if NAME in schema else told


def _models(operation: Operation) -> Iterator[tuple[Any, Mode]]:
    if operation.request is not None:
        yield operation.request, "validation"
    for answer in operation.answers.values():
        for model in (answer.model, *answer.otherwise.values()):
            if model is not None:
                yield model, "serialization"
    for model in ERRORS.values():
        yield model, "serialization"


def _operation(row: Row, operation: Operation, schemas: _Schemas) -> Object:
    example = operation.example
    parameters = [_parameter("path", each, example.path.get(name)) for name, each in path_parameters(row.template)]
    parameters += [_parameter("query", each, example.query.get(each.name)) for each in operation.query]
    told: Object = {
        "operationId": _operation_id(row),
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "security": SECURITY[operation.auth],
        "parameters": parameters,
        "requestBody": _body(operation, schemas),
        "responses": _responses(row, operation, schemas),
        "x-codeSamples": [{"lang": "Shell", "label": "curl", "source": curl_line(operation)}],
    }
    return {name: value for name, value in told.items() if value or name == "security"}


def _operation_id(row: Row) -> str:
    words = re.findall(r"[A-Za-z0-9]+", document_path(row.template))
    return "".join([row.method.lower(), *(word[:1].upper() + word[1:] for word in words)])


def _parameter(place: str, parameter: Parameter, example: str | None) -> Object:
    return {
        "name": parameter.name,
        "in": place,
        "required": place == "path",
        "description": parameter.description,
        "schema": dict(parameter.schema),
        "example": example or parameter.example,
    }


def _body(operation: Operation, schemas: _Schemas) -> Object:
    if operation.request is None:
        return {}
    schema = schemas.of(operation.request, "validation")
    content = {"schema": schema} | ({} if operation.example.body is None else {"example": operation.example.body})
    types = ["application/json"] + ["application/x-www-form-urlencoded"] * operation.form
    if operation.example.form:
        types.reverse()
    return {"required": operation.body_needed, "content": dict.fromkeys(types, content)}


def _responses(row: Row, operation: Operation, schemas: _Schemas) -> Object:
    responses = {}
    for status, answer in operation.answers.items():
        example = operation.example.answer if status == operation.example.status else None
        responses[status] = _response(answer, schemas, example)
    errors = {*operation.errors, *ALWAYS, *BY_AUTH[operation.auth], *(WITH_BODY if operation.request else ())}
    for status in sorted(errors - responses.keys()):
        headers = UNAUTHORIZED if status == 401 else RETRY if status in (429, 503) else {}
        answer = Answer(MEANINGS[status], ERRORS.get(row.errors), headers=headers)
        responses[status] = _response(answer, schemas, None)
    return {str(status): response for status, response in responses.items()}


def _response(answer: Answer, schemas: _Schemas, example: object) -> Object:
    response: Object = {"description": answer.description}
    if answer.headers:
        response["headers"] = {
            name: {"description": text, "schema": {"type": "string"}} for name, text in answer.headers.items()
        }
    schema = {"type": "string"} if answer.model is None else schemas.of(answer.model, "serialization")
    media_type = answer.media_type or ("application/json" if answer.model is not None else None)
    if media_type:
        shown = {} if example is None else {"example": example}
        others = {name: {"schema": schemas.of(model, "serialization")} for name, model in answer.otherwise.items()}
        response["content"] = {media_type: {"schema": schema, **shown}, **others}
    return response
