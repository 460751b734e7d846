"""Requests and answers as the documentation has them."""

import json
import re
from typing import Any

from aiohttp.client import _RequestContextManager
from yarl import URL

from feedproxy.web.operations import Operation
from feedproxy.web.operations.curl import example_path
from tests.web.api_stage import ApiStage


def name_of(operation: Operation) -> str:
    return f"{operation.method} {operation.template}"


def request_of(stage: ApiStage, operation: Operation, *, prefix: str = "", slash: str = "") -> _RequestContextManager:
    """Send an operation's example, which is under `prefix` and has `slash` at the end of its path."""
    example = operation.example
    path, question, query = stage.made_real(example_path(operation)).partition("?")
    body = None if example.body is None else json.loads(stage.made_real(json.dumps(example.body)))
    return stage.client.request(
        operation.method,
        URL(f"{stage.url}{prefix}{path}{slash}{question}{query}", encoded=True),
        headers=stage.headers[operation.auth],
        data=body if example.form else None,
        json=None if example.form else body,
        allow_redirects=False,
    )


def masked(value: Any) -> Any:
    """Put one word in place of all GUIDs, and one in place of all tokens and other made-up ids."""
    if isinstance(value, dict):
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    if isinstance(value, str):
        guids = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "GUID", value)
        return re.sub(r"(?<![\w-])[\w-]{22,}(?![\w-])", "TOKEN", guids)
    return value
