"""The documentation for people: one page made of the OpenAPI document, which needs no script and no other file."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

Object = Mapping[str, Any]

METHODS = ("get", "post", "put", "patch", "delete")

ABSENCE = ({"type": "null"}, {"$ref": "#/components/schemas/Absent"})

FIRST_STEPS = """\
API={url}
ID=...  SECRET=...
TOKEN=$(curl -s -u "$ID:$SECRET" -d grant_type=client_credentials "$API/oauth2/token" |
  python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')"""

CREDENTIALS = {
    "bearer": "An access token of the account is needed.",
    "client": "The application's client id and secret are needed, as Basic credentials or in the body.",
    "feed": "A protected calendar wants its user name and password.",
    "admin": "The administrator's token is needed; without one in the settings there is no such path.",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table: what it tells of, what that may be, what it means, and whether it is always there."""

    name: str
    kind: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of an operation: example None is none."""

    status: str
    description: str
    example: Any
    fields: list[Row]
    headers: list[Row]


@dataclass(frozen=True, slots=True)
class Told:
    """What the page tells of an operation."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    credentials: str
    parameters: list[Row]
    body: list[Row]
    example: str
    answers: list[Answer]
    errors: list[Answer]
    error_body: str


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """The body that the errors of some routes have."""

    name: str
    description: str
    fields: list[Row]


def render(document: Object, url: str) -> str:
    """Return the page of a document; `url` is where clients reach the service."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters.update(words=_words, code=_code, json=_json)
    operations = [_told(document, *found) for found in _operations(document)]
    names = dict.fromkeys(told.error_body for _, told in operations if told.error_body)
    page = environment.from_string(_file("docs.html")).render(
        document=document,
        style=Markup(_file("docs.css")),  # noqa: S704 # our own
        first_steps=FIRST_STEPS.format(url=url),
        tags=[(tag["name"], [told for name, told in operations if name == tag["name"]]) for tag in document["tags"]],
        errors=[_error_body(document, name) for name in names],
    )
    return page.lstrip()


def content_security_policy() -> str:
    """Return the Content-Security-Policy of the page: its own style, and nothing else from anywhere."""
    digest = b64encode(sha256(_file("docs.css").encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _file(name: str) -> str:
    return (files("feedproxy.web") / name).read_text("utf-8")


def _operations(document: Object) -> Iterator[tuple[str, str, Object]]:
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def _told(document: Object, method: str, path: str, operation: Object) -> tuple[str, Told]:
    """Return the operation's tag and what the page tells of it."""
    answers = [_answer(document, status, answer) for status, answer in operation["responses"].items()]
    bodies = operation.get("requestBody", {}).get("content", {}).values()
    told = Told(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        credentials=" ".join(CREDENTIALS[name] for needed in operation["security"] for name in needed),
        parameters=[_parameter(document, each) for each in operation.get("parameters", ())],
        body=[row for body in list(bodies)[:1] for row in _rows(body["schema"], document)],
        example=operation["x-codeSamples"][0]["source"],
        answers=[each for each in answers if each.status < "4"],
        errors=[each for each in answers if each.status >= "4"],
        error_body=_error_name(operation["responses"]),
    )
    return operation["tags"][0], told


def _parameter(document: Object, parameter: Object) -> Row:
    kind = _kind(parameter["schema"], document)
    return Row(parameter["name"], kind, parameter["description"], parameter["required"])


def _answer(document: Object, status: str, answer: Object) -> Answer:
    content: Object = next(iter(answer.get("content", {}).values()), {})
    return Answer(
        status=status,
        description=answer["description"],
        example=content.get("example"),
        fields=list(_rows(content.get("schema", {}), document)),
        headers=[
            Row(name, "text", told["description"], required=True) for name, told in answer.get("headers", {}).items()
        ],
    )


def _error_name(responses: Object) -> str:
    for status, answer in responses.items():
        reference = answer.get("content", {}).get("application/json", {}).get("schema", {}).get("$ref", "")
        if status >= "4" and reference:
            return str(reference.rpartition("/")[2])
    return ""


def _error_body(document: Object, name: str) -> ErrorBody:
    schema = document["components"]["schemas"][name]
    return ErrorBody(name, schema["description"], list(_rows(schema, document)))


def _rows(schema: Object, document: Object, before: str = "") -> Iterator[Row]:
    """Tell the fields of an object or of a list's objects, those of objects within behind their own.

    Of an object that may have several forms the first is told.
    """
    schema = _plain(schema, document)
    if "items" in schema:
        yield from _rows(schema["items"], document, before)
        return
    if "properties" not in schema and "anyOf" in schema:
        yield from _rows(schema["anyOf"][0], document, before)
        return
    for name, field in schema.get("properties", {}).items():
        inner = _plain(field, document)
        description = field.get("description") or inner.get("description", "")
        yield Row(before + name, _kind(field, document), description, name in schema.get("required", ()))
        if "title" not in inner or "properties" in inner:
            yield from _rows(inner, document, f"{before}{name}{'[]' if 'items' in inner else ''}.")


def _kind(schema: Object, document: Object) -> str:
    """Say in a word or two what a value may be."""
    schema = _plain(schema, document)
    if "properties" not in schema and "title" in schema:
        return str(schema["title"])
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return _either(_kind(each, document) for each in schema[several])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return _either(json.dumps(each) for each in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), document)}"
    kind = schema.get("format") or schema.get("type", "anything")
    return kind if isinstance(kind, str) else _either(kind)


def _either(kinds: Iterable[str]) -> str:
    return " or ".join(dict.fromkeys(kind for kind in kinds if kind != "null"))


def _plain(schema: Object, document: Object) -> Object:
    """Return what a schema refers to; of one that allows absence as well, the other."""
    while "$ref" in schema or "anyOf" in schema:
        others = [each for each in schema.get("anyOf", ()) if each not in ABSENCE]
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif len(others) == 1:
            schema = others[0]
        else:
            break
    return schema


def _words(text: str) -> Markup:
    """Turn what is between backticks into code, and empty lines into paragraphs."""
    return Markup("").join(Markup("<p>{}</p>").format(_code(each)) for each in text.split("\n\n") if each)


def _code(text: str) -> Markup:
    """Turn what is between backticks into code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 # escaped here


def _json(value: object) -> str:
    """Show JSON with indents, and text as it is."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
